#!/usr/bin/env bats
# convert-out.bats - where ch-convert writes: nothing unverified, nothing lost,
# nothing in the wrong place, and what is said when there is no room.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2153 # status, out, err: set by try
load common

IMG=$TEST_IMAGES

# --- nothing unverified

# A SIF file in a layout, ./siflay:1, and in the store, sifs:1; an uncompressed
# block of either is what `spoil FILE` changes.
sif_layout() {
	works ch-convert --compress=none "oci:$IMG/bare" ./bare.tar
	works ch-convert ./bare.tar ./bare.sif
	python3 -B - "$TEST_STAGE/bats/registry" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1])
		import oci
		layout = oci.Layout("siflay")
		layout.tag(layout.manifest(
		    layout.blob(b"{}", "application/vnd.sylabs.sif.config.v1+json"),
		    [layout.blob(open("bare.sif", "rb").read(),
		                 "application/vnd.sylabs.sif.layer.v1.sif")]), "1")
	END
	SIF_DIGEST=$(sha256sum bare.sif | cut -d' ' -f1)
}

# spoil FILE: one bit, in the middle.
spoil() {
	chmod u+w "$1"
	python3 - "$1" <<-'END'
		import sys
		with open(sys.argv[1], "r+b") as f:
		    d = bytearray(f.read())
		    d[len(d) // 2] ^= 1
		    f.seek(0)
		    f.write(d)
	END
}

@test "a SIF file in a layout or store is verified before it is read" {
	sif_layout
	works ch-convert oci:siflay ./good
	works ch-convert oci:siflay ./good.sif
	cmp good.sif bare.sif
	works ch-pull --name sifs:1 oci:siflay
	spoil "siflay/blobs/sha256/$SIF_DIGEST"
	for to in ./o ./o.sqfs ./o.tar ./o.sif; do
		fails 1 "oci:siflay: layer 1 of 1: expected sha256:$SIF_DIGEST, got $HEX\$" \
			ch-convert oci:siflay $to
		absent o o.sqfs o.tar o.sif
	done
	spoil "$CH_STORE/blobs/sha256/$SIF_DIGEST"
	fails 1 "docker.io/library/sifs:1: layer 1 of 1: expected sha256:$SIF_DIGEST, got $HEX; the store's copy had gone bad and was removed: pull again\$" \
		ch-convert store:sifs:1 ./o
	absent o "$CH_STORE/blobs/sha256/$SIF_DIGEST"
}

# --- nothing lost, and in the right place

# The tags in the layout DIR, sorted.
tags() {
	grep -o '"org.opencontainers.image.ref.name": *"[^"]*"' \
		"$1/index.json" | sed 's/.*"\([^"]*\)"$/\1/' | sort | tr '\n' ' '
}

@test "many conversions at once into one layout: each one's name is there" {
	local n want='' pid pids=()
	works ch-convert "oci:$IMG/bare" ./d
	works ch-convert ./d oci:lay:0
	for n in {1..8}; do
		ch-convert ./d "oci:lay:$n" 2>"err.$n" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || {
			cat err.*
			return 1
		}
	done
	want=$(printf '%s ' {0..8})
	same "$(tags lay)" "$want"
	same "$(ls -A lay)" "$(printf 'blobs\nindex.json\noci-layout')"
}

@test "oci: on a store is refused: names and gc are the store's business" {
	works ch-convert "oci:$IMG/bare" store:bare:1
	cp "$CH_STORE/index.json" before
	fails 1 "'$CH_STORE' is a store; write to it as 'store:NAME'\$" \
		ch-convert "oci:$IMG/bare" "oci:$CH_STORE:x"
	works ch-convert store:bare:1 # with a tree it is one for everybody
	fails 1 "'$CH_STORE' is a store; write to it as" env CH_STORE=other \
		ch-convert "oci:$IMG/bare" "oci:$CH_STORE:x"
	cmp before "$CH_STORE/index.json"
}

@test "an archive into a layout: what is put aside is in the layout" {
	works ch-convert "oci:$IMG/bare" docker-archive:da.tar
	mkdir up
	works ch-convert docker-archive:da.tar oci:up/lay:1
	chmod 555 up
	works ch-convert docker-archive:da.tar oci:up/lay:2
	same "$(tags up/lay)" "1 2 "
	same "$(ls -A up/lay)" "$(printf 'blobs\nindex.json\noci-layout')"
	fails 1 "can't write 'up/new': Permission denied\$" \
		ch-convert docker-archive:da.tar oci:up/new
	chmod 755 up
}

@test "a layout on another file system, behind a link" {
	needs_own_tmpfs
	mkdir other
	works ch-convert "oci:$IMG/bare" docker-archive:da.tar
	ln -s other/lay lay
	# shellcheck disable=SC2016 # for the inner shell
	works unshare -Urm sh -ec '
		mount -t tmpfs none other
		ch-convert docker-archive:da.tar oci:other/lay:1
		ch-convert docker-archive:da.tar oci:lay:2
		ch-convert "oci:$1/rich" oci-archive:oa.tar
		ch-convert oci-archive:- oci:lay:3 <oa.tar
		cat oa.tar | ch-convert oci-archive:- oci:lay:4
		ch-convert oci:lay:4 ./img
		ls -A other/lay' sh "$IMG"
	same "$out" "$(printf 'blobs\nindex.json\noci-layout')"
	[ -e img/bin/busybox ]
}

@test "oci: on what is there and no layout: --force does not help" {
	works ch-convert "oci:$IMG/bare" ./img
	mkdir full
	echo text >full/file
	echo text >file
	for place in img full file; do
		for force in '' --force; do
			fails 1 "'$place' exists and is not an OCI layout\$" \
				ch-convert $force ./img2 "oci:$place"
			fails 1 "'$place' exists and is not an OCI layout\$" \
				ch-convert $force "oci:$IMG/bare" "oci:$place"
		done
	done
	[ -e img/ch/image ]
	mkdir empty
	works ch-convert "oci:$IMG/bare" oci:empty
}

@test "--force replaces archives of images, and no others" {
	local file
	works ch-convert "oci:$IMG/rich" ./d
	mkdir -p home/thesis home/bin
	echo text >home/thesis/main.tex
	echo text >home/bin/run.sh
	tar -czf backup.tar.gz -C home .
	head -c 100000 /dev/zero | gzip >disk.gz
	tar -cf thesis.tar -C home thesis
	for file in backup.tar.gz disk.gz thesis.tar; do
		cp $file before
		fails 1 "'$file' is not an image, so --force won't replace it; remove it yourself\$" \
			ch-convert --force ./d tar:$file
		fails 1 "'$file' exists and is not an image\$" \
			ch-convert ./d tar:$file
		cmp before $file
	done
	works ch-convert ./d ./x.tar
	works ch-convert ./d ./x.tar.gz
	works ch-convert ./d docker-archive:da.tar
	works ch-convert ./d oci-archive:oa.tar
	tar -cf plain.tar -C d --exclude=./ch .
	for file in x.tar x.tar.gz da.tar oa.tar plain.tar; do
		fails 1 "'$file' exists; use --force to replace it\$" \
			ch-convert ./d tar:$file
		works ch-convert --force ./d tar:$file
		tar -tf $file >names
		grep -q '^ch/config.json$' names
	done
}

# killed_at_work OUT: by SIGKILL, while standard input is put aside.
killed_at_work() {
	local pid
	rm -f pipe
	mkfifo pipe
	exec 7<>pipe
	ch-convert tar:- "$1" <pipe >/dev/null 2>.err.all 7>&- &
	pid=$!
	head -c 4000 x.tar >&7
	until compgen -G "$2/.ch-tmp.*" >.found; do
		kill -0 $pid
	done
	kill -KILL $pid
	wait $pid || :
	exec 7>&-
	[ -n "$(find "$2" -maxdepth 1 -name '.ch-tmp.*')" ]
}

@test "what a killed process leaves is swept by the next one" {
	works ch-convert "oci:$IMG/bare" ./x.tar
	works ch-convert ./x.tar oci:lay:1
	works ch-convert ./x.tar store:x:1
	mkdir tmp beside
	export TMPDIR=$T/tmp
	killed_at_work tar:- tmp
	works sh -c 'cat x.tar | ch-convert tar:- tar:- >y.tar'
	same "$(ls -A tmp)" ""
	killed_at_work oci:lay:2 lay
	works ch-convert ./x.tar oci:lay:2
	same "$(ls -A lay)" "$(printf 'blobs\nindex.json\noci-layout')"
	killed_at_work oci:beside/new beside
	works ch-convert ./x.tar oci:beside/new
	same "$(ls -A beside)" new
	killed_at_work store:x:2 store/tmp
	works ch-convert ./x.tar store:x:2
	store_is_sound
	TMPDIR=${T%/*}
}

# --- no room

# in_small SIZE COMMAND...: with a tmpfs of that size at ./small; nothing is
# left there but what was, `keep*`.
in_small() {
	local size=$1
	shift
	# shellcheck disable=SC2016 # for the inner shell
	unshare -Urm sh -c '
		mount -t tmpfs -o "size=$0" none small || exit 98
		[ ! -e keep ] || cp -R keep small/
		"$@"
		s=$?
		[ -z "$(cd small && find . -type f ! -path "./keep*")" ] ||
			s=99
		exit $s' "$size" "$@"
}

@test "no room: said before anything is written, where the size is known" {
	needs_own_tmpfs
	local sizes='[0-9.]+ [KM]iB are needed, [0-9.]+ [KM]iB are free'
	mkdir small
	python3 -c 'import os
os.makedirs("d/bin")
open("d/bin/noise", "wb").write(os.urandom(1200 << 10))'
	works ch-convert ./d ./noise.sqfs
	works ch-convert ./d ./noise.sif
	works ch-convert ./d oci:lay:1
	works ch-convert oci:lay:1 docker-archive:da.tar
	for kind in tar: oci-archive: docker-archive:; do
		fails 1 "oci:lay: no space for 'small/x': $sizes\$" \
			in_small 600k ch-convert oci:lay "${kind}small/x"
	done
	fails 1 "oci:lay: no space for 'oci:small/x:2': $sizes\$" \
		in_small 600k ch-convert oci:lay oci:small/x:2
	fails 1 "oci:lay: no space for 'store:x:1': $sizes\$" \
		in_small 600k env CH_STORE=small/keep ch-convert oci:lay store:x:1
	for from in ./noise.sqfs ./noise.sif; do
		fails 1 "$from: no space for './small/x': $sizes\$" \
			in_small 600k ch-convert $from ./small/x
	done
	sif_layout
	cp noise.sif bare.sif
	works ch-pull --name sifs:1 oci:siflay
	fails 1 "oci:siflay: no space for './small/x.sif': $sizes\$" \
		in_small 10k ch-convert oci:siflay ./small/x.sif
	# what is there already needs no room
	cp -R lay keep
	works in_small 1400k ch-convert oci:lay oci:small/keep:2
}

@test "no room: said when it is so, and nothing is left" {
	needs_own_tmpfs
	mkdir small
	for to in ./small/x.sqfs ./small/x.sif ./small/x.tar.gz ./small/x \
		oci-archive:small/x.gz; do
		fails 1 "oci:.*: .*: No space left on device\$" \
			in_small 300k ch-convert "oci:$IMG/big" $to
	done
	works ch-convert "oci:$IMG/big" ./x.tar
	for to in oci:small/x store:x:1; do
		fails 1 "./x.tar: .*can't write '$T/small.*': No space left on device\$" \
			in_small 300k env CH_STORE=small/keep \
			ch-convert ./x.tar $to
	done
}

@test "no room for what is put aside: the place is named" {
	needs_own_tmpfs
	mkdir small
	works ch-convert "oci:$IMG/big" ./x.tar
	# shellcheck disable=SC2016 # for the inner shell
	fails 1 "can't put standard input aside: can't write '$T/small': No space left on device\$" \
		in_small 300k env TMPDIR=small sh -c \
		'cat x.tar | ch-convert - tar:-'
	fails 1 "./x.tar: .*can't write '$T/small.*': No space left on device\$" \
		in_small 300k env TMPDIR=small ch-convert ./x.tar \
		docker-archive:-
	fails 1 "TMPDIR: can't open 'none': No such file or directory\$" \
		env TMPDIR=none sh -c 'cat x.tar | ch-convert - tar:-'
	# nothing to be put aside
	works env TMPDIR=none sh -c 'ch-convert ./x.tar tar:- >y.tar'
	chmod 555 small
	fails 1 "./x.tar: can't make a temporary directory in '$T/small': Permission denied\$" \
		env TMPDIR=small ch-convert ./x.tar docker-archive:-
}

# --- the old OUT

@test "--force and a failure: the old file stays, byte for byte" {
	local file from pid n=0
	works ch-convert "oci:$IMG/bare" ./d
	works ch-convert "oci:$IMG/layered-gzip" ./x.tar.gz
	works ch-convert "oci:$IMG/layered-gzip" ./x.sqfs
	works ch-convert "oci:$IMG/layered-gzip" ./x.sif
	head -c 3000 x.tar.gz >cut.tar.gz
	head -c 5000 x.sqfs >cut.sqfs
	head -c 8000 x.sif >cut.sif
	mkdir out before
	for file in x.sqfs x.sif x.tar x.tar.zst; do
		works ch-convert ./d ./out/$file
		cp -p out/$file before/
	done
	works ch-convert ./d docker-archive:out/da.tar
	cp -p out/da.tar before/
	for file in squash:out/x.sqfs sif:out/x.sif tar:out/x.tar \
		tar:out/x.tar.zst docker-archive:out/da.tar; do
		for from in cut.tar.gz cut.sqfs cut.sif; do
			fails 1 ".*cut\..*" ch-convert -f ./$from $file
			diff -r before out
		done
		for _ in $(seq 100); do
			[ $n != 1 ] || break
			ch-convert -f "oci:$IMG/big" $file 2>/dev/null &
			pid=$!
			until compgen -G 'out/.ch-tmp.*' >/dev/null ||
				! kill -0 $pid 2>/dev/null; do
				:
			done
			kill -TERM $pid 2>/dev/null || :
			if ! wait $pid; then
				n=1
			else # it was faster
				cp -p before/* out/
			fi
		done
		same $n 1
		n=0
		diff -r before out
	done
}

@test "--force and a full disk: the old file stays, byte for byte" {
	needs_own_tmpfs
	mkdir keep small
	works ch-convert "oci:$IMG/bare" ./d
	for file in x.sqfs x.sif x.tar.gz; do
		works ch-convert ./d ./keep/$file
		# shellcheck disable=SC2016 # for the inner shell
		fails 1 "oci:.*: .*No space left on device\$" \
			in_small 4m sh -c '
			ch-convert -f "oci:$0" "./small/keep/$1"
			s=$?
			diff -r keep small/keep || exit 97
			[ "$(ls -A small)" = keep ] || exit 96
			exit $s' "$IMG/big" $file
	done
}

# --- what is not kept is said

@test "set-ID bits, which a directory can't have" {
	python3 -B - "$TEST_STAGE/bats/registry" <<-'END'
		import io, sys, tarfile
		sys.path.insert(0, sys.argv[1])
		from oci import Layout
		b = io.BytesIO()
		with tarfile.open(fileobj=b, mode="w", format=tarfile.PAX_FORMAT) as t:
		    for name, mode in (("su", 0o4755), ("sg", 0o2755)):
		        i = tarfile.TarInfo(name)
		        i.mode = mode
		        t.addfile(i)
		lay = Layout("lost")
		lay.tag(lay.image([b.getvalue()]), "1")
	END
	works ch-convert oci:lost ./img
	same "$err" "ch-convert: set-user-ID and set-group-ID bits are not kept in a directory: 2 files"
	quiet ch-convert oci:lost ./x.tar
}

@test "a configuration in /ch that can't be read is not taken for none" {
	works ch-convert "oci:$IMG/rich" ./d
	chmod 0 d/ch/config.json
	fails 1 "./d: can't open 'ch/config.json': Permission denied\$" \
		ch-convert ./d oci:lay
	chmod 644 d/ch/config.json
	absent lay
	# with another name that comes first
	ln d/ch/config.json d/aaa
	tar -cf x.tar -C d ./aaa ./ch
	tar -tvf x.tar | grep -q 'ch/config.json link to'
	works ch-convert ./x.tar oci:lay
	same "$(skopeo inspect --config oci:lay | grep -c PATH=)" 1
	# over the limit
	head -c 9000000 /dev/zero | tr '\0' ' ' >>d/ch/config.json
	rm d/aaa
	tar -cf x.tar -C d .
	for from in ./d ./x.tar; do
		fails 1 "$from: .*'/?ch/config.json' is longer than the limit of [0-9]+ bytes; see LIMITS in ch-convert\(1\)\$" \
			ch-convert $from oci:lay2
	done
	absent lay2
}
