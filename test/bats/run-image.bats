#!/usr/bin/env bats
# run-image.bats - what an image says of how it is run: its command, directory,
# scripts and apps.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2016 # set by try; for the shell inside
load common

extra_setup() {
	img=$TEST_STAGE/tmp/image-img
	[ -d "$img" ] || ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" "$img"
	HOME=$T/home
	mkdir "$HOME"
}

# own [JSON]: a copy of the image, ./own, with that in its configuration.
own() {
	cp -R "$img" own
	chmod -R u+w own/ch
	printf '{"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": []}, "config": %s}\n' \
		"${1:-{\}}" >own/ch/config.json
}

# sing: a copy that has scripts instead, as in a SIF file: ./own.
sing() {
	own
	rm -r own/ch
	mkdir -p own/.singularity.d/env
	printf '#!/bin/sh\necho "runscript $*"\n' >own/.singularity.d/runscript
	chmod 755 own/.singularity.d/runscript
	echo 'export PATH=/usr/bin:/bin:/image/bin' \
		>own/.singularity.d/env/10-docker2singularity.sh
	cat >own/.singularity.d/env/90-environment.sh <<-'END'
	export PLAIN="from script"
	export PATH=/opt/x/bin:$PATH
	END
}

# --- the command

@test "without a command: the image's entry point and command" {
	own '{"Entrypoint": ["echo", "entry"], "Cmd": ["cmd", "two words"]}'
	works ch-run ./own
	same "$out" "entry cmd two words"
	works ch-run ./own --
	same "$out" "entry cmd two words"
	works ch-run ./own -- echo mine
	same "$out" mine
	own2=$(ch-run --dry-run ./own)
	echo "$own2" | grep -Fqx \
		"run echo entry cmd 'two words' (the image's command)"
}

@test "--entrypoint: in front of the user's arguments" {
	own '{"Entrypoint": ["echo", "entry"], "Cmd": ["cmd"]}'
	works ch-run --entrypoint ./own -- a 'b c'
	same "$out" "entry a b c"
	works ch-run --entrypoint ./own
	same "$out" "entry cmd"
	rm -r own
	own '{"Cmd": ["echo", "cmd"]}'
	works ch-run --entrypoint ./own -- echo mine
	same "$out" mine
}

@test "without a command anywhere: a shell that the image has" {
	own
	same "$(echo 'echo $((6 * 7))' | ch-run ./own)" 42
	works ch-run --dry-run ./own
	says '^run /bin/[a-z]*sh \(a shell\)$'
	works ch-run ./own -- sh -c 'grep "^$(id -un):" /etc/passwd'
	[ -e "own/${out##*:}" ]
}

@test "X22: the image's working directory goes with its own command" {
	own '{"Cmd": ["pwd"], "WorkingDir": "/usr/share"}'
	works ch-run ./own
	same "$out" /usr/share
	works ch-run ./own -- pwd
	same "$out" "$T"
	works ch-run --cd=/etc ./own
	same "$out" /etc
	# where the caller's is not inside, before home
	works ch-run --no-default=tmp,cwd,home ./own -- pwd
	same "$out" /usr/share
}

@test "X22: a hostile working directory of the image" {
	for dir in /no/such /etc/passwd /proc/self/fd/7 ../../.. \
		'/\u001b[2J'; do
		rm -rf own
		own "{\"Cmd\": [\"pwd\"], \"WorkingDir\": \"$dir\"}"
		ln -s "$TEST_CANARY" own/link
		works ch-run ./own 7<"$TEST_CANARY"
		same "$out" "$T"
	done
	rm -rf own
	own '{"Cmd": ["pwd"], "WorkingDir": "/link"}'
	ln -s "$TEST_CANARY" own/link
	works ch-run --no-default=tmp,cwd,home ./own
	same "$out" /
}

@test "X22: --cd to what is not inside" {
	for dir in /no/such /etc/passwd /proc/self/fd/7; do
		fails 125 ".*'$dir'.*--cd.*" \
			ch-run --cd=$dir "$img" -- pwd 7<"$TEST_CANARY"
	done
	own
	ln -s "$TEST_CANARY" own/out
	fails 125 ".*'/out'.*--cd.*No such file" \
		ch-run --no-default=tmp,cwd,home --cd=/out ./own -- pwd
}

@test "X19: a broken or hostile configuration is told, and a shell runs" {
	own
	mkdir other
	for how in fifo link dir huge garbage; do
		rm -rf own/ch/config.json
		case $how in
		fifo) mkfifo own/ch/config.json ;;
		link) ln -s "$TEST_CANARY/file" own/ch/config.json ;;
		dir) mkdir own/ch/config.json ;;
		huge) truncate -s 10G own/ch/config.json ;;
		garbage) echo '{"config": [' >own/ch/config.json ;;
		esac
		try timeout 20 ch-run --cd=/ --no-default=tmp,cwd,home ./own
		same "$status" 0
		# a link leads nowhere in the image, where nothing is
		[ $how = link ] ||
			says '^ch-run: warning: ignored in the image: .*config\.json'
		# with a command nobody looks
		quiet ch-run ./own -- true
	done
}

@test "X19: hostile files of variables: a device, a link out, 10 GiB" {
	own
	for how in fifo link dir huge; do
		rm -rf own/ch/environment
		case $how in
		fifo) mkfifo own/ch/environment ;;
		link) ln -s /dev/zero own/ch/environment ;;
		dir) mkdir own/ch/environment ;;
		huge) truncate -s 10G own/ch/environment ;;
		esac
		try timeout 20 ch-run ./own -- echo on
		same "$status" 0
		same "$out" on
		[ $how = link ] ||
			says '^ch-run: warning: ignored in the image: .*environment'
	done
}

@test "X28: what an image names is shown without its escapes" {
	own '{"Cmd": ["/no\u001b[2Jsuch"]}'
	fails 127 ".*'/no\\\\x1b\[2Jsuch'.*" ch-run ./own
	works ch-run --dry-run ./own
	lacks -P '\x1b' "$T/.out"
	printf 'A=\033[2J\n' >own/ch/environment
	works ch-run --dry-run ./own
	lacks -P '\x1b' "$T/.out"
	says '^env A=\\x1b\[2J \(image\)$'
}

@test "a foreign architecture: the image's, or one program's" {
	own
	mkdir own/t
	# the program's head with another machine
	m='\0267\0000'
	[ "$(uname -m)" != aarch64 ] || m='\0076\0000'
	name=arm64
	[ "$(uname -m)" != aarch64 ] || name=amd64
	cp own/bin/busybox own/t/foreign
	printf '%b' "$m" | dd of=own/t/foreign bs=1 seek=18 conv=notrunc 2>dd.log
	fails 126 ".*'/t/foreign': it is for .*, this machine is $(uname -m)" \
		ch-run ./own -- /t/foreign
	cp own/t/foreign own/bin/busybox
	fails 126 ".*'ls': the image is $name, this machine is $(uname -m)" \
		ch-run ./own -- ls
	printf '#!/bin/sh\necho\n' >own/t/script
	chmod 755 own/t/script
	fails 126 ".*'/t/script': the image is $name, this machine is .*" \
		ch-run ./own -- /t/script
}

# --- scripts, as in a SIF file

@test "scripts: a runscript, and variables that are read, not run" {
	sing
	works ch-run ./own
	same "$out" "runscript "
	works ch-run --entrypoint ./own -- a 'b c'
	same "$out" "runscript a b c"
	works ch-run ./own -- sh -c 'echo "$PLAIN"; echo $PATH'
	same "$(echo "$out" | head -1)" "from script"
	case $out in
	*"
/opt/x/bin:/usr/bin:/bin:/image/bin"*) ;;
	*) show; false ;;
	esac
	mv own/bin/sh own/bin/sh.away
	works ch-run ./own -- /bin/busybox env
	grep -qx 'PLAIN=from script' "$T/.out"
	works ch-run --dry-run ./own
	says '^env PLAIN=from script \(image\)$'
	lacks '^script ' "$T/.out"
}

@test "scripts that are more than assignments are run by the image's shell" {
	sing
	cat >own/.singularity.d/env/91-more.sh <<-'END'
	if [ -d /etc ]; then
		export FOUND="$(echo a b)"
	fi
	export SAW="$FROM_HOST" JOB="$SLURM_JOB_ID"
	unset TZ
	echo noise
	export LAST="it's
	two lines"
	END
	export FROM_HOST=1 SLURM_JOB_ID=7 TZ=UTC
	works ch-run ./own -- sh -c \
		'echo "$FOUND|$SAW|$JOB|${TZ-none}|$PLAIN|$LAST"'
	same "$out" "a b||7|none|from script|it's
two lines"
	says '^noise$'
	# the host's that the image does not set are there all the same
	works ch-run ./own -- sh -c 'echo $FROM_HOST'
	same "$out" 1
	# and --set-env has the last word
	works ch-run --set-env='FOUND=[$FOUND]' --unset-env=PLAIN ./own -- \
		sh -c 'echo "$FOUND${PLAIN-none}"'
	same "$out" "[a b]none"
	works ch-run --env=host ./own -- sh -c 'echo "${FOUND-none}"'
	same "$out" none
	works ch-run --dry-run ./own
	says "^script '/\.singularity\.d/env/91-more\.sh'"
	same "$(echo "$out" | grep -c noise)" 0
}

@test "scripts that fail or hostile ones: a warning, and what was read" {
	sing
	echo 'exit 3' >own/.singularity.d/env/91-more.sh
	works ch-run ./own -- sh -c 'echo "$PLAIN"'
	says '^ch-run: warning: .*scripts.*status 3'
	says '^from script$'
	rm own/.singularity.d/env/91-more.sh
	mkfifo own/.singularity.d/env/92-fifo.sh
	ln -s "$TEST_CANARY/file" own/.singularity.d/env/93-link.sh
	try timeout 20 ch-run ./own -- sh -c 'echo "$PLAIN"'
	same "$status" 0
	says '^from script$'
}

# --- apps of the Scientific Filesystem

@test "--app: its runscript, its variables" {
	sing
	app=own/scif/apps/foo
	mkdir -p $app/scif/env $app/bin own/scif/apps/bar
	printf '#!/bin/sh\necho "foo: $*"\n' >$app/scif/runscript
	printf '#!/bin/sh\necho tool\n' >$app/bin/tool
	chmod 755 $app/scif/runscript $app/bin/tool
	echo 'export FOO="$SCIF_APPNAME at $SCIF_APPROOT"' \
		>$app/scif/env/90-environment.sh
	works ch-run --app=foo ./own
	same "$out" "foo: "
	works ch-run --app=foo --entrypoint ./own -- a b
	same "$out" "foo: a b"
	works ch-run --app=foo ./own -- tool
	same "$out" tool
	works ch-run --app=foo ./own -- sh -c 'echo "$FOO"; echo $PATH'
	case $out in
	"foo at /scif/apps/foo
/scif/apps/foo/bin:/scif/apps/foo:/opt/x/bin:"*) ;;
	*) show; false ;;
	esac
	echo 'export FOO=$(echo run)' >>$app/scif/env/90-environment.sh
	works ch-run --app=foo ./own -- sh -c 'echo "$FOO"; tool'
	same "$out" "$(printf 'run\ntool')"
	fails 125 ".*no app 'baz'; it has: bar, foo" ch-run --app=baz ./own
	fails 125 ".*--app '\.\./foo': not a name" ch-run --app=../foo ./own
	fails 125 ".*no app 'foo', and no other" ch-run --app=foo "$img"
	works ch-run ./own -- sh -c 'echo "${SCIF_APPNAME-none}"'
	same "$out" none
}
