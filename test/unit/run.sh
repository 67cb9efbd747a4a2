#!/bin/sh
# run.sh PROGRAM [ARG...] - run a unit test as an ordinary user.
# SPDX-License-Identifier: Apache-2.0
#
# For root, the program and its data are copied to where the other user can
# read them: the build may be in a private directory.
set -eu
: "${srcdir:?}"
if [ "$(id -u)" != 0 ]; then
	TEST_DATA=$srcdir/test/data exec "$@"
fi
# shellcheck source=test/user.sh
. "$srcdir/test/user.sh"
user=$(user_name chassis-test)
stage=$(mktemp -d "${TMPDIR:-/tmp}/chassis-unit.XXXXXX")
trap 'rm -rf "$stage"' EXIT
trap 'exit 1' HUP INT TERM
program=$stage/$(basename "$1")
cp "$1" "$program"
cp -R "$srcdir/test/data" "$stage/data"
mkdir "$stage/tmp"
user_own "$user" "$stage/tmp"
chmod -R a+rX "$stage"
shift
cd "$stage/tmp"
user_run "$user" env TEST_DATA="$stage/data" TMPDIR="$stage/tmp" \
	${ASAN_OPTIONS:+ASAN_OPTIONS="$ASAN_OPTIONS"} "$program" "$@"
left=$(find "$stage/tmp" -mindepth 1 | head -3)
if [ -n "$left" ]; then
	echo "# left behind: $left"
	echo "Bail out! $(basename "$program") left something behind"
	exit 1
fi
