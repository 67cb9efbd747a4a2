#!/usr/bin/env bats
# seccomp.bats - root emulation: what only root may do "succeeds".
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2016 # set by try; for the shell inside
load common

# A tree of its own for each test, which changes it.
extra_setup() {
	HOME=$T/home
	mkdir "$HOME"
	ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" ./img
	mkdir img/t
}

# as_root COMMAND...: in the image, which may be changed.
as_root() {
	quiet ch-run --seccomp --write ./img -- "$@"
}

# fails_inside COMMAND...: without --seccomp.
fails_inside() {
	try ch-run --write ./img -- "$@"
	[ "$status" != 0 ]
	says 'not permitted|Invalid argument' # the id is not mapped
}

@test "chown and its kin succeed and change nothing" {
	as_root sh -c 'echo x >/t/f && ln -s f /t/link &&
		chown 0:0 /t/f && chown -h 12:34 /t/link && chgrp 5 /t/f &&
		chown -R 1:1 /t'
	same "$(stat -c %u:%g img/t/f)" "$(id -u):$(id -g)"
	fails_inside chown 0:0 /t/f
}

@test "mknod: devices are not made, fifos are" {
	as_root mknod /t/null c 1 3
	as_root mknod /t/disk b 8 0
	absent img/t/null img/t/disk
	as_root mknod /t/fifo p
	as_root mkfifo /t/other
	[ -p img/t/fifo ] && [ -p img/t/other ]
	fails_inside mknod /t/null c 1 3
}

@test "programs that set owners: install, cp -p, tar" {
	as_root sh -c 'echo x >/t/f && install -o 7 -g 8 -m 640 /t/f /t/g'
	same "$(stat -c %a:%u img/t/g)" "640:$(id -u)"
	mkdir -p src/d
	echo y >src/d/file
	mkfifo src/d/fifo
	tar -C src --owner=4242 --group=4343 --numeric-owner -cf img/t/a.tar d
	as_root tar -C /t -xpf /t/a.tar
	[ -p img/t/d/fifo ]
	same "$(cat img/t/d/file)" y
	same "$(stat -c %u img/t/d/file)" "$(id -u)"
}

@test "it is inherited, and new privileges are given up" {
	works ch-run --seccomp ./img -- sh -c \
		'sh -c "grep -E ^\(Seccomp\|NoNewPrivs\): /proc/self/status"'
	same "$out" $'NoNewPrivs:\t1\nSeccomp:\t2'
	works ch-run --seccomp ./img -- sh -c '(chown 9:9 / &) ; chown 9:9 /'
}

@test "nothing of it without the option" {
	want=$(grep ^Seccomp: /proc/self/status)
	works ch-run ./img -- grep ^Seccomp: /proc/self/status
	same "$out" "$want"
	works ch-run --dry-run ./img -- true
	lacks 'fake root' "$T/.out"
	works ch-run --dry-run --seccomp ./img -- true
	grep -qx 'fake root (from --seccomp)' "$T/.out"
}
