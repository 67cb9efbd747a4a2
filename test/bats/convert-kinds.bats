#!/usr/bin/env bats
# convert-kinds.bats - every kind of image into every other, and other programs'
# opinion of what we write.
# SPDX-License-Identifier: Apache-2.0
# needs registry
# shellcheck disable=SC2154,SC2153 # status, out, err: set by try; TREE
load common

IMG=$TEST_IMAGES
# What an image is converted to; "." stands for a directory of its own.
KINDS='./out/dir ./out/x.sqfs ./out/x.sif ./out/x.tar ./out/x.tar.gz
	./out/x.tar.zst oci:out/lay:1 oci-archive:out/oa.tar:1
	docker-archive:out/da.tar:a/b:1 store:kinds:1'

# What Apptainer wants in an image, which ours get in a SIF file.
SING='-x .singularity.d -x .exec -x .run -x .shell -x .test -x environment
	-x singularity -x dev -x proc -x sys -x tmp -x var -x home -x root -x etc'

# listing IMAGE [OPTION...]: all that a kind can carry, as text.
listing() {
	local image=$1
	shift
	ch-convert -q "$image" tar:- >"$T/.listing.tar" || return
	python3 -B "$TEST_STAGE/bats/tarlist.py" -x ch "$@" <"$T/.listing.tar"
}

# alike A B: two files; with their difference if there is one.
alike() {
	diff "$1" "$2" >"$T/.alike" || {
		head -20 "$T/.alike"
		return 1
	}
}

# tree DIR: its lines, without /ch; times to the second, which is all that a
# squashfs has.
tree() {
	"${TREE[@]}" -x ch "$1" | sed -E 's/ ([0-9]{9,10})[0-9]{9} / \1 /'
}

# One with all that there is: owners, devices, set-ID bits, links, holes, times.
rich_image() {
	python3 - "$TEST_STAGE" <<-'END'
	import sys
	sys.path.insert(0, sys.argv[1] + "/bats/registry")
	sys.dont_write_bytecode = True
	import io, tarfile
	from oci import Layout
	def layer(*entries):
	    b = io.BytesIO()
	    with tarfile.open(fileobj=b, mode="w", format=tarfile.PAX_FORMAT) as t:
	        for name, kind, mode, uid, more in entries:
	            i = tarfile.TarInfo(name)
	            i.type, i.mode, i.uid, i.gid = kind, mode, uid, uid and uid + 1
	            i.mtime = 1234567890
	            data = b""
	            if kind == tarfile.REGTYPE:
	                data = more
	                i.size = len(data)
	            elif kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
	                i.linkname = more
	            elif kind == tarfile.CHRTYPE:
	                i.devmajor, i.devminor = more
	            if name == "a/attr":
	                i.pax_headers = {"SCHILY.xattr.user.colour": "blue"}
	            if name == "a/ping":
	                i.pax_headers = {"SCHILY.xattr.security.capability":
	                                 "\1\0\0\2\0 " + "\0" * 14}
	            t.addfile(i, io.BytesIO(data))
	    return b.getvalue()
	D, F, S, H, C, P = (tarfile.DIRTYPE, tarfile.REGTYPE, tarfile.SYMTYPE,
	                    tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)
	lay = Layout("rich")
	lay.tag(lay.image([
	    layer((".", D, 0o755, 0, 0), ("a", D, 0o750, 5, 0), ("a/f", F, 0o644, 7, b"text"),
	          ("a/gone", F, 0o644, 7, b"gone"), ("a/empty", F, 0o600, 0, b""),
	          ("a/attr", F, 0o644, 0, b"x"), ("a/ping", F, 0o755, 0, b"p"),
	          ("a/suid", F, 0o4755, 0, b"#!/bin/sh\n"), ("a/h", H, 0o644, 7, "a/f"),
	          ("a/s", S, 0o777, 9, "../nowhere"), ("a/null", C, 0o666, 0, (1, 3)),
	          ("a/p", P, 0o640, 3, 0), ("a/big", F, 0o644, 0, b"0123456789" * 60000),
	          ("\u00fc " + "n" * 120, F, 0o644, 0, b"long")),
	    layer(("a/.wh.gone", F, 0o644, 0, b""), ("b", D, 0o755, 0, 0),
	          ("b/c", F, 0o644, 100000, b"up"),
	          ("b/h", H, 0o644, 0, "a/f"))],
	    Env=["PATH=/bin", "X=a b"], Entrypoint=["/bin/e", "x y"], Cmd=["c"],
	    WorkingDir="/a", Labels={"org.x": "y"}), "1")
	END
}

# --- there and back

@test "all that an image has, in all kinds that can carry it" {
	rich_image
	listing oci:rich >want
	grep -q '^a/suid file 4755 0:0 1234567890 ' want
	grep -q '^a/null char 0666 0:0 1234567890 1,3' want
	grep -q "^a/attr .*'user.colour', 'blue'" want
	grep -q "^a/ping .*'security.capability', '.x01.x00.x00.x02" want
	grep -q '^b/h file 0644 7:8 .* = a/f$' want
	lacks gone want
	for kind in $KINDS; do
		mkdir -p out
		works ch-convert oci:rich "$kind"
		[ "$kind" != ./out/dir ] || continue
		case $kind in
		*.sif)
			# shellcheck disable=SC2086 # a list
			listing "$kind" $SING >have
			;;
		*) listing "${kind//store:}" >have ;;
		esac
		alike want have
	done
}

# lists OPTION...: of each archive that is there, FILE.list.
lists() {
	python3 -B "$TEST_STAGE/bats/tarlist.py" -x ch "$@" lists/*.tar
}

@test "every kind into every other" {
	local all from to n
	rich_image
	mkdir -p in lists
	# what is there, from a directory: what such a one can hold
	works ch-convert oci:rich ./want
	works ch-convert oci:rich tar:lists/all.tar
	works ch-convert ./want tar:lists/dir.tar
	for from in $KINDS; do
		from=${from//out/in}
		works ch-convert oci:rich "$from"
	done
	n=0
	for from in $KINDS; do
		from=${from//out/in}
		from=${from%:a/b:1}
		for to in $KINDS; do
			rm -rf out
			mkdir out
			works ch-convert -q "${from//store:kinds:1/kinds:1}" \
				"${to//store:kinds:1/store:other:1}"
			to=${to%:a/b:1}
			n=$((n + 1))
			case $from$to in
			*/dir*) all=dir ;;
			*) all=all ;;
			esac
			echo "$all $from $to" >lists/$n.what
			works ch-convert -q "${to//store:kinds:1/other:1}" \
				tar:lists/$n.tar
		done
	done
	[ $n = 100 ]
	# shellcheck disable=SC2086 # a list
	lists $SING
	grep -q '^a/suid file 4755 0:0 1234567890 ' lists/all.tar.list
	for n in $(seq $n); do
		read -r all from to <"lists/$n.what"
		alike "lists/$all.tar.list" "lists/$n.tar.list" || {
			echo "$from to $to"
			return 1
		}
	done
	store_is_sound
}

@test "a real root file system into each kind and back" {
	works ch-convert "oci:$IMG/layered-gzip:1" ./want
	tree want >want.tree
	for to in $KINDS; do
		[ "$to" != ./out/x.sif ] || continue
		rm -rf out back
		mkdir out
		works ch-convert "oci:$IMG/layered-gzip:1" "$to"
		to=${to%:a/b:1}
		works ch-convert "${to//store:kinds:1/kinds:1}" ./back
		tree back >back.tree
		alike want.tree back.tree
	done
	store_is_sound
}

@test "the configuration comes along, whatever the way" {
	rich_image
	for kind in $KINDS; do
		rm -rf out back
		mkdir out
		works ch-convert oci:rich "$kind"
		kind=${kind%:a/b:1}
		works ch-convert "${kind//store:kinds:1/kinds:1}" ./back
		same "$(sort back/ch/environment)" "$(printf 'PATH=/bin\nX=a b')"
		python3 - <<-'END'
		import json
		c = json.load(open("back/ch/config.json"))
		assert c["architecture"] in ("amd64", "arm64"), c
		c = c["config"]
		assert c["Entrypoint"] == ["/bin/e", "x y"], c
		assert c["Cmd"] == ["c"] and c["WorkingDir"] == "/a", c
		assert c["Labels"]["org.x"] == "y", c
		END
		works ch-convert ./back oci:out/again
		works ch-convert oci:out/again ./back2
		same "$(sort back2/ch/environment)" "$(printf 'PATH=/bin\nX=a b')"
		rm -rf back2
	done
}

@test "layers are copied, not made again" {
	works ch-convert "oci:$IMG/layered-gzip:1" oci-archive:a.tar:x
	works ch-convert oci-archive:a.tar store:copy:1
	works ch-convert copy:1 oci:lay:y
	works ch-convert ./lay oci-archive:b.tar
	mkdir b
	tar -xf b.tar -C b
	for blob in "$IMG"/layered-gzip/blobs/sha256/*; do
		for dir in "$CH_STORE" lay b; do
			cmp "$blob" "$dir/blobs/sha256/$(basename "$blob")"
		done
	done
	same "$(ls lay)" "$(printf 'blobs\nindex.json\noci-layout')"
	grep -q '"org.opencontainers.image.ref.name": *"y"' lay/index.json
	store_is_sound
}

@test "streams: standard input and output" {
	works ch-convert "oci:$IMG/layered-gzip:1" ./want
	# shellcheck disable=SC2094 # not the same file
	ch-convert "oci:$IMG/layered-gzip:1" docker-archive:- |
		ch-convert - oci-archive:- | ch-convert oci-archive:- tar:- |
		ch-convert - ./img
	diff <("${TREE[@]}" -x ch want) <("${TREE[@]}" -x ch img)
	works ch-convert ./want ./x.sqfs
	ch-convert - ./img2 <x.sqfs
	diff <(tree want) <(tree img2)
	ch-convert - ./img3 < <(cat x.sqfs)
	diff <(tree want) <(tree img3)
	fails 2 "'-' needs a kind: tar:-, oci-archive:- or docker-archive:-" \
		ch-convert ./want -
	fails 2 "'sif:-': a SIF file is no stream" ch-convert ./want sif:-
	fails 1 "'-' is not an image\$" ch-convert - ./img4
	fails 1 "tar:-: expected a tar archive, found nothing\$" ch-convert tar:- ./img4
	absent img4
}

@test "a tag more in a layout that is there; the same tag is replaced" {
	works ch-convert "oci:$IMG/bare:1" oci:lay:a
	works ch-convert "oci:$IMG/rich:1" oci:lay:b
	works ch-convert oci:lay:a ./a
	works ch-convert oci:lay:b ./b
	works ch-convert oci:lay:b oci:lay:a
	works ch-convert oci:lay:a ./a2
	diff <("${TREE[@]}" -x ch b) <("${TREE[@]}" -x ch a2)
	mkdir full
	echo x >full/file
	fails 1 "'full' exists and is not an OCI layout\$" \
		ch-convert "oci:$IMG/bare:1" oci:full:a
	same "$(ls full)" file
}

@test "from a registry, by ch-convert and by ch-pull" {
	works ch-pull bare:1 ./want
	works ch-convert "docker://$TEST_REGISTRY/bare:1" ./x.sqfs
	works ch-pull bare:1 ./y.sqfs
	works ch-pull bare:1 ./y.sif
	works ch-pull bare:1 ./y.tar.gz
	works ch-pull "oci:$IMG/bare:1" ./z.sqfs
	works ch-pull bare:1 oci:lay:1
	for image in ./x.sqfs ./y.sqfs ./y.tar.gz ./z.sqfs oci:lay:1; do
		works ch-convert "$image" ./img
		alike <(tree want) <(tree img)
		rm -rf img
	done
	# shellcheck disable=SC2086 # a list
	alike <(listing ./want $SING) <(listing ./y.sif $SING)
	fails 1 "'./y.sqfs' exists; use --force to replace it\$" \
		ch-pull -q bare:1 ./y.sqfs
	works ch-pull --force bare:1 ./y.sqfs
	fails 2 "'./n.sqfs' is made from what is in the store, so --no-store can't be used" \
		ch-pull --no-store bare:1 ./n.sqfs
	store_is_sound
}

@test "progress for programs: the last object says that it is done" {
	works ch-convert --progress=json "oci:$IMG/layered-gzip:1" ./x.sqfs
	tail -n 1 "$T/.out" | python3 -c '
import json, sys
o = json.load(sys.stdin)
assert o["event"] == "done" and o["dest"] == "./x.sqfs", o'
	works ch-convert --progress=json ./x.sqfs ./img
	says '"event": *"done"'
	fails 2 ".*standard output can't have both the image and --progress=json" \
		ch-convert --progress=json ./img tar:-
}

# --- owners of a directory

@test "owners of a directory are root's unless --owner=keep" {
	mkdir d
	echo x >d/f
	ch-convert ./d tar:- | tar -tv --numeric-owner -f - | grep -q ' 0/0 .*f$'
	ch-convert --owner=keep ./d tar:- | tar -tv --numeric-owner -f - |
		grep -q " $(id -u)/$(id -g) .*f\$"
	if setfattr -n user.rootlesscontainers -v 0x0805 d/f 2>/dev/null; then
		ch-convert ./d tar:- | tar -tv --numeric-owner -f - |
			grep -q ' 5/.*f$'
	fi
	fails 2 ".*--owner.*expected 'root' or 'keep', found 'me'" \
		ch-convert --owner=me ./d ./x.tar
}

@test "names that an OCI layer can't hold" {
	mkdir -p d/a
	touch d/a/.wh.b
	fails 1 "./d: 'a/.wh.b': a layer can't hold names that begin with '.wh.', which remove files there" \
		ch-convert ./d oci:lay
	fails 1 "./d: 'a/.wh.b': a layer can't hold names that begin with '.wh.', which remove files there\$" \
		ch-convert ./d store:d:1
	absent lay
	works ch-convert ./d ./x.sqfs
	works ch-convert ./x.sqfs ./e
	[ -e e/a/.wh.b ]
}

# --- always the same

@test "the same bytes, however many threads and whenever" {
	rich_image
	for n in 1 4; do
		mkdir $n
		for kind in x.sqfs x.sif x.tar x.tar.gz x.tar.zst; do
			works ch-convert --reproducible -j$n oci:rich ./$n/$kind
		done
		works ch-convert --reproducible -j$n ./$n/x.tar oci:$n/lay
		works ch-convert --reproducible -j$n ./$n/x.tar \
			oci-archive:$n/oa.tar
		works ch-convert --reproducible -j$n ./$n/x.tar \
			docker-archive:$n/da.tar
		sleep 1.1
	done
	diff -r 1 4
	SOURCE_DATE_EPOCH=1000000000 works ch-convert oci:rich ./e.sif
	python3 -B "$TEST_STAGE/bats/sifcheck.py" e.sif |
		grep -q 'uuid 0\{32\}, time 1000000000'
}

# --- what other programs say

@test "unsquashfs, with each compressor" {
	needs unsquashfs
	rich_image
	for how in zstd zstd:9 lz4 gzip xz; do
		works ch-convert -f --compress=$how --block-size=64K oci:rich ./x.sqfs
		unsquashfs -s x.sqfs >stat
		grep -q "^Compression ${how%:*}\$" stat
		grep -q '^Block size 65536$' stat
		unsquashfs -lln x.sqfs >list
		grep -q -- '-rwsr-xr-x 0/0 .* squashfs-root/a/suid$' list
		grep -q -- '-rw-r--r-- 7/8 .* squashfs-root/b/h$' list
		grep -q 'crw-rw-rw- 0/0 .* 1, *3 .* squashfs-root/a/null$' list
		rm -rf u
		unsquashfs -q -n -no-xattrs -d u x.sqfs a/f a/big b >/dev/null
		cmp u/a/f u/b/h
	done
	fails 2 ".*--block-size: expected a power of two from 4K to 1M, found '100'" \
		ch-convert --block-size=100 oci:rich ./y.sqfs
	fails 2 ".*unknown compressor 'brotli'; there are zstd, lz4, gzip, xz and none, with ':LEVEL' behind it" \
		ch-convert --compress=brotli oci:rich ./y.sqfs
	fails 1 "can't write './y.sqfs': a squashfs is compressed with zstd, lz4, gzip or xz\$" \
		ch-convert --compress=none oci:rich ./y.sqfs
	fails 1 "can't write './y.tar': archives and layers are compressed with gzip, zstd or none, not with 'xz'" \
		ch-convert --compress=xz oci:rich ./y.tar
	absent y.sqfs y.tar
}

# mixed_tree: ./d with what other programs store in many ways: whole blocks,
# ends of files, holes, content that is there twice, names for one file.
mixed_tree() {
	python3 - <<-'END'
	import os, random
	r = random.Random(1)
	os.makedirs("d/many")
	for i in range(300):
	    with open(f"d/many/{i}", "wb") as f:
	        f.write(r.randbytes(r.randrange(9000)))
	with open("d/noise", "wb") as f:
	    f.write(r.randbytes((3 << 20) + 77))
	with open("d/twice", "wb") as f:
	    f.write(b"0123456789" * 100000)
	with open("d/again", "wb") as f:
	    f.write(b"0123456789" * 100000)
	with open("d/holes", "wb") as f:
	    f.write(b"front")
	    f.seek(5 << 20)
	    f.write(b"middle")
	    f.truncate(9 << 20)
	os.link("d/noise", "d/many/link")
	os.link("d/many/7", "d/seven")
	os.symlink("x" * 300, "d/long")
	os.mkfifo("d/fifo")
	os.utime("d/twice", (0, 2 ** 32 - 1))
	os.chmod("d/again", 0o4711)
	os.mkdir("d/" + "e" * 255, 0o1700)
	END
	setfattr -n user.colour -v blue d/noise 2>/dev/null || :
	setfattr -n user.colour -v blue d/many 2>/dev/null || :
}

@test "squashfs files of mksquashfs, with each compressor and in many forms" {
	needs mksquashfs
	mixed_tree
	listing ./d >want
	while read -r how; do
		rm -f x.sqfs
		# shellcheck disable=SC2086 # options
		mksquashfs d x.sqfs -quiet -no-progress -all-root $how \
			>log 2>&1 || {
			cat log
			return 1
		}
		echo "$how"
		case $how in
		*lzo* | *lzma*) # some libsquashfs can, some can't
			try ch-convert ./x.sqfs tar:x.tar
			rm -f x.tar
			if [ "$status" != 0 ]; then
				says "'./x.sqfs': squashfs image: its compressor '(lzo' is not built in|lzma' is not supported; unpack it with unsquashfs)\$"
				continue
			fi
			;;
		esac
		listing ./x.sqfs >have
		alike want have
	done <<-'END'
		-comp gzip
		-comp gzip -b 4096 -no-fragments -no-exports
		-comp gzip -noI -noD -noF -noX
		-comp xz -b 1048576 -always-use-fragments
		-comp lz4 -no-duplicates
		-comp zstd -no-sparse -not-reproducible
		-comp lzo
		-comp lzma
	END
}

@test "squashfs files of tar2sqfs, with each compressor" {
	needs tar2sqfs
	rich_image
	listing oci:rich >want
	works ch-convert oci:rich ./x.tar
	for how in gzip xz lz4 zstd; do
		rm -f x.sqfs
		tar2sqfs -q -c $how x.sqfs <x.tar
		listing ./x.sqfs >have
		alike want have
	done
}

@test "SIF: an independent reader, and what Apptainer needs inside" {
	needs unsquashfs
	rich_image
	works ch-convert oci:rich ./x.sif
	same "$(stat -c %a x.sif)" "$(printf '%o' $((0777 & ~$(umask))))"
	python3 -B "$TEST_STAGE/bats/sifcheck.py" x.sif root.sqfs >objects
	grep -q "^1 definition" objects
	grep -q "^2 json 'inspect-metadata.json'" objects
	grep -q "^3 json 'oci-config.json'" objects
	grep -q "^4 partition .* fs 1 part 2" objects
	unsquashfs -q -n -no-xattrs -d u root.sqfs .singularity.d .exec .run \
		environment >/dev/null
	[ -x u/.singularity.d/runscript ]
	[ -x u/.singularity.d/actions/exec ]
	sh -n u/.singularity.d/runscript
	grep -q 'org.x' u/.singularity.d/labels.json
}

@test "SIF: one that Apptainer has made" {
	sif=$TEST_STAGE/shared/busybox-amd64.sif
	[ -e "$sif" ] || skip "no SIF file here"
	python3 -B "$TEST_STAGE/bats/sifcheck.py" "$sif" real.sqfs >objects
	works ch-convert "$sif" ./img
	[ -x img/bin/busybox ]
	grep -qx 'PATH=.*' img/ch/environment
	works ch-convert ./real.sqfs ./img2
	diff <("${TREE[@]}" -x ch img) <("${TREE[@]}" -x ch img2)
	python3 - <<-'END'
	import json
	c = json.load(open("img/ch/config.json"))["config"]
	assert c["Cmd"] == ["sh"] and "Entrypoint" not in c, c
	label = "org.label-schema.usage.singularity.deffile.from"
	assert c["Labels"][label] == "busybox:1.33.1", c
	END
}

@test "skopeo and umoci take layouts and archives" {
	rich_image
	listing oci:rich >want
	works ch-convert oci:rich ./x.sqfs
	for from in oci:rich ./x.sqfs; do
		rm -rf lay oa.tar da.tar
		works ch-convert $from oci:lay:v
		works ch-convert $from oci-archive:oa.tar:v
		works ch-convert $from docker-archive:da.tar:quay.io/a/b:v
		works skopeo inspect oci:lay:v
		says '"Architecture"'
		works skopeo inspect oci-archive:oa.tar:v
		works skopeo inspect docker-archive:da.tar
		rm -rf copied
		for image in oci:lay:v oci-archive:oa.tar:v docker-archive:da.tar; do
			works skopeo --insecure-policy copy -q "$image" oci:copied:c
			listing oci:copied:c >have
			alike want have
		done
		if command -v umoci >/dev/null; then
			works umoci unpack --rootless --image lay:v bundle
			same "$(cat bundle/rootfs/b/h)" text
			chmod -R u+rwX bundle
			rm -rf bundle
		fi
	done
	tar -xOf da.tar manifest.json >m
	python3 - <<-'END'
	import json, tarfile
	m = json.load(open("m"))[0]
	assert m["RepoTags"] == ["quay.io/a/b:v"], m
	names = tarfile.open("da.tar").getnames()
	for n in [m["Config"], "repositories"] + m["Layers"]:
	    assert n in names, n
	END
}

@test "podman load takes our docker-archive and gives the same back" {
	needs podman
	own=(--storage-driver vfs --root "$T/s" --runroot "$T/r"
		--tmpdir "$T/p" --events-backend none)
	# All is root's: in their namespace there is nobody else.
	mkdir -p d/a
	echo text >d/a/f
	ln d/a/f d/a/h
	ln -s f d/a/s
	chmod 4711 d/a/f
	works ch-convert ./d docker-archive:da.tar:quay.io/a/b:v
	try unshare -r podman "${own[@]}" load -q -i da.tar
	[ "$status" = 0 ] || grep -q 'quay.io/a/b' "$T/.err" ||
		skip "podman does not run here: $(tail -1 "$T/.err")"
	same "$status" 0
	says 'Loaded image.*: quay.io/a/b:v$'
	works unshare -r podman "${own[@]}" save -q --format docker-archive \
		-o back.tar quay.io/a/b:v
	alike <(listing ./da.tar) <(listing ./back.tar)
}

@test "tar programs list the same names" {
	needs bsdtar
	rich_image
	works ch-convert oci:rich ./x.tar
	works ch-convert oci:rich ./x.tgz
	works ch-convert oci:rich ./x.tar.zst
	tar -tf x.tar | sort >want
	bsdtar -tf x.tar | sort | diff want -
	tar -tzf x.tgz | sort | diff want -
	zstd -dcq x.tar.zst | tar -tf - | sort | diff want -
	same "$(head -c 2 x.tgz | od -An -tx1 | tr -d ' ')" 1f8b
}

# --- bad input and bad places

@test "OUT that exists, is read, or is in what is read" {
	works ch-convert "oci:$IMG/bare" ./d
	works ch-convert ./d ./x.sqfs
	cp x.sqfs before
	fails 1 "'./x.sqfs' exists; use --force to replace it\$" \
		ch-convert ./d ./x.sqfs
	fails 2 ".*'./x.sqfs' is what is read, too" \
		ch-convert -f ./x.sqfs ./x.sqfs
	fails 2 ".*'./d/x.sqfs' is in './d', which is read" \
		ch-convert ./d ./d/x.sqfs
	fails 2 ".*'./d' is what is read, too" ch-convert -f ./d ./d
	echo text >file
	fails 1 "'file' is not an image, so --force won't replace it; remove it yourself\$" \
		ch-convert -f ./d tar:file
	ln -s x.sqfs link
	fails 1 "'link' is not an image, so --force won't" \
		ch-convert -f ./d squash:link
	mkdir dir
	fails 1 "'dir' is a directory, and a file is to be written there\$" \
		ch-convert -f ./d squash:dir
	cmp x.sqfs before
	works ch-convert -f "oci:$IMG/rich" ./x.sqfs
	works ch-convert ./x.sqfs ./img
	[ -e img/bin/busybox ]
	fails 2 ".*'./x.img': no kind of image has the suffix '.img'; there are .sqfs, .squashfs, .sif, .tar, .tar.gz, .tgz, .tar.zst, .tzst; a directory of that name is 'dir:./x.img'" \
		ch-convert ./d ./x.img
	fails 2 ".*can't write to 'cpio:x': a path here is './cpio:x', and other kinds are dir:, squash:, sif:, tar:, oci:, oci-archive:, docker-archive:, store:" \
		ch-convert ./d cpio:x
	fails 1 "can't write to 'docker://a': images can't be sent to a registry yet" \
		ch-convert ./d docker://a
}

@test "files that are no image, or not a whole one" {
	works ch-convert "oci:$IMG/layered-gzip" ./x.sqfs
	works ch-convert "oci:$IMG/layered-gzip" ./x.sif
	works ch-convert "oci:$IMG/layered-gzip" ./x.tar.gz
	works ch-convert "oci:$IMG/layered-gzip" docker-archive:da.tar
	echo something else >text
	fails 1 "'./text' is neither a directory nor an image" \
		ch-convert ./text ./o.sqfs
	head -c 3000 x.tar.gz >cut.tar.gz
	head -c 5000 x.sqfs >cut.sqfs
	head -c 8000 x.sif >cut.sif
	head -c 200 x.sif >short.sif
	head -c 20000 da.tar >cut.tar
	# what is there already stays, whatever was to replace it
	works ch-convert ./x.sqfs ./o
	for kind in sqfs sif tar; do
		works ch-convert ./x.sqfs ./o.$kind
		cp o.$kind before.$kind
	done
	touch o/before
	while read -r -u 3 file want; do
		for force in '' -f; do
			for to in sqfs sif tar; do
				[ -n "$force" ] || mv o.$to kept
				fails 1 "$want\$" \
					ch-convert $force "./$file" ./o.$to
				[ -n "$force" ] || mv -n kept o.$to
				cmp o.$to before.$to
			done
		done
		fails 1 "$want\$" ch-convert -f "./$file" ./o
		[ -e o/before ]
		for to in ./new oci:new store:o:1; do
			fails 1 "$want\$" ch-convert "./$file" $to
			absent new
		done
	done 3<<-END
		cut.tar.gz ./cut.tar.gz: gzip data ends early
		cut.sqfs './cut.sqfs': squashfs: is truncated: expected [0-9]+ bytes, found 5000
		cut.sif './cut.sif': SIF header: descriptors: expected it in a file of 8000 bytes, found 28080 bytes at 4096
		short.sif './short.sif': SIF header: descriptors: expected it in a file of 200 bytes, found 28080 bytes at 4096
		cut.tar ./cut.tar: '.*': malformed tar archive \\(Truncated .*\\)
	END
	# another file system, and none
	python3 - <<-'END'
	import struct
	d = bytearray(open("x.sif", "rb").read())
	at = 4096 + 3 * 585
	ext3 = bytearray(d)
	struct.pack_into("<i", ext3, at + 201, 2)
	open("ext3.sif", "wb").write(ext3)
	none = bytearray(d)
	struct.pack_into("<i", none, at + 205, 3)
	open("none.sif", "wb").write(none)
	END
	fails 1 "'./ext3.sif': its root file system is ext3; only squashfs can be read\$" \
		ch-convert ./ext3.sif ./new
	fails 1 "'./none.sif': there is no root file system in the SIF file: expected a primary partition, found none among [0-9]+ objects\$" \
		ch-convert ./none.sif ./new
	absent new
	same "$(find . "$TMPDIR" -name '.ch-tmp.*' 2>/dev/null)" ""
}
