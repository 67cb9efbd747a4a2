#!/usr/bin/env bats
# run-privilege.bats - a program in a container gets no more than the user has.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2016 # set by try; for the shell inside
load common

# The image has /inside (inside.c); nothing of the host but what is asked for,
# so that the canary is out of reach.
extra_setup() {
	needs cc unshare
	img=$TEST_STAGE/tmp/privilege-img
	if [ ! -d "$img" ]; then
		ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" ./new
		cc -static -o ./new/inside "$TEST_STAGE/bats/inside.c" ||
			skip "no static programs can be made here"
		mv ./new "$img"
	fi
}

# Without what would change the answers of both.
bare=(ch-run "--no-default=home,cwd")

@test "X17: what takes a privilege fails as it does outside" {
	"$img/inside" attempts >outside
	# nobody else has a number inside
	sed -i 's/^another user: EPERM/another user: EINVAL/' outside
	lacks ': ok$' <(grep -v '^privileged port' outside)
	quiet "${bare[@]}" "$img" -- /inside attempts
	same "$out" "$(cat outside)"
	# of the image, too, which the user may write to
	quiet "${bare[@]}" --write "$img" -- /inside attempts
	same "$out" "$(cat outside)"
}

@test "X17: user 0 inside has what unshare(1) gives anybody" {
	unshare -Urm "$img/inside" attempts >outside
	quiet "${bare[@]}" --uid=0 --gid=0 "$img" -- /inside attempts
	same "$out" "$(cat outside)"
	for name in 'mknod of a character device' 'mknod of a block device' \
		reboot "kill of another's process" \
		"ptrace of another's process" 'the clock' groups; do
		grep -qx "$name: EPERM" "$T/.out"
	done
}

@test "X1: setgroups is denied for good" {
	works ch-run --uid=0 --gid=0 "$img" -- cat /proc/self/setgroups
	same "$out" deny
	try ch-run --uid=0 --gid=0 "$img" -- \
		sh -c 'echo allow >/proc/self/setgroups'
	[ "$status" != 0 ]
	works ch-run "$img" -- /inside attempts
	grep -qx 'groups: EPERM' "$T/.out"
}

@test "X16: no way out by chroot, fchdir, umount or pivot_root" {
	for how in chroot double fchdir umount pivot unshare; do
		works ch-run --no-default=tmp,home,cwd "$img" -- \
			/inside escape $how "$TEST_CANARY"
		same "$(tail -1 "$T/.out")" in
		for more in '' --no-overlay --write --no-default=all; do
			works ch-run --no-default=tmp,home,cwd $more --uid=0 \
				--gid=0 "$img" -- \
				/inside escape $how "$TEST_CANARY"
			same "$(tail -1 "$T/.out")" in
		done
	done
	# that it was really tried
	works ch-run --uid=0 --gid=0 "$img" -- /inside escape fchdir /nonexistent
	same "$out" $'fchdir: ok\nin'
	# and that reaching it is seen
	works ch-run --bind="$TEST_CANARY" "$img" -- \
		/inside escape chroot "$TEST_CANARY"
	same "$(tail -1 "$T/.out")" out
}

@test "remounting the image writable takes a capability" {
	try ch-run "$img" -- mount -o remount,rw /
	[ "$status" != 0 ]
	says 'denied|not permitted|must be root'
	try ch-run "$img" -- touch /new
	says 'Read-only file system'
}

@test "capabilities: none, and for user 0 in the new namespace only" {
	works ch-run "$img" -- grep -E '^Cap(Inh|Prm|Eff|Amb):' /proc/self/status
	same "$(grep -c '^Cap' "$T/.out")" 4
	lacks ':.*[1-9a-f]' "$T/.out"
	works ch-run --uid=0 "$img" -- grep CapEff /proc/self/status
	says 'CapEff:.*[1-9a-f]'
	works ch-run --uid=0 "$img" -- cat /proc/self/uid_map
	same "$(tr -s " " <<<"$out")" " 0 $(id -u) 1"
}
