/* fuselist.h - a directory's names as the FUSE protocol wants them; part of
 * fusewire.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SQUASH_FUSELIST_H
#define SQUASH_FUSELIST_H

#include "squash/fuseattr.h"

#include <linux/fuse.h>

/* Names of DIR from position AT on, as many as fit into N bytes at BUF, with
 * all that a look-up would tell if PLUS. The bytes used, or a negative errno.
 */
ssize_t fuselist(const struct fuseattr_view *v, const struct sqnode *dir,
		 uint64_t at, bool plus, char *buf, size_t n);

#endif
