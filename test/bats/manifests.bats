#!/usr/bin/env bats
# manifests.bats - ch-pull and documents that are wrong, odd, or of odd size.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # status, out, err, bad, made: set by the helpers
#
# A test's name begins with the rows of the catalogue of hostile registries
# that it proves. faulty.bash has the assertions, registry/faulty.py the rules.
load faulty

# The manifest of the image bare.
bare_manifest() {
	grep -l '"schemaVersion"' "$TEST_IMAGES"/bare/blobs/sha256/*
}

# body DOCUMENT: a rule that serves it as the manifest.
body() {
	python3 -c 'import json, sys
print(json.dumps([{"what": "manifest", "body": sys.argv[1],
	"headers": {"Docker-Content-Digest": None}}]))' "$1"
}

# document REGEX: pulling, with the rules as they are, fails so, in both ways.
# For what is refused before anything is written: refused has more.
document() {
	rm -rf img store
	fails 1 "$bad/x:1: $1$" ch-pull -q --no-store "$bad/x:1" ./img ||
		return
	fails 1 "$bad/x:1: $1$" ch-pull -q "$bad/x:1" || return
	absent img || return
	same "$(store_names)" "" || return
	store_is_sound
}

# --- cut

@test "a manifest that ends at each of its bytes" {
	faulty bare '[]'
	size=$(stat -c %s "$(bare_manifest)")
	seq 0 $((size - 1)) >places
	rules '[{"what": "manifest", "short": "name",
		"headers": {"Docker-Content-Digest": null}}]'
	at_each places
	same "$(cat -- [0-9]*.status | sort -u)" 1
	same "$(cat -- [0-9]*.err | wc -l)" "$size"
	same "$(grep -ELx "ch-pull: error: $bad/at-[0-9]+:1: not a manifest: line 1, column [0-9]+: (the text ends too early|malformed JSON)" -- [0-9]*.err)" 0.err
	same "$(cat 0.err)" "ch-pull: error: $bad/at-0:1: not a manifest: expected JSON, found nothing"
	same "$(find . -name 'img-*')" ""
	same "$(find store-* -path '*/blobs/*/*' -o -path '*/tmp/*')" ""
	same "$(grep -l digest store-*/index.json)" ""
	rules '[]'
	echo "$size" >places
	at_each places
	same "$(cat "$size.status" "$size.err")" 0
}

@test "a manifest that ends early, asked for by digest or with its digest" {
	faulty bare '[{"what": "manifest", "short": "name"}]'
	digest=sha256:$(basename "$(bare_manifest)")
	for n in 0 1 200 300; do
		fails 1 "$bad/at-$n:1: the registry announced $digest, got $HEX$" \
			ch-pull -q "$bad/at-$n:1" ./img
		fails 1 "$bad/at-$n@$digest: expected $digest, got $HEX$" \
			ch-pull -q "$bad/at-$n@$digest" ./img
	done
	absent img
}

@test "H2: a manifest whose line breaks is asked for again" {
	faulty bare '[]'
	works ch-pull -q --no-store "$bad/x:1" ./want
	rules '[{"what": "manifest", "each": true, "nth": 1, "cut": "name"}]'
	printf '%s\n' 0 1 2 100 101 200 300 399 >places
	at_each places
	all_pulled places want
}

# --- digests

@test "H8: not the manifest that the digest names" {
	start
	rules "[{\"path\": \"/manifests/\", \"wrong_digest\": \"$made\"}]"
	for tag in '' :1; do
		fails 1 "$bad/x$tag@sha256:0{64}: expected sha256:0{64}, got $made$" \
			ch-pull -q "$bad/x$tag@sha256:$(printf '%064d' 0)" ./img
		fails 1 "$bad/x$tag@sha256:0{64}: expected sha256:0{64}, got $made$" \
			ch-pull -q "$bad/x$tag@sha256:$(printf '%064d' 0)"
	done
	absent img
	store_is_sound
	same "$(store_names)" ""
}

@test "H8: an index's child that is not what the index says" {
	shape nested-1
	rules '[{"path": "/manifests/sha256:", "flip": 30}]'
	document "expected $HEX, got $HEX"
	rules '[{"path": "/manifests/sha256:", "status": 404}]'
	document "not found at '$bad' \(HTTP 404\)"
}

@test "H9: the digest in the header is not the body's" {
	start
	refused '[{"what": "manifest", "flip": 30}]' \
		"the registry announced $HEX, got $HEX"
	refused "[{\"what\": \"manifest\", \"headers\": {
		\"Docker-Content-Digest\": \"sha256:$(printf '%064d' 0)\"}}]" \
		"the registry announced sha256:0{64}, got $HEX"
	# What is no digest says nothing.
	survives '[{"headers": {"Docker-Content-Digest": "md5:x"}}]'
	survives '[{"headers": {"Docker-Content-Digest": null}}]'
}

@test "H10: a tag that moves while it is pulled: the first answer counts" {
	start
	# The registry tells the new image to whoever asks again.
	rules "[{\"path\": \"/manifests/1\$\", \"each\": true,
		\"nth\": [2, 3, 4], \"wrong_digest\": \"$made\"}]"
	works ch-pull -q "$bad/tag:1"
	works ch-convert "$bad/tag:1" ./img
	[ -e img/only/old ]
	store_is_sound
	works ch-pull -q "$bad/tag:1"
	works ch-convert "$bad/tag:1" ./img2
	[ -e img2/only/new ]
	shape nested-2
	: >faulty.log
	works ch-pull -q "$bad/x:1" ./img3
	same "$(asked '/manifests/1"')" 1
	same "$(asked '/manifests/sha256:')" 2
}

# --- what it is

@test "H24: a web page, or nothing, in place of a manifest" {
	start
	refused '[{"what": "manifest", "body": "<html>Welcome</html>",
		"headers": {"Content-Type": "text/html; charset=utf-8"}}]' \
		"'$bad' sent a web page, not a manifest"
	refused "$(body '<html>Welcome to our hotel</html>')" \
		"not a manifest: expected JSON, found '<html>Welcome to our\.\.\.'"
	refused "$(body '')" "not a manifest: expected JSON, found nothing"
	refused "$(body '"a string"')" \
		"not a manifest: expected JSON, found '\"a string\"'"
	refused "$(body '{}')" \
		"not a manifest: has neither 'manifests' nor 'layers'"
	refused "$(body '[]')" "not a manifest: expected an object, found an array"
}

@test "H25: an answer that is compressed, though that was not asked for" {
	start
	lacks -i accept-encoding faulty.log
	refused '[{"what": "manifest", "gzip": true}]' \
		"the registry announced $HEX, got $HEX"
	refused '[{"what": "manifest", "gzip": true, "headers":
		{"Docker-Content-Digest": null}}]' \
		"not a manifest: expected JSON, found '\\\\x1f\\\\x8b\\\\x08\.\.\.'"
	refused '[{"what": "config", "gzip": true}]' \
		"configuration: blob $HEX: expected [0-9]+ bytes, got [0-9]+"
	refused '[{"what": "layer", "gzip": true}]' \
		"layer 1 of 1: expected [0-9]+ bytes, the server has [0-9]+"
}

@test "H26: a document of two kinds" {
	shape both
	document "not a manifest: has 'manifests' and also 'layers' or 'config'"
	start
	refused "$(body '{"schemaVersion": 2, "layers": [], "mediaType":
		"application/vnd.oci.image.index.v1+json"}')" \
		"not a manifest: mediaType is 'application/vnd\.oci\.image\.index\.v1\+json', but the content is an image manifest"
}

@test "H26: Content-Type says index, the document is an image manifest" {
	start
	refused '[{"what": "manifest", "headers": {"Content-Type":
		"application/vnd.oci.image.index.v1+json"}}]' \
		"not a manifest: Content-Type is 'application/vnd\.oci\.image\.index\.v1\+json', but the content is an image manifest"
	refused '[{"what": "manifest", "headers": {"Content-Type":
		"application/vnd.docker.distribution.manifest.list.v2+json"}}]' \
		"not a manifest: Content-Type is 'application/vnd\.docker\.distribution\.manifest\.list\.v2\+json', but the content is an image manifest"
}

@test "H26: Content-Type says image manifest, the document is an index" {
	start
	for type in oci.image.manifest.v1+json \
		docker.distribution.manifest.v2+json; do
		rules "$(body '{"schemaVersion": 2, "manifests": []}' | sed \
			"s#{\"Docker#{\"Content-Type\": \"APPLICATION/vnd.$type; a=b\", \"Docker#")"
		document "not a manifest: Content-Type is 'APPLICATION/vnd\.${type//[.+]/.}', but the content is an index"
	done
}

@test "H27: Content-Type in other letters, with parameters, odd, or absent" {
	shape untyped
	for type in \
		'"Application/vnd.OCI.image.manifest.v1+json; charset=utf-8"' \
		'"application/json"' '"text/plain"' '""' null; do
		survives "[{\"path\": \"/manifests/\",
			\"headers\": {\"Content-Type\": $type}}]"
	done
	works ch-pull -q --no-store "$bad/x:index" ./img2
	[ -e img2/only/file ]
}

# --- size

@test "H28: a manifest of 4 MiB" {
	faulty bare '[]'
	manifest=$(cat "$(bare_manifest)")
	python3 -c 'import json, sys
doc = json.loads(sys.argv[1])
doc["annotations"] = {"x": "y" * (4 << 20)}
print(json.dumps([{"what": "manifest", "body": json.dumps(doc),
	"headers": {"Docker-Content-Digest": None}}]))' "$manifest" >rules.4m
	survives "$(cat rules.4m)"
}

@test "H28: a manifest over our limit, or without end: memory is bounded" {
	local limit
	start
	limit="'$bad' sent more than 8388608 bytes"
	refused '[{"what": "manifest", "body": {"fill": 8388609}}]' "$limit"
	endless='[{"what": "manifest", "body": {"fill": 100000},
		"length": null, "endless": true}]'
	refused "$endless" "$limit"
	not_sanitized
	rules "$endless"
	fails 1 "$bad/x:1: $limit$" \
		bash -c "ulimit -v 500000 && exec ch-pull -q $bad/x:1"
	rules '[{"what": "config", "length": null, "endless": true}]'
	fails 1 "$bad/x:1: configuration: blob $HEX: expected [0-9]+ bytes, got more$" \
		bash -c "ulimit -v 500000 && exec ch-pull -q $bad/x:1"
}

# bomb PYTHON: a rule that serves the document that PYTHON makes.
bomb() {
	python3 -c 'import json, sys
print(json.dumps([{"what": "manifest", "body": eval(sys.argv[1]),
	"headers": {"Docker-Content-Digest": None}}]))' "$1" >rules.new
	mv rules.new rules
}

@test "H29: JSON that is too deep, too long, not I-JSON" {
	faulty bare '[]'
	bomb '"[" * 100000'
	document "not a manifest: nested deeper than 64 levels"
	bomb '"{\"a\":" * 100000'
	document "not a manifest: nested deeper than 64 levels"
	bomb '"{" + ",".join("\"%d\":1" % i for i in range(600000)) + "}"'
	document "not a manifest: more than 524288 values in one document"
	bomb '"{\"layers\":[],\"layers\":[]}"'
	document "not a manifest: line 1, column [0-9]+: a name occurs twice in one object"
	bomb '"{\"layers\":\"a\\u0000b\"}"'
	document "not a manifest: line 1, column [0-9]+: a NUL character is not allowed"
	bomb '"{\"a\\u0000b\":1}"'
	document "not a manifest: line 1, column [0-9]+: a NUL character is not allowed"
	bomb '"{\"size\":9223372036854775808}"'
	document "not a manifest: line 1, column [0-9]+: a number is too large"
	bomb '"{\"size\":1e999}"'
	document "not a manifest: line 1, column [0-9]+: a number is too large"
	bomb '"{\"layers\":[]} {}"'
	document "not a manifest: line 1, column [0-9]+: something follows the end of the document"
	bomb '"{\"layers\":\"\\ud800\"}"'
	document "not a manifest: line 1, column [0-9]+: malformed JSON"
	bomb '"{\"schemaVersion\":2,\"config\":{},\"layers\":\"x\"}"'
	document "manifest: config\.digest: expected a string, found nothing"
}

@test "H29: bytes that are no UTF-8" {
	faulty bare '[{"what": "manifest", "length": null, "body": "x",
		"raw": "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"layers\": \"\u00ff\u00c0\u0080\"}"}]'
	document "not a manifest: line 1, column [0-9]+: invalid UTF-8"
}

@test "H30: the text of a refusal: escaped, and cut" {
	start
	refused '[{"what": "manifest", "status": 400, "body":
		"{\"errors\": [{\"message\": \"a\\u001b[31mb\\u202ec\\nd\"}]}"}]' \
		"'$bad' can't answer: a\\\\x1b\[31mb\\\\xe2\\\\x80\\\\xaec\\\\x0ad \(HTTP 400\)"
	lacks "$(printf '\033')" dir.err
	refused "[{\"what\": \"manifest\", \"status\": 400, \"body\":
		\"{\\\"errors\\\": [{\\\"message\\\": \\\"$(printf '%050000d' 0)\\\"}]}\"}]" \
		"'$bad' can't answer: 0{200} \(HTTP 400\)"
	refused '[{"what": "manifest", "status": 400, "body":
		{"fill": 1000000}}]' "'$bad' can't answer \(HTTP 400\)"
	refused '[{"what": "layer", "status": 400, "body":
		{"fill": 1000000}}]' \
		"layer 1 of 1: blob $HEX: '$bad' can't answer \(HTTP 400\)"
}

# --- shapes

@test "H42: HEAD tells one thing, GET another: GET decides" {
	faulty bare '[]'
	survives '[{"method": "HEAD", "status": 404}]'
	survives '[{"method": "HEAD", "status": 405}]'
	survives '[{"method": "HEAD", "headers": {"Docker-Content-Digest":
		"sha256:'"$(printf '%064d' 0)"'"}}]'
	rules '[{"method": "GET", "what": "layer", "status": 404}]'
	document "layer 1 of 1: blob $HEX: not found at '$bad' \(HTTP 404\)"
	rules '[{"method": "GET", "what": "manifest", "status": 404}]'
	document "not found at '$bad' \(HTTP 404\)"
}

@test "H43: 500 layers" {
	shape many
	works ch-pull -q --no-store "$bad/x:1" ./img
	same "$(find img/only -type f | wc -l)" 500
	: >faulty.log
	works ch-pull -q "$bad/x:1"
	same "$(asked /blobs/)" 501
	same "$(store_names)" "$bad/x:1"
	same "$(cd store/blobs/sha256 && sha256sum -- * | awk '
		{ n++; bad += $1 != $2 } END { print n, bad }')" "502 0"
	# Whatever the soft limit of open files is.
	ulimit -Sn 100
	for how in "ch-convert $bad/x:1" "ch-pull --offline $bad/x:1" \
		"ch-pull oci:shape" "ch-pull --store=some $bad/x:1"; do
		rm -rf img
		# shellcheck disable=SC2086 # words
		works $how ./img
		same "$(find img/only -type f | wc -l)" 500
	done
}

@test "H43: a blob that is listed three times is fetched once" {
	shape twice
	works ch-pull -q --no-store "$bad/x:1" ./img
	[ -e img/only/file ]
	[ -e img/only/other ]
	same "$(asked /blobs/)" 3
	: >faulty.log
	works ch-pull -q "$bad/x:1"
	same "$(asked /blobs/)" 3
	store_is_sound
	works ch-convert "$bad/x:1" ./img2
	diff <("${TREE[@]}" -x ch img) <("${TREE[@]}" -x ch img2)
}

@test "H43: a layer of no bytes" {
	shape empty
	survives '[]'
	[ -e img/only/file ]
}

@test "H44: indexes in indexes" {
	for depth in 1 4; do
		shape nested-$depth
		survives '[]'
	done
	shape nested-5
	document "indexes nested more than 4 deep"
	shape nested-2000
	: >faulty.log
	document "indexes nested more than 4 deep"
	[ "$(asked /manifests/)" -le 12 ]
}

@test "H44: no image for the platform: what there is is listed" {
	faulty alpine '[]'
	fails 1 "$bad/x:3\.16: no image for linux/riscv64; there is linux/(amd64, linux/arm64/v8|arm64/v8, linux/amd64)$" \
		ch-pull -q --arch=riscv64 "$bad/x:3.16" ./img
	fails 1 "$bad/x:3\.16: no image for windows/amd64; there is linux/(amd64, linux/arm64/v8|arm64/v8, linux/amd64)$" \
		ch-pull -q --arch=windows/amd64 "$bad/x:3.16" ./img
	absent img
	shape fields
	fails 1 "$bad/x:1: no image for linux/riscv64; there is linux/[a-z0-9]+$" \
		ch-pull -q --arch=riscv64 "$bad/x:1" ./img
	absent img
}

@test "H44: of two that fit the first; what nobody knows is passed over" {
	shape choice
	survives '[]'
	[ -e img/only/first ]
	shape fields
	survives '[]'
}
