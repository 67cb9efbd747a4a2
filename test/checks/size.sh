#!/bin/sh
# size.sh - no function over 80 lines, no file over 500.
# SPDX-License-Identifier: Apache-2.0
set -eu
# shellcheck source=test/checks/lib.sh
. "${srcdir:?}/test/checks/lib.sh"
needs ctags
cd "$srcdir"

ctags --version 2>/dev/null | grep -q Universal || needs universal-ctags

functions() {
	ctags -x --_xformat='%F:%n %N %{end}' --kinds-C=f --languages=C -R \
		src bin test/unit | awk '{
		split($1, place, ":")
		lines = $3 - place[2] + 1
		if (lines > 80)
			print place[1] ": " $2 " has " lines " lines"
	}'
}

files() {
	find src bin test doc \( -name '*.[ch]' -o -name '*.sh' \
		-o -name '*.py' -o -name '*.bash' \) -exec wc -l {} + |
		awk '$2 != "total" && $1 > 500 { print $2 ": " $1 " lines" }'
}

result "no function over 80 lines" "$(functions)"
result "no file over 500 lines" "$(files)"
finish
