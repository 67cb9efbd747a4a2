#!/usr/bin/env bats
# ch-image.bats - the store, managed: ch-image on what ch-pull and others left.
# SPDX-License-Identifier: Apache-2.0
# needs registry
# shellcheck disable=SC2154 # status, out, err: set by try
load common

extra_teardown() {
	[ -z "${container_pid:-}" ] || kill "$container_pid" 2>/dev/null || :
}

# field EXPRESSION [COMMAND...]: of the JSON (j) that the command prints, by
# default that of list.
field() {
	local what=$1
	shift
	[ $# -gt 0 ] || set -- ch-image list --json
	"$@" >"$T/.json" || return
	python3 -B -c "import json, sys
j = json.load(open(sys.argv[1]))
print($what)" "$T/.json"
}

digest_of() {
	field "[i['digest'] for i in j if i['short'] == '$1'][0]"
}

# The path of blob sha256:HEX, or tree.
blob() {
	echo "$CH_STORE/blobs/${1/://}"
}

tree() {
	echo "$CH_STORE/trees/${1/://}"
}

layer_of() {
	field "j['manifest']['layers'][-1]['digest']" \
		ch-image inspect --json "$1"
}

# run IMAGE: a container that sleeps, until teardown; container_pid.
start_container() {
	ch-run "$1" -- sleep 600 >/dev/null 2>&1 3>&- &
	container_pid=$!
	for _ in $(seq 100); do
		[ "$(tr '\0' ' ' <"/proc/$container_pid/cmdline")" != \
			"sleep 600 " ] || return 0
		sleep 0.1
	done
	return 1
}

needs_containers() {
	unshare -Urm true 2>/dev/null || skip "no user namespaces here"
}

# nothing of value is in the store any more
store_is_empty() {
	same "$(find "$CH_STORE/blobs" "$CH_STORE/trees" "$CH_STORE/tmp" \
		-mindepth 2 2>/dev/null)" ""
}

# damaged LINE...: check finds exactly these, and repairs all of them.
damaged() {
	local want
	want=$(printf '%s\n' "$@")
	try ch-image check
	same "$status" 1
	same "$(sed "s/sha256:[0-9a-f]\{64\}/D/g; s/tree [0-9a-f]\{64\}/tree H/" \
		.out)" "$want"
	same "$err" "ch-image: error: store '$CH_STORE': $# found wrong; --repair repairs what can be"
}

repaired() {
	works ch-image check --repair
	says "^ch-image: [0-9]+ repaired$"
	works ch-image check
}

# --- the tool

@test "verbs: the help names them, and each has its own" {
	quiet ch-image --help
	cp .out help
	for verb in list inspect delete tag du gc check; do
		grep -q "^  $verb " help
		quiet ch-image $verb --help
		same "$(head -1 .out | cut -d'[' -f1)" "Usage: ch-image $verb "
		says "--store=DIR"
	done
	quiet ch-image --help list
	says "Usage: ch-image list"
}

@test "what is no verb, or too much, is wrong usage" {
	list="list, inspect, delete, tag, du, gc, check"
	fails 2 "which verb\? There is $list; see 'ch-image --help'" ch-image
	fails 2 "unknown verb 'lst'; there is $list; see" ch-image lst
	fails 2 "unknown option '--bad'; see 'ch-image list --help'" \
		ch-image list --bad
	fails 2 "which image\? REF is missing; see 'ch-image delete" \
		ch-image delete
	fails 2 "unexpected argument 'x'; see 'ch-image gc" ch-image gc x
	fails 2 "--keep: expected a size .* or an age .*, found '30m'" \
		ch-image gc --keep 30m
}

@test "no store yet: list says so, nothing makes one" {
	works ch-image list
	same "$out" ""
	same "$err" "ch-image: no images: there is no store '$CH_STORE' yet"
	quiet ch-image list --json
	same "$out" "[]"
	for verb in gc du check "delete x" "tag x y"; do
		# shellcheck disable=SC2086 # words
		fails 1 "there is no store '$CH_STORE' yet" ch-image $verb
	done
	fails 1 "no image 'x': there is no store '$CH_STORE' yet" ch-image inspect x
	absent "$CH_STORE"
}

@test "options of all verbs may stand in front, the environment counts" {
	works ch-pull bare:1
	unset CH_STORE
	quiet ch-image -s store list
	says '^bare:1 '
	quiet ch-image list --store=store
	says '^bare:1 '
	CH_STORE=store quiet ch-image list
	says '^bare:1 '
}

@test "the completion knows verbs and their options" {
	works ch-image --help=bash
	cp .out completion
	cat >ask.bash <<-'END'
		. ./completion
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		compopt() { :; }
		_ch_image
		echo "${COMPREPLY[*]}"
	END
	same "$(bash ask.bash ch-image "de")" delete
	same "$(bash ask.bash ch-image gc --dr)" --dry-run
	same "$(bash ask.bash ch-image --dr)" ""
}

# --- list

@test "list: names, sorted, in columns without blanks behind" {
	works ch-pull layered:gzip
	works ch-pull alpine:3.16
	works ch-convert alpine:3.16
	quiet ch-image list
	same "$(awk '{ print $1 }' .out | tr '\n' ' ')" \
		"NAME alpine:3.16 layered:gzip "
	says "^alpine:3\.16 +linux/[a-z0-9]+ +[0-9a-f]{12} .* unpacked$"
	lacks ' $' .out
	quiet ch-image list layered:gzip
	same "$(wc -l <.out)" 2
	fails 1 "no image 'nope' in store '$CH_STORE'" ch-image list nope
}

@test "list --json: all of it, exactly" {
	works ch-pull alpine:3.16
	works ch-convert alpine:3.16
	tree=$out
	digest=$(digest_of alpine:3.16)
	same "$(field "j[0]['name']")" docker.io/library/alpine:3.16
	same "$(field "j[0]['tree']")" "$tree"
	same "$tree" "$(tree "$digest")"
	same "$(field "j[0]['unpacked'], j[0]['damage'], j[0]['readonly']")" \
		"True None False"
	blobs=$(($(stat -c %s "$CH_STORE"/blobs/sha256/* | paste -sd+)))
	record=$(sed -n 's/^bytes = //p' "$tree/ch/image")
	same "$(field "j[0]['size']")" $((blobs + record))
	same "$(field "j[0]['shared']")" 0
	field "j[0]['since']" >since
	grep -Eq '^20[0-9-]{8}T[0-9:]{8}Z$' since
}

@test "what two images share is counted as shared" {
	works ch-pull layered:gzip
	all=$(field "j[0]['size']")
	works ch-pull layered:docker
	own=$(field "j[0]['size']")
	same "$(field "sum(i['size'] > 10000 for i in j)")" 0
	same "$(field "j[1]['size'] + j[1]['shared']")" "$all"
	[ "$own" -lt "$all" ]
	works ch-image du
	says '^blobs +[0-9]+ '
	# the layers are the same, and the configuration
	works ch-image delete layered:docker
	says "freed .*: 1 blob$"
	same "$(field "j[0]['size']")" "$all"
}

@test "two platforms under one name" {
	works ch-pull alpine:3.16
	case $(uname -m) in
	x86_64) here=amd64 there=arm64 ;;
	*) here=arm64 there=amd64 ;;
	esac
	works ch-pull --arch=$there alpine:3.16
	same "$(field "sorted(i['platform'].split('/')[1] for i in j)")" \
		"['amd64', 'arm64']"
	same "$(field "j['config']['architecture']" \
		ch-image inspect --json alpine:3.16)" $here
	same "$(field "j['config']['architecture']" \
		ch-image inspect --json --arch=$there alpine:3.16)" $there
	fails 1 "image 'alpine:3.16' is in store .* for .*, not for linux/s390x" \
		ch-image delete --arch=s390x alpine:3.16
	works ch-image tag alpine:3.16 both:1
	same "$(field "len(j)")" 4
	works ch-image delete both:1
	says "^ch-image: deleted both:1 \(linux/"
	works ch-image delete --arch=$there alpine:3.16
	same "$(field "[i['platform'].split('/')[1] for i in j]")" "['$here']"
	works ch-image gc
	store_is_sound
}

@test "read-only stores are listed and inspected, and marked" {
	works ch-pull --store=site alpine:3.16
	works ch-pull bare:1
	export CH_STORE_READONLY=$T/site
	quiet ch-image list
	says '^alpine:3.16 .* read-only$'
	lacks '^bare:1 .*read-only' .out
	same "$(field "[(i['short'], i['readonly'], i['store']) for i in j]")" \
		"[('alpine:3.16', True, '$T/site'), ('bare:1', False, '$CH_STORE')]"
	quiet ch-image inspect alpine:3.16
	fails 1 "no image 'alpine:3.16' in store '$CH_STORE'" \
		ch-image delete alpine:3.16
}

@test "trees of a read-only store's images stay over gc" {
	works ch-pull --store=site bare:1
	works ch-pull alpine:3.16
	CH_STORE_READONLY=$T/site works ch-convert bare:1
	tree=$out
	CH_STORE_READONLY=$T/site works ch-image gc
	says 'nothing to free'
	[ -d "$tree" ]
	works ch-image gc
	says ': 1 tree$'
	absent "$tree"
}

# --- inspect

@test "inspect: what people look for" {
	works ch-pull rich:1
	quiet ch-image inspect rich:1
	says '^Name: +rich:1$'
	says "^Digest: +$HEX$"
	says '^Platform: +linux/'
	says '^Created: +2026-01-01T00:00:00Z$'
	says '^Directory: +/etc$'
	says '^Entrypoint: +/bin/echo entry$'
	says '^Command: +default$'
	says '^ +RICH=from image$'
	says '^Unpacked: +no$'
	says "^  1  $HEX  .* application/vnd.oci.image.layer.v1.tar.gzip$"
	says '^  1  -  test$'
	works ch-convert rich:1
	quiet ch-image inspect rich:1
	says "^Unpacked: +$CH_STORE/trees/sha256/"
}

@test "inspect --json: the documents themselves" {
	works ch-pull rich:1
	digest=$(digest_of rich:1)
	ch-image inspect --json rich:1 >got
	python3 -B - "$(blob "$digest")" got "$CH_STORE" <<-'END'
		import json, sys
		manifest = json.load(open(sys.argv[1]))
		got = json.load(open(sys.argv[2]))
		assert got["manifest"] == manifest
		config = manifest["config"]["digest"].replace(":", "/")
		config = json.load(open(sys.argv[3] + "/blobs/" + config))
		assert got["config"] == config
		assert got["short"] == "rich:1"
	END
}

@test "text of an image reaches no terminal as it is" {
	python3 -B - <<-'END'
		import sys, os
		sys.path.insert(0, os.environ["TEST_STAGE"] + "/bats/registry")
		from oci import Layout, OCI
		l = Layout(os.environ["CH_STORE"])
		layer, diff_id = l.layer(bytes(1024), "plain")
		c = l.json({"architecture": "amd64\x1b[31m", "os": "linux",
		            "author": "\x1b]0;owned\x07",
		            "config": {"Labels": {"a\x1b[2J": "\u009b31m"},
		                       "Env": ["A=\u202eabc"]},
		            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
		            "history": [{"created_by": "\x1b[2Jrm\r -rf",
		                         "empty_layer": True}]},
		           OCI + "config.v1+json")
		l.tag(l.manifest(c, [layer]), "evil\x1b[1m:1")
	END
	mkdir -p "$CH_STORE/tmp"
	chmod 700 "$CH_STORE"
	for verb in list "list --json" check du; do
		# shellcheck disable=SC2086 # words
		try ch-image $verb
		lacks -P '[\x00-\x09\x0b-\x1f\x7f]' .out .err
		lacks -F "$(printf '\302\233')" .out .err
	done
	digest=$(field "j[0]['digest'][7:17]")
	for verb in "inspect $digest" "inspect --json $digest"; do
		# shellcheck disable=SC2086 # words
		works ch-image $verb
		lacks -P '[\x00-\x09\x0b-\x1f\x7f]' .out .err
		lacks -F "$(printf '\302\233')" .out .err
		lacks -F "$(printf '\342\200\256')" .out .err
	done
	works ch-image inspect "$digest"
	says '^  -  -  \\x1b\[2Jrm\\x0d -rf$'
	works ch-image delete "$digest"
	lacks -P '\x1b' .out .err
	same "$(field j)" "[]"
}

# --- names

@test "delete: the name, and what nobody else needs" {
	works ch-pull alpine:3.16
	works ch-convert alpine:3.16
	works ch-pull bare:1
	works ch-image delete alpine:3.16
	says '^ch-image: deleted alpine:3.16 \(linux/'
	says '^ch-image: freed .*: 3 blobs, 1 tree$'
	same "$(store_names)" docker.io/library/bare:1
	store_is_sound
	absent "$CH_STORE"/trees/sha256/*
	works ch-image delete bare:1
	store_is_empty
}

@test "delete: all that are named, or none" {
	works ch-pull alpine:3.16
	works ch-pull bare:1
	fails 1 "no image 'nope' in store '$CH_STORE'" \
		ch-image delete alpine:3.16 nope
	same "$(field "len(j)")" 2
	works ch-image delete alpine:3.16 bare:1
	same "$(field j)" "[]"
	store_is_empty
}

@test "by digest: its start, if there is one only" {
	works ch-pull alpine:3.16
	works ch-image tag alpine:3.16 mine:1
	digest=$(digest_of mine:1)
	quiet ch-image list "${digest:7:6}"
	same "$(wc -l <.out)" 3
	quiet ch-image inspect "${digest:0:20}"
	fails 1 "no image '${digest:7:5}' in store" ch-image inspect \
		"${digest:7:5}"
	fails 1 "no image '${digest:0:12}' in store .*; the start of a digest has at least 6 digits$" \
		ch-image inspect "${digest:0:12}"
	works ch-image delete "$digest"
	same "$(field j)" "[]"
	store_is_empty
}

@test "tag: a second name, and the image stays until the last is gone" {
	works ch-pull alpine:3.16
	quiet ch-image tag alpine:3.16 registry.example:5000/my/alpine:x
	same "$(field "j[0]['digest'] == j[1]['digest']")" True
	same "$(field "j[0]['source'] == j[1]['source']")" True
	same "$(field "j[0]['size'], j[0]['shared'] > 0")" "0 True"
	works ch-image delete alpine:3.16
	says "nothing to free: other names need all of it"
	store_is_sound
	works ch-convert registry.example:5000/my/alpine:x
	works ch-image delete registry.example:5000/my/alpine:x
	store_is_empty
	works ch-pull bare:1
	fails 2 "'x@sha256:.*': a new name can't have a digest" ch-image tag \
		bare:1 "x@sha256:$(printf a%.0s $(seq 64))"
	fails 2 ".*upper case 'X'" ch-image tag bare:1 X
	fails 2 "the new name NEW is missing" ch-image tag bare:1
}

@test "names that another program has made" {
	works skopeo --insecure-policy copy -q "oci:$TEST_IMAGES/rich:1" \
		"oci:$CH_STORE:some:thing"
	mkdir -p "$CH_STORE/tmp"
	chmod 700 "$CH_STORE"
	quiet ch-image list some:thing
	says '^some:thing +linux/'
	quiet ch-image inspect some:thing
	works ch-image delete some:thing
	store_is_empty
}

# --- gc

@test "gc: what no name needs, and --dry-run only lists it" {
	works ch-pull alpine:3.16
	works ch-convert alpine:3.16
	works ch-pull bare:1
	cp "$CH_STORE/index.json" before
	python3 -B - "$CH_STORE/index.json" <<-'END'
		import json, sys
		j = json.load(open(sys.argv[1]))
		j["manifests"] = [m for m in j["manifests"]
		                  if "bare" in str(m["annotations"])]
		json.dump(j, open(sys.argv[1], "w"))
	END
	works ch-image gc --dry-run
	same "$(grep -Ec "^blob $HEX " .out)" 3
	same "$(grep -Ec "^tree $HEX " .out)" 1
	says '^ch-image: would free .*: 3 blobs, 1 tree$'
	same "$(find "$CH_STORE"/blobs/sha256 -type f | wc -l)" 6
	works ch-image du
	says '^trees +1 .* [1-9.]+ [KM]iB$'
	works ch-image gc
	says '^ch-image: freed .*: 3 blobs, 1 tree$'
	same "$(find "$CH_STORE"/blobs/sha256 -type f | wc -l)" 3
	store_is_sound
	works ch-image gc
	says 'nothing to free'
	cp before "$CH_STORE/index.json"
	works ch-pull alpine:3.16
	store_is_sound
}

@test "gc --keep: by size the newest, by age the young" {
	works ch-pull layered:gzip
	works ch-pull bare:1
	touch -d '3 days ago' "$(blob "$(layer_of layered:gzip)")"
	echo '{"schemaVersion":2,"manifests":[]}' >"$CH_STORE/index.json"
	works ch-image gc --keep=2d
	says ': 1 blob$'
	works ch-image gc --keep 1G
	says 'nothing to free'
	works ch-image gc --keep 0h
	store_is_empty
}

@test "gc: others read the store as before" {
	works ch-pull alpine:3.16
	works ch-pull rich:1
	works ch-image delete alpine:3.16
	works ch-image gc
	works skopeo --insecure-policy copy -q \
		"oci:$CH_STORE:docker.io/library/rich:1" oci:copy:x
}

@test "gc: what another program has nested stays: an index, its images" {
	works skopeo --insecure-policy copy -q --all \
		"oci:$TEST_IMAGES/alpine:3.16" "oci:$CH_STORE:docker.io/library/a:1"
	mkdir -p "$CH_STORE/tmp"
	chmod 700 "$CH_STORE"
	n=$(find "$CH_STORE/blobs/sha256" -type f | wc -l)
	works ch-image list
	says '^a:1 +2 platforms '
	works ch-image gc
	same "$(find "$CH_STORE/blobs/sha256" -type f | wc -l)" "$n"
	works ch-convert a:1
	works ch-image check
	quiet ch-image inspect a:1
	works ch-image delete a:1
	store_is_empty
}

@test "gc: what was set aside goes back if a name needs it" {
	works ch-pull alpine:3.16
	works ch-convert alpine:3.16
	digest=$(digest_of alpine:3.16)
	layer=$(layer_of alpine:3.16)
	for d in "$digest" "$layer"; do
		mv "$(blob "$d")" \
			"$CH_STORE/tmp/.ch-old.blob.${d/:/.}.1000.0123456789abcdef"
	done
	mv "$(tree "$digest")" \
		"$CH_STORE/tmp/.ch-old.tree.${digest/:/.}.1000.0123456789abcdef"
	works ch-image gc
	says 'nothing to free'
	store_is_sound
	[ -f "$(tree "$digest")/ch/image" ]
	works ch-image check
}

@test "gc: partial downloads and dead leases go" {
	works ch-pull bare:1
	hex=$(printf 'a%.0s' $(seq 64))
	echo part >"$CH_STORE/tmp/part.sha256.$hex"
	echo dead >"$CH_STORE/tmp/lease.sha256.$hex"
	touch -d '3 days ago' "$CH_STORE"/tmp/*
	works ch-image du
	says '^partial downloads +1 +5 B +0 B +5 B$'
	same "$(field "j['partial']['reclaimable'], j['trees']['number']" \
		ch-image du --json)" "5 0"
	works ch-image gc
	says 'freed 5 B: 1 partial download$'
	store_is_sound
}

# pull_big RULES: in the background, from registry/faulty.py; sets pull, its pid.
pull_big() {
	local port
	serve ports python3 -B "$TEST_STAGE/bats/registry/faulty.py" \
		--script "$1" --log faulty.log "$TEST_IMAGES/big" || return
	read -r port _ <ports
	env -u CH_REGISTRY ch-pull --tls-verify=no "127.0.0.1:$port/x:1" \
		>pull.out 2>&1 3>&- &
	pull=$!
}

@test "gc beside a pull: blobs are left alone, the image is whole" {
	works ch-pull bare:1
	pull_big '[{"path": "/blobs/", "nth": 4, "pause_at": [100000, 10]}]'
	for _ in $(seq 100); do
		[ -z "$(find "$CH_STORE/blobs/sha256" -size +1M)" ] || break
		sleep 0.1
	done
	works ch-image delete bare:1
	says "blobs were left alone, since something is being pulled"
	wait "$pull"
	works ch-image gc
	says ': 3 blobs$'
	store_is_sound
	works ch-image check
}

@test "gc beside a pull that has no blob in hand: blobs are left alone" {
	works ch-pull bare:1
	pull_big '[{"method": "GET", "what": "manifest", "pause": 60}]'
	for _ in $(seq 100); do
		! compgen -G "$CH_STORE/tmp/lease.image.*" >/dev/null || break
		sleep 0.1
	done
	works ch-image delete bare:1
	says "blobs were left alone, since something is being pulled"
	kill "$pull"
	wait "$pull" || :
	works ch-image gc
	says ': 3 blobs$'
}

@test "two gc at once: each thing is freed once, none complains" {
	for _ in 1 2 3; do
		works ch-pull layered:gzip
		works ch-convert layered:gzip
		echo '{"schemaVersion":2,"manifests":[]}' \
			>"$CH_STORE/index.json"
		ch-image gc >one 2>&1 3>&- &
		other=$!
		works ch-image gc
		wait $other || {
			cat one
			return 1
		}
		store_is_empty
	done
}

# --- what runs

@test "a container keeps its tree; gc frees it afterwards" {
	needs_containers
	works ch-pull alpine:3.16
	start_container alpine:3.16
	digest=$(digest_of alpine:3.16)
	works ch-image delete alpine:3.16
	says "tree ${digest:7:12} stays: in use by process $container_pid \(sleep\)"
	absent "$(tree "$digest")"
	works nsenter --preserve-credentials -U -m -t "$container_pid" \
		/bin/cat /etc/os-release
	works ch-image gc
	says "stays: in use by process $container_pid"
	works ch-image du
	says '^set aside +1 '
	# pulled again, there are two, and the old one is of no use
	works ch-pull alpine:3.16
	works ch-run alpine:3.16 -- true
	kill "$container_pid"
	wait "$container_pid" || :
	works ch-image gc
	says "freed .*: 1 tree$"
	store_is_sound
	works ch-run alpine:3.16 -- true
}

@test "a group's store: trees stay for a week, or go with --now" {
	works ch-pull bare:1
	chmod 2770 "$CH_STORE"
	works ch-convert bare:1
	tree=$(basename "$out")
	works ch-image delete bare:1
	says "tree ${tree:0:12} stays for a week: others of the group may run it where this can't be seen; --now removes it"
	says 'freed .*: 3 blobs$'
	works ch-image gc
	says "stays for a week"
	works ch-image gc --now
	says 'freed .*: 1 tree$'
	store_is_sound
}

# --- check

@test "check: a sound store, fast and slow" {
	works ch-pull layered:gzip
	works ch-convert layered:gzip
	works ch-image check
	same "$err" "ch-image: store '$CH_STORE' is sound: 1 image, 6 blobs, 1 tree"
	works ch-image check --quick
	quiet ch-image -q check
}

@test "check: a bit flipped; --repair and a pull make it whole" {
	works ch-pull alpine:3.16
	layer=$(blob "$(layer_of alpine:3.16)")
	chmod u+w "$layer"
	printf X | dd of="$layer" bs=1 seek=1000 conv=notrunc status=none
	works ch-image check --quick
	damaged "blob D: its content is D"
	repaired
	same "$(field j)" "[]"
	works ch-pull alpine:3.16
	works ch-image check
	store_is_sound
}

@test "check: a blob cut short, one missing, one a fifo, one a link" {
	works ch-pull layered:gzip
	layer=$(blob "$(layer_of layered:gzip)")
	truncate -s 100 "$layer"
	try ch-image check --quick
	says "^image 'layered:gzip' \(linux/.*\): blob $HEX: expected [0-9]+ bytes, found 100$"
	works ch-image list
	says '^layered:gzip .* damaged$'
	rm "$layer"
	damaged "image 'layered:gzip' ($(field "j[0]['platform']")): blob D is missing"
	mkfifo "$layer"
	damaged "blob D: not a regular file" \
		"image 'layered:gzip' ($(field "j[0]['platform']")): blob D is not a regular file"
	rm "$layer"
	ln -s /etc/passwd "$layer"
	damaged "blob D: not a regular file" \
		"image 'layered:gzip' ($(field "j[0]['platform']")): blob D is not a regular file"
	repaired
	works ch-pull layered:gzip
	store_is_sound
	works ch-image check
}

@test "check: a manifest gone: nothing is freed while its needs are unknown" {
	works ch-pull alpine:3.16
	works ch-pull bare:1
	n=$(find "$CH_STORE/blobs/sha256" -type f | wc -l)
	mv "$(blob "$(digest_of alpine:3.16)")" manifest
	fails 1 "image 'alpine:3.16' is damaged \(blob $HEX is missing\), so nobody knows what it needs; pull or delete it, or run 'ch-image check --repair'" \
		ch-image gc
	works ch-image delete bare:1
	says 'warning: nothing is freed: image .alpine:3.16. is damaged'
	same "$(find "$CH_STORE/blobs/sha256" -type f | wc -l)" $((n - 1))
	works ch-pull alpine:3.16
	works ch-image gc
	says ': 3 blobs$'
	works ch-image check
	rm "$(blob "$(digest_of alpine:3.16)")"
	works ch-image check --repair
	says "its name removed: pull it again"
	works ch-image gc
	store_is_empty
}

@test "check: trees: no record, another's, set-ID, modes" {
	works ch-pull alpine:3.16
	works ch-convert alpine:3.16
	tree=$out
	rm "$tree/ch/image"
	damaged "tree H: its record /ch/image is missing"
	repaired
	absent "$tree"
	works ch-convert alpine:3.16
	sed -i 's/^manifest = .*/manifest = sha256:0000/' "$tree/ch/image"
	damaged "tree H: its record /ch/image is of another manifest"
	repaired
	works ch-convert alpine:3.16
	chmod u+s "$tree/bin/busybox"
	mkdir -m 0 "$tree/etc/shut"
	damaged "tree H/bin/busybox: has a set-ID bit" \
		"tree H/etc/shut: directory lacks a permission of its owner"
	works ch-image check --quick
	repaired
	same "$(stat -c %a "$tree/etc/shut")" 700
	works ch-image check
}

@test "check: what is unknown is named and left alone" {
	works ch-pull alpine:3.16
	touch "$CH_STORE/notes" "$CH_STORE/tmp/mine" \
		"$CH_STORE/blobs/sha256/x$(printf '\033')y"
	damaged "'notes': unknown" "'tmp/mine': unknown" \
		"'blobs/sha256/x\\x1by': unknown"
	try ch-image check --repair
	same "$status" 1
	same "$err" "ch-image: error: store '$CH_STORE': 3 found wrong, which can't be repaired"
	[ -e "$CH_STORE/notes" ]
	rm "$CH_STORE/notes" "$CH_STORE/tmp/mine" "$CH_STORE"/blobs/sha256/x*
	works ch-image check
}
