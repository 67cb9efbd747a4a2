#!/bin/sh
# run.sh SUITE.bats - run one bats suite as an ordinary user; prints TAP.
# SPDX-License-Identifier: Apache-2.0
#
# Everything the suite needs is copied to a directory of its own first: the
# tools, the suite, the images. So it does not matter whether the test user can
# read the build and the source, and nothing is left behind.
set -eu
: "${srcdir:?}" "${builddir:?}"
suite=$(basename "$1")
for need in bats python3 skopeo; do
	command -v $need >/dev/null || {
		echo "1..0 # SKIP $need is not here (./bootstrap deps)"
		exit 0
	}
done
command -v docker-registry >/dev/null || command -v registry >/dev/null || {
	echo "1..0 # SKIP docker-registry is not here (./bootstrap deps)"
	exit 0
}
# shellcheck source=test/user.sh
. "$srcdir/test/user.sh"
user=$(user_name chassis-test)
stage=$(mktemp -d "${TMPDIR:-/tmp}/chassis-test.XXXXXX")
remove() {
	chmod -R u+rwX "$stage" 2>/dev/null || :
	rm -rf "$stage"
}
trap remove EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM
umask 022
mkdir "$stage/bin" "$stage/shared" "$stage/tmp"
for t in ${tools:-ch-pull ch-convert ch-image ch-run}; do
	cp "$builddir/$t" "$stage/bin/"
done
cp -R "$srcdir/test/bats" "$stage/bats"
cp "$srcdir/test/user.sh" "$stage/"
: "${TEST_SHARED:=$srcdir/../shared}"
cp "$TEST_SHARED"/images/alpine-minirootfs-*.tar.gz "$stage/shared/" \
	2>/dev/null || :
cp -R "$TEST_SHARED"/images/busybox-oci "$stage/shared/" 2>/dev/null || :
cp "$TEST_SHARED"/images/busybox-amd64.sif "$stage/shared/" 2>/dev/null || :
chmod -R u+w,a+rX "$stage"
user_own "$user" "$stage/tmp"
cd "$stage/tmp"
user_run "$user" env TMPDIR="$stage/tmp" ${TEST_FILTER:+TEST_FILTER="$TEST_FILTER"} \
	bash "$stage/bats/suite.sh" "$stage" "$suite"
