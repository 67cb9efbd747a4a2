#!/usr/bin/env bats
# login.bats - ch-pull and credentials: where they go, and where they don't.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # status, out, err, bad, auth: set by the helpers
# shellcheck disable=SC2030,SC2031 # each test is a shell of its own
#
# A test's name begins with the rows of the catalogue of hostile registries
# that it proves. faulty.bash has the assertions, registry/faulty.py the rules.
load faulty

NOBODY="it does not exist or needs a login; no credentials for '[^']+' in '[^']+' \(HTTP 401\)"

# pull_with FILE [OPTION...]: the last operands of most tests here.
pull_with() {
	local file=$1
	shift
	ch-pull -q --no-store --authfile="$file" "$@" "$bad/x:1" ./img
}

@test "a token for everybody" {
	faulty bare '[]'
	survives '[{"auth": {"type": "bearer", "anonymous_ok": true}}]'
	[ "$(asked /token)" -ge 1 ]
}

@test "a token for a login, and none for others" {
	faulty bare '[]'
	secret bearer
	rules "[{$auth}]"
	fails 1 "$bad/x:1: access refused by '$bad': it does not exist or needs a login; no credentials for '$bad' in 'none.json' \(HTTP 401\)$" \
		ch-pull -q --authfile=none.json "$bad/x:1"
	works ch-pull --authfile=auth.json "$bad/x:1" ./img
	login alice:hunter2
	rm -rf img
	fails 1 "$bad/x:1: access refused by '$bad' with the credentials of '$bad' in 'auth.json', which its token server refuses \(HTTP 401\)$" \
		pull_with auth.json
	lacks -e hunter2 -e "$(printf alice:hunter2 | base64)" "$T/.err"
}

@test "H16: a token server on another port of this machine" {
	faulty bare '[]'
	secret bearer
	rules "[{\"path\": \"/v2/\", ${auth%\}}, \"realm\": \"{1}/token\"}}]"
	works ch-pull -vvv --authfile=auth.json "$bad/x:1"
	told_nobody "$T/.err"
	# the token is the registry's only, the password the token server's
	grep '"port": 1' faulty.log >there
	lacks -e 'Bearer ' -e /v2/ there
	grep '"port": 0' faulty.log >here
	lacks -e 'Basic ' here
}

@test "H17: a token server that is no web address" {
	faulty bare '[]'
	secret bearer
	for realm in file:///etc/passwd ftp://h.x/y gopher://h.x:1/ \
		ldap://h.x/ /token ''; do
		rules "[{\"path\": \"/v2/\", ${auth%\}}, \"realm\": \"$realm\"}}]"
		fails 1 "$bad/x:1: '$bad' names a token server that is not an https URL: '$realm'$" \
			pull_with auth.json
	done
	rules "[{\"path\": \"/v2/\", ${auth%\}},
		\"realm\": \"https://u:hunter2@h.x/t\"}}]"
	fails 1 "$bad/x:1: '$bad' names a token server that is not an https URL: 'https'$" \
		pull_with auth.json
	same "$(asked /token)" 0
	absent img
}

@test "H18: a token server that redirects: no credentials for the other" {
	faulty bare '[]'
	secret bearer
	rules "[{\"port\": 0, $auth},
		{\"port\": 0, \"path\": \"^/token\", \"redirect\": 1}]"
	fails 1 "$bad/x:1: access refused by '$bad' with the credentials of '$bad' in 'auth.json', which its token server refuses \(HTTP 401\)$" \
		pull_with auth.json
	kept_secret 1
	told_nobody "$T/.err"
	# An identity token is in the body: that is not sent a second time.
	printf '{"auths":{"%s":{"identitytoken":"wonderland"}}}' "$bad" \
		>auth.json
	: >faulty.log
	rules "[{\"port\": 0, ${auth%\}}, \"identity\": \"wonderland\"}},
		{\"port\": 0, \"path\": \"^/token\", \"redirect\": 1}]"
	fails 1 "$bad/x:1: token server '$bad': no token \(HTTP 307\)$" \
		pull_with auth.json
	same "$(grep -c '"port": 1' faulty.log)" 0
	absent img
}

@test "H20: no Basic once Bearer was asked for" {
	faulty bare '[]'
	secret bearer
	rules "[{$auth}, {\"path\": \"/v2/\", \"nth\": [2, 3, 4, 5, 6],
		\"status\": 401, \"auth\": null, \"headers\":
		{\"WWW-Authenticate\": \"Basic realm=\\\"x\\\"\"}}]"
	fails 1 "$bad/x:1: access refused by '$bad' with the credentials of '$bad' in 'auth\.json' \(HTTP 401\)$" \
		pull_with auth.json
	grep '"path": "/v2/' faulty.log >registry
	lacks 'Basic ' registry
	[ "$(wc -l <registry)" -le 4 ]
}

@test "H21: answers of a token server that are none" {
	faulty bare '[]'
	secret bearer
	while IFS='|' read -r body regex; do
		rules "[{\"path\": \"/v2/\", $auth},
			{\"path\": \"^/token\", \"body\": $body}]"
		: >faulty.log
		fails 1 "$bad/x:1: token server$regex$" pull_with auth.json
		# nothing of it was used
		same "$(grep -c 'Bearer\|X-Evil' faulty.log)" 0
	done <<-END
	"<html>Welcome</html>"| '$bad': answer: expected JSON, found a web page
	"hunter2"| '$bad': answer: expected JSON, found something else
	""| '$bad': answer: expected JSON, found nothing
	"{}"| '$bad': no token in the answer
	"{\"token\": \"\"}"| '$bad': no token in the answer
	"{\"token\": 5}"| '$bad': token: expected a string, found a number
	"{\"token\": \"a\\\\r\\\\nX-Evil: 1\"}"| '$bad': the token is empty, longer than 65536 bytes or not printable ASCII
	"{\"token\": \"a b\"}"| '$bad': the token is empty, longer than 65536 bytes or not printable ASCII
	"{\"token\": \"\\\\u0000\"}"| '$bad': answer: line 1, column [0-9]+: a NUL character is not allowed
	{"fill": 10000000}|: '$bad' sent more than 1048576 bytes
	END
	rules "[{\"path\": \"/v2/\", $auth}, {\"path\": \"^/token\",
		\"body\": \"{\\\"token\\\": \\\"$(printf '%070000d' 0)\\\"}\"}]"
	fails 1 "$bad/x:1: token server '$bad': the token is empty, longer than 65536 bytes or not printable ASCII$" \
		pull_with auth.json
	rules "[{\"path\": \"/v2/\", $auth},
		{\"path\": \"^/token\", \"status\": 404}]"
	fails 1 "$bad/x:1: token server '$bad': no token \(HTTP 404\)$" \
		pull_with auth.json
	absent img
}

@test "H22: a token that ends in the middle of a pull is renewed" {
	faulty layered-gzip '[]'
	for type in anonymous login; do
		secret bearer
		[ $type = login ] || {
			auth='"auth": {"type": "bearer", "anonymous_ok": true}'
			rm auth.json
		}
		rules "[{${auth%\}}, \"uses\": 3}}]"
		: >faulty.log
		works ch-pull -q --parallel=1 --store=$type --authfile=auth.json \
			"$bad/x:1" ./img-$type
		# six requests with a token, and the refusals in between
		same "$(asked /token)" 2
		works ch-pull -q --parallel=4 --store=$type --authfile=auth.json \
			"$bad/x:1"
		store_is_sound "$T/$type"
	done
}

@test "H23: 401 or 403 for ever" {
	faulty bare '[]'
	secret basic
	: >empty.json
	basic='"headers": {"WWW-Authenticate": "Basic realm=\"x\""}'
	bearer='"headers": {"WWW-Authenticate": "Bearer realm=\"{0}/token\""}'
	with="with the credentials of '$bad' in 'auth\.json' \(HTTP 401\)"
	while IFS='|' read -r rule file most regex; do
		rules "[$rule, {\"path\": \"^/token\", \"status\": 200,
			\"body\": \"{\\\"token\\\": \\\"t\\\"}\"}]"
		: >faulty.log
		fails 1 "$bad/x:1: $regex$" pull_with "$file"
		n=$(grep -c '"path"' faulty.log)
		same "$((n <= most)) of $n" "1 of $n"
	done <<-END
	{"status": 401, $basic}|empty.json|1|access refused by '$bad': $NOBODY
	{"status": 401, $basic}|auth.json|2|access refused by '$bad' $with
	{"status": 401, $bearer}|auth.json|3|access refused by '$bad' $with
	{"status": 401, $bearer}|empty.json|3|access refused by '$bad': $NOBODY
	{"status": 401}|auth.json|1|'$bad' asks for a login in a way that is not known \(HTTP 401\)
	{"status": 401, "headers": {"WWW-Authenticate": "Negotiate"}}|auth.json|1|'$bad' asks for a login in a way that is not known \(HTTP 401\)
	{"status": 403}|auth.json|1|access refused by '$bad': as the script says \(HTTP 403\)
	{"what": "layer", "status": 403}|auth.json|3|layer 1 of 1: blob $HEX: access refused by '$bad': as the script says \(HTTP 403\)
	{"what": "layer", "status": 401, $bearer}|auth.json|5|layer 1 of 1: access refused by '$bad' $with
	{"what": "config", "status": 401, $basic}|auth.json|3|configuration: blob $HEX: access refused by '$bad' $with
	END
	absent img
}

@test "H55: a file with credentials that is missing, or can't be used" {
	faulty bare '[]'
	secret basic
	rules "[{$auth}]"
	fails 1 "$bad/x:1: access refused by '$bad': it does not exist or needs a login; no credentials for '$bad' in 'no\.json' \(HTTP 401\)$" \
		pull_with no.json
	echo "{\"auths\": {\"$bad\": {\"auth\": \"hunter2" >cut.json
	echo "{\"auths\": {\"$bad\": {\"auth\": \"%%hunter2\"}}}" >b64.json
	head -c 2000000 /dev/zero | tr '\0' ' ' >huge.json
	echo '"hunter2"' >text.json
	mkdir dir.json
	mkfifo fifo.json
	echo '{"credsStore": "nosuch-hunter3"}' >helper.json
	echo '{"credsStore": "../../bin/sh"}' >path.json
	while IFS='|' read -r file regex; do
		try ch-pull --authfile="$file" --no-store "$bad/x:1" ./img
		same "$status" 1
		says "^ch-pull: warning: credentials: $regex; going on without$"
		says "^ch-pull: error: $bad/x:1: access refused by '$bad': it does not exist or needs a login; no credentials for '$bad' in '$file' \(HTTP 401\)$"
		same "$(wc -l <"$T/.err")" 2
		lacks hunter2 "$T/.err"
	done <<-END
	cut.json|'cut\.json': line 1, column [0-9]+: (malformed JSON|the text ends too early)
	b64.json|'b64\.json': auths\['$bad'\]\.auth: is not 'user:password' in base64
	huge.json|'huge\.json' is longer than the limit of 1048576 bytes
	text.json|'text\.json': expected JSON, found something else
	dir.json|'dir\.json' is not a regular file
	fifo.json|'fifo\.json' is not a regular file
	helper.json|can't run 'docker-credential-nosuch-hunter3': No such file or directory
	path.json|'path\.json': credsStore: '/' is not allowed in a helper's name
	END
	absent img
}

@test "H55: a file with credentials that others can read or change" {
	faulty bare '[]'
	secret basic
	rules "[{$auth}]"
	for mode in 604 606 620 666; do
		chmod $mode auth.json
		verb='change'
		[ $mode != 604 ] || verb='read'
		works ch-pull --no-store --authfile=auth.json "$bad/x:1" \
			./img-$mode
		says "^ch-pull: warning: 'auth\.json' holds credentials, but others can $verb it$"
		told_nobody "$T/.err"
	done
	chmod 640 auth.json # a group may share it
	quiet pull_with auth.json
	works chmod 200 auth.json
	[ "$(id -u)" = 0 ] || {
		rm -rf img
		try ch-pull --no-store --authfile=auth.json "$bad/x:1" ./img
		same "$status" 1
		says "^ch-pull: warning: credentials: can't open 'auth\.json': Permission denied; going on without$"
	}
}

# helper NAME <<SCRIPT: a credential helper; sets PATH
helper() {
	mkdir -p bin
	{
		echo '#!/bin/sh'
		cat
	} >"bin/docker-credential-$1"
	chmod 755 "bin/docker-credential-$1"
	echo "{\"credsStore\": \"$1\"}" >auth.json
	chmod 600 auth.json
	PATH=$T/bin:$PATH
}

@test "H55: a helper: no secret in an argument or an environment" {
	faulty bare '[]'
	secret basic
	rules "[{$auth}]"
	helper spy <<-'END'
	for p in $$ $PPID; do
		tr '\0' '\n' <"/proc/$p/cmdline"
		tr '\0' '\n' <"/proc/$p/environ"
	done >>spied
	env >>spied
	cat >asked
	echo '{"Username": "alice", "Secret": "wonderland"}'
	END
	works ch-pull -vvv --authfile=auth.json "$bad/x:1"
	cp "$T/.err" err1
	same "$(cat asked)" "$bad"
	[ -s spied ]
	told_nobody spied err1
	# The other way: what a second helper sees of the first one's secret
	echo "{\"auths\": {\"$bad\": {\"auth\": \"$(printf alice:wrong1 |
		base64)\"}}}" >auth.json
	fails 1 "$bad/x:1: access refused by '$bad' with the credentials of '$bad' in 'auth\.json' \(HTTP 401\)$" \
		pull_with auth.json
}

@test "H55: a helper that fails, or answers what it should not" {
	faulty bare '[]'
	secret basic
	rules "[{$auth}]"
	while IFS='|' read -r script regex; do
		helper odd <<<"$script"
		rm -rf img
		try ch-pull --authfile=auth.json --no-store "$bad/x:1" ./img
		same "$status" 1
		[ -z "$regex" ] || says "^ch-pull: warning: credentials: docker-credential-odd: $regex; going on without$"
		grep -Ex "ch-pull: error: $bad/x:1: access refused by '$bad': it does not exist or needs a login; no credentials for '$bad' in 'auth\.json' \(HTTP 401\)" \
			"$T/.err"
		lacks hunter2 "$T/.err"
	done <<-'END'
	exit 1|
	echo hunter2; exit 1|
	echo '{"Username": "hunter2"'|answer: line [0-9]+, column [0-9]+: .*
	echo hunter2|answer: expected JSON, found something else
	echo \"hunter2\"|answer: expected JSON, found something else
	echo '["hunter2"]'|expected an object, found an array
	echo '{"Username": "a"}'|Secret: expected a string, found nothing
	END
	absent img
}

@test "H55: interrupted while a helper runs" {
	faulty bare '[{"auth": {"type": "basic", "user": "a", "password": "b"}}]'
	helper slow <<-'END'
	kill -INT $PPID
	sleep 1
	exit 1
	END
	try timeout --preserve-status 50 \
		ch-pull --authfile=auth.json "$bad/x:1"
	same "$status" 130
	same "$err" "ch-pull: interrupted by SIGINT"
}

@test "H56: no secret in what -vvv tells, or in the store" {
	faulty bare '[]'
	for type in basic bearer; do
		secret $type
		rules "[{$auth}]"
		works ch-pull -vvv --store=$type --authfile=auth.json "$bad/x:1"
		[ -n "$err" ]
		told_nobody $type "$T/.err"
		works ch-pull -vvv --no-store --authfile=auth.json "$bad/x:1" \
			./img-$type
		told_nobody img-$type "$T/.err"
		try ch-pull -vvv --no-store --authfile=auth.json "$bad/y:none" \
			./img
		told_nobody "$T/.err"
	done
}

@test "a registry that refuses what it does not have: library/x, then x" {
	faulty bare '[{"path": "/v2/library/", "status": 403}]'
	works ch-pull --registry="$bad" x:1 ./img
	[ -e img/only ]
}
