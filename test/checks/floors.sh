#!/bin/sh
# floors.sh - includes point down, and each library has one home.
# SPDX-License-Identifier: Apache-2.0
#
# A folder's rank is its floor. An include goes to a lower floor, or to the same
# folder without making a loop; folders on one floor do not see each other.
set -eu
# shellcheck source=test/checks/lib.sh
. "${srcdir:?}/test/checks/lib.sh"
cd "$srcdir"
rank='base 0 format 1 registry 2 layer 2 squash 2 spank 2 image 3 run 4
	modules 4 build 5 bin 6'

# Who includes whom: "base/str base/err", without suffixes, so that a file and
# its header are one.
pairs() {
	grep -Ho '^#[[:space:]]*include "[^"]*"' src/*/*.[ch] bin/*.[ch] \
		2>/dev/null |
		sed 's|^src/||; s|\.[ch]:.*"\(.*\)"| \1|; s|\.h$||' |
		sort -u | grep -v ' config$' | awk '$1 != $2'
}

upward() {
	pairs | awk -v rank="$rank" '
	BEGIN {
		n = split(rank, r)
		for (i = 1; i < n; i += 2)
			floor[r[i]] = r[i + 1]
	}
	{
		split($1, from, "/")
		split($2, to, "/")
		if (!(from[1] in floor))
			print from[1] ": a folder without a floor"
		else if (index($2, "/") && !(to[1] in floor))
			print $1 " includes " $2 ": a folder without a floor"
		else if (from[1] != to[1] && floor[from[1]] <= floor[to[1]])
			print $1 " includes " $2 ": not below it"
	}' | sort -u
}

loops() {
	pairs | awk '{ split($1, a, "/"); split($2, b, "/") }
		a[1] == b[1]' | tsort 2>&1 >/dev/null | grep -v ': input contains'
}

# homes PATTERN FILE...: headers that match are included only there.
homes() {
	pattern=$1
	shift
	grep -Hn "^#[[:space:]]*include <\($pattern\)" src/*/*.[ch] bin/*.[ch] |
		while IFS= read -r line; do
			for home in "$@"; do
				case $line in "$home"*) continue 2 ;; esac
			done
			echo "$line"
		done
}

same_names() {
	find src -name '*.[ch]' | sed 's|.*/||; s|\.[ch]$||' | sort |
		uniq -c | awk '$1 > 2 { print $2 }'
}

result "includes point down" "$(upward)"
result "no include loops inside a folder" "$(loops || :)"
result "includes of ours name the folder" "$(pairs | awk '$2 !~ "/"')"
result "system headers are not ours" "$(grep -Hn \
	'^#[[:space:]]*include <\(base\|format\|registry\|layer\|squash\|image\|run\)/' \
	src/*/*.[ch] bin/*.[ch] || :)"
result "libcurl is at home in registry/" "$(homes 'curl/' src/registry/)"
result "archives and codecs are at home in layer/" "$(homes \
	'archive\(_entry\)\?\.h\|zlib\.h\|zstd\|isa-l\|igzip' src/layer/ \
	src/squash/sqcodec.c)"
result "libsquashfs is at home in layer/" "$(homes 'sqfs/' src/layer/)"
result "jansson is at home in format/" "$(homes 'jansson' src/format/)"
result "libcrypto is at home in base/hash.c" "$(homes 'openssl/' \
	src/base/hash.c)"
result "base names are unique" "$(same_names)"
finish
