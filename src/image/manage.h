/* manage.h - names of the store taken away and given.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_MANAGE_H
#define IMAGE_MANAGE_H

#include "image/gc.h"

/* Remove what the N TEXTS name (inventory_match), if all of them are there, and
 * then what no name needs any more of it. O->only is not used. */
MUST_CHECK int manage_delete(const struct store *s, char *const *texts,
			     size_t n, const struct platform *platform,
			     const struct gc_opts *o, struct gc_done *done,
			     struct err *e);

/* What FROM names shall also be called TO, for each platform or for PLATFORM;
 * what had that name for the same platform loses it. */
MUST_CHECK int manage_tag(const struct store *s, const char *from,
			  const char *to, const struct platform *platform,
			  struct err *e);

#endif
