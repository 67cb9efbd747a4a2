/* num.h - text to numbers and sizes to text; strict, no locale.
 * SPDX-License-Identifier: Apache-2.0
 *
 * No blanks, no sign where none is meant, no empty text, nothing behind the
 * number; overflow is an error. WHAT names the value in the message:
 * "WHAT: not a number: 'x'". All errors are ERR_USAGE.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include "base/err.h"

#include <stdint.h>

/* Decimal, 0 to MAX. */
MUST_CHECK int num_parse(const char *text, uint64_t max, const char *what,
			 uint64_t *out, struct err *e);
/* Bytes: decimal with an optional suffix K, M, G, T (powers of 1024, either
 * case, "KiB" and "KB" accepted as the same). */
MUST_CHECK int num_parse_size(const char *text, const char *what, uint64_t *out,
			      struct err *e);
/* Seconds: decimal with an optional suffix s, m, h. */
MUST_CHECK int num_parse_seconds(const char *text, const char *what,
				 uint64_t *out, struct err *e);
/* "512 B", "4.2 KiB", "499 MiB"; at most three digits before the unit.
 * Caller frees. */
char *num_size_text(uint64_t bytes);
/* "12 s", "3 min", "1 h 05 min", "4 days". Caller frees. */
char *num_seconds_text(uint64_t seconds);

#endif
