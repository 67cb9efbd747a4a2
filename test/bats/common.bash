# common.bash - what the suites share: a place of their own, and assertions.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# suite.sh has set: TEST_STAGE, TEST_IMAGES (OCI layouts), TEST_REGISTRY (the
# same images pushed), TEST_CANARY (must never change), CH_REGISTRY, CH_CONFIG.

# shellcheck disable=SC2034 # for the suites
HEX='sha256:[0-9a-f]{64}'
TREE=(python3 -B "$TEST_STAGE/bats/tree.py")

setup() {
	T=$(mktemp -d "$TMPDIR/t.XXXXXX")
	cd "$T" || return
	export CH_STORE=$T/store HOME=$TEST_STAGE/tmp/home
	servers=()
	unset CH_ARCH CH_NO_STORE CH_PARALLEL CH_PROGRESS CH_THREADS \
		CH_TLS_VERIFY CH_TIMEOUT SSL_CERT_FILE \
		CH_RUN_ENV CH_RUN_JOIN CH_RUN_JOIN_WAIT CH_RUN_NO_DEFAULT \
		CH_RUN_NO_HOME CH_RUN_NO_OVERLAY CH_RUN_PRIVATE_TMP CH_RUN_UNPACK \
		CH_STORE_READONLY REGISTRY_AUTH_FILE CH_REGISTRY_AUTH_FILE
	if declare -F extra_setup >/dev/null; then
		extra_setup
	fi
}

# Each test is also a test of this: nothing outside was touched, nothing
# unfinished is left. To be told by the status: bats runs it after a failed test,
# too, and an exit would take that one's report with it.
teardown() {
	local left failed=0
	if declare -F extra_teardown >/dev/null; then
		extra_teardown || failed=1
	fi
	servers_stop
	cd / || return
	[ "$(cat "$TEST_CANARY"/*)" = untouched ] || {
		echo "outside of the image: $(ls -la "$TEST_CANARY")"
		failed=1
	}
	left=$(find "$T" -name '.ch-tmp.*' | head -3)
	chmod -R u+rwX "$T" 2>/dev/null
	rm -rf "$T"
	[ -z "$left" ] || {
		echo "left behind: $left"
		failed=1
	}
	return $failed
}

show() {
	echo "command: $*"
	echo "status:  $status"
	echo "stdout:  $out"
	echo "stderr:  $err"
}

# What ch-pull says of each layer that has come, where there is no terminal.
LAYER_LINE='^ch-pull: .*: (layer [0-9]+ of [0-9]+|configuration): [0-9.]+ [KMG]?i?B, sha256:[0-9a-f]{12}'

# try COMMAND...: sets status, out and err, which is without the lines of layers;
# those are in $T/.err.all, with the rest.
try() {
	status=0
	"$@" >"$T/.out" 2>"$T/.err.all" </dev/null || status=$?
	grep -Ev "$LAYER_LINE" "$T/.err.all" >"$T/.err" || :
	out=$(cat "$T/.out")
	err=$(cat "$T/.err")
}

# works COMMAND...: status 0.
works() {
	try "$@"
	[ "$status" = 0 ] || {
		show "$@"
		return 1
	}
}

# quiet COMMAND...: status 0, and not a word on stderr, of layers either.
quiet() {
	works "$@" || return
	[ ! -s "$T/.err.all" ] || {
		show "$@"
		return 1
	}
}

# fails STATUS REGEX COMMAND...: that status, nothing on stdout, one line on
# stderr that matches the extended regular expression behind "TOOL: error: ".
fails() {
	local want=$1 regex=$2
	shift 2
	try "$@"
	if [ "$status" = "$want" ] && [ -z "$out" ] &&
		[ "$(wc -l <"$T/.err")" = 1 ] &&
		grep -Eq "^ch-[a-z]+: error: ($regex)" "$T/.err"; then
		return 0
	fi
	echo "wanted:  status $want, one line: $regex"
	show "$@"
	return 1
}

# same TEXT TEXT: with both shown if they differ.
same() {
	[ "$1" = "$2" ] || {
		diff <(echo "$1") <(echo "$2") | head -40
		return 1
	}
}

# says REGEX: some line of the last output, of either stream.
says() {
	grep -Eq -e "$1" "$T/.out" "$T/.err.all" || {
		echo "wanted:  $1"
		show "(before)"
		return 1
	}
}

# lacks PATTERN... FILE: no line matches. (A "! grep" fails no test: the shell
# takes a negation for meant.) A file that is not there has no say in it.
lacks() {
	local found=0
	grep "$@" || found=$?
	case $found in
	0) echo "(that should not be there)" ;;
	1) return 0 ;;
	esac
	return 1
}

# The sanitizers' own code, which needs memory, processes and /proc, is in the
# way of what the test is about.
not_sanitized() {
	! nm -D "$(command -v ch-run)" 2>/dev/null | grep -q __asan_init ||
		skip "not with sanitizers"
}

# ours NAME: the processes of that name (ps -o comm) that this suite has started;
# what ps(1) shows of their arguments may be cut.
ours() {
	local pid
	for pid in $(pgrep -u "$(id -u)" -x "$1"); do
		! grep -qz "^TEST_STAGE=$TEST_STAGE\$" "/proc/$pid/environ" ||
			echo "$pid"
	done 2>/dev/null
}

# alpine_as BASE: the same image as BASE-dir, BASE.sqfs and BASE.sif, made once.
alpine_as() {
	local out
	[ ! -e "$1.sif" ] || return 0
	for out in "$1-dir" "$1.sqfs" "$1.sif"; do
		ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" "$out" || return
	done
}

# soon COMMAND...: it is true, or becomes so within 30 seconds.
soon() {
	local _
	for _ in $(seq 300); do
		if "$@"; then
			return 0
		fi
		sleep 0.1
	done 2>/dev/null
	echo "never: $*" >&2
	return 1
}

# The same for a shell inside: sh -c "$SOON; soon test -e go".
SOON=$(declare -f soon)

absent() {
	local path
	for path; do
		if [ -e "$path" ] || [ -L "$path" ]; then
			echo "'$path' exists"
			return 1
		fi
	done
}

# The store as its rules have it: each blob is what its name says, nothing is
# unfinished but what the next run goes on with, every name in the index has its
# manifest.
store_is_sound() {
	local store=${1:-$CH_STORE} digest
	[ -e "$store" ] || return 0
	[ -z "$(find "$store/tmp" -mindepth 1 -regextype posix-extended \
		! -regex '.*/part\.sha256\.[0-9a-f]{64}' 2>/dev/null)" ] || {
		echo "left in tmp: $(ls -lA "$store/tmp")"
		return 1
	}
	if compgen -G "$store/blobs/sha256/*" >/dev/null; then
		(cd "$store/blobs/sha256" && sha256sum -- *) >"$T/.sums" ||
			return
		lacks -Ev '^([0-9a-f]{64})  \1$' "$T/.sums" || return
	fi
	[ -e "$store/index.json" ] || return 0
	# not of annotations: what an image was taken from is not kept
	grep -o '"digest": *"sha256:[0-9a-f]*"' "$store/index.json" |
		grep -o 'sha256:[0-9a-f]*' >"$T/.digests" || :
	while read -r digest; do
		[ -e "$store/blobs/${digest/://}" ] || {
			echo "no blob for $digest"
			return 1
		}
	done <"$T/.digests"
}

# Names of the images in the store.
store_names() {
	[ ! -e "$CH_STORE/index.json" ] || grep -o \
		'"org.opencontainers.image.ref.name": *"[^"]*"' \
		"$CH_STORE/index.json" | sed 's/.*"\([^"]*\)"$/\1/'
}

# trees_equal OURS OTHER: OTHER is another program's, so its modes are put
# through our rule first, and /ch is ours alone.
trees_equal() {
	"${TREE[@]}" -x ch "$1" >"$T/.ours" || return
	"${TREE[@]}" -n -x ch "$2" >"$T/.other" || return
	diff "$T/.other" "$T/.ours" >"$T/.diff" || {
		head -40 "$T/.diff"
		return 1
	}
}

# Number of requests the registry has answered so far.
# It logs them after the answer, so what is counted must have come to rest.
requests() {
	local n='' last
	while :; do
		last=$n
		n=$(grep -c '"\(GET\|HEAD\|POST\|PUT\) /v2/' \
			"$TEST_REGISTRY_LOG" || :)
		[ "$n" != "$last" ] || break
		sleep 0.3
	done
	echo "$n"
}

needs() {
	local p
	for p; do
		command -v "$p" >/dev/null || skip "$p is not here"
	done
}

# Can this machine give us a tmpfs of our own?
needs_own_tmpfs() {
	unshare -Urm mount -t tmpfs none /mnt 2>/dev/null ||
		skip "no user namespaces for a small tmpfs"
}

# stopped_by NAME: one line says so; none is right, too, if the signal came
# before main was reached.
stopped_by() {
	[ -n "$err" ] || return 0
	same "$err" "${err%%:*}: interrupted by $1"
}

# interrupt SIGNAL SECONDS COMMAND...: send SIGNAL after that time; the status
# is the command's own. timeout(1) gives the child the default dispositions,
# which a background job of a shell has not.
interrupt() {
	local signal=$1 after=$2
	shift 2
	try timeout --preserve-status --signal="$signal" "$after" "$@"
}

# serve FILE COMMAND...: run it in the background until the test is over; its first
# line is FILE.
serve() {
	local file=$1
	shift
	: >"$file" # the job below may be slow to make it
	"$@" >"$file" 2>"$file.err" </dev/null 3>&- &
	servers+=($!)
	for _ in $(seq 300); do
		[ ! -s "$file" ] || return 0
		sleep 0.1
	done
	cat "$file.err"
	return 1
}

servers_stop() {
	local pid
	for pid in "${servers[@]}"; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	servers=()
}

# registry NAME EXTRA [MORE]: one more, with what that of all suites has, or if
# NAME is "empty" with nothing, and with EXTRA in its http section; sets at. Its
# log is NAME.log.
registry() {
	local data=$TEST_STAGE/tmp/registry/data
	[ "$1" != empty ] || data=$T/empty
	cat >"$1.yml" <<-END
	version: 0.1
	log: {level: info}
	storage: {filesystem: {rootdirectory: $data}}
	http: {addr: "127.0.0.1:0"$2}
	${3:-}
	END
	# shellcheck disable=SC2016 # for the inner shell
	serve "$1.log" sh -c 'exec "$0" "$@" 2>&1' \
		"$(command -v docker-registry || command -v registry)" \
		serve "$1.yml" || return
	for _ in $(seq 300); do
		at=$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' \
			"$1.log")
		[ -z "$at" ] || return 0
		sleep 0.1
	done
	cat "$1.log"
	return 1
}

# buildah_image: an image of two layers, the layout ./mine and in a storage of
# buildah's own; sets own, the options for that, and id.
buildah_image() {
	own=(--storage-driver vfs --root "$T/s" --runroot "$T/r")
	# All is root's: in buildah's namespace there is nobody else.
	mkdir -p one/a two/b
	echo 1 >one/a/f
	echo 2 >two/b/g
	for n in one two; do
		tar --owner=0 --group=0 -C $n -cf $n.tar .
	done
	python3 -B "$TEST_STAGE/bats/registry/oci.py" mine 1 one.tar two.tar
	id=$(unshare -r buildah "${own[@]}" pull -q oci:mine:1 2>buildah.err) ||
		skip "buildah does not run here: $(tail -1 buildah.err)"
}

# sif TAG [CONFIGTYPE]: the layout ./sif of a file that begins as SIF files do.
sif() {
	printf '#!/usr/bin/env run-singularity\n\0SIF_MAGIC\00001\0' >file.sif
	head -c 100000 /dev/urandom >>file.sif
	python3 -B - "$TEST_STAGE/bats/registry" "$1" \
		"${2:-application/vnd.sylabs.sif.config.v1+json}" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1])
		import oci
		layout = oci.Layout("sif")
		layout.tag(layout.manifest(
		    layout.blob(b"{}", sys.argv[3]),
		    [layout.blob(open("file.sif", "rb").read(),
		                 "application/vnd.sylabs.sif.layer.v1.sif")]),
		    sys.argv[2])
	END
}
