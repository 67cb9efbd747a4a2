#!/usr/bin/env bats
# unpack.bats - image files that are unpacked for one run: --unpack.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2016,SC2317 # set by try; for the shell inside
# shellcheck disable=SC2030,SC2031 # each test has its own environment
load common

# The same image as a directory and as files, for all tests of the file; names of
# the files that are each test's own.
extra_setup() {
	local all=$TEST_STAGE/tmp
	dir=$all/unpack-dir img=$T/i.sqfs sif=$T/i.sif
	alpine_as "$all/unpack"
	ln "$all/unpack.sqfs" "$img"
	ln "$all/unpack.sif" "$sif"
	release=$(cat "$dir/etc/alpine-release")
	mkdir home tmp
	export HOME=$T/home TMPDIR=$T/tmp
	# In the image, which is at "/": where that is on the host.
	where='while read -r a b c root at rest; do
		[ "$at" != / ] || echo "${root%/image}"
	done </proc/self/mountinfo'
}

extra_teardown() {
	none_left
}

# The processes that are to remove what was unpacked here.
removers() {
	ours ch-run-remover
}

are_gone() {
	[ -z "$(removers)" ] && [ -z "$(ls -A "$T/tmp")" ]
}

# None of them, and nothing in TMPDIR, soon.
none_left() {
	soon are_gone || {
		echo "still there: $(removers) $(ls -lA "$T/tmp")"
		return 1
	}
}

# is_there [PATH]: something is unpacked, and has that.
is_there() {
	compgen -G "tmp/.ch-tmp.*/image${1:-}" >/dev/null
}

# gone PID: that process has ended, though nobody may have asked how.
gone() {
	for _ in $(seq 100); do
		[ -e "/proc/$1" ] || return 0
		! grep -q '^State:.Z' "/proc/$1/status" || return 0
		sleep 0.1
	done
	echo "process $1 is still there"
	return 1
}

# fake_convert LINES: $T/bin has a ch-run with a ch-convert that does this.
fake_convert() {
	mkdir bin
	cp "$(command -v ch-run)" bin/
	[ ! -e "$TEST_STAGE/bin/ch-run-full" ] ||
		cp "$TEST_STAGE/bin/ch-run-full" bin/
	printf '#!/bin/sh\n%s\n' "$1" >bin/ch-convert
	chmod +x bin/ch-convert
}

# hidden COMMANDS CMD...: run CMD where these have changed the mounts.
hidden() {
	local how=$1
	shift
	unshare -rm sh -c "$how"'; exec "$@"' sh "$@"
}

# --- what is in it

@test "--unpack: a file is what the directory is" {
	tell='cd / && find . -xdev ! -path "./ch*" | sort | while read -r f; do
		stat -c "%n %F %a %u %g %Y" "$f"
		if [ -L "$f" ]; then readlink "$f"
		elif [ -f "$f" ]; then md5sum "$f"; fi
	done'
	quiet ch-run --no-default=all "$dir" -- sh -c "$tell"
	cp "$T/.out" want
	[ "$(wc -l <want)" -gt 500 ]
	quiet ch-run --unpack --no-default=all "$img" -- sh -c "$tell"
	diff want "$T/.out"
	quiet ch-run --unpack --no-default=all "$sif" -- sh -c "$tell"
	grep -qx './etc/alpine-release regular file 644 .*' "$T/.out"
}

@test "--unpack: to TMPDIR, for nobody else to see" {
	for file in "$img" "$sif"; do
		quiet ch-run --unpack "$file" -- sh -c "$where; ls -A $T/tmp
			stat -c %a $T/tmp/.ch-tmp.*; ls -A $T/tmp/.ch-tmp.*"
		tmp=$(sed -n 2p "$T/.out")
		[[ $tmp =~ ^\.ch-tmp\.[0-9a-f]{16}$ ]]
		[[ $(sed -n 1p "$T/.out") = *"$T/tmp/$tmp" ]]
		same "$(sed 1,2d "$T/.out")" "$(printf '700\nimage')"
		none_left
	done
}

# In the container's own namespace, so that nothing can be left.
@test "--unpack: without TMPDIR, to memory" {
	for set in -u TMPDIR= ; do
		[ "$set" != -u ] || set="-u TMPDIR"
		# shellcheck disable=SC2086 # words
		quiet env $set ch-run --unpack "$img" -- \
			grep ' / ro,nosuid,nodev' /proc/self/mountinfo
		[[ $out = *' /image / '*' - tmpfs chassis '* ]]
		same "$(find /dev/shm -name '.ch-tmp.*' -user "$(id -u)")" ""
		same "$(removers)" ""
	done
}

@test "--unpack: in memory it is as it is elsewhere" {
	export TMPDIR=
	tell='cd / && find . -xdev ! -path "./ch*" | sort | while read -r f; do
		stat -c "%n %F %a %u %g" "$f"; done; id; ls /proc/self/fd'
	quiet ch-run --no-default=all --bind=/proc "$dir" -- sh -c "$tell"
	cp "$T/.out" want
	quiet ch-run --unpack --no-default=all --bind=/proc "$img" -- \
		sh -c "$tell"
	diff want "$T/.out"
	quiet ch-run --unpack --uid=0 --gid=0 --write-fake "$sif" -- \
		sh -c 'id -u; : >/new; : >/etc/new; ls /new; stat -c %u /etc'
	same "$out" $'0\n/new\n0'
	quiet ch-run --unpack --overlay=./st "$img" -- sh -c ': >/new'
	[ -e st/upper/new ]
	quiet ch-run --unpack --no-overlay -b ./st:/nowhere/st "$img" -- \
		ls /nowhere/st
	same "$out" $'upper\nwork'
	fails 127 ".*'nonesuch'.*" ch-run --unpack "$img" -- nonesuch
	try ch-run --unpack "$img" -- sh -c 'kill -TERM $$'
	same "$status" 143
	serve one ch-run --unpack --join-tag="u$$" "$img" -- \
		sh -c 'readlink /proc/self/ns/mnt; sleep 60'
	quiet ch-run --unpack --join-tag="u$$" "$img" -- \
		readlink /proc/self/ns/mnt
	same "$out" "$(cat one)"
	servers_stop
	printf 'hsqs' >bad.sqfs
	fails 125 "can't unpack '$T/bad.sqfs' to memory: .*|.*'./bad.sqfs'.*" \
		ch-run --unpack ./bad.sqfs -- true
}

@test "--unpack: in memory, killed while it is unpacked" {
	export TMPDIR=
	fake_convert 'echo $$ >started; exec sleep 60'
	bin/ch-run --unpack "$img" -- true &
	soon test -s started
	kill -KILL $!
	wait $! || :
	gone "$(cat started)"
}

@test "--unpack: by environment and configuration" {
	quiet env CH_RUN_UNPACK=yes ch-run "$img" -- sh -c "$where"
	[[ $out = *"$T/tmp/.ch-tmp."* ]]
	printf '[run]\nunpack = yes\n' >conf
	quiet env CH_CONFIG=conf ch-run "$img" -- sh -c "$where"
	[[ $out = *"$T/tmp/.ch-tmp."* ]]
}

@test "--unpack: a directory is used as it is" {
	quiet ch-run --unpack "$dir" -- sh -c "$where; ls -A $T/tmp"
	[[ $out = *"${dir#"$TEST_STAGE"}" ]]
	same "$(wc -l <"$T/.out")" 1
}

@test "--unpack: odd names of files and places" {
	cp "$img" $'we:ird, "x\\\n.sqfs'
	mkdir $'tmp/a b:c,d\n\\'
	TMPDIR=$T/$'tmp/a b:c,d\n\\' quiet ch-run --unpack \
		$'./we:ird, "x\\\n.sqfs' -- cat /etc/alpine-release
	same "$out" "$release"
	cd tmp
	TMPDIR=$'a b:c,d\n\\' quiet ch-run --unpack "$img" -- \
		cat /etc/alpine-release
	same "$out" "$release"
	for _ in $(seq 100); do
		[ -n "$(ls -A ./a*)" ] || break
		sleep 0.1
	done
	rmdir ./a*
}

@test "--unpack: it can't be written to, but --write-fake and --overlay can" {
	try ch-run --unpack "$img" -- sh -c ': >/x'
	same "$status" 1
	says 'Read-only file system'
	fails 125 "'$img' is a file with a squashfs, which can't be written to: --write is for directories; see 'ch-run --help'$" \
		ch-run --unpack -w "$img" -- true
	quiet ch-run --unpack -W "$img" -- sh -c 'echo 1 >/x; cat /x
		mv /etc/apk /apk; ls -d /apk'
	same "$out" "$(printf '1\n/apk')"
	quiet ch-run --unpack --overlay=own "$img" -- sh -c 'echo 1 >/x'
	quiet ch-run --unpack --overlay=own "$sif" -- cat /x /etc/alpine-release
	same "$out" "$(printf '1\n%s' "$release")"
	chmod -R u+rwX own
}

@test "--unpack: new mount points, both ways" {
	mkdir src
	echo seen >src/file
	for how in "" --no-overlay --private-tmp --contain; do
		quiet ch-run $how --unpack -b "$T/src:/new/deep" \
			-b "$T/src/file:/etc/one" "$img" -- \
			cat /new/deep/file /etc/one /etc/alpine-release
		same "$out" "$(printf 'seen\nseen\n%s' "$release")"
	done
}

@test "--unpack: --dry-run says where to, and does nothing" {
	if [ ! -r /dev/fuse ] || [ ! -w /dev/fuse ]; then
		skip "/dev/fuse can't be opened by an ordinary user here"
	fi
	quiet ch-run --unpack --dry-run "$img" -- true
	says "^image '$img', read-only, unpacked to '$T/tmp' \(--unpack\)$"
	TMPDIR='' quiet ch-run --unpack --dry-run "$img" -- true
	says "^image '$img', read-only, unpacked to memory \(--unpack\)$"
	same "$(ls -A tmp)" ""
	quiet ch-run --unpack --dry-run "$dir" -- true
	says "^image '$dir', read-only$"
}

@test "--unpack: -v tells" {
	works ch-run -v --unpack "$img" -- true
	says "^ch-run: unpacking '$img' to '$T/tmp'$"
}

# --- the process

@test "--unpack: exit status, signals, same PID and parent" {
	for s in 0 1 125 255; do
		try ch-run --unpack "$img" -- sh -c "exit $s"
		same "$status" $s
	done
	try ch-run --unpack "$img" -- sh -c 'kill -TERM $$'
	same "$status" 143
	fails 127 "can't run 'nonesuch': not found in the image's PATH .*" \
		ch-run --unpack "$img" -- nonesuch
	none_left
	bash -c 'echo $$ >pid; exec ch-run --unpack "$0" -- \
		sh -c "echo \$\$ \$PPID"' "$img" >inside
	same "$(cut -d' ' -f1 inside)" "$(cat pid)"
	same "$(cut -d' ' -f2 inside)" $BASHPID
	quiet ch-run --unpack "$img" -- sh -c \
		'read -r x </proc/$$/task/$$/children; echo "[$x]"'
	same "$out" '[]'
}

@test "--unpack: each signal reaches the command" {
	for sig in HUP TERM USR1 CONT; do
		env --default-signal ch-run --unpack "$img" -- sh -c \
			"trap 'exit 42' $sig
			: >$T/ready; for _ in \$(seq 300); do sleep 0.1; done" &
		soon test -e ready
		kill -$sig $!
		status=0
		wait $! || status=$?
		same "$status" 42
		rm ready
	done
}

@test "--unpack: descriptors are the caller's and no others" {
	echo text >file
	quiet ch-run "$dir" -- sh -c 'ls /proc/self/fd' 7<file
	want=$out
	quiet ch-run --unpack "$img" -- sh -c 'ls /proc/self/fd' 7<file
	same "$out" "$want"
	quiet ch-run --unpack "$img" -- sh -c 'cat <&7' 7<file
	same "$out" text
	for close in '<&-' '>&-' '2>&-' '<&- >&- 2>&-'; do
		eval "ch-run --unpack '$img' -- sh -c ': >$T/ran' $close"
		rm ran
	done
}

@test "--unpack: standard input is the command's alone" {
	quiet ch-run --unpack "$img" -- true
	same "$(echo text | ch-run --unpack "$img" -- cat)" text
}

@test "--unpack: namespaces can be made inside, and nothing be unmounted" {
	quiet ch-run "$dir" -- sh -c 'unshare -Urm true 2>&1; echo $?'
	want=$out
	quiet ch-run --unpack "$img" -- sh -c 'unshare -Urm true 2>&1; echo $?'
	same "$out" "$want"
	for as in "" "--uid=0 --gid=0"; do
		# shellcheck disable=SC2086 # words
		try ch-run $as --unpack --no-default=all "$img" -- \
			sh -c 'umount -l /; umount -l /; ls -d /etc /..'
		same "$out" "$(printf '/..\n/etc')"
	done
}

# --- how long it is there

@test "--unpack: there as long as a grandchild, whatever is mounted" {
	mkfifo go
	for how in "" --no-default=all --no-overlay -W --overlay=own; do
		[ "$how" != --no-default=all ] || how="$how -b /dev -b $T:/mnt --cd=/mnt"
		rm -f late
		status=0
		# shellcheck disable=SC2086 # words
		ch-run --unpack $how "$img" -- sh -c '(cat go
			cat /etc/alpine-release >late) >/dev/null 2>&1 & exit 3' \
			>/dev/null || status=$?
		same "$status" 3
		same "$(removers | wc -l)" 1
		sleep 0.3
		is_there /etc/alpine-release
		echo now >go
		for _ in $(seq 100); do [ ! -s late ] || break; sleep 0.1; done
		same "$(cat late)" "$release"
		none_left
	done
	chmod -R u+rwX own
}

@test "--unpack: the remover has nothing of the caller's or the container's" {
	ch-run --unpack "$img" -- sh -c ': >ready; exec sleep 60' &
	pid=$!
	soon test -e ready
	remover=$(removers)
	same "$(cat "/proc/$remover/comm")" ch-run-remover
	same "$(ps -o sid= -p "$remover" | tr -d ' ')" "$remover"
	same "$(readlink "/proc/$remover/cwd")" /
	same "$(readlink "/proc/$remover"/fd/[012] | sort -u)" /dev/null
	same "$(readlink "/proc/$remover/ns/mnt")" "$(readlink /proc/self/ns/mnt)"
	same "$(readlink "/proc/$remover"/fd/* | grep -v /dev/null | sort)" \
		"$(printf '%s\n' "$T/tmp" "$T/tmp" "$(echo "$T"/tmp/.ch-tmp.*)" \
			anon_inode:inotify | sort)"
	kill -KILL $pid
	wait $pid || :
	none_left
}

@test "--unpack: the remover holds no pipe of the caller's open" {
	mkfifo go
	timeout 20 sh -c 'ch-run --unpack "$0" -- \
		sh -c "cat go >/dev/null 2>&1 &" | cat' "$img"
	[ -n "$(removers)" ]
	echo now >go
	none_left
}

@test "--unpack: signals meant for the job do not end the remover" {
	mkfifo go
	ch-run --unpack "$img" -- sh -c ': >ready; cat go
		cat /etc/alpine-release' >out &
	soon test -e ready
	for sig in HUP INT QUIT TERM USR1 USR2 PIPE ALRM XCPU; do
		kill -$sig "$(removers)"
	done
	echo now >go
	wait $!
	same "$(tail -1 out)" "$release"
}

@test "--unpack: killed at any moment, nothing is left" {
	local us
	for us in $(seq 0 1500 60000); do
		ch-run --unpack "$img" -- sleep 60 &
		sleep "$(printf '0.%06d' "$us")"
		kill -KILL $!
		wait $! 2>/dev/null || :
	done
	none_left
}

@test "--unpack: killed while it unpacks, ch-convert ends first" {
	fake_convert 'for out; do :; done; mkdir "${out#dir:}"
		echo $$ >"$AT/pid"; exec sleep 60'
	for sig in KILL TERM; do
		AT=$T bin/ch-run --unpack "$img" -- true &
		soon test -e pid
		for _ in $(seq 100); do [ ! -s pid ] || break; sleep 0.1; done
		is_there
		kill -$sig $!
		status=0
		wait $! 2>/dev/null || status=$?
		same "$status" $((128 + $(kill -l $sig)))
		none_left
		gone "$(cat pid)"
		rm pid
	done
}

@test "--unpack: modes are no obstacle to removing it" {
	ch-run --unpack "$img" -- sh -c ': >ready; exec sleep 60' &
	pid=$!
	soon test -e ready
	chmod 0 tmp/.ch-tmp.*/image/etc tmp/.ch-tmp.*/image/usr/lib
	kill -KILL $pid
	wait $pid || :
	none_left
}

@test "--unpack: what a killed remover left goes with the next run" {
	ch-run --unpack "$img" -- sh -c ': >ready; exec sleep 60' &
	pid=$!
	soon test -e ready
	remover=$(removers)
	kill -KILL "$remover"
	gone "$remover"
	kill -KILL $pid
	wait $pid || :
	left=$(echo tmp/.ch-tmp.*)
	[ -e "$left" ]
	quiet ch-run --unpack "$img" -- true
	absent "$left"
}

@test "--unpack: many at a time, none in the way of another" {
	local pids=() pid
	for _ in $(seq 16); do
		ch-run --unpack "$img" -- sh -c 'sleep 0.3
			cat /etc/alpine-release' >>out &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do wait "$pid"; done
	same "$(sort -u out)" "$release"
	same "$(wc -l <out)" 16
}

@test "--unpack: --join unpacks once, for all" {
	mkfifo go
	ch-run --unpack --join-tag="u$$" --join-ct=3 "$img" -- \
		sh -c ': >first; exit 7' &
	first=$!
	soon test -e first
	status=0
	wait $first || status=$?
	same "$status" 7
	ch-run --unpack --join-tag="u$$" --join-ct=3 "$img" -- \
		sh -c ': >second; cat go; cat /etc/alpine-release' >out &
	second=$!
	soon test -e second
	quiet ch-run --unpack --join-tag="u$$" --join-ct=3 "$img" -- \
		sh -c "ls -A $T/tmp | wc -l; $where"
	same "$(sed -n 1p "$T/.out")" 1
	# with the one who unpacked it and the last to come gone
	sleep 0.3
	is_there
	echo now >go
	wait $second
	same "$(tail -1 out)" "$release"
}

@test "--unpack: --join, those that wait hear why it can't be" {
	fake_convert ': >"$AT/ready"; while [ ! -e "$AT/go" ]; do sleep 0.1; done
		echo "ch-convert: error: no such luck" >&2; exit 1'
	AT=$T bin/ch-run --unpack --join-tag="u$$" "$img" -- true 2>first &
	first=$!
	soon test -e ready
	(sleep 0.5; : >go) &
	fails 125 "process $first could not make container 'u$$': can't unpack '$img' to '$T/tmp': no such luck$" \
		env AT="$T" bin/ch-run --unpack --join-tag="u$$" "$img" -- true
	status=0
	wait $first || status=$?
	same "$status" 125
	same "$(cat first)" \
		"ch-run: error: can't unpack '$img' to '$T/tmp': no such luck"
}

# --- what goes wrong

@test "--unpack: a damaged file" {
	head -c 100000 "$img" >cut.sqfs
	head -c 100000 "$sif" >cut.sif
	head -c 96 "$img" >zero.sqfs
	truncate -r "$img" zero.sqfs
	fails 125 "can't unpack '$T/cut.sqfs' to '$T/tmp': squashfs: is truncated: expected [0-9]+ bytes, found 100000$" \
		ch-run --unpack ./cut.sqfs -- true
	fails 125 "'./cut.sif': SIF header: data: expected it in a file of 100000 bytes, found .*" \
		ch-run --unpack ./cut.sif -- true
	fails 125 "can't unpack '$T/zero.sqfs' to '$T/tmp': squashfs image: it points outside of itself or of a table$" \
		ch-run --unpack ./zero.sqfs -- true
	none_left
}

@test "--unpack: no such place, or none for us" {
	mkdir -m 500 closed
	: >file
	TMPDIR=$T/none fails 125 \
		"can't unpack '$img' to '$T/none': No such file or directory$" \
		ch-run --unpack "$img" -- true
	TMPDIR=$T/file fails 125 \
		"can't unpack '$img' to '$T/file': Not a directory$" \
		ch-run --unpack "$img" -- true
	TMPDIR=$T/closed fails 125 \
		"can't unpack '$img' to '$T/closed': can't make a temporary directory in '$T/closed': Permission denied$" \
		ch-run --unpack "$img" -- true
}

@test "--unpack: a place that is full, or where nothing can be run" {
	needs_own_tmpfs
	fails 125 "can't unpack '$img' to '$T/tmp': no space for 'image': [0-9.]+ MiB are needed, 1.0 MiB are free$" \
		hidden "mount -t tmpfs -o size=1m none '$T/tmp'" \
		ch-run --unpack "$img" -- true
	fails 125 "can't unpack '$img' to '$T/tmp': '[^']+': can't make .*: No space left on device$" \
		hidden "mount -t tmpfs -o nr_inodes=60 none '$T/tmp'" \
		ch-run --unpack "$img" -- true
	fails 125 "can't unpack '$img' to '$T/tmp': it is mounted 'noexec': no image can be run from there; TMPDIR=DIR names another place$" \
		hidden "mount -t tmpfs -o noexec none '$T/tmp'" \
		ch-run --unpack "$img" -- true
}

@test "--unpack: what ch-convert says, or does not" {
	fake_convert 'echo "ch-convert: warning: odd" >&2
		echo "ch-convert: error: '"$img"': no such luck" >&2; exit 1'
	fails 125 "can't unpack '$img' to '$T/tmp': no such luck$" \
		bin/ch-run --unpack "$img" -- true
	printf '#!/bin/sh\nexit 3\n' >bin/ch-convert
	fails 125 "can't unpack '$img' to '$T/tmp': ch-convert ended with status 3$" \
		bin/ch-run --unpack "$img" -- true
	printf '#!/bin/sh\nkill -KILL $$\n' >bin/ch-convert
	fails 125 "can't unpack '$img' to '$T/tmp': ch-convert died of signal 9 \(Killed\)$" \
		bin/ch-run --unpack "$img" -- true
	printf '#!/nonesuch\n' >bin/ch-convert
	fails 125 "can't unpack '$img' to '$T/tmp': can't run '$T/bin/ch-convert': No such file or directory$" \
		bin/ch-run --unpack "$img" -- true
	none_left
}

@test "--unpack: options of others for ch-convert do not count" {
	CH_ARCH=none CH_PROGRESS=json quiet ch-run --unpack "$img" -- \
		cat /etc/alpine-release
	same "$out" "$release"
}

@test "F18: --unpack: no more processes, no more watches" {
	not_sanitized
	fails 125 "can't unpack '$img' to '$T/tmp': can't start a process: Resource temporarily unavailable$" \
		bash -c 'ulimit -u 1; exec ch-run --unpack "$0" -- true' "$img"
	none_left
	unshare -rm true || skip "no nested user namespaces"
	fails 125 "can't unpack '$img' to '$T/tmp': can't watch for the end of the container: Too many open files; fs.inotify.max_user_instances limits how many can run; --join needs one for all on a node$" \
		hidden 'echo 0 >/proc/sys/user/max_inotify_instances' \
		ch-run --unpack "$img" -- true
}

@test "--unpack: the remover is killed too early" {
	# and has let go of its socket when ch-run goes on
	fake_convert 'for out; do :; done; mkdir "${out#dir:}"
		for p in $(pgrep -x ch-run-remover); do
			tr "\0" " " <"/proc/$p/cmdline" | grep -q "$AT/" ||
				continue
			kill -KILL $p
			for _ in $(seq 300); do
				grep -q "^State:.[^ZX]" /proc/$p/status || break
				sleep 0.1
			done
		done 2>/dev/null'
	AT=$T fails 125 "the remover of temporary files \(ch-run-remover\) has ended$" \
		bin/ch-run --unpack "$img" -- true
	# which the next one does
	quiet ch-run --unpack "$img" -- true
}

@test "without /dev/fuse, a message names --unpack, which works" {
	unshare -rm true || skip "no nested user namespaces"
	hide='mount -t tmpfs none /dev; : >/dev/null; mkdir /dev/shm'
	fails 125 "can't open '/dev/fuse': there is no '/dev/fuse'.*; --unpack does without FUSE$" \
		hidden "$hide" ch-run "$img" -- true
	hidden "$hide" ch-run --unpack "$img" -- cat /etc/alpine-release >out
	same "$(cat out)" "$release"
	fails 125 "'$img' would be unpacked to '$T/tmp'; --dry-run does nothing, and there is no FUSE to look into it and tell more$" \
		hidden "$hide" ch-run --unpack --dry-run "$img" -- true
}
