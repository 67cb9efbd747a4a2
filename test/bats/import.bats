#!/usr/bin/env bats
# import.bats - ch-pull from files: layouts, archives, standard input.
# SPDX-License-Identifier: Apache-2.0
# needs registry
# shellcheck disable=SC2154 # status, out, err: set by try
load common

SAVED=(python3 -B "$TEST_STAGE/bats/registry/saved.py")

copy() {
	skopeo --insecure-policy copy -q "$@"
}

# The digest that the store has under the name NAME.
digest_of() {
	python3 -c 'import json, sys
for m in json.load(open(sys.argv[1] + "/index.json"))["manifests"]:
    if m["annotations"]["org.opencontainers.image.ref.name"] == sys.argv[2]:
        print(m["digest"])' "$CH_STORE" "$1"
}

# The tree of layered-gzip as the registry gives it, in ./want.
want_layered() {
	works ch-pull --no-store layered:gzip ./want
	same "$(ls -A "$CH_STORE" 2>/dev/null)" ''
}

nothing_in_store() {
	same "$(store_names)" ''
	store_is_sound
	same "$(ls "$CH_STORE/blobs/sha256" 2>/dev/null)" ''
}

# --- what it does

@test "docker-archive: the tree equals the registry's" {
	want_layered
	copy "oci:$TEST_IMAGES/layered-gzip:1" docker-archive:a.tar:layered:gzip
	works ch-pull docker-archive:a.tar
	says '^ch-pull: layered:gzip: sha256:[0-9a-f]{12}, linux/[a-z0-9/]+, 4 layers, .* MiB in [0-9.]+ s$'
	same "$(store_names)" docker.io/library/layered:gzip
	store_is_sound
	works ch-convert layered:gzip ./img
	trees_equal img want
	cmp img/ch/config.json want/ch/config.json
}

@test "oci-archive: the same image as the registry's, to the digest" {
	want_layered
	copy "oci:$TEST_IMAGES/layered-zstd:1" oci-archive:a.tar:layered:zstd
	works ch-pull oci-archive:a.tar
	ours=$(digest_of docker.io/library/layered:zstd)
	store_is_sound
	works ch-convert layered:zstd ./img
	trees_equal img want
	works ch-pull layered:zstd
	says ', unchanged, '
	same "$ours" "$(digest_of docker.io/library/layered:zstd)"
}

@test "oci: what the store has is not copied again" {
	want_layered
	works ch-pull "oci:$TEST_IMAGES/layered-gzip:1" --name layered
	store_is_sound
	for blob in "$CH_STORE"/blobs/sha256/*; do
		touch -d 2001-01-01 "$blob"
	done
	works ch-pull "oci:$TEST_IMAGES/layered-gzip:1" --name again
	same "$(find "$CH_STORE/blobs" -type f -newermt 2002-01-01)" ''
	same "$(store_names)" 'docker.io/library/layered:latest
docker.io/library/again:latest'
	works ch-convert again ./img
	trees_equal img want
}

@test "oci: a store that was carried here, by names as people type them" {
	works ch-pull "oci:$TEST_IMAGES/bare:1" --name alpine:3.16
	works ch-pull "oci:$TEST_IMAGES/rich:1" --name quay.io/lab/tool
	mv "$CH_STORE" stick
	for name in alpine:3.16 library/alpine:3.16 \
		docker.io/library/alpine:3.16; do
		rm -rf "$CH_STORE" img
		works ch-pull "oci:stick:$name"
		same "$(store_names)" docker.io/library/alpine:3.16
		works ch-convert "oci:stick:$name" ./img
		[ -f img/only/file ]
	done
	works ch-pull oci:stick:quay.io/lab/tool
	fails 1 "oci:stick:alpine:3.17: no image 'alpine:3.17' in the layout; there is 'docker.io/library/alpine:3.16', 'quay.io/lab/tool:latest'\$" \
		ch-pull oci:stick:alpine:3.17
}

@test "oci: without a name inside it is localhost's, after the directory" {
	cp -R "$TEST_IMAGES/bare" My_App.x
	works ch-pull oci:My_App.x
	same "$(store_names)" localhost/my-app-x:1
	works ch-pull ./My_App.x
	same "$(store_names)" localhost/my-app-x:1
}

@test "compressed archives, files and pipes: the same manifest each time" {
	copy "oci:$TEST_IMAGES/layered-gzip:1" docker-archive:a.tar:layered:1
	gzip -1 -k a.tar
	zstd -q -1 a.tar
	works ch-pull docker-archive:a.tar
	want=$(digest_of docker.io/library/layered:1)
	for how in 'a.tar.gz' 'a.tar.zst' '- <a.tar' '- <a.tar.gz' \
		'a.tar:docker.io/library/layered:1' '-:layered:1 <a.tar.zst'; do
		rm -r "$CH_STORE"
		works bash -c "ch-pull docker-archive:$how"
		same "$want" "$(digest_of docker.io/library/layered:1)"
		store_is_sound
	done
	rm -r "$CH_STORE"
	works bash -c 'cat a.tar.gz | ch-pull docker-archive:-'
	same "$want" "$(digest_of docker.io/library/layered:1)"
	works bash -c 'ch-pull docker-archive:<(cat a.tar)'
}

@test "docker save, the form before Docker 25" {
	want_layered
	"${SAVED[@]}" old a.tar "$TEST_IMAGES/layered-gzip=layered:gzip"
	works ch-pull docker-archive:a.tar ./img
	says 'layered:gzip: .*, 4 layers, .*, unpacked to ./img$'
	trees_equal img want
	same "$(store_names)" docker.io/library/layered:gzip
}

@test "docker save, the form since Docker 25, as either kind" {
	want_layered
	"${SAVED[@]}" new a.tar "$TEST_IMAGES/layered-gzip=layered:gzip"
	works ch-pull docker-archive:a.tar ./img
	trees_equal img want
	works ch-pull oci-archive:a.tar ./img2
	trees_equal img2 want
	same "$(store_names)" docker.io/library/layered:gzip
	# Some untar it, look, and tar it again.
	mkdir x
	tar -xf a.tar -C x
	tar -cf b.tar -C x .
	works ch-pull oci-archive:b.tar:layered:gzip ./img3
	trees_equal img3 want
}

@test "podman save and buildah push, without privilege" {
	needs buildah podman
	buildah_image
	works ch-pull --no-store oci:mine ./want
	works unshare -r buildah "${own[@]}" push -q "$id" \
		docker-archive:b.tar:quay.io/a/b:1
	works ch-pull docker-archive:b.tar ./b
	trees_equal b want
	for form in docker-archive oci-archive; do
		unshare -r podman "${own[@]}" --tmpdir "$T/p" \
			--events-backend none save -q --format $form \
			-o $form.tar "$id" 2>podman.err ||
			skip "podman does not run here: $(tail -1 podman.err)"
		works ch-pull $form:$form.tar --name localhost/$form ./$form
		trees_equal $form want
	done
	same "$(store_names | sort)" 'localhost/docker-archive:latest
localhost/oci-archive:latest
quay.io/a/b:1'
	store_is_sound
}

@test "several images in one archive: all, or one" {
	for form in old new; do
		rm -rf "$CH_STORE" img
		"${SAVED[@]}" $form a.tar "$TEST_IMAGES/rich=rich:1" \
			"$TEST_IMAGES/bare=bare:1" "$TEST_IMAGES/odd=odd:1"
		works ch-pull docker-archive:a.tar
		same "$(store_names)" 'docker.io/library/rich:1
docker.io/library/bare:1
docker.io/library/odd:1'
		store_is_sound
		works ch-convert odd:1 ./img
		[ -x img/bin/busybox ]
		rm -r "$CH_STORE"
		works ch-pull docker-archive:a.tar:bare:1
		same "$(store_names)" docker.io/library/bare:1
		works ch-pull docker-archive:a.tar:@2 --name third
		same "$(store_names | tail -1)" docker.io/library/third:latest
		rm -r "$CH_STORE"
		fails 1 "docker-archive:a.tar:no:1: no image 'no:1' in it; there is 'rich:1', 'bare:1', 'odd:1'\$" \
			ch-pull docker-archive:a.tar:no:1
		fails 2 "'docker-archive:a.tar' holds several images; choose one, as in 'docker-archive:a.tar:REF'" \
			ch-pull -q docker-archive:a.tar ./one
		absent one
		fails 2 "'docker-archive:a.tar' holds several images" \
			ch-pull -q docker-archive:a.tar --name x
		same "$(store_names)" ''
	done
	fails 1 "oci-archive:a.tar: expected one image in the layout; there is 'docker.io/library/rich:1', 'docker.io/library/bare:1', 'docker.io/library/odd:1'\$" \
		ch-pull oci-archive:a.tar
	works ch-pull oci-archive:a.tar:odd:1
	same "$(store_names)" docker.io/library/odd:1
}

@test "saved by ID: a name is asked for" {
	"${SAVED[@]}" old a.tar "$TEST_IMAGES/bare="
	fails 2 "'docker-archive:a.tar' has an image without a name; give it one with --name REF" \
		ch-pull -q docker-archive:a.tar
	same "$(store_names)" ''
	fails 2 "reference 'Up': upper case 'U' is not allowed" \
		ch-pull --name Up docker-archive:a.tar
	works ch-pull --name quay.io/x/bare:2 docker-archive:a.tar
	same "$(store_names)" quay.io/x/bare:2
	works ch-pull docker-archive:a.tar ./img
	[ -f img/only/file ]
	same "$(store_names)" quay.io/x/bare:2
}

# Modes and names of what is in the store.
modes() {
	(cd "$CH_STORE" && find . -mindepth 1 -printf '%m %P\n' |
		sed 's/[0-9a-f]\{64\}/HEX/' | sort -u)
}

@test "a store that a group shares: what is imported is shared, too" {
	copy "oci:$TEST_IMAGES/bare:1" docker-archive:a.tar:bare:1
	copy "oci:$TEST_IMAGES/bare:1" oci-archive:b.tar:bare:1
	umask 027
	for from in docker-archive:a.tar oci-archive:b.tar \
		"oci:$TEST_IMAGES/bare:1 --name x"; do
		rm -rf "$CH_STORE"
		mkdir "$CH_STORE"
		chmod 2770 "$CH_STORE"
		# shellcheck disable=SC2086 # words
		works ch-pull $from
		same "$(modes)" "2770 blobs
2770 blobs/sha256
2770 tmp
640 blobs/sha256/HEX
660 index.json
660 oci-layout"
	done
}

@test "to a directory without the store" {
	want_layered
	copy "oci:$TEST_IMAGES/layered-gzip:1" docker-archive:a.tar:layered:1
	mkdir out
	works ch-pull --no-store docker-archive:a.tar ./out/img
	trees_equal out/img want
	works ch-pull --no-store "oci:$TEST_IMAGES/layered-gzip" ./out/img2
	trees_equal out/img2 want
	fails 2 '--no-store needs a DEST' ch-pull --no-store docker-archive:a.tar
	absent "$CH_STORE"
	same "$(ls -A out)" 'img
img2'
	fails 1 "'./out/img' exists and is not empty; use --force to replace it" \
		ch-pull --no-store docker-archive:a.tar ./out/img
	works ch-pull --force --no-store docker-archive:a.tar ./out/img
}

@test "what comes from archives can be read by others in the store" {
	needs umoci
	"${SAVED[@]}" old a.tar "$TEST_IMAGES/layered-gzip=layered:1"
	works ch-pull docker-archive:a.tar
	works skopeo inspect "oci:$CH_STORE:docker.io/library/layered:1"
	works skopeo --insecure-policy copy -q \
		"oci:$CH_STORE:docker.io/library/layered:1" oci:copy:x
	works umoci unpack --rootless \
		--image "$CH_STORE:docker.io/library/layered:1" bundle
	works ch-convert layered:1 ./img
	trees_equal img bundle/rootfs
}

@test "of several architectures this machine's is taken, or the one asked for" {
	works ch-pull "oci:$TEST_IMAGES/alpine"
	works ch-convert localhost/alpine:3.16 ./here
	other=arm64
	[ "$(uname -m)" != aarch64 ] || other=amd64
	works ch-pull --arch $other "oci:$TEST_IMAGES/alpine" ./there
	grep -q "\"architecture\": *\"$other\"" there/ch/config.json
	lacks -q "\"architecture\": *\"$other\"" here/ch/config.json
	same "$(store_names | sort -u)" localhost/alpine:3.16
	copy --override-arch $other "oci:$TEST_IMAGES/alpine:3.16" \
		docker-archive:a.tar:other:1
	works ch-pull docker-archive:a.tar
	says "warning: other:1 is for linux/$other.*, this machine is linux/"
	fails 1 'other:1: no image for linux/s390x; there is linux/' \
		ch-pull --arch s390x docker-archive:a.tar
	fails 1 'oci:.*/alpine: no image for linux/s390x in the layout|oci:.*: no image for linux/s390x' \
		ch-pull --arch s390x "oci:$TEST_IMAGES/alpine"
}

@test "an image that does not say its platform" {
	python3 -B - "$TEST_STAGE/bats/registry" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1])
		import oci
		layout = oci.Layout("x")
		layer, diff = layout.layer(b"\0" * 1024)
		layout.tag(layout.manifest(layout.json(
		    {"rootfs": {"type": "layers", "diff_ids": [diff]}},
		    oci.OCI + "config.v1+json"), [layer]), "a/b:1")
	END
	works ch-pull oci:x ./img
	says '^ch-pull: a/b:1: sha256:[0-9a-f]{12}, 1 layer, .* unpacked to ./img$'
	works ch-convert a/b:1 ./img2
}

# --- SIF files

@test "a SIF file in a layout is written as it is" {
	umask 022
	for type in application/vnd.sylabs.sif.config.v1+json \
		application/vnd.oci.empty.v1+json; do
		rm -rf sif x.sif
		sif 1 $type
		works ch-pull oci:sif ./x.sif
		says ': sha256:[0-9a-f]{12}, a SIF file, 98 KiB in [0-9.]+ s, written to ./x.sif$'
		cmp x.sif file.sif
		same "$(stat -c %a x.sif)" 755
	done
	fails 1 "'./x.sif' exists; use --force to replace it" \
		ch-pull oci:sif ./x.sif
	works ch-pull --force oci:sif ./x.sif
	works ch-pull --no-store oci:sif ./y.sif
	cmp y.sif file.sif
	mkdir dir
	fails 1 "oci:sif: the image is a SIF file, but './dir' is a directory; name a file, as in './dir/image.sif'" \
		ch-pull oci:sif ./dir
	echo text >text
	fails 1 "'./text' is not an image, so --force won't replace it; remove it yourself" \
		ch-pull --force oci:sif ./text
	fails 1 "'./text' exists" ch-pull "oci:$TEST_IMAGES/bare" ./text
	same "$(cat text)" text
}

@test "a SIF file in the store: the next step is said" {
	sif 1
	works ch-pull oci:sif --name sifs:1
	store_is_sound
	fails 1 "docker.io/library/sifs:1: is a SIF file, which has no layers to unpack; get it as it is with 'ch-pull docker.io/library/sifs:1 ./image.sif'\$" \
		ch-convert sifs:1
	fails 1 "docker.io/library/sifs:1: 'the SIF file': SIF header: .*" \
		ch-convert sifs:1 ./img
	absent img
	try ch-run sifs:1 -- true
	same "$status" 125
	says "is a SIF file"
	works ch-pull "oci:$CH_STORE:sifs:1" ./x.sif
	cmp x.sif file.sif
}

@test "what says SIF but is none" {
	sif 1
	echo 'something else' >file.sif
	python3 -B - "$TEST_STAGE/bats/registry" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1])
		import oci
		layout = oci.Layout("sif")
		layout.tag(layout.manifest(
		    layout.blob(b"{}", "application/vnd.oci.empty.v1+json"),
		    [layout.blob(b"text", "application/vnd.sylabs.sif.layer.v1.sif")]),
		    "1")
	END
	fails 1 "oci:sif: the image says that it is a SIF file, but at byte 32 'SIF_MAGIC' is missing\$" \
		ch-pull -q oci:sif ./x.sif
	absent x.sif
}

# --- what goes wrong

@test "a layout that was tampered with: nothing of it is named" {
	cp -R "$TEST_IMAGES/layered-gzip" x
	layer=$(find x/blobs -size +100k)
	printf X | dd of="$layer" bs=1 seek=1000 conv=notrunc status=none
	fails 1 "oci:x: layer 1 of 4: expected $HEX, got $HEX\$" ch-pull oci:x
	nothing_in_store
	fails 1 "oci:x: layer 1 of 4: expected" ch-pull --no-store oci:x ./img
	absent img
	tar -cf x.tar -C x .
	fails 1 "oci-archive:x.tar: 'blobs/sha256/[0-9a-f]{64}': expected $HEX, got $HEX\$" \
		ch-pull oci-archive:x.tar
	nothing_in_store
	rm "$layer"
	fails 1 "oci:x: layer 1 of 4: blob $HEX: .*No such file" ch-pull oci:x
	tar -cf x.tar -C x .
	fails 1 "oci-archive:x.tar: layer 1 of 4: blob $HEX: .*No such file" \
		ch-pull oci-archive:x.tar
	nothing_in_store
	same "$(ls -A)" "$(printf '%s\n' .digests .err .err.all .out store x x.tar)"
}

@test "archives that were cut short" {
	copy "oci:$TEST_IMAGES/layered-gzip:1" docker-archive:a.tar:layered:1
	gzip -1 -k a.tar
	zstd -q -1 a.tar
	head -c 3000000 a.tar >cut.tar
	head -c 2000000 a.tar.gz >cut.gz
	head -c 2000000 a.tar.zst >cut.zst
	fails 1 'docker-archive:cut.tar: .*malformed tar archive' \
		ch-pull docker-archive:cut.tar
	fails 1 'docker-archive:cut.gz: .*gzip data ends early' \
		ch-pull docker-archive:cut.gz
	fails 1 'docker-archive:cut.zst: .*zstd data ends early' \
		ch-pull docker-archive:cut.zst
	fails 1 'docker-archive:-: expected a tar archive, found nothing$' \
		ch-pull docker-archive:-
	echo hello >text
	fails 1 'docker-archive:text: .*not a tar archive' \
		ch-pull docker-archive:text
	nothing_in_store
}

@test "the wrong kind, the wrong place: what to do is said" {
	copy "oci:$TEST_IMAGES/bare:1" docker-archive:d.tar:bare:1
	copy "oci:$TEST_IMAGES/bare:1" oci-archive:o.tar:bare:1
	fails 1 "docker-archive:o.tar: it has no 'manifest.json' but an 'index.json': name it 'oci-archive:o.tar'\$" \
		ch-pull docker-archive:o.tar
	fails 1 "oci-archive:d.tar: it has no 'index.json' but a 'manifest.json': name it 'docker-archive:d.tar'\$" \
		ch-pull oci-archive:d.tar
	fails 1 "docker-archive:none: can't open it: No such file or directory\$" \
		ch-pull docker-archive:none
	fails 2 "oci-archive:$TEST_IMAGES: it is a directory, not an archive" \
		ch-pull "oci-archive:$TEST_IMAGES"
	fails 1 "oci:$TEST_STAGE: .*'oci-layout'.*No such file" \
		ch-pull "oci:$TEST_STAGE"
	fails 1 "'docker-archive:d.tar' is an archive; put it into the store with 'ch-pull docker-archive:d.tar'\$" \
		ch-convert docker-archive:d.tar
	fails 125 "'oci-archive:o.tar' is an archive; put it into the store with 'ch-pull oci-archive:o.tar'\$" \
		ch-run oci-archive:o.tar -- true
	same "$(store_names)" ''
}

@test "a file need not be named by its kind" {
	copy "oci:$TEST_IMAGES/bare:1" docker-archive:d.tar:bare:1
	copy "oci:$TEST_IMAGES/bare:1" oci-archive:o.tar:quay.io/a/bare:2
	works ch-pull ./d.tar
	works ch-pull ./o.tar
	same "$(store_names)" "docker.io/library/bare:1
quay.io/a/bare:2"
	mkdir root
	tar -cf flat.tar -C root .
	fails 1 "./flat.tar: no image is saved in it: it has neither 'index.json' nor 'manifest.json'\$" \
		ch-pull ./flat.tar
	fails 1 "'tar:flat.tar' has no layers; put it into the store with 'ch-convert tar:flat.tar store:NAME'\$" \
		ch-pull tar:flat.tar
}

@test "hostile archives keep to themselves" {
	python3 - "$TEST_CANARY" <<-'END'
		import io, sys, tarfile
		def tar(out, *entries):
		    with tarfile.open(out, "w") as t:
		        for name, kind, link in entries:
		            e = tarfile.TarInfo(name)
		            e.type, e.linkname = kind, link
		            e.size = 4 if kind == tarfile.REGTYPE else 0
		            t.addfile(e, io.BytesIO(b"evil"))
		c = sys.argv[1] + "/file"
		F, S, H = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
		tar("abs.tar", (c, F, ""))
		tar("up.tar", ("x/../../../../.." + c, F, ""))
		tar("through.tar", ("blobs", S, sys.argv[1]), ("blobs/file", F, ""))
		tar("hard.tar", ("manifest.json", H, c))
		tar("sym.tar", ("manifest.json", S, c))
	END
	fails 1 "docker-archive:abs.tar: '.*/file': the name leads out of the archive\$" \
		ch-pull docker-archive:abs.tar
	fails 1 "docker-archive:up.tar: '.*/file': the name leads out of the archive\$" \
		ch-pull docker-archive:up.tar
	fails 1 "docker-archive:through.tar: 'manifest.json' is not in the archive\$" \
		ch-pull docker-archive:through.tar
	for t in hard sym; do
		fails 1 "docker-archive:$t.tar: 'manifest.json' is a link to '$TEST_CANARY/file', which is not in the archive\$" \
			ch-pull docker-archive:$t.tar
	done
	nothing_in_store
}

@test "interrupted while the archive arrives: nothing is left" {
	copy "oci:$TEST_IMAGES/layered-gzip:1" docker-archive:a.tar:layered:1
	mkfifo pipe
	{ head -c 3000000 a.tar && exec sleep 60; } >pipe &
	writer=$!
	interrupt TERM 1 ch-pull docker-archive:pipe
	kill $writer
	same "$status" 143
	stopped_by SIGTERM || same "$err" \
		'ch-pull: docker-archive:pipe: interrupted by SIGTERM'
	nothing_in_store
}

@test "gc beside an import: blobs are left alone" {
	works ch-pull "oci:$TEST_IMAGES/bare:1" --name bare:1
	copy "oci:$TEST_IMAGES/layered-gzip:1" docker-archive:a.tar:layered:1
	mkfifo pipe go
	{ head -c 300000 a.tar && cat go && tail -c +300001 a.tar; } >pipe 3>&- &
	ch-pull -q docker-archive:pipe >pull.out 2>&1 3>&- &
	pull=$!
	for _ in $(seq 100); do
		! compgen -G "$CH_STORE/tmp/lease.image.*" >/dev/null || break
		sleep 0.1
	done
	works ch-image delete bare:1
	: >go
	wait $pull
	says 'blobs were left alone, since something is being pulled'
	same "$(cat pull.out)" ''
	works ch-image gc
	says ': 3 blobs$'
	works ch-image check
	same "$(store_names)" docker.io/library/layered:1
}

@test "no space left: said, and nothing is left" {
	needs_own_tmpfs
	copy "oci:$TEST_IMAGES/layered-gzip:1" docker-archive:a.tar:layered:1
	mkdir small
	cat >go <<-'END'
		mount -t tmpfs -o size=2m none small || exit 99
		ch-pull -s small/store docker-archive:a.tar
		echo "status $?, $(find small -type f -size +100k | wc -l) left" >&2
		ls -A small/store/tmp >&2
	END
	works unshare -Urm sh go
	same "$(sed 's/sha256:[0-9a-f]*/D/; s/[0-9a-f]\{64\}/HEX/g' .err)" \
		"ch-pull: error: docker-archive:a.tar: 'HEX.tar': can't write 'HEX.tar': No space left on device
status 1, 0 left"
}
