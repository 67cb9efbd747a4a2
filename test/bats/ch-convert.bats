#!/usr/bin/env bats
# ch-convert.bats - ch-convert on the store and on OCI layouts of all manners.
# SPDX-License-Identifier: Apache-2.0
# needs registry
# needs hostile
# shellcheck disable=SC2154,SC2153 # status, out, err: set by try; TREE
load common

IMG=$TEST_IMAGES

# --- what it does

@test "from the store to a directory: as ch-pull does it" {
	works ch-pull alpine:3.16 ./pulled
	works ch-pull alpine:3.16
	works ch-convert alpine:3.16 ./img
	[ -z "$out" ]
	diff <("${TREE[@]}" -x ch pulled) <("${TREE[@]}" -x ch img)
	for f in config.json environment image; do
		[ -s img/ch/$f ]
	done
	works ch-convert store:alpine:3.16 ./img2
	store_is_sound
}

@test "without OUT: unpacked in the store, the path is printed, once" {
	works ch-pull alpine:3.16
	works ch-convert alpine:3.16
	tree=$out
	case $tree in "$CH_STORE/trees/sha256/"*) ;; *) false ;; esac
	[ -x "$tree/bin/busybox" ]
	before=$(stat -c %Z "$tree/ch/image")
	works ch-convert alpine:3.16
	same "$out" "$tree"
	same "$(stat -c %Z "$tree/ch/image")" "$before"
	store_is_sound
}

@test "from an OCI layout, named in three ways" {
	quiet ch-convert -q "oci:$IMG/rich:1" ./a
	quiet ch-convert -q "oci:$IMG/rich" ./b
	quiet ch-convert -q "$IMG/rich" ./c
	cp -r "$IMG/rich" layout
	works ch-convert ./layout ./d
	same "$err" 'ch-convert: owners are not kept in a directory: 1 file'
	for x in b c d; do
		diff <("${TREE[@]}" -x ch a) <("${TREE[@]}" -x ch $x)
	done
	grep -qx "RICH='\?from image'\?" a/ch/environment
	absent "$CH_STORE"
}

@test "the image configuration is kept byte for byte" {
	works ch-convert "oci:$IMG/rich:1" ./img
	sum=$(sha256sum <img/ch/config.json | cut -d' ' -f1)
	cmp img/ch/config.json "$IMG/rich/blobs/sha256/$sum"
}

@test "of an index, this machine's image, or the one of --arch" {
	works ch-convert --arch=aarch64 "oci:$IMG/alpine:3.16" ./arm
	grep -q '"arch": *"arm64"' arm/ch/config.json
	works ch-convert --arch=amd64 "oci:$IMG/alpine" ./intel
	grep -q '"arch": *"amd64"' intel/ch/config.json
}

@test "an OCI layout written by skopeo" {
	works skopeo --insecure-policy copy -q --src-tls-verify=false \
		"docker://$TEST_REGISTRY/layered:docker" oci:lay:v1
	works ch-convert oci:lay:v1 ./img
	works ch-convert "oci:$IMG/layered-gzip:1" ./img2
	diff <("${TREE[@]}" -x ch img) <("${TREE[@]}" -x ch img2)
}

@test "layers of all compressions equal umoci's tree" {
	needs umoci
	works umoci unpack --rootless --image "$IMG/layered-gzip:1" bundle
	for how in gzip zstd plain; do
		works ch-convert "oci:$IMG/layered-$how:1" ./$how
		trees_equal $how bundle/rootfs
	done
}

@test "hard links, across layers too" {
	works ch-convert "oci:$IMG/layered-gzip" ./img
	cd img/t/hard
	same "$(stat -c %i c)" "$(stat -c %i e)"
	same "$(stat -c %i solo)" "$(stat -c %i d)"
	absent a
	same "$(cat b)" "on its own now"
	same "$(stat -c %h b)" 1
	same "$(cat c)" "shared by three"
}

@test "directories that the image does not name" {
	python3 - "$TEST_STAGE" <<-'END'
	import sys
	sys.path.insert(0, sys.argv[1] + "/bats/registry")
	sys.dont_write_bytecode = True
	from images import Tar
	from oci import Layout
	lay = Layout("lay")
	lay.tag(lay.image([Tar().file("a/b/c", "x").bytes()]), "1")
	END
	works ch-convert ./lay ./img
	same "$(stat -c '%a %F' img/a img/a/b)" \
		"$(printf '755 directory\n755 directory')"
}

@test "a hard link to a device that is left out" {
	python3 - "$TEST_STAGE" <<-'END'
	import sys
	sys.path.insert(0, sys.argv[1] + "/bats/registry")
	sys.dont_write_bytecode = True
	import io, tarfile
	from oci import Layout
	b = io.BytesIO()
	with tarfile.open(fileobj=b, mode="w") as t:
	    for name, kind, link in (("null", tarfile.CHRTYPE, ""),
	                             ("null2", tarfile.LNKTYPE, "null"),
	                             ("x", tarfile.DIRTYPE, "")):
	        i = tarfile.TarInfo(name)
	        i.type, i.linkname, i.mode = kind, link, 0o755
	        i.devmajor, i.devminor = 1, 3
	        t.addfile(i)
	lay = Layout("lay")
	lay.tag(lay.image([b.getvalue()]), "1")
	END
	works ch-convert ./lay ./img
	says '2 device nodes are not kept'
	same "$(ls img)" "$(printf 'ch\nx')"
}

@test "things left out or changed by rule" {
	works ch-convert "oci:$IMG/odd" ./img
	absent img/odd/null img/odd/disk
	same "$(wc -l <"$T/.err")" 3
	says 'ch-convert: .*2 device'
	says 'ch-convert: set-user-ID and set-group-ID bits are not kept in a directory: 2 files$'
	says 'ch-convert: owners are not kept in a directory: [0-9]+ files?$'
	same "$(stat -c %a img/odd/setuid img/odd/setgid)" \
		"$(printf '755\n755')"
	same "$(stat -c %a img/odd/locked img/odd/locked/secret)" \
		"$(printf '700\n400')"
	[ -p img/odd/fifo ]
	# file systems without user attributes exist; ours may be one
	if setfattr -n user.x -v y img/odd/fifo 2>/dev/null ||
		setfattr -n user.x -v y img/odd/xattr 2>/dev/null; then
		same "$(getfattr --only-values -n user.colour img/odd/xattr)" \
			blue
	fi
	getfattr -d -m - img/odd/xattr >attrs 2>/dev/null || :
	lacks trusted attrs
}

# --- where it goes

@test "OUT has to be new or empty, or an image and --force" {
	mkdir empty full
	echo precious >full/file
	works ch-convert "oci:$IMG/bare" ./empty
	fails 1 ".*'\./full' exists and is not empty, and it is not an image$" \
		ch-convert "oci:$IMG/bare" ./full
	fails 1 ".*does not look like an image" \
		ch-convert --force "oci:$IMG/bare" ./full
	same "$(cat full/file)" precious
	fails 1 ".*'\./empty' exists" ch-convert "oci:$IMG/rich" ./empty
	works ch-convert --force "oci:$IMG/rich" ./empty
	[ -x empty/bin/busybox ]
	absent empty/only
}

@test "OUT: '..' behind a link is where the kernel goes" {
	mkdir -p real/sub
	ln -s real/sub link
	works ch-convert "oci:$IMG/bare" ./img
	works ch-convert "oci:$IMG/rich" ./real/img
	works ch-convert --force "oci:$IMG/alpine" ./link/../img
	[ -e img/only ]
	[ -e real/img/etc/alpine-release ] || [ -e real/img/etc/os-release ]
	absent real/img/opt/rich
	works ch-convert --store=./link/../st "oci:$IMG/bare"
	[ -d real/st/trees ]
	absent st
}

@test "OUT that can't be" {
	fails 1 ".*No such file or directory" \
		ch-convert "oci:$IMG/bare" ./no/such/place
	fails 2 ".*can't write to 'name': a path here is '\./name', and other kinds are dir:, .*" \
		ch-convert "oci:$IMG/bare" name
	echo x >file
	fails 1 ".*'\./file' exists and is not a directory" \
		ch-convert "oci:$IMG/bare" ./file
	mkdir ro
	chmod 500 ro
	fails 1 ".*Permission denied" ch-convert "oci:$IMG/bare" ./ro/img
}

@test "IN that is not there, or is nothing we read" {
	fails 1 ".*no image 'alpine:3.16' in store.*; get it with 'ch-pull alpine:3.16'|.*no store.*ch-pull alpine:3.16" \
		ch-convert alpine:3.16 ./img
	works ch-pull bare:1
	fails 1 ".*no image 'alpine:3.16' in store.*ch-pull alpine:3.16'" \
		ch-convert alpine:3.16 ./img
	fails 1 ".*'\./nothing'.*No such file or directory" \
		ch-convert ./nothing ./img
	echo text >file
	fails 1 "'\./file' is neither a directory nor an image$" \
		ch-convert ./file ./img
	mkdir dir
	fails 1 "'\./dir' is empty, which is no image$" ch-convert ./dir ./img
	fails 1 "'dir': can't open 'oci-layout': No such file or directory$" \
		ch-convert oci:dir ./img
	fails 1 "'$IMG/bare': no image 'nosuch' in the layout; there is '1'$" \
		ch-convert "oci:$IMG/bare:nosuch" ./img
	absent img
}

@test "a layout with several images: which one?" {
	python3 - "$IMG" <<-'END'
	import json, shutil, sys
	shutil.copytree(sys.argv[1] + "/bare", "two")
	with open("two/index.json") as f:
	    index = json.load(f)
	other = json.loads(json.dumps(index["manifests"][0]))
	other["annotations"]["org.opencontainers.image.ref.name"] = "2"
	index["manifests"].append(other)
	with open("two/index.json", "w") as f:
	    json.dump(index, f)
	END
	fails 1 "'two': expected one image in the layout; there is '1', '2'$" \
		ch-convert oci:two ./img
	works ch-convert oci:two:2 ./img
	sed -i 's/"2"/"localhost:5000\/a\/b:2"/' two/index.json
	works ch-convert oci:two:localhost:5000/a/b:2 ./img2
	works ch-pull bare:1
	works ch-convert "oci:$CH_STORE:docker.io/library/bare:1" ./img3
}

@test "a plain word that is a layout: its own errors are told" {
	cp -r "$IMG/bad-flipped" word
	fails 1 "oci:word: layer 1 of 1: expected $HEX, got $HEX" \
		ch-convert word ./img
}

@test "an image for another machine: refused with --arch, else a warning" {
	fails 1 ".*: no image for linux/s390x; there is linux/.*" \
		ch-convert --arch=s390x "oci:$IMG/bare" ./img
	absent img
	works ch-pull alpine:3.16
	sed -i 's/"architecture": *"[a-z0-9]*"/"architecture": "s390x"/' \
		"$CH_STORE/index.json"
	fails 1 "image 'alpine:3.16' is in store .* for linux/s390x, not for linux/.*" \
		ch-convert alpine:3.16 ./img
}

@test "a blob of the store that has gone bad: said, dropped, fetched again" {
	works ch-pull bare:1
	for blob in "$CH_STORE"/blobs/sha256/*; do
		chmod u+w "$blob"
		printf X | dd of="$blob" bs=1 seek=12 conv=notrunc 2>/dev/null
	done
	try ch-convert bare:1 ./img
	same "$status" 1
	works ch-pull bare:1
	try ch-convert bare:1 ./img
	if [ "$status" != 0 ]; then
		says "layer 1 of 1: expected $HEX, got $HEX; .* pull again"
		works ch-pull bare:1
		works ch-convert bare:1 ./img
	fi
	[ -e img/only ]
	store_is_sound
}

@test "usage" {
	fails 2 ".*IN is missing; see 'ch-convert --help'" ch-convert
	fails 2 ".*unexpected argument 'c'" ch-convert a ./b c
	fails 2 ".*nothing behind 'squash:'" ch-convert squash: ./x
	fails 2 ".*nothing behind 'oci:'" ch-convert oci: ./x
	fails 2 "reference 'Alpine': upper case 'A' is not allowed in a repository name" \
		ch-convert Alpine ./x
}

@test "no image for this machine: what there is is listed" {
	fails 1 "oci:.*: no image for linux/[a-z0-9/]*; there is linux/s390x, linux/riscv64$" \
		ch-convert "oci:$IMG/bad-platform:1" ./img
	absent img
}

# --- when it goes wrong on the way

@test "two at the same time into the store" {
	works ch-pull big:1
	ch-convert big:1 >a &
	one=$!
	ch-convert big:1 >b
	wait $one
	same "$(cat a)" "$(cat b)"
	store_is_sound
	[ -f "$(cat a)/big/3.999" ]
}

@test "the umask changes nothing" {
	(umask 077 && works ch-convert "oci:$IMG/layered-gzip" ./a)
	(umask 000 && works ch-convert "oci:$IMG/layered-gzip" ./b)
	diff <("${TREE[@]}" -x ch a) <("${TREE[@]}" -x ch b)
	same "$(stat -c %a a a/ch a/ch/*)" "$(stat -c %a b b/ch b/ch/*)"
}

@test "without OUT: what is unpacked already, or has no layers" {
	works ch-convert "oci:$IMG/bare" ./img
	fails 1 "'./img' is unpacked already" ch-convert ./img
	works ch-convert "oci:$IMG/bare" ./img.sqfs
	fails 1 "'./img.sqfs' is a squashfs file, which can be run as it is; unpack it with 'ch-convert ./img.sqfs ./DIR'\$" \
		ch-convert ./img.sqfs
}
