/* dirread.h - a directory on disk as entries.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Directories come before what is in them, names in the order of their bytes,
 * the root first with the name "."; so the same tree gives the same entries.
 * Nothing is followed: each step is one name below a descriptor, O_NOFOLLOW.
 * Names of one file become hard links of the first. Holes of sparse files are
 * found (SEEK_HOLE). Mount points are crossed not: a directory on another file
 * system is an entry, what is in it is not.
 */
#ifndef LAYER_DIRREAD_H
#define LAYER_DIRREAD_H

#include "base/err.h"
#include "layer/entry.h"

#include <stdint.h>

enum dirread_owner {
	DIRREAD_ROOT, /* all is root's, but what user.rootlesscontainers says */
	DIRREAD_KEEP, /* as on disk */
};

struct dirread_stats {
	uint64_t sockets; /* left out */
	uint64_t mounts;  /* directories on other file systems, left empty */
};

struct dirread;

/* The tree in ROOT (O_RDONLY, the caller's). SKIP: paths from the root that are
 * left out with all below them, without a slash in front, ended by NULL; may
 * be NULL. STATS are counted up. A directory or file that can't be read is an
 * error (ERR_SYS), as is a file that changes while it is read (ERR_DIGEST): a
 * source that lies about a size would make a broken archive. Attributes are
 * those of attrs.h, of files and directories only; user.rootlesscontainers is
 * never given as one. More than TREE_DEPTH_MAX directories in one another are
 * ERR_LIMIT. Memory: the names of the directories on the way, and files some
 * of whose names are still to come. */
struct dirread *dirread_new(int root, enum dirread_owner owner,
			    const char *const *skip,
			    struct dirread_stats *stats);
void dirread_free(struct dirread *r);
AUTO_DEFINE_PTR(dirread, struct dirread, dirread_free)

/* Its source; R's as long as it lives. To begin anew, make a new one. */
struct entries dirread_entries(struct dirread *r);

#endif
