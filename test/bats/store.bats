# store.bats - the store when pulls break off, die, meet each other, and when
# it is shared or only read.
# shellcheck disable=SC2030,SC2031 # variables of a test stay in it
# SPDX-License-Identifier: Apache-2.0
# needs registry
load common

extra_setup() {
	unset CH_REGISTRY CH_STORE_READONLY
	pids=''
}

extra_teardown() {
	local pid
	for pid in $pids; do
		kill -9 "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
}

# faulty LAYOUT RULES: serve it; rules can be changed in the file `rules`.
faulty() {
	local port
	echo "$2" >rules
	: >faulty.log
	serve ports python3 -B "$TEST_STAGE/bats/registry/faulty.py" \
		--control "$T/rules" --log "$T/faulty.log" "$1" || return
	read -r port _ <ports
	at=127.0.0.1:$port
}

# The layers of a layout's only image, by their digests' hexadecimal part.
layers() {
	python3 -B - "$1" <<-'EOF'
		import json, sys
		def load(name):
		    return json.load(open(sys.argv[1] + "/" + name))
		def blob(d):
		    return load("blobs/" + d["digest"].replace(":", "/"))
		m = blob(load("index.json")["manifests"][0])
		print(*[d["digest"][7:] for d in m["layers"]])
	EOF
}

# Requests for blob HEX that want its first byte.
from_zero() {
	grep "\"GET\".*/blobs/sha256:$1" faulty.log |
		grep -vc '"Range": "bytes=[1-9]' || :
}

# Requests for blob HEX that go on in it.
from_later() {
	grep "\"GET\".*/blobs/sha256:$1" faulty.log |
		grep -c '"Range": "bytes=[1-9]' || :
}

# Are there at least 1 MiB of blob HEX?
has_part() {
	local file
	for file in "$CH_STORE/tmp/part.sha256.$1"*; do
		[ ! -e "$file" ] || [ "$(stat -c %s "$file")" -lt 1048576 ] ||
			return 0
	done
	return 1
}

in_tmp() {
	find "$CH_STORE/tmp" -mindepth 1 -name "$1" | wc -l
}

# begin NAME COMMAND...: in the background; sets pid.
begin() {
	local name=$1
	shift
	"$@" >"$name.out" 2>"$name.err" </dev/null 3>&- &
	pid=$!
	pids="$pids $pid"
}

# A pull of `big` whose second layer stops in the middle; sets hex and pid.
half_pulled() {
	read -r _ hex _ <<<"$(layers "$TEST_IMAGES/big")"
	faulty "$TEST_IMAGES/big" "[{\"path\": \"/blobs/sha256:$hex\",
		\"pause_at\": [4000000, 60]}]"
	begin half ch-pull "$at/x:1"
	soon has_part "$hex"
}

ended() { # STATUS
	local status=0
	wait "$pid" || status=$?
	same "$status" "$1"
}

# The rest is asked for, and it becomes the whole.
goes_on() {
	: >faulty.log
	echo '[]' >rules
	works ch-pull "$at/x:1"
	same "$(from_zero "$hex")" 0
	[ "$(from_later "$hex")" -ge 1 ]
	store_is_sound
	same "$(in_tmp '*')" 0
	works ch-convert "$at/x:1" ./img
	[ -f img/big/3.999 ]
}

# --- gone on with

@test "a pull that was interrupted is gone on with" {
	half_pulled
	kill -TERM "$pid"
	ended 143
	grep -q 'interrupted by SIGTERM' half.err
	[ -f "$CH_STORE/tmp/part.sha256.$hex" ]
	same "$(in_tmp 'lease.*')" 0
	store_is_sound
	goes_on
}

@test "a pull that was killed is gone on with" {
	half_pulled
	kill -KILL "$pid"
	ended 137
	same "$(in_tmp "lease.sha256.$hex")" 1
	goes_on
}

@test "a pull whose registry went away is gone on with" {
	half_pulled
	servers_stop
	ended 1
	[ -f "$CH_STORE/tmp/part.sha256.$hex" ]
	store_is_sound
	faulty "$TEST_IMAGES/big" '[]'
	goes_on
}

@test "what was left is not what it should be: begun anew, once" {
	half_pulled
	kill -TERM "$pid"
	ended 143
	printf XXXX | dd of="$CH_STORE/tmp/part.sha256.$hex" bs=1 seek=1000 \
		conv=notrunc status=none
	echo '[]' >rules
	works ch-pull "$at/x:1"
	store_is_sound
	same "$(in_tmp '*')" 0
}

@test "what was left can't be opened: fetched from the start" {
	half_pulled
	kill -TERM "$pid"
	ended 143
	rm "$CH_STORE/tmp/part.sha256.$hex"
	ln -s "$TEST_CANARY/file" "$CH_STORE/tmp/part.sha256.$hex"
	echo '[]' >rules
	works ch-pull "$at/x:1"
	store_is_sound
	same "$(in_tmp '*')" 0
}

@test "a blob with a wrong sum leaves nothing to go on with" {
	faulty "$TEST_IMAGES/bare" '[{"path": "/blobs/", "flip": 20}]'
	fails 1 ".*expected $HEX.*" ch-pull -q "$at/x:1"
	read -r hex <<<"$(layers "$TEST_IMAGES/bare")"
	echo "[{\"path\": \"/blobs/sha256:$hex\", \"flip\": 20}]" >rules
	fails 1 ".*layer 1 of 1: expected $HEX, got $HEX" ch-pull -q "$at/x:1"
	same "$(in_tmp '*')" 0
	store_is_sound
}

@test "the image that was there stays whole" {
	works ch-pull "$TEST_REGISTRY/library/alpine:3.16"
	before=$(find "$CH_STORE/blobs" -type f -exec sha256sum {} + | sort)
	half_pulled
	kill -KILL "$pid"
	ended 137
	same "$(find "$CH_STORE/blobs" -type f -exec sha256sum {} + | sort |
		comm -13 - <(echo "$before"))" ""
	works ch-convert "$TEST_REGISTRY/library/alpine:3.16" ./img
}

# --- together

@test "two pulls of one image at once: each blob is asked for once" {
	faulty "$TEST_IMAGES/big" '[{"path": "/blobs/", "pause": 0.5}]'
	begin one ch-pull "$at/x:1"
	one=$pid
	begin two ch-pull "$at/x:1"
	ended 0
	pid=$one
	ended 0
	for hex in $(layers "$TEST_IMAGES/big"); do
		same "$(from_zero "$hex")" 1
	done
	same "$(in_tmp '*')" 0
	store_is_sound
}

@test "twenty pulls of one image at once" {
	faulty "$TEST_IMAGES/layered-gzip" '[]'
	all=''
	for i in $(seq 20); do
		begin "many$i" ch-pull "$at/x:1"
		all="$all $pid"
	done
	for pid in $all; do
		ended 0
	done
	for hex in $(layers "$TEST_IMAGES/layered-gzip"); do
		same "$(from_zero "$hex")" 1
	done
	same "$(in_tmp '*')" 0
	store_is_sound
}

# Does the pull that began as two wait for the other?
two_waits() {
	grep -q "^ch-pull: .*/x:1: waiting for ch-pull [0-9]*, which is pulling it" \
		two.err
}

@test "who fetches is killed: who waits takes over, where that stopped" {
	half_pulled
	one=$pid
	begin two ch-pull -v "$at/x:1"
	soon two_waits
	kill -0 "$pid"
	same "$(from_zero "$hex")" 1
	echo '[]' >rules
	kill -KILL "$one"
	ended 0
	same "$(from_zero "$hex")" 1
	[ "$(from_later "$hex")" -ge 1 ]
	# A lease on a blob that was complete is nobody's concern but the next
	# writer's.
	works ch-pull "$at/x:1"
	says unchanged
	store_is_sound
	same "$(in_tmp '*')" 0
}

@test "who waits is interrupted: who fetches goes on" {
	half_pulled
	one=$pid
	begin two ch-pull -v "$at/x:1"
	soon two_waits
	kill -TERM "$pid"
	ended 143
	kill -0 "$one"
	same "$(in_tmp "lease.sha256.$hex")" 1
	kill -TERM "$one"
	pid=$one
	ended 143
}

@test "two images with a layer in common, at once" {
	mkdir both
	cp -R "$TEST_IMAGES/big/." both
	cp -R "$TEST_IMAGES/layered-gzip/." both
	python3 -B - "$TEST_IMAGES" <<-'EOF'
		import json, sys
		all = []
		for name in "big", "layered-gzip":
		    index = json.load(open(f"{sys.argv[1]}/{name}/index.json"))
		    entry = index["manifests"][0]
		    entry["annotations"] = {
		        "org.opencontainers.image.ref.name": name[:3]}
		    all.append(entry)
		index["manifests"] = all
		json.dump(index, open("both/index.json", "w"))
	EOF
	read -r -a big <<<"$(layers "$TEST_IMAGES/big")"
	read -r -a layered <<<"$(layers "$TEST_IMAGES/layered-gzip")"
	same "${big[0]}" "${layered[0]}"
	faulty "$T/both" '[{"path": "/blobs/", "pause": 0.5}]'
	begin one ch-pull "$at/x:big"
	one=$pid
	begin two ch-pull "$at/x:lay"
	ended 0
	pid=$one
	ended 0
	same "$(from_zero "${big[0]}")" 1
	same "$(store_names | wc -l)" 2
	store_is_sound
}

# --- only read

published() {
	(umask 022 && mkdir site && export CH_STORE=$T/site &&
		works ch-pull "$TEST_REGISTRY/library/alpine:3.16" && "$@") || return
	chmod -R a-w site
}

@test "ch-run takes a tree from a read-only store" {
	published ch-convert "$TEST_REGISTRY/library/alpine:3.16"
	quiet ch-run --store-readonly="$T/site" "$TEST_REGISTRY/library/alpine:3.16" \
		-- cat /etc/os-release
	absent "$CH_STORE"
	CH_STORE_READONLY=/nowhere:$T/site \
		works ch-run "$TEST_REGISTRY/library/alpine:3.16" -- true
	says "^ch-run: warning: no read-only store '/nowhere'"
	same "$(find site -newer site/oci-layout -path '*tmp/*')" ""
	chmod -R u+w site
}

@test "an image without a tree in a read-only store: unpacked in the own" {
	published true
	export CH_STORE_READONLY=$T/site
	quiet ch-run "$TEST_REGISTRY/library/alpine:3.16" -- true
	same "$(find "$CH_STORE/trees/sha256" -mindepth 1 -maxdepth 1 |
		wc -l)" 1
	absent site/trees
	works ch-convert "$TEST_REGISTRY/library/alpine:3.16" ./img
	[ -f img/etc/os-release ]
	chmod -R u+w site
}

@test "a bad blob in a read-only store: named, and nothing is removed" {
	published true
	chmod -R u+w site
	hex=$(layers site)
	printf X | dd of="site/blobs/sha256/$hex" bs=1 seek=99999 \
		conv=notrunc status=none
	fails 1 ".*layer 1 of 1: expected $HEX, got $HEX" \
		ch-convert --store-readonly="$T/site" \
		"$TEST_REGISTRY/library/alpine:3.16" ./img
	[ -f "site/blobs/sha256/$hex" ]
	absent img
}

@test "a read-only store that all can write to is refused" {
	published true
	chmod u+w site
	chmod 777 site
	fails 125 "read-only: store '$T/site' can be written by everybody.*" \
		ch-run --store-readonly="$T/site" "$TEST_REGISTRY/library/alpine:3.16"
	chmod -R u+w site
}

@test "an image that is missing, for an architecture" {
	works ch-pull --arch=amd64 "$TEST_REGISTRY/library/alpine:3.16"
	fails 1 "no image 'none:1' .*; get it with 'ch-pull --arch=arm64 none:1'" \
		ch-convert --arch=arm64 none:1
	fails 1 "image '.*' is in store '.*' for linux/amd64, not for linux/arm64; get it with 'ch-pull --arch=arm64 $TEST_REGISTRY/library/alpine:3.16'" \
		ch-convert --arch=arm64 "$TEST_REGISTRY/library/alpine:3.16"
}

# --- shared

# Modes and names of what is in the store but in trees.
modes() {
	(cd "$CH_STORE" && find . -mindepth 1 -path ./trees/sha256/\* -prune -o \
		-printf '%m %P\n' | sed "s/[0-9a-f]\{64\}/HEX/" | sort -u)
}

@test "a store that a group shares" {
	mkdir -m 2770 "$CH_STORE"
	chmod 2770 "$CH_STORE"
	umask 007
	works ch-pull "$TEST_REGISTRY/library/alpine:3.16"
	quiet ch-run "$TEST_REGISTRY/library/alpine:3.16" -- true
	same "$(modes)" "2770 blobs
2770 blobs/sha256
2770 tmp
2770 trees
2770 trees/sha256
660 blobs/sha256/HEX
660 index.json
660 oci-layout"
	# The tree is as in any other store.
	same "$(find "$CH_STORE"/trees/sha256/* -perm /6000)" ""
}

@test "a shared store and a private umask" {
	mkdir "$CH_STORE"
	chmod 2770 "$CH_STORE"
	umask 077
	works ch-pull "$TEST_REGISTRY/library/alpine:3.16"
	says "^ch-pull: warning: store '$CH_STORE' is shared by its group, but your umask hides from it what you add; run: umask 007$"
	same "$(modes | grep -v '^660 .*/')" "2770 blobs
2770 blobs/sha256
2770 tmp
600 blobs/sha256/HEX
660 index.json
660 oci-layout"
}

@test "a blob that can't be read is as if missing" {
	[ "$(id -u)" != 0 ] || skip "root reads all"
	works ch-pull "$TEST_REGISTRY/library/alpine:3.16"
	chmod 000 "$CH_STORE"/blobs/sha256/*
	works ch-pull "$TEST_REGISTRY/library/alpine:3.16"
	chmod -R u+r "$CH_STORE"
	store_is_sound
}

@test "the default store is for its user alone" {
	# The way to the real one: it is not touched if it is there.
	default=/var/tmp/$(id -un).ch
	[ ! -e "$default" ] || skip "$default is there"
	unset CH_STORE
	mkdir "$default"
	chmod 2770 "$default"
	try ch-pull "$TEST_REGISTRY/library/alpine:3.16"
	rmdir "$default"
	same "$status" 1
	says "store '$default' can be written by group .*; run: chmod g-w "
}
