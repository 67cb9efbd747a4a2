# hostile.bash - for the suites of the catalogue of hostile inputs.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # T: set by setup
#
# The canary must stay as it is in all that can be seen of it. Images go to
# $OUT, alone in its directory; $TMPDIR is one of its own. Both must be empty
# when the test is over, but for OUT.

canary_state() {
	stat -c '%n %F %a %h %s %y %z %i' "$TEST_CANARY" "$TEST_CANARY"/*
	getfattr -d -m - "$TEST_CANARY" "$TEST_CANARY"/* 2>/dev/null || :
}

# Behind what a limit's message says.
# shellcheck disable=SC2034 # for the suites
LIMITS='; see LIMITS in ch-convert\(1\)$'

# Those that take seconds, or a lot of room.
HUGE='^(bomb-.*|hard-many|json-64mib|many-.*)$'
CATALOGUE=(python3 -B "$TEST_STAGE/bats/catalogue.py")

# make_case NAME...: these images, here. To start Python takes longer than most
# of them: all but the huge ones are made with the first, for the whole file.
make_case() {
	local all=$TEST_STAGE/tmp/catalogue name
	if [ ! -d "$all" ]; then
		mkdir "$all"
		"${CATALOGUE[@]}" | grep -Evx "$HUGE" | (cd "$all" &&
			xargs "${CATALOGUE[@]}" . "$TEST_CANARY") || return
	fi
	for name; do
		rm -rf "$name" "$name.tar"
		if [ -e "$all/$name" ]; then
			cp -a "$all/$name" . || return
			[ ! -e "$all/$name.tar" ] || cp -a "$all/$name.tar" .
		else
			"${CATALOGUE[@]}" . "$TEST_CANARY" "$name" || return
		fi
	done
}

hostile_setup() {
	export TMPDIR=$T/tmp
	OUT=./out/img
	MAKE=(make_case)
	mkdir "$T/tmp" "$T/out"
	canary_before=$(canary_state)
}

# bats calls it after a failed test, too.
hostile_teardown() {
	TMPDIR=${T%/*}
	same "$(canary_state)" "$canary_before" || return
	[ -z "$(ls -A "$T/tmp")" ] || {
		echo "left in TMPDIR: $(ls -A "$T/tmp")"
		return 1
	}
	[ -z "$(find "$T/out" -mindepth 1 -maxdepth 1 ! -name img)" ] || {
		echo "left beside OUT: $(ls -A "$T/out")"
		return 1
	}
}

# nothing_made: no OUT, and nothing beside it.
nothing_made() {
	same "$(ls -A "$T/out" "$T/tmp")" "$(printf '%s:\n\n%s:' \
		"$T/out" "$T/tmp")"
}

# Kinds that are written while layers are applied, by way of squashfs, of SIF,
# of tar archives; and those that take layers as they are.
# shellcheck disable=SC2034 # for the suites
FLAT=(squash sif tar tar.gz)
# shellcheck disable=SC2034
COPY=(oci oci-archive docker-archive store)

# refused KIND REGEX IN: one line says so, and nothing is there.
refused() {
	local to=$1:$OUT how=()
	case $1 in
	tar.gz)
		to=tar:$OUT
		how=(--compress=gzip)
		;;
	store) to=store:out:1 ;;
	esac
	if fails 1 "$2" timeout 60 ch-convert "${how[@]}" "$3" "$to" &&
		nothing_made && same "$(store_names)" ""; then
		return 0
	fi
	echo "(to $1)"
	return 1
}

# each_refused IN REGEX [KIND...]: to a directory, and to each KIND.
each_refused() {
	local in=$1 regex=$2 kind
	shift 2
	rm -rf "$OUT"
	for kind in dir "$@"; do
		refused "$kind" "$in: $regex" "$in" || return
	done
}

# refuses NAME REGEX [KIND...]: the image.
refuses() {
	"${MAKE[@]}" "$1" && each_refused "oci:$1" "${@:2}"
}

# refuses_flat NAME REGEX [KIND...]: an archive of what its topmost layer holds.
refuses_flat() {
	"${MAKE[@]}" "$1" && each_refused "tar:$1.tar" "${@:2}"
}

# accepts NAME: into a new OUT.
accepts() {
	"${MAKE[@]}" "$1" || return
	rm -rf "$OUT"
	works timeout 60 ch-convert "oci:$1" "$OUT"
}

# accepts_flat NAME: an archive of what its topmost layer holds.
accepts_flat() {
	"${MAKE[@]}" "$1" || return
	rm -rf "$OUT"
	works timeout 60 ch-convert "tar:$1.tar" "$OUT"
}

# begin IN OUT: in the background, as $pid, until something is there, or it is
# done.
begin() {
	# some are ignored in the background, or by who started the tests
	env --default-signal=INT,QUIT,HUP ch-convert "$1" "$2" 2>.err.all >.out &
	pid=$!
	until compgen -G 'out/.ch-tmp.*' >.found ||
		! kill -0 $pid 2>/dev/null; do
		:
	done
}

# plain: OUT holds what most images here hold, all of it and no more.
plain() {
	same "$(cd "$OUT" && find . -path ./ch -prune -o -type f -print)" \
		./d/file || return
	same "$(sha256sum <"$OUT/d/file")" \
		"$(yes 'some text ' | head -99 | tr -d '\n' | sha256sum)"
}

# lists [-printf FORMAT]: what OUT holds, without /ch, sorted.
lists() {
	(cd "$OUT" && find . -path ./ch -prune -o "${@:--print}" | LC_ALL=C sort)
}

# lean MIB COMMAND...: works, and with less memory than that.
lean() {
	local limit=$1
	shift
	works python3 -c '
import resource, subprocess, sys
status = subprocess.run(sys.argv[2:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
print(used, "MiB")
sys.exit(status or used >= int(sys.argv[1]))' "$limit" "$@"
}
