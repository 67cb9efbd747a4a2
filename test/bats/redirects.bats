#!/usr/bin/env bats
# redirects.bats - ch-pull where the registry sends it elsewhere.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # status, out, err, bad, other: set by the helpers
# shellcheck disable=SC2030,SC2031 # each test is a shell of its own
#
# A test's name begins with the rows of the catalogue of hostile registries
# that it proves. faulty.bash has the assertions, registry/faulty.py the rules.
load faulty

@test "H11: five redirects are followed, a sixth is not" {
	start
	survives '[{"each": true, "nth": [1, 2, 3, 4, 5], "redirect": 0}]'
	: >faulty.log
	refused '[{"what": "manifest", "redirect": 0}]' \
		"'$bad' redirects more than 5 times"
	same "$(grep -c '"status": 307' faulty.log)" $((4 * 6))
	: >faulty.log
	refused '[{"what": "layer", "redirect": 0}]' \
		"layer 1 of 1: '$bad' redirects more than 5 times"
	same "$(grep -c '"status": 307' faulty.log)" $((4 * 6))
	refused '[{"port": 0, "what": "config", "redirect": 1},
		{"port": 1, "redirect": 0}]' \
		"configuration: blob $HEX: '$bad' redirects more than 5 times"
}

@test "H12: redirects to what is no web address" {
	start
	while IFS=' ' read -r to shown; do
		rules "[{\"what\": \"manifest\", \"redirect\": \"$to\"}]"
		fails 1 "$bad/x:1: '$bad' redirects to '$shown', which is not an http or https URL$" \
			ch-pull -q "$bad/x:1" ./img
	done <<-'END'
	file:///etc/passwd file:///etc/passwd
	ftp://h.x/y ftp://h\.x/y
	gopher://h.x:70/1 gopher://h\.x:70/1
	data:text/plain,x data:text/plain,x
	javascript:x javascript:x
	scp://h.x/y scp://h\.x/y
	http://h.x:99999/ http://h\.x:99999/
	http://[::1 http://\[::1
	http://h.x\\y/ http://h\.x\\y/
	http: http:
	// http://
	https://alice:hunter2@h.x/y https
	END
	lacks hunter2 "$T/.err"
	absent img
	refused '[{"what": "layer", "redirect": "file:///etc/passwd?sig=hunter2"}]' \
		"layer 1 of 1: '$bad' redirects to 'file:///etc/passwd', which is not an http or https URL"
	refused '[{"what": "config", "redirect": "ftp://h.x/y"}]' \
		"configuration: blob $HEX: '$bad' redirects to 'ftp://h\.x/y', which is not an http or https URL"
}

@test "H13: another host or port gets no credentials" {
	faulty bare '[]'
	for type in basic bearer; do
		secret $type
		for to in 1 '"{1}/v2/y/blobs/BLOB"' \
			'"http://localhost:PORT/v2/y/blobs/BLOB"'; do
			elsewhere "$to"
		done
	done
}

# elsewhere TO: with blobs there, and the login at the registry.
elsewhere() {
	local to=$1 kind faults="[{\"port\": 0, $auth}"
	for kind in config layer; do
		digest=$(digest_of $kind)
		to=${1/BLOB/$digest}
		faults+=", {\"port\": 0, \"what\": \"$kind\",
			\"redirect\": ${to/PORT/${other#*:}}}"
	done
	rules "$faults]"
	rm -rf img "$CH_STORE" other
	: >faulty.log
	works ch-pull -vvv --authfile=auth.json "$bad/x:1" || return
	cp "$T/.err" err1
	works ch-pull -vvv --store=other --authfile=auth.json "$bad/x:1" \
		./img || return
	kept_secret 1 || return
	same "$(grep -c '"port": 1' faulty.log)" 4 || return
	told_nobody img err1 "$T/.err"
}

# digest_of KIND: of the image bare.
digest_of() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print(d["config"]["digest"] if sys.argv[2] == "config"
	else d["layers"][0]["digest"])' \
		"$(grep -l '"schemaVersion"' "$TEST_IMAGES"/bare/blobs/*/*)" "$1"
}

@test "H13: a manifest on another host gets no credentials" {
	faulty bare '[]'
	for type in basic bearer; do
		secret $type
		rules "[{\"port\": 0, $auth},
			{\"port\": 0, \"what\": \"manifest\", \"redirect\": 1}]"
		: >faulty.log
		works ch-pull -vvv --no-store --authfile=auth.json \
			"$bad/x:1" ./$type
		kept_secret 1
		told_nobody $type "$T/.err"
	done
}

@test "H13: back at the registry after a detour, it is itself again" {
	faulty bare '[]'
	secret basic
	rules "[{\"port\": 0, $auth}, {\"port\": 0, \"what\": \"layer\",
		\"nth\": 1, \"redirect\": 1},
		{\"port\": 1, \"redirect\": 0}]"
	works ch-pull -q --authfile=auth.json "$bad/x:1" ./img
	kept_secret 1
}

@test "H15: a host that is redirected to, and asks for a login of its own" {
	faulty bare '[]'
	for type in basic bearer; do
		secret $type
		for kind in manifest config layer; do
			refuses_elsewhere $kind
		done
	done
}

# refuses_elsewhere KIND: that is on port 1, which asks for a login, too.
refuses_elsewhere() {
	local where=''
	[ "$1" != config ] || where="configuration: blob $HEX: "
	[ "$1" != layer ] || where="layer 1 of 1: "
	rules "[{\"port\": 0, $auth},
		{\"port\": 0, \"what\": \"$1\", \"redirect\": 1},
		{\"port\": 1, $auth}]"
	: >faulty.log
	fails 1 "$bad/x:1: ${where}access refused by '$other', to which '$bad' redirects \(HTTP 401\)$" \
		ch-pull -q --no-store --authfile=auth.json "$bad/x:1" ./img ||
		return
	kept_secret 1 || return
	# nor did it get a request for a token
	same "$(grep -c '"port": 1.*"/token' faulty.log)" 0 || return
	absent img
}

@test "H19: a layer that is elsewhere by its urls is not fetched from there" {
	: >other.log
	rules '[]'
	: >faulty.log
	serve ports2 python3 -B "$TEST_STAGE/bats/registry/faulty.py" \
		--log "$T/other.log" "$TEST_IMAGES/bare"
	read -r there _ <ports2
	rm -rf "$T/shape"
	python3 -B "$TEST_STAGE/bats/registry/shapes.py" foreign "$T/shape" \
		"http://127.0.0.1:$there"
	serve ports python3 -B "$TEST_STAGE/bats/registry/faulty.py" \
		--control rules --log "$T/faulty.log" "$T/shape"
	read -r bad _ <ports
	bad=127.0.0.1:$bad
	secret basic
	rules "[{$auth}]"
	fails 1 "$bad/x:1: layer 1 of 1: blob $HEX: not found at '$bad' \(HTTP 404\)$" \
		ch-pull -q --no-store --authfile=auth.json "$bad/x:1" ./img
	fails 1 "$bad/x:1: layer 1 of 1: blob $HEX: not found at '$bad' \(HTTP 404\)$" \
		ch-pull -q --authfile=auth.json "$bad/x:1"
	same "$(cat other.log)" ""
	absent img
	store_is_sound
	told_nobody "$T/.err"
}

@test "H56: a signed address is not told" {
	start
	# shellcheck disable=SC2034 # told_nobody
	secrets=(-e hunter2)
	for kind in manifest config layer; do
		faults="[{\"port\": 0, \"what\": \"$kind\",
			\"redirect\": \"{1}/there?sig=hunter2\"}"
		rules "$faults, {\"port\": 1, \"status\": 403}]"
		try ch-pull -vvv --no-store "$bad/x:1" ./img
		same "$status" 1
		says "^ch-pull: error: $bad/x:1: .*'$other'.*\(HTTP 403\)$"
		told_nobody "$T/.err"
		rules "$faults, {\"port\": 1, \"raw\": \"hello\"}]"
		try ch-pull -vvv --no-store "$bad/x:1" ./img
		same "$status" 1
		says "^ch-pull: error: $bad/x:1: .*'$other' does not speak HTTP$"
		told_nobody "$T/.err"
	done
}
