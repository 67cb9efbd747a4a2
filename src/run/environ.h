/* environ.h - the command's environment: a list of rules, and who won.
 * SPDX-License-Identifier: Apache-2.0
 *
 * In order; a later rule wins:
 *
 *	1. the host's environment
 *	2. the image's, /ch/environment; PATH, LD_LIBRARY_PATH and MANPATH are
 *	   joined, the image's part first, each directory once
 *	3. /usr/bin and /bin at the end of a PATH that lacks them
 *	4. HOME as mounted, or "/"; TMPDIR only if it can be seen inside
 *	5. CH_RUNNING=chassis, so that a script can tell where it is
 *	6. --set-env and --unset-env in the order of the command line
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

struct env_sources {
	const struct strlist *host; /* "NAME=VALUE" */
	const struct strlist *image;
	const struct opt_list *rules; /* "set-env", "unset-env" */
	/* For rule I, if it names a file: the items read from it, else empty.
	 * As many as rules. */
	const struct strlist *files;
	const char *home; /* inside, or NULL if it is not there */
	bool has_tmpdir;  /* can $TMPDIR be seen inside? */
};

struct env_change {
	char *name;
	const char *why; /* of the last rule that changed it */
};

struct environ {
	struct strlist env;         /* the result, for execve */
	struct env_change *changes; /* each name once, in order */
	size_t n_changes;
	size_t cap;
};

/* ERR_USAGE: a rule without a name. */
MUST_CHECK int environ_make(struct environ *out, const struct env_sources *s,
			    struct err *e);
/* Is VALUE of --set-env an assignment? Else it names a file. */
bool environ_is_assignment(const char *value);
void environ_clear(struct environ *v);
AUTO_DEFINE(environ, struct environ, environ_clear)

#endif
