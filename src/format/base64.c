/* base64.c - base64 (RFC 4648, section 4), decoded.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/base64.h"

#include <string.h>

static int value_of(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

ssize_t base64_decode(const char *text, char *out)
{
	size_t n = strlen(text), len = 0;
	unsigned int bits = 0;

	for (int pad = 0; pad < 2 && n && text[n - 1] == '='; pad++)
		n--;
	if (n % 4 == 1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int v = value_of(text[i]);

		if (v < 0)
			return -1;
		bits = bits << 6 | (unsigned int)v;
		if (i % 4)
			out[len++] = (char)(bits >> (6 - 2 * (i % 4)));
	}
	return (ssize_t)len;
}
