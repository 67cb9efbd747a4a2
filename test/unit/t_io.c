/* t_io.c - tests of base/io.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/dir.h"
#include "base/intr.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"

#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void put(int dir, const char *name, const char *p, size_t n)
{
	struct err e = { 0 };
	autofd int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || io_write(fd, p, n, name, &e) || io_close(&fd, name, &e))
		abort();
}

// clang-format off
static const struct {
	const char *name;
	size_t limit;
	enum err_kind kind;
	int code;
	const char *want; /* content or message */
} files[] = {
	{ "ten",      10,  ERR_NONE,     0,       "0123456789" },
	{ "ten",      11,  ERR_NONE,     0,       "0123456789" },
	{ "ten",      9,   ERR_LIMIT,    0,
	  "'ten' is longer than the limit of 9 bytes" },
	{ "ten",      0,   ERR_LIMIT,    0,
	  "'ten' is longer than the limit of 0 bytes" },
	{ "empty",    0,   ERR_NONE,     0,       "" },
	{ "d/ten",    10,  ERR_NONE,     0,       "0123456789" },
	{ "missing",  10,  ERR_NOTFOUND, ENOENT,
	  "can't open 'missing': No such file or directory" },
	{ "ten/x",    10,  ERR_NOTFOUND, ENOTDIR,
	  "can't open 'ten/x': Not a directory" },
	{ "fifo",     10,  ERR_FORMAT,   0,  "'fifo' is not a regular file" },
	{ "d",        10,  ERR_FORMAT,   0,  "'d' is not a regular file" },
	{ "link",     10,  ERR_FORMAT,   ELOOP,
	  "'link' is not a regular file" },
};
// clang-format on

static void test_read_file(int dir)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		AUTO(str) struct str out = { 0 };
		struct err e = { 0 };

		str_add(&out, "+");
		int rc = io_read_file(dir, files[i].name, files[i].limit, &out,
				      &e);

		ok(rc == (files[i].kind ? -1 : 0), "%s", files[i].name);
		is_num(e.kind, files[i].kind, "kind");
		is_num(e.code, files[i].code, "code");
		is(rc ? e.msg : str_text(&out) + 1, files[i].want, "text");
	}
}

#define BIG ((size_t)700 << 10)

/* Ten times what a pipe holds: both sides see short reads and writes. */
static void test_pipe(int dir)
{
	autostr char *big = xmalloc(BIG);
	AUTO(str) struct str back = { 0 };
	struct err e = { 0 };
	uint64_t copied = 0;
	int ends[2];

	for (size_t i = 0; i < BIG; i++)
		big[i] = (char)(i * 7 + i / 251);
	put(dir, "big", big, BIG);
	autofd int fd = openat(dir, "big", O_RDONLY | O_CLOEXEC);

	if (pipe2(ends, O_CLOEXEC))
		abort();
	pid_t pid = fork();

	if (!pid) {
		close(ends[0]);
		_exit(io_copy(fd, "big", ends[1], "pipe", &copied, &e) ||
		      copied != BIG);
	}
	close(ends[1]);
	int status = -1;

	ok(!io_read_all(ends[0], BIG, "pipe", &back, &e), "read_all");
	waitpid(pid, &status, 0);
	is_num(status, 0, "copy into a pipe, counted");
	ok(back.len == BIG && !memcmp(back.p, big, BIG), "all bytes came");
	close(ends[0]);
}

static void test_errors(int dir)
{
	struct err e = { 0 };
	char buffer[16];
	autofd int fd = openat(dir, "ten", O_RDONLY | O_CLOEXEC);
	autofd int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int ends[2];

	is_num(io_read(fd, buffer, sizeof(buffer), "ten", &e), 10,
	       "short at the end of the file");
	is_num(io_write(fd, "x", 1, "ten", &e), -1, "write to a reader");
	is(e.msg, "can't write 'ten': Bad file descriptor", "its message");
	if (full >= 0) {
		is_num(io_write(full, "x", 1, "full", &e), -1, "disk full");
		is(e.msg, "can't write 'full': No space left on device",
		   "its message");
		is_num(e.code, ENOSPC, "its code");
	}
	is_num(io_sync(fd, "ten", &e), 0, "sync");
	if (pipe2(ends, O_CLOEXEC))
		abort();
	is_num(io_sync(ends[1], "pipe", &e), 0, "nothing to sync is no error");
	close(ends[0]);
	is_num(io_write(ends[1], "x", 1, "pipe", &e), -1, "nobody reads");
	is_num(e.code, EPIPE, "its code");
	is_num(io_close(&ends[1], "pipe", &e), 0, "close");
	is_num(ends[1], -1, "the descriptor is gone");
	int bad = 987654;

	is_num(io_close(&bad, "bad", &e), -1, "close what is not open");
	is(e.msg, "can't write 'bad': Bad file descriptor", "its message");
}

static void test_pwrite(int dir)
{
	AUTO(str) struct str out = { 0 };
	struct err e = { 0 };
	autofd int fd = openat(dir, "ten", O_RDWR | O_CLOEXEC);

	is_num(io_pwrite(fd, "ab", 2, 4, "ten", &e), 0, "pwrite");
	is_num(io_pwrite(fd, "c", 1, 10, "ten", &e), 0, "pwrite at the end");
	is_num(lseek(fd, 0, SEEK_CUR), 0, "the position stays");
	is_num(io_read_file(dir, "ten", 99, &out, &e), 0, "read again");
	is(str_text(&out), "0123ab6789c", "bytes are where they belong");
}

static void nothing(int sig)
{
	(void)sig;
}

/* Interrupted by SIGALRM a read goes on, by SIGTERM (caught) it ends. */
static void test_signals(void)
{
	struct sigaction act = { .sa_handler = nothing };
	struct err e = { 0 };
	char c;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		abort();
	sigaction(SIGALRM, &act, NULL);
	pid_t pid = fork();

	if (!pid) {
		usleep(50000);
		kill(getppid(), SIGALRM);
		usleep(50000);
		_exit(write(ends[1], "x", 1) != 1);
	}
	is_num(io_read(ends[0], &c, 1, "pipe", &e), 1, "a signal is survived");
	waitpid(pid, NULL, 0);
	pid = fork();
	if (!pid) {
		usleep(50000);
		kill(getppid(), SIGTERM);
		_exit(0);
	}
	is_num(io_read(ends[0], &c, 1, "pipe", &e), -1, "SIGTERM ends it");
	is_num(e.kind, ERR_INTR, "as an interruption");
	waitpid(pid, NULL, 0);
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const char *base = getenv("TMPDIR");
	autostr char *top = str_fmt("%s/t_io.XXXXXX", base ? base : "/tmp");
	struct err e = { 0 };

	intr_init();
	if (!mkdtemp(top))
		abort();
	autofd int dir = dir_open(top, &e);

	put(dir, "ten", "0123456789", 10);
	put(dir, "empty", "", 0);
	if (mkdirat(dir, "d", 0755) || mkfifoat(dir, "fifo", 0644) ||
	    symlinkat("ten", dir, "link"))
		abort();
	put(dir, "d/ten", "0123456789", 10);
	test_read_file(dir);
	test_pipe(dir);
	test_errors(dir);
	test_pwrite(dir);
	test_signals();
	autofd int above = dir_open(base ? base : "/tmp", &e);

	ok(!dir_remove(above, strrchr(top, '/') + 1, &e), "nothing left");
	return tap_done();
}
