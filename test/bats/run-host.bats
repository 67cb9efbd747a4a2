#!/usr/bin/env bats
# run-host.bats - ch-run on hosts that are odd, hostile or lack something.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2016 # set by try; for the shell inside
load common

# One image for all tests of the file, which nobody writes to.
extra_setup() {
	img=$TEST_STAGE/tmp/host-img
	[ -d "$img" ] || ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" "$img"
	export img
}

# outside SCRIPT: in namespaces of its own, where we are root and may mount.
outside() {
	unshare -Urm sh -ec "$1"
}

namespaces() {
	unshare -Urm true 2>/dev/null || skip "no user namespaces to play host"
}

# deny CALL ERRNO COMMAND...
deny() {
	python3 -B "$TEST_STAGE/bats/deny.py" "$@"
}

can_deny() {
	local call
	for call; do
		deny "$call" || skip "no number of $call for this machine"
	done
}

# --- who runs it, and what it may do

@test "X2: with more privilege than its user's it does nothing" {
	namespaces
	needs setcap
	cp "$(command -v ch-run)" ./ch-run
	unshare -Ur setcap cap_net_raw+ep ./ch-run 2>/dev/null ||
		skip "no file capabilities here"
	try unshare -Ur unshare -U --map-user=1000 --map-group=1000 \
		./ch-run "$img" -- true
	same "$status" 125
	says "^ch-run: error: ch-run needs no privilege and refuses"
}

@test "X1 X3: groups stay as they are, those that deny, too" {
	groups=$(grep Groups /proc/self/status)
	works ch-run "$img" -- grep Groups /proc/self/status
	same "$out" "$groups"
	works ch-run "$img" -- cat /proc/self/setgroups
	same "$out" deny
}

@test "F24: a user whom nobody knows" {
	unshare -U --map-user=54321 --map-group=54322 true 2>/dev/null ||
		skip "no user namespaces to play host"
	stranger() {
		try unshare -U --map-user=54321 --map-group=54322 "$@"
	}
	stranger ch-run "$img" -- id -u
	same "$status$out" 054321
	stranger env -u HOME -u USER ch-run "$img" -- sh -c 'id -g; pwd; id -un'
	same "$status" 0
	same "$(head -1 "$T/.out")" 54322
}

# --- mounts of the host

@test "X11: no mount gets out, and the host's come and go inside" {
	namespaces
	mkdir shared
	export SOON
	# shared there, as everything is on a host that systemd has set up
	try outside '
		mount -t tmpfs none shared
		mount --make-shared shared
		mkdir shared/sub
		before=$(cat /proc/self/mountinfo)
		eval "$SOON"
		ch-run --bind=./shared:/mnt "$img" -- sh -ec "
			$SOON
			: >/mnt/up
			soon test -e /mnt/sub/there
			: >/mnt/seen
			soon test ! -e /mnt/sub/there
			: >/mnt/gone" &
		soon test -e shared/up
		mount -t tmpfs none shared/sub
		: >shared/sub/there
		soon test -e shared/seen
		umount shared/sub
		wait $!
		[ -e shared/gone ]
		[ "$(cat /proc/self/mountinfo)" = "$before" ]'
	same "$status$err" 0
}

@test "X41: an image on a mount that forbids to execute: which one" {
	namespaces
	mkdir disk
	for how in "" --no-overlay; do
		fails 126 ".*'/bin/true': it is on '$T/disk', which is mounted 'noexec'" \
			outside "
			mount -t tmpfs -o noexec none disk
			cp -R '$img' disk/img
			exec ch-run $how ./disk/img -- /bin/true"
	done
	fails 126 ".*'/data/true': it is on '/data', which is mounted 'noexec'" \
		outside '
		mount -t tmpfs -o noexec none disk
		printf "#!/bin/sh\n" >disk/true
		chmod 755 disk/true
		exec ch-run --bind=./disk:/data "$img" -- /data/true'
}

@test "X41: an image on a mount without set-user-ID is no worse for it" {
	namespaces
	mkdir disk
	works outside '
		mount -t tmpfs -o nosuid,nodev none disk
		cp -R "$img" disk/img
		exec ch-run ./disk/img -- cat /etc/os-release'
	same "$out" "$(cat "$img/etc/os-release")"
}

@test "X13 F22: no /proc" {
	not_sanitized
	namespaces
	fails 125 ".*: '/proc' is not mounted here.*: mount -t proc proc /proc" \
		outside 'mount -t tmpfs none /proc; exec ch-run "$img" -- true'
}

@test "X13: a /proc that hides processes, one that is masked" {
	namespaces
	try unshare -Urmpf --mount-proc sh -ec '
		mount -o remount,hidepid=2 /proc
		exec ch-run "$img" -- sh -c "echo \$\$; cat /proc/self/comm"'
	[ "$status" != 32 ] || skip "no second /proc here"
	same "$status" 0
	same "$out" "$(printf '1\ncat')"
	works outside '
		mount -t tmpfs -o ro none /proc/irq
		mount --bind /dev/null /proc/timer_list
		mount --bind -o ro /proc/sys /proc/sys
		exec ch-run "$img" -- cat /proc/timer_list /proc/self/comm'
	same "$out" cat
}

@test "F22: no /dev/null, no /dev/shm, no /dev at all" {
	namespaces
	empty='mkdir -p dev; mount -t tmpfs none dev; mount --rbind dev /dev'
	quiet outside "$empty"'; exec ch-run "$img" -- ls /dev'
	fails 125 "can't open '/dev/null': No such file or directory" \
		outside "$empty"'; exec ch-run "$img" -- true <&-'
}

# --- what the caller gives

@test "F20: closed descriptors are not taken by files of ours" {
	export T
	for closed in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
		works sh -c "exec ch-run '$img' -- sh -c \
			'for n in 0 1 2; do readlink /proc/\$\$/fd/\$n; done \
				>\"\$T/fds\"' $closed"
		lacks -Ev '^/dev/null$|^/.*/\.(out|err.all)$|^/.*/fds$' fds
		same "$(wc -l <fds)" 3
	done
}

@test "F21: output that can't be written" {
	[ -e /dev/full ] || skip "no /dev/full"
	try sh -c 'ch-run --dry-run "$img" >/dev/full'
	same "$status" 125
	says '^ch-run: error: .*No space left on device'
	try bash -c 'set -o pipefail; ch-run --dry-run "$img" | true'
	case $status in 0 | 125 | 141) ;; *) show; false ;; esac
}

@test "F23: HOME and TMPDIR that are missing, unusable, nonsense" {
	for home in "" /no/such relative "$T/file" "$(printf 'a\nb')" /root; do
		echo x >file
		HOME=$home quiet ch-run "$img" -- true
		TMPDIR=$home quiet ch-run "$img" -- true
	done
	quiet env -u HOME -u TMPDIR -u USER -u LOGNAME ch-run "$img" -- true
	mkdir -m 0 locked
	HOME=$T/locked TMPDIR=$T/locked quiet ch-run "$img" -- true
}

@test "F15-F18: few descriptors, little stack and memory, no new processes" {
	not_sanitized
	quiet bash -c 'ulimit -n 32; exec ch-run "$img" -- true'
	try bash -c 'ulimit -n 4; exec ch-run "$img" -- true'
	case $status in 0 | 125 | 127) ;; *) show; false ;; esac
	[ "$(wc -l <"$T/.err")" -le 1 ]
	quiet bash -c 'ulimit -s 256; exec ch-run "$img" -- true'
	quiet bash -c 'ulimit -v 262144; exec ch-run "$img" -- true'
	# files of ours have limits, too
	try bash -c 'ulimit -f 0; exec ch-run "$img" -- true'
	same "$status" $((128 + $(kill -l XFSZ)))
	# it needs none
	quiet bash -c 'ulimit -u 0; exec ch-run "$img" -- true'
}

# --- what the host forbids

@test "F25: namespaces switched off: which switch" {
	namespaces
	for kind in user mnt; do
		fails 125 ".*user namespace.*\(user\.max_${kind}_namespaces is 0\).*: sysctl -w user\.max_${kind}_namespaces=15000" \
			outside "
			echo 0 >/proc/sys/user/max_${kind}_namespaces
			exec ch-run '$img' -- true"
	done
	can_deny unshare
	fails 125 ".*user namespace: they are switched off for ordinary users.*: sysctl -w kernel.unprivileged_userns_clone=1" \
		outside "
		mount -t tmpfs none /proc/sys/kernel
		echo 0 >/proc/sys/kernel/unprivileged_userns_clone
		exec python3 -B '$TEST_STAGE/bats/deny.py' unshare EPERM \
			ch-run '$img' -- true"
}

@test "F25: a container around us" {
	can_deny unshare
	fails 125 ".*user namespace: a seccomp filter forbids it.*" \
		deny unshare EPERM ch-run "$img" -- true
	fails 125 ".*user namespace: this kernel was built without.*CONFIG_USER_NS.*" \
		deny unshare EINVAL ch-run "$img" -- true
	fails 125 ".*user namespace: too many.*user.max_user_namespaces.*" \
		deny unshare ENOSPC ch-run "$img" -- true
}

@test "F25: a chroot" {
	namespaces
	works outside '
		mkdir -p root/proc root/img root/lib root/lib64 root/usr root/bin
		for d in proc lib lib64 usr bin; do
			[ ! -d /$d ] || mount --rbind /$d root/$d
		done
		mount --bind "$img" root/img
		mount --bind "$(dirname "$(command -v ch-run)")" root/bin
		env -u CH_CONFIG chroot root /bin/ch-run --no-default=all /img -- true || echo "status $?"'
	same "$out" "status 125"
	says "user namespace: the kernel allows none inside a chroot"
}

@test "F26: AppArmor lets a namespace be made, but not used" {
	namespaces
	can_deny open_tree mount_setattr
	fails 125 ".*AppArmor.*kernel.apparmor_restrict_unprivileged_userns.*apparmor_parser -r /etc/apparmor.d/chassis" \
		outside "
		mount -t tmpfs none /proc/sys/kernel
		echo 1 >/proc/sys/kernel/apparmor_restrict_unprivileged_userns
		exec python3 -B '$TEST_STAGE/bats/deny.py' open_tree EPERM \
			ch-run '$img' -- true"
	fails 125 ".*Operation not permitted; a security module.*" \
		deny open_tree EPERM ch-run "$img" -- true
}

# --- many, and none to the end

@test "X36: a thousand starts at once, and the store is only read" {
	works ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" store:alpine:3.16
	works ch-convert alpine:3.16
	quiet ch-run alpine:3.16 -- true
	before=$(find "$CH_STORE" -printf '%p %i %T@ %C@\n' | sort)
	# fifty at a time: what they share is the same
	for _ in $(seq 20); do
		pids=()
		for _ in $(seq 50); do
			ch-run alpine:3.16 -- echo started >>log 2>>errors &
			pids+=($!)
		done
		for pid in "${pids[@]}"; do
			wait "$pid" || echo "status $?" >>errors
		done
	done
	same "$(cat errors)" ""
	same "$(grep -cx started log)" 1000
	same "$(find "$CH_STORE" -printf '%p %i %T@ %C@\n' | sort)" "$before"
}

@test "killed at any moment: nothing is left" {
	mkdir scratch data
	before=$(cat /proc/self/mountinfo)
	for delay in 0 0 0 0.001 0.001 0.002 0.002 0.003 0.004 0.006; do
		TMPDIR=$T/scratch ch-run --bind=./data:/new/place "$img" -- \
			sleep 60 3>&- &
		[ $delay = 0 ] || sleep $delay
		kill -KILL $!
		wait $! || :
	done
	same "$(cat /proc/self/mountinfo)" "$before"
	same "$(ls -A scratch data)" "$(printf 'data:\n\nscratch:')"
}

# --- the program itself

@test "X23: from inside there is no way to the program that started it" {
	works ch-run "$img" -- readlink /proc/self/exe
	same "$out" /bin/busybox
	# a script keeps the process and the image's shell is its program
	works ch-run "$img" -- sh -c '
		readlink /proc/$$/exe
		for f in /proc/$$/fd/*; do readlink $f || :; done'
	lacks ch-run "$T/.out"
	works ch-run "$img" -- sh -c 'grep ch-run /proc/self/maps || :'
	same "$out" ""
}

@test "options: unknown ones, with the nearest; no image" {
	fails 125 "unknown option '--bindd'; did you mean '--bind'\?.*" \
		ch-run --bindd=x "$img"
	fails 125 "which image\? IMAGE is missing; see 'ch-run --help'" ch-run
	fails 125 ".*'--bind=x' after IMAGE: options come before.*" \
		ch-run "$img" --bind=x -- true
}
