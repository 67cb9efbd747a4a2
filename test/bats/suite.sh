#!/bin/bash
# suite.sh STAGE SUITE.bats - what the suite needs, bats, registry down.
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

needs() {
	grep -qx "# needs $1" "$stage/bats/$suite"
}

trap stop EXIT
mkdir -p "$tmp/canary" "$tmp/home"
echo untouched >"$tmp/canary/file"
registry_port=1 registry_log=/dev/null # nobody is there
if needs registry; then
	registry_start "$tmp/registry"
fi
if needs hostile; then
	python3 -B "$stage/bats/registry/hostile.py" "$tmp/images" "$tmp/canary"
fi
if needs registry && needs hostile; then
	for name in climb diff-id platform; do
		registry_push "$tmp/images/bad-$name:1" bad:$name
	done
fi

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
