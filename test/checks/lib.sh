# lib.sh - to be sourced by the checks: TAP in three functions.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# The environment is that of make check: $srcdir, $builddir, the names of the
# tools in $tools and of our archives in $archives.
: "${srcdir:?}" "${builddir:?}" "${tools:?}" "${archives:?}"
n=0 bad=0

# result WHAT TEXT: good if TEXT, the list of offences, is empty.
result() {
	n=$((n + 1))
	if [ -z "$2" ]; then
		echo "ok $n - $1"
		return
	fi
	bad=$((bad + 1))
	echo "not ok $n - $1"
	echo "$2" | sed 's/^/#   /'
}

# needs PROGRAM...: without it the check is skipped as a whole.
needs() {
	for p in "$@"; do
		command -v "$p" >/dev/null && continue
		echo "1..0 # SKIP $p is not here"
		exit 0
	done
}

finish() {
	echo "1..$n"
	[ $bad = 0 ]
}
