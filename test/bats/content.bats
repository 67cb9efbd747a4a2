#!/usr/bin/env bats
# content.bats - layouts, documents and compressed data that are wrong or odd:
# each test is a row, C1 to C52, of the catalogue of hostile inputs.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2153 # status, out, err: set by try; TREE
load common
load hostile

extra_setup() {
	hostile_setup
}

extra_teardown() {
	hostile_teardown
}

# --- digests and sizes

@test "C1-C10: a size that is wrong, no size, or none that can be" {
	for what in layer config manifest; do
		for how in low high; do
			refuses size-$what-$how ".*blob $HEX: expected [0-9]+ bytes, found [0-9]+$" \
				"${FLAT[@]}" "${COPY[@]}"
		done
	done
	refuses size-zero "layer 1 of 1: .*: expected 0 bytes, found [0-9]+$" \
		"${FLAT[@]}" "${COPY[@]}"
	refuses size-max "layer 1 of 1: .*: expected 9223372036854775807 bytes" \
		"${FLAT[@]}" "${COPY[@]}"
	refuses size-negative "manifest: layers\[0\]\.size: expected a size, found a negative number"
	refuses size-half "manifest: layers\[0\]\.size: expected a whole number, found a fraction"
	refuses size-text "manifest: layers\[0\]\.size: expected a number, found a string"
	refuses size-null "manifest: layers\[0\]\.size: expected a number, found nothing"
	refuses size-absent "manifest: layers\[0\]\.size: expected a number, found nothing"
	refuses size-bool "manifest: layers\[0\]\.size: expected a number, found a boolean"
	refuses size-over "not a manifest: .*a number is too large"
	refuses size-huge "not a manifest: .*a number is too large"
}

@test "C11-C23: a digest that is malformed never becomes a path" {
	for form in no-hex short long; do
		refuses digest-$form "manifest: layers\[0\]: digest '.*': expected 64 hexadecimal digits, found [0-9]+"
	done
	for form in empty no-colon; do
		refuses digest-$form "manifest: layers\[0\]: digest '.*': expected 'sha256:' and 64 hexadecimal digits"
	done
	refuses digest-upper ".*upper case 'A' is not allowed"
	refuses digest-letter ".*'g' is not a hexadecimal digit"
	refuses digest-slash ".*'/' is not a hexadecimal digit"
	refuses digest-traversal ".*'sha256:\.\./\.\./\.\./\.\./etc/passwd': '\.' is not a hexadecimal digit"
	refuses digest-newline '.*\\x0a'"': '"'\\x0a'"' is not a hexadecimal digit"
	refuses digest-nul ".*a NUL character is not allowed"
	refuses digest-number "manifest: layers\[0\]\.digest: expected a string, found a number"
	for form in algorithm upper-name; do
		refuses digest-$form ".*unknown algorithm '.*', expected sha256 or sha512"
	done
}

@test "C24: content that is not what its digest says" {
	for how in other flip tail; do
		refuses layer-$how "layer 1 of 1: expected $HEX, got $HEX$" \
			"${FLAT[@]}" "${COPY[@]}"
		refuses config-$how "blob $HEX: its content is $HEX$" \
			"${COPY[@]}"
		refuses manifest-$how "blob $HEX: its content is $HEX$" \
			"${COPY[@]}"
	done
	for what in layer config manifest; do
		for how in short long; do
			refuses $what-$how ".*blob $HEX: expected [0-9]+ bytes, found [0-9]+$" \
				"${FLAT[@]}" "${COPY[@]}"
		done
	done
}

@test "C25: diff_ids that are wrong, too few, too many, not there" {
	refuses config-is-diffid-other "layer 1 of 1: diff_id: expected $HEX, got $HEX$" \
		"${FLAT[@]}" docker-archive
	# what copies layers does not decompress them: the copy is refused later
	works ch-convert oci:config-is-diffid-other oci:copy
	fails 1 "oci:copy: layer 1 of 1: diff_id: expected $HEX, got $HEX$" \
		ch-convert oci:copy "$OUT"
	refuses config-is-diffid-more "the manifest has 1 layers, its configuration 2"
	refuses config-is-diffid-none "the manifest has 1 layers, its configuration 0"
	refuses config-is-diffid-form "image configuration: rootfs\.diff_ids\[0\]: digest 'sha256:x': .*"
	refuses config-is-diffid-number "image configuration: rootfs\.diff_ids\[0\]: expected a string, found a number"
	refuses config-is-rootfs-missing "image configuration: rootfs: expected an object, found nothing"
	refuses config-is-rootfs-null "image configuration: rootfs: expected an object, found nothing"
}

@test "C26: a blob that is missing, a directory, a fifo, empty, elsewhere" {
	for what in layer config manifest; do
		refuses $what-missing ".*blob $HEX: .*No such file or directory" \
			squash "${COPY[@]}"
		refuses $what-dir ".*blob $HEX is not a regular file" \
			squash "${COPY[@]}"
		refuses $what-fifo ".*blob $HEX is not a regular file" \
			squash "${COPY[@]}"
		refuses $what-empty ".*blob $HEX: expected [0-9]+ bytes, found 0" \
			squash "${COPY[@]}"
	done
	refuses foreign "layer 1 of 1: blob $HEX: .*No such file or directory" \
		squash "${COPY[@]}"
}

@test "C27: sha512, right and wrong" {
	accepts sha512-right
	plain
	refuses sha512-wrong "layer 1 of 1: expected sha512:[0-9a-f]{128}, got sha512:[0-9a-f]{128}" \
		"${FLAT[@]}"
}

@test "C28: data within a descriptor is not used" {
	accepts data-wrong
	plain
	sum=$(sha256sum <"$OUT/ch/config.json" | cut -d' ' -f1)
	[ -e "data-wrong/blobs/sha256/$sum" ]
}

# --- documents

@test "C29: a name twice in one object" {
	refuses json-twice "not a manifest: .*a name occurs twice in one object"
	refuses json-twice-within "not a manifest: .*a name occurs twice in one object"
}

@test "C30: nested deeply, with a small stack too" {
	for stack in unlimited 256; do
		# shellcheck disable=SC3045 # bash has it
		ulimit -s $stack 2>/dev/null || continue
		refuses json-deep-list "not a manifest: nested deeper than 64 levels"
		refuses json-deep-object "not a manifest: nested deeper than 64 levels"
		refuses nested-300 "indexes nested more than 4 deep$LIMITS"
	done
}

@test "C31: documents that are no manifests" {
	for how in absent null; do
		refuses manifest-is-layers-$how "manifest: layers: expected an array, found nothing"
		refuses manifest-is-config-$how "manifest: config: expected an object, found nothing"
	done
	refuses manifest-is-layers-object "manifest: layers: expected an array, found an object"
	refuses manifest-is-layers-text "manifest: layers: expected an array, found a string"
	refuses manifest-is-layers-of-text "manifest: layers\[0\]: expected an object, found a string"
	refuses manifest-is-layers-empty "manifest: layers: expected one, found none"
	refuses manifest-is-schema-1 "Docker manifests of schema 1 are not read"
	refuses manifest-is-schema-text "not a manifest: schemaVersion: expected a number, found a string"
	refuses json-array "not a manifest: expected an object, found an array"
	refuses json-html "not a manifest: expected JSON, found '<html>.*'"
	refuses json-nothing "not a manifest: expected JSON, found nothing"
	refuses json-number "not a manifest: expected JSON, found '7'"
	refuses json-cut "not a manifest: line 1, column [0-9]+: the text ends too early"
	refuses config-json "image configuration: line 1, column [0-9]+: the text ends too early$"
	refuses json-latin "not a manifest: .*invalid UTF-8"
	refuses json-big-number "not a manifest: .*a number is too large"
	for how in nul two; do
		refuses json-$how "not a manifest: .*something follows the end of the document"
	done
	refuses json-64mib "blob $HEX: [0-9]+ bytes are over the limit of [0-9]+$LIMITS"
}

@test "C32: a manifest and an index in one" {
	refuses manifest-is-both "not a manifest: has 'manifests' and also 'layers' or 'config'"
	refuses manifest-is-says-index "not a manifest: mediaType is '.*index.*', but the content is an image manifest"
}

@test "C33: types that nobody knows are named" {
	refuses config-type "manifest: .*'application/x-unheard-of'"
	refuses type-unknown "manifest: layer 1: unknown media type 'application/x-unheard-of'"
	refuses type-absent "manifest: layer 1: no media type"
}

@test "C34: nested indexes, no types, fields that nobody knows, 4 MiB" {
	for name in nested-2 manifest-is-untyped manifest-is-fields json-4mib; do
		accepts $name
		plain
	done
}

# --- compression

@test "C35: the bytes say what the compression is, whatever the type says" {
	for name in tar-is-gzip zstd-is-gzip tar-is-zstd zstd-is-tar \
		gzip-is-tar gzip-is-zstd; do
		accepts lie-$name
		plain
		# nor is it believed where layers stay
		rm -rf "$OUT"
		works ch-convert oci:lie-$name "docker-archive:$OUT"
		works ch-convert "docker-archive:$OUT" ./back
		cmp back/d/file <(yes 'some text ' | head -99 | tr -d '\n')
		rm -rf back "$OUT"
	done
}

@test "C36: gzip in several members, with all fields, stored" {
	for name in members fields stored; do
		accepts blob-gz-$name
		plain
	done
}

@test "C37: gzip that is cut or damaged, with a digest that fits" {
	for name in header data trailer; do
		refuses blob-gz-trunc-$name "layer 1 of 1: gzip data ends early" \
			"${FLAT[@]}" docker-archive
	done
	for name in crc isize; do
		refuses blob-gz-$name "layer 1 of 1: gzip data does not match its own checksum" \
			"${FLAT[@]}" docker-archive
	done
}

@test "C38: behind the end of gzip data: zeros are let pass, no others" {
	refuses blob-gz-junk "layer 1 of 1: other bytes behind the end of the gzip data" \
		"${FLAT[@]}" docker-archive
	accepts blob-gz-zeros
	plain
}

@test "C39: zstd with skippable frames, in several, cut" {
	for name in skip frames; do
		accepts blob-zstd-$name
		plain
	done
	refuses blob-zstd-trunc "layer 1 of 1: zstd data ends early" \
		"${FLAT[@]}" docker-archive
}

@test "C40: a bomb ends in a full disk, and in little memory" {
	needs_own_tmpfs
	mkdir small
	for how in gz zstd; do
		"${MAKE[@]}" bomb-$how
		[ "$(stat -c %s bomb-$how/blobs/sha256/* | sort -n |
			tail -1)" -lt 1000000 ]
		for kind in dir tar; do
			case $kind in
			dir) want='.*No space left on device$' ;;
			tar) want="no space for './small/img': 256[0-9.]* MiB are needed, [0-9.]+ MiB are free" ;;
			esac
			# shellcheck disable=SC2016 # for the inner shell
			fails 1 "oci:bomb-$how: $want" unshare -Urm sh -c '
				mount -t tmpfs -o size=20m none small
				ch-convert "oci:$1" "$2:./small/img"
				s=$?
				[ -z "$(ls -A small)" ] || s=99
				exit $s' sh bomb-$how $kind
		done
		for kind in dir squash sif tar; do
			lean 96 ch-convert oci:bomb-$how "$kind:$OUT"
			[ $kind != dir ] || same "$(stat -c %s "$OUT/bomb")" \
				$((256 << 20))
			rm -rf "$OUT"
		done
	done
}

@test "C41: behind the end of the archive" {
	for name in archive junk zeros; do
		accepts after-$name
		plain
	done
}

@test "C42: other archives, noise, gzip in gzip" {
	for name in zip cpio mtree noise text one-byte; do
		refuses blob-is-$name "layer 1 of 1: not a tar archive$" squash
	done
	for how in xz bzip2; do
		refuses blob-is-$how "layer 1 of 1: $how compression is not supported, only gzip and zstd$" \
			squash docker-archive
	done
	refuses blob-gz-is-gzgz "layer 1 of 1: not a tar archive"
}

@test "C43: a second layer that ends early" {
	refuses bad-second "layer 2 of 2: gzip data ends early" \
		"${FLAT[@]}" docker-archive
}

# --- on the way

# spoils HOW FILE REGEX IN KIND: what is said when FILE changes while IN is
# read. Once more if it was read before.
spoils() {
	local try
	cp "$2" kept
	for try in $(seq 30); do
		status=0
		begin "$4" "$5:$OUT"
		kill -STOP "$pid" 2>/dev/null || :
		case $1 in
		grow) head -c 1000 kept >>"$2" ;;
		shrink) truncate -s 1000000 "$2" ;;
		spoil) dd if=/dev/zero of="$2" bs=1M count=10 seek=1 \
			conv=notrunc 2>/dev/null ;;
		esac
		kill -CONT "$pid" 2>/dev/null || :
		wait "$pid" || status=$?
		cp kept "$2"
		[ $status = 0 ] || break
		rm -rf "$OUT"
		echo "try $try came too late"
	done
	cat .err.all
	same $status 1 || return
	grep -Eqx "ch-convert: error: $4: $3" .err.all || return
	nothing_made
}

@test "C50: a blob that changes while it is read" {
	cp -r "$TEST_IMAGES/big" lay
	chmod -R u+w lay
	blob=$(find lay/blobs -type f -size +8M | sort | tail -1)
	n=$(stat -c %s "$blob")
	for kind in dir squash tar; do
		for how in grow shrink spoil; do
			spoils $how "$blob" "layer [0-9] of 5: (blob $HEX: )?expected ($n bytes, (found|got) [0-9]+|$HEX, got $HEX)" \
				oci:lay $kind
		done
	done
}

@test "C50: a file without sums that becomes shorter while it is read" {
	works ch-convert "oci:$TEST_IMAGES/big" ./x.tar
	works ch-convert ./x.tar ./x.sqfs
	n=$(stat -c %s x.tar)
	for kind in dir squash; do
		spoils shrink x.tar "(expected $n bytes, got [0-9]+|('.*': )?malformed tar archive \(Truncated .*\))" \
			tar:x.tar $kind
		spoils shrink x.sqfs "('.*': )?squashfs image: it became shorter while it was read" \
			squash:x.sqfs $kind
	done
}

@test "C51: OUT is IN, is in it, is around it, is a link, is there" {
	accepts nested-2
	rm -rf "$OUT"
	before=$(find nested-2 -exec stat -c '%n %s %Y' {} + | sort)
	fails 1 ".*'\./nested-2' exists and is not empty, and it is not an image$" \
		ch-convert oci:nested-2 ./nested-2
	fails 1 ".*'\./nested-2'.* does not look like an image" \
		ch-convert --force oci:nested-2 ./nested-2
	for to in ./nested-2/img ./nested-2/blobs/img squash:nested-2/img \
		tar:nested-2/img oci:nested-2/img oci-archive:nested-2/img; do
		for force in '' -f; do
			fails 2 "'${to#*:}' is in 'nested-2', which is read" \
				ch-convert $force oci:nested-2 "$to"
		done
	done
	mkdir around
	cp -r nested-2 around/in
	fails 1 ".*'\./around' exists and is not empty, and it is not an image$" \
		ch-convert oci:around/in ./around
	fails 1 ".*'\./around'.* does not look like an image" \
		ch-convert --force oci:around/in ./around
	ln -s "$TEST_CANARY" link
	ln -s nowhere dangling
	for link in link dangling; do
		for force in '' -f; do
			fails 1 "'\./$link' exists and is not a directory$" \
				ch-convert $force oci:nested-2 dir:./$link
			fails 1 "'\./$link' exists and is not an OCI layout$" \
				ch-convert $force oci:nested-2 oci:./$link
		done
		for kind in squash tar; do
			fails 1 "'\./$link' exists and is not an image$" \
				ch-convert oci:nested-2 $kind:./$link
			fails 1 "'\./$link' is not an image, so --force won't replace it; remove it yourself$" \
				ch-convert -f oci:nested-2 $kind:./$link
		done
		[ -L $link ]
	done
	absent nowhere
	same "$(find nested-2 -exec stat -c '%n %s %Y' {} + | sort)" "$before"
}

@test "C52: a configuration that is odd or means harm" {
	"${MAKE[@]}" config-is-env
	works ch-convert oci:config-is-env "$OUT"
	says "warning: 1 of the image's variables hold a newline"
	lacks INJECTED "$OUT/ch/environment"
	grep -qx GOOD=1 "$OUT/ch/environment"
	lacks -E '^=' "$OUT/ch/environment"
	rm -rf "$OUT"
	for name in volumes odd absent null; do
		accepts config-is-$name
		plain
	done
}
