# registry.sh - to be sourced: a real registry on a free loopback port.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# shellcheck disable=SC2034 # registry_port is for who sources this
#
# docker-registry (the reference implementation of the distribution
# specification) with its storage in a directory of ours. Port 0: the kernel
# picks one, the log tells which, nobody can take it in between.

# registry_start DIR: sets registry_pid and registry_port.
registry_start() {
	mkdir -p "$1/data"
	cat >"$1/registry.yml" <<-END
	version: 0.1
	log: {level: info, accesslog: {disabled: false}}
	storage:
	  filesystem: {rootdirectory: $1/data}
	  delete: {enabled: true}
	http: {addr: "127.0.0.1:0"}
	END
	registry_log=$1/log
	registry_program=$(command -v docker-registry || command -v registry)
	"$registry_program" serve "$1/registry.yml" >"$1/log" 2>&1 </dev/null &
	registry_pid=$!
	registry_port=
	n=0
	while [ $n -lt 100 ] && kill -0 $registry_pid 2>/dev/null; do
		registry_port=$(sed -n \
			's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' \
			"$1/log" 2>/dev/null | head -1)
		[ -z "$registry_port" ] || return 0
		sleep 0.1
		n=$((n + 1))
	done
	echo "the registry does not start:" >&2
	cat "$1/log" >&2
	return 1
}

registry_stop() {
	kill "$registry_pid" 2>/dev/null || :
	wait "$registry_pid" 2>/dev/null || :
	registry_pid=
}

# registry_push LAYOUT:TAG NAME [OPTION...]: by skopeo, so that what we pull was
# written by someone else.
registry_push() {
	from=$1 to=$2
	shift 2
	skopeo --insecure-policy copy -q --all --dest-tls-verify=false "$@" \
		"oci:$from" "docker://127.0.0.1:$registry_port/$to"
}
