#!/usr/bin/env bats
# bundle.bats - ch-run --oci-bundle: what config.json asks for.
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154,SC2016 # set by try; for the shell inside
load common

# The bundle ./b, of which ./b/rootfs is this test's own.
extra_setup() {
	HOME=$T/home
	mkdir "$HOME" b
	ch-convert -q "oci:$TEST_IMAGES/alpine:3.16" ./b/rootfs
}

# config [PYTHON]: ./b/config.json, changed by PYTHON, which sees c, the
# document, p, its process, and r, its root.
config() {
	python3 - "${1:-}" >b/config.json <<-'END'
		import json, sys
		r = {"path": "rootfs", "readonly": True}
		p = {"cwd": "/", "args": ["true"],
		     "env": ["PATH=/usr/bin:/bin", "TERM=xterm"]}
		c = {"ociVersion": "1.0.2", "process": p, "root": r}
		exec(sys.argv[1])
		print(json.dumps(c))
	END
}

# bundle [PYTHON [OPTION...]]: run it.
bundle() {
	config "${1:-}"
	quiet ch-run "${@:2}" --oci-bundle b
}

# refused REGEX PYTHON
refused() {
	config "$2"
	fails 125 "$1" ch-run --oci-bundle b
}

# --- process

@test "args: run with no shell in between; a command of ours wins" {
	bundle 'p["args"] = ["printf", "%s|", "a b", "", "$x"]'
	same "$out" 'a b||$x|'
	quiet ch-run --oci-bundle b -- echo ours
	same "$out" ours
	quiet ch-run --oci-bundle b echo ours
	same "$out" ours
	refused ".*process.args: nothing to run, and no COMMAND" 'p["args"] = []'
	quiet ch-run --oci-bundle b -- true
}

@test "args: status, and a command that is not there" {
	config 'p["args"] = ["sh", "-c", "exit 7"]'
	try ch-run --oci-bundle b
	same "$status" 7
	config 'p["args"] = ["nonesuch"]'
	fails 127 ".*'nonesuch'.*PATH \(/usr/bin:/bin\)" \
		ch-run --oci-bundle b
}

@test "env: in the place of the caller's, as it is" {
	export FROM_HOST=1
	bundle 'p["args"] = ["env"]
p["env"] += ["A=$PATH ${B:-x} $$", "./E=/x", "/etc/passwd=y", "HOME=/nowhere",
	"M=a=b", "TERM=second"]'
	same "$(grep -v '^PWD=' "$T/.out" | LC_ALL=C sort)" "$(cat <<-'END'
		./E=/x
		/etc/passwd=y
		A=$PATH ${B:-x} $$
		HOME=/nowhere
		M=a=b
		PATH=/usr/bin:/bin
		TERM=xterm
	END
	)"
	quiet ch-run --set-env=X=1 --unset-env=T* --oci-bundle b
	grep -qx X=1 "$T/.out"
	lacks ^TERM "$T/.out"
	quiet ch-run --env=host --oci-bundle b
	grep -qx FROM_HOST=1 "$T/.out"
	grep -qx TERM=xterm "$T/.out"
}

@test "cwd: absolute and inside; --cd wins" {
	bundle 'p["cwd"] = "/usr/bin"; p["args"] = ["pwd"]'
	same "$out" /usr/bin
	quiet ch-run --cd=/etc --oci-bundle b
	same "$out" /etc
	refused "can't start in '/none' \(from config.json\): No such file.*" \
		'p["cwd"] = "/none"'
	refused ".*process.cwd: expected an absolute path, found 'x'" \
		'p["cwd"] = "x"'
}

@test "rlimits: set for the command, not above the hard limit" {
	bundle 'p["args"] = ["sh", "-c", "ulimit -Sn; ulimit -Hn; ulimit -c"]
p["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 88},
	{"type": "RLIMIT_CORE", "soft": 0, "hard": 0}]'
	same "$out" $'77\n88\n0'
	ulimit -n 500
	bundle 'p["args"] = ["sh", "-c", "ulimit -Sn; ulimit -Hn"]
p["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 2 ** 64 - 1,
	"hard": 2 ** 64 - 1}]'
	same "$out" $'500\n500'
	refused ".*process.rlimits\[0\]: there is no limit 'RLIMIT_X'" \
		'p["rlimits"] = [{"type": "RLIMIT_X", "soft": 1, "hard": 1}]'
}

@test "user.umask, and the caller's stays without it" {
	bundle 'p["args"] = ["sh", "-c", "umask"]
p["user"] = {"uid": 0, "gid": 0, "umask": 0o027}'
	same "$out" 0027
	config 'p["args"] = ["sh", "-c", "umask"]'
	same "$(umask 031 && ch-run --oci-bundle b)" 0031
}

@test "user: the caller by any number; --uid wins" {
	bundle 'p["args"] = ["sh", "-c", "id -u; id -g; touch /tmp/new"]
p["user"] = {"uid": 0, "gid": 42}
r["readonly"] = False'
	same "$out" $'0\n42'
	same "$(stat -c %u b/rootfs/tmp/new)" "$(id -u)"
	quiet ch-run --uid=7 --gid=8 --oci-bundle b
	same "$out" $'7\n8'
	bundle 'p["args"] = ["id", "-u"]'
	same "$out" "$(id -u)"
	refused ".*process.user.uid: expected a whole number.*" \
		'p["user"] = {"uid": -5, "gid": 0}'
}

@test "noNewPrivileges: always" {
	bundle 'p["noNewPrivileges"] = False
p["args"] = ["grep", "NoNewPrivs", "/proc/self/status"]'
	same "$out" $'NoNewPrivs:\t1'
}

# --- root

@test "root: absolute, relative, read-only or not" {
	bundle 'p["args"] = ["touch", "/new"]; r["readonly"] = False'
	[ -e b/rootfs/new ]
	config 'p["args"] = ["touch", "/other"]'
	try ch-run --oci-bundle b
	same "$status" 1
	says 'Read-only file system'
	mv b/rootfs elsewhere
	bundle "r['path'] = '$T/elsewhere'"
	chmod a-w elsewhere
	bundle "r['path'] = '$T/elsewhere'; r['readonly'] = False
c['mounts'] = [{'destination': '/not/there', 'source': '$T', 'type': 'none',
	'options': ['bind']}]
p['args'] = ['ls', '/not/there/b']"
	chmod u+w elsewhere
	absent elsewhere/not
}

@test "root: a path that leads out of the bundle" {
	mkdir out
	refused ".*root.path '\.\./out' leads out of the bundle, to '.*/out'; .*" \
		'r["path"] = "../out"'
	refused ".*root.path '\.\./b/\.\.' leads out.*" 'r["path"] = "../b/.."'
	ln -s / b/host
	refused ".*root.path 'host' leads out of the bundle, to '/'; .*" \
		'r["path"] = "host"'
	mkdir b/d
	ln -s ../../out b/d/l
	refused ".*root.path 'd/l' leads out.*" 'r["path"] = "d/l"'
	ln -s rootfs b/inside
	bundle 'r["path"] = "inside"'
	refused ".*can't find root.path '.*/b/none': No such file.*" \
		'r["path"] = "none"'
	echo x >b/file
	refused ".*'.*/b/file'.*Not a directory" 'r["path"] = "file"'
}

# --- mounts

@test "mounts: binds in order, read-only, relative, odd names" {
	mkdir -p src/sub 'b/own' 'a:b,c\d e'
	echo one >src/f
	echo two >b/own/f
	echo odd >'a:b,c\d e/f'
	bundle "c['mounts'] = [
	{'destination': '/data', 'source': '$T/src', 'options': ['rbind', 'ro']},
	{'destination': '/data/sub', 'source': 'own', 'type': 'bind'},
	{'destination': '/etc/one', 'source': '$T/src/f', 'type': 'none',
		'options': ['bind', 'nosuid', 'nodev', 'rprivate']},
	{'destination': '/odd: name', 'source': r'$T/a:b,c\\d e',
		'options': ['bind']}]
p['args'] = ['sh', '-c', 'cat /data/f /data/sub/f /etc/one \"/odd: name/f\"; touch /data/new; touch /data/sub/new']" || :
	same "$out" $'one\ntwo\none\nodd'
	says '/data/new: Read-only'
	[ -e b/own/new ]
	absent src/new b/rootfs/data b/rootfs/etc/one
}

@test "mounts: proc, sysfs, dev and what is in it are the host's" {
	bundle "c['mounts'] = [
	{'destination': '/proc', 'type': 'proc', 'source': 'proc'},
	{'destination': '/dev', 'type': 'tmpfs', 'options': ['mode=755']},
	{'destination': '/dev/pts', 'type': 'devpts'},
	{'destination': '/dev/shm', 'type': 'tmpfs', 'source': 'shm'},
	{'destination': '/dev/mqueue', 'type': 'mqueue'},
	{'destination': '/sys', 'type': 'sysfs'},
	{'destination': '/sys/fs/cgroup', 'type': 'cgroup2'},
	{'destination': '/p', 'type': 'proc'}]
p['args'] = ['sh', '-c', 'test -c /dev/null && test -e /p/self && ls /sys >/dev/null && stat -c %d:%i /dev/shm']"
	same "$out" "$(stat -c %d:%i /dev/shm)"
	refused ".*mounts\[0\]: can't mount a file system of type 'nfs' on '/n'; .*" \
		"c['mounts'] = [{'destination': '/n', 'type': 'nfs', 'source': 'x:/'}]"
}

@test "mounts: a new tmpfs" {
	bundle "c['mounts'] = [
	{'destination': '/run/a,\"b', 'type': 'tmpfs', 'options': ['nosuid', 'size=64k']}]
p['args'] = ['sh', '-c', 'cd /run && ls && cd *b && stat -f -c %b . && echo x >new && cat new']"
	same "$out" $'a,"b\n16\nx'
	absent b/rootfs/run/a,\"b
	refused ".*mounts\[0\]: size: expected a size \(.*\), found 'big'" \
		"c['mounts'] = [{'destination': '/x', 'type': 'tmpfs', 'options': ['size=big']}]"
}

@test "a writable root can be written to in other ways" {
	config 'r["readonly"] = False'
	quiet ch-run --write-fake --oci-bundle b touch /new
	absent b/rootfs/new
	quiet ch-run --overlay=./over --oci-bundle b touch /new
	absent b/rootfs/new
	[ -e over/upper/new ]
	quiet ch-run --oci-bundle b touch /new
	[ -e b/rootfs/new ]
}

@test "mounts: a source that is missing, or none" {
	refused ".*bind '/no/such' on '/x' \(from --oci-bundle\): No such file.*" \
		"c['mounts'] = [{'destination': '/x', 'source': '/no/such', 'options': ['bind']}]"
	refused ".*mounts\[0\]: a bind mount without a source" \
		"c['mounts'] = [{'destination': '/x', 'options': ['bind']}]"
}

@test "mounts: a destination that climbs, or that is a link, stays inside" {
	mkdir src
	ln -s "$TEST_CANARY" b/rootfs/link
	bundle "c['mounts'] = [
	{'destination': '/../../up', 'source': '$T/src', 'options': ['bind']},
	{'destination': '/link/in', 'source': '$T/src', 'options': ['bind']}]
p['args'] = ['ls', '-d', '/up', '$TEST_CANARY/in']"
	absent up ../up "$TEST_CANARY/in"
}

@test "home, working directory and /tmp of the host are not there" {
	echo mine >"$HOME/f"
	bundle "p['args'] = ['ls', '$HOME/f', '$T/b', '/tmp']" || :
	[ "$status" != 0 ]
	says "$HOME/f: No such file"
	says "$T/b: No such file"
	bundle "p['args'] = ['cat', '$HOME/f']" --bind="$HOME"
	same "$out" mine
}

# --- the rest

@test "what is not done is said" {
	config 'c["hostname"] = "h"
c["linux"] = {"namespaces": [{"type": "pid"}, {"type": "mount"}],
	"maskedPaths": ["/proc/kcore"]}'
	quiet ch-run --oci-bundle b
	works ch-run -v --oci-bundle b
	says "skip hostname \(from config.json\): not done"
	says "skip linux.namespaces \(pid\) \(from config.json\): not done"
	says "skip linux.maskedPaths .*"
	works ch-run --dry-run --oci-bundle b
	says "^skip hostname"
	config 'c["hooks"] = {"prestart": [{"path": "/bin/touch",
	"args": ["touch", "'"$T"'/hooked"]}]}'
	works ch-run --oci-bundle b
	same "$err" "ch-run: warning: the hooks of bundle '$T/b' are not run"
	absent hooked
}

@test "--dry-run shows where things come from" {
	config 'p["rlimits"] = [{"type": "RLIMIT_CORE", "soft": 0, "hard": 5}]
p["user"] = {"umask": 0}
c["mounts"] = [{"destination": "/m", "source": "/usr", "options": ["bind"]}]'
	works ch-run --dry-run --oci-bundle b
	says "^bind '/usr' on '/m' \(from --oci-bundle\)"
	says "^env TERM=xterm \(--oci-bundle\)"
	says "^limit RLIMIT_CORE=0:5 \(from config.json\)"
	says "^umask 0000 \(from config.json\)"
	says "^cd / \(from config.json\)"
	says "^run true"
}

@test "a bundle that is none" {
	fails 125 ".*bundle 'none': No such file.*" ch-run --oci-bundle none
	fails 125 ".*bundle 'b': .*config.json.*: No such file.*" \
		ch-run --oci-bundle b
	mkfifo b/config.json
	fails 125 ".*bundle 'b': .*config.json.*regular.*" ch-run --oci-bundle b
	rm b/config.json
	ln -s /etc/passwd b/config.json
	fails 125 ".*bundle 'b': .*config.json.*" ch-run --oci-bundle b
	rm b/config.json
	echo '{' >b/config.json
	fails 125 ".*bundle 'b': config.json: line .*" ch-run --oci-bundle b
	truncate -s 9M b/config.json
	fails 125 ".*bundle 'b': .*config.json.*8388608.*" ch-run --oci-bundle b
	refused ".*ociVersion: expected '1.x', found '3.0'" \
		'c["ociVersion"] = "3.0"'
}

@test "bundles as others make them" {
	needs umoci runc crun
	umoci unpack --rootless --image "$TEST_IMAGES/rich:1" u
	quiet ch-run --oci-bundle u
	same "$out" "entry default"
	quiet ch-run --oci-bundle u -- sh -c 'echo $RICH; pwd; echo $HOME'
	same "$out" $'from image\n/etc\n/root'
	for spec in runc crun; do
		(cd b && rm -f config.json && $spec spec --rootless)
		echo 'echo $((6 * 7)); exit 3' >in
		status=0
		ch-run --oci-bundle b <in >out 2>err || status=$?
		same "$status" 3
		same "$(cat out err)" 42
		(cd b && rm -f config.json && $spec spec)
		same "$(ch-run --oci-bundle b <in || :)" 42
	done
}
