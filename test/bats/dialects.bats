#!/usr/bin/env bats
# dialects.bats - what registries say each in its own way: tokens for an
# identity, quotas, Docker's lists, artifacts that are no image.
# SPDX-License-Identifier: Apache-2.0
# needs registry
# shellcheck disable=SC2154 # status, out, err, bad, auth: set by the helpers
load faulty

# identity TOKEN: auth.json with an identity token, as "docker login" leaves it
# for registries that give one.
identity() {
	printf '{"auths":{"%s":{"auth":"%s","identitytoken":"%s"}}}' "$bad" \
		"$(printf '00000000-0000-0000-0000-000000000000:' | base64)" \
		"$1" >auth.json
	chmod 600 auth.json
}

@test "an identity token is exchanged for one that is good for the pull" {
	faulty bare '[]'
	secret bearer
	rules "[{${auth%\}}, \"identity\": \"wonderland/+=&\"}}]"
	identity 'wonderland/+=&'
	works ch-pull -vvv --authfile=auth.json "$bad/x:1" ./img
	cp "$T/.err" told
	[ -e img/only/file ]
	store_is_sound
	grep '"path": "/token"' faulty.log >exchange
	same "$(wc -l <exchange)" 1
	# the secret is in the body of a POST to the token server, and only there
	grep -q '"method": "POST"' exchange
	grep -q '"Content-Type": "application/x-www-form-urlencoded"' exchange
	grep -q '"body": "service=faulty&scope=repository%3Ax%3Apull&grant_type=refresh_token&client_id=chassis&refresh_token=wonderland%2F%2B%3D%26"' \
		exchange
	lacks -i '"authorization"' exchange
	grep -v '"path": "/token"' faulty.log >registry
	lacks -e wonderland -e 'Basic ' registry
	grep -q 'Bearer token-[0-9]' registry
	told_nobody told img
}

@test "an identity token that is refused, and none that is sent as a password" {
	faulty bare '[]'
	secret bearer
	rules "[{${auth%\}}, \"identity\": \"another\"}}]"
	identity wonderland
	fails 1 "$bad/x:1: access refused by '$bad' with the credentials of '$bad' in 'auth\.json', which its token server refuses \(HTTP 401\)\$" \
		ch-pull -q --authfile=auth.json "$bad/x:1" ./img
	lacks 'Basic ' faulty.log
	told_nobody "$T/.err"
	absent img
}

@test "a quota is told with -v, and only then" {
	faulty bare '[{"what": "manifest", "headers": {
		"ratelimit-limit": "100;w=21600",
		"ratelimit-remaining": "76;w=21600"}}]'
	works ch-pull -v "$bad/x:1"
	same "$(grep -c "^ch-pull: '$bad': 76 of 100 pulls left in 6 h\$" \
		"$T/.err")" 1
	works ch-pull "$bad/y:1"
	lacks 'pulls left' "$T/.err"
	# what costs nothing tells it as well: nothing to fetch
	works ch-pull -v "$bad/x:1"
	says "^ch-pull: '$bad': 76 of 100 pulls left in 6 h\$"
	says ', unchanged, '
}

@test "a Docker manifest list: the image for this machine, or another" {
	works skopeo --insecure-policy copy -q --all --format v2s2 \
		--dest-tls-verify=false "oci:$TEST_IMAGES/alpine:3.16" \
		"docker://$TEST_REGISTRY/alpine:list"
	skopeo inspect --raw --tls-verify=false \
		"docker://$TEST_REGISTRY/alpine:list" >list.json
	grep -q 'docker\.distribution\.manifest\.list\.v2+json' list.json
	image=$TEST_REGISTRY/alpine:list
	for arch in amd64 arm64; do
		works ch-pull --arch=$arch "$image" ./$arch
		grep -q "\"architecture\": *\"$arch\"" $arch/ch/config.json
		[ -x $arch/bin/busybox ] || [ -x $arch/bin/sh ]
	done
	store_is_sound
	before=$(requests)
	works ch-pull --arch=arm64 "$image"
	says ', unchanged, '
	same "$(requests)" $((before + 1))
	works ch-pull --digest "$image"
	same "$out" "sha256:$(sha256sum <list.json | cut -d' ' -f1)"
	works ch-pull "$TEST_REGISTRY/alpine@$out" ./by-digest
	fails 1 "$image: no image for linux/riscv64; there is linux/(amd64, linux/arm64/v8|arm64/v8, linux/amd64)\$" \
		ch-pull -q --arch=riscv64 "$image"
}

@test "an artifact that is no image is said to be one" {
	local tag type
	shape artifact
	while read -r tag type; do
		for to in '' ./img ./x.sif; do
			# shellcheck disable=SC2086 # none, or one word
			fails 1 "$bad/x:$tag: manifest: not a container image but an artifact of type '$type'\$" \
				ch-pull -q "$bad/x:$tag" $to
		done
		absent img x.sif
	done <<-'END'
	1 application/vnd\.cncf\.helm\.config\.v1\+json
	2 application/vnd\.example\.sbom
	3 application/vnd\.cncf\.helm\.config\.v1\+json
	END
	same "$(store_names)" ""
	# nothing of it was fetched but what says so
	same "$(asked /blobs/)" 0
	store_is_sound
}
