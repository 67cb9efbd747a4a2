#!/bin/sh
# run.sh SUITE.bats - run one bats suite as an ordinary user; prints TAP.
# SPDX-License-Identifier: Apache-2.0
#
# A line "# needs registry" in the suite wants the registry of fixtures.sh, filled
# and running; "# needs hostile" the images of registry/hostile.py; "# needs
# fuse" a device that ordinary users may open, as udev's own rule has it.
set -eu
: "${srcdir:?}" "${builddir:?}" "${fixtures:?}"
suite=$(basename "$1")
# shellcheck source=test/bats/stage.sh
. "$srcdir/test/bats/stage.sh"
lacks=$(stage_lacks)
if [ -n "$lacks" ]; then
	# shellcheck disable=SC2086 # words
	echo "1..0 # SKIP not here:" $lacks "(./bootstrap deps)"
	exit 0
fi
stage_make
mkdir "$stage/bin"
for t in ${tools:-ch-pull ch-convert ch-image ch-run ch-check}; do
	cp "$builddir/$t" "$stage/bin/"
done
# what a static ch-run hands over to, if it is one
[ ! -e "$builddir/ch-run-full" ] || cp "$builddir/ch-run-full" "$stage/bin/"
cp -R "$fixtures/images" "$stage/tmp/"
if grep -qx '# needs registry' "$stage/bats/$suite"; then
	cp -R "$fixtures/registry" "$stage/tmp/"
fi
if grep -qx '# needs fuse' "$stage/bats/$suite" && [ "$(id -u)" = 0 ]; then
	[ -e /dev/fuse ] || mknod /dev/fuse c 10 229 || :
	chmod 0666 /dev/fuse || :
fi
stage_run ${TEST_FILTER:+TEST_FILTER="$TEST_FILTER"} \
	bash "$stage/bats/suite.sh" "$stage" "$suite"
