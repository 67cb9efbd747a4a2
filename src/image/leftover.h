/* leftover.h - what may lie in a store's tmp/, told by its name.
 * SPDX-License-Identifier: Apache-2.0
 *
 *	.ch-tmp.HEX     unfinished, locked by its maker (base/tmp.h)
 *	.ch-old.KIND.ALGORITHM.HEX.SECONDS.NUMBER
 *	                set aside by gc, and when (SECONDS since 1970): is to be
 *	                removed, or goes back to its place if it is needed
 *again; KIND is blob, tree or bad-tree, which never goes back lease.* who works
 *on what (lease.h) part.*          a download that can be gone on with
 */
#ifndef IMAGE_LEFTOVER_H
#define IMAGE_LEFTOVER_H

#include "image/items.h"

enum leftover_kind {
	LEFTOVER_UNKNOWN,
	LEFTOVER_TMP,
	LEFTOVER_OLD,
	LEFTOVER_LEASE,
	LEFTOVER_PARTIAL,
};

struct leftover_old {
	enum item_kind kind;
	bool is_bad; /* damaged: not to be put back */
	struct digest digest;
	int64_t since_s;
};

enum leftover_kind leftover_kind(const char *name);
/* The name for something set aside; NUMBER makes it unique. Caller frees. */
char *leftover_old_name(const struct leftover_old *o, uint64_t number);
/* False if NAME is none of those. */
bool leftover_old_parse(const char *name, struct leftover_old *out);

/* Is something on its way into the store right now? TMPDIR is its tmp/, NAMES
 * what is in there. A living lease says so, or a file that its maker holds
 * locked. Of a lease of another host we can't know; when it has not changed for
 * a day before NOW_S it is taken for dead, since it only saves work. */
bool leftover_is_busy(int tmpdir, const struct strlist *names, int64_t now_s);
/* Does somebody living work on NAME, a lease or a partial download? */
bool leftover_is_live(int tmpdir, const char *name, const struct strlist *names,
		      int64_t now_s);

#endif
