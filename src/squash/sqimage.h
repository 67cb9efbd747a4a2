/* sqimage.h - what an open squashfs image is; for the files of this folder.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef SQUASH_SQIMAGE_H
#define SQUASH_SQIMAGE_H

#include "format/sqfshdr.h"
#include "squash/sqread.h"

/* Nothing changes after sqfile_open but what the caches and workers guard. */
struct sqfile {
	struct sqread read;
	struct sqfshdr header;
	uint32_t *ids;      /* header.n_ids of them */
	uint64_t xattrs_at; /* the table of names and values */
	uint32_t n_sets;    /* of xattrs; 0 if there are none */
};

#endif
