#!/bin/sh
# state.sh - our archives have no writable state, bar the log and the signal
# flag.
# SPDX-License-Identifier: Apache-2.0
#
# .data.rel.ro does not count: tables of pointers that the loader fills in once
# and then makes read-only.
set -eu
# shellcheck source=test/checks/lib.sh
. "${srcdir:?}/test/checks/lib.sh"
needs objdump
cd "$builddir"

# objdump -t: value, flags, section, a tab, size, name; in front of each
# object's table a line with its name.
writable() {
	# shellcheck disable=SC2086 # names without blanks
	objdump -t $archives | awk -F'\t' '
	/file format/ {
		object = $1
		sub(/:.*/, "", object)
		sub(/^[a-z_]*-/, "", object)
	}
	NF == 2 {
		n = split($1, left, " ")
		split($2, right, " ")
		section = left[n]
		if (section !~ /^(\.data|\.bss|\.tdata|\.tbss|\*COM\*)/ ||
		    section ~ /^\.data\.rel\.ro/ || right[1] ~ /^0*$/)
			next
		if (object != "log.o" && object != "intr.o")
			print object ": " right[2] " in " section
	}'
}

result "no writable file-scope variables" "$(writable)"
finish
