#!/bin/sh
# harden.sh - the tools are built with what the compiler offers against bugs.
# SPDX-License-Identifier: Apache-2.0
set -eu
# shellcheck source=test/checks/lib.sh
. "${srcdir:?}/test/checks/lib.sh"
needs readelf nm
cd "$builddir"

# offence TOOL WORD COMMAND...: says so if WORD (an extended regular expression)
# is not in what the command prints.
offence() {
	tool=$1 word=$2
	shift 2
	"$@" "$tool" 2>/dev/null | grep -Eq "$word" || echo "$tool: no $word"
}

each() {
	for t in $tools; do
		offence "$t" "$@"
	done
}

# A stack that is not executable has no E in its flags.
stacks() {
	for t in $tools; do
		readelf -lW "$t" | awk -v t="$t" '
		$1 == "GNU_STACK" && $7 ~ /E/ { print t ": " $0 }'
	done
}

# In our own objects: a static program always has libc's.
guards() {
	for a in lib*.a; do
		nm "$a" 2>/dev/null | grep -q ' U __stack_chk_fail' ||
			echo "$a: no stack protector"
	done
}

result "position independent (PIE)" "$(each 'Type:.*DYN' readelf -h)"
result "read-only relocations (RELRO)" "$(each GNU_RELRO readelf -lW)"
result "bound at start" "$(each 'BIND_NOW|FLAGS.*NOW' readelf -d)"
result "stack protector" "$(guards)"
result "no executable stack" "$(stacks)"
finish
