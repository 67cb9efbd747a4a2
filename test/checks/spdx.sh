#!/bin/sh
# spdx.sh - each file says under which licence it is, and what it is.
# SPDX-License-Identifier: Apache-2.0
set -eu
# shellcheck source=test/checks/lib.sh
. "${srcdir:?}/test/checks/lib.sh"
cd "$srcdir"

# What people write: by name, since a tarball has generated files too.
sources() {
	find src bin test doc -type f ! -path 'test/data/*' \( \
		-name '*.[ch]' -o -name '*.sh' -o -name '*.bash' \
		-o -name '*.bats' -o -name '*.py' -o -name '*.mk' \
		-o -name '*.in' -o -name '*.md' \)
	for f in bootstrap configure.ac Makefile.am README .ci/run \
		test/bench/bench; do
		[ ! -e "$f" ] || echo "$f"
	done
}

# One awk for all files: three processes for each of them took a minute.
# shellcheck disable=SC2016 # for awk
result "an SPDX line near the top of each file" "$(sources | xargs awk '
	FNR == 1 { check(); name = FILENAME; said = 0 }
	FNR <= 12 && /SPDX-License-Identifier: Apache-2\.0/ { said = 1 }
	END { check() }
	function check() { if (name != "" && !said) print name }')"
# shellcheck disable=SC2016 # for awk
result "C files begin with a comment that names them" "$(sources |
	grep '\.[ch]$' | xargs awk '
	FNR == 1 {
		base = FILENAME
		sub(/.*\//, "", base)
		if (index($0, "/* " base " - ") != 1)
			print FILENAME
	}')"
# shellcheck disable=SC2016 # for awk
result "lines of C have at most 80 columns" "$(find src bin -name '*.[ch]' |
	sort | LC_ALL=C.UTF-8 xargs awk '
	FNR == 1 { table = 0 }
	/clang-format off/ { table = 1 }
	/clang-format on/ { table = 0 }
	!table && columns($0) > 80 { print FILENAME ":" FNR }
	function columns(s,   n, i) {
		n = 0
		while ((i = index(s, "\t")) > 0) {
			n += i - 1
			n += 8 - n % 8
			s = substr(s, i + 1)
		}
		return n + length(s)
	}')"
finish
