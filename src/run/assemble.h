/* assemble.h - fill a directory of ours with the entries of the image's.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef RUN_ASSEMBLE_H
#define RUN_ASSEMBLE_H

#include "base/err.h"
#include "run/mnt.h"
#include "run/plan.h"

/* The directory NEW, mounted at S->dst of the root TOP, stands for OLD of the
 * image and has the new entries already, which win. Bind every other entry of
 * OLD in, with the flags of its mount; links are copied. What a later step of P
 * mounts over gets its mount point only. */
MUST_CHECK int assemble_fill(const struct mnt *m, const struct plan *p,
			     const struct step *s, int old, int top, int new,
			     struct err *e);

#endif
