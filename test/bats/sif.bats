#!/usr/bin/env bats
# sif.bats - SIF files: as registries have them, as ORAS artifacts, and as images.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2016 # status, out, err: set by try; texts of scripts
load common
load faulty

SYLABS=application/vnd.sylabs.sif.config.v1+json
EMPTY=application/vnd.oci.empty.v1+json

# The registry with a SIF file under tag 1; sets image.
start_sif() {
	umask 022
	sif 1 "${1:-$SYLABS}"
	faulty "$T/sif" "${2:-[]}" || return
	image=$bad/lab/tool:1
}

@test "to a file: by any name, with and without the store" {
	for type in $SYLABS $EMPTY; do
		rm -rf sif store x.sif bare y.sif
		start_sif "$type"
		works ch-pull --no-store "$image" ./x.sif
		says "^ch-pull: $image: sha256:[0-9a-f]{12}, a SIF file, 98 KiB in .* s, written to ./x.sif\$"
		absent store
		works ch-pull "$image" ./bare
		says "a SIF file, 98 KiB in .* s, written to ./bare\$"
		works ch-pull "oras://$image" ./y.sif
		says "a SIF file, unchanged, .* s, written to ./y.sif\$"
		for file in x.sif bare y.sif; do
			cmp file.sif $file
			same "$(stat -c %a $file)" 755
		done
		store_is_sound
	done
}

@test "to the store: whole, for us and for others" {
	start_sif
	works ch-pull "$image"
	says "^ch-pull: $image: sha256:[0-9a-f]{12}, a SIF file, 98 KiB in .* s\$"
	store_is_sound
	works ch-image check
	says 'is sound: 1 image, 3 blobs$'
	works ch-image list
	lacks damaged "$T/.out"
	works ch-image inspect "$image"
	says '^Kind: +SIF file$'
	works ch-image inspect --json "$image"
	says '"config": null'
	works skopeo --insecure-policy copy -q \
		"oci:$CH_STORE:$image" oci:copy:x
	works ch-image gc
	says 'nothing to free$'
	: >faulty.log
	works ch-pull "$image"
	says "a SIF file, unchanged, "
	same "$(wc -l <faulty.log)" 1
	servers_stop
	works ch-pull --offline "$image" ./x.sif
	cmp x.sif file.sif
	works ch-image delete "$image"
	same "$(find "$CH_STORE/blobs" -type f)" ''
}

@test "what can't be done with it is said" {
	start_sif
	works ch-pull "$image"
	fails 1 "$image: is a SIF file, which has no layers to unpack; get it as it is with 'ch-pull $image ./image.sif'\$" \
		ch-convert "$image"
	fails 1 "$image: 'the SIF file': SIF header: .*" \
		ch-convert "$image" ./img
	absent img
	try ch-run "$image" -- true
	same "$status" 125
	says "get it as it is with 'ch-pull $image ./image.sif'\$"
	mkdir dir dir.sif
	for store in '' --no-store; do
		for dir in ./dir ./dir.sif; do
			fails 1 "$image: the image is a SIF file, but '$dir' is a directory; name a file, as in '$dir/image.sif'\$" \
				ch-pull $store "$image" $dir
		done
	done
	absent img dir/* dir.sif/*
}

@test "what is there is replaced by --force only, and only an image" {
	start_sif
	sed 's/run/old/' file.sif >x.sif
	echo text >text
	ln -s text link
	mkdir dir
	echo mine >dir/file
	fails 1 "'./x.sif' exists; use --force to replace it\$" \
		ch-pull "$image" ./x.sif
	fails 1 "'./text' is not an image, so --force won't replace it; remove it yourself\$" \
		ch-pull --force "$image" ./text
	fails 1 "'./link' is not an image, so --force won't replace it; remove it yourself\$" \
		ch-pull --force "$image" ./link
	try ch-pull --force "$image" ./dir
	same "$status" 1
	same "$(cat text dir/file)" 'text
mine'
	lacks -a run-singularity x.sif
	works ch-pull --force "$image" ./x.sif
	cmp x.sif file.sif
}

@test "an ordinary image is made into a SIF file" {
	faulty bare '[]'
	fails 1 "$bad/x:1: can't write './x.sif': the image is not a SIF file; without --no-store it is made into one\$" \
		ch-pull -q --no-store "$bad/x:1" ./x.sif
	absent x.sif
	works ch-pull -q --no-store "oci:$TEST_IMAGES/bare" ./x.sif # from no store
	rm x.sif
	works ch-pull "$bad/x:1" ./x.sif
	works ch-pull "oci:$TEST_IMAGES/bare" ./y.sif
	for file in x.sif y.sif; do
		same "$(head -c 41 $file | tail -c 9)" SIF_MAGIC
		rm $file
	done
	mkdir x.sif
	works ch-pull "$bad/x:1" ./x.sif
	[ -d x.sif/ch ]
}

@test "damaged on its way: nothing gets its name" {
	start_sif
	rules '[{"what": "layer", "flip": 5000}]'
	fails 1 "$image: layer 1 of 1: expected $HEX, got $HEX\$" \
		ch-pull -q "$image" ./x.sif
	fails 1 "$image: layer 1 of 1: expected $HEX, got $HEX\$" \
		ch-pull -q --no-store "$image" ./x.sif
	absent x.sif
	same "$(store_names)" ''
	store_is_whole "$CH_STORE"
}

@test "gone bad in the store: named, removed, and whole after the next pull" {
	start_sif
	works ch-pull "$image"
	blob=$(find "$CH_STORE/blobs" -size +50k)
	printf X | dd of="$blob" bs=1 seek=5000 conv=notrunc status=none
	fails 1 "$image: layer 1 of 1: expected $HEX, got $HEX; the store's copy had gone bad and was removed: pull again\$" \
		ch-pull "$image" ./x.sif
	absent x.sif
	works ch-pull "$image" ./x.sif
	cmp x.sif file.sif
	store_is_sound
}

@test "interrupted: nothing is left but what the next run goes on with" {
	start_sif $SYLABS '[{"what": "layer", "pause_at": [50000, 60]}]'
	interrupt TERM 2 ch-pull -q "$image" ./x.sif
	same "$status" 143
	absent x.sif
	store_is_whole "$CH_STORE"
	rules '[]'
	works ch-pull "$image" ./x.sif
	cmp x.sif file.sif
	store_is_sound
}

# --- files that hold an image

# own_tree: ./own, as `apptainer build` makes it of a definition file.
own_tree() {
	local d=own/.singularity.d
	mkdir -p $d/env $d/actions own/bin own/etc
	echo hello >own/etc/motd
	printf '#!/bin/sh\necho "mine: $*"\n' >$d/runscript
	printf '#!/bin/sh\necho started\n' >$d/startscript
	printf '#!/bin/sh\nexec "$@"\n' >$d/actions/exec
	printf '{\n\t"org.x": "y",\n\t"other": "z"\n}\n' >$d/labels.json
	printf 'bootstrap: library\nfrom: lab/tool\n' >$d/Singularity
	printf '#!/bin/sh\nexport PATH="/opt/bin:$PATH"\nulimit -s 8192\n' \
		>$d/env/90-environment.sh
	printf '#!/bin/sh\nexport FROM_POST="of post"\n' \
		>$d/env/91-environment.sh
	chmod 755 $d/runscript $d/startscript $d/actions/* $d/env/*
}

# own_files FOLDER: what of it must stay as it was.
own_files() {
	(cd "$1" && sha256sum .singularity.d/{runscript,startscript} \
		.singularity.d/{labels.json,Singularity,actions/exec} \
		.singularity.d/env/9?-environment.sh)
}

@test "an image's own scripts come back as they were, by way of each kind" {
	own_tree
	own_files own >want
	works ch-convert ./own ./own.sif
	for kind in ./x.sif ./d ./x.tar ./x.tar.gz ./x.sqfs oci:lay \
		oci-archive:x.oci docker-archive:x.docker store:own:1; do
		echo "$kind"
		rm -rf back.sif back
		works ch-convert ./own.sif $kind
		works ch-convert "${kind#store:}" ./back.sif
		works ch-convert ./back.sif ./back
		own_files back | diff want -
	done
}

@test "a layer that can't be applied is named" {
	for name in loop name-256; do
		python3 -B "$TEST_STAGE/bats/catalogue.py" . "$TEST_CANARY" $name
	done
	fails 1 "oci:loop: layer 2 of 2: 'a/x': more than 40 symlinks on the way\$" \
		ch-convert oci:loop ./x.sif
	fails 1 "oci:name-256: layer 2 of 2: '.*': a name of 256 bytes, more than the limit of 255\$" \
		ch-convert oci:name-256 ./x.sif
	absent x.sif
}

@test "what of a SIF file is not carried over is said" {
	own_tree
	works ch-convert ./own ./own.sif
	python3 -B "$TEST_STAGE/bats/sifsign.py" more own.sif more.sif
	python3 -B "$TEST_STAGE/bats/sifcheck.py" more.sif
	for to in ./d ./x.sqfs ./x.sif oci:lay; do
		works ch-convert ./more.sif $to
		same "$(sed 's/^ch-convert: //; s/: 1 commands .*/: commands/' \
			.err.all)" "warning: ./more.sif: object 7 is an overlay, which holds changes to the image; they are not read
./more.sif: 2 signatures fit the file, but no key was asked whether they are genuine
./more.sif: not carried over: 2 signatures, 1 SBOM, 1 partition, 1 other object
./more.sif: commands"
	done
	quiet ch-convert -q ./more.sif ./q
}

@test "a real file, signed by SingularityCE" {
	real=$TEST_STAGE/shared/busybox-amd64.sif
	[ -e "$real" ] || skip "no SIF file here"
	works ch-convert "$real" ./d
	says "busybox-amd64.sif: 1 signature fits the file, but no key was asked"
	says "busybox-amd64.sif: not carried over: 1 signature\$"
	at=$(LC_ALL=C grep -obUa hsqs "$real" | head -1 | cut -d: -f1)
	cp "$real" x.sif
	chmod u+w x.sif
	printf '\377' | dd of=x.sif bs=1 seek=$((at + 5000)) conv=notrunc \
		status=none
	fails 1 "'./x.sif': object 5, a signature: object 4 \('squashfs-275937245'\): data: expected $HEX, got $HEX\$" \
		ch-convert ./x.sif ./e
	absent e
}

# config OUT: the configuration in the unpacked OUT, member by member.
config() {
	python3 -c 'import json, sys
for k, v in sorted(json.load(open(sys.argv[1]))["config"].items()):
    print(k, json.dumps(v, sort_keys=True))' "$1/ch/config.json"
}

@test "environment, runscript and labels of a SIF file come along" {
	own_tree
	printf 'export LAST=$FROM_POST\nexport LAST\n' \
		>own/.singularity.d/env/92-more.sh
	printf 'export NOT=1\n' >own/.singularity.d/env/95-apps.sh
	printf 'export NOT=1\n' >own/.singularity.d/env/93-none
	works ch-convert ./own ./own.sif
	works ch-convert ./own.sif ./d
	same "$(config d)" 'Entrypoint ["/.singularity.d/runscript"]
Env ["PATH=/opt/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "FROM_POST=of post", "LAST=of post"]
Labels {"org.x": "y", "other": "z"}'
	says "own.sif: 1 commands of the image's environment scripts are more than"
	works ch-convert ./own.sif ./x.sqfs
	works ch-convert ./x.sqfs ./e
	same "$(config e)" "$(config d)"
}

@test "environment and labels of a real SIF file" {
	real=$TEST_STAGE/shared/busybox-amd64.sif
	[ -e "$real" ] || skip "no SIF file here"
	works ch-convert "$real" ./d
	# its runscript is made of what oci-config.json says
	same "$(config d)" 'Cmd ["sh"]
Env ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
Labels {"org.label-schema.build-arch": "amd64", "org.label-schema.build-date": "Monday_2_August_2021_14:9:36_CDT", "org.label-schema.schema-version": "1.0", "org.label-schema.usage.singularity.deffile.bootstrap": "docker", "org.label-schema.usage.singularity.deffile.from": "busybox:1.33.1", "org.label-schema.usage.singularity.version": "3.8.1"}'
	same "$(cat d/ch/environment)" \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
}

# object N FILE: the data of that object.
object() {
	python3 -B -c 'import sys
sys.path.insert(0, sys.argv[1])
from sifsign import Sif
data = Sif(open(sys.argv[3], "rb").read()).content(int(sys.argv[2]) - 1)
sys.stdout.buffer.write(data)' "$TEST_STAGE/bats" "$1" "$2"
}

# shown KEY FILE: what inspect-metadata.json says.
shown() {
	object 2 "$2" | python3 -c 'import json, sys
v = json.load(sys.stdin)["data"]["attributes"].get(sys.argv[1])
print(v.rstrip() if isinstance(v, str) else json.dumps(v, sort_keys=True))' "$1"
}

@test "the definition is where the image came from, if that is known" {
	works ch-convert "oci:$TEST_IMAGES/bare" store:bare:1
	works ch-convert bare:1 ./x.sif
	same "$(object 1 x.sif)" 'bootstrap: docker
from: docker.io/library/bare:1'
	cp -r "$TEST_IMAGES/bare" one
	mkdir other
	cp -r "$TEST_IMAGES/bare" other/two
	works ch-convert oci:one oci-archive:a.tar:1
	works ch-convert oci:one docker-archive:d.tar:lab/tool:2
	for from in oci:one oci:other/two oci-archive:a.tar; do
		rm -f x.sif
		works ch-convert --reproducible $from ./x.sif
		same "$(object 1 x.sif)" 'bootstrap: scratch'
		[ -e first.sif ] || cp x.sif first.sif
		cmp x.sif first.sif
	done
	rm x.sif
	works ch-convert docker-archive:d.tar ./x.sif
	same "$(object 1 x.sif)" 'bootstrap: docker
from: docker.io/lab/tool:2'
}

@test "scripts that are one file: each is read from an archive" {
	mkdir -p d/.singularity.d
	printf '#!/bin/sh\nexec true\n' >d/a
	ln d/a d/.singularity.d/runscript
	ln d/a d/.singularity.d/startscript
	tar -C d -cf x.tar ./a ./.singularity.d/runscript \
		./.singularity.d/startscript
	works ch-convert tar:x.tar ./x.sif
	for key in runscript startscript; do
		same "$(shown $key x.sif)" '#!/bin/sh
exec true'
	done
}

@test "objects are those of the image" {
	own_tree
	works ch-convert ./own ./a.sif
	works ch-convert ./own ./own.tar
	works ch-convert ./own ./own.sqfs
	works ch-convert ./own.tar ./b.sif
	works ch-convert ./own.sqfs ./c.sif
	for file in a.sif b.sif c.sif; do
		same "$(object 1 $file)" "$(cat own/.singularity.d/Singularity)"
		same "$(shown deffile $file)" "$(object 1 $file)"
		same "$(shown runscript $file)" \
			"$(cat own/.singularity.d/runscript)"
		same "$(shown startscript $file)" \
			"$(cat own/.singularity.d/startscript)"
		same "$(shown labels $file)" '{"org.x": "y", "other": "z"}'
	done
	# from one file to another they are copied
	real=$TEST_STAGE/shared/busybox-amd64.sif
	for from in ./a.sif ${real:+"$real"}; do
		[ -e "$from" ] || continue
		rm -f x.sif
		works ch-convert --compress=lz4 "$from" ./x.sif
		python3 -B "$TEST_STAGE/bats/sifcheck.py" x.sif >list
		grep -q '^squashfs lz4' list
		for i in 1 2 3; do
			object $i "$from" >want
			object $i x.sif | cmp - want
		done
	done
	# of layers nobody knows what their scripts say
	works ch-convert ./a.sif oci:lay
	works ch-convert oci:lay ./d.sif
	same "$(shown runscript d.sif)" null
	same "$(object 1 d.sif)" 'bootstrap: scratch'
}

# --- /ch: what is taken out of it, and what is not ours

# plain_tree: ./d with a file, and /ch.
plain_tree() {
	rm -rf d
	mkdir -p d/etc d/ch
	echo hello >d/etc/motd
}

# back_from IN: the configuration after IN has been a layout, and a SIF file.
back_from() {
	rm -rf lay e x.sif f
	works ch-convert "$1" oci:lay || return
	told=$err
	works ch-convert oci:lay ./e || return
	works ch-convert "$1" ./x.sif || return
	same "$err" "$told" || return
	works ch-convert ./x.sif ./f || return
	same "$(cat f/ch/environment)" "$(cat e/ch/environment)"
}

# in_layer: what the one layer of ./lay holds, sorted.
in_layer() {
	find lay/blobs -type f -size +0 | while read -r f; do
		gzip -dc "$f" 2>/dev/null | tar -tf - 2>/dev/null || :
	done | LC_ALL=C sort | grep -vx ./
}

@test "/ch/environment alone, as Charliecloud has it, comes along" {
	plain_tree
	printf "PATH=/opt/bin:/bin\nQUOTED='a b'\nUSER_S=\$USER\n" >d/ch/environment
	echo mine >d/ch/other
	works ch-convert ./d ./d.tar
	works ch-convert ./d ./d.sqfs
	for from in ./d ./d.tar ./d.sqfs; do
		back_from $from
		same "$told" ''
		same "$(cat e/ch/environment)" 'PATH=/opt/bin:/bin
QUOTED=a b
USER_S=$USER'
		same "$(config e)" 'Env ["PATH=/opt/bin:/bin", "QUOTED=a b", "USER_S=$USER"]'
		same "$(cat e/ch/other)" mine
		in_layer | grep ch/ >names
		same "$(cat names)" 'ch/
ch/other'
	done
}

@test "/ch/environment that was edited wins over the configuration" {
	works ch-convert "oci:$TEST_IMAGES/layered-gzip:1" ./d
	cp d/ch/environment unchanged
	back_from ./d
	cmp e/ch/environment unchanged
	same "$(config e)" "$(config d)"
	echo MINE=1 >>d/ch/environment
	back_from ./d
	same "$told" ''
	cmp e/ch/environment d/ch/environment
	same "$(config e | grep -v ^Env)" "$(config d | grep -v ^Env)"
	in_layer >names
	lacks '^ch' names
	# a value that the file can't hold was not taken out by its user
	plain_tree
	printf '{"config":{"Env":["A=1","N=x\\ny"]},"rootfs":{"type":"layers","diff_ids":[]}}' >d/ch/config.json
	echo A=2 >d/ch/environment
	works ch-convert ./d oci:lay2
	works ch-convert oci:lay2 ./e2
	same "$(config e2)" 'Env ["A=2", "N=x\ny"]'
}

@test "/ch/environment that is none is left where it is" {
	plain_tree
	echo what is this >d/ch/environment
	back_from ./d
	same "$told" "ch-convert: warning: ./d: /ch/environment is left aside: /ch/environment:1: expected NAME=VALUE, found 'what is this'"
	in_layer >names
	grep -qx ch/environment names
}

@test "/ch that is not ours stays" {
	rm -rf d
	mkdir d
	echo program >d/ch
	works ch-convert ./d oci:lay
	same "$(in_layer)" ch
	rm -rf lay d/ch
	ln -s etc d/ch
	works ch-convert ./d oci:lay
	same "$(in_layer)" ch
	rm -rf lay d/ch
	plain_tree
	printf 'not JSON' >d/ch/config.json
	echo image >d/ch/image.txt
	back_from ./d
	same "$told" "ch-convert: warning: ./d: /ch/config.json is left aside: image configuration: expected JSON, found 'not JSON'"
	same "$(in_layer)" 'ch/
ch/config.json
ch/image.txt
etc/
etc/motd'
	# and in a SIF file
	rm -rf d x.sif
	mkdir d
	echo program >d/ch
	works ch-convert ./d ./x.sif
	python3 -B "$TEST_STAGE/bats/sifcheck.py" x.sif root.sqfs
	works ch-convert ./root.sqfs ./x.tar
	same "$(tar -xOf x.tar ./ch 2>/dev/null || tar -xOf x.tar ch)" program
}

# --- the scripts, run

# run_in FOLDER COMMAND...: in ch-run, and for no longer than a script needs;
# the environment is for the scripts to make, so ch-run must not read them.
run_in() {
	local folder=$1
	shift
	rm -rf "$folder/ch"
	works env -u PS1 GREETING=host timeout 30 ch-run --env=host \
		"./$folder" -- "$@"
}

@test "the actions of a SIF file that we made run" {
	works ch-convert "oci:$TEST_IMAGES/alpine:3.16" ./d
	rm d/ch/environment
	python3 - d/ch/config.json <<-'END'
		import json, sys
		image = json.load(open(sys.argv[1]))
		image["config"].update(
		    Entrypoint=["/bin/echo", "E  x"], Cmd=["c'd", "$HOME"],
		    Env=["PATH=/opt/x:/usr/bin:/bin", "GREETING=image",
		         "ODD=a 'b' \"c\" $d `e`"])
		json.dump(image, open(sys.argv[1], "w"))
	END
	works ch-convert ./d ./x.sif
	works ch-convert ./x.sif ./u
	run=/.singularity.d/actions
	run_in u $run/run
	same "$out" "E  x c'd \$HOME"
	run_in u $run/run 'a  b' '*'
	same "$out" "E  x a  b *"
	run_in u /singularity one
	same "$out" "E  x one"
	run_in u /.exec printenv ODD
	same "$out" "a 'b' \"c\" \$d \`e\`"
	run_in u $run/exec printenv PATH
	same "$out" /opt/x:/usr/bin:/bin
	# under a plain shell the host's value stays
	run_in u $run/exec printenv GREETING
	same "$out" host
	run_in u $run/exec sh -c 'echo "$LD_LIBRARY_PATH"'
	same "${out##*:}" /.singularity.d/libs
	run_in u $run/shell -c 'echo "$0 $PS1"'
	says '(sh|bash) Apptainer>'
	run_in u $run/test
	same "$err" 'there is no test in this image'
	run_in u $run/start
	try ch-run ./u -- $run/exec false
	same "$status" 1
}

@test "an image's own scripts run, after any way that they went" {
	works ch-convert "oci:$TEST_IMAGES/alpine:3.16" ./own
	rm -r own/ch
	own_tree
	rm own/.singularity.d/actions/exec
	works ch-convert ./own ./own.sif
	for kind in ./d ./x.tar oci:lay; do
		rm -rf back.sif u
		works ch-convert ./own.sif $kind
		works ch-convert $kind ./back.sif
		works ch-convert ./back.sif ./u
		run_in u /.singularity.d/actions/run a 'b  c'
		same "$out" 'mine: a b  c'
		run_in u /.singularity.d/actions/exec printenv FROM_POST
		same "$out" 'of post'
		run_in u /.singularity.d/actions/start
		says '^started$'
	done
}
