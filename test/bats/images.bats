#!/usr/bin/env bats
# images.bats - files that hold an image, read and written: each test is a row,
# C44 to C49 and T39 to T50, of the catalogue of hostile inputs.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2153 # status, out, err: set by try; TREE
load common
load hostile

CASES=(python3 -B "$TEST_STAGE/bats/imgcases.py")
HARD=(python3 -B "$TEST_STAGE/bats/hardcases.py")

extra_setup() {
	hostile_setup
	export CANARY=$TEST_CANARY
}

extra_teardown() {
	hostile_teardown
}

# file_refused REGEX IN: to a directory, an archive, a squashfs, with REGEX to
# the end of the line.
file_refused() {
	local to
	for to in dir tar squash; do
		refused $to "($1)(${LIMITS%\$})?\$" "$2" || return
	done
}

# all_refused N REGEX IN KIND [GOOD]: the N cases or more that KIND has, each
# with its message behind REGEX.
all_refused() {
	local n=0 name want
	mkdir all
	"${CASES[@]}" "$4" all ${5:+"$5"} all >cases
	while read -r -u 3 name want; do
		echo "$name"
		mv "all/$name" x || return
		file_refused "$2($want)" "$3" || return
		n=$((n + 1))
	done 3<cases
	echo "$n cases"
	[ "$n" -ge "$1" ]
}

# good_tree: ./d with a few things in it.
good_tree() {
	mkdir -p d/etc
	echo motd >d/etc/motd
	head -c 300000 /dev/urandom >d/big
	ln -s big d/link
}

good_sif() {
	works ch-convert "oci:$TEST_IMAGES/bare" ./good.sif
}

# --- C44: SIF

@test "C44: a SIF file whose header lies" {
	good_sif
	all_refused 22 "'x': (SIF header: (descriptor 4: )?)?" sif:x sif good.sif
}

@test "C44: a SIF file that is cut" {
	good_sif
	size=$(stat -c %s good.sif)
	for n in 0 1 31; do
		head -c $n good.sif >x
		file_refused "'x': SIF header: expected 128 bytes, found $n" sif:x
	done
	head -c 5000 good.sif >x
	file_refused "'x': SIF header: descriptors: expected it in a file of 5000 bytes, found 28080 bytes at 4096" sif:x
	head -c $((size - 4097)) good.sif >x
	file_refused "'x': SIF header: data: expected it in a file of $((size - 4097)) bytes, found [0-9]+ bytes at [0-9]+" sif:x
}

@test "C44: a SIF file whose partition is no squashfs, or a broken one" {
	good_sif
	at=$(LC_ALL=C grep -obUa hsqs good.sif | tail -1 | cut -d: -f1)
	cp good.sif x
	printf 'XXXX' | dd of=x bs=1 seek="$at" conv=notrunc 2>/dev/null
	file_refused "'x': squashfs: magic: expected 'hsqs', found 'XXXX'" sif:x
	cp good.sif x
	printf '\011' | dd of=x bs=1 seek=$((at + 20)) conv=notrunc 2>/dev/null
	file_refused "'x': squashfs: unknown compressor 9; expected 1 to 6" sif:x
}

@test "C44: a signature that does not fit" {
	good_sif
	n=0
	python3 -B "$TEST_STAGE/bats/sifsign.py" >cases
	while read -r -u 3 name want; do
		echo "$name"
		python3 -B "$TEST_STAGE/bats/sifsign.py" "$name" good.sif x
		file_refused "'x': $want" sif:x
		n=$((n + 1))
	done 3<cases
	[ $n -ge 18 ]
}

@test "C44: a signature that fits is not vouched for" {
	good_sif
	works ch-convert ./good.sif ./want
	for name in clear dsse one old later; do
		python3 -B "$TEST_STAGE/bats/sifsign.py" $name good.sif x
		works ch-convert sif:x "$OUT"
		same "$err" "ch-convert: sif:x: 1 signature fits the file, but no key was asked whether it is genuine
ch-convert: sif:x: not carried over: 1 signature"
		trees_equal "$OUT" want
		rm -rf "$OUT"
	done
}

# --- C45 to C47: squashfs

@test "C45: a squashfs whose superblock lies" {
	needs mksquashfs
	good_tree
	mksquashfs d good.sqfs -quiet -no-progress -comp gzip >/dev/null
	all_refused 20 "'x': squashfs: " squash:x super good.sqfs
}

# The other lies are t_sqfsread's.
@test "C45 C46: blocks and names that lie: nothing is written, or left" {
	all_refused 3 "(squash:)?'?x'?: ('(\.|a|b)': )?" squash:x sqfs
}

@test "C47: a squashfs that is cut, anywhere" {
	needs mksquashfs
	good_tree
	mksquashfs d good.sqfs -quiet -no-progress -comp gzip -nopad >/dev/null
	size=$(stat -c %s good.sqfs)
	for n in 0 3 95; do
		head -c $n good.sqfs >x
		file_refused "'x': squashfs: expected 96 bytes, found $n" squash:x
	done
	for n in 96 97 4096 300000 $((size - 1)); do
		head -c $n good.sqfs >x
		file_refused "'x': squashfs: is truncated: expected $size bytes, found $n" squash:x
	done
}

@test "C47: a compressor that is not built in is named" {
	needs mksquashfs
	good_tree
	mksquashfs d x -quiet -no-progress -comp lzo >/dev/null 2>&1 ||
		skip "this mksquashfs has no lzo"
	if ch-convert squash:x ./o 2>/dev/null; then
		skip "this libsquashfs has lzo"
	fi
	file_refused "'x': squashfs image: its compressor 'lzo' is not built in" \
		squash:x
}

@test "C47: garbage in a squashfs: refused or read, never more" {
	needs mksquashfs
	good_tree
	mksquashfs d good.sqfs -quiet -no-progress -comp gzip -nopad >/dev/null
	size=$(stat -c %s good.sqfs)
	for i in $(seq 40); do
		cp good.sqfs x
		# most of it is tables at the end
		at=$((i % 4 ? size - 1 - i * 17 % 700 : i * 7411))
		printf '\377\377' | dd of=x bs=1 seek=$at conv=notrunc 2>/dev/null
		try timeout 60 ch-convert squash:x "$OUT"
		[ "$status" = 0 ] || [ "$status" = 1 ]
		[ "$status" = 0 ] || nothing_made
		rm -rf "$OUT"
	done
}

# --- C48: killed

# killed_when_begun SIGNAL KIND: as soon as something is there. Once more if it
# was done before.
killed_when_begun() {
	local try
	for try in $(seq 30); do
		rm -rf "$OUT"
		status=0
		begin "oci:$TEST_IMAGES/big" "$2:$OUT"
		kill "-$1" "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || status=$?
		[ $status = 0 ] || break
		echo "try $try came too late"
	done
	absent "$OUT"
}

@test "C48: SIGTERM while an image is written: nothing is left" {
	for kind in squash tar sif docker-archive oci-archive dir; do
		echo "$kind"
		killed_when_begun TERM $kind
		same "$status" 143
		same "$(cat .err.all)" "ch-convert: interrupted by SIGTERM"
		nothing_made
	done
}

@test "C48: the other signals that end a program" {
	for signal in INT:130 HUP:129 QUIT:131; do
		killed_when_begun ${signal%:*} dir
		same "$status" ${signal#*:}
		same "$(cat .err.all)" "ch-convert: interrupted by SIG${signal%:*}"
		nothing_made
	done
}

@test "in one pass: nothing but one file is made on the way" {
	for kind in squash tar sif docker-archive oci-archive; do
		begin "oci:$TEST_IMAGES/big" "$kind:$OUT"
		kill -STOP "$pid" 2>/dev/null || :
		find out tmp -mindepth 1 ! -type f >others
		kill -CONT "$pid" 2>/dev/null || :
		wait "$pid"
		same "$(cat others)" ""
		rm -f "$OUT"
	done
}

@test "C48: SIGKILL while an image is written: no OUT; the next run cleans up" {
	for kind in squash tar sif docker-archive oci-archive dir; do
		echo "$kind"
		killed_when_begun KILL $kind
		same "$status" 137
		works ch-convert "oci:$TEST_IMAGES/bare" "$kind:$OUT"
		same "$(ls -A out)" img
		same "$(ls -A tmp)" ""
		rm -rf "$OUT"
	done
}

# --- C49: docker-archive

@test "C49: manifest.json names what is not in the archive, or not once" {
	all_refused 17 "docker-archive:x: (layer 1 of 1: |configuration: |manifest\.json: \[0\]\.)?" \
		docker-archive:x docker
}

@test "C49: a layer that is listed twice, or a link to another" {
	for name in good twice linked; do
		"${CASES[@]}" docker $name x
		works ch-convert docker-archive:x "$OUT"
		plain
		rm -rf "$OUT"
	done
}

# --- T39, T49, T50: what we write

@test "T39: sockets in a directory are left out, and counted" {
	good_tree
	python3 -c 'import socket
for n in "a", "etc/b":
    socket.socket(socket.AF_UNIX).bind("d/" + n)'
	[ -S d/a ]
	[ -S d/etc/b ]
	for kind in tar squash sif oci docker-archive dir; do
		works ch-convert ./d $kind:"$OUT"
		same "$err" "ch-convert: 2 sockets are left out"
		if [ $kind = tar ]; then
			tar -tf "$OUT" | grep -v '^\(./\)\?ch/' >names
			lacks -E '(a|b)$' names
		fi
		rm -rf "$OUT"
	done
}

@test "T39: sockets in a squashfs, too" {
	needs mksquashfs
	good_tree
	python3 -c 'import socket
socket.socket(socket.AF_UNIX).bind("d/a")'
	mksquashfs d x.sqfs -all-root -quiet -no-progress >/dev/null
	for kind in tar squash dir; do
		works ch-convert ./x.sqfs $kind:"$OUT"
		same "$err" "ch-convert: 1 socket is left out"
		rm -rf "$OUT"
	done
}

@test "T49: names, owners, times, holes, links: there and back" {
	"${HARD[@]}" make hard.tar
	works ch-convert ./hard.tar tar:"$OUT"
	"${HARD[@]}" tar "$OUT"
	works ch-convert "$OUT" ./again.tar
	cmp "$OUT" again.tar
	works ch-convert "$OUT" oci-archive:o.tar
	works ch-convert oci-archive:o.tar ./back.tar
	"${HARD[@]}" tar back.tar
	works ch-convert "$OUT" ./x.sqfs
	says "times before 1970 or after 2106 are not kept in a squashfs: 5 files"
	works ch-convert ./x.sqfs ./sqfs.tar
	"${HARD[@]}" tar sqfs sqfs.tar
	works ch-convert ./sqfs.tar ./y.sqfs
	works ch-convert ./y.sqfs ./sqfs2.tar
	cmp sqfs.tar sqfs2.tar
}

@test "T49: the same bytes with any number of threads" {
	"${HARD[@]}" make hard.tar
	for kind in x.tar x.tar.gz x.tar.zst x.sqfs; do
		for n in 1 2 5; do
			works ch-convert --reproducible -j $n ./hard.tar ./$n.$kind
		done
		cmp 1.$kind 2.$kind
		cmp 1.$kind 5.$kind
	done
	zstd -dcq 1.x.tar.zst | cmp - 1.x.tar
	gzip -dc 1.x.tar.gz | cmp - 1.x.tar
}

# unpacked PROGRAM...: into ./u, then looked at.
unpacked() {
	rm -rf u
	mkdir u
	"$@" >unpack.log 2>&1 || {
		cat unpack.log
		return 1
	}
	"${HARD[@]}" dir u
	chmod -R u+rwx u
}

@test "T49: ours, from a directory of it" {
	"${HARD[@]}" make hard.tar
	works ch-convert ./hard.tar "$OUT"
	"${HARD[@]}" dir "$OUT"
	works ch-convert "$OUT" ./x.tar
	unpacked tar -C u -xf x.tar
}

@test "T49: GNU tar unpacks what we write" {
	"${HARD[@]}" make hard.tar
	works ch-convert ./hard.tar ./x.tar
	unpacked tar -C u --exclude=null -xf x.tar
	tar --numeric-owner -tvf x.tar >list 2>/dev/null
	grep -q ' 2097153/4294967294 .* old$' list
	grep -q '^-rwsr-xr-x ' list
}

@test "T49: bsdtar unpacks what we write" {
	needs bsdtar
	"${HARD[@]}" make hard.tar
	works ch-convert ./hard.tar ./x.tar
	unpacked bsdtar -C u --exclude=null -xf x.tar
	bsdtar --numeric-owner -tvf x.tar >list
	grep -qa '^-rwsr-xr-x .* 2097153 *4294967294 .* old$' list
}

@test "T49: unsquashfs unpacks what we write" {
	needs unsquashfs
	"${HARD[@]}" make hard.tar
	works ch-convert ./hard.tar ./x.sqfs
	# an ordinary user can make no device: that alone is told
	unpacked sh -c 'unsquashfs -q -n -f -no-xattrs -d u x.sqfs 2>told ||
		[ $? = 2 ]'
	lacks -v null told
	unsquashfs -lln x.sqfs >list
	grep -qa -- '^-rwsr-xr-x 2097153/4294967294 .*/old$' list
}

@test "T50: a tree that changes while it is archived" {
	mkdir -p d/y
	head -c 8000000 /dev/urandom >d/a
	echo y >d/y/in
	echo z >d/z
	for how in shrink grow rewrite remove remove-in remove-last \
		rewrite-later shrink-later link link-dir other-type; do
		case $how in
		shrink | grow | rewrite) want="'a': changed while it was read" ;;
		remove) want="can't read 'z': No such file or directory" ;;
		remove-in) want="'z': found where 'y/in' was: changed while it was read" ;;
		remove-last) want="'y/in' is gone: changed while it was read" ;;
		link-dir) want="'y': changed while it was read" ;;
		*) want="'z': changed while it was read" ;;
		esac
		rm -rf e
		cp -r d e
		[ $how != remove-last ] || rm e/z
		fails 1 "\./e: $want\$" "${HARD[@]}" change $how ./e
	done
	rm -rf e
	cp -r d e
	# the same without a change
	works "${HARD[@]}" change none ./e
	same "$out" "$(printf '. 0\na 8000000\ny 0\ny/in 2\nz 2')"
}
