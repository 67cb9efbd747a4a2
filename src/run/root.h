/* root.h - the new root: the image, with new entries where it lacks mount
 * points, put in the place of the host's root.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All is mounted one over the other on the image's directory, as our own mount
 * namespace shows the host:
 *
 *	scratch, a tmpfs; its directories 0, 1, ... each stand for one directory
 *	of the image that gets new entries
 *	the image, read-only
 *	the root, if the image's own needs new entries
 *
 * pivot_root(2) then makes the last of them "/" and the rest goes away with
 * the host's root.
 *
 * The two ways to give a directory new entries look the same from inside:
 *
 *	overlay    the scratch directory holds the new entries only and is laid
 *	           over the image's with overlayfs, both read-only
 *	assembled  the scratch directory takes the place of the image's; the old
 *	           entries are bound in one by one, links are copied
 */
#ifndef RUN_ROOT_H
#define RUN_ROOT_H

#include "base/err.h"
#include "run/imgroot.h"
#include "run/layers.h"
#include "run/mnt.h"
#include "run/options.h"
#include "run/plan.h"

struct root {
	struct mnt mnt;
	bool no_overlay;
	bool no_pivot;
	int image;         /* the image's directory */
	const char *place; /* of a mount that stands for it, or NULL */
	int scratch;       /* -1: none */
	int top;           /* the root that the command will see */
	bool is_layered;   /* the root is an overlay that can be written to */
	struct layers layers;
	unsigned flags;    /* enum mnt_flag of what comes from the image */
	size_t n_made;     /* names in scratch */
};
#define ROOT_INIT                                                             \
	{                                                                     \
		.image = -1, .scratch = -1, .top = -1, .layers = LAYERS_INIT, \
	}

/* Take hold of the image at PATH, which must still be what IMAGE tells of. */
MUST_CHECK int root_take_image(struct root *r, const char *path,
			       const struct imgroot *image, struct err *e);
/* Before the first mount, and after all sources were taken. */
MUST_CHECK int root_hide_stack(const struct root *r, struct err *e);
MUST_CHECK int root_mount_image(struct root *r, const struct step *s,
				struct err *e);
MUST_CHECK int root_add_scratch(struct root *r, const struct step *s,
				struct err *e);
/* STEP_LAYERS, whose r->layers were taken. */
MUST_CHECK int root_add_layers(struct root *r, const struct step *s,
			       struct err *e);
/* STEP_OVERLAY and STEP_ASSEMBLE; what the kernel refuses to overlay is
 * assembled. P tells what will be mounted later and need not be bound now. */
MUST_CHECK int root_change(struct root *r, const struct plan *p,
			   const struct step *s, struct err *e);
/* Mount a file with the content TEXT on the file PATH inside. */
MUST_CHECK int root_put_text(struct root *r, const char *path, const char *text,
			     struct err *e);
/* Make the mount point PATH where it can be written to; one that is there
 * stays. */
MUST_CHECK int root_make(struct root *r, const char *path, bool is_dir,
			 struct err *e);
/* The same for a link to TARGET. */
MUST_CHECK int root_link(struct root *r, const char *path, const char *target,
			 struct err *e);
/* Make it "/" and let go of the host's. */
MUST_CHECK int root_enter(struct root *r, struct err *e);
/* Make the working directory, the root of a mount, "/" on top of what is "/"
 * now. */
MUST_CHECK int root_enter_over(struct err *e);

void root_close(struct root *r);
AUTO_DEFINE(root, struct root, root_close)

#endif
