#!/usr/bin/env bats
# ch-run.bats - commands in images, as an ordinary user.
# SPDX-License-Identifier: Apache-2.0
# needs registry
# shellcheck disable=SC2154,SC2016 # set by try; for the shell inside
load common

# One image for all tests of the file; nobody writes to it but where said.
extra_setup() {
	img=$TEST_STAGE/tmp/run-img
	[ -d "$img" ] || ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" "$img"
	rich=$TEST_STAGE/tmp/run-rich
	[ -d "$rich" ] || ch-convert -q "oci:$TEST_IMAGES/rich:1" "$rich"
	bare=$TEST_STAGE/tmp/run-bare
	[ -d "$bare" ] || ch-convert -q "oci:$TEST_IMAGES/bare:1" "$bare"
	HOME=$T/home
	mkdir "$HOME"
}

# own: a copy of the image that a test may spoil, in ./own.
own() {
	ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" ./own
}

# --- which image

@test "a directory" {
	quiet ch-run "$img" -- cat /etc/os-release
	same "$out" "$(cat "$img/etc/os-release")"
	ln -s "$img" here
	quiet ch-run ./here -- true
	quiet ch-run dir:here -- true
	quiet ch-run "$img" cat /etc/os-release
}

@test "an image of the store, unpacked the first time" {
	works ch-pull alpine:3.16
	works ch-run alpine:3.16 -- cat /etc/os-release
	same "$out" "$(cat "$img/etc/os-release")"
	store_is_sound
	quiet ch-run alpine:3.16 -- true
	quiet ch-run --store="$CH_STORE" store:alpine:3.16 -- true
	chmod -R a-w "$CH_STORE"
	quiet ch-run alpine:3.16 -- true
}

@test "the image is this machine's, whatever ch-pull's setting" {
	works ch-pull alpine:3.16
	CH_ARCH=s390x works ch-run alpine:3.16 -- cat /etc/os-release
	same "$out" "$(cat "$img/etc/os-release")"
	printf '[pull]\nregistry = mirror.example.org\n' >conf
	works ch-pull --store=st2 alpine:3.16
	CH_CONFIG=$T/conf quiet ch-run --store=st2 alpine:3.16 -- true
}

@test "an image that is not there" {
	fails 125 ".*ch-pull alpine:3.16'" \
		ch-run alpine:3.16 -- true
	fails 125 ".*'\./none'.*No such file or directory" \
		ch-run ./none -- true
	echo x >file
	fails 125 ".*'\./file'.*" ch-run ./file -- true
	fails 125 ".*IMAGE.*see 'ch-run --help'" ch-run
	fails 125 ".*'A'" ch-run Alpine -- true
	fails 125 ".*squash" ch-run squash:x.sqfs -- true
}

# --- the command

@test "exit status: the command's own" {
	for s in 0 1 2 42 125 255; do
		try ch-run "$img" -- sh -c "exit $s"
		same "$status" $s
		[ -z "$err" ]
	done
}

@test "exit status: 126 can't be executed, 127 not found, 125 ch-run" {
	fails 127 ".*'nonesuch'.*" ch-run "$img" -- nonesuch
	fails 127 ".*'/no/such'.*" ch-run "$img" -- /no/such
	fails 126 ".*'/etc/passwd'.*" ch-run "$img" -- /etc/passwd
	fails 126 ".*'/etc'.*" ch-run "$img" -- /etc
	fails 125 ".*'--frobnicate'" ch-run --frobnicate "$img" -- true
}

@test "a command that can't be executed: why" {
	own
	mkdir own/t
	printf '#!/no/such/interpreter\n' >own/t/script
	printf '#!/bin/sh\r\n' >own/t/dos
	printf 'echo no\n' >own/t/plain
	head -c 64 own/bin/busybox | sed 's/./X/19' >own/t/foreign
	chmod 755 own/t/*
	echo x >own/t/data
	fails 126 ".*'/t/script': its interpreter '/no/such/interpreter' is not in the image" \
		ch-run ./own -- /t/script
	fails 126 ".*'/t/dos': .*carriage return|.*'/t/dos': .*interpreter" \
		ch-run ./own -- /t/dos
	fails 126 ".*'/t/plain': .*" ch-run ./own -- /t/plain
	fails 126 ".*'/t/foreign': .*" ch-run ./own -- /t/foreign
	fails 126 ".*'/t/data': .*Permission denied|.*'/t/data': .*permission" \
		ch-run ./own -- /t/data
	fails 126 ".*'/t': .*directory" ch-run ./own -- /t
}

@test "exit status: 128+N if it died of a signal" {
	try ch-run "$img" -- sh -c 'kill -TERM $$'
	same "$status" 143
	try ch-run "$img" -- sh -c 'kill -KILL $$'
	same "$status" 137
}

@test "the process is the one that was started: same PID, same parent" {
	bash -c 'echo $$ >pid; exec ch-run "$0" -- sh -c "echo \$\$ \$PPID"' \
		"$img" >inside
	same "$(cut -d' ' -f1 inside)" "$(cat pid)"
	ch-run "$img" -- sleep 60 &
	pid=$!
	for _ in $(seq 50); do
		[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" != "sleep 60 " ] ||
			break
		sleep 0.1
	done
	same "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "sleep 60 "
	kill -TERM $pid
	s=0
	wait $pid || s=$?
	same $s 143
}

@test "X32: no process is left beside the command" {
	works ch-run "$img" -- sh -c \
		'ps -o ppid= -o comm= | grep "^ *$$ .*ch-run"; :'
	[ -z "$out" ]
}

@test "arguments, standard input and descriptors pass through" {
	works ch-run "$img" -- printf '%s|' a 'b c' '' -- --bind
	same "$out" 'a|b c||--|--bind|'
	same "$(echo hello | ch-run "$img" -- cat)" hello
	echo from-five >five
	same "$(ch-run "$img" -- sh -c 'cat <&5' 5<five)" from-five
	# none of ours is left: as many as without us
	want=$(bash -c 'exec ls /proc/self/fd' | wc -l)
	works ch-run "$img" -- ls /proc/self/fd
	same "$(echo "$out" | wc -l)" "$want"
}

@test "without a command: a shell" {
	same "$(echo 'echo $((6 * 7))' | ch-run "$img")" 42
}

@test "limits, umask, ignored signals stay" {
	same "$(umask 027 && ch-run "$img" -- sh -c umask)" 0027
	same "$(ulimit -n 77 && ch-run "$img" -- sh -c 'ulimit -n')" 77
	mask=$(sh -c 'trap "" USR1; grep SigIgn /proc/self/status')
	same "$(trap '' USR1 && ch-run "$img" -- grep SigIgn /proc/self/status)" \
		"$mask"
}

# --- who

@test "the user is the same inside, by number and by name" {
	works ch-run "$img" -- id -u
	same "$out" "$(id -u)"
	works ch-run "$img" -- id -g
	same "$out" "$(id -g)"
	works ch-run "$img" -- id -un
	same "$out" "$(id -un)"
	works ch-run "$img" -- id -gn
	same "$out" "$(id -gn)"
	works ch-run "$img" -- sh -c 'echo ~'
	same "$out" "$HOME"
}

@test "all groups, with their names" {
	works ch-run "$img" -- cat /etc/group
	for group in $(id -Gn); do
		grep -q "^$group:" "$T/.out"
	done
	grep -q '^root:' "$T/.out"
	works ch-run "$img" -- cat /etc/passwd
	grep -q "^$(id -un):" "$T/.out"
	grep -q '^nobody:' "$T/.out"
	same "$(grep -c "^$(id -un):" "$T/.out")" 1
}

@test "a user whom no file knows: asked for by the dynamic ch-run" {
	USER=someone works unshare -U --map-user=54321 --map-group=54321 \
		ch-run "$img" -- id -un
	same "$out" someone
	[ -e "$TEST_STAGE/bin/ch-run-full" ] || skip "ch-run is not static here"
	mkdir bin
	cp "$TEST_STAGE/bin/ch-run" bin/
	USER=someone works unshare -U --map-user=54321 --map-group=54321 \
		bin/ch-run "$img" -- id -un
	same "$out" someone # without the other, by $USER
	printf '#!/bin/sh\nprintf "[%%s]" "$@"\n' >bin/ch-run-full
	chmod 755 bin/ch-run-full
	works unshare -U --map-user=54321 --map-group=54321 \
		bin/ch-run -b "$T:/mnt" "$img" -- a '' 'b c' --bind
	same "$out" "[-b][$T:/mnt][$img][--][a][][b c][--bind]"
	works bin/ch-run "$img" -- echo local
	same "$out" local
}

@test "the image's own user database is untouched, and --no-default=user" {
	works ch-run --no-default=user "$img" -- cat /etc/passwd
	same "$out" "$(cat "$img/etc/passwd")"
	lacks "^$(id -un):" "$img/etc/passwd"
}

@test "no privilege inside" {
	works ch-run "$img" -- grep CapEff /proc/self/status
	same "$out" "$(printf 'CapEff:\t0000000000000000')"
	works ch-run "$img" -- grep NoNewPrivs /proc/self/status
	same "$out" "$(printf 'NoNewPrivs:\t1')"
	try ch-run "$img" -- mount -t tmpfs none /tmp
	[ "$status" != 0 ]
	try ch-run "$img" -- chown 0:0 /tmp
	[ "$status" != 0 ]
}

# --- what is there

@test "the image is read-only" {
	for path in /file /etc/file /usr/bin/file; do
		try ch-run "$img" -- touch $path
		[ "$status" != 0 ]
		says 'Read-only file system'
		absent "$img$path"
	done
}

@test "the host's files that belong inside are there" {
	echo "of the home" >"$HOME/mine"
	mkdir work
	cd work
	echo "of the working directory" >here
	works ch-run "$img" -- sh -c 'cat "$HOME/mine" here; pwd'
	same "$out" "$(printf 'of the home\nof the working directory\n%s/work' \
		"$T")"
	for path in /dev/null /proc/self/status /sys/kernel; do
		works ch-run "$img" -- test -e $path
	done
	for path in /etc/hosts /etc/resolv.conf; do
		[ ! -e $path ] || same "$(ch-run "$img" -- cat $path)" \
			"$(cat $path)"
	done
	works ch-run "$img" -- sh -c 'echo x >"$TMPDIR/chassis-'$$'"'
	rm "$TMPDIR/chassis-$$"
	works ch-run "$img" -- sh -c 'echo x >/dev/null'
}

@test "--no-default leaves out what is named" {
	echo x >"/tmp/chassis-test-$$"
	try ch-run --no-default=tmp,cwd,home "$img" -- ls "/tmp/chassis-test-$$"
	rm "/tmp/chassis-test-$$"
	[ "$status" != 0 ]
	cd /
	works ch-run --no-default=all --cd=/ "$img" -- ls /proc /home
	lacks '^[^:]*[^:]$' "$T/.out"
	fails 125 ".*'nonsense'.*(tmp|home)" \
		ch-run --no-default=nonsense "$img" -- true
}

@test "nothing is mounted on the host, before or after" {
	before=$(cat /proc/self/mountinfo)
	works ch-run --bind="$T:/mnt" "$img" -- true
	same "$(cat /proc/self/mountinfo)" "$before"
}

# --- --bind

@test "--bind: a directory, a file, at a place that exists or not" {
	mkdir data
	echo content >data/file
	for how in "" --no-overlay; do
		works ch-run $how -b "$T/data:/mnt" "$img" -- cat /mnt/file
		same "$out" content
		works ch-run $how -b "$T/data:/new/deep/place" "$img" -- \
			cat /new/deep/place/file
		same "$out" content
		works ch-run $how -b ./data/file:/etc/new.conf "$img" -- \
			cat /etc/new.conf /etc/os-release
		same "$(echo "$out" | head -1)" content
		works ch-run $how --bind=data/file:/etc/os-release "$img" -- \
			cat /etc/os-release
		same "$out" content
		works ch-run $how --bind "$T/data" "$img" -- cat "$T/data/file"
		same "$out" content
	done
	absent "$img/new" "$img/etc/new.conf"
}

@test "--bind: what stood beside a new mount point is still there" {
	mkdir data
	want=$(cd "$img/usr" && find . | sort)
	for how in "" --no-overlay; do
		works ch-run $how -b "$T/data:/usr/new" "$img" -- \
			sh -c 'cd /usr && find . | sort'
		same "$(echo "$out" | grep -vx ./new)" "$want"
		works ch-run $how -b "$T/data:/usr/new" "$img" -- \
			stat -c '%a %N' /usr/bin /usr/bin/env /usr/share
		same "$out" "$(cd "$img" && ch-run "$img" -- \
			stat -c '%a %N' /usr/bin /usr/bin/env /usr/share)"
	done
}

@test "--bind: read-only" {
	mkdir data
	works ch-run -b "$T/data:/mnt" "$img" -- touch /mnt/yes
	[ -e data/yes ]
	cd /
	try ch-run -b "$T/data:/mnt:ro" "$img" -- touch /mnt/no
	[ "$status" != 0 ]
	says 'Read-only file system'
	absent "$T/data/no"
	works ch-run -b "$T/data:/mnt:ro" "$img" -- ls /mnt
	same "$out" yes
}

@test "--bind: repeated, later ones over earlier ones, below one another" {
	mkdir -p one/sub two
	echo 1 >one/f
	echo 2 >two/f
	works ch-run -b ./one:/mnt -b ./two:/mnt "$img" -- cat /mnt/f
	same "$out" 2
	works ch-run -b ./one:/mnt -b ./two:/mnt/sub "$img" -- \
		cat /mnt/f /mnt/sub/f
	same "$out" "$(printf '1\n2')"
	works ch-run -b ./two:"$T/one/sub" "$img" -- cat "$T/one/sub/f"
	same "$out" 2
}

@test "--bind: a missing source is an error, unless optional" {
	fails 125 ".*'/no/such'.*--bind.*No such file or directory" \
		ch-run -b /no/such:/mnt "$img" -- true
	quiet ch-run -b /no/such:/mnt:optional "$img" -- true
	fails 125 ".*" ch-run -b "$T:mnt" "$img" -- true
	fails 125 ".*" ch-run -b "$T:/mnt:rx" "$img" -- true
	fails 125 ".*" ch-run -b "$T:/" "$img" -- true
	fails 125 ".*" ch-run -b "" "$img" -- true
	fails 125 ".*" ch-run -b relative "$img" -- true
}

@test "--bind: a colon in a path" {
	mkdir 'a:b'
	echo colon >a:b/f
	works ch-run -b './a\:b:/mnt' "$img" -- cat /mnt/f
	same "$out" colon
}

@test "--bind: links of the image are followed in the image" {
	own
	mkdir data
	echo content >data/file
	ln -s "$TEST_CANARY" own/out
	ln -s ../../../../../../../.."$TEST_CANARY" own/up
	ln -s /opt own/inside
	for how in "" --no-overlay; do
		for dst in /out /up /out/sub; do
			works ch-run --no-default=tmp,cwd,home $how \
				-b "$T/data:$dst" ./own -- cat $dst/file
			same "$out" content
		done
		works ch-run $how -b "$T/data:/inside/x" ./own -- \
			cat /opt/x/file
		same "$out" content
	done
	same "$(ls "$TEST_CANARY")" file
	same "$(ls own/opt)" ""
}

@test "default mounts over links of the image stay inside" {
	own
	rm -r own/tmp own/var/tmp own/sys
	ln -s ../../../../../../../etc own/tmp
	ln -s "$TEST_CANARY" own/var/tmp
	ln -s /mnt own/sys
	ln -sf "$TEST_CANARY/file" own/etc/resolv.conf
	ln -sf "$TEST_CANARY/file" own/etc/passwd
	for how in "" --no-overlay; do
		try ch-run $how ./own -- true
		case $status in 0 | 125) ;; *) show; false ;; esac
		same "$(ls "$TEST_CANARY")" file
		same "$(cat "$TEST_CANARY/file")" untouched
	done
}

@test "hostile files where we read: passwd, group, environment" {
	own
	rm own/etc/passwd own/etc/group own/ch/environment
	mkfifo own/etc/passwd
	ln -s "$TEST_CANARY/file" own/etc/group
	ln -s /etc/passwd own/ch/environment
	try timeout 10 ch-run ./own -- id -un
	same "$status" 0
	same "$out" "$(id -un)"
	rm own/ch/environment
	printf 'A=1\nnonsense\n' >own/ch/environment
	works ch-run ./own -- true
	says '^ch-run: warning: .*environment'
}

@test "a link of the image can't give away another default's place" {
	own
	rm -r own/var/tmp
	ln -s ../tmp own/var/tmp
	for how in "" --no-overlay; do
		works ch-run $how ./own -- ls -d "$T"
		works ch-run -v $how ./own -- true
		says "skip '/var/tmp' .*another default in its place"
	done
}

@test "a link of the image can't lead a mount to its root" {
	own
	rm -r own/tmp
	ln -s . own/tmp
	mkdir data
	echo content >data/file
	works ch-run ./own -- test -r /proc/self/status
	works ch-run -v ./own -- ls /..
	says "skip '/tmp' .*leads it to '/'"
	lacks -x file "$T/.out"
	ln -s / own/x
	fails 125 ".*'/x' \(from --bind\): .*leads it to '/'" \
		ch-run --no-default=all --bind=./data:/x ./own -- true
}

@test "--bind: on a link of the host below what is mounted" {
	mkdir elsewhere data
	ln -s "$T/elsewhere" "$HOME/data"
	echo content >data/file
	works ch-run --no-default=tmp,cwd --bind="$T/data:$HOME/data" "$img" -- \
		cat "$HOME/data/file"
	same "$out" content
	same "$(ls elsewhere)" ""
}

@test "HOME and TMPDIR that a --bind hides" {
	mkdir data data/t scratch
	works env TMPDIR="$T/scratch" ch-run --bind=./data:/tmp "$img" -- \
		sh -c 'echo "[$TMPDIR]"'
	same "$out" '[]'
	works env TMPDIR=//tmp ch-run "$img" -- sh -c 'echo "[$TMPDIR]"'
	same "$out" '[//tmp]'
	works ch-run --no-default=cwd,tmp --bind=./data:"$HOME" "$img" -- \
		sh -c 'echo $HOME; cd && ls'
	same "$out" "$(printf '%s\nt' "$HOME")"
	works ch-run --no-default=cwd --bind=./data:"$(dirname "$HOME")" \
		"$img" -- sh -c 'echo $HOME'
	same "$out" /
}

@test "a home that would hide the image's programs" {
	HOME=/bin works ch-run "$img" -- cat /etc/os-release
	same "$out" "$(cat "$img/etc/os-release")"
	HOME=$T/a:b
	mkdir "$HOME"
	works ch-run "$img" -- grep "^$(id -un):" /etc/passwd
	same "$(echo "$out" | cut -d: -f6)" /
}

@test "without PATH nothing is taken from the working directory" {
	printf '#!/bin/sh\necho planted\n' >./ls
	chmod 755 ls
	works ch-run --unset-env=PATH "$img" -- ls -d /
	same "$out" /
	rm ls
	works ch-run --unset-env='*' "$img" -- ls -d /
	fails 127 ".*'nonesuch': not found in the image's PATH \(/usr/bin:/bin\)" \
		ch-run --unset-env=PATH "$img" -- nonesuch
}

@test "kernels without the new mount calls: the same to be seen" {
	needs strace
	own
	old() {
		strace -f -o /dev/null \
			-e trace=open_tree,move_mount,mount_setattr \
			-e inject=mount_setattr,open_tree,move_mount:error=ENOSYS \
			"$@"
	}
	old true || skip "no strace here"
	works old ch-run ./own -- sh -c "touch '$T/own/made'; id -un"
	same "$out" "$(id -un)"
	[ -e own/made ]
	works old ch-run ./own -- sh -c "grep -c . /proc/self/mountinfo"
	want=$(ch-run ./own -- sh -c "grep -c . /proc/self/mountinfo")
	[ "$out" -le $((want + 2)) ]
}

@test "an image that lacks every usual directory" {
	for how in "" --no-overlay; do
		works ch-run $how -b "$img/lib:/lib" -b "$img/bin:/bin" \
			"$bare" -- ls /
		echo "$out" | grep -qx only
		echo "$out" | grep -qx proc
	done
	same "$(ls "$bare")" "$(printf 'ch\nonly')"
}

# --- --write

@test "--write: the image can be changed" {
	own
	quiet ch-run --write ./own -- sh -c 'echo new >/etc/new'
	same "$(cat own/etc/new)" new
	try ch-run ./own -- sh -c 'echo newer >/etc/new'
	[ "$status" != 0 ]
	mkdir data
	works ch-run -w -b ./data:/made/here ./own -- ls -d /made/here
	same "$out" /made/here
}

# --- the environment

@test "environment: the host's passes through, the image's wins" {
	export FROM_HOST="a b" HOST_TOO=host
	works ch-run "$rich" -- env
	grep -qx 'FROM_HOST=a b' "$T/.out"
	grep -qx 'RICH=from image' "$T/.out"
	grep -qx 'HOST_TOO=image' "$T/.out"
	grep -qx 'EMPTY=' "$T/.out"
}

@test "environment: PATH begins with the image's directories" {
	PATH=$PATH:/host/only works ch-run "$rich" -- sh -c 'echo $PATH'
	case $out in
	/opt/rich/bin:/usr/bin:/bin:*:/host/only | \
		/opt/rich/bin:/usr/bin:/bin:*:/host/only:*) ;;
	*) show; false ;;
	esac
	works env -u PATH "$(command -v ch-run)" "$img" -- ls /
}

@test "environment: --set-env, --unset-env, in order" {
	export GONE=1 KEPT=1
	works ch-run --set-env=NEW=value --unset-env=GONE "$img" -- env
	grep -qx NEW=value "$T/.out"
	grep -qx KEPT=1 "$T/.out"
	lacks '^GONE=' "$T/.out"
	works ch-run --set-env=A=1 --unset-env='A*' --set-env=AB=2 "$img" -- env
	lacks '^A=' "$T/.out"
	grep -qx AB=2 "$T/.out"
	works ch-run --set-env='P=$KEPT:${KEPT}:$NOTHING:$$' "$img" -- \
		sh -c 'echo "$P"'
	same "$out" '1:1::$'
	works ch-run --unset-env='*' --set-env=ONLY=1 "$img" -- /usr/bin/env
	grep -qx ONLY=1 "$T/.out"
	lacks KEPT "$T/.out"
}

@test "environment: --set-env from a file" {
	printf "A=1\n\nB=two words\nC='quoted'\n" >file
	works ch-run --set-env=./file "$img" -- env
	grep -qx A=1 "$T/.out"
	grep -qx 'B=two words' "$T/.out"
	grep -qx C=quoted "$T/.out"
	printf 'A=1\nnonsense\n' >file
	fails 125 ".*file:2: .*'nonsense'" ch-run --set-env=./file "$img" -- true
	fails 125 ".*'\./none'.*No such file" \
		ch-run --set-env=./none "$img" -- true
	fails 125 ".*" ch-run --set-env==x "$img" -- true
}

@test "environment: HOME and TMPDIR that are not inside" {
	works ch-run --no-default=home,tmp,cwd "$img" -- sh -c 'echo $HOME'
	same "$out" /
}

# --- --cd

@test "--cd, and the working directory" {
	works ch-run -c /etc "$img" -- pwd
	same "$out" /etc
	fails 125 ".*'/no/such'.*--cd.*No such file or directory" \
		ch-run --cd=/no/such "$img" -- true
	fails 125 ".*'/etc/passwd'.*Not a directory" \
		ch-run --cd=/etc/passwd "$img" -- true
	works ch-run "$img" -- pwd
	same "$out" "$T"
	cd /usr
	works ch-run "$img" -- pwd
	[ -d "$img$out" ]
}

# --- --dry-run

@test "--dry-run unpacks nothing either" {
	works ch-pull alpine:3.16
	fails 125 ".*'alpine:3.16' is not unpacked yet.*'ch-convert alpine:3.16' unpacks it" \
		ch-run --dry-run alpine:3.16
	absent "$CH_STORE/trees"
	works ch-convert alpine:3.16
	quiet ch-run --dry-run alpine:3.16
}

@test "--dry-run prints the steps with their reasons and runs nothing" {
	mkdir data
	quiet ch-run --dry-run -b ./data:/mnt:ro --set-env=A=1 "$img" -- \
		touch "$T/ran"
	absent ran
	says "/mnt.*--bind"
	says "/proc.*default proc"
	says "A.*--set-env"
	one=$out
	works ch-run --dry-run -b ./data:/mnt:ro --set-env=A=1 "$img" -- \
		touch "$T/ran"
	same "$out" "$one"
	fails 125 ".*'/no/such'" \
		ch-run --dry-run -b /no/such:/mnt "$img" -- true
}

# --- where it can't work

@test "user namespaces switched off: which switch, and the command" {
	unshare -Ur true 2>/dev/null || skip "no user namespaces to begin with"
	fails 125 ".*user namespace.*user\.max_user_namespaces.*sysctl" \
		unshare -Ur sh -c '
		echo 0 >/proc/sys/user/max_user_namespaces &&
		exec ch-run "$0" -- true' "$img"
}

@test "inside another container of ours" {
	works ch-run -b "$(dirname "$(command -v ch-run)"):/ours" \
		-b /lib:/lib -b /lib64:/lib64:optional -b /usr:/usr -b /bin:/bin \
		--no-overlay "$img" -- /ours/ch-run "$img" -- cat /etc/os-release
	same "$out" "$(cat "$img/etc/os-release")"
}

@test "many at the same time" {
	pids=()
	for i in $(seq 20); do
		ch-run "$img" -- sh -c "echo $i" >"out.$i" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid"
	done
	same "$(cat out.* | sort -n | xargs)" "$(seq 20 | xargs)"
}
