/* t_closer.c - tests of layer/closer.c: what files are in the end, and whose
 * error is reported.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/closer.h"

#include "base/mem.h"
#include "layertest.h"

#include <fcntl.h>

#define N_FILES 500 /* several times round the ring */

static struct closer_file make(int dir, const char *name, int flags)
{
	return (struct closer_file){
		.fd = openat(dir, name, flags | O_CREAT | O_CLOEXEC, 0600),
		.made = 0600,
		.mode = 0600,
		.mtime = { .tv_sec = 1000000000, .tv_nsec = 5 },
		.name = name,
	};
}

static bool is_made(int dir, int i)
{
	autostr char *name = str_fmt("f%d", i);
	mode_t mode = i % 2 ? 0444 : 0600;
	struct stat st;

	return !fstatat(dir, name, &st, 0) && (st.st_mode & 07777) == mode &&
	       st.st_size == (i % 3 ? 5 : 0) &&
	       st.st_mtim.tv_sec == 1000000000 + i && st.st_mtim.tv_nsec == 5;
}

/* Name and data are the caller's to change as soon as they are handed over. */
static void test_good(int dir)
{
	struct err e = { 0 };
	AUTO(closer) struct closer *c = closer_new(&e);
	char data[] = "12345";
	int n_good = 0;

	for (int i = 0; i < N_FILES; i++) {
		autostr char *name = str_fmt("f%d", i);
		struct closer_file f = make(dir, name, O_WRONLY);

		f.mode = i % 2 ? 0444 : 0600;
		f.mtime.tv_sec += i;
		f.data = data;
		f.n = i % 3 ? 5 : 0;
		data[0] = '1';
		closer_add(c, &f);
		data[0] = 'x';
		n_good += f.fd == -1;
	}
	is_num(n_good, N_FILES, "the closer owns the files");
	ok(!closer_wait(c, &e) && !closer_failed(c), "no error: %s", e.msg);
	n_good = 0;
	for (int i = 0; i < N_FILES; i++)
		n_good += is_made(dir, i);
	is_num(n_good, N_FILES, "files are as they should be");
	autofd int fd = openat(dir, "f1", O_RDONLY | O_CLOEXEC);
	char got[6] = { 0 };

	is_num(read(fd, got, sizeof(got) - 1), 5, "content was written");
	is(got, "12345", "content was copied");
	ok(!closer_wait(c, &e), "nothing more to wait for");
}

/* Data of the largest size, so that a few of them fill a batch. */
static void test_large(int dir)
{
	struct err e = { 0 };
	AUTO(closer) struct closer *c = closer_new(&e);
	autostr char *data = xcalloc(1, CLOSER_DATA_MAX);
	off_t sum = 0;

	for (int i = 0; i < 40; i++) {
		autostr char *name = str_fmt("large%d", i);
		struct closer_file f = make(dir, name, O_WRONLY);

		f.data = data;
		f.n = CLOSER_DATA_MAX;
		closer_add(c, &f);
	}
	ok(!closer_wait(c, &e), "large data: %s", e.msg);
	for (int i = 0; i < 40; i++) {
		autostr char *name = str_fmt("large%d", i);
		struct stat st = { 0 };

		fstatat(dir, name, &st, 0);
		sum += st.st_size;
	}
	is_num(sum, 40 * CLOSER_DATA_MAX, "all of it");
}

/* A descriptor that was opened for reading can't be written to. */
static void test_bad(int dir)
{
	struct err e = { 0 };
	AUTO(closer) struct closer *c = closer_new(&e);
	int last = -1;

	for (int i = 0; i < N_FILES; i++) {
		autostr char *name = str_fmt("bad/x%d", i);
		bool is_bad = i == 100 || i == 101 || i == 400;
		struct closer_file f =
			make(dir, name + 4, is_bad ? O_RDONLY : O_WRONLY);

		f.name = name;
		f.data = "1";
		f.n = 1;
		last = f.fd;
		closer_add(c, &f);
	}
	ok(closer_wait(c, &e) && closer_failed(c), "a file fails");
	is(e.msg, "'bad/x100': can't write 'x100': Bad file descriptor",
	   "the first error is told");
	is_num(e.code, EBADF, "its code");
	struct err again = { 0 };

	ok(closer_wait(c, &again) && !strcmp(e.msg, again.msg), "and again");
	ok(fcntl(last, F_GETFD) < 0, "the last one is closed all the same");
}

/* Freed without a wait: files are complete all the same. */
static void test_free(int dir)
{
	struct err e = { 0 };
	struct closer *c = closer_new(&e);
	struct closer_file f = make(dir, "free", O_WRONLY);
	struct stat st = { 0 };

	f.data = "abc";
	f.n = 3;
	closer_add(c, &f);
	closer_free(c);
	fstatat(dir, "free", &st, 0);
	is_num(st.st_size, 3, "content is there");
	c = closer_new(&e);
	closer_free(c);
}

int main(void)
{
	AUTO(place) struct place p = place_new();

	test_good(p.root);
	test_large(p.root);
	test_bad(p.root);
	test_free(p.root);
	return tap_done();
}
