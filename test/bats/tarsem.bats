#!/usr/bin/env bats
# tarsem.bats - what may stand in a layer's tar archive: each test is a row, T1
# to T48, of the catalogue of hostile inputs.
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

# --- names

@test "T1: absolute names are below the root" {
	accepts absolute
	same "$(cat "$OUT/etc/new" "$OUT/d/e")" xx
	same "$(cat "$OUT/etc/motd")" base
}

@test "T2: '..' in a name, in all its places and forms" {
	for how in '' -in -last -dir -prefix -gnu -pax; do
		refuses dotdot$how "layer 2 of 2: '.*': '\.\.' in the name of an entry" \
			"${FLAT[@]}"
	done
}

@test "T3: the root of the image is no directory" {
	for what in sym sym-dot file hard fifo; do
		refuses root-$what "layer 2 of 2: '.*': the root of the image is not a directory" \
			"${FLAT[@]}"
	done
}

@test "T4: the mode of the root, usable in any case" {
	accepts root-mode
	same "$(stat -c %a "$OUT")" 755
	[ -d "$OUT/ch" ]
	accepts root-private
	same "$(stat -c %a "$OUT")" 700
}

@test "T5: a NUL in a name" {
	refuses nul "layer 2 of 2: a NUL in a name"
	refuses nul-link "layer 2 of 2: a NUL in a name"
}

@test "T6: names of any bytes are kept as they are" {
	accepts bytes
	python3 - "$OUT/d" <<-'END'
		import os, sys
		names = os.listdir(os.fsencode(sys.argv[1]))
		assert len(names) == 15, names
		for n in names:
		    with open(os.path.join(os.fsencode(sys.argv[1]), n), "rb") as f:
		        assert f.read() == n, n
	END
}

@test "T7: names of 255 bytes, and of 256" {
	accepts name-255
	n=$(printf 'n%.0s' {1..255})
	m=${n//n/m}
	same "$(cat "$OUT/$n")" x
	same "$(readlink "$OUT/$m/${n//n/o}")" x
	for how in '' -middle -link; do
		refuses name-256$how "layer 2 of 2: '.*': a name of 256 bytes, more than the limit of 255"
	done
}

@test "T8: directories in one another: 1000, 1900, too many" {
	accepts deep-ok
	same "$(cat "$OUT/$(printf 'd/%.0s' {1..1000})file")" deep
	accepts deep-long
	same "$(find "$OUT" -type d -name d | wc -l)" 1900
	refuses deep-path "layer 2 of 2: '.*': a path of 6001 bytes, more than the limit of 4096"
	refuses deep-tree "layer 2 of 2: '.*': more than 2048 directories in one another$LIMITS"
}

@test "T9: 100,000 files take not much more than ten times as long as 10,000" {
	for n in 10000 100000; do
		"${MAKE[@]}" many-$n
		rm -rf "$OUT"
		from=$(date +%s%N)
		works ch-convert oci:many-$n "$OUT"
		took=$((($(date +%s%N) - from) / 1000000))
		echo "$n: $took ms"
		[ $n = 100000 ] || small=$took
	done
	same "$(find "$OUT/many" -type f | wc -l)" 100000
	# twice that, and a second: others work here as well
	[ "$took" -lt $((small * 20 + 1000)) ]
}

@test "T10: no name is too odd to be kept: dev, proc, .git" {
	accepts git
	same "$(cat "$OUT/dev/x" "$OUT/d/.git/config" "$OUT/proc/self/y")" xxy
	absent "$OUT/dev/null"
	says "1 device nodes are not kept in a directory"
}

# --- symlinks

@test "T11: writing through links stays inside" {
	for how in abs up chain proc physical root; do
		for lower in '' -lower; do
			accepts write-$how$lower
			same "$(find "$OUT" -name evil | wc -l)" 1
			absent "$T/evil" "$T/out/evil" ./evil
			same "$(canary_state)" "$canary_before"
			# a link means what it means inside the image
			case $how in
			abs | up | chain) at=$TEST_CANARY ;;
			proc) at=/proc/self/cwd ;;
			*) at= ;;
			esac
			same "$(cat "$OUT$at/evil")" x
			[ -L "$OUT/out" ]
		done
	done
}

@test "T12: what is put where a link is replaces the link" {
	accepts over
	same "$(lists -mindepth 1 -maxdepth 1 -printf '%y %f\n')" \
		"$(printf 'd d\nd etc\nf f\nl s\np p')"
	same "$(cat "$OUT/f" "$OUT/d/x")" newx
	same "$(readlink "$OUT/s")" elsewhere
}

@test "T13: mode, time, attributes do not go through a link" {
	accepts metadata
	[ ! -L "$OUT/l" ]
	[ ! -L "$OUT/m" ]
	same "$(stat -c '%a %Y' "$OUT/l")" "700 5"
	same "$(stat -c '%a %s' "$OUT/m")" "600 0"
}

@test "T14: links in a ring, and into themselves" {
	refuses loop "layer 2 of 2: 'a/x': more than 40 symlinks on the way"
	refuses loop-self "layer 2 of 2: 'l/x': more than 40 symlinks on the way"
}

@test "T15: targets of 4095 bytes, of 4096, of none" {
	accepts target-4095
	same "$(readlink "$OUT/l" | tr -d '\n' | wc -c)" 4095
	refuses target-4096 "layer 2 of 2: 'l': a symlink to a path of 4096 bytes, not 1 to 4095"
	refuses target-empty "layer 2 of 2: 'l': a symlink to a path of 0 bytes, not 1 to 4095"
}

@test "T16: targets are kept byte for byte" {
	accepts targets
	same "$(cd "$OUT" && readlink abs up slash)" \
		"$(printf '/etc/motd\n../../../x\na//b/')"
	same "$(readlink -n "$OUT/bytes" | od -An -tx1)" " ff 0a 1b"
}

@test "T17: removal never follows a link" {
	accepts removal
	same "$(lists)" "$(printf '%s\n' . ./etc ./etc/motd ./op ./out ./rep)"
	same "$(canary_state)" "$canary_before"
}

@test "T18: bin is a link to usr/bin: content goes there, a directory replaces it" {
	accepts usrmerge
	same "$(readlink "$OUT/bin")" usr/bin
	same "$(cd "$OUT/usr/bin" && cat new sh)" newsh2
	accepts usrmerge-dir
	same "$(ls "$OUT/bin" "$OUT/usr/bin")" \
		"$(printf '%s:\nnew\n\n%s:\nsh' "$OUT/bin" "$OUT/usr/bin")"
}

@test "T19: what we add to an image follows none of its links" {
	for name in post post-inside; do
		accepts $name
		[ ! -L "$OUT/ch" ]
		for f in config.json environment image; do
			same "$(stat -c %F "$OUT/ch/$f")" "regular file"
		done
		same "$(canary_state)" "$canary_before"
	done
}

# --- hard links

@test "T20: hard links that lead out" {
	refuses hard-abs "layer 2 of 2: 'd': hard link to '$TEST_CANARY/file', which is not in the image" \
		"${FLAT[@]}"
	refuses hard-pax "layer 2 of 2: 'd': hard link to '$TEST_CANARY/file', which is not in the image" \
		"${FLAT[@]}"
	refuses hard-dotdot "layer 2 of 2: 'd': hard link to '.*': '\.\.' in the name of an entry" \
		"${FLAT[@]}"
	refuses hard-dotdot-canary "layer 2 of 2: 'd': hard link to '.*': '\.\.' in the name of an entry" \
		"${FLAT[@]}"
	refuses hard-through "layer 2 of 2: 'd': hard link to 'out/file', which is not in the image" \
		"${FLAT[@]}"
	# a file that PAX gives a link's target is a file
	accepts hard-pax-file
	same "$(stat -c '%F %h' "$OUT/d")" "regular empty file 1"
}

@test "T21: a hard link to a symlink is one to the link" {
	accepts hard-sym
	same "$(readlink "$OUT/h")" "$TEST_CANARY/file"
	same "$(stat -c %i "$OUT/h")" "$(stat -c %i "$OUT/s")"
	same "$(stat -c %h "$OUT/s")" 2
	[ ! -L "$OUT/h2" ]
	same "$(cat "$OUT/h2")" evil
}

@test "T22: one of several names is replaced, removed, linked again" {
	accepts hard-break
	absent "$OUT/a"
	same "$(cd "$OUT" && cat b c e)" twooneone
	same "$(cd "$OUT" && stat -c %h b c e)" "$(printf '1\n2\n2')"
	same "$(stat -c %i "$OUT/c")" "$(stat -c %i "$OUT/e")"
}

@test "T23: hard links to directories, to nothing, ahead, to themselves" {
	refuses hard-dir "layer 2 of 2: 'h': hard link to 'etc', a directory" \
		"${FLAT[@]}"
	refuses hard-root "layer 2 of 2: 'h': hard link to '/', a directory" \
		"${FLAT[@]}"
	refuses hard-missing "layer 2 of 2: 'h': hard link to 'no/such', which is not in the image" \
		"${FLAT[@]}"
	refuses hard-empty "layer 2 of 2: 'h': hard link to '', which is not in the image" \
		"${FLAT[@]}"
	refuses hard-forward "layer 2 of 2: 'h': hard link to 'later', which is not in the image" \
		"${FLAT[@]}"
	accepts hard-self
	same "$(cat "$OUT/a")" x
}

@test "T24: a hard link with content" {
	refuses hard-data "layer 2 of 2: malformed tar archive \(Damaged tar archive\)$" \
		squash
}

@test "T25: more hard links than the file system takes: copied" {
	accepts hard-many
	same "$(find "$OUT" -name 'h*' -type f -size 1c | wc -l)" 65100
	same "$(cat "$OUT/h0" "$OUT/h64999" "$OUT/h65099")" xxx
}

# --- whiteouts

@test "T26: whiteouts and opaque directories, through three layers" {
	accepts wh
	same "$(lists)" "$(printf '%s\n' . ./a ./d ./d/e ./etc ./etc/motd ./n \
		./n/y ./o ./o/new)"
	same "$(cat "$OUT/a" "$OUT/o/new")" againn
}

@test "T27: whiteouts of nothing, of '.', '..', of what is outside" {
	for how in empty dot dotdot; do
		refuses wh-$how "layer 3 of 3: '.*': a whiteout of nothing" \
			"${FLAT[@]}"
	done
	refuses wh-climb "layer 3 of 3: '\.\./\.wh\.canary': '\.\.' in the name of an entry" \
		"${FLAT[@]}"
}

@test "T28: whiteouts of any type, and AUFS's own: none is in the tree" {
	accepts wh-odd
	same "$(lists)" "$(printf '%s\n' . ./etc ./etc/motd)"
	refuses wh-within "layer 3 of 3: '\.wh\.d/x': '\.wh\.d', a whiteout, as a directory"
}

@test "T29: a layer's own files stay, wherever its whiteouts stand" {
	accepts wh-same
	same "$(lists)" "$(printf '%s\n' . ./d ./d/own ./e ./e/own ./etc \
		./etc/motd ./f ./g)"
}

@test "T30: a whiteout of directories that nobody may enter" {
	accepts wh-closed
	absent "$OUT/d"
}

# --- types

@test "T31: every type over every other; twice; a directory over one" {
	accepts type-matrix
	# devices are left out, hard links to a file are files
	want=$(for a in file dir sym fifo hard char; do
		for b in file:f dir:d sym:l fifo:p hard:f; do
			echo "${b#*:} $a-${b%:*}"
		done
	done | LC_ALL=C sort)
	same "$(lists -path './m/*' -not -path './m/*/*' -printf '%y %f\n')" \
		"$want"
	same "$(find "$OUT/m" -mindepth 2)" "$OUT/m/dir-dir/in"
	accepts type-twice
	same "$(cat "$OUT/a")" b
	same "$(stat -c %a "$OUT/d")" 711
	[ -f "$OUT/d/x" ]
}

@test "T32: something below what is a file" {
	refuses type-parent "layer 3 of 3: 'p/child': 'p' is not a directory"
}

@test "T33: types that are unknown, contiguous, of the 7th edition" {
	refuses type-letter "layer 2 of 2: tar entry of unknown type 'Z'"
	accepts type-contiguous
	same "$(cat "$OUT/c" "$OUT/v")" xy
	accepts type-v7
	same "$(cat "$OUT/v")" old
}

@test "T34: directories and files that nobody may read: their owner may" {
	accepts closed
	same "$(cd "$OUT" && stat -c %a d d/f d/e)" "$(printf '700\n400\n711')"
	same "$(cat "$OUT/d/f" "$OUT/d/e/f")" xy
}

@test "T35: set-user-ID and set-group-ID are dropped" {
	accepts setid
	same "$(cd "$OUT" && stat -c %a u g all d)" \
		"$(printf '755\n755\n1777\n755')"
	same "$(find "$OUT" -perm /6000)" ""
}

@test "T36: modes are exact whatever the umask" {
	for mask in 0 022 077; do
		"${MAKE[@]}" sticky
		rm -rf "$OUT"
		(umask $mask && works ch-convert oci:sticky "$OUT")
		same "$(cd "$OUT" && stat -c %a t w x p)" \
			"$(printf '1777\n666\n777\n622')"
	done
}

@test "T37: devices are left out, counted, and in the way all the same" {
	accepts devices
	says "4 device nodes are not kept in a directory"
	same "$(lists)" "$(printf '%s\n' . ./etc ./etc/motd)"
}

@test "T38: a fifo is made and never opened" {
	accepts fifo
	[ -p "$OUT/p" ]
	[ -p "$OUT/q" ]
	same "$(stat -c %i "$OUT/p")" "$(stat -c %i "$OUT/q")"
	same "$(cat "$OUT/r")" f
}

@test "T40: all is the caller's, whoever the layers name" {
	accepts owners
	same "$(lists -printf '%u %g\n' | sort -u)" "$(id -un) $(id -gn)"
}

@test "T41: times: of directories too, before 1970, out of range" {
	accepts times
	same "$(cd "$OUT" && stat -c %.Y zero old fraction late d)" \
		"$(printf '%s\n' 0.000000000 -86400.000000000 1.250000000 \
			4294967296.000000000 7.000000000)"
	accepts times-out
	says "2 modification times are out of range and were moved into it"
	# the file system may end earlier than the year 9999
	touch -d @-2147483648 early
	touch -d @253402300799 late
	same "$(cd "$OUT" && stat -c %Y early late)" "$(stat -c %Y early late)"
}

@test "T41: times with a fraction before 1970" {
	accepts times-fraction
	python3 - "$OUT" <<-'END'
		import os, sys
		got = [os.stat(sys.argv[1] + "/" + n).st_mtime_ns for n in "ab"]
		assert got == [-500000000, -86399999999999], got
	END
}

@test "T42: attributes in a directory: of users, but not those that mean something to us" {
	touch probe
	setfattr -n user.x -v y probe 2>/dev/null ||
		skip "no user attributes on this file system"
	accepts xattrs
	same "$(getfattr -d -m - "$OUT/a" 2>/dev/null | grep '=')" \
		'user.colour="blue"'
	same "$(getfattr -d -m - "$OUT/d" 2>/dev/null | grep '=')" \
		'user.dir="yes"'
}

@test "T42: capabilities are lost in a directory, and counted" {
	accepts caps
	says "1 extended attributes could not be kept"
	same "$(getfattr -d -m - "$OUT/ping" 2>/dev/null)" ""
}

# attributes KIND: those of the image ./xattrs or ./caps in a file of KIND.
attributes() {
	rm -rf "$OUT"
	works ch-convert "oci:$1" "$2:$OUT" || return
	ch-convert -q "$2:$OUT" tar:- |
		python3 -B "$TEST_STAGE/bats/tarlist.py" -x ch >list
}

@test "T42: attributes in files: of users, trusted, capabilities" {
	"${MAKE[@]}" xattrs caps
	for kind in tar squash sif docker-archive; do
		attributes xattrs $kind
		grep -q "^a file .*('trusted.x', 'y'), ('user.colour', 'blue')" list
		attributes caps $kind
		grep -q "^ping file .*'security.capability'" list
	done
}

# --- the archive itself

@test "T43: sparse files: both forms, 2 TiB of a hole, maps that lie" {
	for form in gnu pax; do
		accepts sparse-$form
		same "$(stat -c %s "$OUT/s")" 10000
		same "$(sha256sum <"$OUT/s")" "$(python3 -c '
import sys
b = bytearray(10000)
b[512:1024], b[4096:5096] = b"a" * 512, b"b" * 1000
sys.stdout.buffer.write(b)' | sha256sum)"
	done
	accepts sparse-huge
	same "$(stat -c %s "$OUT/s")" $((2 << 40))
	[ "$(stat -c %b "$OUT/s")" -lt 100 ]
	for how in overlap beyond; do
		refuses sparse-$how "layer 2 of 2: 's': malformed map of a sparse file"
	done
}

@test "T44: sizes that lie, a wrong checksum, cut anywhere" {
	refuses tar-size-negative "layer 2 of 2: malformed tar archive \(Tar entry has negative size\)$" \
		squash
	cut="('f': )?malformed tar archive \(Truncated (tar archive|input file \(needed [0-9]+ bytes, only [0-9]+ available\))\)$"
	refuses tar-size-huge "layer 2 of 2: $cut" tar
	refused squash "oci:tar-size-huge: layer 2 of 2: .*: 4611686018427387904 bytes are more than the limit of 2199023255552 for a file in a squashfs image with blocks of 131072 bytes$LIMITS" \
		oci:tar-size-huge
	for name in tar-size-short trunc-data; do
		refuses $name "layer 2 of 2: $cut" "${FLAT[@]}"
	done
	for name in trunc-header checksum; do
		refuses $name "layer 2 of 2: not a tar archive$" squash
	done
}

@test "T45: archives that end with no zeros, with few, with many" {
	for how in none one padding; do
		accepts end-$how
		same "$(cat "$OUT/d/x")" x
	done
}

@test "T46: PAX: sizes count, bad records are refused, comments are not names" {
	accepts pax-size
	same "$(cat "$OUT/f" "$OUT/g")" helloafter
	for how in length short no-equals letters no-end; do
		# libarchive's words, which are others in each version
		refuses pax-$how "layer 2 of 2: malformed (tar archive \(.*pax extended attributes?\)|PAX header)$" \
			squash
	done
	accepts pax-global
	same "$(cat "$OUT/f")" x
	absent "$OUT/no"
}

@test "T47: names of megabytes, records by the thousand: bounded" {
	for how in gnu pax; do
		refuses $how-bomb "layer 2 of 2: PAX records or a long name of more than 1048576 bytes$LIMITS" \
			squash tar
	done
	"${MAKE[@]}" pax-many
	lean 96 ch-convert oci:pax-many "$OUT"
	[ -f "$OUT/f" ]
	rm -rf "$OUT"
	for kind in squash sif tar; do
		refused $kind "oci:pax-many: layer 2 of 2: 'f': more than 256 extended attributes$LIMITS" \
			oci:pax-many
	done
}

# T48, a file system that takes two of them for one: test/unit/t_disk.c
@test "T6: names that differ only in case or spelling are two" {
	accepts case
	same "$(lists -maxdepth 1 -type f -print | wc -l)" 4
	same "$(cat "$OUT/Name" "$OUT/name")" 12
}

# --- an archive without layers, in which ".wh." means nothing

@test "a flat archive: '..', a root that is no directory, links that lead out" {
	for how in '' -in -last -dir -prefix -gnu -pax; do
		refuses_flat dotdot$how "'.*': '\.\.' in the name of an entry$" \
			squash
	done
	for what in sym sym-dot file hard fifo; do
		refuses_flat root-$what "'.*': the root of the image is not a directory$" \
			squash
	done
	refuses_flat nul "a NUL in a name$" squash
	for how in abs pax; do
		refuses_flat hard-$how "'d': hard link to '$TEST_CANARY/file', which is not in the image$" \
			"${FLAT[@]}"
	done
	for how in '' -canary; do
		refuses_flat hard-dotdot$how "'d': hard link to '.*': '\.\.' in the name of an entry$" \
			"${FLAT[@]}"
	done
	refuses_flat hard-through "'d': hard link to 'out/file', which is not in the image$" \
		"${FLAT[@]}"
	refuses_flat hard-root "'h': hard link to '/', a directory$" squash
	refuses_flat wh-climb "'\.\./\.wh\.canary': '\.\.' in the name of an entry$" \
		squash
	refuses_flat loop "'a/x': more than 40 symlinks on the way$" squash
	refuses_flat trunc-data "('f': )?malformed tar archive \(Truncated .*\)$" \
		"${FLAT[@]}"
}

@test "a flat archive: writing through links stays inside" {
	for how in abs up chain proc physical; do
		accepts_flat write-$how
		same "$(find "$OUT" -name evil | wc -l)" 1
		absent "$T/evil" "$T/out/evil" ./evil
		same "$(canary_state)" "$canary_before"
	done
	accepts_flat post
	same "$(canary_state)" "$canary_before"
}

@test "a flat archive: names of whiteouts are names" {
	accepts_flat removal
	same "$(lists)" "$(printf '%s\n' . ./.wh.dir ./.wh.w ./op \
		./op/.wh..wh..opq ./out ./out/.wh..wh..opq ./out/.wh.file ./rep)"
	accepts_flat wh-within
	same "$(lists)" "$(printf '%s\n' . ./.wh.d ./.wh.d/x)"
	accepts_flat wh-dotdot
	same "$(lists)" "$(printf '%s\n' . ./d ./d/.wh...)"
}

@test "a flat archive: names of whiteouts never become those of a layer" {
	"${MAKE[@]}" wh-within wh-dotted wh-dotdot wh-by-link
	for kind in oci store docker-archive; do
		for name in within dotted dotdot; do
			refused $kind "tar:wh-$name.tar: '.*\.wh\..*': a layer can't hold names that begin with '\.wh\.', which remove files there$" \
				tar:wh-$name.tar
		done
		refused $kind "tar:wh-by-link.tar: 'l/x': '\.wh\.d', a whiteout, as a directory$" \
			tar:wh-by-link.tar
	done
}

@test "a flat archive: set-ID bits, devices, what is closed, 2 TiB of a hole" {
	accepts_flat setid
	same "$(find "$OUT" -perm /6000)" ""
	accepts_flat closed
	same "$(cd "$OUT" && stat -c %a d d/f d/e)" "$(printf '700\n400\n711')"
	accepts_flat git
	says "1 device nodes are not kept in a directory"
	accepts_flat sparse-huge
	same "$(stat -c %s "$OUT/s")" $((2 << 40))
	[ "$(stat -c %b "$OUT/s")" -lt 100 ]
	for how in overlap beyond; do
		refuses_flat sparse-$how "'s': malformed map of a sparse file$" \
			squash
	done
}
