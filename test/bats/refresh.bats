#!/usr/bin/env bats
# refresh.bats - pulling again: unchanged, moved, without a network, by many.
# SPDX-License-Identifier: Apache-2.0
# needs registry
# shellcheck disable=SC2154 # status, out, err: set by try
load faulty

# at LAYOUT [RULES]: a registry whose log can be counted; sets host.
at() {
	faulty "$1" "${2:-[]}" || return
	host=$bad
}

# asked METHOD PATH: how many such requests there were.
asked() {
	grep -c "\"method\": \"$1\", \"path\": \"[^\"]*$2" "$T/faulty.log" || :
}

# What the store looks like: any write would change it.
snapshot() {
	find "$CH_STORE" -printf '%p %y %s %T@ %C@\n' | sort
}

digest_of() { # of the manifest or index that LAYOUT names first
	grep -o 'sha256:[0-9a-f]*' "$1/index.json" | head -1
}

@test "an unchanged tag costs one HEAD, and nothing is written" {
	at "$TEST_IMAGES/alpine"
	works ch-pull "$host/x:3.16"
	says "^ch-pull: $host/x:3.16: sha256:[0-9a-f]{12}, linux/[a-z0-9]+, 1 layer, "
	: >"$T/faulty.log"
	before=$(snapshot)
	works ch-pull "$host/x:3.16"
	same "$(asked HEAD /manifests/3.16) $(wc -l <"$T/faulty.log")" "1 1"
	same "$(snapshot)" "$before"
	says "^ch-pull: $host/x:3.16: sha256:.*unchanged"
}

@test "an unchanged tag to a directory: one HEAD, unpacked from the store" {
	at "$TEST_IMAGES/layered-gzip"
	works ch-pull "$host/x:1" ./a
	: >"$T/faulty.log"
	works ch-pull "$host/x:1" ./b
	same "$(asked HEAD /manifests/1) $(wc -l <"$T/faulty.log")" "1 1"
	diff <("${TREE[@]}" -x ch a) <("${TREE[@]}" -x ch b)
	store_is_sound
}

@test "HEAD that is refused, or tells nothing: GET decides" {
	for rule in '"status": 405' '"status": 403' '"status": 404' \
		'"headers": {"Docker-Content-Digest": null}'; do
		rm -rf "$CH_STORE"
		at "$TEST_IMAGES/bare" "[{\"method\": \"HEAD\", $rule}]"
		works ch-pull "$host/x:1"
		: >"$T/faulty.log"
		works ch-pull "$host/x:1"
		says "unchanged"
		same "$(asked GET /manifests/1) $(asked GET /blobs/)" "1 0"
		servers_stop
	done
}

@test "by digest: what is there needs no request at all" {
	at "$TEST_IMAGES/alpine"
	ref=$host/x@$(digest_of "$TEST_IMAGES/alpine")
	works ch-pull "$ref"
	: >"$T/faulty.log"
	works ch-pull "$ref"
	says "unchanged"
	works ch-pull "$ref" ./img
	[ -x img/bin/busybox ]
	same "$(wc -l <"$T/faulty.log")" 0
}

# push LAYOUT NAME: to the real registry of the suite.
push() {
	skopeo --insecure-policy copy -q --dest-tls-verify=false \
		"oci:$TEST_IMAGES/$1" "docker://$TEST_REGISTRY/$2"
}

@test "a tag that has moved: the new image, and the old one's blobs stay" {
	there=$TEST_REGISTRY/moving:1
	push bare:1 moving:1
	works ch-pull "$there" ./a
	old=$(ls "$CH_STORE/blobs/sha256")
	push odd:1 moving:1
	works ch-pull "$there"
	lacks unchanged "$T/.err"
	store_is_sound
	same "$(store_names)" "$there"
	for blob in $old; do
		[ -f "$CH_STORE/blobs/sha256/$blob" ]
	done
	works ch-pull --offline "$there" ./img
	[ -d img/odd ]
	[ -f a/only/file ]
}

@test "--offline asks nobody" {
	at "$TEST_IMAGES/alpine"
	fails 1 "$host/x:3.16: no image '$host/x:3.16' in store '$CH_STORE'; without --offline it can be pulled|.*there is no store '$CH_STORE' yet.*" \
		ch-pull --offline "$host/x:3.16"
	works ch-pull "$host/x:3.16"
	servers_stop
	works ch-pull --offline "$host/x:3.16"
	says "unchanged"
	works ch-pull --offline "$host/x:3.16" ./img
	[ -x img/bin/busybox ]
	fails 1 "$host/x:3.17: no image '$host/x:3.17' in store '$CH_STORE'; without --offline it can be pulled$" \
		ch-pull --offline "$host/x:3.17"
}

@test "the registry is gone: the message says what would help" {
	at "$TEST_IMAGES/bare"
	works ch-pull "$host/x:1"
	servers_stop
	fails 1 "$host/x:1: can't reach '$host': connection refused; --offline takes what the store has$" \
		ch-pull -q "$host/x:1"
}

@test "--digest prints what the tag has now, and stops" {
	at "$TEST_IMAGES/alpine"
	works ch-pull --digest "$host/x:3.16"
	same "$out" "$(digest_of "$TEST_IMAGES/alpine")"
	[ -z "$err" ]
	absent "$CH_STORE"
	same "$(asked HEAD /manifests/3.16) $(wc -l <"$T/faulty.log")" "1 1"
	works ch-pull -q "$host/x:3.16"
	servers_stop
	works ch-pull --digest --offline "$host/x:3.16"
	same "$out" "$(digest_of "$TEST_IMAGES/alpine")"
	fails 1 "$host/x:3.16: can't reach .*" ch-pull -q --digest "$host/x:3.16"
	fails 2 "--digest takes no DEST.*" ch-pull --digest "$host/x:3.16" ./img
}

@test "--no-store: nothing in the store, not even the store" {
	at "$TEST_IMAGES/layered-gzip"
	works ch-pull --no-store "$host/x:1" ./img
	absent "$CH_STORE"
	[ -d img/t ]
	fails 2 "--no-store needs a DEST.*" ch-pull --no-store "$host/x:1"
	works ch-pull "$host/x:1" ./b
	before=$(snapshot)
	: >"$T/faulty.log"
	works ch-pull --no-store "$host/x:1" ./c
	same "$(wc -l <"$T/faulty.log")" 1
	same "$(snapshot)" "$before"
}

@test "a store that can't be written: --no-store is named" {
	mkdir -m 500 closed
	at "$TEST_IMAGES/bare"
	[ "$(id -u)" = 0 ] || fails 1 "can't make store '.*/closed/s': Permission denied; --no-store does without it$" \
		ch-pull --store=closed/s "$host/x:1" ./img
	absent img
	works ch-pull --store=closed/s --no-store "$host/x:1" ./img
}

# --- many at once

@test "a hundred pulls of one image: each blob is fetched once" {
	at "$TEST_IMAGES/layered-gzip"
	for i in $(seq 100); do
		ch-pull -q "$host/x:1" 2>"err.$i" &
		pids[i]=$!
	done
	for i in $(seq 100); do
		wait "${pids[i]}" || {
			echo "pull $i: $(cat "err.$i")"
			return 1
		}
	done
	same "$(cat err.*)" ""
	same "$(grep -o '"GET", "path": "[^"]*/blobs/[^"]*' "$T/faulty.log" |
		sort | uniq -d)" ""
	# One asks for the manifest itself; the others learn that it is there.
	same "$(asked GET /manifests/)" 1
	[ "$(asked HEAD /manifests/)" -le 99 ]
	store_is_sound
	same "$(store_names)" "$host/x:1"
}

@test "many pulls to directories: each blob is fetched once" {
	at "$TEST_IMAGES/layered-gzip"
	for i in $(seq 25); do
		ch-pull -q "$host/x:1" "./img.$i" 2>"err.$i" &
		pids[i]=$!
	done
	for i in $(seq 25); do
		wait "${pids[i]}" || {
			echo "pull $i: $(cat "err.$i")"
			return 1
		}
	done
	same "$(grep -o '"GET", "path": "[^"]*/blobs/[^"]*' "$T/faulty.log" |
		sort | uniq -d)" ""
	for i in $(seq 2 25); do
		diff <("${TREE[@]}" -x ch img.1) <("${TREE[@]}" -x ch "img.$i")
	done
	store_is_sound
}

@test "the one that works dies: another takes over and all end well" {
	at "$TEST_IMAGES/big" \
		'[{"path": "/blobs/", "pause_at": [3000000, 1]}]'
	ch-pull -q "$host/x:1" 2>err.first &
	first=$!
	for _ in $(seq 200); do
		[ "$(asked GET /blobs/)" -lt 2 ] || break
		sleep 0.05
	done
	for i in 1 2 3; do
		ch-pull -q "$host/x:1" 2>"err.$i" &
		pids[i]=$!
	done
	sleep 0.5
	kill -9 $first
	for i in 1 2 3; do
		wait "${pids[i]}" || {
			echo "pull $i: $(cat "err.$i")"
			return 1
		}
	done
	works ch-pull -q "$host/x:1" # sweeps what the dead one left
	store_is_sound
	same "$(store_names)" "$host/x:1"
}

# --- what programs read

@test "--progress=json: an object a line, the last one tells it all" {
	at "$TEST_IMAGES/layered-gzip"
	works ch-pull --progress=json "$host/x:1" ./img
	[ -z "$err" ]
	python3 - "$T/.out" <<-'END'
	import json, sys
	events = [json.loads(line) for line in open(sys.argv[1])]
	assert events[0]["event"] == "start", events[0]
	done = events[-1]
	assert done["event"] == "done", done
	assert done["layers"] == 4 and done["from_store"] == 0, done
	assert done["fetched"] == done["size"] > 0, done
	assert done["digest"].startswith("sha256:"), done
	states = {e["name"]: e["state"] for e in events
	          if e["event"] == "layer"}
	assert states["layer 4 of 4"] == "done", states
	END
	works ch-pull --progress=json "$host/x:1"
	says '"unchanged": ?true'
	fails 2 "option '--progress': expected 'auto' or 'json', found 'xml'; see 'ch-pull --help'$" \
		ch-pull --progress=xml "$host/x:1"
}
