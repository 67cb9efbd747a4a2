/* opt.c - the option table: parsing the command line, configuration keys and
 * environment variables into the fields that the rows name.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Not getopt_long(3): its table and messages are another's, and it can neither
 * say "--no-NAME" nor which of several lists' options came first.
 */
#include "config.h"

#include "base/mem.h"
#include "base/num.h"
#include "base/opt.h"
#include "base/str.h"

#include <limits.h>
#include <string.h>

#define NAME_SIZE 64 /* a long name with "no-"; ours, so a few words */
#define NEAR_MIN 3   /* characters in common that make a name a near one */

// clang-format off
static const struct opt common_rows[] = {
	OPT_ROW(0, "help", struct opt_common, style, "man|bash",
		"show this help, the manual's OPTIONS or a bash completion",
		.optional_arg = true),
	OPT('q', "quiet", struct opt_common, verbosity, NULL,
	    "show errors only"),
	OPT('v', "verbose", struct opt_common, verbosity, NULL,
	    "show more of what is done; twice for all of it"),
	OPT(0, "version", struct opt_common, version, NULL,
	    "show the version"),
};
// clang-format on

/* One run of the parser. */
struct parse {
	const struct tool *tool;
	void *opts;
	struct opt_common *common;
	int argc;
	char **argv;
	int at; /* the word being read */
};

/* A row under one of its names. */
struct match {
	const struct opt *row;
	bool negated;
	char name[NAME_SIZE];
};

const struct opt *opt_row(const struct tool *t, size_t i)
{
	if (i < t->n_opts)
		return &t->opts[i];
	i -= t->n_opts;
	return i < ARRAY_SIZE(common_rows) ? &common_rows[i] : NULL;
}

static bool is_common(const struct opt *row)
{
	for (size_t i = 0; i < ARRAY_SIZE(common_rows); i++)
		if (row == &common_rows[i])
			return true;
	return false;
}

/* The I-th long name of all rows, "no-NAME" counted as one; false behind the
 * last. */
static bool nth_name(const struct tool *t, size_t i, struct match *m)
{
	const struct opt *row;

	for (size_t r = 0; (row = opt_row(t, r)); r++) {
		size_t names = !row->name ? 0 : row->negatable ? 2 : 1;

		if (i >= names) {
			i -= names;
			continue;
		}
		m->row = row;
		m->negated = i > 0;
		snprintf(m->name, sizeof m->name, "%s%s", i ? "no-" : "",
			 row->name);
		return true;
	}
	return false;
}

/* How many of the first N characters A and B have in common. */
static size_t shared_prefix(const char *a, const char *b, size_t n)
{
	size_t i = 0;

	while (i < n && a[i] && a[i] == b[i])
		i++;
	return i;
}

/* Add a hint to E if one name is nearer than all others to the N characters at
 * NAME that are none: half of them in common, counted from the start. */
static void hint_near(const struct tool *t, const char *name, size_t n,
		      struct err *e)
{
	struct match m, near = { 0 };
	size_t best = 0;
	bool is_unique = false;

	for (size_t i = 0; nth_name(t, i, &m); i++) {
		size_t len = shared_prefix(m.name, name, n);

		if (len > best)
			near = m;
		is_unique = len > best || (is_unique && len < best);
		if (len > best)
			best = len;
	}
	if (is_unique && best >= NEAR_MIN && 2 * best >= n)
		err_hint(e, "did you mean '--%s'?", near.name);
}

/* Find the row that the N characters at NAME stand for: a name, or the start
 * of one only. */
static int find_long(const struct tool *t, const char *name, size_t n,
		     struct match *found, struct err *e)
{
	AUTO(str) struct str all = { 0 };
	struct match m;
	size_t count = 0;

	for (size_t i = 0; n && nth_name(t, i, &m); i++) {
		if (shared_prefix(m.name, name, n) < n)
			continue;
		*found = m;
		if (!m.name[n])
			return 0;
		str_addf(&all, "%s'--%s'", count++ ? " or " : "", m.name);
	}
	if (count == 1)
		return 0;
	if (count)
		return err_set(e, ERR_USAGE, "option '--%.*s' may be %s",
			       (int)n, name, str_text(&all));
	err_set(e, ERR_USAGE, "unknown option '--%.*s'", (int)n, name);
	hint_near(t, name, n, e);
	return -1;
}

static const struct opt *find_letter(const struct tool *t, char letter)
{
	const struct opt *row;

	for (size_t i = 0; (row = opt_row(t, i)); i++)
		if (row->letter && row->letter == letter)
			return row;
	return NULL;
}

void opt_list_add(struct opt_list *l, const char *name, const char *value)
{
	l->v = mem_grow(l->v, &l->cap, l->n + 1, sizeof *l->v);
	l->v[l->n++] = (struct opt_item){ .name = name, .value = value };
}

void opt_list_clear(struct opt_list *l)
{
	free(l->v);
	*l = (struct opt_list){ 0 };
}

static int parse_bool(const char *text, const char *what, bool *out,
		      struct err *e)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {
		{ "yes", true },    { "no", false }, { "true", true },
		{ "false", false }, { "on", true },  { "off", false },
		{ "1", true },      { "0", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(text, words[i].word))
			continue;
		*out = words[i].value;
		return 0;
	}
	return err_set(e, ERR_USAGE, "%s: expected 'yes' or 'no', found '%s'",
		       what, text);
}

/* Set the field of ROW in the struct BASE from text. */
static int set_value(const struct opt *row, void *base, const char *value,
		     const char *what, struct err *e)
{
	void *field = (char *)base + row->offset;
	uint64_t n;

	if (row->check && row->check(value, e))
		return err_ctx(e, "%s", what);
	switch (row->type) {
	case OPT_BOOL:
		return parse_bool(value, what, field, e);
	case OPT_INT:
		if (num_parse(value, INT_MAX, what, &n, e))
			return -1;
		*(int *)field = (int)n;
		return 0;
	case OPT_STR:
		*(const char **)field = value;
		return 0;
	case OPT_LIST:
		opt_list_add(field, row->name, value);
		return 0;
	}
	return 0;
}

/* The rows that every tool has, which do not just set a field. */
static void set_common(struct opt_common *c, const struct opt *row,
		       const char *value)
{
	if (row->letter == 'q') {
		c->verbosity = -1;
	} else if (row->letter == 'v') {
		c->verbosity = c->verbosity < 0 ? 1 : c->verbosity + 1;
	} else if (row->optional_arg) {
		c->help = true;
		c->style = value;
	} else {
		c->version = true;
	}
}

/* Carry out one option as given on the command line; VALUE is "" if there is
 * none, SHOWN is how the user wrote it. */
static int set_option(struct parse *p, const struct match *m, const char *value,
		      const char *shown, struct err *e)
{
	autostr char *what = str_fmt("option '%s'", shown);

	if (is_common(m->row)) {
		set_common(p->common, m->row, value);
		return 0;
	}
	if (m->row->type == OPT_BOOL && !m->row->arg) {
		*(bool *)((char *)p->opts + m->row->offset) = !m->negated;
		return 0;
	}
	return set_value(m->row, p->opts, value, what, e);
}

/* The value of an option: ATTACHED to it if not NULL, else the next word if the
 * row wants one, else "". */
static int take_value(struct parse *p, const struct opt *row,
		      const char *attached, const char *shown,
		      const char **value, struct err *e)
{
	*value = attached ? attached : "";
	if (attached && !row->arg)
		return err_set(e, ERR_USAGE, "option '%s' takes no argument",
			       shown);
	if (attached || !row->arg || row->optional_arg)
		return 0;
	if (p->at + 1 >= p->argc)
		return err_set(e, ERR_USAGE,
			       "option '%s' needs an argument (%s)", shown,
			       row->arg);
	*value = p->argv[++p->at];
	return 0;
}

/* "--name", "--name=value", "--name value", "--no-name" */
static int parse_long(struct parse *p, const char *word, struct err *e)
{
	const char *name = word + 2, *eq = strchr(name, '=');
	size_t n = eq ? (size_t)(eq - name) : strlen(name);
	autostr char *shown = NULL;
	const char *value;
	struct match m;

	if (find_long(p->tool, name, n, &m, e))
		return -1;
	shown = str_fmt("--%s", m.name);
	if (take_value(p, m.row, eq ? eq + 1 : NULL, shown, &value, e))
		return -1;
	return set_option(p, &m, value, shown, e);
}

/* "-a", "-abc", "-avalue", "-a value" */
static int parse_letters(struct parse *p, const char *word, struct err *e)
{
	for (const char *s = word + 1; *s; s++) {
		struct match m = { .row = find_letter(p->tool, *s) };
		const char shown[] = { '-', *s, 0 };
		const char *rest = NULL, *value;

		if (!m.row) {
			err_set(e, ERR_USAGE, "unknown option '%s'", shown);
			hint_near(p->tool, word + 1, strlen(word + 1), e);
			return -1;
		}
		if (m.row->arg && s[1])
			rest = s + 1;
		if (take_value(p, m.row, rest, shown, &value, e) ||
		    set_option(p, &m, value, shown, e))
			return -1;
		if (rest)
			return 0;
	}
	return 0;
}

int opt_parse(const struct tool *t, void *o, struct opt_common *c, int argc,
	      char **argv, struct err *e)
{
	struct parse p = {
		.tool = t,
		.opts = o,
		.common = c,
		.argc = argc,
		.argv = argv,
		.at = 1,
	};
	autostr char **operands = xcalloc((size_t)argc + 1, sizeof *operands);
	int first = argc > 0, n = 0;

	for (; p.at < argc; p.at++) {
		char *word = argv[p.at];
		int from = p.at;

		if (word[0] != '-' || !word[1]) {
			if (t->options_first)
				break;
			operands[n++] = word;
			continue;
		}
		if (!strcmp(word, "--")) {
			argv[first++] = argv[p.at++];
			break;
		}
		if (word[1] == '-' ? parse_long(&p, word, e)
				   : parse_letters(&p, word, e))
			return -1;
		while (from <= p.at)
			argv[first++] = argv[from++];
	}
	while (p.at < argc)
		operands[n++] = argv[p.at++];
	memcpy(argv + first, operands, n * sizeof *operands);
	return first;
}

int opt_set_key(const struct tool *t, void *o, const char *key,
		const char *value, const char *where, bool *known,
		struct err *e)
{
	autostr char *what = str_fmt("%s: %s", where, key);

	*known = false;
	for (size_t i = 0; i < t->n_opts; i++) {
		if (!str_eq(t->opts[i].key, key))
			continue;
		*known = true;
		if (!set_value(&t->opts[i], o, value, what, e))
			return 0;
		/* The command line is not at fault. */
		e->kind = ERR_FORMAT;
		return -1;
	}
	return 0;
}

/* From the variable NAME, if there is one. */
static int set_from(const struct opt *row, void *o, const char *name,
		    struct err *e)
{
	const char *value = name ? getenv(name) : NULL;

	return value && *value ? set_value(row, o, value, name, e) : 0;
}

int opt_set_env(const struct tool *t, void *o, struct err *e)
{
	for (size_t i = 0; i < t->n_opts; i++) {
		const struct opt *row = &t->opts[i];

		if (set_from(row, o, row->env_too, e) ||
		    set_from(row, o, row->env, e))
			return -1;
	}
	return 0;
}

int opt_check_number(const char *value, int max, struct err *e)
{
	struct err ignored = { 0 }; /* ours says the range */
	uint64_t n;

	if (!num_parse(value, (uint64_t)max, "", &n, &ignored) && n > 0)
		return 0;
	return err_set(e, ERR_USAGE, "expected 1 to %d, found '%s'", max,
		       value);
}

int opt_check_word(const char *value, const char *a, const char *b,
		   struct err *e)
{
	if (str_eq(value, a) || str_eq(value, b))
		return 0;
	return err_set(e, ERR_USAGE, "expected '%s' or '%s', found '%s'", a, b,
		       value);
}
