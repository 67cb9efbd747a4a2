#!/usr/bin/env bats
# ch-pull.bats - ch-pull against a real registry.
# SPDX-License-Identifier: Apache-2.0
# needs registry
# needs hostile
# shellcheck disable=SC2154 # status, out, err: set by try
load common

arch_of() {
	sed -n 's/.*"architecture": *"\([^"]*\)".*/\1/p' "$1/ch/config.json"
}

here() {
	case $(uname -m) in
	x86_64) echo amd64 ;;
	aarch64) echo arm64 ;;
	*) skip "images are for x86_64 and aarch64" ;;
	esac
}

# --- what it does

@test "an image into the store" {
	works ch-pull alpine:3.16
	[ -z "$out" ]
	store_is_sound
	same "$(store_names)" docker.io/library/alpine:3.16
	same "$(stat -c %a "$CH_STORE")" 700
	absent img
}

@test "the store is an OCI image layout that others can read" {
	works ch-pull alpine:3.16
	works skopeo --insecure-policy copy -q \
		"oci:$CH_STORE:docker.io/library/alpine:3.16" oci:copy:x
	diff <(cd copy/blobs/sha256 && ls) <(cd "$CH_STORE/blobs/sha256" && ls) |
		grep -v '^[0-9>]' | head -3 >lost
	[ ! -s lost ]
}

@test "skopeo and umoci accept the store as it is" {
	needs umoci
	works ch-pull layered:gzip ./img
	works skopeo inspect "oci:$CH_STORE:docker.io/library/layered:gzip"
	says '"Digest": "sha256:[0-9a-f]{64}"'
	works umoci unpack --rootless \
		--image "$CH_STORE:docker.io/library/layered:gzip" bundle
	trees_equal img bundle/rootfs
}

@test "what buildah pushes, of either type" {
	needs buildah
	buildah_image
	for format in oci v2s2; do
		works unshare -r buildah "${own[@]}" push -q --tls-verify=false \
			--format $format "$id" \
			"docker://$TEST_REGISTRY/pushed:$format"
		works ch-pull pushed:$format ./$format
		same "$(cat $format/a/f $format/b/g)" "$(printf '1\n2')"
	done
	store_is_sound
}

@test "an image straight to a directory; its blobs are in the store, too" {
	works ch-pull alpine:3.16 ./img
	[ -z "$out" ]
	store_is_sound
	same "$(store_names)" docker.io/library/alpine:3.16
	absent "$CH_STORE/trees"
	[ -x img/bin/busybox ]
	for f in config.json environment image; do
		[ -f img/ch/$f ]
	done
	grep -q '^PATH=/usr/local/sbin:' img/ch/environment
}

@test "the tree equals what GNU tar makes of the same image" {
	works ch-pull alpine:3.16
	works ch-pull alpine:3.16 ./img
	layer=$(find "$CH_STORE/blobs/sha256" -size +100k)
	mkdir tar
	zcat "$layer" | tar -x -p --same-permissions --no-same-owner -C tar
	trees_equal img tar
}

@test "the tree equals what umoci makes of the same image" {
	needs umoci
	works ch-pull alpine:3.16 ./img
	# umoci 0.4 can't choose from an index
	works skopeo --insecure-policy copy -q --src-tls-verify=false \
		"docker://$TEST_REGISTRY/library/alpine:3.16" oci:one:1
	works umoci unpack --rootless --image one:1 bundle
	trees_equal img bundle/rootfs
}

@test "layers with whiteouts, links and type changes: as umoci, in all forms" {
	needs umoci
	works umoci unpack --rootless --image "$TEST_IMAGES/layered-gzip:1" bundle
	for tag in gzip zstd plain docker; do
		works ch-pull layered:$tag ./$tag
		trees_equal $tag bundle/rootfs
		store_is_sound
	done
}

@test "the architecture of this machine is taken" {
	want=$(here)
	works ch-pull alpine:3.16 ./img
	same "$(arch_of img)" "$want"
}

@test "--arch takes the other one" {
	want=aarch64 is=arm64
	[ "$(here)" != arm64 ] || want=x86_64 is=amd64
	works ch-pull --arch=$want alpine:3.16 ./img
	same "$(arch_of img)" $is
	works ch-pull --arch=linux/$is --store=other alpine:3.16 ./img2
	same "$(arch_of img2)" $is
	CH_ARCH=$want works ch-pull --store=third alpine:3.16 ./img3
	same "$(arch_of img3)" $is
}

@test "a second pull of an unchanged image costs one request" {
	works ch-pull alpine:3.16
	before=$(requests)
	works ch-pull alpine:3.16
	after=$(requests)
	same $((after - before)) 1
}

@test "a second pull to a directory fetches no blob again" {
	works ch-pull alpine:3.16
	before=$(requests)
	works ch-pull alpine:3.16 ./img
	after=$(requests)
	same $((after - before)) 1
	[ -x img/bin/busybox ]
}

@test "layers that two images share are fetched once" {
	works ch-pull layered:gzip
	before=$(requests)
	works ch-pull layered:docker
	after=$(requests)
	# manifest and configuration; the layers are the same
	[ $((after - before)) -le 3 ]
}

@test "by digest" {
	works ch-pull alpine:3.16
	digest=$(skopeo inspect --raw --tls-verify=false \
		"docker://$TEST_REGISTRY/library/alpine:3.16" |
		sha256sum | cut -d' ' -f1)
	works ch-pull "alpine@sha256:$digest" ./img
	[ -x img/bin/busybox ]
	works ch-pull "alpine:nonsense@sha256:$digest" ./img2
}

@test "a reference with the host in it" {
	unset CH_REGISTRY
	works ch-pull "$TEST_REGISTRY/library/alpine:3.16"
	same "$(store_names)" "$TEST_REGISTRY/library/alpine:3.16"
	works ch-pull "docker://$TEST_REGISTRY/library/alpine:3.16" ./img2
}

@test "the registry: option over variable over configuration" {
	unset CH_REGISTRY
	printf '[pull]\nregistry = %s\n' "$TEST_REGISTRY" >conf
	export CH_CONFIG=$T/conf
	works ch-pull alpine:3.16
	CH_REGISTRY=127.0.0.1:1 fails 1 "alpine:3.16: can't reach '127.0.0.1:1'" \
		ch-pull -q alpine:3.16
	CH_REGISTRY=127.0.0.1:1 works ch-pull --registry="$TEST_REGISTRY" \
		alpine:3.16
}

@test "configuration: unknown keys are a warning, bad lines an error" {
	printf '[pull]\nregistri = x\n' >conf
	CH_CONFIG=$T/conf works ch-pull alpine:3.16
	says "^ch-pull: warning: .*conf:2: unknown key 'registri'"
	printf '[pull\n' >conf
	CH_CONFIG=$T/conf fails 1 ".*conf:1: " ch-pull alpine:3.16
	CH_CONFIG=$T/none fails 1 ".*none.*No such file" ch-pull alpine:3.16
}

@test "device nodes are left out with one line, set-ID bits kept off" {
	works ch-pull odd:1 ./img
	absent img/odd/null img/odd/disk
	same "$(grep -c device "$T/.err")" 1
	says '^ch-pull: .*2 device'
	same "$(stat -c %a img/odd/setuid img/odd/setgid)" "$(printf '755\n755')"
	[ -p img/odd/fifo ]
	same "$(cat img/odd/locked/secret)" s
}

@test "-q is silent" {
	works ch-pull -q odd:1 ./img
	[ -z "$err" ]
	[ -z "$out" ]
}

@test "without a terminal: a line for each layer that has come" {
	works ch-pull layered:gzip
	python3 - "$CH_STORE" <<-'END' >want
		import json, sys
		def blob(d):
		    return json.load(open(sys.argv[1] + "/blobs/"
		                          + d["digest"].replace(":", "/")))
		index = json.load(open(sys.argv[1] + "/index.json"))
		manifest = blob(index["manifests"][0])
		for i, d in enumerate(manifest["layers"]):
		    print(f"layer {i + 1} of 4", d["digest"][:19])
	END
	sed -nE 's/^ch-pull: layered:gzip: (.*): [0-9.]+ [KM]?i?B, (sha256:[^ ]*)$/\1 \2/p' \
		.err.all | sort | diff want -
	same "$(wc -l <.err.all)" 5
	works ch-pull --no-store layered:gzip ./img
	lacks -E "$LAYER_LINE" .err.all
}

@test "the umask changes nothing" {
	(umask 077 && works ch-pull layered:gzip ./a)
	(umask 000 && works ch-pull layered:gzip ./b)
	(umask 077 && works ch-pull layered:gzip)
	(umask 000 && works ch-pull --store=s2 layered:gzip)
	diff <("${TREE[@]}" -x ch a) <("${TREE[@]}" -x ch b)
	same "$(stat -c %a a/ch a/ch/*)" "$(stat -c %a b/ch b/ch/*)"
	same "$(stat -c %a "$CH_STORE" s2)" "$(printf '700\n700')"
	same "$(stat -c %a a)" "$(stat -c %a b)"
}

@test "two pulls of one image at the same time" {
	ch-pull big:1 ./a 2>err-a &
	one=$!
	ch-pull big:1 ./b 2>err-b &
	two=$!
	wait $one
	wait $two
	diff <("${TREE[@]}" -x ch a) <("${TREE[@]}" -x ch b)
	store_is_sound
}

@test "standard descriptors may be closed" {
	ch-pull alpine:3.16 ./img <&- >&- 2>&-
	[ -x img/bin/busybox ]
	store_is_sound
}

# --- where it goes

@test "DEST: a new directory, or an empty one" {
	mkdir empty
	works ch-pull alpine:3.16 ./empty
	[ -x empty/bin/busybox ]
	works ch-pull alpine:3.16 "$T/abs"
	works ch-pull alpine:3.16 dir:"with space"
	[ -x "with space/bin/busybox" ]
}

@test "DEST that is not empty is refused, before anything is fetched" {
	mkdir full
	echo precious >full/file
	before=$(requests)
	fails 1 ".*'\./full' exists and is not empty, and it is not an image$" \
		ch-pull alpine:3.16 ./full
	same "$(requests)" "$before"
	same "$(ls full)" file
}

@test "--force replaces an image and nothing else" {
	works ch-pull bare:1 ./img
	fails 1 ".*not empty; use --force" ch-pull alpine:3.16 ./img
	works ch-pull --force alpine:3.16 ./img
	[ -x img/bin/busybox ]
	absent img/only
	mkdir full
	echo precious >full/file
	fails 1 ".*does not look like an image" ch-pull --force alpine:3.16 ./full
	same "$(cat full/file)" precious
	echo precious >file
	fails 1 "'\./file' is not an image, so --force won't replace it; remove it yourself$" \
		ch-pull --force alpine:3.16 ./file
	fails 1 "'\./file' exists and is not an image$" \
		ch-pull alpine:3.16 ./file
	same "$(cat file)" precious
}

@test "--force keeps the old image if the new one can't be had" {
	works ch-pull alpine:3.16 ./img
	fails 1 "alpine:none: not found at '$CH_REGISTRY'" ch-pull --force alpine:none ./img
	[ -x img/bin/busybox ]
	fails 1 "bad:climb: layer 2 of 2: '.*': '\.\.' in the name of an entry$" \
		ch-pull --force bad:climb ./img
	[ -x img/bin/busybox ]
}

@test "DEST in a directory that is missing, or closed to us" {
	fails 1 ".*No such file or directory" ch-pull alpine:3.16 ./no/img
	[ "$(id -u)" = 0 ] || fails 1 ".*Permission denied" \
		ch-pull alpine:3.16 /usr/chassis-img
	mkdir ro
	chmod 500 ro
	fails 1 ".*Permission denied" ch-pull alpine:3.16 ./ro/img
}

# --- references

@test "references: what is wrong is named" {
	fails 2 "reference 'Alpine': upper case 'A' is not allowed in a repository name; see" \
		ch-pull Alpine
	fails 2 "reference: is empty" ch-pull ''
	fails 2 "registry: host 'http:': a scheme \('://'\) is not allowed" \
		ch-pull --digest --registry=http://localhost alpine
	fails 2 "--digest is for images in a registry; 'oci:x' names files" \
		ch-pull --digest oci:x
	fails 2 ".*' ' is not allowed in a repository name" ch-pull 'al pine'
	fails 2 ".*the tag is empty" ch-pull alpine:
	fails 2 ".*a tag can't start with '-'" ch-pull alpine:-x
	fails 2 ".*the repository name has an empty part" ch-pull a//b
	fails 2 ".*is a path, not a reference" ch-pull /a
	fails 2 ".*is a path, not a reference" ch-pull ../../etc
	fails 2 ".*'%' is not allowed in a repository name" ch-pull 'a%2fb'
	fails 2 ".*'\?' is not allowed in a repository name" ch-pull 'a?b'
	fails 2 ".*'#' is not allowed in a repository name" ch-pull 'a#b'
	fails 2 ".*port '0' is not a number from 1 to 65535" ch-pull host:0/a
	fails 2 ".*port '65536' is not a number" ch-pull host:65536/a
	fails 2 ".*more than one ':' in the host" ch-pull host:port:x/a
	fails 2 ".*64.*found 3|.*expected 64.*" ch-pull alpine@sha256:abc
	fails 2 ".*what follows '@' is no digest" \
		ch-pull "alpine@md5:$(printf '%032d' 0)"
	fails 2 ".*the tag has 129 characters, more than 128" \
		ch-pull "alpine:$(printf '%0129d' 0)"
	fails 2 '.*\\x1b' ch-pull "$(printf 'a\033[31mb')"
	fails 2 '.*\\x0a' ch-pull "$(printf 'a\nb')"
	fails 2 "reference: has 100000 characters, more than 600" \
		ch-pull "$(printf '%0100000d' 0)"
	absent "$CH_STORE"
}

@test "usage: operands and option values" {
	fails 2 ".*REF is missing; see 'ch-pull --help'" ch-pull
	fails 2 ".*unexpected argument 'three'" ch-pull one ./two three
	fails 2 ".*'--frobnicate'" ch-pull --frobnicate x
	fails 2 "option '--tls-verify': expected 'yes' or 'no', found 'maybe';" \
		ch-pull --tls-verify=maybe alpine
	fails 2 ".*--parallel" ch-pull --parallel=0 alpine
	fails 2 ".*--parallel.*'many'" ch-pull --parallel=many alpine
	CH_PARALLEL=99 fails 2 "CH_PARALLEL: expected 1 to 16, found '99';" \
		ch-pull alpine
	CH_TLS_VERIFY=x fails 2 "CH_TLS_VERIFY: expected 'yes' or 'no', found 'x';" \
		ch-pull alpine
	printf '[pull]\n\ntimeout = soon\n' >conf
	CH_CONFIG=conf fails 1 "conf:3: pull.timeout: expected 1 to 86400 seconds, found 'soon'$" \
		ch-pull alpine
	printf '[pull]\nretry-pause = 0\n' >conf
	CH_CONFIG=conf fails 1 "conf:2: pull.retry-pause: expected 1 to 15000, found '0'$" \
		ch-pull alpine
	fails 2 "option '--retry-pause': expected 1 to 15000, found '15001';" \
		ch-pull --retry-pause=15001 alpine
}

# --- registries

@test "a tag that does not exist" {
	fails 1 "alpine:3.16x: not found at '$CH_REGISTRY' \(HTTP 404\)$" ch-pull alpine:3.16x ./img
	absent img
	store_is_sound
	same "$(store_names)" ""
}

@test "a repository that does not exist" {
	fails 1 "nosuch/thing:latest: not found at '$CH_REGISTRY' \(HTTP 404\)" ch-pull nosuch/thing
}

@test "a host that refuses, one that does not exist" {
	fails 1 "alpine:3.16: can't reach '127.0.0.1:1': " \
		ch-pull -q --registry=127.0.0.1:1 alpine:3.16
	fails 1 ".*no-such-host\.invalid" ch-pull -q no-such-host.invalid/x
	store_is_sound
}

@test "no image for this machine: what there is is listed" {
	fails 1 "bad:platform: no image for linux/(amd64|arm64).*; there is .*s390x.*riscv64" \
		ch-pull bad:platform ./img
	absent img
	for arch in ppc64le pdp11; do
		fails 1 ".*no image for linux/$arch; there is .*arm64" \
			ch-pull --arch=$arch alpine:3.16
	done
	store_is_sound
}

@test "TLS: an unknown certificate is refused unless that is asked for" {
	needs openssl
	openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out crt -days 2 \
		-subj /CN=localhost \
		-addext subjectAltName=IP:127.0.0.1,DNS:localhost 2>/dev/null
	registry empty ", tls: {certificate: $T/crt, key: $T/key}"
	fails 1 ".*certificate" ch-pull -q "$at/x:1"
	fails 1 ".*not found at '$at' \(HTTP 404\)" \
		ch-pull -q --tls-verify=no "$at/x:1"
	SSL_CERT_FILE=$T/crt fails 1 ".*not found at '$at' \(HTTP 404\)" \
		ch-pull -q "$at/x:1"
	SSL_CERT_FILE=$T/none fails 1 ".*certificate.*$T/none" \
		ch-pull -q "$at/x:1"
}

@test "Basic login, with credentials from a file" {
	# The password's bcrypt hash; the registry knows no other form.
	# shellcheck disable=SC2016
	echo 'alice:$2b$05$hBtsHVgRNsFu1kjdRUzmIO6XIDFwdk.U3INLswO3DHT7viGMlCYnu' \
		>htpasswd
	registry empty "" "auth: {htpasswd: {realm: x, path: $T/htpasswd}}"
	fails 1 ".*HTTP 401|.*login|.*credentials" ch-pull "$at/x:1"
	printf '{"auths":{"%s":{"auth":"%s"}}}' "$at" \
		"$(printf alice:wonderland | base64)" >auth.json
	chmod 600 auth.json
	fails 1 ".*not found at '$at' \(HTTP 404\)" \
		ch-pull --authfile=auth.json "$at/x:1"
	printf '{"auths":{"%s":{"auth":"%s"}}}' "$at" \
		"$(printf alice:wrong | base64)" >auth.json
	fails 1 ".*HTTP 401" ch-pull --authfile=auth.json "$at/x:1"
	lacks wrong "$T/.err"
}

# --- hostile images and bad hosts

@test "a layer that climbs out of the tree" {
	fails 1 "bad:climb: .*layer 2 of 2: .*'\.\.'" ch-pull bad:climb ./img
	absent img evil ../evil
	store_is_sound
}

@test "a layer that is not what the configuration says (diff_id)" {
	fails 1 "bad:diff-id: layer 1 of 1: diff_id: expected $HEX, got $HEX$" \
		ch-pull bad:diff-id ./img
	absent img
	store_is_sound
}

@test "interrupted at any moment: the signal's status, nothing left" {
	for t in 0.02 0.05 0.1 0.15 0.2 0.3 0.5; do
		for signal in INT TERM; do
			dest=./img
			[ $signal = INT ] || dest= # the store
			interrupt $signal $t ch-pull big:1 $dest
			case $status in
			0) ;; # it was quicker
			130 | 143)
				stopped_by SIG$signal
				absent img
				same "$(store_names)" ""
				;;
			*) show "after $t s"; return 1 ;;
			esac
			store_is_sound
			rm -rf img "$CH_STORE"
		done
	done
}

@test "killed: the next pull cleans up and completes" {
	interrupt KILL 0.1 ch-pull big:1
	works ch-pull big:1
	store_is_sound
	interrupt KILL 0.1 ch-pull --store=none big:1 ./img
	works ch-pull --store=none big:1 ./img
	[ -f img/big/3.999 ]
}

# in_small_fs SIZE COMMAND...: with $T/small a tmpfs of that size.
in_small_fs() {
	mkdir -p small
	# shellcheck disable=SC2016 # for the inner shell
	unshare -Urm sh -c 'mount -t tmpfs -o "size=$0" none small && "$@"' "$@"
}

# shellcheck disable=SC2016
@test "a full disk: said in one line, nothing left" {
	needs_own_tmpfs
	for size in 64k 1m 20m 40m; do
		fails 1 ".*No space left on device" in_small_fs $size \
			ch-pull -q --store=small/store big:1
		fails 1 ".*No space left on device" in_small_fs $size \
			ch-pull -q --store=small/store big:1 ./small/img
		works in_small_fs $size sh -c '
			ch-pull --store=small/store big:1 ./small/img 2>/dev/null
			ls -A small/store/tmp small/store/trees small 2>/dev/null |
				grep -v -e : -e "^store$" -e "^$"; :'
		[ -z "$out" ] || {
			echo "left: $out"
			return 1
		}
	done
}

@test "a full disk: which one, the store's or that of DEST" {
	needs_own_tmpfs
	fails 1 "big:1: layer [0-9] of [0-9]: can't write 'blob': No space left on device; make room for store '.*/small/store', or choose another with --store\$" \
		in_small_fs 1m ch-pull -q --store=small/store big:1
	fails 1 "big:1: layer [0-9] of [0-9]: '[^']*': can't write '[^']*': No space left on device\$" \
		in_small_fs 1m ch-pull -q big:1 ./small/img
}

@test "a full disk: no inodes" {
	needs_own_tmpfs
	fails 1 ".*No space left on device" in_small_fs 200m,nr_inodes=1000 \
		ch-pull -q --store=small/store big:1 ./small/img
}

@test "a file size limit" {
	try bash -c 'ulimit -f 1000; exec ch-pull big:1 ./img'
	same "$status" 1
	says "^ch-pull: error: .*File too large"
	absent img
	store_is_sound
}

@test "a store that belongs to someone else, or is open to others" {
	fails 1 ".*'/usr'.* belongs to user 'root'" \
		ch-pull --store=/usr alpine:3.16
	mkdir "$CH_STORE"
	chmod 777 "$CH_STORE"
	fails 1 ".*can be written by everybody.*chmod o-w" ch-pull alpine:3.16
}

@test "a store that is not one" {
	mkdir "$CH_STORE"
	echo x >"$CH_STORE/thesis.tex"
	fails 1 ".*is not a store and not empty" ch-pull alpine:3.16
	same "$(ls "$CH_STORE")" thesis.tex
	CH_STORE=$T/file
	echo x >file
	fails 1 ".*Not a directory" ch-pull alpine:3.16
}
