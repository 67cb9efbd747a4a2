#!/bin/sh
# help.sh - what every tool says about itself, and where.
# SPDX-License-Identifier: Apache-2.0
set -eu
# shellcheck source=test/checks/lib.sh
. "${srcdir:?}/test/checks/lib.sh"
cd "$builddir"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# run TOOL ARG...: output to $tmp/out and $tmp/err, status to $status.
run() {
	tool=$1 status=0
	shift
	"./$tool" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null || status=$?
}

wide() {
	LC_ALL=C.UTF-8 awk 'length($0) > 80 { print NR ": " $0 }' "$1"
}

help() {
	run "$1" --help
	[ $status = 0 ] || echo "$1 --help: status $status"
	[ ! -s "$tmp/err" ] || echo "$1 --help: something on stderr"
	head -1 "$tmp/out" | grep -q "^Usage: $1 " ||
		echo "$1 --help does not begin with 'Usage: $1 '"
	wide "$tmp/out"
}

version() {
	run "$1" --version
	[ $status = 0 ] && [ ! -s "$tmp/err" ] && [ "$(wc -l <"$tmp/out")" = 1 ] ||
		echo "$1 --version: not one line on stdout with status 0"
}

# One line on stderr, nothing on stdout, the tool's name in front.
mistake() {
	t=$1
	shift
	run "$t" "$@"
	[ ! -s "$tmp/out" ] || echo "$t $*: something on stdout"
	[ $status != 0 ] || echo "$t $*: status 0"
	[ "$(wc -l <"$tmp/err")" = 1 ] || echo "$t $*: not one line on stderr"
	grep -q "^$t: error: .*see '$t --help'" "$tmp/err" ||
		echo "$t $*: $(cat "$tmp/err")"
}

# Options are those lines of --help that begin with one.
documented() {
	run "$1" --help
	page=doc/$1.1
	[ -e "$page" ] || page=$srcdir/doc/$1.1
	[ -e "$page" ] || {
		echo "no $page"
		return
	}
	sed 's/\\-/-/g; s/\\f.//g' "$page" >"$tmp/page"
	sed -n 's/^ .*\(--[a-z[][a-z[-]*[]a-z-]*\).*/\1/p' "$tmp/out" |
		sed 's/\[no-\]//' | grep -E '^--[a-z-]+$' |
		while read -r option; do
			grep -q -e "$option" "$tmp/page" ||
				echo "$option is not in $page"
		done
}

full() {
	[ -e /dev/full ] || return 0
	status=0
	"./$1" --help >/dev/full 2>"$tmp/err" || status=$?
	[ $status != 0 ] || echo "$1 --help does not notice a full disk"
}

for t in $tools; do
	result "$t --help: stdout, 80 columns" "$(help "$t")"
	result "$t --version: one line on stdout" "$(version "$t")"
	result "$t: errors on stderr, one line" "$(
		if [ "$t" != ch-check ]; then # which needs no more
			mistake "$t"
		fi
		mistake "$t" --no-such-option
		mistake "$t" --help=klingon
	)"
	result "$t: every option is in the manual page" "$(documented "$t")"
	result "$t --help says when it can't be written" "$(full "$t")"
done
finish
