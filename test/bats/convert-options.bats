#!/usr/bin/env bats
# convert-options.bats - what ch-convert and ch-pull do with their options, with
# an OUT that can't be, and with names that are not quite right.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2153 # status, out, err: set by try; TREE
load common

IMG=$TEST_IMAGES
SAVED=(python3 -B "$TEST_STAGE/bats/registry/saved.py")

# for_s390x: the layout ./s390x, whose index does not say what its image is for,
# and the archive ./other.tar of docker save with the same.
for_s390x() {
	python3 -B - "$TEST_STAGE/bats/registry" <<-'END'
	import sys
	sys.path.insert(0, sys.argv[1])
	from images import Tar
	from oci import Layout
	lay = Layout("s390x")
	lay.tag(lay.image([Tar().file("f", "x").bytes()], arch="s390x"), "1")
	END
	"${SAVED[@]}" old other.tar s390x=other:1
}

# --- which image

@test "an archive or a SIF file for another machine: refused with --arch, else a warning" {
	for_s390x
	tar -cf oci.tar -C s390x .
	works ch-convert --arch=s390x ./s390x ./x.sif
	lacks warning "$T/.err"
	for image in ./other.tar docker-archive:other.tar ./oci.tar ./x.sif \
		./s390x; do
		works ch-convert --force "$image" ./img
		says "^ch-convert: warning: .* is for linux/s390x, this machine is linux/"
		works ch-convert --force --arch=s390x "$image" ./img
		lacks warning "$T/.err"
		fails 1 ".*: no image for linux/riscv64; there is linux/s390x\$" \
			ch-convert --force --arch=riscv64 "$image" ./img
	done
	ch-convert --arch=s390x - ./img2 <other.tar
}

@test "an index whose only entry is for another machine" {
	for_s390x
	python3 - <<-'END'
	import json
	with open("s390x/index.json") as f:
	    index = json.load(f)
	index["manifests"][0]["platform"] = {"os": "linux", "architecture": "s390x"}
	with open("s390x/index.json", "w") as f:
	    json.dump(index, f)
	END
	fails 1 "oci:./s390x: no image for linux/riscv64; there is linux/s390x\$" \
		ch-convert --arch=riscv64 oci:./s390x ./img
	works ch-convert oci:./s390x ./img
	says "warning: oci:./s390x is for linux/s390x, this machine is linux/"
}

@test "the tag of an archive comes along" {
	works ch-convert "oci:$IMG/bare:1" oci-archive:a.tar:v2
	works ch-convert oci-archive:a.tar oci:one
	grep -q '"org.opencontainers.image.ref.name": *"v2"' one/index.json
	ch-convert oci-archive:- oci:two <a.tar
	grep -q '"org.opencontainers.image.ref.name": *"v2"' two/index.json
	works ch-convert "oci:$IMG/bare:1" oci-archive:b.tar:quay.io/a/b:3
	works ch-convert ./b.tar oci:three
	grep -q '"org.opencontainers.image.ref.name": *"quay.io/a/b:3"' \
		three/index.json
}
