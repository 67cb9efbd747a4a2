/* t_progress.c - image/progress: what a terminal, a log and a program get to
 * read; the last line. More of how a terminal looks: t_progline.c and t_log.c.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strlist.h"
#include "format/json.h"
#include "image/progress.h"
#include "pty.h"
#include "tap.h"

#include <sys/mman.h>

#define MIB (1ULL << 20)
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define LAYER                                                                    \
	"\"event\":\"layer\",\"name\":\"layer 1 of 2\",\"digest\":\"sha256:" HEX \
	"\",\"size\":67108864,\"received\":"

struct caught {
	int fd, saved, file;
};

static struct caught catch_fd(int fd)
{
	struct caught c = { .fd = fd };

	fflush(stdout);
	c.file = memfd_create("caught", MFD_CLOEXEC);
	c.saved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (c.file < 0 || c.saved < 0 || dup2(c.file, fd) != fd)
		abort();
	return c;
}

/* What was written meanwhile. */
static char *release(const struct caught *c)
{
	struct str text = { 0 };
	struct err e = { 0 };

	fflush(stdout);
	if (dup2(c->saved, c->fd) != c->fd || lseek(c->file, 0, SEEK_SET) ||
	    io_read_all(c->file, MIB, "caught", &text, &e))
		abort();
	close(c->saved);
	close(c->file);
	return str_take(&text);
}

static struct digest a_digest(void)
{
	struct digest d;

	digest_set(&d, HASH_SHA256, HEX);
	return d;
}

/* Two layers fetched, one in parts by somebody else; one of the store. */
static void pull_some(struct progress *p, const char *who)
{
	struct digest d = a_digest();
	size_t a = progress_add(p, "layer 1 of 2", &d, 64 * MIB);
	size_t b = progress_add(p, "layer 2 of 2", &d, 1000);

	progress_have(p, b);
	progress_wait(p, a, who, 1 * MIB);
	progress_wait(p, a, who, 2 * MIB);
	progress_at(p, a, 3 * MIB, 2 * MIB);
	progress_at(p, a, 99 * MIB, 2 * MIB);
	progress_done(p, a);
	progress_done(p, a);
}

static void test_log(enum log_level level, const char *want, const char *what)
{
	struct caught c = catch_fd(STDERR_FILENO);
	autostr char *got = NULL;
	struct progress *p;

	log_init("ch-test", level);
	p = progress_new("alpine:3.16", PROGRESS_AUTO);
	pull_some(p, "ch-pull 4711 on node17");
	progress_free(p);
	got = release(&c);
	is(got, want, what);
}

static void test_waiting_notes(void)
{
	struct caught c = catch_fd(STDERR_FILENO);
	struct digest d = a_digest();
	autostr char *got = NULL;
	struct progress *p;

	log_init("ch-test", LOG_WARN);
	p = progress_new("x", PROGRESS_AUTO);
	progress_add(p, "a", &d, 10);
	progress_add(p, "b", &d, 10);
	for (size_t i = 0; i < 4; i++)
		progress_wait(p, i % 2, "ch-pull 1", i);
	progress_wait(p, 1, "ch-pull 2", 5);
	progress_say(p, "looking");
	progress_tick(p);
	progress_have(p, 0);
	progress_free(p);
	got = release(&c);
	is(got,
	   "ch-test: x: a: waiting for ch-pull 1\n"
	   "ch-test: x: b: waiting for ch-pull 2\n",
	   "one note for all that wait for the same");
}

/* Each line is an object; "seconds" is the clock's and therefore left out. */
static void check_objects(const char *text, const char *const *want, size_t n)
{
	AUTO(strlist) struct strlist lines = { 0 };

	strlist_split(&lines, text, '\n', false);
	is_num((long long)lines.n, (long long)n, "one line for each event");
	for (size_t i = 0; i < n && i < lines.n; i++) {
		struct err e = { 0 };
		AUTO(json)
		json_t *o =
			json_parse("line", lines.v[i], strlen(lines.v[i]), &e);
		autostr char *got = NULL;

		ok(o && strcspn(lines.v[i], "\033\t\r") == strlen(lines.v[i]),
		   "a line of harmless JSON");
		json_object_del(o, "seconds");
		got = json_dumps(o, JSON_COMPACT);
		is(got, want[i], "which says");
	}
}

static void test_json(void)
{
	static const char *const want[] = {
		"{\"event\":\"start\",\"image\":\"a\\\"\\\\xff\\\\x1b[2J\"}",
		"{\"event\":\"layer\",\"name\":\"layer 2 of 2\","
		"\"digest\":\"sha256:" HEX "\",\"size\":1000,"
		"\"received\":1000,\"state\":\"have\"}",
		"{" LAYER "1048576,\"state\":\"waiting\","
		"\"who\":\"evil\\\"\\\\x0a\\\\xc3\"}",
		"{" LAYER "3145728,\"state\":\"fetching\"}",
		"{" LAYER "67108864,\"state\":\"done\"}",
		"{\"event\":\"done\",\"image\":\"a\\\"\\\\xff\\\\x1b[2J\","
		"\"name\":\"docker.io/library/a\",\"platform\":null,"
		"\"digest\":\"sha256:" HEX "\",\"size\":67109864,\"layers\":2,"
		"\"from_store\":1000,\"fetched\":67108864,"
		"\"dest\":\"./b\\\\xff\",\"unchanged\":false}",
	};
	struct caught c = catch_fd(STDOUT_FILENO);
	struct digest d = a_digest();
	autostr char *got = NULL;
	struct progress *p;

	log_init("ch-test", LOG_QUIET);
	p = progress_new("a\"\xff\x1b[2J", PROGRESS_JSON);
	pull_some(p, "evil\"\n\xc3");
	progress_end(p, &(struct progress_result){
				.name = "docker.io/library/a",
				.digest = &d,
				.dest = "./b\xff",
				.bytes = 64 * MIB + 1000,
				.from_store = 1000,
				.fetched = 64 * MIB,
				.layers = 2,
			});
	progress_free(p);
	got = release(&c);
	check_objects(got, want, ARRAY_SIZE(want));
}

/* A pull that a conversion follows: one end, with what both did. */
static void test_part(void)
{
	static const char *const want[] = {
		"{\"event\":\"start\",\"image\":\"x\"}",
		"{" LAYER "10,\"state\":\"fetching\"}",
		"{\"event\":\"layer\",\"name\":\"reading\","
		"\"digest\":\"sha256:" HEX "\",\"size\":20,"
		"\"received\":20,\"state\":\"done\"}",
		"{\"event\":\"done\",\"image\":\"x\",\"name\":\"y\","
		"\"platform\":null,\"digest\":\"sha256:" HEX "\","
		"\"size\":20,\"layers\":2,\"from_store\":7,"
		"\"fetched\":13,\"dest\":\"./y\",\"unchanged\":true}",
	};
	struct caught c = catch_fd(STDOUT_FILENO);
	struct digest d = a_digest();
	struct progress *p = progress_new("x", PROGRESS_JSON);
	autostr char *got = NULL;
	struct progress_result r = {
		.name = "y",
		.digest = &d,
		.bytes = 20,
		.from_store = 7,
		.fetched = 13,
		.layers = 2,
		.unchanged = true,
	};

	progress_at(p, progress_add(p, "layer 1 of 2", &d, 64 * MIB), 10, 0);
	progress_part(p, &r);
	progress_done(p, progress_add(p, "reading", &d, 20));
	progress_end(p, &(struct progress_result){
				.name = "y",
				.digest = &d,
				.dest = "./y",
				.bytes = 20,
				.layers = 2,
			});
	progress_free(p);
	got = release(&c);
	check_objects(got, want, ARRAY_SIZE(want));
	r.dest = "./y.sqfs";
	r.is_made = true;
	free(got);
	got = progress_end_text("x", &r, 100);
	is(got, "x: sha256:0123456789ab, unchanged, 0.10 s, written to ./y.sqfs",
	   "a file is written, not unpacked");
}

/* What changed is told now and then: here until it is. */
static void test_json_tick(void)
{
	static const char *const want[] = {
		"{\"event\":\"start\",\"image\":\"x\"}",
		"{" LAYER "10,\"state\":\"fetching\"}",
		"{" LAYER "20,\"state\":\"fetching\"}",
		("{\"event\":\"total\",\"received\":20,\"size\":67108864,"
		 "\"rate\":null,\"left\":null,\"doing\":\"unpacking\"}"),
	};
	struct caught c = catch_fd(STDOUT_FILENO);
	struct digest d = a_digest();
	struct progress *p = progress_new("x", PROGRESS_JSON);
	autostr char *got = NULL;
	off_t before;
	size_t row;

	row = progress_add(p, "layer 1 of 2", &d, 64 * MIB);
	progress_at(p, row, 10, 0);
	progress_at(p, row, 20, 0);
	progress_say(p, "unpacking");
	before = lseek(c.file, 0, SEEK_CUR);
	for (int i = 0; i < 3000; i++) {
		progress_tick(p);
		if (lseek(c.file, 0, SEEK_CUR) != before)
			break;
		usleep(10000);
	}
	progress_free(p);
	got = release(&c);
	check_objects(got, want, ARRAY_SIZE(want));
}

/* One drawing, the first that is due: too early to know a rate. */
static void test_draw(void)
{
	struct pty t = { 0 };
	struct digest d = a_digest();
	autostr char *drawn = NULL, *wiped = NULL;
	struct progress *p;

	if (!pty_open(&t)) {
		tap_skip("on a terminal", "no pseudo-terminals here");
		return;
	}
	setenv("TERM", "xterm", 1);
	pty_resize(&t, 80, 24);
	log_init("ch-test", LOG_WARN);
	p = progress_new("x", PROGRESS_AUTO);
	progress_add(p, "layer 1 of 4", &d, 64 * MIB);
	progress_add(p, "layer 2 of 4", &d, 64 * MIB);
	progress_add(p, "layer 3 of 4", &d, 64 * MIB);
	progress_add(p, "layer 4 of 4", &d, 64 * MIB);
	progress_at(p, 0, 16 * MIB, 0);
	progress_at(p, 1, 0, 0); /* no bytes yet: no line */
	progress_have(p, 2);
	progress_at(p, 3, 1, 0);
	progress_done(p, 3);
	progress_say(p, "unpacking");
	for (int i = 0; i < 3000 && !(drawn && *drawn); i++) {
		progress_tick(p);
		free(drawn);
		drawn = pty_read(&t);
		usleep(10000);
	}
	progress_free(p);
	wiped = pty_read(&t);
	pty_close(&t);
	is(drawn,
	   "layer 1 of 4  0123456789ab   16 MiB of  64 MiB\033[K\n"
	   "total                        80 MiB of 192 MiB"
	   "             unpacking\033[K\n",
	   "on a terminal what is in flight, and no notes");
	is(wiped, "\r\033[2A\033[J", "which is wiped in the end");
}

// clang-format off
static const struct {
	struct progress_result r;
	int64_t ms;
	const char *want;
} ends[] = {
	{ { .platform = "linux/amd64", .dest = "./img", .bytes = 155 * MIB,
	    .from_store = 40 * MIB, .fetched = 115 * MIB, .layers = 5 }, 2900,
	  "i: sha256:0123456789ab, linux/amd64, 5 layers, 155 MiB in 2.9 s, 40 MiB from the store, unpacked to ./img" },
	{ { .platform = "linux/arm/v7", .bytes = 1000, .fetched = 1000, .layers = 1 }, 40,
	  "i: sha256:0123456789ab, linux/arm/v7, 1 layer, 1.0 KiB in 0.04 s" },
	{ { .platform = "linux/amd64", .bytes = 1000, .from_store = 1000, .layers = 2 }, 61000,
	  "i: sha256:0123456789ab, linux/amd64, 2 layers, 1.0 KiB in 1 min, nothing to fetch" },
	{ { .platform = "linux/amd64", .bytes = 1000, .from_store = 1000, .layers = 2, .unchanged = true }, 20,
	  "i: sha256:0123456789ab, linux/amd64, unchanged, 0.02 s" },
	{ { .bytes = 1000, .from_store = 1000, .layers = 2, .unchanged = true, .dest = "d" }, 1500,
	  "i: sha256:0123456789ab, unchanged, 1.5 s, unpacked to d" },
	{ { .bytes = 1000, .fetched = 1000, .layers = 1, .is_sif = true, .dest = "x.sif" }, 40,
	  "i: sha256:0123456789ab, a SIF file, 1.0 KiB in 0.04 s, written to x.sif" },
	{ { .bytes = 1000, .from_store = 1000, .layers = 1, .is_sif = true, .unchanged = true }, 40,
	  "i: sha256:0123456789ab, a SIF file, unchanged, 0.04 s" },
};
// clang-format on

static void test_ends(void)
{
	struct digest d = a_digest();

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct progress_result r = ends[i].r;
		autostr char *got = NULL;

		r.digest = &d;
		got = progress_end_text("i", &r, ends[i].ms);
		is(got, ends[i].want, "the last line");
	}
}

int main(void)
{
	test_log(LOG_WARN,
		 "ch-test: alpine:3.16: layer 1 of 2: waiting for ch-pull "
		 "4711 on node17\n"
		 "ch-test: alpine:3.16: layer 1 of 2: 64 MiB, "
		 "sha256:0123456789ab, 2.0 MiB of it from an earlier run\n",
		 "a log");
	test_log(LOG_INFO,
		 "ch-test: alpine:3.16: layer 2 of 2: 1.0 KiB, "
		 "sha256:0123456789ab, from the store\n"
		 "ch-test: alpine:3.16: layer 1 of 2: waiting for ch-pull "
		 "4711 on node17\n"
		 "ch-test: alpine:3.16: layer 1 of 2: 64 MiB, "
		 "sha256:0123456789ab, 2.0 MiB of it from an earlier run\n",
		 "with -v also what was there");
	test_log(LOG_QUIET, "", "with -q nothing");
	test_waiting_notes();
	test_json();
	test_part();
	test_json_tick();
	test_ends();
	test_draw();
	return tap_done();
}
