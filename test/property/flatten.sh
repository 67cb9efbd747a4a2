#!/bin/sh
# flatten.sh - random layer stacks through ch-convert, beside an oracle; TAP.
# SPDX-License-Identifier: Apache-2.0
#
# What can be set is said in flatten.py. As an ordinary user, in memory if
# /dev/shm is there: each stack is a few files that nobody will miss.
set -eu
: "${srcdir:?}" "${builddir:?}"
command -v python3 >/dev/null || {
	echo "1..0 # SKIP python3 is not here (./bootstrap deps)"
	exit 0
}
# shellcheck source=test/user.sh
. "$srcdir/test/user.sh"
user=$(user_name chassis-test)
memory=/dev/shm
[ -w $memory ] || memory=${TMPDIR:-/tmp}
stage=$(mktemp -d "$memory/chassis-property.XXXXXX")
trap 'chmod -R u+rwX "$stage"; rm -rf "$stage"' EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
umask 022
mkdir "$stage/bin" "$stage/tmp"
cp "$builddir/ch-convert" "$stage/bin/"
cp "$srcdir"/test/property/*.py "$srcdir/test/bats/layertar.py" "$stage/bin/"
chmod -R u+w,a+rX "$stage"
user_own "$user" "$stage/tmp"
cd "$stage/tmp"
status=0
user_run "$user" env TMPDIR="$stage/tmp" PROP_STACKS="${PROP_STACKS:-}" \
	PROP_SEED="${PROP_SEED:-}" PROP_ONLY="${PROP_ONLY:-}" \
	PROP_KINDS="${PROP_KINDS:-}" PROP_JOBS="${PROP_JOBS:-}" \
	PROP_EACH="${PROP_EACH:-}" \
	python3 -B "$stage/bin/flatten.py" "$stage/bin/ch-convert" || status=$?
left=$(find "$stage/tmp" -mindepth 1 | head -3)
[ -z "$left" ] || {
	echo "Bail out! left behind: $left"
	exit 1
}
exit $status
