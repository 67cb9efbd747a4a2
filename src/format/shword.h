/* shword.h - words of a shell script, expanded without a shell; part of shenv.
 * SPDX-License-Identifier: Apache-2.0
 *
 * As POSIX (XCU, 2.2 and 2.6) has them: quotes, variables and their defaults.
 * No commands, no tildes, no splitting.
 */
#ifndef FORMAT_SHWORD_H
#define FORMAT_SHWORD_H

#include "base/str.h"
#include "base/strlist.h"

#define SHWORD_BYTES_MAX (128u << 10) /* Linux' MAX_ARG_STRLEN */
#define SHWORD_DEPTH_MAX 16           /* of "${A:-${B:-...}}" */
/* What PATH is where nobody has set it. */
#define SHWORD_PATH \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* A place in a script. */
struct shword {
	const char *p, *end;
	const struct strlist *vars; /* NAME=VALUE, what can be expanded */
	const char *self;           /* the variable to which this is assigned:
				     * it may be unset */
	unsigned int depth;
};

/* Bytes of the identifier that TEXT begins with, of N; 0 if there is none. */
size_t shword_ident(const char *text, size_t n);
/* Go behind TEXT, if it is next. */
bool shword_take(struct shword *c, const char *text);
/* Is a character of SET next? NUL never is. */
bool shword_at(const struct shword *c, const char *set);
/* Go behind characters of SET. */
void shword_skip(struct shword *c, const char *set);
/* Go behind the identifier that is next; NULL if there is none. Caller
 * frees. */
char *shword_name(struct shword *c);
/* Go behind the word that is next, what is assigned to SELF; what it stands for
 * is added to OUT. -1 if it can't be told. */
int shword_value(struct shword *c, const char *self, struct str *out);

#endif
