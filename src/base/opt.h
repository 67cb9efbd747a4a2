/* opt.h - the option table: parsing, --help, the manual's OPTIONS section and
 * the bash completion, all from one table per tool.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A row's type is read off the field it sets, so a field of a type that the
 * table does not know stops the build:
 *
 *	OPT('a', "arch", struct cli, arch, "ARCH", "take the image for ARCH"),
 *
 * bool        --name, and --no-name for a row made with OPT_ON
 * int         --name N, 0 to INT_MAX
 * const char* --name TEXT (borrowed from argv)
 * struct opt_list  --name TEXT, repeatable; several rows may share one list,
 *             so that their order on the command line is kept
 *
 * Long options take "--name=VALUE" or "--name VALUE", letters "-a VALUE",
 * "-aVALUE", and flags may be bundled. Long names may be cut while unique.
 * "--" ends options. Every tool has --help, --version, -q/--quiet and
 * -v/--verbose without naming them.
 *
 * A row may name an environment variable and a configuration key ("pull.arch");
 * order of force: option, variable, user's file, site's file, built-in.
 *
 * A table that is long is divided: OPT_GROUP("Environment") stands over the
 * rows behind it in --help and in the manual.
 */
#ifndef BASE_OPT_H
#define BASE_OPT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum opt_type { OPT_BOOL, OPT_INT, OPT_STR, OPT_LIST };

struct opt_item {
	const char *name;  /* the option's long name, from the table */
	const char *value; /* borrowed from argv or the configuration */
};

struct opt_list { /* zeroed is empty; opt_list_clear frees the array */
	struct opt_item *v;
	size_t n;
	size_t cap;
};

struct opt {
	char letter;      /* 0 for none */
	const char *name; /* long name, whole words with '-'; NULL: a heading,
			   * which is in `help` */
	enum opt_type type;
	size_t offset;       /* of the field in the options struct */
	const char *arg;     /* "ARCH"; NULL for a flag */
	const char *help;    /* one sentence, lower case, no full stop */
	const char *env;     /* "CH_ARCH" or NULL */
	const char *key;     /* "pull.arch" or NULL */
	bool negatable;      /* --no-NAME exists too */
	bool optional_arg;   /* "--name[=ARG]", "" when left out */
	const char *env_too; /* variable of other programs; `env` wins */
	/* Is VALUE good, wherever it comes from? -1 with ERR_USAGE, "expected
	 * 1 to 16, found '99'"; option, variable or line is put in front. */
	int (*check)(const char *value, struct err *e);
};

#define OPT_TYPE_(T, f) \
	_Generic(((T *)0)->f, bool: OPT_BOOL, int: OPT_INT,                    \
		 const char *: OPT_STR, struct opt_list: OPT_LIST)
#define OPT_ROW(l, n, T, f, a, h, ...)                                         \
	{                                                                      \
		.letter = (l), .name = (n), .type = OPT_TYPE_(T, f),           \
		.offset = offsetof(T, f), .arg = (a), .help = (h), __VA_ARGS__ \
	}
#define OPT_GROUP(title)        \
	{                       \
		.help = (title) \
	}
#define OPT(l, n, T, f, a, h) OPT_ROW(l, n, T, f, a, h, .env = NULL)
#define OPT_ON(l, n, T, f, h) OPT_ROW(l, n, T, f, NULL, h, .negatable = true)
#define OPT_CONF(l, n, T, f, a, h, e, k) \
	OPT_ROW(l, n, T, f, a, h, .env = (e), .key = (k))
#define OPT_CHECK(l, n, T, f, a, h, e, k, c) \
	OPT_ROW(l, n, T, f, a, h, .env = (e), .key = (k), .check = (c))

struct tool {
	const char *name;     /* "ch-pull" */
	const char *verb;     /* "list" of "ch-image list", or NULL */
	const char *synopsis; /* "[OPTION...] REF [DEST]" */
	const char *about;    /* one sentence for --help and the manual */
	const struct opt *opts;
	size_t n_opts;
	const char *limits; /* the page that has them, "x(1)", or NULL */
	const char *notes;  /* lines shown below the options, or NULL */
	bool options_first; /* options end at the first other argument */
	int fail_status;    /* exit status of our failures; 0 means 1 */
	int usage_status;   /* of wrong usage; 0 means 2 */
	/* A tool of several verbs (verb.h); its own options are those that each
	 * of them has, too. */
	const struct tool *verbs;
	size_t n_verbs;
	int (*run)(void *o, int argc, char **argv, struct err *e); /* a verb */
};

struct opt_common {
	int verbosity;     /* -v counts up, -q is -1 */
	bool help;         /* --help was given */
	const char *style; /* of --help=STYLE: "", "man" or "bash" */
	bool version;
};

/* Parse ARGV into the struct O. ARGV is reordered so that the operands come
 * last; the result is the index of the first, or -1 (ERR_USAGE). */
MUST_CHECK int opt_parse(const struct tool *t, void *o, struct opt_common *c,
			 int argc, char **argv, struct err *e);

/* Set the row with configuration key KEY ("pull.arch") to VALUE, which must
 * live as long as O; WHERE ("file:line") is for the message. *KNOWN is false
 * and nothing happens if the table has no such key. */
MUST_CHECK int opt_set_key(const struct tool *t, void *o, const char *key,
			   const char *value, const char *where, bool *known,
			   struct err *e);
/* Set all rows that have variables from the environment. An empty variable
 * counts as unset. */
MUST_CHECK int opt_set_env(const struct tool *t, void *o, struct err *e);

/* Row I of T: its own rows, then those that every tool has, then NULL. */
const struct opt *opt_row(const struct tool *t, size_t i);

void opt_list_add(struct opt_list *l, const char *name, const char *value);
void opt_list_clear(struct opt_list *l);

/* --help (80 columns), the OPTIONS section in roff (man(7)), a bash completion
 * script. */
void opt_print_help(const struct tool *t, FILE *out);
void opt_print_man(const struct tool *t, FILE *out);
void opt_print_bash(const struct tool *t, FILE *out);

/* For `check`: a whole number from 1 to MAX, or one of the words A and B. */
MUST_CHECK int opt_check_number(const char *value, int max, struct err *e);
MUST_CHECK int opt_check_word(const char *value, const char *a, const char *b,
			      struct err *e);

#endif
