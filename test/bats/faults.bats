#!/usr/bin/env bats
# faults.bats - ch-pull from a registry whose line breaks or stalls.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # status, out, err, bad: set by the helpers
#
# A test's name begins with the rows of the catalogue of hostile registries
# that it proves. faulty.bash has the assertions, registry/faulty.py the rules.
load faulty

GOT="expected $HEX, got $HEX"

# --- no connection

@test "H1: a host that refuses, has no address, or can't be reached" {
	fails 1 "127\.0\.0\.1:1/x:1: can't reach '127\.0\.0\.1:1': connection refused$" \
		ch-pull -q 127.0.0.1:1/x:1
	fails 1 "no-such-host\.invalid/x:1: can't find host 'no-such-host\.invalid'$" \
		ch-pull -q no-such-host.invalid/x:1
	fails 1 "192\.0\.2\.1/x:1: can't reach '192\.0\.2\.1': (no answer within 1 s|connection refused|network is unreachable|no route to host|permission denied)$" \
		ch-pull -q --timeout=1 192.0.2.1/x:1
	same "$(store_names)" ""
}

@test "H33: a host that never answers" {
	start
	refused '[{"what": "manifest", "pause": 9}]' \
		"'$bad' sent nothing for 1 s" --timeout=1
	fails 2 "option '--timeout': expected 1 to 86400 seconds, found '0'; see 'ch-pull --help'$" \
		ch-pull --timeout=0 "$bad/x:1"
}

@test "H32: a byte now and then, of the header or of the body" {
	start
	refused '[{"what": "manifest", "drip_head": 0.2}]' \
		"'$bad' sent nothing for 1 s" --timeout=1
	refused '[{"what": "layer", "drip": 0.2}]' \
		"layer 1 of 1: '$bad' sent nothing for 1 s" --timeout=1
}

@test "a slow line: a signal still ends it at once" {
	faulty big '[{"path": "/blobs/", "pause_at": [100000, 60]}]'
	interrupt INT 2 ch-pull "$bad/x:1" ./img
	same "$status" 130
	says "^ch-pull: interrupted by SIGINT$"
	absent img
	store_is_sound
}

# --- a line that breaks

@test "H2: a reset at the start, in the middle, before the end, of anything" {
	faulty bare '[]'
	works ch-pull -q --no-store "$bad/x:1" ./want
	rules '[{"each": true, "nth": 1, "cut": "name", "reset": true}]'
	printf '%s\n' 0 1 107 214 215 340 430 >places
	at_each places
	all_pulled places want
	for n in 0 1 100; do
		survives "[{\"each\": true, \"nth\": 1, \"cut_head\": $n,
			\"reset\": true}]"
	done
}

@test "H2: a reset every time" {
	start
	refused '[{"what": "layer", "cut": 10, "reset": true}]' \
		"layer 1 of 1: connection to '$bad' broke: Recv failure: Connection reset by peer"
}

# Where a buffer, a progress report or a record of TLS ends, and in between.
places() {
	local size=$1 i n
	{
		for i in 16384 65536 262144 524288; do
			printf '%s\n' $((i - 1)) $i $((i + 1))
		done
		printf '%s\n' 0 1 2 3 $((size - 2)) $((size - 1))
		n=4
		for i in $(seq 60); do
			n=$((n + n / 4 + 1))
			printf '%s\n' $n $((size - n))
		done
	} | awk -v size="$size" '$1 >= 0 && $1 < size && !seen[$1]++' | head -64
}

@test "H2 H3: a blob that breaks off at 64 places is taken up there" {
	shape noise
	works ch-pull -q --no-store "$bad/x:1" ./want
	size=$(stat -c %s "$(find shape/blobs -size +600k)")
	# shellcheck disable=SC2094 # a function
	places "$size" >places
	same "$(wc -l <places)" 64
	: >faulty.log
	rules '[{"what": "layer", "each": true, "nth": 1, "cut": "name"}]'
	at_each places
	all_pulled places want
	while read -r n; do
		[ "$n" = 0 ] || grep -q "/at-$n/.*\"Range\": \"bytes=$n-" \
			faulty.log || {
			echo "not resumed at $n"
			return 1
		}
	done <places
}

@test "H3: a body that is shorter than its length, every time" {
	start
	refused '[{"what": "layer", "cut": 10}]' \
		"layer 1 of 1: '$bad' closed the connection too early"
}

@test "H4: a body that is longer than its descriptor says" {
	start
	for more in '"extra": 9' '"endless": true'; do
		refused "[{\"what\": \"layer\", \"length\": null, $more}]" \
			"layer 1 of 1: expected [0-9]+ bytes, got more"
		refused "[{\"what\": \"config\", \"length\": null, $more}]" \
			"configuration: blob $HEX: expected [0-9]+ bytes, got more"
	done
	refused '[{"what": "layer", "extra": 9, "length": 224}]' \
		"layer 1 of 1: expected [0-9]+ bytes, the server has 224"
}

@test "H4: more than Content-Length says is not looked at" {
	faulty bare '[]'
	survives '[{"what": "layer", "extra": 9}]'
}

@test "H5: no length, and closed early" {
	start
	refused '[{"what": "config", "cut": 10, "length": null}]' \
		"configuration: blob $HEX: expected [0-9]+ bytes, got 10"
	refused '[{"what": "layer", "cut": 10, "length": null}]' \
		"layer 1 of 1: expected [0-9]+ bytes, got [1-9][0-9]"
	refused '[{"what": "layer", "short": 10}]' \
		"layer 1 of 1: expected [0-9]+ bytes, the server has 10"
	refused '[{"what": "config", "short": 10}]' \
		"configuration: blob $HEX: expected [0-9]+ bytes, got 10"
}

@test "H6: chunks that are broken, or end without the last one" {
	start
	refused '[{"what": "layer", "chunked": "broken"}]' \
		"layer 1 of 1: connection to '$bad' broke: Illegal or missing hexadecimal sequence in chunked-encoding"
	refused '[{"what": "manifest", "chunked": "unfinished"}]' \
		"'$bad' closed the connection too early"
	refused '[{"what": "layer", "chunked": "unfinished", "cut": 20}]' \
		"layer 1 of 1: '$bad' closed the connection too early"
}

@test "H6: chunks that are right" {
	faulty bare '[]'
	survives '[{"chunked": true}]'
}

# --- content that is not what its name says

@test "H7: one bit wrong; what came is no base to go on from" {
	start
	: >faulty.log
	refused '[{"what": "layer", "flip": 20}]' "layer 1 of 1: $GOT"
	refused '[{"what": "config", "flip": 20}]' "configuration: blob: $GOT"
	# In gzip's time stamp it does not show.
	refused '[{"what": "layer", "flip": 5}]' "layer 1 of 1: $GOT"
	lacks '"Range"' faulty.log
}

@test "H37: a blob that is missing, or gone: its digest is named" {
	start
	for status in 404 410; do
		refused "[{\"what\": \"layer\", \"status\": $status}]" \
			"layer 1 of 1: blob $HEX: not found at '$bad' \(HTTP $status\)"
		refused "[{\"what\": \"config\", \"status\": $status}]" \
			"configuration: blob $HEX: not found at '$bad' \(HTTP $status\)"
	done
}

# --- ranges

@test "H38: a registry that ignores Range sends all again" {
	shape noise
	survives '[{"what": "layer", "each": true, "nth": 1, "cut": 300000},
		{"what": "layer", "no_range": true}]'
	grep -q '"Range": "bytes=[1-9]' faulty.log
}

@test "H39: a wrong Content-Range is not believed" {
	shape noise
	for range in '"bytes 5-9/10"' '"bytes 300001-700000/700001"' \
		'"bytes 300000-300009/5"' '"bytes 300000-299999/*"' \
		'"bytes */*"' '"lines 1-2/3"' '""'; do
		survives "[{\"what\": \"layer\", \"each\": true, \"nth\": 1,
			\"cut\": 300000},
			{\"what\": \"layer\", \"has\": \"Range\", \"each\": true,
			\"nth\": 1, \"range\": $range}]"
	done
	start
	refused '[{"what": "layer", "range": "bytes 5-9/10"}]' \
		"layer 1 of 1: not the range that was asked for \(HTTP 206\)"
}

@test "H40: 416 when a blob is taken up" {
	shape noise
	survives '[{"what": "layer", "each": true, "nth": 1, "cut": 300000},
		{"what": "layer", "has": "Range", "each": true, "nth": 1,
		"status": 416}]'
	start
	refused '[{"what": "layer", "status": 416}]' \
		"layer 1 of 1: not the range that was asked for \(HTTP 416\)"
}

@test "H40: a part that is complete is verified, and asked for only if wrong" {
	shape noise
	works ch-pull -q --store=had "$bad/x:1"
	part=part.sha256.$(basename "$(find had/blobs -size +300k)")
	for bytes in '' X; do
		rm -rf store
		cp -a had store
		mv "store/blobs/sha256/${part##*.}" "store/tmp/$part"
		printf %s "$bytes" | dd of="store/tmp/$part" bs=1 seek=9 \
			conv=notrunc status=none
		rules '[{"what": "layer", "has": "Range", "status": 416}]'
		: >faulty.log
		works ch-pull -q "$bad/x:1"
		same "$(asked "/blobs/sha256:${part##*.}")" ${#bytes}
		store_is_sound
	done
}

@test "H41: a blob that changes between its parts" {
	start
	refused '[{"what": "layer", "without": "Range", "cut": 100},
		{"what": "layer", "has": "Range", "flip": 7,
		"headers": {"ETag": "\"new\""}}]' "layer 1 of 1: $GOT"
}

# --- "later"

@test "H34: Retry-After as seconds, date, past, nonsense" {
	faulty bare '[]'
	for value in 1 "$(date -u -d '2 seconds' '+%a, %d %b %Y %T GMT')" \
		'Thu, 01 Jan 1970 00:00:00 GMT' -5 soon ''; do
		survives "[{\"each\": true, \"nth\": 1, \"what\": \"manifest\",
			\"status\": 429, \"headers\": {\"Retry-After\":
			\"$value\"}}]"
	done
}

@test "H34: Retry-After that is too long is told, not waited for" {
	start
	while read -r s text; do
		: >faulty.log
		refused "[{\"what\": \"manifest\", \"status\": 429, \"headers\":
			{\"Retry-After\": \"$s\"}}]" \
			"too many requests to '$bad'(: as the script says)? \(HTTP 429\); it asks to wait $text"
		same "$(grep -c '"status": 429' faulty.log)" 4
	done <<-'END'
	61 61 s
	86400 24 h 00 min
	1000000000 11574 days
	END
	refused '[{"what": "layer", "status": 429, "headers":
		{"Retry-After": "86400"}}]' \
		"layer 1 of 1: blob $HEX: too many requests to '$bad'(: as the script says)? \(HTTP 429\); it asks to wait 24 h 00 min"
	refused '[{"what": "manifest", "status": 429, "headers":
		{"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}}]' \
		"too many requests to '$bad'(: as the script says)? \(HTTP 429\); it asks to wait [0-9]+ days"
}

@test "H35: an answer of 'later' a few times, then the right one" {
	faulty bare '[]'
	survives '[{"each": true, "nth": 1, "what": "manifest", "status": 500},
		{"each": true, "nth": 1, "what": "config", "status": 502},
		{"each": true, "nth": 1, "what": "layer", "status": 503}]'
	survives '[{"each": true, "nth": 1, "what": "manifest", "status": 504},
		{"each": true, "nth": 1, "what": "config", "status": 408},
		{"each": true, "nth": 1, "what": "layer", "status": 425}]'
	survives '[{"each": true, "nth": [1, 2], "what": "layer",
		"status": 503}]'
}

@test "H36: 'later' for ever, on all layers at once: one budget" {
	faulty big '[{"what": "layer", "status": 503}]'
	fails 1 "$bad/x:1: layer [1-5] of 5: blob $HEX: '$bad' can't answer: as the script says \(HTTP 503\)$" \
		ch-pull -q --parallel=4 "$bad/x:1" ./img
	absent img
	# five rounds, with one request for each of four connections
	n=$(grep -c '"status": 503' faulty.log)
	[ "$n" -le 20 ] || {
		echo "$n requests"
		return 1
	}
	start
	refused '[{"what": "manifest", "status": 503}]' \
		"'$bad' can't answer: as the script says \(HTTP 503\)"
}

@test "H35: the pauses are those of the configuration, or half a second" {
	faulty bare '[{"each": true, "nth": [1, 2], "what": "manifest",
		"status": 503}]'
	CH_CONFIG=/dev/null works ch-pull --no-store "$bad/one:1" ./img
	says "is busy .*; trying again in 0\.[3-6] s$"
	says "is busy .*; trying again in (0\.[7-9]|1\.[0-2]) s$"
	same "$(grep -c 'trying again' "$T/.err")" 2
	works ch-pull --no-store --retry-pause=200 "$bad/two:1" ./img2
	says "is busy .*; trying again in 0\.[12] s$"
	says "is busy .*; trying again in 0\.[3-5] s$"
	works ch-pull --no-store "$bad/three:1" ./img3
	same "$(grep -c 'trying again in 0\.0 s$' "$T/.err")" 2
}

# --- the header, and what is around an answer

@test "H31: a header that is too big" {
	start
	refused '[{"what": "manifest", "big_head": 1000000}]' \
		"'$bad' sent a header field that is too long"
	refused '[{"what": "layer", "big_head": 1000000}]' \
		"layer 1 of 1: '$bad' sent a header field that is too long"
	refused '[{"what": "manifest", "many_fields": 10000}]' \
		"'$bad' sent too many header fields \(1001, with [0-9]+ bytes\)"
	refused '[{"what": "layer", "many_fields": 10000}]' \
		"layer 1 of 1: too many header fields \(1001, with [0-9]+ bytes\)"
	refused '[{"what": "manifest", "many_fields": 20, "big_head": 90000,
		"headers": {"X-Folded": "a'"$(printf '\\r\\n b%.0s' {1..2000})"'"}}]' \
		"'$bad' sent (too many header fields \([0-9]+, with [0-9]+ bytes\)|a header field that is too long)"
}

@test "H31: a field that is folded does no harm" {
	faulty bare '[]'
	survives '[{"headers": {"X-Folded": "a\r\n b\r\n c: d"}}]'
}

@test "H47: interim answers; too many; what is no HTTP" {
	start
	survives '[{"interim": 5}]'
	refused '[{"what": "manifest", "interim": 5000}]' \
		"'$bad' sent too many header fields \(1001, with [0-9]+ bytes\)"
	refused '[{"what": "layer", "interim": 5000}]' \
		"layer 1 of 1: too many header fields \(1001, with [0-9]+ bytes\)"
	refused '[{"what": "manifest", "raw": "hello"}]' \
		"'$bad' does not speak HTTP"
	refused '[{"what": "layer", "raw": "hello"}]' \
		"layer 1 of 1: '$bad' does not speak HTTP"
	refused '[{"what": "manifest", "raw": "HTTP/1.1 100 Go on\r\n\r\n"}]' \
		"'$bad' closed the connection without an answer"
}

@test "H48: a connection that is closed between requests" {
	faulty layered-gzip '[{"hang_up": true}]'
	quiet ch-pull -q --parallel=1 "$bad/x:1" ./img
	[ -d img/t ]
	quiet ch-pull -q "$bad/x:1"
	store_is_sound
}

# libcurl before 8 takes what is left on a connection for the next answer; then
# its size and digest are wrong.
@test "H49: an answer that nobody asked for, behind the right one" {
	start
	size=$(sed -n 's/.*"config": {[^}]*"size": \([0-9]*\).*/\1/p' \
		"shape/blobs/${made/://}")
	body=$(printf "%0${size}d" 6)
	rules "[$moved, {\"what\": \"manifest\", \"extra\": \"HTTP/1.1 200 OK\r\nContent-Length: $size\r\n\r\n$body\"}]"
	try ch-pull -q --no-store "$bad/x:1" ./img
	if [ "$status" = 0 ]; then
		[ -e img/only/new ]
	else
		same "$status" 1
		grep -Eqx "ch-pull: error: $bad/x:1: configuration: blob: $GOT" \
			"$T/.err"
		absent img
	fi
	rm -rf img
	rules "[$moved]"
	quiet ch-pull -q --no-store "$bad/x:1" ./img
}
