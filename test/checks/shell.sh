#!/bin/sh
# shell.sh - shellcheck has nothing to say about our scripts, mandoc nothing
# about the manual pages.
# SPDX-License-Identifier: Apache-2.0
set -eu
# shellcheck source=test/checks/lib.sh
. "${srcdir:?}/test/checks/lib.sh"
cd "$srcdir"

scripts() {
	for f in bootstrap .ci/run test/*.sh test/*/*.sh test/*/*/*.sh \
		test/bats/*.bats test/bats/*.bash test/bench/bench; do
		[ ! -e "$f" ] || echo "$f"
	done
}

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2 is not here"
}

if command -v shellcheck >/dev/null; then
	# shellcheck disable=SC2046 # names without blanks
	result "shellcheck" "$(shellcheck -x $(scripts) 2>&1 || :)"
else
	skip shellcheck shellcheck
fi
for page in "$builddir"/doc/*.1 "$srcdir"/doc/*.1; do
	[ -e "$page" ] || continue
	name=$(basename "$page")
	case " ${seen:-} " in *" $name "*) continue ;; esac
	seen="${seen:-} $name"
	if command -v mandoc >/dev/null; then
		result "mandoc: $name" "$(mandoc -T lint -W warning "$page" || :)"
	else
		skip "mandoc: $name" mandoc
	fi
done
finish
