#!/usr/bin/env bats
# peers.bats - real images through ch-convert and through another program: the
# trees are the same. (For images out of a registry: ch-pull.bats.)
# SPDX-License-Identifier: Apache-2.0
# needs hostile
# shellcheck disable=SC2154,SC2153 # status, out, err: set by try; TREE
load common

# as_umoci LAYOUT:TAG [OPTION of tree.py]: no option of umoci's chooses from an
# index, so skopeo does.
as_umoci() {
	needs umoci
	rm -rf one bundle img
	works skopeo --insecure-policy copy -q "oci:$1" oci:one:1
	works umoci unpack --rootless --image one:1 bundle
	works ch-convert "oci:$1" ./img
	"${TREE[@]}" "${@:2}" -x ch img >ours
	"${TREE[@]}" "${@:2}" -n -x ch bundle/rootfs >other
	diff other ours
}

@test "alpine is what umoci makes of it" {
	as_umoci "$TEST_IMAGES/alpine:3.16"
}

@test "busybox is what umoci makes of it" {
	layout=$TEST_STAGE/shared/busybox-oci
	[ -e "$layout/index.json" ] || skip "no ../shared/images here"
	tag=$(grep -o '"org.opencontainers.image.ref.name": *"[^"]*"' \
		"$layout/index.json" | head -1 | cut -d'"' -f4)
	as_umoci "$layout:$tag"
}

@test "the test images are what umoci makes of them" {
	# umoci 0.4 knows no zstd, and makes files of devices
	for name in layered-gzip layered-plain rich bare big; do
		as_umoci "$TEST_IMAGES/$name:1"
	done
}

@test "links that lead out lead to the same places as with umoci" {
	for layout in "$TEST_IMAGES"/bad-contained-*; do
		echo "${layout##*/}"
		# what no layer describes has the time of its making
		as_umoci "$layout:1" -m
	done
}

@test "what buildah commits from an overlay is what umoci makes of it" {
	needs buildah umoci
	own=(--storage-driver overlay --root "$T/s" --runroot "$T/r")
	mkdir -p low/dir low/all low/type low/old/deep
	for f in gone keep dir/low all/x type/y old/deep/z; do
		echo "$f" >"low/$f"
	done
	ln -s dir low/link
	tar --owner=0 --group=0 -C low -cf low.tar .
	python3 -B "$TEST_STAGE/bats/registry/oci.py" mine 1 low.tar
	# shellcheck disable=SC2016 # for the inner shell
	T=$T unshare -rm bash -e -c '
		id=$(buildah "$@" from oci:mine:1)
		cd "$(buildah "$@" mount "$id")"
		rm gone
		rm -r dir all type
		mkdir dir
		echo new >dir/new
		echo file >type
		ln keep hard
		mv old moved
		chmod 700 moved/deep
		rm link
		ln -s moved link
		cd /
		buildah "$@" umount "$id"
		buildah "$@" commit -q "$id" "oci:$T/built:1"' \
		bash "${own[@]}" >buildah.log 2>&1 || {
		grep -q "overlay" buildah.log || cat buildah.log
		skip "no overlay for buildah here: $(tail -1 buildah.log)"
	}
	# It must hold what this is about.
	for blob in built/blobs/sha256/*; do
		tar -tf "$blob" 2>/dev/null || :
	done >names
	grep -qx '.*dir/\.wh\.\.wh\.\.opq' names
	grep -qx '.*\.wh\.gone' names
	as_umoci built:1
	same "$(cd img && find . -path ./ch -prune -o -print | LC_ALL=C sort)" \
		"$(printf '%s\n' . ./dir ./dir/new ./hard ./keep ./link ./moved \
			./moved/deep ./moved/deep/z ./type)"
	same "$(stat -c %h img/hard)" 2
}
