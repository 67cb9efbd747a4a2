/* progline.h - the lines that show how far a pull is, made from numbers and the
 * terminal's size. Pure: no clock, no terminal.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef IMAGE_PROGLINE_H
#define IMAGE_PROGLINE_H

#include "base/strlist.h"

#include <stdint.h>

#define PROGLINE_DIGEST 12 /* digits shown */

struct progline {
	const char *name;  /* "layer 2 of 5" */
	const char *hex;   /* its digest's digits, or "" */
	const char *doing; /* "waiting for ch-pull 4711", "unpacking"; or NULL
			    */
	uint64_t size;     /* 0: not known */
	uint64_t received;
	int64_t rate; /* bytes a second, METER_UNKNOWN or more */
};

/* Seconds until SIZE bytes are there; -1 if there is no telling: no size, no
 * rate, or more than 99 hours. */
int64_t progline_left(const struct progline *l);

/* Append to OUT a line for each of the N at V and one for TOTAL, in columns:
 * name, digest, a bar, bytes, rate, time left; `doing` stands in place of the
 * last two, in TOTAL behind them. A narrower terminal gets no bar, then no
 * digest, then no rate; bytes become a percentage, the time goes, and names are
 * cut in the middle; in one of less than 20 COLUMNS there is only the
 * total. No line has more than COLUMNS - 1 bytes and they are at most ROWS - 1
 * lines: the first of V and "and 7 more". A TOTAL without size that does
 * nothing makes no line, nor does a terminal of less than 8 COLUMNS. */
void progline_block(const struct progline *v, size_t n,
		    const struct progline *total, size_t columns, size_t rows,
		    struct strlist *out);

/* "0.02 s", "2.9 s", "12 s", "3 min". Caller frees. */
char *progline_time(int64_t ms);

#endif
