/* t_fetch.c - many blobs at once, from a registry that does not always do as it
 * should: ranges, what is had already, tries, another place to go to.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Linked with --wrap for what client.c says of other places.
 */
#include "config.h"

#include "registry/fetch.h"

#include "base/log.h"
#include "blobserver.h"
#include "tap.h"

#include <sys/stat.h>

#define PIECE (64u << 10)
#define SIZE (10 * PIECE + 123)

static const struct parts_plan plan = { .piece = PIECE,
					.fast_rate = UINT64_MAX };

/* Another place than the first. */
static bool has_other, moved;

bool __wrap_client_fallback(struct client *c, const struct err *why);
char *__wrap_client_blob_url(const struct client *c, const struct digest *d);
char *__real_client_blob_url(const struct client *c, const struct digest *d);

bool __wrap_client_fallback(struct client *c, const struct err *why)
{
	(void)c;
	(void)why;
	if (!has_other || moved)
		return false;
	moved = true;
	return true;
}

char *__wrap_client_blob_url(const struct client *c, const struct digest *d)
{
	char *url = __real_client_blob_url(c, d);

	if (moved)
		strstr(url, "/here/")[1] = 't';
	return url;
}

struct target { /* an item's owner */
	struct fetch_item item;
	int waits;   /* times that it is not ready */
	int asks;    /* times that it was asked */
	bool is_had; /* in the end it is there */
	int completed;
	bool wrong;     /* progress told what can't be */
	uint64_t there; /* as told last */
	uint64_t all;
	int falls; /* times it told less than before */
};

static enum fetch_ready on_ready(void *ctx, struct fetch_item *item,
				 struct err *e)
{
	struct target *t = ctx;

	(void)e;
	t->wrong |= item != &t->item && item->fd != t->item.fd;
	if (t->asks++ < t->waits)
		return FETCH_WAIT;
	return t->is_had ? FETCH_HAVE : FETCH_START;
}

static void on_progress(void *ctx, uint64_t prefix, uint64_t received)
{
	struct target *t = ctx;

	t->wrong |= prefix > received || received > t->item.size;
	t->falls += prefix < t->there;
	t->there = prefix;
	t->all = received;
}

static int on_complete(void *ctx, struct err *e)
{
	struct target *t = ctx;

	(void)e;
	t->completed++;
	return 0;
}

/* Is what the file holds the blob? */
static bool is_there(const struct target *t, const struct str *blob)
{
	autostr char *got = xmalloc(blob->len + 1);
	struct stat st;

	return !fstat(t->item.fd, &st) && st.st_size == (off_t)blob->len &&
	       pread(t->item.fd, got, blob->len, 0) == (ssize_t)blob->len &&
	       !memcmp(got, blob->p, blob->len);
}

static void target_init(struct target *t, const struct server *s, size_t i)
{
	t->item.digest = s->digests[i];
	t->item.size = s->blobs[i].len;
	t->item.fd = memfd_create("blob", MFD_CLOEXEC);
	t->item.name = "layer";
	t->item.ready = on_ready;
	t->item.progress = on_progress;
	t->item.complete = on_complete;
	t->item.ctx = t;
}

/* Fetch N targets from S over PARALLEL connections; split if P says so. */
static int fetch(const struct server *s, struct target *t, size_t n,
		 int parallel, const struct parts_plan *p, struct err *e)
{
	struct client_opts o = { .http = HTTP_OPTS_DEFAULT };
	struct fetch_opts f = { .parallel = parallel, .plan = p };
	autostr char *name = str_fmt("127.0.0.1:%d/here/x", s->port);
	AUTO(ref) struct ref ref = { 0 };
	AUTO(client) struct client *c = NULL;
	struct fetch_item items[BLOBS_MAX];

	o.http.tries = 3;
	o.http.stall_timeout_s = 60;
	for (size_t i = 0; i < n; i++)
		items[i] = t[i].item;
	if (ref_parse(name, &ref, e))
		return -1;
	c = client_open(&ref, &o, e);
	return c ? fetch_blobs(c, items, n, &f, e) : -1;
}

// clang-format off
static const struct {
	const char *what;
	struct rule rules[RULES_MAX];
	uint64_t have;
	bool have_is_wrong;
	const char *error; /* a part of it; NULL: it works */
	int whole, open;   /* requests of that kind; -1: any number */
	int bounded;       /* at least; 0: not worth a split */
	int falls;         /* -1: any number */
} cases[] = {
	{ "one stream", .whole = 1 },
	{ "ranges", .rules = { { WHOLE, .act = ACT_HOLD } },
	  .whole = 1, .open = 1, .bounded = 7 },
	{ "a server that does not know ranges", .rules = {
	  { WHOLE, 1, .act = ACT_HOLD }, { BOUNDED, .act = ACT_WHOLE },
	  { OPEN_END, .act = ACT_WHOLE } },
	  .whole = 1, .open = -1, .bounded = 1, .falls = -1 },
	{ "a server that forgets in the middle what ranges are", .rules = {
	  { WHOLE, 1, .act = ACT_HOLD }, { BOUNDED, 3, .act = ACT_WHOLE } },
	  .whole = 1, .open = -1, .bounded = 3 },
	{ "another range than asked for", .rules = {
	  { WHOLE, 1, .act = ACT_HOLD }, { BOUNDED, 2, .act = ACT_SHIFT } },
	  .whole = 1, .open = -1, .bounded = 2 },
	{ "another total", .rules = {
	  { WHOLE, 1, .act = ACT_HOLD }, { BOUNDED, 2, .act = ACT_TOTAL } },
	  .whole = 1, .open = -1, .bounded = 2 },
	{ "416 for a piece", .rules = {
	  { WHOLE, 1, .act = ACT_HOLD }, { BOUNDED, 2, .act = ACT_416 } },
	  .whole = 1, .open = -1, .bounded = 2 },
	{ "another ETag", .rules = {
	  { WHOLE, 1, .act = ACT_HOLD }, { BOUNDED, 2, .act = ACT_ETAG } },
	  .whole = 2, .open = 0, .bounded = 2, .falls = 1 },
	{ "a piece that breaks off is asked for again", .rules = {
	  { WHOLE, 1, .act = ACT_HOLD }, { BOUNDED, 2, .act = ACT_CUT } },
	  .whole = 1, .open = 1, .bounded = 8 },
	{ "a piece with a wrong byte", .rules = {
	  { WHOLE, 1, .act = ACT_HOLD }, { BOUNDED, 2, .act = ACT_SPOIL } },
	  .error = "layer: expected sha256:", .whole = 1, .open = -1,
	  .bounded = 2 },
	{ "what is had, and the rest", .have = 9 * PIECE + 1, .open = 1 },
	{ "the rest with a wrong byte: all once more", .have = 9 * PIECE,
	  .rules = { { OPEN_END, .act = ACT_SPOIL } },
	  .open = 1, .whole = 1, .falls = 1 },
	{ "what is had is wrong", .have = 9 * PIECE, .have_is_wrong = true,
	  .open = 1, .whole = 1, .falls = 1 },
	{ "what is had is wrong, and then what comes", .have = 9 * PIECE,
	  .have_is_wrong = true, .rules = { { WHOLE, .act = ACT_SPOIL } },
	  .error = "layer: expected sha256:", .open = 1, .whole = 1,
	  .falls = 1 },
	{ "had, and a server that does not know ranges", .have = 9 * PIECE,
	  .rules = { { OPEN_END, .act = ACT_WHOLE } }, .open = 1, .falls = 1 },
	{ "had, and 416 for the rest", .have = 9 * PIECE,
	  .rules = { { OPEN_END, .act = ACT_416 } }, .open = 1, .whole = 1,
	  .falls = 1 },
	{ "all is had", .have = SIZE },
	{ "all is had, but wrong", .have = SIZE, .have_is_wrong = true,
	  .whole = 1, .falls = 1 },
	{ "more than all is had", .have = SIZE + 5, .whole = 1 },
	{ "503 for ever", .rules = { { ANY, .act = ACT_503 } },
	  .error = "(HTTP 503)" },
};
// clang-format on

static void test_case(size_t i)
{
	struct server s = { 0 };
	struct target t = { 0 };
	struct err e = { 0 };
	AUTO(str) struct str had = { 0 };
	int rc;

	server_add(&s, 0, SIZE);
	memcpy(s.rules, cases[i].rules, sizeof(s.rules));
	server_start(&s);
	target_init(&t, &s, 0);
	str_addn(&had, s.blobs[0].p, SIZE);
	str_add(&had, "more than it");
	if (cases[i].have_is_wrong)
		had.p[PIECE] ^= 1;
	t.item.have = cases[i].have;
	rc = io_pwrite(t.item.fd, had.p, t.item.have, 0, "had", &e);
	rc |= fetch(&s, &t, 1, 3, cases[i].bounded ? &plan : NULL, &e);
	if (cases[i].error)
		ok(rc && strstr(e.msg, cases[i].error), "%s: %s", cases[i].what,
		   e.msg);
	else
		ok(!rc && is_there(&t, &s.blobs[0]), "%s %s", cases[i].what,
		   e.msg);
	is_num(t.completed, !cases[i].error, "told in the end, or not");
	ok(!t.wrong, "and nothing wrong before");
	if (!rc)
		ok(t.there == SIZE && t.all == SIZE, "and that all is there");
	if (cases[i].falls >= 0)
		is_num(t.falls, cases[i].falls, "and when it began anew");
	if (cases[i].whole >= 0 && !strstr(e.msg, "503"))
		is_num(s.asked->n[WHOLE], cases[i].whole, "asked for as whole");
	if (cases[i].open >= 0)
		is_num(s.asked->n[OPEN_END], cases[i].open,
		       "asked for from somewhere to the end");
	if (cases[i].have && cases[i].open > 0)
		is_num(s.asked->first[OPEN_END], (long long)t.item.have + 1,
		       "from where it was had to");
	ok(s.asked->n[BOUNDED] >= cases[i].bounded &&
		   (cases[i].bounded || !s.asked->n[BOUNDED]),
	   "%d pieces", s.asked->n[BOUNDED]);
	close(t.item.fd);
	server_stop(&s);
}

/* One waits, one is there in the end, one need not wait; one connection. */
static void test_ready(void)
{
	struct server s = { 0 };
	struct target t[BLOBS_MAX] = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < BLOBS_MAX; i++) {
		server_add(&s, i, i == 3 ? 0 : PIECE);
		target_init(&t[i], &s, i);
	}
	t[0].waits = 2;
	t[1].waits = 1;
	t[1].is_had = true;
	server_start(&s);
	is_num(fetch(&s, t, BLOBS_MAX, 1, NULL, &e), 0,
	       "some are not ready yet");
	ok(is_there(&t[0], &s.blobs[0]) && is_there(&t[2], &s.blobs[2]),
	   "in the end they come");
	is_num(t[0].asks, 3, "asked until it was ready");
	is_num(t[1].asks, 2, "asked until it was there");
	ok(!t[1].completed && !t[1].there, "of which nothing is told");
	is_num(t[0].completed + t[2].completed + t[3].completed, 3,
	       "the others are complete");
	is_num(s.asked->n[WHOLE], 2, "one request each");
	for (size_t i = 0; i < BLOBS_MAX; i++)
		close(t[i].item.fd);
	server_stop(&s);
}

/* Requests are counted: connections times tries, no more. */
static void test_storm(void)
{
	struct server s = { .rules = { { WHOLE, .act = ACT_503 } } };
	struct target t[3] = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < 3; i++) {
		server_add(&s, i, PIECE);
		target_init(&t[i], &s, i);
	}
	server_start(&s);
	ok(fetch(&s, t, 3, 2, NULL, &e), "503 for all blobs: %s", e.msg);
	is_num(e.kind, ERR_NET, "its kind");
	ok(s.asked->n[WHOLE] >= 3 && s.asked->n[WHOLE] <= 6,
	   "two connections, three tries: %d requests", s.asked->n[WHOLE]);
	for (size_t i = 0; i < 3; i++)
		close(t[i].item.fd);
	server_stop(&s);
}

static void test_fallback(enum act act, const char *what)
{
	struct server s = { .rules = { { ANY, .repo = "/here/", .act = act },
				       { WHOLE, .act = ACT_HOLD } } };
	struct target t[2] = { 0 };
	struct err e = { 0 };

	has_other = true;
	moved = false;
	for (size_t i = 0; i < 2; i++) {
		server_add(&s, i, i ? PIECE : SIZE);
		target_init(&t[i], &s, i);
	}
	t[0].item.have = 5;
	is_num(io_pwrite(t[0].item.fd, s.blobs[0].p, 5, 0, "had", &e), 0,
	       "some bytes are had");
	server_start(&s);
	is_num(fetch(&s, t, 2, 2, &plan, &e), 0, what);
	ok(moved, "it went to the other place");
	ok(is_there(&t[0], &s.blobs[0]) && is_there(&t[1], &s.blobs[1]),
	   "and got all there");
	is_num(s.asked->first[OPEN_END], 6, "from where it was");
	for (size_t i = 0; i < 2; i++)
		close(t[i].item.fd);
	server_stop(&s);
	has_other = moved = false;
}

int main(void)
{
	log_init("t_fetch", LOG_QUIET);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		test_case(i);
	test_ready();
	test_storm();
	test_fallback(ACT_404, "a blob that is not here, but there");
	test_fallback(ACT_503, "a registry that is down, and another");
	test_fallback(ACT_SPOIL, "wrong bytes here, the right ones there");
	return tap_done();
}
