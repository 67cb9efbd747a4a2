#!/bin/bash
# suite.sh STAGE SUITE.bats - images and registry up, bats, registry down.
# SPDX-License-Identifier: Apache-2.0
#
# Called by run.sh, as an ordinary user. $TEST_FILTER is a regular expression
# for those tests that shall run.
set -eu
stage=$1 suite=$2
tmp=$stage/tmp
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
	sh "$stage/bats/registry/rootfs.sh" "$tmp/rootfs.tar"
	echo "$tmp/rootfs.tar"
}

push_all() {
	registry_push "$1/alpine:3.16" library/alpine:3.16
	for how in gzip zstd plain; do
		registry_push "$1/layered-$how:1" "layered:$how" \
			--preserve-digests
	done
	registry_push "$1/layered-gzip:1" layered:docker --format v2s2
	for name in big odd rich bare; do
		registry_push "$1/$name:1" $name:1
	done
	for name in climb sym diff-id platform; do
		[ ! -e "$1/bad-$name" ] ||
			registry_push "$1/bad-$name:1" bad:$name
	done
}

trap stop EXIT
mkdir -p "$tmp/canary" "$tmp/home"
echo untouched >"$tmp/canary/file"
read -ra base <<<"$(base_tars)"
python3 -B "$stage/bats/registry/images.py" "$tmp/images" "$tmp/canary" \
	"${base[@]}"
registry_start "$tmp/registry"
push_all "$tmp/images"

# Half a second before each first new try would be most of a suite's time.
printf '[pull]\nretry-pause = 20\n' >"$tmp/test.conf"
export TEST_STAGE=$stage TEST_IMAGES=$tmp/images TEST_CANARY=$tmp/canary
export TEST_REGISTRY=127.0.0.1:$registry_port TEST_REGISTRY_LOG=$registry_log
export PATH=$stage/bin:$PATH CH_CONFIG=$tmp/test.conf
# Nothing of this machine or user decides where we ask, and as whom.
export CH_REGISTRIES_CONF=/dev/null
unset XDG_CONFIG_HOME XDG_RUNTIME_DIR DOCKER_CONFIG
export CH_REGISTRY=$TEST_REGISTRY
status=0
bats --tap ${TEST_FILTER:+-f "$TEST_FILTER"} "$stage/bats/$suite" || status=$?
exit $status
