/* leftover.c - what may lie in a store's tmp/, told by its name.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/leftover.h"

#include "base/num.h"
#include "base/str.h"
#include "base/tmp.h"
#include "image/lease.h"
#include "image/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define OLD_PREFIX ".ch-old."
#define BAD "bad-"
#define LEASE_DEAD_S 86400
#define OLD_PARTS 5 /* behind the prefix, with dots between */

enum leftover_kind leftover_kind(const char *name)
{
	struct leftover_old old;

	if (str_starts(name, TMP_PREFIX))
		return LEFTOVER_TMP;
	if (str_starts(name, LEASE_PREFIX))
		return LEFTOVER_LEASE;
	if (str_starts(name, PARTIAL_PREFIX))
		return LEFTOVER_PARTIAL;
	return leftover_old_parse(name, &old) ? LEFTOVER_OLD : LEFTOVER_UNKNOWN;
}

char *leftover_old_name(const struct leftover_old *o, uint64_t number)
{
	return str_fmt(OLD_PREFIX "%s%s.%s.%s.%" PRId64 ".%016" PRIx64,
		       o->is_bad ? BAD : "", items_kind_text(o->kind),
		       digest_algo(&o->digest), digest_hex(&o->digest),
		       o->since_s, number);
}

bool leftover_old_parse(const char *name, struct leftover_old *out)
{
	AUTO(strlist) struct strlist part = { 0 };
	struct err ignored = { 0 };
	autostr char *text = NULL;
	const char *kind;
	uint64_t since;

	*out = (struct leftover_old){ 0 };
	if (!str_starts(name, OLD_PREFIX))
		return false;
	strlist_split(&part, name + strlen(OLD_PREFIX), '.', true);
	if (part.n != OLD_PARTS ||
	    num_parse(part.v[3], INT64_MAX, "time", &since, &ignored))
		return false;
	text = str_fmt("%s:%s", part.v[1], part.v[2]);
	if (digest_parse(text, &out->digest, &ignored))
		return false;
	out->since_s = (int64_t)since;
	out->is_bad = str_starts(part.v[0], BAD);
	kind = part.v[0] + (out->is_bad ? strlen(BAD) : 0);
	out->kind = str_eq(kind, "tree") ? ITEM_TREE : ITEM_BLOB;
	return str_eq(kind, items_kind_text(out->kind));
}

/* A regular file that its maker has locked. Only for the moment of asking do we
 * take a lock ourselves, and a shared one. */
static bool is_locked(int tmpdir, const char *name)
{
	int flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	struct stat st;
	autofd int fd = openat(tmpdir, name, O_RDONLY | flags);

	return fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	       flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
}

static bool is_live_lease(int tmpdir, const char *name, int64_t now_s)
{
	struct stat st;

	return !fstatat(tmpdir, name, &st, AT_SYMLINK_NOFOLLOW) &&
	       st.st_mtime > now_s - LEASE_DEAD_S &&
	       lease_is_live(tmpdir, name, 0);
}

bool leftover_is_live(int tmpdir, const char *name, const struct strlist *names,
		      int64_t now_s)
{
	autostr char *lease = partial_lease(name);

	if (leftover_kind(name) == LEFTOVER_LEASE)
		return is_live_lease(tmpdir, name, now_s);
	return is_locked(tmpdir, name) || (lease && strlist_has(names, lease) &&
					   is_live_lease(tmpdir, lease, now_s));
}

bool leftover_is_busy(int tmpdir, const struct strlist *names, int64_t now_s)
{
	for (size_t i = 0; i < names->n; i++) {
		enum leftover_kind kind = leftover_kind(names->v[i]);

		/* Others are on the index, or on a tree, whose image has a
		 * name. */
		if (kind == LEFTOVER_LEASE &&
		    !str_starts(names->v[i], LEASE_PREFIX "sha") &&
		    !str_starts(names->v[i], LEASE_PREFIX LEASE_IMAGE))
			continue;
		if (kind != LEFTOVER_UNKNOWN && kind != LEFTOVER_OLD &&
		    leftover_is_live(tmpdir, names->v[i], names, now_s))
			return true;
	}
	return false;
}
