# faulty.bash - what the suites with the misbehaving registry share.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034 # variables from and for others
#
# registry/faulty.py says what the rules mean. It listens on two ports, which
# stand for two hosts: $bad and $other; a third, $tls, speaks TLS.
load common

extra_setup() {
	unset CH_REGISTRY http_proxy https_proxy no_proxy HTTPS_PROXY \
		ALL_PROXY NO_PROXY
}

# rules JSON: what faulty.py does from now on; its counters start anew.
rules() {
	echo "$1" >rules.new
	mv rules.new rules
}

# faulty LAYOUT RULES [OPTION...]: start it, in place of what ran before; sets
# bad, other, tls. LAYOUT is one of the images, or a path.
faulty() {
	local layout=$TEST_IMAGES/$1
	[ "$1" = "${1#/}" ] || layout=$1
	servers_stop
	rules "$2"
	shift 2
	: >faulty.log
	serve ports python3 -B "$TEST_STAGE/bats/registry/faulty.py" \
		--control rules --log "$T/faulty.log" "$@" "$layout" || return
	read -r bad other tls <ports
	bad=127.0.0.1:$bad other=127.0.0.1:$other tls=127.0.0.1:$tls
}

# shape NAME [ARGUMENT]: faulty.py with a layout of shapes.py; sets made, the
# digest of its last tag.
shape() {
	rm -rf "$T/shape"
	made=$(python3 -B "$TEST_STAGE/bats/registry/shapes.py" "$1" \
		"$T/shape" "${2:-}") || return
	faulty "$T/shape" "${3:-[]}"
}

# The registry with an image that a tag has left, and the one it names now.
# refused and updated need it.
start() {
	shape moved || return
	moved="{\"path\": \"/manifests/1\$\", \"wrong_digest\": \"$made\"}"
	ch-pull -q --store=had "$bad/x:1" || return
	ch-pull -q --no-store "$bad/x:1" ./had-img || return
	inventory had >had.list
	"${TREE[@]}" had-img >had-img.list
}

# What a store promises to keep.
inventory() {
	(cd "$1" && find . -type f ! -path './tmp/*' -exec sha256sum {} + |
		LC_ALL=C sort)
}

# The store but for partial files, which a later pull goes on with.
store_is_whole() {
	local view=$T/view odd
	odd=$(find "$1/tmp" -mindepth 1 ! -name 'part.*' 2>/dev/null)
	same "$odd" "" || return
	rm -rf "$view"
	mkdir "$view"
	[ ! -e "$1" ] || ln -s "$1/blobs" "$1/index.json" "$view"
	store_is_sound "$view"
}

# in_background NAME COMMAND...: -> NAME.err, NAME.status
in_background() {
	local name=$1
	shift
	{
		local rc=0
		"$@" >"$name.out" 2>"$name.err" </dev/null || rc=$?
		echo $rc >"$name.status"
	} 3>&- &
	jobs_now+=($!)
}

# said NAME REGEX: that job failed with one line and nothing else.
said() {
	if [ "$(cat "$1.status")" = 1 ] && [ ! -s "$1.out" ] &&
		[ "$(wc -l <"$1.err")" = 1 ] &&
		grep -Eqx -- "ch-pull: error: $bad/x:1: $2" "$1.err"; then
		return 0
	fi
	echo "wanted of $1: status 1, one line: $2"
	echo "status $(cat "$1.status"): $(cat "$1.out" "$1.err")"
	return 1
}

# refused RULES REGEX [OPTION...]: with these faults a pull fails, with exactly
# this line behind the image's name: to a new directory, to a new store, in
# place of an image, into a store that has the tag already. Nothing is left of
# the first two, and the others keep what they have. Then, without the faults,
# all four work. -q, since each attempt that is not the last has a line of its
# own.
refused() {
	local faults=$1 regex=$2 jobs_now=()
	shift 2
	rm -rf img img-over store store-over store-both
	cp -a had store-over
	cp -a had-img img-over
	rules "[$moved, ${faults#\[}"
	four "$@"
	said dir "$regex" && said store "$regex" && said over "$regex" ||
		return
	# What a tag has now is asked for with HEAD: no body, so no reason; and
	# there is something that helps.
	regex="${regex//: as the script says/(: as the script says)?}"
	said store-over "$regex(; --offline takes what the store has)?" || return
	absent img || return
	store_is_whole "$T/store" || return
	store_is_whole "$T/store-both" || return
	same "$(store_names)" "" || return
	diff had-img.list <("${TREE[@]}" img-over) || return
	previous_is_whole || return
	rules "[$moved]"
	all_work
}

# Pull in the four ways at once, with "$@".
four() {
	in_background dir ch-pull -q --no-store "$@" "$bad/x:1" ./img
	in_background store ch-pull -q "$@" "$bad/x:1"
	in_background over ch-pull -q --store=store-both --force "$@" \
		"$bad/x:1" ./img-over
	in_background store-over ch-pull -q --store=store-over "$@" "$bad/x:1"
	wait "${jobs_now[@]}"
	jobs_now=()
}

previous_is_whole() {
	store_is_whole "$T/store-over" || return
	inventory store-over >now.list
	# more blobs are no harm
	same "$(LC_ALL=C comm -23 had.list now.list)" ""
}

all_work() {
	local name
	four
	for name in dir store over store-over; do
		same "$(cat $name.status $name.err)" 0 || return
	done
	[ -f img/only/new ] && [ -f img-over/only/new ] || return
	absent img-over/only/old || return
	store_is_sound || return
	store_is_sound "$T/store-over"
}

# survives RULES [OPTION...]: with these faults a pull works, into a store and
# to a directory, at the same time and by two names: "nth" needs "each".
survives() {
	local faults=$1 name jobs_now=()
	shift
	rm -rf img store
	rules "$faults"
	in_background store ch-pull -q "$@" "$bad/one:1"
	in_background dir ch-pull -q --no-store "$@" "$bad/two:1" ./img
	wait "${jobs_now[@]}"
	for name in store dir; do
		same "$(cat $name.status $name.err)" 0 || return
	done
	[ -d img/only ] || return
	same "$(store_names)" "$bad/one:1" || return
	store_is_sound
}

# at_each FILE: pull $bad/at-N:1 for each number N in FILE, 16 at a time, to
# ./img-N if N is even, into ./store-N if it is odd; NAME=N.err and N.status.
at_each() {
	rm -rf img-* store-[0-9]*
	# shellcheck disable=SC2016 # for the inner shell
	xargs -P 16 -n 1 sh -c '
		n=$2 name=$1/at-$2:1 rc=0
		if [ $((n % 2)) = 0 ]; then
			set -- --no-store "$name" ./img-"$n"
		else
			set -- --store=store-"$n" "$name"
		fi
		ch-pull -q "$@" >"$n.err" 2>&1 </dev/null || rc=$?
		echo $rc >"$n.status"
	' sh "$bad" <"$1" 3>&-
}

# all_pulled FILE IMAGE: at_each has worked for all of them, as for IMAGE.
all_pulled() {
	local n
	while read -r n; do
		same "$n: $(cat "$n.status" "$n.err")" "$n: 0" || return
		if [ $((n % 2)) = 0 ]; then
			cmp "$2/only/file" "img-$n/only/file" || return
		else
			store_is_sound "$T/store-$n" || return
			[ -e "store-$n/index.json" ] || return
		fi
	done <"$1"
}

# The number of requests so far whose path matches.
asked() {
	grep -Ec "\"path\": \"[^\"]*$1" faulty.log || :
}

# login USER:PASSWORD [HOST]: writes auth.json
login() {
	printf '{"auths":{"%s":{"auth":"%s"}}}' "${2:-$bad}" \
		"$(printf %s "$1" | base64)" >auth.json
	chmod 600 auth.json
}

# secret: a rule that wants a login, of TYPE; sets secrets, patterns for grep
# that must be seen nowhere but at the registry.
secret() {
	login alice:wonderland "${2:-$bad}"
	secrets=(-e wonderland -e "$(printf alice:wonderland | base64)"
		-e 'token-[0-9]' -e 'Basic ' -e 'Bearer [A-Za-z0-9]')
	auth="\"auth\": {\"type\": \"$1\", \"user\": \"alice\",
		\"password\": \"wonderland\", \"anonymous\": false}"
}

# kept_secret PORT: the listener PORT was asked, but got nothing of the login.
kept_secret() {
	grep "\"port\": $1" faulty.log >elsewhere || {
		echo "nobody asked port $1"
		return 1
	}
	lacks -i -e authorization -e cookie elsewhere || return
	lacks "${secrets[@]}" elsewhere
}

# told_nobody FILE...: nor is it in the store, nor in these files.
told_nobody() {
	if grep -rs "${secrets[@]}" "$CH_STORE" "$@"; then
		echo "(a secret got out)"
		return 1
	fi
}
