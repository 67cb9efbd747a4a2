/* entry.c - what a simple source of entries has in common with others.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/entry.h"

bool entry_no_xattr(void *ctx, const char **name, const void **value,
		    size_t *size)
{
	(void)ctx;
	(void)name;
	(void)value;
	(void)size;
	return false;
}
