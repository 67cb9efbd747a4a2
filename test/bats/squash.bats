#!/usr/bin/env bats
# squash.bats - commands in squashfs and SIF files, served through FUSE.
# SPDX-License-Identifier: Apache-2.0
# needs fuse
# shellcheck disable=SC2154,SC2016 # set by try; for the shell inside
load common

# The same image as a directory and as files, for all tests of the file.
extra_setup() {
	local all=$TEST_STAGE/tmp
	dir=$all/squash-dir img=$all/squash.sqfs sif=$all/squash.sif
	if [ ! -e "$sif" ]; then
		ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" "$dir"
		ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" "$img"
		ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" "$sif"
	fi
	HOME=$T/home
	mkdir "$HOME"
	if [ ! -r /dev/fuse ] || [ ! -w /dev/fuse ]; then
		skip "/dev/fuse can't be opened by an ordinary user here"
	fi
}

# The PIDs of the servers of an image.
servers() {
	pgrep -f "^ch-run-squashfs $(realpath "${1:-$img}")" || :
}

# none_left [IMAGE]: its servers end, soon.
none_left() {
	for _ in $(seq 100); do
		[ -n "$(servers "$@")" ] || return 0
		sleep 0.1
	done
	echo "still there: $(servers "$@")"
	return 1
}

# Each test leaves no process, and no mount that others see.
extra_teardown() {
	none_left && none_left "$sif" || return
	! grep fuse.chassis /proc/self/mountinfo
}

# What a tree says of itself: names, types, modes, owners, times, contents.
tell='cd / && find . -xdev ! -path "./ch*" | sort | while read -r f; do
	stat -c "%n %F %a %u %g %Y" "$f"
	if [ -L "$f" ]; then readlink "$f"; elif [ -f "$f" ]; then md5sum "$f"; fi
done'

# --- what is in it

@test "a squashfs file is what the directory is" {
	quiet ch-run --no-default=all "$dir" -- sh -c "$tell"
	cp "$T/.out" want
	[ "$(wc -l <want)" -gt 500 ]
	quiet ch-run --no-default=all "$img" -- sh -c "$tell"
	diff want "$T/.out"
	quiet ch-run --no-default=all "$sif" -- sh -c "$tell"
	grep -v -e '^\./\.singularity\.d' -e '^\./\.exec' -e '^\./\.run' \
		-e '^\./\.shell' -e '^\./\.test' "$T/.out" >got || :
	grep -qx './etc/alpine-release regular file 644 .*' got
}

@test "image files: how they are named" {
	ln -s "$img" x.sqfs
	ln -s "$sif" y.sif
	ln -s "$img" wrong.sif
	for name in ./x.sqfs x.sqfs squash:x.sqfs ./y.sif sif:y.sif \
		./wrong.sif; do
		quiet ch-run $name -- cat /etc/alpine-release
		same "$out" "$(cat "$dir/etc/alpine-release")"
	done
	fails 125 "'y.sif' is no squashfs file" ch-run squash:y.sif -- true
	fails 125 "'x.sqfs' is no SIF file" ch-run sif:x.sqfs -- true
	fails 125 ".*'squash:none'|.*'none'.*No such file" \
		ch-run squash:none -- true
}

@test "a SIF file from elsewhere" {
	[ -e "$TEST_STAGE/shared/busybox-amd64.sif" ] || skip "not here"
	quiet ch-run "$TEST_STAGE/shared/busybox-amd64.sif" -- sh -c 'echo $((6 * 7))'
	same "$out" 42
}

@test "a SIF file without a squashfs says what it has" {
	python3 - "$sif" >ext3.sif <<-'END'
		import struct, sys
		data = bytearray(open(sys.argv[1], 'rb').read())
		at, size = struct.unpack_from('<q', data, 96)[0], 585
		for slot in range(48):
		    kind, used = struct.unpack_from('<i?', data, at + slot * size)
		    if used and kind == 0x4004:
		        struct.pack_into('<i', data, at + slot * size + 201, 2)
		sys.stdout.buffer.write(data)
	END
	fails 125 ".*ext3.*" ch-run ./ext3.sif -- true
}

@test "image files: read-only, and --write says so" {
	try ch-run "$img" -- sh -c ': >/x'
	same "$status" 1
	says 'Read-only file system'
	fails 125 "'$img' is a file with a squashfs, which can't be written to: .*" \
		ch-run -w "$img" -- true
}

@test "image files: new mount points, both ways" {
	mkdir src
	echo seen >src/file
	for how in "" --no-overlay; do
		quiet ch-run $how -b "$T/src:/new/deep" -b "$T/src/file:/etc/one" \
			"$img" -- cat /new/deep/file /etc/one /etc/alpine-release
		same "$out" "$(printf 'seen\nseen\n%s' \
			"$(cat "$dir/etc/alpine-release")")"
	done
}

@test "image files: --dry-run" {
	quiet ch-run --dry-run "$img" -- true
	says "^image '$img', read-only"
	none_left
}

@test "many readers at once get the right bytes" {
	(cd "$dir" && find bin lib sbin usr -type f -exec md5sum {} + |
		sort) >want
	quiet ch-run -b "$T:/mnt" "$img" -- sh -c 'cd / &&
		for i in 1 2 3 4 5 6; do
			find bin lib sbin usr -type f -exec md5sum {} + |
				sort >/mnt/got.$i &
		done; wait'
	for i in 1 2 3 4 5 6; do
		diff want "got.$i"
	done
}

# --- the process

@test "image files: exit status, signals, same PID and parent" {
	for s in 0 1 125 255; do
		try ch-run "$img" -- sh -c "exit $s"
		same "$status" $s
	done
	try ch-run "$img" -- sh -c 'kill -TERM $$'
	same "$status" 143
	fails 127 ".*'nonesuch'.*" ch-run "$img" -- nonesuch
	bash -c 'echo $$ >pid; exec ch-run "$0" -- sh -c "echo \$\$ \$PPID"' \
		"$img" >inside
	same "$(cut -d' ' -f1 inside)" "$(cat pid)"
	same "$(cut -d' ' -f2 inside)" $BASHPID
}

@test "image files: the command has no child that it did not make" {
	quiet ch-run "$img" -- sh -c 'read -r x </proc/$$/task/$$/children
		echo "[$x]"'
	same "$out" '[]'
}

@test "image files: each signal reaches the command" {
	for sig in HUP TERM USR1 USR2 CONT; do
		ch-run "$img" -- sh -c "trap 'exit 42' $sig
			: >$T/ready; while :; do sleep 0.1; done" &
		for _ in $(seq 100); do [ ! -e ready ] || break; sleep 0.1; done
		kill -$sig $!
		status=0
		wait $! || status=$?
		same "$status" 42
		rm ready
	done
}

@test "X20, X21: image files: descriptors are the caller's and no others" {
	echo text >file
	# bats has some of its own; they must be the same with both.
	quiet ch-run "$dir" -- sh -c 'ls /proc/self/fd' 7<file
	want=$out
	quiet ch-run "$img" -- sh -c 'ls /proc/self/fd' 7<file
	same "$out" "$want"
	quiet ch-run "$img" -- sh -c 'cat <&7' 7<file
	same "$out" text
}

@test "image files: standard descriptors that are closed" {
	for close in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
		eval "ch-run '$img' -- sh -c ': >$T/ran' $close"
		rm ran
	done
}

# --- the server's life

@test "the server ends with the command" {
	ch-run "$img" -- sleep 60 &
	pid=$!
	for _ in $(seq 100); do
		[ "$(cat /proc/$pid/comm)" != sleep ] || break
		sleep 0.1
	done
	server=$(servers)
	[ -n "$server" ]
	[ "$(wc -w <<<"$server")" = 1 ]
	# Nothing of the caller's: no terminal, descriptor, directory, namespace.
	same "$(ps -o sid= -p "$server" | tr -d ' ')" "$server"
	same "$(readlink "/proc/$server/cwd")" /
	same "$(readlink "/proc/$server"/fd/[012] | sort -u)" /dev/null
	same "$(readlink "/proc/$server/ns/mnt")" "$(readlink /proc/self/ns/mnt)"
	same "$(readlink "/proc/$server"/fd/* | grep -v -e /dev/null \
		-e /fuse -e socket)" "$img"
	kill -KILL $pid
	wait $pid || :
	none_left
}

@test "the server lives as long as a grandchild" {
	mkfifo go
	ch-run "$img" -- sh -c '(cat go; cat /etc/alpine-release >late) \
		>/dev/null 2>&1 & exit 3' || status=$?
	same "$status" 3
	[ -n "$(servers)" ]
	echo now >go
	for _ in $(seq 100); do [ ! -s late ] || break; sleep 0.1; done
	same "$(cat late)" "$(cat "$dir/etc/alpine-release")"
	none_left
}

@test "the server holds no pipe of the caller's open" {
	mkfifo go
	timeout 20 sh -c 'ch-run "$0" -- sh -c "cat go >/dev/null 2>&1 &" | cat' \
		"$img"
	[ -n "$(servers)" ]
	echo now >go
	none_left
}

@test "ch-run killed at any moment leaves nothing" {
	local us
	for us in $(seq 0 400 24000); do
		ch-run "$img" -- sleep 60 &
		sleep "$(printf '0.%06d' "$us")"
		kill -KILL $!
		wait $! 2>/dev/null || :
	done
	none_left
}

@test "signals meant for the job do not end the server" {
	mkfifo go
	ch-run "$img" -- sh -c ': >ready; cat go; cat /etc/alpine-release' >out &
	for _ in $(seq 100); do [ ! -e ready ] || break; sleep 0.1; done
	for sig in HUP INT QUIT TERM USR1 USR2 PIPE ALRM XCPU; do
		kill -$sig "$(servers)"
	done
	echo now >go
	wait $!
	same "$(tail -1 out)" "$(cat "$dir/etc/alpine-release")"
}

@test "X37: the server is killed: errors, and nothing hangs" {
	mkfifo go
	ch-run "$img" -- sh -c ': >ready; read x <go; cat /etc/apk/world
		echo "cat: $?"' >out 2>err &
	pid=$!
	for _ in $(seq 100); do [ ! -e ready ] || break; sleep 0.1; done
	kill -KILL "$(servers)"
	echo now >go
	for _ in $(seq 100); do
		[ -e "/proc/$pid" ] || break
		sleep 0.1
	done
	[ ! -e "/proc/$pid" ]
	status=0
	wait $pid || status=$?
	# A program whose own text is gone dies of SIGBUS.
	[ "$status" = 135 ] || grep -qx 'cat: [1-9][0-9]*' out
}

@test "X37: the file is cut, or replaced, under it" {
	cp -R "$dir" own
	head -c 4000000 /dev/urandom >own/big
	ch-convert -q ./own ./own.sqfs
	mkfifo go
	ch-run ./own.sqfs -- sh -c ': >ready; read x <go
		cat /big >/dev/null; echo "cat: $?"' >out 2>err &
	pid=$!
	for _ in $(seq 100); do [ ! -e ready ] || break; sleep 0.1; done
	: >own.sqfs
	echo now >go
	status=0
	wait $pid || status=$?
	[ "$status" = 135 ] || grep -qx 'cat: [1-9][0-9]*' out
	none_left ./own.sqfs
	cp "$img" own.sqfs
	rm ready
	ch-run ./own.sqfs -- sh -c ': >ready; read x <go
		cat /etc/alpine-release' >out &
	for _ in $(seq 100); do [ ! -e ready ] || break; sleep 0.1; done
	echo other >new
	mv new own.sqfs
	echo now >go
	wait $!
	same "$(cat out)" "$(cat "$dir/etc/alpine-release")"
	for _ in $(seq 100); do
		[ -n "$(pgrep -f "^ch-run-squashfs $T/")" ] || break
		sleep 0.1
	done
}

# --- what goes wrong

@test "a damaged file" {
	head -c 100000 "$img" >cut.sqfs
	fails 125 ".*cut.sqfs.*" ch-run ./cut.sqfs -- true
	head -c 50 "$img" >head.sqfs
	fails 125 ".*head.sqfs.*" ch-run ./head.sqfs -- true
	size=$(stat -c %s "$img")
	{
		head -c 96 "$img"
		head -c $((size - 96)) /dev/zero
	} >zero.sqfs
	fails 125 ".*zero.sqfs.*" ch-run ./zero.sqfs -- true
	for f in cut head zero; do none_left ./$f.sqfs; done
}

@test "no /dev/fuse, or none for us" {
	hidden() {
		unshare -rm sh -c "$1"'; shift; exec "$@"' sh "$@"
	}
	unshare -rm true || skip "no nested user namespaces"
	fails 125 ".*there is no '/dev/fuse'.*" \
		hidden 'mount -t tmpfs none /dev; : >/dev/null' \
		ch-run "$img" -- true
	fails 125 "can't open '/dev/fuse': .*; an administrator .*" \
		hidden 'mount --bind /dev/fuse /dev/fuse
			mount -o remount,bind,nodev /dev/fuse' \
		ch-run "$img" -- true
	none_left
}

@test "F15: few descriptors" {
	local n done=0
	for n in $(seq 5 3 32); do
		status=0
		timeout 20 bash -c 'ulimit -n $1; exec ch-run "$0" -- \
			cat /etc/alpine-release' "$img" "$n" >out 2>err ||
			status=$?
		case $status in
		0) same "$(cat out)" "$(cat "$dir/etc/alpine-release")"; done=1 ;;
		125) grep -q '^ch-run: error: ' err ;;
		127) grep -q 'Too many open files\|shared' err ;; # the loader
		*) return 1 ;;
		esac
	done
	[ "$done" = 1 ]
	none_left
}

@test "F18: no more processes" {
	fails 125 "can't serve '$img': can't start a process: Resource temporarily unavailable" \
		bash -c 'ulimit -u 1; exec ch-run "$0" -- true' "$img"
}

@test "X36: many starts at once of one file" {
	local pids=() pid
	for _ in $(seq 64); do
		ch-run "$img" -- cat /etc/alpine-release >>out &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	same "$(sort -u out)" "$(cat "$dir/etc/alpine-release")"
	same "$(wc -l <out)" 64
	none_left
}
