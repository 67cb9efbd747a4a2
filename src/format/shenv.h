/* shenv.h - the variables that a shell script exports, read without a shell.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Scripts of images set the environment (/.singularity.d/env, /etc/profile.d),
 * mostly with nothing but
 *
 *	export NAME="value:$NAME"
 *	NAME=value; export NAME
 *	export NAME="${NAME:-value}"
 *	test -n "${NAME:-}" || export NAME=value
 *
 * Lines like these, outside of any if, for, case, function or subshell and not
 * behind && or ||, are read as POSIX (XCU, 2.2 and 2.6) has them. The rest is
 * counted and left out: commands in values, variables that nobody set, any
 * other command, and all behind a here-document. Nothing is executed.
 */
#ifndef FORMAT_SHENV_H
#define FORMAT_SHENV_H

#include "base/err.h"
#include "base/strlist.h"
#include "format/shword.h"

#include <stdbool.h>
#include <stddef.h>

#define SHENV_TEXT_MAX (1u << 20) /* bytes in a script */
#define SHENV_VALUE_MAX SHWORD_BYTES_MAX
#define SHENV_BYTES_MAX (4u << 20) /* in all values that are ever set */
#define SHENV_VARS_MAX 1024
#define SHENV_PATH SHWORD_PATH

struct shenv {
	struct strlist vars;     /* NAME=VALUE, exported or not */
	struct strlist exported; /* names, the first first */
	size_t bytes;            /* counted towards SHENV_BYTES_MAX */
	size_t lost;             /* commands that were not understood */
};

void shenv_clear(struct shenv *s);
AUTO_DEFINE(shenv, struct shenv, shenv_clear)

/* Set and export ITEM, "NAME=VALUE", as if a script had done it. What is no
 * identifier, and what is more than a limit allows, counts as lost. */
void shenv_set(struct shenv *s, const char *item);
/* Read N bytes of a script after what S has read so far. What is more than a
 * limit allows is a lost command; a script of more than SHENV_TEXT_MAX is one.
 */
void shenv_read(struct shenv *s, const char *text, size_t n);
/* What is exported and has a value, "NAME=VALUE", added to OUT. */
void shenv_list(const struct shenv *s, struct strlist *out);

/* Bytes of the identifier that TEXT begins with, of N; 0 if there is none. */
size_t shenv_name(const char *text, size_t n);

#endif
