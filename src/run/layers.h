/* layers.h - the layers of an overlay that is written to or put together from
 * the host's directories: --write-fake, --overlay.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A directory of --overlay holds "upper", which is the layer, and "work",
 * which the kernel needs beside it. See the kernel's
 * Documentation/filesystems/overlayfs.rst.
 */
#ifndef RUN_LAYERS_H
#define RUN_LAYERS_H

#include "base/err.h"
#include "run/plan.h"

#define LAYERS_UPPER "upper"

struct layers {
	int upper; /* -1: none */
	int work;
	int *lower; /* lowest first */
	size_t n_lower;
};
#define LAYERS_INIT                      \
	{                                \
		.upper = -1, .work = -1, \
	}

/* The directory of a layer, of TEXT "DIR[:ro]"; *READONLY tells of the rest.
 * Caller frees. */
char *layers_dir(const char *text, bool *readonly);
/* Take hold of the directories of S, a STEP_LAYERS, on the host; that of the
 * writable one is made. Before the first mount, which could hide them. */
MUST_CHECK int layers_take(struct layers *l, const struct step *s,
			   struct err *e);
/* Make a writable layer in the directory MEMORY. */
MUST_CHECK int layers_make(struct layers *l, int memory, struct err *e);
/* Mount them at AT: the writable one, FRESH (our own new entries), those that
 * are only read, IMAGE. */
MUST_CHECK int layers_mount(const struct layers *l, const char *at, int fresh,
			    int image, struct err *e);

void layers_close(struct layers *l);

#endif
