/* table.h - text in columns, for people.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/str.h"
#include "base/strlist.h"

struct table {
	const char *format;   /* a letter for each column: 'l' or 'r', the side
			       * that its texts are moved to */
	struct strlist cells; /* row by row */
};

/* Add a cell, the next of its row, and take TEXT, which is made harmless for a
 * terminal. */
void table_add(struct table *t, char *text);
/* Append the rows to OUT: two blanks between columns, none at the ends of
 * lines. */
void table_print(const struct table *t, struct str *out);
void table_clear(struct table *t);
AUTO_DEFINE(table, struct table, table_clear)

#endif
