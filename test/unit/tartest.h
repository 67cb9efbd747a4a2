/* tartest.h - tar archives in memory, read in pieces of any size and shown as
 * text.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_TARTEST_H
#define TEST_TARTEST_H

#include "base/mem.h"
#include "base/str.h"
#include "layer/tarread.h"
#include "mktar.h"
#include "tap.h"

/* An archive in memory, given out STEP bytes at a time; each piece is a copy of
 * its own, freed with the next, so that a reader who keeps one is caught. */
struct bytes {
	const struct str *s;
	size_t at;
	size_t step;
	char *piece;
};

__attribute__((unused)) static int next(void *ctx, const void **p, size_t *n,
					struct err *e)
{
	struct bytes *b = ctx;
	size_t left = b->s->len - b->at;

	free(TAKE(b->piece));
	if (b->step == 0)
		return err_set(e, ERR_NET, "the line is dead");
	*n = left < b->step ? left : b->step;
	*p = b->piece = *n ? xmemdup(b->s->p + b->at, *n) : NULL;
	b->at += *n;
	return 0;
}

static const char type_letters[] = {
	[ENTRY_FILE] = 'f',  [ENTRY_DIR] = 'd',      [ENTRY_SYMLINK] = 's',
	[ENTRY_FIFO] = 'p',  [ENTRY_HARDLINK] = 'h', [ENTRY_CHAR] = 'c',
	[ENTRY_BLOCK] = 'b',
};

/* "f:NAME=CONTENT", "s:NAME>LINK" and so on; a hole is shown as "[N]". */
__attribute__((unused)) static int show_data(struct tarread *r,
					     const struct entry *x,
					     struct str *out, struct err *e)
{
	uint64_t end = 0;
	uint64_t at;
	const void *p;
	size_t n;
	int got;

	while ((got = tarread_data(r, &p, &n, &at, e)) > 0) {
		if (at > end)
			str_addf(out, "[%llu]", (unsigned long long)(at - end));
		str_addn(out, p, n);
		end = at + n;
	}
	if (x->size > end)
		str_addf(out, "[%llu]", (unsigned long long)(x->size - end));
	return got;
}

__attribute__((unused)) static int show(const struct str *archive, size_t step,
					struct str *out, struct err *e)
{
	struct bytes b = { .s = archive, .step = step };
	AUTO(tarread) struct tarread *r = tarread_new(next, &b);
	struct entry x;
	int got;

	while ((got = tarread_next(r, &x, e)) > 0) {
		str_addf(out, "%s%c:%s", out->len ? " " : "",
			 type_letters[x.type], x.name);
		if (*x.link)
			str_addf(out, ">%s", x.link);
		if (x.type != ENTRY_FILE && !x.size)
			continue;
		str_addc(out, '=');
		if (show_data(r, &x, out, e)) {
			got = -1;
			break;
		}
	}
	free(b.piece);
	return got;
}

static const size_t steps[] = { 1, 7, 511, 512, 513, 1000, 10240, 1 << 20 };

__attribute__((unused)) static void reads_as(const struct str *archive,
					     const char *want, const char *what)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		AUTO(str) struct str out = { 0 };
		struct err e = { 0 };
		int rc = show(archive, steps[i], &out, &e);
		bool good = !rc && !strcmp(str_text(&out), want);

		if (!ok(good, "%s, by %zu", what, steps[i]))
			printf("#   got:  %s (%s)\n#   want: %s\n",
			       str_text(&out), e.msg, want);
	}
}

__attribute__((unused)) static void refuses(const struct str *archive,
					    const char *part, const char *what)
{
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		AUTO(str) struct str out = { 0 };
		struct err e = { 0 };
		int rc = show(archive, steps[i], &out, &e);
		bool good = rc && e.kind == ERR_FORMAT && strstr(e.msg, part);

		if (!ok(good, "%s, by %zu", what, steps[i]))
			printf("#   got:  %d %s (%s)\n#   want: %s\n", rc,
			       e.msg, str_text(&out), part);
	}
}

#endif
