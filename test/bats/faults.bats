#!/usr/bin/env bats
# faults.bats - ch-pull from a registry that misbehaves on request.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # status, out, err: set by try
#
# registry/faulty.py says what the rules mean. It listens on two ports, which
# stand for two hosts: $bad and $other.
load common

extra_setup() {
	unset CH_REGISTRY
}

extra_teardown() {
	[ -z "${faulty_pid:-}" ] || {
		kill "$faulty_pid" 2>/dev/null || :
		wait "$faulty_pid" 2>/dev/null || :
	}
}

# faulty LAYOUT RULES [OPTION...]: start it; sets bad, other.
faulty() {
	local layout=$1 rules=$2
	shift 2
	: >ports # the job below may be slow to make it
	python3 -B "$TEST_STAGE/bats/registry/faulty.py" --script "$rules" \
		--log "$T/faulty.log" "$@" "$TEST_IMAGES/$layout" \
		>ports 2>faulty.err </dev/null 3>&- &
	faulty_pid=$!
	for _ in $(seq 100); do
		read -r bad other rest <ports && break
		sleep 0.1
	done
	bad=127.0.0.1:$bad other=127.0.0.1:$other
}

# refused REGEX: the pull fails so, to a directory and to the store, and nothing
# is left of it. -q, since each attempt that is not the last has a line of its
# own.
refused() {
	fails 1 "$1" ch-pull -q "$bad/x:1" ./img || return
	absent img || return
	fails 1 "$1" ch-pull -q "$bad/x:1" || return
	store_is_sound || return
	same "$(store_names)" ""
}

pulled() {
	works ch-pull "$bad/x:1" ./img || return
	[ -d img/only ] || [ -d img/t ] || return
	store_is_sound
}

# The number of requests so far whose path matches.
asked() {
	grep -c "\"path\": \"[^\"]*$1" faulty.log || :
}

# --- content that is not what its name says

@test "a blob with one bit wrong: expected and found" {
	faulty bare '[{"path": "/blobs/", "flip": 20}]'
	refused ".*expected sha256:[0-9a-f]{64}, (got|found) sha256:"
}

@test "a blob with a wrong bit where it does not show: in gzip's time" {
	faulty bare '[{"path": "/blobs/", "nth": [2, 4], "flip": 5}]'
	refused ".*layer 1 of 1: expected $HEX, got $HEX$"
	same "$(asked /blobs/)" 4
}

@test "a blob that is too long, or too short" {
	faulty bare '[{"path": "/blobs/", "extra": 9, "length": null}]'
	refused ".*expected [0-9]+ bytes, .*"
}

@test "a blob that always ends early" {
	faulty bare '[{"path": "/blobs/", "cut": 10, "length": 10}]'
	refused ".*expected [0-9]+ bytes, .*"
}

@test "a blob that is missing: its digest is named" {
	faulty bare '[{"path": "/blobs/", "status": 404}]'
	refused ".*sha256:[0-9a-f]{64}.*HTTP 404"
}

@test "a manifest that is not what its digest says" {
	faulty bare '[{"path": "/manifests/", "flip": 30}]'
	fails 1 ".*expected sha256:.*sha256:" \
		ch-pull "$bad/x@sha256:$(printf '%064d' 7)"
}

@test "a manifest that is a web page, or no JSON, or too long" {
	faulty bare '[{"path": "/manifests/", "body": "<html>Welcome</html>",
		"headers": {"Content-Type": "text/html"}}]'
	refused ".*web page.*"
	extra_teardown
	faulty bare '[{"path": "/manifests/", "body": "{ \"schemaVersion\": ",
		"headers": {"Docker-Content-Digest": null}}]'
	refused ".*line 1.*"
	extra_teardown
	faulty bare '[{"path": "/manifests/", "body": {"fill": 20000000}}]'
	refused ".*more than [0-9]+ bytes.*"
}

@test "an image of several architectures, with bad children" {
	faulty alpine '[{"path": "/manifests/sha256:", "status": 404}]'
	fails 1 ".*not found \(HTTP 404\)" ch-pull "$bad/x:3.16" ./img
	absent img
	store_is_sound
}

# --- a line that breaks

@test "a connection that breaks is taken up where it broke" {
	faulty big '[{"path": "/blobs/", "nth": [2, 3, 5], "cut": 900000}]'
	works ch-pull "$bad/x:1" ./img
	[ -f img/big/3.999 ]
	store_is_sound
	grep -q '"Range": "bytes=[1-9]' faulty.log
}

@test "a registry that forgets what a range is" {
	faulty big '[{"path": "/blobs/", "nth": [2, 3], "cut": 900000},
		{"path": "/blobs/", "no_range": true}]'
	works ch-pull "$bad/x:1"
	store_is_sound
}

@test "a reset, an early end of the head, a closed connection" {
	faulty bare '[{"nth": 1, "reset": true}, {"nth": 2, "cut_head": 10},
		{"nth": 4, "cut": 0}]'
	pulled
}

@test "503 now and then is waited for, Retry-After too" {
	faulty bare '[{"nth": [1, 3], "status": 503},
		{"nth": 2, "status": 429, "headers": {"Retry-After": "1"}}]'
	pulled
}

@test "503 for ever is given up" {
	faulty bare '[{"status": 503}]'
	refused ".*HTTP 503.*"
}

@test "a registry that says to wait for a day" {
	faulty bare '[{"status": 429, "headers": {"Retry-After": "86400"}}]'
	refused ".*(86400|HTTP 429).*"
}

@test "a host that never answers: which, and how long it waited" {
	faulty bare '[{"path": "/manifests/", "pause_at": [0, 60]}]'
	fails 1 "$bad/x:1: .*'$bad'.* (for|within) 1 s" \
		ch-pull -q --timeout=1 "$bad/x:1"
	fails 2 ".*--timeout': expected 1 to 86400 seconds, found '0'" \
		ch-pull --timeout=0 "$bad/x:1"
	store_is_sound
}

@test "a slow line: a signal still ends it at once" {
	faulty big '[{"path": "/blobs/", "pause_at": [100000, 60]}]'
	begin=$SECONDS
	interrupt INT 2 ch-pull "$bad/x:1" ./img
	same "$status" 130
	says "^ch-pull: interrupted by SIGINT"
	[ $((SECONDS - begin)) -lt 30 ]
	absent img
	store_is_sound
}

# --- redirects

@test "a redirect to another host is followed, without credentials" {
	faulty bare '[{"port": 0, "path": "/blobs/", "redirect": 1},
		{"port": 0, "auth": {"type": "basic", "user": "alice",
		"password": "wonderland"}}]'
	login alice:wonderland
	works ch-pull --authfile=auth.json "$bad/x:1" ./img
	grep '"port": 1' faulty.log >elsewhere
	lacks -i authorization elsewhere
}

@test "a redirect in a circle, or to what is no web address" {
	faulty bare '[{"path": "/manifests/", "redirect": 0}]'
	refused ".*redirects more than 5 times.*"
	extra_teardown
	faulty bare '[{"path": "/blobs/", "redirect": "file:///etc/passwd"}]'
	refused ".*redirect.*"
}

# --- logins

# login USER:PASSWORD: writes auth.json
login() {
	printf '{"auths":{"%s":{"auth":"%s"}}}' "$bad" \
		"$(printf %s "$1" | base64)" >auth.json
	chmod 600 auth.json
}

@test "a registry that refuses what it does not have: library/x, then x" {
	faulty bare '[{"path": "/v2/library/", "status": 403}]'
	works ch-pull --registry="$bad" x:1 ./img
	[ -e img/only ]
}

@test "--registry: one host has one name" {
	faulty bare '[{"auth": {"type": "basic", "user": "alice",
		"password": "wonderland"}}]'
	printf '{"auths":{"localhost:%s":{"auth":"%s"}}}' "${bad#*:}" \
		"$(printf alice:wonderland | base64)" >auth.json
	works ch-pull --authfile=auth.json \
		--registry="LocalHost.:${bad#*:}" x:1 ./img
}

@test "no password in a message about an address" {
	faulty bare '[{"path": "/blobs/", "redirect":
		"https://user:hunter2@cdn.example.org/x"}]'
	fails 1 ".*redirects to 'https', which is not.*" ch-pull "$bad/x:1"
	lacks hunter2 "$T/.err"
	https_proxy='foo://user:hunter2@h:1' fails 1 ".*reg.example.org.*" \
		ch-pull -q reg.example.org/x
	lacks hunter2 "$T/.err"
}

@test "interrupted while a credential helper runs" {
	faulty bare '[{"auth": {"type": "basic", "user": "a", "password": "b"}}]'
	mkdir bin
	cat >bin/docker-credential-slow <<-'END'
	#!/bin/sh
	kill -INT $PPID
	sleep 1
	exit 1
	END
	chmod 755 bin/docker-credential-slow
	echo '{"credsStore": "slow"}' >auth.json
	chmod 600 auth.json
	PATH=$T/bin:$PATH try timeout --preserve-status 50 \
		ch-pull --authfile=auth.json "$bad/x:1"
	same "$status" 130
	same "$err" "ch-pull: interrupted by SIGINT"
}

@test "a token for everybody" {
	faulty bare '[{"auth": {"type": "bearer", "anonymous_ok": true}}]'
	pulled
	[ "$(asked /token)" -ge 1 ]
}

@test "a token for a login" {
	faulty bare '[{"auth": {"type": "bearer", "user": "alice",
		"password": "wonderland", "anonymous": false}}]'
	refused ".*HTTP 40[13].*"
	login alice:wonderland
	works ch-pull --authfile=auth.json "$bad/x:1" ./img
	rm -rf img
	login alice:wrong
	fails 1 ".*HTTP 401.*" ch-pull -q --store=s2 --authfile=auth.json "$bad/x:1"
	lacks -e wrong -e "$(printf alice:wrong | base64)" "$T/.err"
}

@test "a token that ends in the middle of a pull is renewed" {
	faulty layered-gzip '[{"auth": {"type": "bearer", "anonymous_ok": true,
		"uses": 3}}]'
	works ch-pull --parallel=1 "$bad/x:1" ./img
	store_is_sound
	[ "$(asked /token)" -ge 2 ]
}

@test "no secret in what -vvv tells" {
	faulty bare '[{"auth": {"type": "bearer", "user": "alice",
		"password": "wonderland"}}]'
	login alice:wonderland
	works ch-pull -vvv --authfile=auth.json "$bad/x:1" ./img
	lacks -i -e wonderland -e "$(printf alice:wonderland | base64)" \
		-e 'bearer [A-Za-z0-9]' "$T/.err"
}

# --- what may differ

@test "chunked answers, and media types written in other ways" {
	faulty bare '[{"path": "/blobs/", "chunked": true},
		{"path": "/manifests/", "headers": {"Content-Type":
		"Application/vnd.OCI.image.manifest.v1+json; charset=utf-8"}}]'
	pulled
}

@test "text of a registry can't play with the terminal" {
	faulty bare '[{"path": "/manifests/", "status": 400, "body":
		"{\"errors\": [{\"code\": \"X\", \"message\": \"a\\u001b[31mb\"}]}"}]'
	fails 1 ".*HTTP 400.*" ch-pull "$bad/x:1"
	lacks "$(printf '\033')" "$T/.err"
}
