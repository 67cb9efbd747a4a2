#!/usr/bin/env bats
# names.bats - image references, as people and their scripts write them.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # status, out, err, bad, made: set by the helpers
#
# A test's name begins with the rows of the catalogue of references that it
# proves. No request may be made for what is refused.
load faulty

D=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
NO_DIGEST="reference: what follows '@' is no digest \(sha256:\.\.\. or sha512:\.\.\.\); a user name or password can't be part of a reference"
HELP="; see 'ch-pull --help'"

# wrong REGEX REFERENCE...: each of them is wrong usage, with this behind
# "reference 'REFERENCE': ", if it begins with a colon, or whole.
wrong() {
	local regex=$1 ref shown
	shift
	for ref; do
		# shellcheck disable=SC2001 # a set of characters
		shown=$(sed 's/[][\.*^$+?(){}|]/\\&/g' <<<"$ref")
		[ "${regex#:}" = "$regex" ] && shown= ||
			shown="reference '$shown'"
		fails 2 "$shown$regex$HELP$" ch-pull -q -- "$ref" || return
		fails 2 "$shown$regex$HELP$" ch-pull -q -- "$ref" ./img ||
			return
	done
	absent img "$CH_STORE"
}

@test "R1: nothing, or nothing but blanks" {
	wrong "reference: is empty" '' ' ' '   ' "$(printf '\t')"
	fails 2 "which image\? REF is missing$HELP$" ch-pull
}

@test "R2: what would climb as a path" {
	wrong ": is a path, not a reference" ../../x ./a .. . ../../etc/passwd
	wrong ": '\.\.' in the repository name must start and end with a letter or digit" \
		a/../b a/.. h.x/../b
	wrong ": '\.' in the repository name must start and end with a letter or digit" \
		a/./b
	wrong ": a tag can't start with '\.'" x:..
	wrong ": port '\.\.' is not a number from 1 to 65535" x:../y
}

@test "R3: slashes at an end, or two of them" {
	wrong ": is a path, not a reference" /a / //a
	wrong ": the repository name has an empty part" a/ a//b h.x/ h.x//a
}

@test "R4: upper case in a repository's name" {
	wrong ": upper case 'A' is not allowed in a repository name" \
		Alpine h.x/a/bA
}

@test "R5: a tag of 128 characters, of 129" {
	faulty bare '[]'
	tag=$(printf '%0128d' 0)
	works ch-pull -q "$bad/x:$tag"
	same "$(store_names)" "$bad/x:$tag"
	rm -rf "$CH_STORE"
	fails 2 "reference 'x:0{98}\.\.\.': the tag has 129 characters, more than 128$HELP$" \
		ch-pull "x:0$tag"
	absent "$CH_STORE"
}

@test "R6: a tag that starts with a dot or dash, or is empty" {
	wrong ": a tag can't start with '\.'" alpine:.1
	wrong ": a tag can't start with '-'" alpine:-1
	wrong ": the tag is empty" alpine: h.x:1/a:
}

@test "R7: a name of 255 characters with its host, of 256" {
	faulty bare '[]'
	name=$bad/$(printf "%0$((254 - ${#bad}))d" 0)
	works ch-pull -q "$name:1" ./img
	works ch-pull -q "$name:1"
	same "$(store_names)" "$name:1"
	fails 2 "reference '.{100}\.\.\.': the name has 256 characters with its host, more than 255$HELP$" \
		ch-pull "${name}0:1"
}

@test "R8: a digest of another length, in upper case, of other letters" {
	wrong ": digest 'sha256:${D%?}': expected 64 hexadecimal digits, found 63" \
		"alpine@sha256:${D%?}"
	wrong ": digest 'sha256:${D}0': expected 64 hexadecimal digits, found 65" \
		"alpine:3@sha256:${D}0"
	fails 2 "reference 'x@sha256:${D%?}F': digest 'sha256:${D%?}F': upper case 'F' is not allowed$HELP$" \
		ch-pull "x@sha256:${D%?}F"
	fails 2 "reference 'x@sha256:${D%?}g': digest 'sha256:${D%?}g': 'g' is not a hexadecimal digit$HELP$" \
		ch-pull "x@sha256:${D%?}g"
	wrong ": digest 'sha256:': expected 64 hexadecimal digits, found 0" x@sha256:
	absent "$CH_STORE"
}

@test "R9 R10: a tag and a digest: the digest decides, the tag is a label" {
	shape moved
	rules '[{"path": "/manifests/[^s]", "status": 404}]' # no tag is asked for
	works ch-pull -q --no-store "$bad/x:1@$made" ./img # tag 1 is another image
	[ -e img/only/new ]
	works ch-pull -q "$bad/x:nonsense@$made"
	same "$(store_names)" "$bad/x:nonsense@$made"
	store_is_sound
	same "$(asked '/manifests/[^s]')" 0
}

@test "R11: an algorithm that is not known" {
	wrong "$NO_DIGEST" "x@md5:${D%????????????????????????????????}" \
		"x@SHA256:$D" "x@sha384:$D$D" x@ "x@$D"
}

@test "R12: ports that are none" {
	wrong ": port '0' is not a number from 1 to 65535" h.x:0/a
	wrong ": port '65536' is not a number from 1 to 65535" h.x:65536/a
	wrong ": port 'abc' is not a number from 1 to 65535" h.x:abc/a
	wrong ": port '-1' is not a number from 1 to 65535" h.x:-1/a
	wrong ": port '' is not a number from 1 to 65535" h.x:/a '[::1]:/a'
	wrong ": more than one ':' in the host \(an IPv6 address is written in brackets\)" \
		h.x:1:2/a h:port:x/a
}

@test "R13: IPv6 hosts" {
	wrong ": 'fe80::1%eth0' is not an IPv6 address" '[fe80::1%eth0]:5000/a'
	wrong ": 'fe80::1%25eth0' is not an IPv6 address" '[fe80::1%25eth0]/a'
	wrong ": ']' is missing in the host" '[::1/a'
	wrong ": expected ':' and a port behind ']'" '[::1]x/a'
	wrong ": the host name is empty" ::1/a
	wrong ": '1\.2\.3\.4' is not an IPv6 address" '[1.2.3.4]/a'
	grep -q '^0*1 ' /proc/net/if_inet6 || skip "this machine has no ::1"
	faulty bare '[]' --bind ::1
	port=${bad##*:}
	works ch-pull -q "[::1]:$port/x:1" ./img
	works ch-pull -q "[0:0:0:0:0:0:0:1]:$port/x:1"
	same "$(store_names)" "[::1]:$port/x:1"
}

@test "R14: a password in a reference is refused and not repeated" {
	wrong "$NO_DIGEST" user:hunter2@h.x/y user:hunter2@localhost:5000/y \
		docker://user:hunter2@h.x/y "user:hunter2@h.x/y@sha256:$D"
	ch-pull -vvv user:hunter2@h.x/y 2>err || :
	[ -s err ]
	lacks hunter2 err
}

@test "R15: what a URL would read in another way" {
	for c in % '?' '#' ';' '$' '*' '&' '=' ','; do
		shown="[$c]"
		wrong ": '$shown' is not allowed in a repository name" "a${c}2fb"
		wrong ": '$shown' is not allowed in a host name" "h.x${c}2f/b"
		wrong ": '$shown' is not allowed in a tag" "a:1${c}2fb"
	done
	# shellcheck disable=SC1003 # a backslash
	fails 2 "reference 'a\\\\b': '\\\\' is not allowed in a repository name$HELP$" \
		ch-pull 'a\b'
	wrong ": a scheme \('://'\) is not allowed" https://h.x/y \
		docker://docker://x file:///etc/passwd
}

@test "R16: controls, marks and letters that only look right" {
	while IFS=' ' read -r text shown first; do
		fails 2 "reference '$shown': '$first' is not allowed in a repository name$HELP$" \
			ch-pull "$(printf '%b_' "$text" | sed 's/_$//')"
	done <<-'END'
	a\0033[31mb a\\x1b\[31mb \\x1b
	a\0012b a\\x0ab \\x0a
	a\0015b a\\x0db \\x0d
	a\0177 a\\x7f \\x7f
	a\0342\0200\0256b a\\xe2\\x80\\xaeb \\xe2
	\0320\0260lpine \\xd0\\xb0lpine \\xd0
	END
	fails 2 "reference 'a:1\\\\x0ab': '\\\\x0a' is not allowed in a tag$HELP$" \
		ch-pull "$(printf 'a:1\nb')"
	absent "$CH_STORE"
}

@test "R17: different references are different entries" {
	faulty bare '[]'
	refs=()
	for name in a/b a__b a--b a-b a_b a.b ab a/b/c a/b__c; do
		refs+=("$bad/$name:1")
	done
	refs+=("$bad/ab:1_c" "$bad/ab:1-c" "$bad/ab:1.c" "$bad/ab_1:1")
	for ref in "${refs[@]}"; do
		works ch-pull -q "$ref"
	done
	same "$(store_names | sort)" "$(printf '%s\n' "${refs[@]}" | sort)"
	store_is_sound
	# and one reference that is written in two ways is one
	works ch-pull -q "docker://$bad/ab:1"
	same "$(store_names | wc -l)" ${#refs[@]}
}

@test "R18: what looks like an option" {
	fails 2 "unknown option '-x'$HELP$" ch-pull -x
	fails 2 "unknown option '--frobnicate'$HELP$" ch-pull --frobnicate
	works ch-pull --help
	[ -n "$out" ]
	wrong ": '-x' in the repository name must start and end with a letter or digit" -x
	wrong ": '--help' in the repository name must start and end with a letter or digit" --help
}

@test "R19: a directory of the same name does not matter" {
	faulty bare '[]'
	mkdir -p x alpine "$bad/x:1"
	works ch-pull -q --registry="$bad" x:1
	same "$(store_names)" docker.io/library/x:1
	works ch-pull -q "$bad/x:1"
	same "$(find x alpine "$bad" -mindepth 1 | wc -l)" 1
	works ch-pull -q --registry="$bad" x:1 ./img
	rm -rf img "$CH_STORE"
	wrong ": is a path, not a reference" ./alpine "$T/alpine"
}

@test "R20: a reference without end" {
	# One argument may have 128 KiB (execve(2)).
	for n in 601 100000 131000; do
		fails 2 "reference: has $n characters, more than 600$HELP$" \
			ch-pull "$(printf "%0${n}d" 0)"
	done
	absent "$CH_STORE"
}

@test "R21: a host in other case or with a dot is the same registry" {
	faulty bare '[{"auth": {"type": "basic", "user": "alice",
		"password": "wonderland"}}]'
	port=${bad#*:}
	login alice:wonderland "localhost:$port"
	for host in localhost LocalHost LOCALHOST localhost. LocalHost.; do
		works ch-pull -q --authfile=auth.json "$host:$port/x:1"
	done
	same "$(store_names)" "localhost:$port/x:1"
	login alice:wonderland "LOCALHOST.:$port"
	works ch-pull -q --authfile=auth.json "localhost:$port/y:1" ./img
	works ch-pull -q --authfile=auth.json \
		--registry="LocalHost.:$port" y:1 ./img2
}
