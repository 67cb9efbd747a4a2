#!/usr/bin/env bats
# download.bats - how layers come here: in several ranges, within one budget of
# tries, and what is said of a quota.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # status, out, err: set by try
#
# registry/faulty.py says what the rules mean. The engine itself has its cases
# in test/unit/t_fetch.c.
load faulty

# The number of requests so far whose log line matches.
asked() {
	grep -c "$1" faulty.log || :
}

# A layout ./large, of one layer that is worth several ranges on a slow line.
large() {
	mkdir tree
	head -c 56M /dev/urandom >tree/file
	tar -C tree -cf layer.tar file
	python3 -B "$TEST_STAGE/bats/registry/oci.py" large 1 layer.tar
}

@test "a slow line: a large layer comes in several ranges" {
	large
	faulty "$T/large" '[{"path": "/blobs/", "rate": 16000000}]'
	works ch-pull --no-store "$bad/x:1" ./img
	lacks -e again -e anew "$T/.err"
	cmp tree/file img/file
	works ch-pull "$bad/x:1"
	store_is_sound
	[ "$(asked '"Range": "bytes=[1-9][0-9]*-[0-9]')" -ge 4 ]
	# The first piece, to the store and to the directory, had no range.
	[ "$(asked '"path": "/v2/x/blobs/.*"status": 200')" = 4 ]
}

@test "a slow line that breaks: only what is missing comes again" {
	large
	faulty "$T/large" '[{"path": "/blobs/", "rate": 16000000},
		{"path": "/blobs/", "nth": [3, 5], "cut": 5000000}]'
	works ch-pull "$bad/x:1" ./img
	says "^ch-pull: layer 1 of 1: .*; trying again in [0-9.]+ s$"
	cmp tree/file img/file
	[ "$(asked '"path": "/v2/x/blobs/.*"status": 200')" = 2 ]
}

@test "a slow line and a registry that knows no ranges" {
	large
	faulty "$T/large" '[{"path": "/blobs/", "rate": 16000000, "no_range": true}]'
	works ch-pull --no-store "$bad/x:1" ./img
	lacks -e again -e anew "$T/.err"
	cmp tree/file img/file
}

@test "ranges with redirects and tokens that end: each asks the registry" {
	large
	faulty "$T/large" '[{"path": "/blobs/", "rate": 16000000},
		{"port": 0, "path": "/blobs/", "redirect": 1},
		{"port": 0, "auth": {"type": "bearer", "uses": 3}}]'
	works ch-pull "$bad/x:1" ./img
	cmp tree/file img/file
	grep '"port": 1' faulty.log >elsewhere
	lacks -i authorization elsewhere
	[ "$(grep -c '"Range": ' elsewhere)" -ge 2 ]
	same "$(asked '"port": 0.*"Range": .*"status": 307')" \
		"$(grep -c '"Range": ' elsewhere)"
	[ "$(asked '"path": "/token')" -ge 2 ]
}

@test "a storm of 503 over all blobs: no more than connections times tries" {
	faulty "$TEST_IMAGES/layered-gzip" '[{"path": "/blobs/", "status": 503},
		{"path": "/blobs/", "nth": 1, "status": 200}]'
	fails 1 "$bad/x:1: .*'$bad' can't answer: as the script says.* \
\(HTTP 503\)" ch-pull -q --parallel=2 "$bad/x:1"
	[ "$(asked '"path": "/v2/x/blobs/.*503}')" -ge 5 ]
	[ "$(asked '"path": "/v2/x/blobs/.*503}')" -le 10 ]
	store_is_sound
}

@test "a storm of 503 over manifests: as many requests as there are tries" {
	faulty "$TEST_IMAGES/bare" '[{"path": "/manifests/", "status": 503}]'
	fails 1 ".*HTTP 503.*" ch-pull -q "$bad/x:1"
	same "$(asked '"path": "/v2/x/manifests/')" 5
}

@test "a SIF file: into the store, once, and to a file" {
	printf '#!/usr/bin/env run-singularity\n\0SIF_MAGIC\00001\0' >file.sif
	head -c 100000 /dev/urandom >>file.sif
	python3 -B - "$TEST_STAGE/bats/registry" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1])
		import oci
		layout = oci.Layout("sif")
		layout.tag(layout.manifest(
		    layout.blob(b"{}", "application/vnd.sylabs.sif.config.v1+json"),
		    [layout.blob(open("file.sif", "rb").read(),
		                 "application/vnd.sylabs.sif.layer.v1.sif")]), "1")
	END
	faulty "$T/sif" '[]'
	works ch-pull -q "$bad/x:1"
	store_is_sound
	works ch-pull "$bad/x:1" ./x.sif
	says ', unchanged, '
	works cmp file.sif x.sif
	works ch-pull -q --no-store --store=none "$bad/x:1" ./y.sif
	works cmp file.sif y.sif
}

@test "a quota that is used up: what is left of it, and for how long" {
	faulty "$TEST_IMAGES/bare" '[{"status": 429, "headers": {
		"ratelimit-limit": "100;w=21600", "Retry-After": "600",
		"ratelimit-remaining": "0;w=21600"}}]'
	fails 1 "$bad/x:1: too many requests to '$bad': as the script says \
\(HTTP 429\); 0 of 100 pulls left in 6 h; it asks to wait 10 min$" \
		ch-pull -q "$bad/x:1"
}

@test "a 429 that says in plain text when to come back" {
	faulty "$TEST_IMAGES/bare" '[{"status": 429, "body":
		"retry after: 212.4ms, allowed: 44000/minute\n",
		"headers": {"Retry-After": "600",
		"Content-Type": "text/plain; charset=utf-8"}}]'
	fails 1 "$bad/x:1: too many requests to '$bad': retry after: 212.4ms, \
allowed: 44000/minute \(HTTP 429\); it asks to wait 10 min$" \
		ch-pull -q "$bad/x:1"
}
