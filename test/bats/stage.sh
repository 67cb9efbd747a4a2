# stage.sh - to be sourced: a directory of its own for a suite, or for the images
# of all, with everything that it needs.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
#
# So it does not matter whether the user who runs it can read the build and the
# source, and nothing is left behind.
# shellcheck source=test/user.sh
. "${srcdir:?}/test/user.sh"

# The programs without which there are no images, if one is not here.
stage_lacks() {
	for need in bats python3 skopeo; do
		command -v $need >/dev/null || echo $need
	done
	command -v docker-registry >/dev/null ||
		command -v registry >/dev/null || echo docker-registry
}

stage_remove() {
	chmod -R u+rwX "$stage" 2>/dev/null || :
	rm -rf "$stage"
}

# Sets stage and user, an ordinary one, who may write to $stage/tmp. The
# directory goes when the shell ends.
stage_make() {
	user=$(user_name chassis-test)
	stage=$(mktemp -d "${TMPDIR:-/tmp}/chassis-test.XXXXXX")
	trap stage_remove EXIT
	trap 'exit 130' INT
	trap 'exit 143' HUP TERM
	umask 022
	mkdir "$stage/shared" "$stage/tmp"
	cp -R "$srcdir/test/bats" "$stage/bats"
	cp "$srcdir/test/user.sh" "$stage/"
	: "${TEST_SHARED:=$srcdir/../shared}"
	cp "$TEST_SHARED"/images/alpine-minirootfs-*.tar.gz "$stage/shared/" \
		2>/dev/null || :
	cp -R "$TEST_SHARED"/images/busybox-oci "$stage/shared/" \
		2>/dev/null || :
	cp "$TEST_SHARED"/images/busybox-amd64.sif "$stage/shared/" \
		2>/dev/null || :
	chmod -R u+w,a+rX "$stage"
}

# stage_run COMMAND...: as that user, in $stage/tmp.
stage_run() {
	user_own "$user" "$stage/tmp"
	cd "$stage/tmp" || return
	user_run "$user" env TMPDIR="$stage/tmp" "$@"
}
