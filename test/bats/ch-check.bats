#!/usr/bin/env bats
# ch-check.bats - machines that are right, and machines that lack something.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2016 # set by try; for the shell inside
load common

# item STATE NAME REGEX: the last output has that line.
item() {
	grep -Eq "^$1 +$2 +$3" "$T/.out" || {
		echo "wanted:  $1 $2 $3"
		show "(before)"
		return 1
	}
}

# fix COMMAND: and that one among the administrator's.
fix() {
	sed '1,/^An administrator/d' "$T/.out" | grep -Fqx "  $1" || {
		echo "wanted:  $1"
		show "(before)"
		return 1
	}
}

# outside COMMAND...: run in namespaces of its own, where it is root.
outside() {
	try unshare -Urm sh -ec "$@"
}

namespaces() {
	unshare -Urm true 2>/dev/null || skip "no user namespaces here"
}

denied() {
	python3 -B "$TEST_STAGE/bats/deny.py" "$1" ||
		skip "no number of $1 for this machine"
	try python3 -B "$TEST_STAGE/bats/deny.py" "$1" "$2" ch-check
}

@test "where ch-run works, ch-check says so" {
	namespaces
	quiet ch-check
	for name in proc user-namespace mount-namespace id-map mount-tmpfs \
		mount-bind root join shm tmpdir store unpack; do
		item '(ok|limited)' $name
	done
	lacks -Ev '^(ok|limited|no|untried) +[a-z-]+ +[a-z]|^$|^An admin|^  ' \
		"$T/.out"
	lacks "$(printf '\033')" "$T/.out"
}

@test "nothing is left behind, nothing is made" {
	before=$(cat /proc/self/mountinfo)
	mkdir scratch
	TMPDIR=$T/scratch works ch-check
	same "$(cat /proc/self/mountinfo)" "$before"
	same "$(ls -A scratch)" ""
	absent "$CH_STORE"
	same "$(echo *)" scratch
}

@test "no process is left behind" {
	namespaces
	unshare -Urpf --mount-proc true 2>/dev/null || skip "no second /proc here"
	# Alone there but for the shell, which whatever loses its parent falls to
	# and which takes its status: a server may need a moment to end.
	works unshare -Urpf --mount-proc sh -c '
		ch-check >said
		for _ in $(seq 50); do
			set -- /proc/[0-9]*
			[ $# != 1 ] || break
			sleep 0.1
		done
		echo "$*"'
	same "$out" /proc/1
	grep -Eq '^(ok|limited) +root ' said
}

@test "--json: the same, with stable names" {
	try ch-check --json
	same "$err" ""
	cat >read.py <<-'END'
		import json, sys
		d = json.load(sys.stdin)
		assert set(d) == {"good", "version", "kernel", "machine", "items"}
		for i in d["items"]:
		    assert set(i) == {"name", "state", "needed", "what", "for",
		                      "text", "fix"}, i
		    assert i["state"] in ("ok", "limited", "no", "untried")
		    assert i["needed"] == (i["for"] is None)
		    print(i["name"])
		print(0 if d["good"] else 1)
	END
	python3 read.py <"$T/.out" >names
	same "$(tail -1 names)" "$status"
	try ch-check
	same "$(sed '/^$/,$d' "$T/.out" | awk '{ print $2 }')" \
		"$(sed '$d' names)"
}

@test "-q: the status alone" {
	not_sanitized
	namespaces
	quiet ch-check -q
	[ -z "$out" ]
	outside 'mount -t tmpfs none /proc; exec ch-check -q'
	same "$status" 1
	[ -z "$out$err" ]
}

@test "wrong usage" {
	fails 2 ".*'x'; see 'ch-check --help'" ch-check x
	fails 2 ".*'--nonesuch'.*" ch-check --nonesuch
}

@test "F25: user namespaces switched off, or mount namespaces" {
	namespaces
	for kind in user mnt; do
		outside "echo 0 >/proc/sys/user/max_${kind}_namespaces
			exec ch-check"
		same "$status" 1
		fix "sysctl -w user.max_${kind}_namespaces=15000"
	done
	item ok user-namespace
	item no mount-namespace ".*\(user.max_mnt_namespaces is 0\)"
	item untried mount-bind ".*needs 'mount-namespace'"
	item untried fuse ".*needs 'mount-namespace' \(for squashfs"
}

@test "F25: a seccomp filter around us" {
	namespaces
	denied unshare EPERM
	same "$status" 1
	item no user-namespace ".*seccomp filter.*container engines"
	lacks 'An administrator' "$T/.out"
}

# switched NAME VALUE CALL: ch-check with a switch of the kernel that this one may
# not have, where CALL fails as it would then.
switched() {
	python3 -B "$TEST_STAGE/bats/deny.py" "$3" ||
		skip "no number of $3 for this machine"
	outside "
		mount -t tmpfs none /proc/sys/kernel
		mkdir -p '/proc/sys/kernel/$(dirname "$1")'
		echo $2 >/proc/sys/kernel/$1
		exec python3 -B '$TEST_STAGE/bats/deny.py' $3 EPERM ch-check"
}

@test "F25: user namespaces for root only" {
	namespaces
	switched unprivileged_userns_clone 0 unshare
	same "$status" 1
	item no user-namespace ".*\(kernel.unprivileged_userns_clone is 0\)"
	fix "sysctl -w kernel.unprivileged_userns_clone=1"
}

@test "F26: AppArmor lets a namespace be made, but not used" {
	namespaces
	switched apparmor_restrict_unprivileged_userns 1 mount
	same "$status" 1
	item ok user-namespace
	item no mount-tmpfs ".*AppArmor"
	grep -Eq '^  install .*/apparmor /etc/apparmor.d/chassis && apparmor_parser -r /etc/apparmor.d/chassis$' \
		"$T/.out"
	same "$(grep -c apparmor_parser "$T/.out")" 1
}

@test "a kernel where processes may not read each other" {
	namespaces
	switched yama/ptrace_scope 1 process_vm_readv
	same "$status" 0
	item no attach ".*\(kernel.yama.ptrace_scope is not 0\) \(for MPI"
	fix "sysctl -w kernel.yama.ptrace_scope=0"
}

@test "a kernel that lacks calls" {
	namespaces
	denied mount_setattr ENOSYS
	same "$status" 0
	item limited mount-api ".*Linux before 5.12"
	item ok mount-bind
	denied mount_setattr EPERM
	item limited mount-api
	denied seccomp EINVAL
	same "$status" 0
	item no seccomp ".*CONFIG_SECCOMP_FILTER\) \(for --seccomp\)"
	denied process_vm_readv ENOSYS
	same "$status" 0
	item no attach ".*CONFIG_CROSS_MEMORY_ATTACH"
	denied setns EPERM
	item no join ".*Operation not permitted"
}

@test "X13 F22: no /proc" {
	namespaces
	outside 'mount -t tmpfs none /proc; exec ch-check'
	same "$status" 1
	item no proc ".*'/proc' is not mounted here"
	item no id-map ".*'/proc' is not mounted here"
	fix "mount -t proc proc /proc"
	same "$(grep -c 'mount -t proc' "$T/.out")" 1
}

@test "X13: /proc that hides the processes of others" {
	namespaces
	try unshare -Urmpf --mount-proc sh -ec '
		mount -o remount,hidepid=2 /proc
		exec ch-check'
	[ "$status" != 32 ] || skip "no second /proc here"
	same "$status" 0
	item ok proc ".*hidepid"
}

@test "no /dev/fuse, or one that may not be opened" {
	namespaces
	outside '
		mkdir dev dev/shm
		mount -t tmpfs none dev
		mkdir -m 1777 dev/shm
		: >dev/null
		mount --bind /dev/null dev/null
		mount --rbind dev /dev
		exec ch-check'
	same "$status" 0
	item no fuse-device ".*there is no '/dev/fuse'"
	item no fuse ".*there is no '/dev/fuse'.* \(for squashfs and SIF files\)"
	fix "$(grep -qw fuse /proc/filesystems &&
		echo 'mknod -m 666 /dev/fuse c 10 229' ||
		echo 'modprobe fuse')"
	[ -e /dev/fuse ] || return 0
	outside ': >file; chmod 0 file; mount --bind file /dev/fuse
		no=-dac_override,-dac_read_search
		exec setpriv --bounding-set=$no --inh-caps=$no ch-check'
	item no fuse-device ".*not open to ordinary users"
	fix "chmod 666 /dev/fuse"
}

@test "directories that can't be used" {
	namespaces
	TMPDIR=$T/none try ch-check
	same "$status" 0
	item no tmpdir ".*'$T/none': No such file"
	outside 'mount -t tmpfs -o noexec none /mnt
		TMPDIR=/mnt exec ch-check --store=/mnt/store'
	same "$status" 0
	item limited tmpdir ".*'/mnt' is mounted 'noexec'"
	item no store ".*'/mnt' is mounted 'noexec'"
	outside 'mount -t tmpfs -o size=1m none /dev/shm
		mount -t tmpfs -o size=1m none /mnt
		exec ch-check --store=/mnt/store'
	item limited shm ".*little for MPI \(for MPI\)"
	item limited store ".*'/mnt/store'.*little room"
	mkdir -m 777 open
	echo x >file
	try ch-check --store=./open
	item no store ".*'$T/open'"
	try ch-check --store=./file/store
	item no store ".*'$T/file.*Not a directory"
	try ch-check --store-readonly=./none
	same "$status" 0
	item limited store-readonly ".*'$T/none'"
}

@test "a store that is there" {
	python3 -B "$TEST_STAGE/bats/registry/oci.py" l 1 /dev/null ||
		skip "no layout"
	works ch-pull oci:l:1
	quiet ch-check
	item '(ok|limited)' store ".*'$CH_STORE', .* free"
	chmod a-w "$CH_STORE"
	try ch-check
	item no store ".*'$CH_STORE'.*Permission denied"
}

@test "an attempt that takes too long, or crashes" {
	not_sanitized
	namespaces
	needs strace
	slow() {
		strace -f -o /dev/null -e trace=unshare \
			-e "inject=unshare:$1:when=1" "${@:2}"
	}
	slow delay_enter=1ms true || skip "no strace here"
	try slow delay_enter=30s ch-check
	same "$status" 1
	item no user-namespace ".*: the attempt died of signal 14 .*10 s"
	item untried mount-bind
	item ok seccomp
	try slow signal=SEGV ch-check
	same "$status" 1
	item no user-namespace ".*: the attempt died of signal 11"
}

@test "no more processes" {
	not_sanitized
	fails 1 "can't start a process: Resource temporarily unavailable" \
		bash -c 'ulimit -u 0; exec ch-check'
}

@test "what can't be printed is an error" {
	[ -e /dev/full ] || skip "no /dev/full"
	try sh -c 'ch-check >/dev/full'
	same "$status" 1
	says '^ch-check: error: .*No space left on device'
}
