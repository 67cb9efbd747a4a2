#!/bin/sh
# exits.sh - libraries return errors; nobody ends the process, but these.
# SPDX-License-Identifier: Apache-2.0
#
# mem.c aborts when memory is gone; proc.c and detach.c end a child that they
# forked; intr.c and tool.c end the process on behalf of main.
set -eu
# shellcheck source=test/checks/lib.sh
. "${srcdir:?}/test/checks/lib.sh"
needs nm
cd "$builddir"

callers() {
	# shellcheck disable=SC2086 # names without blanks
	nm -A -u $archives | awk '
	$NF ~ /^(exit|_exit|_Exit|quick_exit|abort|v?errx?|err|error)(@.*)?$/ {
		split($1, part, ":")
		object = part[2]
		sub(/^[a-z_]*-/, "", object)
		allowed = (object == "mem.o" && $NF ~ /^abort/) ||
			(object ~ /^(detach|proc|intr|tool)\.o$/)
		if (!allowed)
			print $1, $NF
	}'
}

# Standard streams: stdout is for main and log.c, stderr for log.c and tool.c.
printers() {
	cd "$srcdir"
	grep -Hn '\(^\|[^a-z_]\)\(printf\|puts\|putchar\|perror\) *(' \
		src/*/*.c | grep -v '^src/base/\(tool\|optprint\)\.c' || :
	grep -Hn '\(^\|[^a-z_]\)\(v\?dprintf *(\|write *( *[012] *,\|STD[A-Z]*_FILENO\)' \
		src/*/*.c | grep -v '^src/base/\(tool\|log\|mem\|proc\|intr\)\.c' || :
	grep -Hn '[(,] *stdout *[,)]' src/*/*.c |
		grep -v '^src/base/\(tool\|log\)\.c\|^src/run/run\.c' || :
	grep -Hn '[^/]stderr' src/*/*.c |
		grep -v '^src/base/\(tool\|log\|mem\)\.c' || :
}

result "no exit, abort or err() outside of the files allowed" "$(callers)"
result "no printing outside of main and the log" "$(printers)"
finish
