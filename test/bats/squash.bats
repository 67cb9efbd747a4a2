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
	alpine_as "$all/squash"
	HOME=$T/home
	mkdir "$HOME"
	if [ ! -r /dev/fuse ] || [ ! -w /dev/fuse ]; then
		skip "/dev/fuse can't be opened by an ordinary user here"
	fi
}

servers() {
	ours ch-run-squashfs
}

are_gone() {
	[ -z "$(servers)" ]
}

# The servers end, soon.
none_left() {
	soon are_gone || {
		ps -o pid=,args= -p "$(servers | paste -sd,)"
		return 1
	}
}

# Mounts of this suite's images that any process has.
mounts() {
	grep -hF "fuse.chassis $TEST_STAGE/" /proc/[0-9]*/mountinfo 2>/dev/null
}

are_mounted() {
	[ -n "$(mounts)" ]
}

# Each test leaves no process, and no mount that others see.
extra_teardown() {
	none_left || return
	lacks fuse.chassis /proc/self/mountinfo
}

# ended PID: that child ends, soon; sets status.
ended() {
	status=0
	soon test ! -e "/proc/$1" || {
		kill -KILL "$1"
		return 1
	}
	wait "$1" || status=$?
}

# tell IMAGE: what the tree says of itself: names, types, modes, owners, times,
# contents. In out; a server that does not answer must not hold us up.
tell() {
	quiet timeout 120 ch-run --no-default=all "$1" -- sh -c "$tell"
}
tell='cd / && find . -xdev ! -path "./ch*" | sort | while read -r f; do
	stat -c "%n %F %a %u %g %Y" "$f"
	if [ -L "$f" ]; then readlink "$f"; elif [ -f "$f" ]; then md5sum "$f"; fi
done'

# --- what is in it

@test "a squashfs file is what the directory is" {
	tell "$dir"
	cp "$T/.out" want
	[ "$(wc -l <want)" -gt 500 ]
	tell "$img"
	diff want "$T/.out"
	tell "$sif"
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
	fails 125 "'y.sif' is no squashfs file\$" ch-run squash:y.sif -- true
	fails 125 "'x.sqfs' is no SIF file\$" ch-run sif:x.sqfs -- true
	fails 125 "can't use 'squash:none' as an image: No such file or directory\$" \
		ch-run squash:none -- true
}

@test "a SIF file from elsewhere" {
	[ -e "$TEST_STAGE/shared/busybox-amd64.sif" ] || skip "not here"
	quiet ch-run "$TEST_STAGE/shared/busybox-amd64.sif" -- sh -c 'echo $((6 * 7))'
	same "$out" 42
}

@test "a SIF file without a squashfs says what it has" {
	python3 - "$sif" >other.sif <<-'END'
		import struct, sys
		data = bytearray(open(sys.argv[1], 'rb').read())
		at, size = struct.unpack_from('<q', data, 96)[0], 585
		for slot in range(48):
		    kind, used = struct.unpack_from('<i?', data, at + slot * size)
		    if used and kind == 0x4004:
		        struct.pack_into('<i', data, at + slot * size + 201, 2)
		sys.stdout.buffer.write(data)
	END
	fails 125 "'./other.sif': its root file system is ext3; only squashfs can be read\$" \
		ch-run ./other.sif -- true
	fails 125 "'other.sif' is no squashfs file\$" \
		ch-run squash:other.sif -- true
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
	quiet timeout 120 ch-run -b "$T:/mnt" "$img" -- sh -c 'cd / &&
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
		env --default-signal ch-run "$img" -- sh -c "trap 'exit 42' $sig
			: >$T/ready; for _ in \$(seq 300); do sleep 0.1; done" &
		soon test -e ready
		kill -$sig $!
		ended $!
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
	soon grep -qx sleep /proc/$pid/comm
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

@test "the command and the server may use all processors of the caller" {
	local all which
	all=$(grep ^Cpus_allowed_list: /proc/self/status)
	which=$(taskset -pc $$ | sed 's/.*: //; s/[,-].*//')
	ch-run "$img" -- sh -c 'find / -xdev -type f -exec cat {} + >/dev/null
		exec sleep 60' &
	soon grep -qx sleep /proc/$!/comm
	for task in "/proc/$!"/task/* "/proc/$(servers)"/task/*; do
		same "$(grep ^Cpus_allowed_list: "$task/status")" "$all"
	done
	kill -KILL $!
	wait $! || :
	quiet taskset -c "$which" ch-run "$img" -- \
		grep ^Cpus_allowed_list: /proc/self/status
	same "${out##*[[:space:]]}" "$which"
}

@test "the server lives as long as a grandchild" {
	mkfifo go
	ch-run "$img" -- sh -c '(cat go; cat /etc/alpine-release >late) \
		>/dev/null 2>&1 & exit 3' || status=$?
	same "$status" 3
	[ -n "$(servers)" ]
	echo now >go
	soon test -s late
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
	soon test -e ready
	for sig in HUP INT QUIT TERM USR1 USR2 PIPE ALRM XCPU; do
		kill -$sig "$(servers)"
	done
	echo now >go
	ended $!
	same "$(tail -1 out)" "$(cat "$dir/etc/alpine-release")"
}

@test "X37: the server is killed: errors, and nothing hangs" {
	mkfifo go
	ch-run "$img" -- sh -c ': >ready; read x <go; cat /etc/apk/world
		echo "cat: $?"' >out 2>err &
	pid=$!
	soon test -e ready
	kill -KILL "$(servers)"
	echo now >go
	ended $pid
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
	soon test -e ready
	: >own.sqfs
	echo now >go
	ended $pid
	[ "$status" = 135 ] || grep -qx 'cat: [1-9][0-9]*' out
	none_left
	cp "$img" own.sqfs
	rm ready
	ch-run ./own.sqfs -- sh -c ': >ready; read x <go
		cat /etc/alpine-release' >out &
	soon test -e ready
	echo other >new
	mv new own.sqfs
	echo now >go
	ended $!
	same "$(cat out)" "$(cat "$dir/etc/alpine-release")"
	none_left
}

# --- what goes wrong

@test "a damaged file" {
	local n used size
	size=$(stat -c %s "$img")
	# bytes_used of the superblock; what follows fills a block
	used=$(od -A n -t d8 -j 40 -N 8 "$img" | tr -d ' ')
	for n in 100000 97 96 $((used - 1)); do
		head -c "$n" "$img" >cut.sqfs
		fails 125 "can't read image '$T/cut.sqfs': squashfs: is truncated: expected $used bytes, found $n\$" \
			ch-run ./cut.sqfs -- true
	done
	head -c "$used" "$img" >cut.sqfs
	quiet ch-run ./cut.sqfs -- true
	head -c 95 "$img" >cut.sqfs
	fails 125 "can't read image '$T/cut.sqfs': squashfs: expected 96 bytes, found 95\$" \
		ch-run ./cut.sqfs -- true
	: >cut.sqfs
	fails 125 "'./cut.sqfs' is neither a directory nor an image\$" \
		ch-run ./cut.sqfs -- true
	size=$(stat -c %s "$sif")
	head -c $((size - 4096)) "$sif" >cut.sif
	fails 125 "'./cut.sif': SIF header: data: expected it in a file of $((size - 4096)) bytes, found [0-9]+ bytes at [0-9]+\$" \
		ch-run ./cut.sif -- true
	none_left
}

@test "a damaged file, behind its superblock" {
	head -c 96 "$img" >zero.sqfs
	truncate -s "$(stat -c %s "$img")" zero.sqfs
	fails 125 "can't read image '$T/zero.sqfs': squashfs: the table of owners is damaged\$" \
		ch-run ./zero.sqfs -- true
	none_left
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
	not_sanitized
	fails 125 "can't serve '$img': can't start a process: Resource temporarily unavailable" \
		bash -c 'ulimit -u 1; exec ch-run "$0" -- true' "$img"
}

@test "X36: many starts at once of one file" {
	local pids=() pid
	for _ in $(seq 64); do
		timeout 120 ch-run "$img" -- cat /etc/alpine-release >>out &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	same "$(sort -u out)" "$(cat "$dir/etc/alpine-release")"
	same "$(wc -l <out)" 64
	none_left
}

# --- in the end

@test "no process and no mount of this suite is left" {
	ch-run "$img" -- sleep 60 &
	soon are_mounted
	[ -n "$(servers)" ]
	kill -KILL $!
	wait $! || :
	none_left
	same "$(mounts)" ""
}
