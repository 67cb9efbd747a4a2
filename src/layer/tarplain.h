/* tarplain.h - the header of a tar entry that says all in one block, as nearly
 * all of them do (POSIX.1-2008, pax, "ustar Interchange Format"; GNU tar's
 * differs in the magic).
 * SPDX-License-Identifier: Apache-2.0
 *
 * Not a reader of tar's dialects: whatever is in the least unusual is left to
 * one. Pure.
 */
#ifndef LAYER_TARPLAIN_H
#define LAYER_TARPLAIN_H

#include "layer/entry.h"

#define TARPLAIN_BLOCK 512
#define TARPLAIN_NAME 100
#define TARPLAIN_PREFIX 155

/* The texts of an entry. */
struct tarplain {
	char name[TARPLAIN_PREFIX + 1 + TARPLAIN_NAME + 1];
	char link[TARPLAIN_NAME + 1];
};

/* Is the BLOCK the whole header of a file, directory, symlink or hard link, and
 * can it be read in one way only? Then OUT is the entry, with names in T. */
bool tarplain_read(const void *block, struct tarplain *t, struct entry *out);

#endif
