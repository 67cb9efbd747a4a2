#!/usr/bin/env bats
# convert-options.bats - what ch-convert and ch-pull do with their options, with
# an OUT that can't be, and with names that are not quite right.
# SPDX-License-Identifier: Apache-2.0
# needs registry
# shellcheck disable=SC2154,SC2153 # status, out, err: set by try; TREE
load common

IMG=$TEST_IMAGES
SAVED=(python3 -B "$TEST_STAGE/bats/registry/saved.py")

# for_s390x: the layout ./s390x, whose index does not say what its image is for,
# and the archive ./other.tar of docker save with the same.
for_s390x() {
	python3 -B - "$TEST_STAGE/bats/registry" <<-'END'
	import sys
	sys.path.insert(0, sys.argv[1])
	from images import Tar
	from oci import Layout
	lay = Layout("s390x")
	lay.tag(lay.image([Tar().file("f", "x").bytes()], arch="s390x"), "1")
	END
	"${SAVED[@]}" old other.tar s390x=other:1
}

# --- which image

@test "an archive or a SIF file for another machine: refused with --arch, else a warning" {
	for_s390x
	tar -cf oci.tar -C s390x .
	works ch-convert --arch=s390x ./s390x ./x.sif
	lacks warning "$T/.err"
	for image in ./other.tar docker-archive:other.tar ./oci.tar ./x.sif \
		./s390x; do
		works ch-convert --force "$image" ./img
		says "^ch-convert: warning: .* is for linux/s390x, this machine is linux/"
		works ch-convert --force --arch=s390x "$image" ./img
		lacks warning "$T/.err"
		fails 1 ".*: no image for linux/riscv64; there is linux/s390x\$" \
			ch-convert --force --arch=riscv64 "$image" ./img
	done
	ch-convert --arch=s390x - ./img2 <other.tar
}

@test "an index whose only entry is for another machine" {
	for_s390x
	python3 - <<-'END'
	import json
	with open("s390x/index.json") as f:
	    index = json.load(f)
	index["manifests"][0]["platform"] = {"os": "linux", "architecture": "s390x"}
	with open("s390x/index.json", "w") as f:
	    json.dump(index, f)
	END
	fails 1 "oci:./s390x: no image for linux/riscv64; there is linux/s390x\$" \
		ch-convert --arch=riscv64 oci:./s390x ./img
	works ch-convert oci:./s390x ./img
	says "warning: oci:./s390x is for linux/s390x, this machine is linux/"
}

@test "the tag of an archive comes along" {
	works ch-convert "oci:$IMG/bare:1" oci-archive:a.tar:v2
	works ch-convert oci-archive:a.tar oci:one
	grep -q '"org.opencontainers.image.ref.name": *"v2"' one/index.json
	ch-convert oci-archive:- oci:two <a.tar
	grep -q '"org.opencontainers.image.ref.name": *"v2"' two/index.json
	works ch-convert "oci:$IMG/bare:1" oci-archive:b.tar:quay.io/a/b:3
	works ch-convert ./b.tar oci:three
	grep -q '"org.opencontainers.image.ref.name": *"quay.io/a/b:3"' \
		three/index.json
}

# --- OUT is looked at before anything is fetched

# in_terminal COMMAND: of the shell; what it writes there comes out.
in_terminal() {
	python3 -B -c '
import pty, sys
pty.spawn(["sh", "-c", sys.argv[1]])' "$1" </dev/null
}

# Nothing was pulled.
nothing_pulled() {
	same "$(store_names)" ''
	same "$(find "$CH_STORE" -path '*/blobs/*' -type f 2>/dev/null)" ''
}

@test "OUT that can't be: said before the pull" {
	echo text >text.sqfs
	mkdir dir ro
	echo x >dir/x
	chmod 500 ro
	for tool in "ch-pull -q bare:1" "ch-convert docker://$TEST_REGISTRY/bare:1"; do
		# shellcheck disable=SC2086 # words
		{
			fails 1 "'./text.sqfs' exists and is not an image\$" \
				$tool ./text.sqfs
			fails 1 "can't write './ro/x.tar': Permission denied\$" \
				$tool ./ro/x.tar
			fails 1 "'dir' exists and is not an OCI layout\$" \
				$tool oci:dir:1
			fails 1 "can't write 'no/such': .*No such file or directory\$" \
				$tool oci:no/such
			fails 2 "can't write to 'x': a path here is './x', .*" \
				$tool x
			fails 2 "standard output can't have both the image and --progress=json" \
				$tool --progress=json tar:-
			fails 2 "reference 'Bad': upper case 'B' is not allowed" \
				$tool docker-archive:x.tar:Bad
			CH_PROGRESS=json fails 2 \
				"standard output can't have both the image and --progress=json" \
				$tool tar:-
		}
		nothing_pulled
	done
	fails 1 "can't write 'tar:x.tar.xz': archives are compressed with gzip \(.gz\), zstd \(.zst\) or not at all\$" \
		ch-pull -q bare:1 tar:x.tar.xz
	nothing_pulled
	in_terminal "ch-pull -q bare:1 tar:-" >screen
	grep -q 'error: standard output is a terminal' screen
	nothing_pulled
}

@test "a digest can't be given to what is written" {
	digest=sha256:$(printf '0%.0s' $(seq 64))
	fails 2 "can't write to 'store:x@$digest': a digest follows from the image, and can't be given to one" \
		ch-convert "oci:$IMG/bare:1" "store:x@$digest"
	fails 2 "can't write to 'docker-archive:x.tar:x@$digest': a digest follows .*" \
		ch-convert "oci:$IMG/bare:1" "docker-archive:x.tar:x@$digest"
	absent x.tar "$CH_STORE"
}

@test "what can't be packed so is told of OUT, before IN is read" {
	for out in oci-archive:x.tar.bz2 docker-archive:x.txz; do
		fails 1 "can't write '$out': archives are compressed with gzip \(.gz\), zstd \(.zst\) or not at all\$" \
			ch-convert ./nothing $out
	done
	fails 2 "option '--compress': expected a compression level from 1 to 9 for gzip, found '15'" \
		ch-convert --compress=gzip:15 ./nothing oci:lay
	fails 2 "option '--compress': lz4 has no compression levels" \
		ch-convert --compress=lz4:1 ./nothing ./x.sqfs
	fails 2 "can't write './x.tar': expected a compression level from 1 to 19 for zstd in archives and layers, found 22" \
		ch-convert --compress=zstd:22 ./nothing ./x.tar
	fails 1 "can't write './x.sqfs': a squashfs is compressed with zstd, lz4, gzip or xz\$" \
		ch-convert --compress=none ./nothing ./x.sqfs
	fails 1 "can't write 'oci:lay': archives and layers are compressed with gzip, zstd or none, not with 'xz'\$" \
		ch-convert --compress=xz ./nothing oci:lay
	works ch-convert --compress=gzip "oci:$IMG/bare:1" tar:x.tar.xz
	gzip -dc <x.tar.xz >x.tar
	works ch-convert ./x.tar ./img
}

# --- options that change nothing

@test "an option that has no effect: one line says so" {
	works ch-convert "oci:$IMG/bare:1" ./img
	for row in "-c zstd|oci:$IMG/bare:1|oci:a:1|layers are copied as they are" \
		"-c zstd|oci:$IMG/bare:1|./dir|nothing of OUT is compressed" \
		"-c gzip|./img|docker-archive:x.tar:x|nothing of OUT is compressed"; do
		IFS='|' read -r option in out why <<<"$row"
		# shellcheck disable=SC2086 # words
		works ch-convert $option "$in" "$out"
		says "^ch-convert: warning: --compress has no effect: $why\$"
	done
	works ch-convert --block-size=64K ./img ./x2.tar
	says "^ch-convert: warning: --block-size has no effect: OUT is no squashfs\$"
	works ch-convert --owner=keep ./x2.tar ./y.tar
	says "^ch-convert: warning: --owner has no effect: IN is no directory\$"
	quiet ch-convert -c lz4 --block-size=64K --owner=keep ./img ./x.sqfs
	quiet ch-convert -c zstd ./img oci:b
	fails 2 "--name is for the store, and './z.sqfs' is made without it" \
		ch-pull --name=z "oci:$IMG/bare:1" ./z.sqfs
}

@test "SOURCE_DATE_EPOCH and CH_THREADS: ch-pull heeds them, too" {
	for n in 1 2; do
		SOURCE_DATE_EPOCH=1000000000 CH_THREADS=$n \
			works ch-pull "oci:$IMG/bare:1" ./$n.sif
		sleep 1.1
	done
	cmp 1.sif 2.sif
	fails 2 ".*SOURCE_DATE_EPOCH.*'x'" env SOURCE_DATE_EPOCH=x \
		ch-pull "oci:$IMG/bare:1" ./x.sif
	fails 2 ".*CH_THREADS.*" env CH_THREADS=x ch-pull bare:1
}

@test "CH_PARALLEL and CH_TIMEOUT: ch-convert heeds them, too" {
	fails 2 ".*CH_PARALLEL.*" env CH_PARALLEL=99 \
		ch-convert docker://bare:1 ./x.sqfs
	fails 2 ".*CH_TIMEOUT.*" env CH_TIMEOUT=0 \
		ch-convert docker://bare:1 ./x.sqfs
	works ch-convert --parallel=1 --timeout=10 \
		"docker://$TEST_REGISTRY/bare:1" ./x.sqfs
}

@test "SOURCE_DATE_EPOCH: the same bytes, whatever the kind" {
	works ch-convert "oci:$IMG/rich:1" ./img
	export SOURCE_DATE_EPOCH=1000000000
	for n in 1 2; do
		mkdir $n
		for kind in ./$n/x.sqfs ./$n/x.sif ./$n/x.tar ./$n/x.tar.gz \
			./$n/x.tar.zst oci:$n/lay oci-archive:$n/oa.tar \
			docker-archive:$n/da.tar; do
			works ch-convert ./img "$kind"
		done
		sleep 1.1
	done
	diff -r 1 2
}

# --- from files, and offline

@test "a saved image through a pipe, to any kind" {
	works ch-convert "oci:$IMG/bare:1" docker-archive:a.tar:mine:1
	for out in ./x.sif ./x.sqfs ./x.tar oci:lay; do
		ch-pull docker-archive:- $out < <(cat a.tar) 2>err
		grep -Eq "^ch-pull: mine:1: sha256:[0-9a-f]{12}, linux/[a-z0-9/]+, [0-9]+ layers?, .*, written to $out\$" err
		works ch-convert ${out/lay/./lay} ./img
		[ -f img/only/file ]
		rm -rf img
	done
	ch-pull --no-store docker-archive:- ./y.sif <a.tar
	absent "$CH_STORE"
}

@test "--offline: a SIF file is made of what the store has" {
	works ch-pull bare:1
	works ch-pull --offline bare:1 ./x.sif
	works ch-pull --offline --no-store bare:1 ./x.sqfs
	works ch-convert ./x.sif ./img
	[ -f img/only/file ]
	echo text >text
	fails 1 "bare:1: '\./text' exists and is not a directory\$|'\./text' exists.*" \
		ch-pull --offline bare:1 ./text
	same "$(cat text)" text
}

# --- what to do next

@test "the next step that is named works as it stands" {
	"${SAVED[@]}" old a.tar "$IMG/rich=rich:1" "$IMG/bare=bare:1"
	for text in ./a.tar a.tar docker-archive:a.tar; do
		fails 2 "'$text' holds several images; choose one, as in 'docker-archive:(./)?a.tar:REF'" \
			ch-convert $text ./img
	done
	fails 2 "'./a.tar' holds several images; choose one, as in 'docker-archive:./a.tar:REF'" \
		ch-pull -q ./a.tar ./img
	ch-convert - ./img 2>err <a.tar || :
	grep -q "'-' holds several images; choose one, as in 'docker-archive:-:REF'" err
	works ch-convert docker-archive:./a.tar:bare:1 ./img
	fails 1 "'a.tar' is an archive; put it into the store with 'ch-pull ./a.tar'\$" \
		ch-convert a.tar
	works ch-pull ./a.tar
	works ch-convert ./img x.sqfs
	fails 1 "'x.sqfs' is a squashfs file, which can be run as it is; unpack it with 'ch-convert ./x.sqfs ./DIR'\$" \
		ch-convert x.sqfs
}

@test "standard input without OUT: refused, not put aside first" {
	mkfifo pipe
	exec 9<>pipe # nothing comes, and it does not end
	for text in - tar:-; do
		status=0
		timeout 10 ch-convert $text 2>err <&9 || status=$?
		same "$status" 1
		grep -Eq "can't be run as it is; unpack it with 'ch-convert $text ./DIR'\$" err
	done
	exec 9>&-
}

@test "a pipe in place of a file: nothing is taken from it" {
	mkfifo pipe
	exec 9<>pipe
	fails 1 "'./pipe' is a pipe, not a file; 'ch-convert - OUT <./pipe' reads it\$" \
		timeout 10 ch-convert ./pipe ./img
	exec 9>&-
	works ch-convert "oci:$IMG/bare:1" ./x.tar
	ch-convert - ./img < <(gzip <x.tar)
	[ -f img/only/file ]
}

@test "standard input that could not be opened again" {
	works ch-convert "oci:$IMG/bare:1" ./img
	for file in x.tar x.sqfs x.sif x.tar.gz; do
		works ch-convert ./img ./$file
		exec 8<$file
		chmod 000 $file
		ch-convert - ./out <&8
		exec 8<&-
		[ -f out/only/file ]
		rm -rf out
	done
}

@test "TMPDIR is looked at only by who needs it" {
	works ch-pull bare:1
	export TMPDIR=/nowhere
	ch-convert bare:1 tar:- >x.tar
	works ch-convert bare:1
	works ch-convert bare:1 ./img
	fails 1 "TMPDIR: can't open '/nowhere': No such file or directory\$" \
		ch-convert ./img docker-archive:-
	status=0
	ch-convert - tar:- <x.tar >y.tar || status=$?
	same "$status" 0
	cmp x.tar y.tar
	export TMPDIR=$T
}

@test "an image that the store has in part is not taken from elsewhere" {
	works ch-pull bare:1
	cp -r "$IMG/rich" bare
	rm -f "$CH_STORE"/blobs/sha256/*
	fails 1 ".*/bare:1: blob $HEX.*" ch-convert bare:1 ./img
	cp -r bare bare:1
	fails 1 ".*/bare:1: blob $HEX.*" ch-convert bare:1 ./img
	absent img
}

# --- progress

# objects CHECK: the JSON objects of the last output, as `events` to Python.
objects() {
	python3 -c "
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
kinds = [e['event'] for e in events]
assert kinds.count('start') == 1 and kinds[0] == 'start', kinds
assert kinds.count('done') == 1 and kinds[-1] == 'done', kinds
done = events[-1]
rows = [e for e in events if e['event'] == 'layer']
$1" "$T/.out"
}

@test "progress for programs: one start, one end, whatever the way" {
	export CH_PROGRESS=json
	works ch-pull layered:gzip ./x.sqfs
	objects 'assert done["dest"] == "./x.sqfs", done
assert done["fetched"] == done["size"] > 0, done
assert done["layers"] == 4 and done["platform"].startswith("linux/"), done
assert done["name"].endswith("/layered:gzip"), done
assert not done["unchanged"], done'
	works ch-pull layered:gzip ./x.sif
	objects 'assert done["dest"] == "./x.sif" and done["unchanged"], done
assert done["fetched"] == 0, done'
	works ch-pull "oci:$IMG/layered-gzip:1" ./y.sqfs
	objects 'assert done["dest"] == "./y.sqfs", done'
	works ch-convert "docker://$TEST_REGISTRY/layered:gzip" ./z.sqfs
	objects 'assert done["dest"] == "./z.sqfs", done'
	works ch-convert "docker://$TEST_REGISTRY/layered:gzip"
	objects 'import os
assert os.path.isdir(done["dest"]), done'
	# what ch-run is told is no object
	works ch-pull bare:1
	works ch-run bare:1 -- /bin/true || says "can't run|No such file"
	lacks "can't unpack" "$T/.err"
}

@test "progress for programs: numbers, from all kinds and to all" {
	works ch-convert "oci:$IMG/big" ./big
	works ch-convert ./big ./big.sqfs
	works ch-convert ./big ./big.sif
	works ch-convert ./big ./big.tar
	works ch-convert "oci:$IMG/big" docker-archive:da.tar:x
	for from in ./big ./big.sqfs ./big.sif ./big.tar ./da.tar "oci:$IMG/big"; do
		for to in oci:lay:x oci-archive:oa.tar docker-archive:d.tar:x \
			./o.sqfs ./o.tar ./o; do
			works ch-convert --progress=json "$from" "$to"
			objects 'assert rows[-1]["state"] == "done", rows
assert rows[-1]["received"] > 100000, rows[-1]' || {
				echo "from $from to $to"
				return 1
			}
			rm -rf lay oa.tar d.tar o.sqfs o.tar o
		done
	done
}

@test "progress on a terminal" {
	works ch-convert "oci:$IMG/big" ./big
	in_terminal "stty cols 100 rows 30; ch-convert -c xz:9 -j1 ./big ./x.sqfs" \
		>screen
	grep -aq 'reading .*iB' screen
	[ -s x.sqfs ]
	works ch-convert --progress=json -c xz:9 -j1 ./big ./y.sqfs
	objects 'assert "total" in kinds, kinds
assert any(r["state"] == "fetching" for r in rows), rows'
}
