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
	[ -p img/t/fifo ]
	[ -p img/t/other ]
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

@test "identities: taken on without effect, as user and as root" {
	needs cc
	cc -static -o img/inside "$TEST_STAGE/bats/inside.c" ||
		skip "no static programs can be made here"
	for uid in "$(id -u)" 0; do
		works ch-run --uid="$uid" --seccomp ./img -- /inside identities
		lacks -vE ': (ok|yes)$' "$T/.out"
		works ch-run --uid="$uid" ./img -- /inside identities
		grep -q 'setuid: E' "$T/.out"
	done
}

@test "as root: files keep one owner, packages are installed" {
	root=(quiet ch-run --uid=0 --gid=0 --seccomp --write
		"--no-default=home,cwd,user" ./img --)
	mkdir -p src/d
	echo y >src/d/file
	mkfifo src/d/fifo
	tar -C src --owner=4242 --group=4343 --numeric-owner -cf img/t/a.tar d
	"${root[@]}" tar -C /t -xpf /t/a.tar
	same "$(stat -c %u:%g img/t/d/file)" "$(id -u):$(id -g)"
	"${root[@]}" sh -c 'command -v adduser >/dev/null || exit 0
		addgroup -S service && adduser -S -G service -h /t/home service'
	grep -q '^service:' img/etc/passwd
	"${root[@]}" sh -c 'echo x >/t/s; install -o 7 -g 8 -m 4755 /t/s /t/i'
	same "$(stat -c %a img/t/i)" 4755
}

@test "as root: apk installs a package with owners, devices and scripts" {
	[ -x img/sbin/apk ] || skip "the image is not Alpine's"
	python3 - img/t/own.apk <<-'END'
		import gzip, hashlib, io, sys, tarfile
		def pack(files, **how):
		    out = io.BytesIO()
		    with tarfile.open(fileobj=out, mode="w", **how) as tar:
		        for name, text, mode in files:
		            i = tarfile.TarInfo(name)
		            if text is None:
		                i.type, i.mode = tarfile.DIRTYPE, mode
		                tar.addfile(i)
		                continue
		            i.uid, i.gid, i.mode, i.size = 4242, 4343, mode, len(text)
		            i.pax_headers["APK-TOOLS.checksum.SHA1"] = \
		                hashlib.sha1(text).hexdigest()
		            tar.addfile(i, io.BytesIO(text))
		    return out.getvalue()
		data = gzip.compress(pack([("srv", None, 0o755),
		                           ("srv/data", b"1\n", 0o640)],
		                          format=tarfile.PAX_FORMAT))
		info = "pkgname = own\npkgver = 1-r0\narch = noarch\nsize = 1\n" \
		    "pkgdesc = x\nurl = x\nlicense = x\ndatahash = " + \
		    hashlib.sha256(data).hexdigest() + "\n"
		post = "#!/bin/sh -e\nadduser -S -D -H own\nchown own /srv/data\n" \
		    "mknod /srv/null c 1 3\n"
		control = pack([(".PKGINFO", info.encode(), 0o644),
		                (".post-install", post.encode(), 0o755)],
		               format=tarfile.USTAR_FORMAT)
		# one stream: the first archive has no end (apk v2)
		while control.endswith(bytes(512)):
		    control = control[:-512]
		open(sys.argv[1], "wb").write(gzip.compress(control) + data)
	END
	works ch-run --uid=0 --gid=0 --seccomp --write \
		--no-default=home,cwd,user ./img -- \
		apk add --allow-untrusted --no-network --repositories-file=/dev/null \
		/t/own.apk
	says 'OK:'
	same "$(cat img/srv/data)" 1
	grep -q '^own:' img/etc/passwd
	try ch-run --uid=0 --gid=0 --write --no-default=home,cwd,user ./img -- \
		chown own /srv/data
	[ "$status" != 0 ]
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
