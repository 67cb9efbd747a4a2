/* memread.h - a few entries that are made here: what a tool adds to an image.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Owner root, no attributes.
 */
#ifndef LAYER_MEMREAD_H
#define LAYER_MEMREAD_H

#include "layer/entry.h"

struct memread;

/* Every entry gets the time MTIME (seconds). */
struct memread *memread_new(int64_t mtime);
void memread_free(struct memread *m);
AUTO_DEFINE_PTR(memread, struct memread, memread_free)

/* Add an entry; PATH is relative, what it is in comes first. Texts are copied.
 */
void memread_dir(struct memread *m, const char *path, mode_t mode);
void memread_file(struct memread *m, const char *path, mode_t mode,
		  const void *p, size_t n);
void memread_symlink(struct memread *m, const char *path, const char *target);

/* From the first entry on, again and again. M's as long as it lives. */
struct entries memread_entries(struct memread *m);

#endif
