#!/usr/bin/env bats
# platforms.bats - which image of an index is taken.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # status, out, err: set by try
load faulty

# offer PLATFORM...: an index with an image for each, whose one file says which
# it is; "nested(P)" stands in an index of its own, "attestation" is one.
offer() {
	rm -rf layout "$CH_STORE"
	python3 -B - "$TEST_STAGE/bats/registry" "$@" <<-'END'
	import io, sys, tarfile
	sys.path.insert(0, sys.argv[1])
	from oci import Layout

	def image(layout, platform):
	    buffer = io.BytesIO()
	    with tarfile.open(fileobj=buffer, mode="w") as tar:
	        data = platform.encode()
	        entry = tarfile.TarInfo("which")
	        entry.size = len(data)
	        tar.addfile(entry, io.BytesIO(data))
	    parts = platform.split("/")
	    d = layout.image([buffer.getvalue()], arch=parts[1])
	    d["platform"] = {"os": parts[0], "architecture": parts[1]}
	    if len(parts) > 2:
	        d["platform"]["variant"] = parts[2]
	    return d

	layout, entries = Layout("layout"), []
	for p in sys.argv[2:]:
	    if p == "attestation":
	        d = image(layout, "unknown/unknown")
	        d["annotations"] = {
	            "vnd.docker.reference.type": "attestation-manifest"}
	    elif p.startswith("nested("):
	        d = layout.index([image(layout, p[7:-1])])
	    else:
	        d = image(layout, p)
	    entries.append(d)
	layout.tag(layout.index(entries), "1")
	END
	faulty "$T/layout" '[]' || return
	host=$bad
}

# takes WANTED IS: --platform=WANTED unpacks the image for IS.
takes() {
	rm -rf img
	works ch-pull -q --no-store --platform="$1" "$host/x:1" ./img || return
	same "$1: $(cat img/which)" "$1: $2"
}

@test "variants of amd64: the best that is not above what is wanted" {
	offer linux/amd64 linux/amd64/v2 linux/amd64/v3
	takes linux/amd64/v4 linux/amd64/v3
	takes linux/amd64/v3 linux/amd64/v3
	takes linux/amd64/v2 linux/amd64/v2
	takes linux/amd64/v1 linux/amd64
	takes amd64 linux/amd64
}

@test "this machine's amd64 variant is what its processor has" {
	[ "$(uname -m)" = x86_64 ] || skip "not an x86-64 machine"
	has() {
		for f; do
			grep -qw -m1 "$f" /proc/cpuinfo || return
		done
	}
	want=linux/amd64
	! has sse4_2 ssse3 popcnt || want=linux/amd64/v2
	! has avx2 bmi1 bmi2 fma || want=linux/amd64/v3
	offer linux/amd64 linux/amd64/v2 linux/amd64/v3
	works ch-pull -q "$host/x:1" ./img
	same "$(cat img/which)" $want
	# and it is found again
	works ch-pull -q --offline "$host/x:1" ./img2
	same "$(cat img2/which)" $want
}

@test "variants of arm: v7, v6, v5" {
	offer linux/arm/v5 linux/arm/v6 linux/arm/v7 linux/arm64/v8
	takes linux/arm/v7 linux/arm/v7
	takes linux/arm/v6 linux/arm/v6
	takes armv7l linux/arm/v7
	takes arm64 linux/arm64/v8
	servers_stop
	offer linux/arm/v5 linux/arm/v6
	takes linux/arm/v7 linux/arm/v6
	fails 1 "$host/x:1: no image for linux/arm/v4; there is linux/arm/v5, linux/arm/v6$" \
		ch-pull -q --platform=linux/arm/v4 "$host/x:1"
}

@test "an index in an index, and attestations" {
	offer attestation "nested(linux/riscv64)"
	takes linux/riscv64 linux/riscv64
	fails 1 ".*no image for linux/s390x; there is .*riscv64.*" \
		ch-pull -q --platform=linux/s390x "$host/x:1"
}

@test "another system's images are listed, too" {
	offer windows/amd64 linux/s390x attestation
	fails 1 "$host/x:1: no image for linux/arm64; there is windows/amd64, linux/s390x$" \
		ch-pull -q --platform=linux/arm64 "$host/x:1"
	takes windows/amd64 windows/amd64
}
