/* toml.h - the part of TOML 1.0 that configuration of container tools uses.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read: comments, [tables], [[arrays of tables]], bare, quoted and dotted keys,
 * "basic" and 'literal' strings, booleans, decimal integers, arrays over
 * several lines. Valid TOML that is not read - strings in three quotes, escaped
 * code points, inline tables, arrays in arrays, floats, dates, integers of
 * other bases - is refused by name and line, and so is a key that is defined
 * twice. Pure. Text beyond ASCII is taken as it is.
 */
#ifndef FORMAT_TOML_H
#define FORMAT_TOML_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOML_BYTES_MAX (1u << 20)
#define TOML_DEPTH_MAX 16
#define TOML_VALUES_MAX 8192

enum toml_type { TOML_TABLE, TOML_ARRAY, TOML_STRING, TOML_BOOL, TOML_INT };

struct toml {
	enum toml_type type;
	int line;        /* where it stands, from 1 */
	char *key;       /* in its table; NULL in an array */
	char *text;      /* of a string */
	int64_t number;  /* of an integer; 0 or 1 of a boolean */
	struct toml **v; /* members of a table, items of an array */
	size_t n;
	size_t cap;
	bool is_headed; /* a table or array that a header has made */
};

/* The whole of TEXT, N bytes, as a table. ERR_FORMAT "NAME:LINE: ...",
 * ERR_LIMIT for the limits above. Caller frees. */
MUST_CHECK struct toml *toml_parse(const char *name, const char *text, size_t n,
				   struct err *e);
void toml_free(struct toml *t);
AUTO_DEFINE_PTR(toml, struct toml, toml_free)

/* The member KEY of TABLE, borrowed, or NULL. */
const struct toml *toml_get(const struct toml *table, const char *key);
/* "a string", "a table": for messages. */
const char *toml_type_text(enum toml_type type);

#endif
