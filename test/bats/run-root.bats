#!/usr/bin/env bats
# run-root.bats - the root of a container: binds, writable layers, the home,
# little of the host; every way of assembling it.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2016 # set by try; for the shell inside
# shellcheck disable=SC2086,SC2030,SC2031 # $how may be no word; servers is of the test
load common

extra_setup() {
	img=$TEST_STAGE/tmp/root-img
	[ -d "$img" ] || ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" "$img"
	HOME=$T/home
	mkdir "$HOME" data
	echo content >data/file
}

# own: a copy of the image that a test may spoil, in ./own.
own() {
	ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" ./own
}

# The kernel's overlay for users, without which some options can do nothing.
needs_overlay() {
	unshare -Urm mount -t overlay -o "lowerdir=$img:$T" none /mnt ||
		skip "no overlay for users here"
}

# bare OPTION...: options that leave the places of tests to the test.
bare() {
	ch-run --no-default=tmp,cwd,home "$@"
}

# --- binds

@test "--mount: commas, colons, quotes and blanks in names" {
	mkdir 'a,b: "c"'
	echo odd >'a,b: "c"/f'
	works bare --mount 'type=bind,"src=./a,b: ""c""","dst=/x,y: z"' \
		"$img" -- cat '/x,y: z/f'
	same "$out" odd
	works bare --mount "src=$T/data,dst=/mnt,ro" "$img" -- cat /mnt/file
	same "$out" content
	try bare --mount "src=$T/data,dst=/mnt,ro" "$img" -- touch /mnt/no
	says 'Read-only file system'
	quiet bare --mount "src=$T/none,dst=/mnt,optional" "$img" -- true
	fails 125 ".*'/no'.*--mount.*No such file" \
		bare --mount src=/no,dst=/mnt "$img" -- true
	fails 125 ".*mount 'dst=/mnt': type=bind wants src.*" \
		bare --mount dst=/mnt "$img" -- true
	fails 125 ".*unknown key 'x', expected type, src, .*" \
		bare --mount src=/,dst=/mnt,x=y "$img" -- true
}

@test "--mount: a file system in memory, of a size, and binds in it" {
	works bare --mount type=tmpfs,dst=/mem/ory,size=1M -b ./data:/mem/ory/a/b \
		-b ./data/file:/mem/ory/f "$img" -- sh -c '
		cat /mem/ory/a/b/file /mem/ory/f
		dd if=/dev/zero of=/mem/ory/big bs=1M count=2 2>&1 | grep -c space
		echo x >/tmp/y; ls -d /mem/ory/big'
	same "$out" "$(printf 'content\ncontent\n1\n/mem/ory/big')"
	fails 125 ".*expected a size.*found 'much'" \
		bare --mount type=tmpfs,dst=/x,size=much "$img" -- true
}

@test "binds over what the image lives on" {
	works bare -b /etc:/etc "$img" -- cat /etc/hostname
	same "$out" "$(cat /etc/hostname)"
	mkdir lib bin
	cp -R "$img/lib/." lib
	for how in "" --no-overlay; do
		works bare $how -b ./lib:/lib -b ./data:/usr "$img" -- cat /usr/file
		same "$out" content
		works bare $how -b "$img/bin:/lib64" -b ./data:/etc/apk "$img" -- \
			cat /lib64/../etc/apk/file
		same "$out" content
	done
}

@test "binds below one another, in any order" {
	mkdir -p one/sub two
	echo 1 >one/sub/f
	echo 2 >two/f
	for how in "" --no-overlay; do
		works bare $how -b ./two:/new/sub -b ./one:/new "$img" -- \
			cat /new/sub/f
		same "$out" 2
		works bare $how -b ./one:/new -b ./two/f:/new/sub/f "$img" -- \
			cat /new/sub/f
		same "$out" 2
	done
	same "$(cat one/sub/f)" 1
}

@test "a mount point that a directory of the host lacks is not made there" {
	mkdir one
	echo old >one/old
	for how in "" --no-overlay; do
		works bare $how -b ./one:/mnt -b ./data:/mnt/new/deep "$img" -- \
			sh -c 'cat /mnt/new/deep/file /mnt/old
			echo old >/mnt/old; echo x >/mnt/x || echo refused'
		same "$out" "$(printf 'content\nold\nrefused')"
		says "warning: '/mnt' has no 'new/deep' to mount on: nothing new"
		quiet bare $how -b ./one:/mnt:ro -b ./data:/mnt/new/deep "$img" \
			-- cat /mnt/new/deep/file
		same "$out" content
	done
	same "$(ls one)" old
	same "$(cat one/old)" old
	works ch-run -b ./data:/var/tmp/chassis-none-$$/x "$img" -- \
		sh -c 'echo y >/var/tmp/y && cat /var/tmp/*/x/file'
	same "$out" content
	says "'/var/tmp' has no .*: what is made there beside it is gone"
	absent /var/tmp/y /var/tmp/chassis-none-$$
}

@test "read-only is read-only all the way down" {
	mkdir -p one/sub
	works unshare -Urm sh -c 'mount -t tmpfs none one/sub && touch one/sub/f &&
		exec ch-run --no-default=tmp,cwd,home -b ./one:/mnt:ro "$0" -- sh -c "
		touch /mnt/x; touch /mnt/sub/y; touch /mnt/sub/f; ls /mnt/sub"' "$img"
	same "$out" f
	same "$(grep -c 'Read-only file system' .err)" 3
}

@test "X10: flags of a mount that the host has locked stay" {
	mkdir one
	works unshare -Urm sh -c '
		mount -t tmpfs -o nosuid,nodev,noexec,noatime none one &&
		exec unshare -Urm ch-run --no-default=tmp,cwd,home -b ./one:/mnt:ro \
			"$0" -- grep " /mnt " /proc/self/mountinfo' "$img"
	for flag in ro nosuid nodev noexec noatime; do
		echo "$out" | cut -d' ' -f6 | tr , '\n' | grep -qx $flag
	done
	works unshare -Urm sh -c 'mount -t tmpfs -o ro none one &&
		exec ch-run --no-default=tmp,cwd,home -b ./one:/mnt:rw "$0" -- \
		sh -c "touch /mnt/x || echo refused"' "$img"
	same "$out" refused
}

@test "X7: sources of every kind" {
	mkfifo fifo
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")'
	for src in fifo sock; do
		works bare -b ./$src:/etc/$src "$img" -- ls -l /etc/$src
	done
	quiet bare -b /:/host "$img" -- ls "/host$T/data"
	same "$out" file
	quiet bare -b "$img/etc:/inside" "$img" -- cat /inside/os-release
	fails 125 ".*'$T/none'.*No such file.*" bare -b "$T/none:/mnt" "$img" -- true
	fails 125 ".*bind '.*' on '/etc/passwd' .*no directory is in its place" \
		bare -b ./data:/etc/passwd "$img" -- true
	fails 125 ".*bind '.*' on '/etc' .*a directory is in its place" \
		bare -b ./data/file:/etc "$img" -- true
}

# --- hostile images

@test "X4 X8 X9: mount points of the image as links, files, fifos, or not at all" {
	own
	for kind in link up file fifo absent loop; do
		for dir in etc dev proc sys tmp home; do
			rm -rf "own/$dir"
			case $kind in
			link) ln -s "$TEST_CANARY" own/$dir ;;
			up) ln -s ../../../../../../../.."$TEST_CANARY" own/$dir ;;
			file) echo x >own/$dir ;;
			fifo) mkfifo own/$dir ;;
			loop) ln -s $dir own/$dir ;;
			esac
		done
		for how in "" --no-overlay; do
			try timeout 20 ch-run $how ./own -- /bin/true
			case $status in 0 | 125) ;; *) show; false ;; esac
			[ "$status" = 0 ] || same "$(wc -l <.err)" 1
			same "$(ls "$TEST_CANARY")" file
		done
	done
}

@test "X5: an image that changes while it is mounted" {
	own
	mkdir own/a own/b
	ln -s "$TEST_CANARY" own/a/evil
	mkdir own/a/good
	(
		exec 3>&-
		while :; do
			mv -T own/a/good own/b/x && mv -T own/a/evil own/a/good
			mv -T own/a/good own/a/evil && mv -T own/b/x own/a/good
		done 2>/dev/null
	) &
	servers+=($!)
	for i in $(seq 100); do
		how=$([ $((i % 2)) = 0 ] || echo --no-overlay)
		try timeout 20 ch-run $how --no-default=tmp,cwd,home \
			-b "$T/data:/a/good/x" -b "$T/data:/a/good" ./own -- \
			cat /a/good/file
		case $status in
		0) same "$out" content ;;
		1 | 125) [ -n "$err" ] ;;
		*) show; false ;;
		esac
		same "$(ls "$TEST_CANARY")" file
	done
	same "$(ls data)" file
}

@test "X6: an image that is replaced while it is started" {
	own
	cp -R own other
	echo ID=other >other/etc/os-release
	(
		exec 3>&-
		while :; do
			mv -T own third && mv -T other own && mv -T third other
		done 2>/dev/null
	) &
	servers+=($!)
	for _ in $(seq 60); do
		try timeout 20 ch-run --no-default=tmp,cwd,home ./own -- \
			sh -c 'head -n1 /etc/os-release; ls -d /proc/self'
		case $status in
		0) ;;
		125) same "$(wc -l <.err)" 1 ;;
		*) show; false ;;
		esac
	done
}

@test "X12 X14: a fake /proc in the image is not believed" {
	own
	mkdir -p own/proc/self/fd own/proc/self/ns
	ln -s "$TEST_CANARY" own/proc/self/cwd
	for i in $(seq 3 40); do ln -s "$TEST_CANARY" own/proc/self/fd/"$i"; done
	echo 0 >own/proc/self/uid_map
	for how in "" --no-overlay; do
		works ch-run $how -b ./data:/mnt ./own -- \
			sh -c 'cat /mnt/file; id -u; stat -f -c %T /proc'
		same "$out" "$(printf 'content\n%s\nproc' "$(id -u)")"
		same "$(cat own/proc/self/uid_map)" 0
	done
	works ch-run --no-default=proc ./own -- cat /proc/self/uid_map
	same "$out" 0
}

@test "X38: user.overlay attributes of the image do nothing to the host" {
	needs_overlay
	needs setfattr
	own
	mkdir own/o
	echo x >own/o/f
	echo y >own/o/m
	setfattr -n user.overlay.opaque -v y own/o
	setfattr -n user.overlay.redirect -v "/../../..$TEST_CANARY" own/o
	setfattr -n user.overlay.metacopy -v x own/o/m
	for how in --write-fake --overlay=st --no-overlay -v; do
		# the kernel may find an error in what stands for m
		works ch-run $how -b ./data:/o/new ./own -- \
			sh -c 'cat /o/f /o/new/file; ls /o; cat /o/m; :'
		same "$(head -n 2 .out)" $'x\ncontent'
		same "$(sed 1,2d .out | grep -vx '[my]')" $'f\nnew'
	done
}

@test "X15: / as the image, and an image on a tmpfs" {
	works ch-run -b ./data:/chassis-new / -- cat /chassis-new/file
	same "$out" content
	absent /chassis-new
	needs_own_tmpfs
	works unshare -Urm sh -c 'mount -t tmpfs none "$0/home" &&
		cp -R "$1/." "$0/home" &&
		exec ch-run -b "$0/data:/mnt" "$0/home" -- ls /mnt' "$T" "$img"
	same "$out" file
}

@test "the host sees nothing of the mounts, the container what the host mounts" {
	before=$(cat /proc/self/mountinfo)
	works ch-run -W --private-tmp -b ./data:/x/y "$img" -- true
	same "$(cat /proc/self/mountinfo)" "$before"
}

# --- writable layers

@test "X39: --write-fake: everything can be changed until it is full, and nothing is" {
	needs_overlay
	own
	"${TREE[@]}" own >before
	works ch-run --write-fake -b ./data:/new/place ./own -- sh -ec '
		echo x >/etc/new; rm -r /opt; mv /etc/passwd /etc/p; mv /etc/p /etc/passwd
		mkdir /opt; echo y >/opt/y; cat /opt/y /new/place/file; id -un'
	same "$out" "$(printf 'y\ncontent\n%s' "$(id -un)")"
	"${TREE[@]}" own >after
	diff before after
	works ch-run -W2M ./own -- sh -c 'dd if=/dev/zero of=/big bs=1M count=9 2>&1 |
		grep space; stat -c %s /big'
	says 'No space left on device'
	works ch-run --write-fake=10% ./own -- touch /x
	fails 125 ".*write-fake.*expected a size.*" ch-run --write-fake=x ./own -- true
	fails 125 ".*can't go together.*" ch-run -W -w ./own -- true
	fails 125 ".*can't go together.*" ch-run -W --no-overlay ./own -- true
	same "$(stat -c %a own/root)" "$(ch-run -W ./own -- stat -c %a /root)"
}

@test "--overlay: a state that is kept, resumed, and built upon" {
	needs_overlay
	works ch-run --overlay=st -b ./data:/made/here "$img" -- sh -c \
		'echo one >/etc/one; rm -r /opt /mnt; cat /made/here/file'
	same "$out" content
	absent st/upper/made st/upper/etc/passwd "$img/etc/one"
	try ch-run --overlay st "$img" -- sh -c 'cat /etc/one; ls -d /opt'
	says '^one'
	says "/opt: No such"
	quiet ch-run --overlay st -b ./data:/mnt "$img" -- cat /mnt/file
	same "$out" content
	# read-only, and below another
	try ch-run --overlay st:ro "$img" -- sh -c 'cat /etc/one; echo x >>/etc/one'
	says '^one'
	says 'Read-only file system'
	quiet ch-run --overlay st:ro --overlay next "$img" -- sh -c \
		'echo two >>/etc/one; cat /etc/one'
	same "$out" "$(printf 'one\ntwo')"
	same "$(cat st/upper/etc/one)" one
	quiet ch-run --overlay st:ro --overlay next:ro -W "$img" -- sh -c \
		'echo three >>/etc/one; cat /etc/one'
	same "$out" "$(printf 'one\ntwo\nthree')"
	same "$(cat next/upper/etc/one)" "$(printf 'one\ntwo')"
	rm -rf st next
	absent st next
}

@test "--overlay: what can't be one" {
	needs_overlay
	fails 125 ".*'\./none'.*No such file.*" ch-run --overlay ./none:ro "$img" -- true
	fails 125 ".*'\./data' holds no layer.*" ch-run --overlay ./data:ro "$img" -- true
	fails 125 ".*one writable layer only.*" \
		ch-run --overlay a --overlay b "$img" -- true
	fails 125 ".*'\./data/file'.*" ch-run --overlay ./data/file "$img" -- true
	mkdir 'c,o:l'
	quiet ch-run --overlay 'c,o:l' "$img" -- touch /x
	[ -e 'c,o:l/upper/x' ]
}

@test "--overlay: accounts that the state adds are seen again" {
	needs_overlay
	works ch-run --overlay=st "$img" -- sh -c \
		'echo extra:x:777:777::/:/bin/sh >>/etc/passwd; id -un'
	same "$out" "$(id -un)"
	works ch-run --overlay=st "$img" -- id -un extra
	same "$out" extra
	works ch-run --overlay=st:ro "$img" -- id -un extra
	same "$out" extra
}

@test "--overlay: a shell that the state adds is the user's" {
	needs_overlay
	export SHELL=/bin/shell-of-test
	works ch-run --overlay=st "$img" -- sh -c \
		'cp /bin/busybox /bin/shell-of-test; echo "$SHELL"'
	same "$out" /bin/sh
	works ch-run --overlay=st:ro "$img" -- sh -c 'echo "$SHELL"'
	same "$out" /bin/shell-of-test
}

# --- what is shown of the host

@test "--private-tmp" {
	echo x >"/tmp/chassis-test-$$"
	works ch-run --private-tmp "$img" -- sh -c 'ls /tmp; echo y >/tmp/y
		ls -ld /tmp; echo "[$TMPDIR]"; pwd'
	rm "/tmp/chassis-test-$$"
	lacks "chassis-test-$$" .out
	says '^drwxrwxrwt'
	says '^\[\]$'
	same "$(tail -1 .out)" "$T"
	absent /tmp/y
	: >"/tmp/chassis-test-$$"
	works ch-run --no-default=home,cwd "$img" -- ls /tmp
	says "^chassis-test-$$\$"
	CH_RUN_PRIVATE_TMP=yes works ch-run --no-default=home,cwd "$img" -- \
		ls -A /tmp /var/tmp
	rm "/tmp/chassis-test-$$"
	same "$out" $'/tmp:\n\n/var/tmp:'
}

@test "--home, --no-home" {
	echo mine >"$HOME/mine"
	works ch-run --home=./data "$img" -- sh -c 'cat ~/file; echo $HOME'
	same "$out" "$(printf 'content\n%s' "$HOME")"
	works ch-run --home=./data:/root "$img" -- sh -c \
		'cat ~/file; echo $HOME; grep "^$(id -un):" /etc/passwd | cut -d: -f6'
	same "$out" "$(printf 'content\n/root\n/root')"
	works env HOME="$T/a:b" ch-run --no-default=tmp,cwd --home=./data "$img" \
		-- sh -c 'cat "$HOME/file"'
	fails 125 ".*'\./none'.*--home.*No such file.*" \
		ch-run --home=./none "$img" -- true
	cd "$HOME"
	works ch-run --no-default=tmp "$img" -- cat mine
	try ch-run --no-default=tmp --no-home "$img" -- cat "$HOME/mine"
	says 'No such file'
	works ch-run --no-default=tmp --no-home "$img" -- sh -c 'echo $HOME; pwd'
	same "$out" "$(printf '/\n/')"
}

@test "--contain: little of the host" {
	echo mine >"$HOME/mine"
	export SECRET=1
	cd data
	for how in "" --no-overlay --write-fake; do
		works ch-run --contain $how "$img" -- sh -c 'ls /tmp "$HOME"; pwd; env
			echo x >/dev/null; echo y | cat /dev/fd/0; ls /dev | sort | xargs
			echo z >~/z; echo t >/tmp/t; id -un'
		lacks SECRET "$T/.out"
		lacks mine "$T/.out"
		says "^$HOME\$"
		says '^fd full null ptmx pts random shm stderr stdin stdout tty urandom zero$'
		says '^y$'
		same "$(tail -1 "$T/.out")" "$(id -un)"
	done
	absent "$HOME/z" /tmp/t
	works ch-run --contain -b "$T/data" "$img" -- cat "$T/data/file"
	same "$out" content
	works ch-run --contain --env=host "$img" -- sh -c 'echo $SECRET'
	same "$out" 1
}

@test "--list-defaults, and a site that changes them" {
	quiet ch-run --list-defaults
	says '^proc +shown +/proc$'
	says "^home +shown +~ = $HOME\$"
	quiet ch-run --list-defaults --no-default=sys,home --private-tmp
	says '^sys +--no-default +/sys$'
	says '^tmp +replaced +/tmp$'
	cat >conf <<-END
	[run]
	no-default = sys
	no-default = machine-id
	bind = /no/such/dir:/site:optional
	bind = $T/data:/site/data
	mount = src=$T/data,dst=/more,ro
	END
	CH_CONFIG=$T/conf quiet ch-run --no-default=hosts --list-defaults
	same "$(grep -c -- --no-default .out)" 3
	CH_CONFIG=$T/conf quiet ch-run --no-default=none --list-defaults
	lacks -- --no-default .out
	CH_CONFIG=$T/conf quiet ch-run "$img" -- cat /site/data/file /more/file
	same "$out" "$(printf 'content\ncontent')"
	fails 125 ".*'nonsense'.*" ch-run --list-defaults --no-default=nonsense
}
