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
	for out in ./o ./o.sqfs ./o.tar ./o.sif; do
		fails 1 "oci:siflay: layer 1 of 1: expected sha256:$SIF_DIGEST, got $HEX\$" \
			ch-convert oci:siflay $out
		absent o o.sqfs o.tar o.sif
	done
	spoil "$CH_STORE/blobs/sha256/$SIF_DIGEST"
	fails 1 "docker.io/library/sifs:1: layer 1 of 1: expected sha256:$SIF_DIGEST, got $HEX; the store's copy had gone bad and was removed: pull again\$" \
		ch-convert store:sifs:1 ./o
	absent o "$CH_STORE/blobs/sha256/$SIF_DIGEST"
}
