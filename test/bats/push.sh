#!/bin/bash
# push.sh STAGE OUT - OUT/images, OCI layouts, and OUT/registry, what a registry
# has stored of them.
# SPDX-License-Identifier: Apache-2.0
#
# Called by fixtures.sh, as an ordinary user.
set -eu
stage=$1 out=$2
# shellcheck source=test/bats/registry/registry.sh
. "$stage/bats/registry/registry.sh"

# shellcheck disable=SC2317 # called by the trap
stop() {
	[ -z "${registry_pid:-}" ] || registry_stop
}

# The base image's tar, and the one for the other architecture if there is one.
base_tars() {
	local arch other=aarch64 name=$stage/shared/alpine-minirootfs
	arch=$(uname -m)
	[ "$arch" != aarch64 ] || other=x86_64
	if compgen -G "$name-*-$arch.tar.gz" >/dev/null; then
		echo "$name"-*-"$arch.tar.gz" "$name"-*-$other.tar.gz
		return
	fi
	echo "# no ../shared/images here: alpine is made of busybox" >&2
	sh "$stage/bats/registry/rootfs.sh" rootfs.tar
	echo rootfs.tar
}

push_all() {
	local how name
	registry_push "$1/alpine:3.16" library/alpine:3.16
	for how in gzip zstd plain; do
		registry_push "$1/layered-$how:1" "layered:$how" \
			--preserve-digests
	done
	registry_push "$1/layered-gzip:1" layered:docker --format v2s2
	for name in big odd rich bare; do
		registry_push "$1/$name:1" $name:1
	done
}

trap stop EXIT
mkdir "$out"
read -ra base <<<"$(base_tars)"
python3 -B "$stage/bats/registry/images.py" "$out/images" "${base[@]}"
registry_start "$PWD/$out/registry"
push_all "$out/images"
