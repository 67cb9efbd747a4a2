#!/usr/bin/env bats
# tls.bats - ch-pull over TLS and through proxies: hosts with other names.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # status, out, err, tls, auth: set by the helpers
# shellcheck disable=SC2030,SC2031 # each test is a shell of its own
#
# A test's name begins with the rows of the catalogue of hostile registries
# that it proves. A loopback address has privileges (plain HTTP, token servers
# without TLS), so the registry is reg.test here, which registry/proxy.py leads
# to registry/faulty.py: https to its third port, http to its first.
load faulty

# certificate NAME SAN [DAYS]: NAME.key and NAME.crt, signed by the test's CA.
certificate() {
	local key=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
	[ -e ca.crt ] || openssl req -x509 "${key[@]}" -keyout ca.key \
		-out ca.crt -days 2 -subj "/CN=Test CA" 2>/dev/null || return
	openssl req "${key[@]}" -keyout "$1.key" -out "$1.csr" \
		-subj "/CN=$1" 2>/dev/null &&
		openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key \
			-set_serial 7 -out "$1.crt" -days "${3:-2}" \
			-extfile <(echo "subjectAltName=$2") 2>/dev/null
}

# site [CERTIFICATE [OPTION...]]: the registry behind a proxy.
site() {
	local cert=${1:-good}
	[ $# = 0 ] || shift
	needs openssl
	[ -e good.crt ] || certificate good \
		IP:127.0.0.1,DNS:reg.test,DNS:cdn.test || return
	faulty bare '[]' --tls "$cert.crt" "$cert.key" "$@" || return
	through_proxy
	export SSL_CERT_FILE=$T/ca.crt
}

# through_proxy [OPTION...]
through_proxy() {
	: >proxy.log
	serve proxy.port python3 -B "$TEST_STAGE/bats/registry/proxy.py" \
		--log "$T/proxy.log" --tls "${tls#*:}" --plain "${bad#*:}" \
		"$@" || return
	proxy=127.0.0.1:$(cat proxy.port)
	export https_proxy=http://$proxy http_proxy=http://$proxy
}

# denied REGEX [OPTION...]: in both ways, with nothing left.
denied() {
	local regex=$1
	shift
	rm -rf img none "$CH_STORE"
	fails 1 "reg\.test/x:1: $regex$" \
		ch-pull -q --no-store "$@" reg.test/x:1 ./img || return
	fails 1 "reg\.test/x:1: $regex$" ch-pull -q "$@" reg.test/x:1 || return
	absent img || return
	same "$(store_names)" "" || return
	store_is_sound
}

allowed() {
	rm -rf img
	works ch-pull -q --no-store "$@" reg.test/x:1 ./img || return
	[ -e img/only ]
}

@test "H45: a certificate that is good" {
	site
	quiet ch-pull -q reg.test/x:1
	allowed
}

@test "H45: a certificate of nobody known, expired, for another host" {
	local no="can't verify the certificate of 'reg\.test'" do="; use --tls-verify=no to do without"
	site
	openssl req -x509 -newkey rsa:2048 -nodes -keyout self.key \
		-out self.crt -days 2 -subj /CN=reg.test \
		-addext subjectAltName=DNS:reg.test 2>/dev/null
	SSL_CERT_FILE=$T/self.crt denied \
		"$no: unable to get (local )?issuer certificate$do"
	allowed --tls-verify=no
	certificate wrong DNS:other.test
	site wrong
	denied "$no: SSL: no alternative certificate subject name matches target host name 'reg\.test'$do"
	allowed --tls-verify=no
	certificate expired DNS:reg.test -1
	site expired
	denied "$no: certificate has expired$do"
	allowed --tls-verify=no
	site self
	denied "$no: self.signed certificate$do"
	allowed --tls-verify=no
	SSL_CERT_FILE=$T/self.crt allowed
	SSL_CERT_FILE=$T/none denied \
		"no TLS with 'reg\.test': error setting certificate file: $T/none"
}

@test "H45: protocols that are too old" {
	for version in 1.0 1.1; do
		site good --tls-max $version
		# the words are OpenSSL's
		denied "no TLS with 'reg\.test': .*(protocol version|unsupported protocol)"
		unset http_proxy # or --tls-verify=no would do without TLS
		denied "no TLS with 'reg\.test': .*(protocol version|unsupported protocol)" \
			--tls-verify=no
	done
}

@test "H45: plain HTTP where TLS should be" {
	site
	serve proxy.port python3 -B "$TEST_STAGE/bats/registry/proxy.py" \
		--tls "${bad#*:}" --plain "${bad#*:}"
	export "https_proxy=http://127.0.0.1:$(cat proxy.port)"
	denied "'reg\.test' speaks plain HTTP, not TLS; use --tls-verify=no to allow plain HTTP"
}

@test "H14: from https to plain http" {
	site
	secret basic reg.test
	for kind in manifest config layer; do
		where=''
		[ $kind != config ] || where="configuration: blob $HEX: "
		[ $kind != layer ] || where="layer 1 of 1: "
		for verify in yes no; do
			rules "[{\"port\": 2, \"what\": \"$kind\",
				\"redirect\": \"http://cdn.test/x?sig=wonderland\"},
				{\"port\": 2, $auth}]"
			denied "$where'reg\.test' redirects from https to plain http at 'cdn\.test'" \
				--authfile=auth.json --tls-verify=$verify
		done
	done
	told_nobody "$T/.err"
	same "$(grep -c '"port": 0' faulty.log)" 0
	lacks cdn.test proxy.log
}

@test "H13: from one https host to another: no credentials" {
	site
	for type in basic bearer; do
		secret $type reg.test
		for kind in manifest config layer; do
			digest=$(there $kind)
			rules "[{\"port\": 2, \"path\": \"/v2/x/\",
				${auth%\}}, \"realm\": \"https://reg.test/token\"}},
				{\"port\": 2, \"path\": \"/v2/x/\",
				\"what\": \"$kind\",
				\"redirect\": \"https://cdn.test/v2/y/$digest\"}]"
			: >faulty.log
			allowed -vvv --authfile=auth.json
			grep '/v2/y/' faulty.log >elsewhere
			lacks -i authorization elsewhere
			lacks "${secrets[@]}" elsewhere
			told_nobody img "$T/.err"
		done
	done
}

# there KIND: its path in the image bare.
there() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
print({"manifest": "manifests/1", "config": "blobs/" + d["config"]["digest"],
	"layer": "blobs/" + d["layers"][0]["digest"]}[sys.argv[2]])' \
		"$(grep -l '"schemaVersion"' "$TEST_IMAGES"/bare/blobs/*/*)" "$1"
}

@test "H16: a token server on another host: over https, never over http" {
	site
	secret bearer reg.test
	rules "[{\"path\": \"/v2/\", ${auth%\}},
		\"realm\": \"https://auth.test/token\"}}]"
	denied "token server: can't verify the certificate of 'auth\.test': SSL: no alternative certificate subject name matches target host name 'auth\.test'; use --tls-verify=no to do without" \
		--authfile=auth.json
	same "$(asked /token)" 0
	rules "[{\"path\": \"/v2/\", ${auth%\}},
		\"realm\": \"https://cdn.test/token\"}}]"
	allowed -vvv --authfile=auth.json
	told_nobody img "$T/.err"
	for realm in cdn.test reg.test; do
		rules "[{\"path\": \"/v2/\", ${auth%\}},
			\"realm\": \"http://$realm/token\"}}]"
		: >faulty.log
		denied "the token server '$realm' of 'reg\.test' is not https" \
			--authfile=auth.json
		same "$(asked /token)" 0
	done
}

@test "H17: a token server on this machine or on the link" {
	site
	secret bearer reg.test
	while IFS=' ' read -r realm shown; do
		rules "[{\"path\": \"/v2/\", ${auth%\}}, \"realm\": \"$realm\"}}]"
		fails 1 "reg\.test/x:1: 'reg\.test' names a local address as its token server: '$shown'$" \
			ch-pull -q --authfile=auth.json reg.test/x:1 ./img
	done <<-'END'
	http://127.0.0.1:22/ 127\.0\.0\.1:22
	https://127.0.0.1/ 127\.0\.0\.1
	https://localhost/t localhost
	https://LOCALHOST:443/t LOCALHOST:443
	https://127.1/ 127\.1
	https://0x7f.1/ 0x7f\.1
	https://2130706433/ 2130706433
	https://0.0.0.0/ 0\.0\.0\.0
	https://169.254.169.254/latest 169\.254\.169\.254
	https://[::1]/ \[::1\]
	https://[::]/ \[::\]
	https://[fe80::1]/ \[fe80::1\]
	https://[::ffff:127.0.0.1]/ \[::ffff:127\.0\.0\.1\]
	END
	rules "[{\"path\": \"/v2/\", ${auth%\}}, \"realm\": \"file:///etc/passwd\"}}]"
	denied "'reg\.test' names a token server that is not an https URL: 'file:///etc/passwd'" \
		--authfile=auth.json
	same "$(asked /token)" 0
}

@test "H20: no login over plain HTTP" {
	site
	secret basic reg.test
	export https_proxy=http://127.0.0.1:1 # so there is no TLS
	rules "[{$auth}]"
	denied "'reg\.test' asks for a login, but credentials are not sent over plain HTTP" \
		--tls-verify=no --authfile=auth.json
	secret bearer reg.test
	rules "[{\"path\": \"/v2/\", ${auth%\}},
		\"realm\": \"http://reg.test/token\"}}]"
	denied "access refused by 'reg\.test' with the credentials of 'reg\.test' in 'auth\.json', which its token server refuses \(HTTP 401\)" \
		--tls-verify=no --authfile=auth.json
	try ch-pull --tls-verify=no --authfile=auth.json reg.test/x:1
	says "^ch-pull: warning: credentials are not sent over plain HTTP to the token server 'reg\.test'; the credentials of 'reg\.test' in 'auth\.json' are left aside$"
	lacks "${secrets[@]}" -i -e authorization faulty.log
	told_nobody "$T/.err"
	# and without --tls-verify=no there is no plain HTTP at all
	: >faulty.log
	denied "can't reach 'reg\.test': Failed to connect to 127\.0\.0\.1 port 1 after [0-9]+ ms: .*" \
		--authfile=auth.json
	same "$(cat faulty.log)" ""
}

@test "H46: a proxy that wants a login, and where that goes" {
	site
	secret basic reg.test
	rules "[{$auth}]"
	through_proxy --user proxy:hunter2
	denied "the proxy to 'reg\.test' wants another login, or one at all \(HTTP 407\); https_proxy=http://USER:PASSWORD@HOST:PORT gives it" \
		--authfile=auth.json
	https_proxy=http://proxy:hunter3@$proxy denied \
		"the proxy to 'reg\.test' wants another login, or one at all \(HTTP 407\); https_proxy=http://USER:PASSWORD@HOST:PORT gives it" \
		--authfile=auth.json
	lacks -e hunter "$T/.err"
	same "$(cat faulty.log)" ""
	https_proxy=http://proxy:hunter2@$proxy allowed -vvv \
		--authfile=auth.json
	https_proxy=http://proxy:hunter2@$proxy works \
		ch-pull -vvv --authfile=auth.json reg.test/x:1
	# The proxy's login is the proxy's, the registry's the registry's.
	lacks "${secrets[@]:0:4}" proxy.log
	lacks -i -e proxy- -e hunter2 -e "$(printf proxy:hunter2 | base64)" \
		faulty.log
	secrets+=(-e hunter2 -e "$(printf proxy:hunter2 | base64)")
	told_nobody img "$T/.err"
	http_proxy=http://proxy:hunter2@$proxy https_proxy=http://127.0.0.1:1 \
		denied "'reg\.test' asks for a login, but credentials are not sent over plain HTTP" \
		--tls-verify=no --authfile=auth.json
	lacks "${secrets[@]:0:4}" proxy.log
	http_proxy=http://$proxy https_proxy=http://127.0.0.1:1 \
		denied "the proxy to 'reg\.test' wants another login, or one at all \(HTTP 407\); http_proxy=http://USER:PASSWORD@HOST:PORT gives it" \
		--tls-verify=no
}

@test "H46: a proxy that does not lead there" {
	site
	through_proxy --tls 0
	denied "the proxy to 'reg\.test' does not lead there \(HTTP 502\)"
}

@test "H46: variables for proxies that are junk" {
	site
	while IFS='|' read -r value regex; do
		https_proxy=$value fails 1 \
			"reg\.test/x:1: can't reach 'reg\.test': $regex$" \
			ch-pull -q reg.test/x:1
		lacks hunter2 "$T/.err"
	done <<-'END'
	no-such-host.invalid|Could not resolve proxy: no-such-host\.invalid
	junk://h.x|Unsupported proxy scheme for 'junk://h\.x'
	http://127.0.0.1:1|Failed to connect to 127\.0\.0\.1 port 1 after [0-9]+ ms: .*
	::::|Unsupported proxy syntax in '::::'
	http://127.0.0.1:99999|Unsupported proxy syntax in 'http://127\.0\.0\.1:99999'
	foo://user:hunter2@h:1|no connection
	http://user:hunter2@[::1|.*proxy.*
	END
	store_is_sound
	same "$(store_names)" ""
}

@test "H46: no_proxy, and this machine, are asked directly" {
	site
	for no in reg.test .test '*' a,reg.test,b; do
		no_proxy=$no fails 1 \
			"reg\.test/x:1: can't find host 'reg\.test'$" \
			ch-pull -q reg.test/x:1
	done
	same "$(cat proxy.log)" ""
	no_proxy=eg.test,reg.tes,test.reg.test allowed
	: >proxy.log
	works ch-pull -q "$bad/x:1"
	works ch-pull -q "$tls/y:1"
	same "$(cat proxy.log)" ""
}
