/* wants.h - what of the host shall be seen inside, and where it would go.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A want is made from the table of defaults or from --bind (pure),
 * then looked at on the host and in the image (wants_look, through two
 * functions, so that tests need no files), and then turned into steps by the
 * plan. Wants are in order: a later one wins over an earlier one.
 */
#ifndef RUN_WANTS_H
#define RUN_WANTS_H

#include "base/err.h"
#include "base/strlist.h"
#include "run/options.h"
#include "run/user.h"

#include <stdbool.h>
#include <stddef.h>

/* The host and the caller, gathered by facts.c. */
struct host {
	struct user user;
	char *cwd;  /* without symbolic links; NULL if unknown */
	char *home; /* $HOME, else of the passwd database; or NULL */
	struct strlist env;
	bool hides_home;   /* a bind is in the place of what holds it, */
	bool hides_tmpdir; /* and has no such directory */
};

enum path_kind {
	PATH_MISSING,
	PATH_DIR,
	PATH_FILE,    /* anything else that can be mounted on a file */
	PATH_LINK,    /* a symbolic link that must not be followed */
	PATH_BLOCKED, /* something on the way is no directory */
};

/* Where a path leads inside the image. */
struct spot {
	char *path; /* absolute, without symbolic links of the image */
	enum path_kind kind;
	char *dir;        /* the deepest directory on the way that exists */
	size_t n_entries; /* of DIR, set where kind is missing or a link in the
			   * image itself */
};

enum want_flag {
	WANT_REQUIRED = 1, /* no start without it */
	WANT_READONLY = 2,
	WANT_IN_PLACE = 4, /* a link of the image at DST is hidden, not
			    * followed: behind /etc/localtime may be a zone
			    * file that others read, too */
	WANT_PASSWD = 8,   /* made by us, not taken from the host */
	WANT_GROUP = 16,
	WANT_BIND = 32,     /* asked for by the user: --bind, --mount, --home */
	WANT_MEMORY = 64,   /* a new, empty file system in memory */
	WANT_TMP = 128,     /* everybody may write there */
	WANT_PRIVATE = 256, /* nobody but the user may look there */
	WANT_LINK = 512,    /* DST is a symbolic link to SRC */
};

struct want {
	char *src; /* as the user wrote it; NULL: made by us */
	char *size; /* of WANT_MEMORY, or NULL: the kernel's default */
	char *dst; /* absolute and clean */
	char *why; /* "default tmp", "from --bind" */
	unsigned flags;

	/* Filled in by wants_look. */
	enum path_kind kind; /* of SRC; PATH_MISSING: leave this want out */
	struct spot spot;
	long over;        /* the want whose mount DST lies in, or -1 */
	const char *skip; /* why it is left out though it is there, or NULL;
			   * "" if there is no need to tell */
};

struct wants {
	struct want *v;
	size_t n;
	size_t cap;
};

/* Add a want for DST, a clean absolute path. The result is good until the
 * next. */
struct want *wants_add(struct wants *w, const char *dst, const char *why,
		       unsigned flags);

struct look {
	void *ctx;
	/* What is PATH on the host? errno of stat(2), or 0. */
	int (*host)(void *ctx, const char *path, enum path_kind *kind);
	/* PATH of the host without symbolic links, or NULL. Caller frees. */
	char *(*real)(void *ctx, const char *path);
	/* Where does the clean PATH lead in the image? The last component is
	 * followed unless IN_PLACE. */
	int (*image)(void *ctx, const char *path, bool in_place,
		     struct spot *spot, struct err *e);
};

/* Add what --bind and --mount of O ask for: one that lies below another comes
 * after it, else they stay in order. Pure. ERR_USAGE: one is malformed. */
MUST_CHECK int wants_add_binds(struct wants *w, const struct run_options *o,
			       struct err *e);

/* Fill in the second half of each want. A source that is missing is an error
 * if the want is required, else its kind says so; what can't be mounted where
 * it should go is an error in the same way, else it is skipped. With WRITE the
 * image itself shall be changed for --bind only. */
MUST_CHECK int wants_look(struct wants *w, const struct look *look, bool write,
			  struct err *e);
/* Will PATH of the inside be something of the host, and is it there? For wants
 * that were looked at. */
bool wants_show(const struct wants *w, const struct look *look,
		const char *path);
/* Is W to be mounted at all? */
bool want_is_on(const struct want *w);
/* "/data", or "/data on '/x'": for messages, in quotes. Caller frees. */
char *want_name(const char *src, const char *dst);

void spot_clear(struct spot *s);
void wants_clear(struct wants *w);
AUTO_DEFINE(wants, struct wants, wants_clear)
void host_clear(struct host *h);
AUTO_DEFINE(host, struct host, host_clear)

#endif
