#!/usr/bin/env bats
# join.bats - processes that share a container.
# SPDX-License-Identifier: Apache-2.0
# needs fuse
# shellcheck disable=SC2154,SC2016 # set by try; for the shell inside
# shellcheck disable=SC2030,SC2031 # each test has its own servers
load common

NS='readlink /proc/self/ns/mnt; readlink /proc/self/ns/user'

extra_setup() {
	img=$TEST_STAGE/tmp/run-img
	[ -d "$img" ] || ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" "$img"
	tag=t$BATS_TEST_NUMBER.$$
	shm=$(shared_memory)
	# of the launcher that runs the tests, if one does
	unset PMIX_NAMESPACE PMIX_SERVER_URI2 PALS_APID PALS_LOCAL_SIZE \
		PMI_FD MPI_LOCALNRANKS OMPI_COMM_WORLD_LOCAL_SIZE \
		SLURM_JOB_ID SLURM_STEP_ID SLURM_NODEID \
		SLURM_STEP_TASKS_PER_NODE
}

# This user's, but for what other tests have there.
shared_memory() {
	find /dev/shm -mindepth 1 -maxdepth 1 -user "$(id -u)" \
		! -name 'chassis-*'
}

# The processes that let others in.
holders() {
	ours ch-run-join
}

are_gone() {
	[ -z "$(holders)" ]
}

# Nothing is left of the test's containers: no process, and so no name, no file.
# The kernel takes its time to unmount.
extra_teardown() {
	servers_stop
	same "$(shared_memory)" "$shm" || return
	soon are_gone || return
	lacks -F "/$tag" /proc/net/unix
}

# stays FILE [OPTION...]: a member that lives until the test is over; its
# namespaces go to FILE.
stays() {
	local file=$1
	shift
	serve "$file" ch-run "$@" "$img" -- sh -c "$NS; exec sleep 1000"
}

@test "the same tag, the same namespaces; another tag, others" {
	stays one --join-tag="$tag"
	works ch-run --join-tag="$tag" "$img" -- sh -c "$NS"
	same "$out" "$(cat one)"
	works ch-run --join-tag="$tag.b" "$img" -- sh -c "$NS"
	lacks -Fxf one <<<"$out"
	works ch-run "$img" -- sh -c "$NS"
	lacks -Fxf one <<<"$out"
}

# together N OPTION...: N at once, that live until all are there; the namespaces
# of each go to out.I, what ch-run -v says to err.I.
together() {
	local n=$1 i
	shift
	rm -f go out.* err.*
	for i in $(seq "$n"); do
		ch-run -v "$@" "$img" -- sh -c \
			"$SOON; $NS; echo .; soon test -e go" \
			>"out.$i" 2>"err.$i" &
	done
	soon are_up "$n"
	touch go
	wait
}

are_up() {
	[ "$(cat out.* | grep -cxF .)" = "$1" ]
}

# They are all of one container, that one of them made.
are_one() {
	local n=$1
	same "$(cat out.* | sort | uniq -c | awk '{ print $1 }')" \
		"$(printf '%s\n%s\n%s' "$n" "$n" "$n")" || return
	same "$(cat err.* | grep -c ': making container')" 1 || return
	same "$(cat err.* | grep -c ': joined container')" $((n - 1))
}

@test "many at once: one makes it, the others enter" {
	together 32 --join-tag="$tag"
	are_one 32
}

@test "X34 fewer or more than were expected" {
	for n in 1 5 6 7; do
		together 6 --join-tag="$tag.$n" --join-ct=$n --join-wait=20
		are_one 6
		# the one that is missing
		[ $n != 7 ] || ch-run --join-tag="$tag.7" "$img" -- true
	done
}

@test "those expected find the container, though the first have ended" {
	local first
	works ch-run --join-tag="$tag" --join-ct=3 "$img" -- sh -c "$NS"
	first=$out
	works ch-run --join-tag="$tag" "$img" -- sh -c "$NS"
	same "$out" "$first"
	works ch-run --join-tag="$tag" "$img" -- sh -c "$NS"
	same "$out" "$first"
}

@test "those expected that do not come are not waited for for ever" {
	works ch-run --join-tag="$tag" --join-ct=9 --join-wait=1 "$img" -- true
	# the rest is in extra_teardown
}

@test "whoever ends first does not matter" {
	local first
	ch-run --join-tag="$tag" "$img" -- sh -c \
		"$SOON; $NS; soon test -e go" >one &
	first=$!
	soon test -s one
	stays two --join-tag="$tag"
	touch go
	wait $first
	same "$(cat two)" "$(cat one)"
	works ch-run --join-tag="$tag" "$img" -- sh -c "$NS"
	same "$out" "$(cat one)"
}

@test "a grandchild that nobody knows keeps it" {
	stays one --join-tag="$tag"
	# more than are remembered
	for _ in $(seq 20); do
		ch-run --join-tag="$tag" "$img" -- true
	done
	works ch-run --join-tag="$tag" "$img" -- sh -c \
		'sleep 1000 >/dev/null 2>&1 & echo $!'
	servers_stop
	servers=("$out")
	works ch-run --join-tag="$tag" "$img" -- sh -c "$NS"
	same "$out" "$(cat one)"
}

@test "ranks read each other's memory, and only so" {
	needs cc
	cc -o cma "$TEST_STAGE/bats/cma.c"
	serve shown ch-run --join-tag="$tag" / -- ./cma show
	# shellcheck disable=SC2046 # two words
	works ch-run --join-tag="$tag" / -- ./cma $(cat shown)
	same "$out" "from far away"
	# shellcheck disable=SC2046
	try ch-run / -- ./cma $(cat shown)
	[ "$status" = 1 ]
	says 'process_vm_readv: Operation not permitted'
}

@test "environment, directory, descriptors and limits are each one's own" {
	mkdir a b
	stays one --join-tag="$tag"
	cd a
	X=a works ch-run --join-tag="$tag" --set-env=Y=1 "$img" -- \
		sh -c 'echo $X $Y; pwd; ulimit -n; cat <&5' 5<<<five
	same "$out" "$(printf 'a 1\n%s\n%s\nfive' "$PWD" "$(ulimit -n)")"
	cd ../b
	X=b works bash -c 'ulimit -n 99; umask 027; exec "$@"' - \
		ch-run --join-tag="$tag" "$img" -- \
		sh -c 'echo $X$Y; pwd; ulimit -n; umask'
	same "$out" "$(printf 'b\n%s\n99\n0027' "$PWD")"
	want=$(bash -c 'exec ls /proc/self/fd' | wc -l)
	works ch-run --join-tag="$tag" "$img" -- ls /proc/self/fd
	same "$(echo "$out" | wc -l)" "$want"
	works ch-run --join-tag="$tag" --cd=/etc "$img" -- pwd
	same "$out" /etc
	fails 127 "can't run 'nope': not found in the image's PATH" \
		ch-run --join-tag="$tag" "$img" -- nope
	works ch-run --join-tag="$tag" "$img" -- sh -c \
		'kill -0 $PPID; grep NoNewPrivs /proc/self/status; echo $HOME'
	same "$out" "$(printf 'NoNewPrivs:\t1\n%s' "$HOME")"
}

# What the scripts of an image make of the environment, they make for each.
@test "an image's scripts make the same environment for each, and each its own" {
	local env
	cp -R "$img" own
	rm -r own/ch
	env=own/.singularity.d/env
	mkdir -p $env
	echo 'export PLAIN="from script" PATH=/image/bin:$PATH' >$env/90-a.sh
	cat >$env/91-more.sh <<-'END'
	[ ! -d /etc ] || export FOUND="$(echo a b)"
	export RANK=$((SLURM_PROCID + 1))
	unset TZ
	END
	[ ! -r /dev/fuse ] || [ ! -w /dev/fuse ] || ch-convert -q ./own own.sif
	export TZ=UTC FROM_HOST=1
	for kind in own own.sif; do
		[ -e $kind ] || continue
		serve one env -u SHLVL SLURM_PROCID=6 ch-run --join-tag="$tag.$kind" \
			--set-env=LAST='[$FOUND]' ./$kind -- \
			sh -c "$NS; env; exec sleep 1000"
		soon grep -q ^LAST= one
		works env -u SHLVL SLURM_PROCID=7 ch-run --join-tag="$tag.$kind" \
			--set-env=LAST='[$FOUND]' ./$kind -- sh -c "$NS; env"
		same "$(head -n 2 "$T/.out")" "$(head -n 2 one)"
		same "$(sed 's/^\(SLURM_PROCID\|RANK\)=./\1=N/' "$T/.out" | sort)" \
			"$(sed 's/^\(SLURM_PROCID\|RANK\)=./\1=N/' one | sort)"
		for line in 'PLAIN=from script' 'FOUND=a b' 'LAST=[a b]' \
			FROM_HOST=1 RANK=8; do
			grep -qxF "$line" "$T/.out"
		done
		grep -qx RANK=7 one
		grep -q '^PATH=/image/bin:' "$T/.out"
		lacks ^TZ= "$T/.out"
		servers_stop
	done
}

@test "who asks for another container is told the difference" {
	stays one --join-tag="$tag" --bind=/usr/bin:/mnt
	fails 125 "can't join container '$tag' of process [0-9]+: it was made with 'image /.*/run-img', not with 'image /usr'; ask for the same, or use another --join-tag$" \
		ch-run --join-tag="$tag" --bind=/usr/bin:/mnt /usr -- true
	fails 125 ".*: it was made with '--bind=/usr/bin:/mnt', which is not asked for here; " \
		ch-run --join-tag="$tag" "$img" -- true
	fails 125 ".*: it was made without '--write'; " \
		ch-run --join-tag="$tag" --bind=/usr/bin:/mnt -w "$img" -- true
	ln -s "$(dirname "$img")" d
	works ch-run --join-tag="$tag" --bind=/usr/bin:/mnt \
		"$(dirname "$img")/../tmp/./run-img/" -- true
}

@test "X33 the one who makes it does not get ready: those who wait say so" {
	serve held python3 -B "$TEST_STAGE/bats/holdname.py" "$tag"
	fails 125 "process ${servers[0]} did not have container '$tag' ready within 1 s; --join-wait=SECONDS waits longer$" \
		ch-run --join-tag="$tag" --join-wait=1 "$img" -- true
}

@test "X33 the one who makes it ends: another does" {
	serve held python3 -B "$TEST_STAGE/bats/holdname.py" "$tag"
	(
		sleep 0.5
		kill -9 "${servers[0]}"
	) &
	together 3 --join-tag="$tag"
	are_one 3
}

@test "X33 killed at any moment, the next ones start, and nothing stays" {
	local i
	for i in $(seq 0 30); do
		ch-run --join-tag="$tag" "$img" -- sleep 1000 2>/dev/null &
		ch-run --join-tag="$tag" "$img" -- sleep 1000 2>/dev/null &
		sleep "0.0$((i / 10))$((i % 10))"
		kill -9 %% %-
		wait
		works ch-run --join-tag="$tag" --join-wait=20 "$img" -- true
	done 2>/dev/null
}

@test "X33 one that could not make it says why, to all" {
	for i in 1 2 3; do
		ch-run --join-tag="$tag" --join-ct=3 --bind=/no/such "$img" \
			-- true >"out.$i" 2>&1 || echo $? >>"out.$i" &
	done
	wait
	# a late one may have tried by itself
	for i in 1 2 3; do
		grep -Eq "^ch-run: error: (process [0-9]+ could not make container '$tag': )?.*'/no/such'.*No such file" "out.$i"
		grep -qx 125 "out.$i"
	done
}

@test "X34 after all were killed, and the process that lets in, too" {
	stays one --join-tag="$tag"
	holders | xargs kill -9
	# the members are not hurt; who comes now has no one to ask
	works ch-run --join-tag="$tag" "$img" -- sh -c "$NS"
	lacks -Fxf one <<<"$out"
	kill -0 "${servers[0]}"
}

@test "X34 a name that another user has taken" {
	needs newuidmap newgidmap setpriv
	# 0 is us, 1 is another, whom only 0 can end
	local two=(unshare --user --map-root-user --map-auto)
	"${two[@]}" true || skip "no second user here (subuid(5))"
	serve held "${two[@]}" sh -c 'trap "kill \$!" TERM
		setpriv --reuid=1 --clear-groups python3 -B "$@" 0 &
		wait' sh "$TEST_STAGE/bats/holdname.py" "$tag"
	fails 125 "the name of container '$tag' is taken by process [0-9]+ of another user \(uid [0-9]+\); use another --join-tag$" \
		"${two[@]}" ch-run --join-tag="$tag" "$img" -- true
	works "${two[@]}" ch-run --join-tag="$tag.b" "$img" -- true
}

@test "X34 numbers and tags that are none" {
	fails 125 "option '--join-ct': .*found '0'; see" \
		ch-run --join-ct=0 "$img" -- true
	fails 125 ".*--join-ct.*" ch-run --join-ct=x "$img" -- true
	fails 125 "option '--join-tag': the tag is empty; see" \
		ch-run --join-tag= "$img" -- true
	# of any length and with anything in it
	stays one --join-tag="$tag$(seq -s, 1 99) /%s"
	works ch-run --join-tag="$tag$(seq -s, 1 99) /%s" "$img" -- sh -c "$NS"
	same "$out" "$(cat one)"
	works ch-run --join-tag="$tag$(seq -s, 1 98) /%s" "$img" -- sh -c "$NS"
	lacks -Fxf one <<<"$out"
}

@test "X34 times to wait that are none" {
	local what="option '--join-wait': "
	fails 125 "${what}expected 1 or more, found '0'; see" \
		ch-run --join-tag="$tag" --join-wait=0 "$img" -- true
	for value in -1 abc; do
		fails 125 "${what}number: not a number: '$value'; see" \
			ch-run --join-tag="$tag" --join-wait=$value "$img" -- true
	done
	fails 125 "${what}number: '1000001' is too large, the most is 1000000; see" \
		ch-run --join-tag="$tag" --join-wait=1000001 "$img" -- true
	CH_RUN_JOIN_WAIT=0 fails 125 ".*CH_RUN_JOIN_WAIT.*: expected 1 or more, found '0'" \
		ch-run --join-tag="$tag" "$img" -- true
	works ch-run --join-tag="$tag" --join-wait=1000000 "$img" -- true
}

@test "X35 --join-pid enters the container of a process, with any command" {
	stays one --bind=/usr/bin:/mnt
	works ch-run --join-pid="${servers[0]}" -- sh -c "$NS"
	same "$out" "$(cat one)"
	works ch-run --join-pid="${servers[0]}" sh -c "$NS"
	same "$out" "$(cat one)"
	# as for all other starts; the image is not looked at
	works ch-run --join-pid="${servers[0]}" "$img" -- sh -c "$NS"
	same "$out" "$(cat one)"
	same "$(echo "$NS" | ch-run --join-pid="${servers[0]}")" "$(cat one)"
}

@test "X35 --join-pid of what is in no container" {
	fails 125 "process $$ is in no container, or this one is in it already" \
		ch-run --join-pid=$$ -- true
	fails 125 "process 1 belongs to another user \\(uid 0\\)" \
		ch-run --join-pid=1 -- true
	fails 125 "there is no process 2147483647" \
		ch-run --join-pid=2147483647 -- true
	fails 125 "option '--join-pid': .*" ch-run --join-pid=0 -- true
	sleep 0 &
	wait $!
	fails 125 "there is no process $!" ch-run --join-pid=$! -- true
}

@test "the launchers' variables say who belongs together" {
	local vars
	for vars in PMIX_NAMESPACE=5 PALS_APID=a \
		"SLURM_JOB_ID=3 SLURM_STEP_ID=4"; do
		# shellcheck disable=SC2086 # one or two
		serve one env $vars ch-run --join "$img" -- \
			sh -c "$NS; exec sleep 1000"
		# another parent; the same job, then another
		# shellcheck disable=SC2086
		works env $vars bash -c 'ch-run --join "$0" -- sh -c "$1"; :' \
			"$img" "$NS"
		same "$out" "$(cat one)"
		# shellcheck disable=SC2086
		works env ${vars}0 ch-run --join "$img" -- sh -c "$NS"
		lacks -Fxf one <<<"$out"
		servers_stop
	done
}

@test "without a launcher: the processes of one parent" {
	works bash -c 'for i in 1 2 3; do
			ch-run --join --join-ct=3 "$0" -- sh -c "$1" &
		done; wait' "$img" "$NS"
	same "$(echo "$out" | sort | uniq -c | awk '{ print $1 }')" \
		"$(printf '3\n3')"
	# one parent's lives, another's are others
	bash -c 'ch-run --join "$0" -- sh -c "$1"; :' "$img" \
		"$SOON; $NS; soon test -e go" >one &
	soon test -s one
	works bash -c 'ch-run --join "$0" -- sh -c "$1"; :' "$img" "$NS"
	touch go
	wait
	lacks -Fxf one <<<"$out"
}

@test "Open MPI's ranks share one container" {
	needs mpirun.openmpi
	works mpirun.openmpi --oversubscribe -n 4 ch-run --join "$img" -- \
		sh -c "$NS; echo \$OMPI_COMM_WORLD_RANK; sleep 1"
	same "$(echo "$out" | grep -c '^[0-3]$')" 4
	same "$(echo "$out" | grep -v '^[0-3]$' | sort -u | wc -l)" 2
}

@test "Hydra's ranks share one container, also behind a shell" {
	needs mpiexec.hydra
	works mpiexec.hydra -n 4 sh -c 'ch-run --join "$0" -- sh -c "$1"; :' \
		"$img" "$NS; echo \$PMI_RANK; sleep 1"
	same "$(echo "$out" | grep -c '^[0-3]$')" 4
	same "$(echo "$out" | grep -v '^[0-3]$' | sort -u | wc -l)" 2
}

@test "no pipe is kept open, no child is left with the command" {
	local start=$SECONDS
	same "$(ch-run --join-tag="$tag" --join-ct=9 --join-wait=8 "$img" -- \
		echo said)" said
	[ $((SECONDS - start)) -lt 7 ]
	works ch-run --join-tag="$tag.b" "$img" -- sh -c \
		'ps -o ppid=,comm= >ps; awk -v p=$$ "\$1 == p && \$2 != \"ps\"" ps'
	[ -z "$out" ]
	# nor a session that Ctrl-C reaches
	[ -n "$(holders)" ]
	for pid in $(holders); do
		same "$(ps -o sid= "$pid" | tr -d ' ')" "$pid"
		same "$(readlink "/proc/$pid/cwd")" /
		same "$(readlink "/proc/$pid/fd/1")" /dev/null
	done
}

@test "with nothing of its own to watch, the end is seen all the same" {
	local bare=$TEST_STAGE/tmp/join-bare
	[ -d "$bare" ] || cp -R "$img" "$bare"
	serve one ch-run --no-default=all --join-tag="$tag" "$bare" -- \
		sh -c 'echo up; exec sleep 1000'
	works ch-run --no-default=all --join-tag="$tag" "$bare" -- ls /
}

@test "--dry-run makes and joins nothing" {
	works ch-run --join-tag="$tag" --dry-run "$img" -- true
	lacks "$tag" /proc/net/unix
}
