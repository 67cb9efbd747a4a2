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

result "an SPDX line near the top of each file" "$(sources |
	while read -r f; do
		head -12 "$f" | grep -q 'SPDX-License-Identifier: Apache-2\.0' ||
			echo "$f"
	done)"
result "C files begin with a comment that names them" "$(sources |
	grep '\.[ch]$' | while read -r f; do
		head -1 "$f" | grep -q "^/\* $(basename "$f") - " || echo "$f"
	done)"
result "lines of C have at most 80 columns" "$(find src bin -name '*.[ch]' |
	sort | while read -r f; do
		expand "$f" | LC_ALL=C.UTF-8 awk -v f="$f" '
		/clang-format off/ { table = 1 }
		/clang-format on/ { table = 0 }
		!table && length($0) > 80 { print f ":" NR }'
	done)"
finish
