/* entrytest.h - entries as text, whatever they come from.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_ENTRYTEST_H
#define TEST_ENTRYTEST_H

#include "base/str.h"
#include "layer/entry.h"

static const char entrytest_letters[] = {
	[ENTRY_FILE] = 'f',  [ENTRY_DIR] = 'd',      [ENTRY_SYMLINK] = 's',
	[ENTRY_FIFO] = 'p',  [ENTRY_HARDLINK] = 'h', [ENTRY_CHAR] = 'c',
	[ENTRY_BLOCK] = 'b',
};

/* Content as it is, a hole as "[N]". */
__attribute__((unused)) static int entrytest_data(const struct entry *x,
						  const struct entries *r,
						  struct str *out,
						  struct err *e)
{
	uint64_t end = 0;
	uint64_t at;
	const void *p;
	size_t n;
	int got;

	while ((got = r->data(r->ctx, &p, &n, &at, e)) > 0) {
		if (at > end)
			str_addf(out, "[%llu]", (unsigned long long)(at - end));
		str_addn(out, p, n);
		end = at + n;
	}
	if (x->size > end)
		str_addf(out, "[%llu]", (unsigned long long)(x->size - end));
	return got;
}

/* "f:NAME=CONTENT", "s:NAME>LINK"; behind it "@NAME=VALUE" for an attribute. */
__attribute__((unused)) static int entrytest_show(const struct entry *x,
						  const struct entries *r,
						  struct str *out,
						  struct err *e)
{
	const char *name;
	const void *value;
	size_t size;

	str_addf(out, "%s%c:%s", out->len ? " " : "",
		 entrytest_letters[x->type], x->name);
	if (*x->link)
		str_addf(out, ">%s", x->link);
	if (x->type == ENTRY_FILE) {
		str_addc(out, '=');
		if (entrytest_data(x, r, out, e) < 0)
			return -1;
	}
	while (r->xattr(r->ctx, &name, &value, &size)) {
		str_addf(out, "@%s=", name);
		str_addn(out, value, size);
	}
	return 0;
}

/* The same with mode, owner and time: "f0644 1000/100 5.000000000 ...". */
__attribute__((unused)) static int entrytest_show_all(const struct entry *x,
						      const struct entries *r,
						      struct str *out,
						      struct err *e)
{
	str_addf(out, "%s%04o %u/%u %lld.%09ld", out->len ? " " : "",
		 (unsigned)x->mode, x->uid, x->gid, (long long)x->mtime.tv_sec,
		 x->mtime.tv_nsec);
	if (x->type == ENTRY_CHAR || x->type == ENTRY_BLOCK)
		str_addf(out, " %u,%u", x->major, x->minor);
	return entrytest_show(x, r, out, e);
}

/* All of R. */
__attribute__((unused)) static int entrytest_list(const struct entries *r,
						  struct str *out,
						  struct err *e)
{
	struct entry x;
	int got;

	while ((got = r->next(r->ctx, &x, e)) > 0)
		if (entrytest_show(&x, r, out, e))
			return -1;
	return got;
}

#endif
