#!/usr/bin/env bats
# sites.bats - where ch-pull asks, whom it trusts and as whom it logs in:
# registries.conf, certs.d, auth files.
# SPDX-License-Identifier: Apache-2.0
# needs registry
# shellcheck disable=SC2154 # status, out, err: set by try
# shellcheck disable=SC2016 # $ in passwords and user names
#
# Real registries, and for logins with tokens registry/faulty.py. $full serves
# the images of all suites; what else is started is one test's own.
load common

extra_setup() {
	unset CH_REGISTRY
	full=$TEST_REGISTRY
	export CH_REGISTRIES_CONF=$T/registries.conf
	: >registries.conf
	export XDG_CONFIG_HOME=$T/config
}

conf() {
	cat >registries.conf
}

# faulty RULES [OPTION...]: sets bad, other, tls.
faulty() {
	echo "$1" >rules
	shift
	serve ports python3 -B "$TEST_STAGE/bats/registry/faulty.py" \
		--control rules --log "$T/faulty.log" "$@" \
		"$TEST_IMAGES/bare" || return
	read -r bad other tls <ports
	bad=127.0.0.1:$bad other=127.0.0.1:$other
}

# auth FILE KEY USER:PASSWORD [KEY USER:PASSWORD]...
auth() {
	local file=$1 sep='' key
	shift
	: >"$file"
	chmod 600 "$file"
	printf '{"auths":{' >>"$file"
	while [ $# -gt 0 ]; do
		key=$1
		printf '%s"%s":{"auth":"%s"}' "$sep" "$key" \
			"$(printf %s "$2" | base64)" >>"$file"
		sep=,
		shift 2
	done
	printf '}}' >>"$file"
}

# A CA, what it signed for 127.0.0.1 and localhost, and for a client.
make_certs() {
	needs openssl
	openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt \
		-days 2 -subj /CN=ca 2>/dev/null
	sign server subjectAltName=IP:127.0.0.1,DNS:localhost
	sign client extendedKeyUsage=clientAuth
}

sign() {
	openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" \
		-subj "/CN=$1" 2>/dev/null
	echo "$2" >"$1.ext"
	openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key \
		-CAcreateserial -days 2 -extfile "$1.ext" -out "$1.crt" \
		2>/dev/null
}

# certs HOST: its directory in certs.d.
certs() {
	mkdir -p "config/containers/certs.d/$1"
	echo "config/containers/certs.d/$1"
}

# alice's password is wonderland. The registry knows no other form.
LOGIN_AUTH='auth: {htpasswd: {realm: x, path: htpasswd}}'
login_registry() {
	echo 'alice:$2b$05$hBtsHVgRNsFu1kjdRUzmIO6XIDFwdk.U3INLswO3DHT7viGMlCYnu' \
		>htpasswd
	registry login "" "$LOGIN_AUTH"
}

# --- registries.conf

@test "a mirror is asked first, the original if it lacks the image" {
	registry empty ""
	conf <<-END
	[[registry]]
	location = "$full"
	[[registry.mirror]]
	location = "$at"
	END
	works ch-pull "$full/bare:1" ./img
	[ -e img/only ]
	says "^ch-pull: not found at '$at' \(HTTP 404\); asking '$full'$"
	same "$(grep -c '"GET /v2/bare/manifests/1 ' empty.log)" 1
}

@test "a mirror that has it: the original is not asked" {
	conf <<-END
	[[registry]]
	prefix = "127.0.0.1:1/team"
	location = "127.0.0.1:1/team"
	[[registry.mirror]]
	location = "$full"
	END
	works ch-pull -v 127.0.0.1:1/team/bare:1
	says "^ch-pull: '$full' has '1' in repository 'bare'$"
	same "$(store_names)" 127.0.0.1:1/team/bare:1
	store_is_sound
}

@test "all fail: the notes tell of the mirrors, the error of the original" {
	conf <<-END
	[[registry]]
	location = "$full"
	[[registry.mirror]]
	location = "127.0.0.1:1/x"
	END
	try ch-pull "$full/bare:none"
	same "$status" 1
	same "$(wc -l <.err)" 2
	says "^ch-pull: can't reach '127.0.0.1:1': .*; asking '$full'$"
	says "^ch-pull: error: $full/bare:none: not found at '$full' \(HTTP 404\)$"
}

@test "mirrors for digests only, for tags only" {
	digest=$(skopeo inspect --raw --tls-verify=false \
		"docker://$full/bare:1" | sha256sum | cut -d' ' -f1)
	conf <<-END
	[[registry]]
	location = "$full"
	[[registry.mirror]]
	location = "127.0.0.1:1"
	pull-from-mirror = "digest-only"
	[[registry.mirror]]
	location = "127.0.0.1:2"
	pull-from-mirror = "tag-only"
	END
	works ch-pull "$full/bare:1"
	lacks "127.0.0.1:1'" .err
	says "127.0.0.1:2'.*; asking '$full'"
	rm -rf "$CH_STORE"
	works ch-pull "$full/bare@sha256:$digest"
	lacks "127.0.0.1:2'" .err
	says "127.0.0.1:1'.*; asking '$full'"
}

@test "a mirror that has lost a blob, or has a bad one" {
	faulty '[{"path": "/blobs/", "status": 404}]'
	conf <<-END
	[[registry]]
	location = "$full"
	[[registry.mirror]]
	location = "$bad"
	END
	works ch-pull --no-store "$full/bare:1" ./img
	says "blob $HEX: not found at '$bad' \(HTTP 404\); asking '$full'"
	rm -rf img "$CH_STORE"
	echo '[{"path": "/blobs/", "flip": 20}]' >rules
	works ch-pull --no-store "$full/bare:1" ./img
	says "'$bad': blob: expected $HEX, got $HEX; asking '$full'"
	[ -e img/only ]
}

@test "a mirror that has a bad layer" {
	faulty '[]'
	conf <<-END
	[[registry]]
	location = "$full"
	[[registry.mirror]]
	location = "$bad"
	END
	while IFS='|' read -r fault regex; do
		rm -rf img "$CH_STORE"
		echo "[{\"what\": \"layer\", $fault}]" >rules
		works ch-pull "$full/bare:1"
		says "'$bad': layer 1 of 1: $regex; asking '$full'"
		works ch-pull --offline "$full/bare:1" ./img
		[ -e img/only ] || return
		rm -rf img "$CH_STORE"
		works ch-pull "$full/bare:1" ./img
		[ -e img/only ] || return
		rm -rf img
		works ch-pull --no-store "$full/bare:1" ./img
		[ -e img/only ] || return
	done <<-END
	"flip": 20|expected $HEX, got $HEX
	"short": 90|expected [0-9]+ bytes, the server has 90
	END
}

@test "blocked: the file and the prefix are named" {
	conf <<-END
	[[registry]]
	location = "evil.example"
	blocked = true
	[[registry]]
	location = "$full"
	[[registry]]
	prefix = "$full/bare"
	blocked = true
	END
	fails 1 "'evil.example' is blocked by $T/registries.conf:1$" \
		ch-pull evil.example/x
	fails 1 "'$full/bare' is blocked by $T/registries.conf:6$" \
		ch-pull "$full/bare:1"
	fails 1 "'$full/bare' is blocked by $T/registries.conf:6$" \
		ch-pull --registry="$full" bare:1
	works ch-pull "$full/odd:1"
}

@test "a location in place of a prefix: the name stays" {
	conf <<-END
	[[registry]]
	prefix = "images.example/team"
	location = "$full"
	[[registry]]
	prefix = "*.any.example"
	location = "$full"
	END
	works ch-pull IMAGES.example./team/bare:1
	same "$(store_names)" images.example/team/bare:1
	works ch-pull one.any.example:5000/bare:1 ./img
	[ -e img/only ]
}

@test "a name without a host is searched for" {
	registry empty ""
	conf <<-END
	unqualified-search-registries = ["$at", "$full"]
	END
	works ch-pull -v bare:1
	says "not found at '$at' \(HTTP 404\); asking '$full'$"
	says "'$full' has '1' in repository 'bare'"
	same "$(store_names)" docker.io/library/bare:1
	conf <<-END
	unqualified-search-registries = ["127.0.0.1:1"]
	[aliases]
	short = "$full/bare"
	END
	works ch-pull short:1
	says "'short' is taken for '$full/bare', as $T/registries.conf:3 has it"
	works ch-pull --registry="$full" bare:1 ./img
	lacks 127.0.0.1:1 .err
}

@test "the user's registries.conf, and its drop-ins" {
	mkdir -p config/containers/registries.conf.d
	printf '[[registry]]\nprefix = "a.example"\nlocation = "%s"\n' \
		127.0.0.1:1 >config/containers/registries.conf
	printf '[[registry]]\nprefix = "a.example"\nlocation = "%s"\n' \
		"$full" >config/containers/registries.conf.d/site.conf
	CH_REGISTRIES_CONF='' works ch-pull a.example/bare:1
}

@test "a registries.conf that is broken, missing, or of version 1" {
	echo '[[registry]' >registries.conf
	fails 1 "$T/registries.conf:1: expected ']]', found ']'$" \
		ch-pull "$full/bare:1"
	rm registries.conf
	fails 1 "there is no '$T/registries.conf', which CH_REGISTRIES_CONF names$" \
		ch-pull "$full/bare:1"
	printf '[registries.search]\nregistries = ["x.example"]\n' \
		>registries.conf
	works ch-pull "$full/bare:1"
	same "$(grep -c "warning: '$T/registries.conf' is ignored: it has the old format" .err)" 1
	same "$(CH_REGISTRIES_CONF=/dev/null ch-pull -q "$full/bare:1" 2>&1)" ""
}

# --- TLS

@test "insecure: for this location and no other" {
	make_certs
	registry tls ", tls: {certificate: $T/server.crt, key: $T/server.key}"
	conf <<-END
	[[registry]]
	location = "$at"
	insecure = true
	END
	works ch-pull "$at/bare:1"
	fails 1 "localhost:.*: can't verify the certificate of 'localhost:${at#*:}': .*" \
		ch-pull -q "localhost:${at#*:}/bare:1"
}

@test "--tls-verify=no: not for where the host redirects to" {
	make_certs
	faulty '[]' --tls server.crt server.key
	echo '[{"port": 0, "path": "/manifests/", "redirect":
		"https://localhost:'"$tls"'/v2/x/manifests/1"}]' >rules
	fails 1 ".*: can't verify the certificate of 'localhost:$tls': [^;]*$" \
		ch-pull -q --tls-verify=no "$bad/x:1"
	echo '[{"port": 0, "path": "/manifests/", "redirect":
		"https://127.0.0.1:'"$tls"'/v2/x/manifests/1"}]' >rules
	works ch-pull --tls-verify=no "$bad/x:1"
}

@test "certs.d: a CA for one host, redirected to or not" {
	make_certs
	registry tls ", tls: {certificate: $T/server.crt, key: $T/server.key}"
	fails 1 "$at/bare:1: can't verify the certificate of '$at': .*" \
		ch-pull -q "$at/bare:1"
	cp ca.crt "$(certs "$at")/site.crt"
	works ch-pull "$at/bare:1"
	fails 1 "localhost:.*: can't verify the certificate of 'localhost:${at#*:}': .*" \
		ch-pull -q "localhost:${at#*:}/bare:1"
	faulty '[{"port": 0, "path": "/blobs/", "redirect": 2}]' \
		--tls server.crt server.key
	fails 1 ".*: can't verify the certificate of '127.0.0.1:$tls': .*" \
		ch-pull -q --store=s2 "$bad/x:1"
	cp ca.crt "$(certs "127.0.0.1:$tls")/site.crt"
	works ch-pull "$bad/x:1" ./img
	[ -e img/only ]
}

@test "certs.d: what is wrong there is named" {
	make_certs
	registry tls ", tls: {certificate: $T/server.crt, key: $T/server.key}"
	echo junk >"$(certs "$at")/ca.crt"
	fails 1 ".*'$T/config/containers/certs.d/$at/ca.crt' holds no PEM certificate$" \
		ch-pull "$at/bare:1"
	cp ca.crt "$(certs "$at")/ca.crt"
	cp client.crt "$(certs "$at")/me.cert"
	fails 1 ".*'.*certs.d/$at/me.cert' has no 'me.key' beside it$" \
		ch-pull "$at/bare:1"
	[ "$(id -u)" != 0 ] || return 0
	cp client.key "$(certs "$at")/me.key"
	chmod 0 "$(certs "$at")/me.key"
	fails 1 ".*can't open '.*certs.d/$at/me.key': Permission denied$" \
		ch-pull "$at/bare:1"
}

@test "certs.d: a registry that wants a client certificate" {
	make_certs
	registry tls ", tls: {certificate: $T/server.crt, key: $T/server.key,
		clientcas: [$T/ca.crt]}"
	cp ca.crt "$(certs "$at")/ca.crt"
	fails 1 "$at/bare:1: '$at' wants another client certificate, or one at all: .*" \
		ch-pull "$at/bare:1"
	cp client.crt "$(certs "$at")/me.cert"
	cp client.key "$(certs "$at")/me.key"
	works ch-pull "$at/bare:1" ./img
	[ -e img/only ]
	works ch-pull -vvv "$at/odd:1"
	lacks -e PRIVATE -e "$(sed -n 2p client.key)" .err
}

# --- logins

@test "no login: where one was looked for" {
	login_registry
	export DOCKER_CONFIG=$T/docker XDG_RUNTIME_DIR=$T/run
	fails 1 "$at/bare:1: access refused by '$at': it does not exist or needs a login; no credentials for '$at' in '$T/run/containers/auth.json', '$T/config/containers/auth.json', '$T/docker/config.json' \(HTTP 401\)$" \
		ch-pull "$at/bare:1"
	fails 1 ".*; no credentials for '$at' in '$T/none' \(HTTP 401\)$" \
		ch-pull --authfile="$T/none" "$at/bare:1"
	unset XDG_RUNTIME_DIR
	mkdir closed
	chmod 0 closed
	DOCKER_CONFIG=$T/closed fails 1 ".* no credentials for '$at' in '/run/containers/$(id -u)/auth.json', '$T/config/.*', '$T/closed/config.json' \(HTTP 401\)$" \
		ch-pull "$at/bare:1"
	mkdir -p docker
	auth docker/config.json "$at" alice:wonderland
	works ch-pull "$at/bare:1"
}

@test "a wrong password: which file and entry it came from" {
	login_registry
	auth a.json "$at" alice:rabbit other.example bob:hare
	fails 1 "$at/bare:1: access refused by '$at' with the credentials of '$at' in 'a.json' \(HTTP 401\)$" \
		ch-pull --authfile=a.json "$at/bare:1"
	lacks -e rabbit -e "$(printf alice:rabbit | base64)" .err
	auth a.json "https://$at/v2/" alice:rabbit
	fails 1 ".* with the credentials of 'https://$at/v2/' in 'a.json' \(HTTP 401\)$" \
		ch-pull --authfile=a.json "$at/bare:1"
}

@test "a wrong password at a token server, and nothing without one" {
	faulty '[{"auth": {"type": "bearer", "user": "alice",
		"password": "wonderland", "anonymous": false}}]'
	auth a.json "$bad" alice:rabbit
	fails 1 "$bad/x:1: access refused by '$bad' with the credentials of '$bad' in 'a.json', which its token server refuses \(HTTP 401\)$" \
		ch-pull -q --authfile=a.json "$bad/x:1"
	fails 1 "$bad/x:1: access refused by '$bad': it does not exist or needs a login; no credentials for '$bad' in 'none' \(HTTP 401\)$" \
		ch-pull --authfile=none "$bad/x:1"
	echo '[{"auth": {"type": "bearer", "user": "alice",
		"password": "wonderland", "anonymous_ok": false}}]' >rules
	fails 1 ".*credentials of '$bad' in 'a.json', which its token server refuses \(HTTP 401\)$" \
		ch-pull -q --authfile=a.json "$bad/x:1"
}

@test "the longest path of an auth file" {
	login_registry
	auth a.json "$at" alice:wrong "$at/layered-gzip" bob:wrong \
		"$at/bare" alice:wonderland
	works ch-pull --authfile=a.json "$at/bare:1"
	fails 1 ".*with the credentials of '$at' in 'a.json'.*" \
		ch-pull --authfile=a.json "$at/odd:1"
}

@test "CH_REGISTRY_AUTH_FILE, REGISTRY_AUTH_FILE, --authfile" {
	login_registry
	auth good.json "$at" alice:wonderland
	auth bad.json "$at" alice:wrong
	REGISTRY_AUTH_FILE=good.json works ch-pull "$at/bare:1"
	REGISTRY_AUTH_FILE=bad.json CH_REGISTRY_AUTH_FILE=good.json \
		works ch-pull "$at/bare:1"
	CH_REGISTRY_AUTH_FILE=bad.json fails 1 ".*in 'bad.json'.*" \
		ch-pull "$at/bare:1"
	CH_REGISTRY_AUTH_FILE=bad.json works ch-pull --authfile=good.json \
		"$at/bare:1"
}

@test "the user name \$oauthtoken is not a variable" {
	faulty '[{"auth": {"type": "basic", "user": "$oauthtoken",
		"password": "k3y"}}]'
	auth a.json "$bad" '$oauthtoken:k3y'
	oauthtoken=no works ch-pull --authfile=a.json "$bad/x:1"
}

@test "auth files: open to others, broken, huge, no file" {
	login_registry
	auth a.json "$at" alice:wonderland
	chmod 666 a.json
	works ch-pull --authfile=a.json "$at/bare:1"
	says "warning: 'a.json' holds credentials, but others can change it"
	printf '{"auths": "hunter2' >a.json
	try ch-pull --authfile=a.json "$at/bare:1"
	same "$status" 1
	says "warning: credentials: .*; going on without"
	lacks hunter2 .err
	head -c 2000000 /dev/zero | tr '\0' ' ' >a.json
	try ch-pull --authfile=a.json "$at/bare:1"
	says "warning: credentials: .*a.json.*; going on without"
	try ch-pull --authfile=. "$at/bare:1"
	says "warning: credentials: '.' is not a regular file; going on without"
}

helper() {
	mkdir -p bin
	printf '#!/bin/sh\n%s\n' "$1" >bin/docker-credential-mine
	chmod 755 bin/docker-credential-mine
	printf '{"credHelpers": {"%s": "mine"}}' "$at" >a.json
	chmod 600 a.json
}

@test "a credential helper: for a host, missing, hanging" {
	login_registry
	helper 'read host; echo "{\"Username\":\"alice\",\"Secret\":\"wonderland\"}"
		echo "$@ $host" >asked'
	PATH=$T/bin:$PATH works ch-pull -vvv --authfile=a.json "$at/bare:1"
	same "$(cat asked)" "get $at"
	lacks wonderland .err
	try ch-pull --authfile=a.json "$at/bare:1"
	same "$status" 1
	says "warning: credentials: can't run 'docker-credential-mine': No such file or directory; going on without"
	helper 'trap "" TERM; sleep 1000 & echo $! >sleeper; wait; sleep 1000'
	PATH=$T/bin:$PATH try ch-pull --timeout=1 --authfile=a.json "$at/bare:1"
	same "$status" 1
	says "warning: credentials: 'docker-credential-mine' has not ended within 1 s; going on without"
	says "error: $at/bare:1: access refused by '$at': .*"
	lacks State:.S "/proc/$(cat sleeper)/status" 2>/dev/null
}

@test "no secret in what -vvv tells, at a host that redirects or is a mirror" {
	faulty '[{"port": 0, "auth": {"type": "basic", "user": "alice",
		"password": "wonderland"}}, {"port": 0, "path": "/blobs/",
		"redirect": 1}]'
	conf <<-END
	[[registry]]
	prefix = "images.example"
	location = "$bad"
	[[registry.mirror]]
	location = "$other/none"
	END
	auth a.json "$bad" alice:wonderland
	works ch-pull -vvv --authfile=a.json images.example/x:1
	lacks -e wonderland -e "$(printf alice:wonderland | base64)" .err
	grep '"port": 1' faulty.log >elsewhere
	lacks -i authorization elsewhere
}
