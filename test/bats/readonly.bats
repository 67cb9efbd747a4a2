#!/usr/bin/env bats
# readonly.bats - ch-pull and stores that are only read: what a site has
# published is not fetched again, nothing of it is trusted, none of it changes.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # status, out, err, bad, made: set by the helpers
load faulty

# published TAG: the store ./site that has $bad/x:TAG and can't be written to;
# the registry's log begins anew.
published() {
	(umask 022 && ch-pull -q --store="$T/site" "$bad/x:$1") || return
	chmod -R a-w site
	inventory site >site.list
	find site -printf '%P %T@ %m\n' | sort >site.find
	export CH_STORE_READONLY=$T/site
	: >faulty.log
}

# untouched: it is as it was published.
untouched() {
	inventory site | diff site.list - &&
		find site -printf '%P %T@ %m\n' | sort | diff site.find -
}

# spoilt: a byte of the layer in ./site is another one; sets hex.
spoilt() {
	hex=$(basename "$(find site/blobs -type f ! -exec grep -q '^{' {} \; \
		-print)")
	chmod u+w site/blobs/sha256/"$hex"
	printf X | dd of="site/blobs/sha256/$hex" bs=1 seek=40 conv=notrunc \
		status=none
	chmod a-w site/blobs/sha256/"$hex"
	inventory site >site.list
	find site -printf '%P %T@ %m\n' | sort >site.find
}

@test "an image that is there: one request, and nothing in the own store" {
	shape grown
	published 1
	works ch-pull "$bad/x:1"
	says "^ch-pull: $bad/x:1: sha256:[0-9a-f]{12}, .*, unchanged, "
	same "$(grep -o '"method": "[A-Z]*"' faulty.log)" '"method": "HEAD"'
	same "$(store_names)" ""
	same "$(find "$CH_STORE" -path '*/blobs/*' -type f)" ""
	works ch-pull "$bad/x:1" ./img
	[ -e img/only/file ]
	same "$(wc -l <faulty.log)" 2
	works ch-pull --offline "$bad/x:1" ./img2
	[ -e img2/only/file ]
	works ch-pull --offline --digest "$bad/x:1"
	grep -Eqx "$HEX" "$T/.out"
	same "$(wc -l <faulty.log)" 2
	untouched
}

@test "of a newer image what is there is copied, the rest fetched" {
	shape grown
	published 1
	works ch-pull "$bad/x:2"
	# manifest, configuration and the second layer
	same "$(grep -c '"method": "GET"' faulty.log)" 3
	for digest in $(cd site/blobs/sha256 && ls); do
		same "$(asked "/blobs/sha256:$digest")" 0
	done
	store_is_sound
	same "$(store_names)" "$bad/x:2"
	untouched
	# The own store is whole in itself.
	unset CH_STORE_READONLY
	works ch-pull --offline "$bad/x:2" ./img
	[ -e img/only/file ]
	[ -e img/only/more ]
}

@test "with --no-store what is there is read where it is" {
	shape grown
	published 1
	works ch-pull --no-store "$bad/x:2" ./img
	[ -e img/only/file ]
	[ -e img/only/more ]
	same "$(grep -c '"method": "GET"' faulty.log)" 3
	absent "$CH_STORE"
	untouched
}

@test "a layer that has gone bad there is fetched, and that is told" {
	shape grown
	published 1
	spoilt
	works ch-pull "$bad/x:2" ./img
	says "^ch-pull: warning: store '$T/site': blob sha256:$hex: its content is $HEX; it is fetched instead\$"
	[ -e img/only/file ]
	same "$(asked "/blobs/sha256:$hex")" 1
	store_is_sound
	untouched
}

@test "a tag that has moved since: the new image, and from then on that" {
	shape moved
	rules "[{\"path\": \"/manifests/1\$\", \"wrong_digest\": \"$made\"}]"
	cp rules new
	rules '[]'
	published 1
	rules "$(cat new)"
	works ch-pull "$bad/x:1" ./img
	[ -e img/only/new ]
	same "$(store_names)" "$bad/x:1"
	works ch-pull --offline "$bad/x:1" ./img2
	[ -e img2/only/new ]
	untouched
}

@test "several of them, one that is missing, and the option over the variable" {
	shape grown
	published 1
	mkdir none
	CH_STORE_READONLY=/nowhere:$T/site works ch-pull "$bad/x:1"
	says "^ch-pull: warning: no read-only store '/nowhere'\$"
	says ', unchanged, '
	CH_STORE_READONLY=/nowhere works ch-pull \
		--store-readonly="$T/site" "$bad/x:1"
	lacks nowhere "$T/.err"
	printf '[store]\nreadonly = %s\n' "$T/site" >conf
	unset CH_STORE_READONLY
	CH_CONFIG=$T/conf works ch-pull "$bad/x:1"
	says ', unchanged, '
	same "$(grep -c '"method": "GET"' faulty.log)" 0
	chmod 777 site
	fails 1 "read-only: store '$T/site' can be written by everybody \(mode 0777\); run: chmod o-w $T/site\$" \
		ch-pull --store-readonly="$T/site" "$bad/x:1"
}

@test "a layer that has gone bad there and is read there: how to do without it" {
	shape grown
	published 1
	spoilt
	bad_copy="expected sha256:$hex, got $HEX; the copy in the read-only store '$T/site' has gone bad: pull it with --store-readonly="
	fails 1 "$bad/x:1: layer 1 of 1: $bad_copy\$" ch-pull "$bad/x:1" ./img
	fails 1 "$bad/x:1: layer 1 of 1: $bad_copy\$" \
		ch-pull --offline "$bad/x:1" ./img
	fails 1 "$bad/x:2: layer 1 of 2: $bad_copy\$" \
		ch-pull -q --no-store "$bad/x:2" ./img
	fails 1 "$bad/x:1: layer 1 of 1: $bad_copy\$" \
		ch-convert "$bad/x:1" ./img
	absent img
	untouched
	works ch-pull --store-readonly= "$bad/x:1"
	works ch-convert "$bad/x:1" ./img
	[ -e img/only/file ]
	untouched
}
