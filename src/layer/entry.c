/* entry.c - what a simple source of entries has in common with others.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/entry.h"

uint64_t entry_held(const struct entry *x)
{
	uint64_t sum = 0;

	if (!x->is_sparse)
		return x->size;
	for (size_t i = 0; i < x->n_extents; i++)
		sum += x->extents[i].n;
	return sum;
}

bool entry_no_xattr(void *ctx, const char **name, const void **value,
		    size_t *size)
{
	(void)ctx;
	(void)name;
	(void)value;
	(void)size;
	return false;
}
