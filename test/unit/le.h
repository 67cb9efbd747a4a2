/* le.h - little-endian numbers, for what is made byte by byte.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_LE_H
#define TEST_LE_H

#include <stddef.h>
#include <stdint.h>

/* The lowest N bytes of V to P. */
static inline void le_put(void *p, size_t n, uint64_t v)
{
	unsigned char *out = p;

	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)(v >> 8 * i);
}

#endif
