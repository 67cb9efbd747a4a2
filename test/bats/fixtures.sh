#!/bin/sh
# fixtures.sh DIR - the images of the suites, and a registry's storage with the
# same images pushed: made once, copied for each suite.
# SPDX-License-Identifier: Apache-2.0
#
# DIR/made is the last thing to be there. Without the programs that it takes
# nothing is made; run.sh says so.
set -eu
out=$1
# shellcheck source=test/bats/stage.sh
. "${srcdir:?}/test/bats/stage.sh"
[ -z "$(stage_lacks)" ] || exit 0
stage_make
stage_run bash "$stage/bats/push.sh" "$stage" fixtures
rm -rf "$out"
mkdir -p "$out/registry"
cp -R "$stage/tmp/fixtures/images" "$out/"
cp -R "$stage/tmp/fixtures/registry/data" "$out/registry/"
: >"$out/made"
