/* environ.h - the command's environment: a list of rules, and who won.
 * SPDX-License-Identifier: Apache-2.0
 *
 * In order; a later rule wins:
 *
 *	1. the host's environment; with --env=image only what is in the table
 *	   of environ.c: who and where the user is, and what a scheduler or an
 *	   MPI launcher has to tell
 *	2. the image's, unless --env=host; PATH, LD_LIBRARY_PATH and MANPATH are
 *	   joined, the image's part first, each directory once
 *	3. entries of the host's LD_PRELOAD and LD_AUDIT that can't be seen
 *	   inside are dropped
 *	4. /usr/bin and /bin at the end of a PATH that lacks them
 *	5. HOME as mounted, or "/"; TMPDIR only if it can be seen inside; SHELL
 *	   only if the image has it, else its shell; USER and LOGNAME by --uid
 *	6. CH_RUNNING=chassis, so that a script can tell where it is
 *	7. --set-env and its like in the order of the command line
 *
 * Pure.
 */
#ifndef RUN_ENVIRON_H
#define RUN_ENVIRON_H

#include "base/err.h"
#include "base/opt.h"
#include "base/strlist.h"

#include <stdbool.h>
#include <stddef.h>

enum env_mode { ENV_MERGE, ENV_HOST, ENV_IMAGE };

struct env_sources {
	enum env_mode mode;
	const struct strlist *host; /* "NAME=VALUE" */
	/* The same; a NAME alone is one that the image takes away. */
	const struct strlist *image;
	/* "set-env", "set-env0", "unset-env" */
	const struct opt_list *rules;
	/* For rule I, if it names a file: the items read from it, else empty.
	 * As many as rules. */
	const struct strlist *files;
	const char *home;  /* inside, or NULL if it is not there */
	bool has_tmpdir;   /* can $TMPDIR be seen inside? */
	const char *shell; /* for $SHELL, or NULL: it is good as it is */
	const char *user;  /* for $USER and $LOGNAME, or NULL: the same */
	/* Entries of LD_PRELOAD and LD_AUDIT that are not there; may be NULL.*/
	const struct strlist *absent;
};

struct environ {
	struct strlist env; /* the result, for execve */
	const char **why;   /* of each item when it was made */
	size_t n_why;
	struct strlist gone; /* names that were removed */
	const char **gone_why;
};

/* The variables of the host that are lists of libraries to be loaded first, and
 * what stands between their entries (ld.so(8)). */
struct env_preload {
	const char *name, *separators;
};
#define ENV_PRELOADS 2
extern const struct env_preload environ_preloads[ENV_PRELOADS];

/* "merge" (NULL is the same), "host" or "image". ERR_USAGE. */
MUST_CHECK int environ_mode(const char *text, enum env_mode *mode,
			    struct err *e);
/* Does --env=image keep the host's variable ITEM ("NAME=VALUE")? */
bool environ_is_kept(const char *item);
/* ERR_USAGE: a rule without a name. */
MUST_CHECK int environ_make(struct environ *out, const struct env_sources *s,
			    struct err *e);
/* Is VALUE of --set-env an assignment? Else it names a file, as does all that
 * begins as a path. */
bool environ_is_assignment(const char *value);
void environ_clear(struct environ *v);
AUTO_DEFINE(environ, struct environ, environ_clear)

#endif
