#!/usr/bin/env bats
# run-env.bats - the environment, the user and the process of a command.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2016,SC2030,SC2031 # set by try; for the shell inside
load common

extra_setup() {
	img=$TEST_STAGE/tmp/env-img
	[ -d "$img" ] || ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" "$img"
	rich=$TEST_STAGE/tmp/env-rich
	[ -d "$rich" ] || ch-convert -q "oci:$TEST_IMAGES/rich:1" "$rich"
	HOME=$T/home
	mkdir "$HOME"
	unset LD_PRELOAD LD_AUDIT
}

own() {
	cp -R "$img" own
	chmod -R u+w own/ch
}

is_sleeping() {
	[ "$(tr '\0' ' ' <"/proc/$1/cmdline")" = "sleep 60 " ]
}

# until_sleeping PID: ch-run has become "sleep 60", in half a minute at most.
until_sleeping() {
	soon is_sleeping "$1"
}

on_terminal() {
	python3 -B "$TEST_STAGE/bats/onterm.py" "$@"
}

# --- which environment

@test "--env: the host's, the image's, or both" {
	export FROM_HOST=1 HOST_TOO=host SLURM_JOB_ID=7 LC_ALL=C
	works ch-run --env=merge "$rich" -- env
	grep -qx FROM_HOST=1 "$T/.out"
	grep -qx HOST_TOO=image "$T/.out"
	works ch-run --env=host "$rich" -- env
	grep -qx FROM_HOST=1 "$T/.out"
	grep -qx HOST_TOO=host "$T/.out"
	lacks ^RICH= "$T/.out"
	works ch-run --env=image "$rich" -- env
	lacks ^FROM_HOST= "$T/.out"
	grep -qx HOST_TOO=image "$T/.out"
	grep -qx SLURM_JOB_ID=7 "$T/.out"
	grep -qx LC_ALL=C "$T/.out"
	grep -qx "HOME=$HOME" "$T/.out"
	grep -qx PATH=/opt/rich/bin:/usr/bin:/bin "$T/.out"
	fails 125 ".*--env.*'host', 'merge' or 'image', found 'none'" \
		ch-run --env=none "$rich" -- true
}

@test "--env: the variable and the key" {
	export FROM_HOST=1
	CH_RUN_ENV=image works ch-run "$img" -- env
	lacks ^FROM_HOST= "$T/.out"
	printf '[run]\nenv = image\nset-env = SITE=a\nset-env = SITE=${SITE}b\n' \
		>conf
	CH_CONFIG=$T/conf works ch-run --set-env='SITE=$SITE/c' "$img" -- env
	lacks ^FROM_HOST= "$T/.out"
	grep -qx SITE=ab/c "$T/.out"
	CH_CONFIG=$T/conf works ch-run --env=merge "$img" -- env
	grep -qx FROM_HOST=1 "$T/.out"
}

@test "X26: values are expanded as documented and by no shell" {
	export A=one
	unset NO
	works ch-run --set-env='B=${A:-x}:${NO:-x}:${NO:+y}:${A:+y}' \
		--set-env='C=/opt${NO:+:$NO}' --set-env='D=`id`$(id);$$' \
		--set-env='E=${A%e}' "$img" -- sh -c 'echo "$B|$C|$D|$E"'
	same "$out" 'one:x::y|/opt|`id`$(id);$|${A%e}'
}

@test "X26: files of variables" {
	printf "A=1\r\nB='q q'\r\nC=\$A\nD=last" >file
	printf 'E=two\nlines\0F=$A\0' >zero
	works ch-run --set-env=./file --set-env='A=[$A]' --set-env0=./zero \
		"$img" -- sh -c 'echo "$A|$B|$C|$D|$E|$F"'
	same "$out" "$(printf '[1]|q q|$A|last|two\nlines|$A')"
	printf 'A=2\n' >second
	works ch-run --set-env=./file --set-env=./second "$img" -- \
		sh -c 'echo $A'
	same "$out" 2
	cp second 'name=x'
	works ch-run --set-env="$T/name=x" "$img" -- sh -c 'echo $A'
	same "$out" 2
	works ch-run --set-env=<(echo A=3) "$img" -- sh -c 'echo $A'
	same "$out" 3
	printf 'A=1\nB=\0\n' >bad
	fails 125 ".*--set-env: .*bad:2: NUL is not allowed" \
		ch-run --set-env=./bad "$img" -- true
	printf 'A=1\0junk\0' >bad
	fails 125 ".*--set-env0: .*bad: item 2: .*'junk'" \
		ch-run --set-env0=./bad "$img" -- true
	fails 125 ".*--set-env0: can't open '\./none': No such file.*" \
		ch-run --set-env0=./none "$img" -- true
}

@test "X24: the caller's variables of loader, locale and shell" {
	export LD_LIBRARY_PATH=/no/such/lib GCONV_PATH=/no/such/gconv \
		BASH_ENV=$T/bashenv ENV=$T/bashenv LANG=xx_YY.UTF-8
	works ch-run "$img" -- env
	for name in LD_LIBRARY_PATH GCONV_PATH BASH_ENV LANG; do
		grep -q "^$name=" "$T/.out"
	done
	works ch-run --unset-env='LD_*' --unset-env=GCONV_PATH "$img" -- env
	lacks -E '^(LD_LIBRARY_PATH|GCONV_PATH)=' "$T/.out"
}

@test "X24: preloads that are not inside are dropped, with a note" {
	touch here.so
	export LD_AUDIT=/no/such/audit.so
	LD_PRELOAD="/no/such/x.so $T/here.so" try ch-run -v --cd=/ "$img" -- \
		sh -c 'echo "[$LD_PRELOAD][$LD_AUDIT]"'
	same "$out" "[$T/here.so][]"
	says "skip '/no/such/x.so' \(preload\): not there"
	says "skip '/no/such/audit.so' \(preload\): not there"
	# nothing that the user sets himself
	works ch-run --set-env=LD_PRELOAD=/no/such/y.so "$img" -- \
		/bin/busybox sh -c 'echo "[$LD_PRELOAD]"'
	says '\[/no/such/y.so\]'
}

@test "X25: an image with 100,000 variables, or one of 1 MiB" {
	own
	seq 100000 | sed 's/.*/N&=/' >own/ch/environment
	works timeout 60 ch-run ./own -- sh -c 'env | grep -c ^N'
	same "$out" 100000
	{
		printf BIG=
		head -c 500000 /dev/zero | tr '\0' x
	} >own/ch/environment
	fails 126 ".*'true': too long for the kernel: .*'BIG'; --unset-env.*" \
		ch-run ./own -- true
	quiet ch-run --unset-env=BIG ./own -- true
	{
		printf BIG=
		head -c 2000000 /dev/zero | tr '\0' x
	} >own/ch/environment
	works ch-run ./own -- true
	says '^ch-run: warning: ignored in the image: .*environment'
}

@test "X25: odd variables of an image are set once, or not at all" {
	own
	printf 'A=1\nA=2\nPATH=.:/x\nLD_PRELOAD=/no/such.so\nno name\nB=3\n' \
		>own/ch/environment
	works ch-run ./own -- /bin/busybox env
	says '^ch-run: warning: .*environment:5: expected NAME=VALUE'
	same "$(grep -c '^A=' "$T/.out")" 1
	grep -qx A=2 "$T/.out"
	grep -q '^PATH=\.:/x:' "$T/.out"
	grep -qx LD_PRELOAD=/no/such.so "$T/.out"
}

@test "SHELL is one that the image has" {
	SHELL=/no/such/zsh works ch-run "$img" -- sh -c 'ls $SHELL'
	SHELL=/bin/ash works ch-run "$img" -- sh -c 'echo $SHELL'
	same "$out" /bin/ash
	works env -u SHELL "$(command -v ch-run)" "$img" -- env
	lacks ^SHELL= "$T/.out"
}

@test "terminal, locale and time zone" {
	TERM=vt100 LANG=C.UTF-8 works ch-run "$img" -- sh -c 'echo $TERM $LANG'
	same "$out" "vt100 C.UTF-8"
	same "$(TZ=XYZ-5 ch-run "$img" -- date +%z)" +0500
	[ ! -e /etc/localtime ] ||
		same "$(env -u TZ ch-run "$img" -- date -d @0 +%z)" \
			"$(env -u TZ date -d @0 +%z)"
}

@test "--dry-run: who won, for each variable" {
	export FROM_HOST=1 HOST_TOO=host
	works ch-run --dry-run --set-env=A=1 --unset-env=GONE "$rich" -- true
	says '^env FROM_HOST=1 \(host\)$'
	says '^env HOST_TOO=image \(image, over host\)$'
	says '^env A=1 \(--set-env\)$'
	says '^env PATH=.* \(image, then host\)$'
	works env GONE=1 ch-run --dry-run --unset-env=GONE "$rich" -- true
	says '^env -GONE \(--unset-env\)$'
}

# --- who

@test "--uid and --gid: another user inside, who owns what is his" {
	touch mine
	works ch-run --uid=0 --gid=0 "$img" -- sh -c \
		'id -u; id -g; id -un; echo $HOME; stat -c %u:%g mine; echo ~root'
	same "$out" "$(printf '0\n0\nroot\n%s\n0:0\n%s' "$HOME" "$HOME")"
	works ch-run --uid=0 "$img" -- sh -c 'touch made; id -g'
	same "$out" "$(id -g)"
	same "$(stat -c %u made)" "$(id -u)"
	works ch-run --uid=4711 --gid=4712 "$img" -- id
	same "$(echo "$out" | cut -d' ' -f1,2)" \
		"uid=4711(uid4711) gid=4712(gid4712)"
	USER=me works ch-run --uid=1 "$img" -- sh -c 'echo $USER; id -un'
	same "$out" "$(printf 'bin\nbin')"
	works ch-run --uid=0 "$img" -- cat /etc/passwd
	same "$(grep -c ^root: "$T/.out")" 1
	grep -q ^bin: "$T/.out"
	works ch-run --dry-run --uid=0 "$img"
	says "^user 0, group $(id -g) \(--uid\)$"
	for bad in x -1 4294967295 '' 1x; do
		fails 125 ".*--uid.*" ch-run --uid="$bad" "$img" -- true
	done
}

@test "X18: the image's user database and loader files are not ours" {
	needs strace
	own
	printf 'passwd: evil\n' >own/etc/nsswitch.conf
	echo /evil.so >own/etc/ld.so.preload
	echo /evil >own/etc/ld.so.conf
	works ch-run ./own -- id -un
	same "$out" "$(id -un)"
	strace -o trace ch-run --cd=/ ./own -- /bin/true || skip "no strace here"
	# between entering and becoming the command no file is opened
	sed -n '/^pivot_root/,/^execve("\/bin\/true"/p' trace >inside
	grep -q ^pivot_root inside
	lacks -E '^(open|openat|openat2|mmap|connect)\(' inside
}

# --- the process

@test "X20 X21: the caller's descriptors and no other" {
	want=$(bash -c 'exec ls /proc/self/fd' 5<"$TEST_CANARY/file" \
		9>"$T/nine" | sort -n | xargs)
	got=$(ch-run "$img" -- ls /proc/self/fd 5<"$TEST_CANARY/file" \
		9>"$T/nine" | sort -n | xargs)
	same "$got" "$want"
	case " $got " in *" 5 "*" 9 "*) ;; *) false ;; esac
	same "$(ch-run "$img" -- sh -c 'cat <&5' 5<"$TEST_CANARY/file")" \
		untouched
}

@test "X29: every signal does to the command what it does without us" {
	for s in HUP INT QUIT TERM USR1 USR2 ALRM PIPE KILL; do
		env --default-signal ch-run "$img" -- sleep 60 &
		pid=$!
		until_sleeping $pid
		kill -$s $pid
		got=0
		wait $pid || got=$?
		same "$s $got" "$s $((128 + $(kill -l $s)))"
	done
	ch-run "$img" -- sleep 60 &
	pid=$!
	until_sleeping $pid
	kill -STOP $pid
	soon grep -q '^State:.T' /proc/$pid/status
	kill -CONT $pid
	soon grep -q '^State:.S' /proc/$pid/status
	kill $pid
	got=0
	wait $pid || got=$?
	same $got 143
}

@test "X29: on a terminal: stop, go on, size, interrupt" {
	try on_terminal '
	wait ready
	size 33 77
	wait 33 77
	send \x03
	wait caught' ch-run "$img" -- sh -c '
		trap "stty size; done=1" WINCH
		trap "echo caught; exit 5" INT
		echo ready
		for _ in $(seq 600); do sleep 0.1; done'
	[ "$status" = 5 ] || {
		show "(on a terminal)"
		return 1
	}
	export PS1='$ ' img
	works on_terminal '
	wait $
	send ch-run "$img" -- sh -c "echo u\"\"p; cat"\n
	wait up
	send \x1a
	wait topped
	wait cat
	wait $
	send fg\n
	wait cat
	send more\n
	wait more
	wait more
	send \x03
	wait $
	send echo status $?\n
	wait status 130
	send exit 0\n' bash --norc --noprofile -i
}

@test "X27: --new-session takes the terminal away, in the same process" {
	works on_terminal 'wait end' ch-run "$img" -- sh -c \
		'exec 3<>/dev/tty && echo has a terminal; echo end'
	says 'has a terminal'
	try on_terminal 'wait end' ch-run --new-session "$img" -- sh -c \
		'(exec 3<>/dev/tty) 2>/dev/null || echo has none; echo end; exit 6'
	same "$status" 6
	says 'has none'
	works bash -mc 'ch-run --new-session "$0" -- sh -c \
		"echo \$\$; cut -d\" \" -f5,6 /proc/self/stat" & echo $!; wait' \
		"$img"
	pid=$(echo "$out" | sort -n | head -1)
	same "$(echo "$out" | tr ' ' '\n' | sort -u | xargs)" "$pid"
}

# The others are in its process group, so that setsid(2) is refused for good.
@test "X27: --new-session as the first of a pipeline" {
	export PS1='$ ' img
	works on_terminal '
	wait $
	send ch-run --new-session "$img" -- sh -c "(: <>/dev/tty) 2>/dev/null || echo no\"\"ne; exit 6" | cat; echo status ${PIPESTATUS[*]}\n
	wait none
	wait status 6 0
	wait $
	send ch-run "$img" -- sh -c "(: <>/dev/tty) && echo o\"\"ne" | cat\n
	wait one
	wait $
	send exit 0\n' bash --norc --noprofile -i
}

@test "X30: blocked signals and an ignored SIGCHLD are reset, others stay" {
	cat >odd.py <<-'END'
	import os, signal, sys
	signal.signal(signal.SIGCHLD, signal.SIG_IGN)
	signal.signal(signal.SIGHUP, signal.SIG_IGN)
	signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
	os.execvp(sys.argv[1], sys.argv[1:])
	END
	works python3 -B odd.py ch-run "$img" -- grep -E 'Sig(Blk|Ign)' \
		/proc/self/status
	grep -q 'SigBlk:.*0000000000000000' "$T/.out"
	ign=$((16#$(sed -n 's/^SigIgn:[^0-9a-f]*//p' "$T/.out")))
	[ $((ign & 1)) = 1 ]         # SIGHUP, as by nohup
	[ $((ign & (1 << 16))) = 0 ] # SIGCHLD
}

@test "X31: what the status says, each its own" {
	for s in 0 1 125 126 127 255; do
		got=0
		ch-run "$img" -- sh -c "exit $s" || got=$?
		same $got $s
	done
	got=0
	ch-run "$img" -- sh -c 'kill -SEGV $$' || got=$?
	same $got 139
	fails 127 ".*'nonesuch': not found in the image's PATH \(/.*\)" \
		ch-run "$img" -- nonesuch
	fails 127 ".*'/no/such': no such file in the image" \
		ch-run "$img" -- /no/such
	fails 126 ".*'/etc/passwd': .*" ch-run "$img" -- /etc/passwd
	own
	echo 'plain text' >own/bin/plain
	chmod 755 own/bin/plain
	fails 126 ".*'plain': neither a program nor a script.*" \
		ch-run ./own -- plain
	# a directory of PATH that may not be searched hides nothing
	mkdir own/closed
	chmod 0 own/closed
	PATH=$PATH works ch-run --set-env=PATH=/closed:/bin ./own -- ls -d /
	fails 127 ".*'nonesuch': not found.*" \
		ch-run --set-env=PATH=/closed:/bin ./own -- nonesuch
	chmod 755 own/closed
}
