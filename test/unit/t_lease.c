/* t_lease.c - leases: held, waited for, taken over, swept; and parts, which
 * rest on them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/path.h"
#include "base/str.h"
#include "image/holder.h"
#include "image/lease.h"
#include "image/partial.h"

#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static bool exists(int dir, const char *name)
{
	struct stat st;

	return !fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW);
}

/* How many names there are in DIR. */
static size_t count(int dir)
{
	AUTO(strlist) struct strlist l = { 0 };
	struct err e = { 0 };

	return dir_list(dir, &l, &e) ? 999 : l.n;
}

static void put_record(int dir, const char *file, const struct holder *h)
{
	char record[HOLDER_RECORD_BYTES];
	struct err e = { 0 };
	autofd int fd = openat(dir, file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	holder_write(h, record);
	if (io_write(fd, record, sizeof(record), file, &e))
		ok(false, "%s", e.msg);
}

static void test_holder(void)
{
	struct holder self, h;
	char record[HOLDER_RECORD_BYTES], text[256];

	holder_self(&self);
	self.beat = UINT64_MAX;
	self.done = 5;
	holder_write(&self, record);
	holder_read(record, sizeof(record), &h);
	ok(!memcmp(&h, &self, sizeof(h)), "a record is read as written");
	is_num(holder_state(&h, &self), HOLDER_LIVES, "we live");
	h.start++;
	is_num(holder_state(&h, &self), HOLDER_GONE,
	       "another process had our number");
	h.start--;
	strcpy(h.boot, "x");
	is_num(holder_state(&h, &self), HOLDER_UNKNOWN, "another boot");
	strcpy(h.host, "node17");
	h.pid = 4711;
	strcpy(h.tool, "ch-pull");
	holder_text(&h, &self, text, sizeof(text));
	is(text, "ch-pull 4711 on node17", "its name");
	holder_read("id ../../etc/passwd\npid 1\n", 25, &h);
	ok(!*h.id && !h.pid, "an id is no path");
	holder_read("id 0123456789abcdef\nhost a\x1b[2Jb\npid -1\n", 38, &h);
	is(h.host, "a\\x1b[2Jb", "no escapes for the terminal");
	ok(h.pid >= 0, "and no process groups");
}

static void test_two(int dir)
{
	struct lease_view view = { 0 };
	struct lease *a = NULL, *b = NULL;
	int n_busy = 0;
	autostr char *who = str_fmt("t_lease %d", (int)getpid());
	struct err e = { 0 };

	is_num(lease_try(dir, "x", &view, &a, &e), LEASE_OURS, "taken");
	ok(exists(dir, "lease.x") && lease_holds(a), "its file is there");
	is_num(lease_try(dir, "x", &view, &b, &e), LEASE_BUSY, "not twice");
	ok(strstr(view.who, who) != NULL, "by whom: %s", view.who);
	/* A beat is written once a second, no more often. */
	for (int i = 0; i < 100 && view.done != 5; i++) {
		lease_beat(a, 5, 9);
		usleep(50000);
		n_busy += lease_try(dir, "x", &view, &b, &e) == LEASE_BUSY;
	}
	ok(n_busy > 1 && view.done == 5 && view.total == 9, "how far it is");
	is_num(lease_is_live(dir, "lease.x", 0), true, "it lives");
	lease_sweep(dir, "lease.x");
	ok(exists(dir, "lease.x"), "and is not swept");
	lease_free(a);
	ok(!exists(dir, "lease.x"), "given back");
	is_num(lease_try(dir, "x", &view, &b, &e), LEASE_OURS, "free again");
	ok(!view.is_proved && !*view.id, "and nobody was before");
	unlinkat(dir, "lease.x", 0);
	ok(!lease_holds(b), "lost");
	lease_free(b);
	is_num(count(dir), 0, "nothing is left");
}

/* A child that takes the lease NAME, says so and waits to be killed. */
static pid_t hold(int dir, const char *name)
{
	struct lease_view view = { 0 };
	struct lease *l = NULL;
	struct err e = { 0 };
	char c = 'x';
	int to[2];
	pid_t pid;

	if (pipe(to))
		return -1;
	pid = fork();
	if (!pid) {
		if (lease_try(dir, name, &view, &l, &e) != LEASE_OURS)
			c = 'e';
		if (write(to[1], &c, 1) == 1)
			pause();
		_exit(0);
	}
	close(to[1]);
	if (read(to[0], &c, 1) != 1 || c != 'x')
		ok(false, "the child has no lease");
	close(to[0]);
	return pid;
}

static void test_dead(int dir)
{
	struct lease_view view = { 0 };
	struct lease *l = NULL;
	struct err e = { 0 };
	pid_t pid = hold(dir, "x");

	is_num(lease_try(dir, "x", &view, &l, &e), LEASE_BUSY, "a child's");
	kill(pid, SIGSTOP);
	is_num(lease_try(dir, "x", &view, &l, &e), LEASE_BUSY,
	       "also when it is stopped");
	kill(pid, SIGKILL);
	/* Not reaped yet: a zombie is dead, too. */
	waitid(P_PID, (id_t)pid, &(siginfo_t){ 0 }, WEXITED | WNOWAIT);
	is_num(lease_is_live(dir, "lease.x", 0), false, "dead: a zombie");
	waitpid(pid, NULL, 0);
	is_num(lease_try(dir, "x", &view, &l, &e), LEASE_OURS, "taken over");
	ok(view.is_proved, "from one that is dead for certain");
	lease_free(l);
	pid = hold(dir, "y");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	lease_sweep(dir, "lease.y");
	is_num(count(dir), 0, "a dead one's lease is swept");
}

/* Another host: dead when its beat stands still, by our own clock, which the
 * view lets us turn. */
static void test_elsewhere(int dir)
{
	struct holder h = { .id = "0123456789abcdef",
			    .host = "node17",
			    .boot = "b",
			    .pid_ns = "p",
			    .tool = "ch-pull",
			    .pid = 1,
			    .start = 1,
			    .done = 7,
			    .total = 9 };
	struct lease_view view = { 0 };
	struct lease *l = NULL;
	struct err e = { 0 };

	put_record(dir, "lease.x", &h);
	is_num(lease_try(dir, "x", &view, &l, &e), LEASE_BUSY, "elsewhere");
	is(view.who, "ch-pull 1 on node17", "who");
	is_num((long)view.done, 7, "how far");
	view.since_ms -= LEASE_STALE_S * 1000 - 30000;
	is_num(lease_try(dir, "x", &view, &l, &e), LEASE_BUSY, "not yet stale");
	h.beat++;
	put_record(dir, "lease.x", &h);
	view.since_ms -= 2 * LEASE_STALE_S * 1000;
	is_num(lease_try(dir, "x", &view, &l, &e), LEASE_BUSY, "a beat");
	is_num(lease_is_live(dir, "lease.x", 0), true, "undecided is living");
	lease_sweep(dir, "lease.x");
	ok(exists(dir, "lease.x"), "and not swept");
	view.since_ms -= 2 * LEASE_STALE_S * 1000;
	is_num(lease_try(dir, "x", &view, &l, &e), LEASE_OURS, "stale");
	ok(!view.is_proved && view.done == 7, "believed dead, no more");
	lease_free(l);
	is_num(count(dir), 0, "nothing is left");
}

static void test_rubbish(int dir)
{
	struct lease_view view = { 0 };
	struct lease *l = NULL;
	struct err e = { 0 };

	close(openat(dir, "lease.x", O_CREAT | O_WRONLY, 0600));
	is_num(lease_try(dir, "x", &view, &l, &e), LEASE_BUSY, "an empty file");
	is(view.who, "another process", "whose is not known");
	view.since_ms -= 2 * LEASE_STALE_S * 1000;
	is_num(lease_try(dir, "x", &view, &l, &e), LEASE_OURS, "in the end");
	ok(!view.is_proved, "not proved");
	lease_free(l);
	if (symlinkat("/etc/passwd", dir, "lease.x"))
		ok(false, "symlink");
	view = (struct lease_view){ 0 };
	is_num(lease_try(dir, "x", &view, &l, &e), LEASE_BUSY, "a link");
	unlinkat(dir, "lease.x", 0);
}

static struct digest digest;

static int begin(int dir, struct lease **l, struct tmp *t, uint64_t *have)
{
	struct lease_view view = { 0 };
	struct err e = { 0 };

	if (lease_try(dir, "sha256.x", &view, l, &e) != LEASE_OURS ||
	    partial_open(dir, &digest, 100, *l, &view, t, have, &e)) {
		ok(false, "begin: %s", e.msg);
		return -1;
	}
	return 0;
}

static void is_text(int fd, const char *want, const char *what)
{
	char text[200] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		ok(false, "can't read");
	is(text, want, what);
}

static void test_park(int dir)
{
	autostr char *name = str_fmt("part.sha256.%s", digest_hex(&digest));
	struct lease *l = NULL;
	struct tmp t = TMP_INIT;
	struct err e = { 0 };
	struct stat a, b;
	uint64_t have;

	if (begin(dir, &l, &t, &have))
		return;
	is_num((long)have, 0, "nothing is there");
	if (io_write(t.fd, "0123456789", 10, "t", &e) || fstat(t.fd, &a))
		ok(false, "write");
	partial_park(&t, &digest, 7);
	lease_free(l);
	ok(exists(dir, name) && count(dir) == 1, "given up: %s", name);
	if (begin(dir, &l, &t, &have))
		return;
	is_num((long)have, 7, "gone on with");
	is_text(t.fd, "0123456", "its content");
	ok(!fstat(t.fd, &b) && a.st_ino == b.st_ino, "in the same file");
	is_num((long)count(dir), 2, "lease and part");
	partial_park(&t, &digest, 0);
	lease_free(l);
	is_num((long)count(dir), 0, "nothing good is not kept");
}

/* The holder was killed: its file is taken, since it is dead for certain. */
static void test_killed(int dir)
{
	struct lease *l = NULL;
	struct tmp t = TMP_INIT;
	uint64_t have;
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		struct err e = { 0 };

		if (!begin(dir, &l, &t, &have) &&
		    !io_write(t.fd, "0123456789", 10, "t", &e))
			_exit(ftruncate(t.fd, 4096) ? 1 : 7);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	is_num(WEXITSTATUS(status), 7, "a child has gone without a word");
	if (begin(dir, &l, &t, &have))
		return;
	ok(have >= 10, "what it left");
	is_num((long)count(dir), 2, "no copy was left");
	partial_park(&t, &digest, 10);
	lease_free(l);
}

/* A holder that only seemed dead still writes: not to our file. */
static void test_woken(int dir)
{
	struct lease *old = NULL, *l = NULL;
	struct tmp t = TMP_INIT, mine = TMP_INIT;
	struct err e = { 0 };
	uint64_t have;

	if (begin(dir, &old, &t, &have))
		return;
	is_text(t.fd, "0123456789", "it has ten bytes");
	unlinkat(dir, "lease.sha256.x", 0);
	if (begin(dir, &l, &mine, &have))
		return;
	is_num((long)have, 10, "we go on from these");
	if (io_pwrite(t.fd, "XXXX", 4, 0, "t", &e))
		ok(false, "write");
	is_text(mine.fd, "0123456789", "but in a file of our own");
	partial_park(&t, &digest, 4);
	is_num((long)count(dir), 2, "what it gives up is gone");
	partial_drop(dir, &digest);
	tmp_clear(&mine);
	lease_free(old);
	ok(exists(dir, "lease.sha256.x"), "nor does it give our lease back");
	lease_free(l);
	is_num((long)count(dir), 0, "nothing is left");
}

static void test_names(void)
{
	AUTO(strlist) struct strlist l = { 0 };
	autostr char *a = partial_lease("part.sha256.abc.0123456789abcdef");
	autostr char *b = partial_lease("part.sha256.abc");
	autostr char *c = partial_lease(".ch-tmp.0123456789abcdef");

	is(a, "lease.sha256.abc", "the lease of a part that is written");
	is(b, "lease.sha256.abc", "of one given up");
	ok(!c, "of something else");
	strlist_add(&l, "part.sha256.abcd");
	ok(!partial_has(&l, "sha256.abc"), "no part of a longer name");
	strlist_add(&l, "part.sha256.abc.0123456789abcdef");
	ok(partial_has(&l, "sha256.abc"), "a part");
}

int main(void)
{
	const char *top = getenv("TMPDIR");
	autofd int above = open(top ? top : "/tmp", O_RDONLY | O_DIRECTORY);
	autostr char *path = str_fmt("%s/t_lease.XXXXXX", top ? top : "/tmp");
	struct err e = { 0 };
	char hex[HASH_HEX_MAX];

	if (above < 0 || !mkdtemp(path))
		return 99;
	autofd int dir = open(path, O_RDONLY | O_DIRECTORY);

	hash_buffer(HASH_SHA256, "x", 1, hex);
	digest_set(&digest, HASH_SHA256, hex);
	test_holder();
	test_two(dir);
	test_dead(dir);
	test_elsewhere(dir);
	test_rubbish(dir);
	test_park(dir);
	test_killed(dir);
	test_woken(dir);
	test_names();
	if (dir_remove(above, path_base(path), &e))
		ok(false, "clean-up: %s", e.msg);
	return tap_done();
}
