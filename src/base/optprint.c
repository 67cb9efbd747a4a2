/* optprint.c - the option table as text: --help, the manual's OPTIONS section
 * and the bash completion.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/opt.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

#define WIDTH 80
#define COLUMN_MAX 30 /* of the help texts; longer names get their own line */

/* Terminal columns of N bytes of text, one for each UTF-8 character. */
static size_t columns(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += (s[i] & 0xc0) != 0x80;
	return count;
}

/* Print the words of one line of TEXT from column AT on, broken before WIDTH;
 * further lines begin at INDENT. Returns what is behind the line. */
static const char *print_line(FILE *out, const char *text, size_t at,
			      size_t indent)
{
	bool is_first = true;

	while (*text && *text != '\n') {
		size_t n = strcspn(text, " \n"), blanks;
		size_t width = columns(text, n);

		if (!is_first && at + 1 + width > WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!is_first) {
			fputc(' ', out);
			at++;
		}
		fwrite(text, 1, n, out);
		at += width;
		is_first = false;
		blanks = strspn(text + n, " ");
		text += n + blanks;
	}
	fputc('\n', out);
	return *text ? text + 1 : text;
}

/* Lines as they stand, broken where they are too long. */
static void print_lines(FILE *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n"), blanks = strspn(text, " ");

		if (columns(text, n) <= WIDTH) {
			fprintf(out, "%.*s\n", (int)n, text);
			text += n + (text[n] != 0);
			continue;
		}
		fprintf(out, "%*s", (int)blanks, "");
		text = print_line(out, text + blanks, blanks, blanks);
	}
}

/* What stands over the rows that every tool has, if the tool's own have
 * headings. */
#define COMMON "General"

static const char *heading(const struct tool *t, size_t i)
{
	bool is_divided = t->n_opts && !t->opts[0].name;

	if (i < t->n_opts)
		return t->opts[i].name ? NULL : t->opts[i].help;
	return is_divided && i == t->n_opts ? COMMON : NULL;
}

/* "  -a, --arch=ARCH" */
static char *help_name(const struct opt *row)
{
	struct str s = { 0 };

	if (row->letter)
		str_addf(&s, "  -%c, ", row->letter);
	else
		str_add(&s, "      ");
	str_addf(&s, "--%s%s", row->negatable ? "[no-]" : "", row->name);
	if (row->arg)
		str_addf(&s, row->optional_arg ? "[=%s]" : "=%s", row->arg);
	return str_take(&s);
}

static size_t help_column(const struct tool *t)
{
	const struct opt *row;
	size_t widest = 0;

	for (size_t i = 0; (row = opt_row(t, i)); i++) {
		autostr char *name = row->name ? help_name(row) : NULL;
		size_t n = name ? strlen(name) + 2 : 0;

		if (n <= COLUMN_MAX && n > widest)
			widest = n;
	}
	return widest;
}

static void print_help_row(FILE *out, const struct opt *row, size_t column)
{
	autostr char *name = help_name(row);

	if (strlen(name) + 2 > column)
		fprintf(out, "%s\n%*s", name, (int)column, "");
	else
		fprintf(out, "%-*s", (int)column, name);
	print_line(out, row->help, column, column);
}

static void print_help_rows(FILE *out, const struct tool *t)
{
	size_t column = help_column(t);
	const struct opt *row;

	for (size_t i = 0; (row = opt_row(t, i)); i++) {
		const char *title = heading(t, i);

		if (title)
			fprintf(out, "%s%s:\n", i ? "\n" : "", title);
		if (row->name)
			print_help_row(out, row, column);
	}
}

/* "ch-image", or "ch-image list". Caller frees. */
static char *full_name(const struct tool *t)
{
	return str_fmt("%s%s%s", t->name, t->verb ? " " : "",
		       t->verb ? t->verb : "");
}

static void print_verbs(const struct tool *t, FILE *out)
{
	size_t column = 0;

	for (size_t i = 0; i < t->n_verbs; i++) {
		size_t n = strlen(t->verbs[i].verb) + 4;

		column = n > column ? n : column;
	}
	for (size_t i = 0; i < t->n_verbs; i++) {
		fprintf(out, "  %-*s", (int)column - 2, t->verbs[i].verb);
		print_line(out, t->verbs[i].about, column, column);
	}
	if (t->n_verbs)
		fprintf(out,
			"\nOptions of all verbs; '%s VERB --help' has the "
			"others:\n",
			t->name);
}

void opt_print_help(const struct tool *t, FILE *out)
{
	autostr char *name = full_name(t);
	size_t indent = strlen("Usage:  ") + strlen(name);

	fprintf(out, "Usage: %s ", name);
	print_line(out, t->synopsis, indent, indent);
	print_lines(out, t->about);
	fputc('\n', out);
	print_verbs(t, out);
	print_help_rows(out, t);
	if (!t->notes)
		return;
	fputc('\n', out);
	print_lines(out, t->notes);
}

/* One character of text for roff. The escapes are those of groff_char(7) and
 * mandoc_char(7) for what would otherwise be a control line, an escape or a
 * typographic character that can't be copied into a shell. */
static void roff_char(FILE *out, char c)
{
	static const struct {
		char from;
		const char *to;
	} special[] = {
		{ '\\', "\\e" },   { '-', "\\-" },   { '.', "\\&." },
		{ '\'', "\\(aq" }, { '`', "\\(ga" }, { '^', "\\(ha" },
		{ '~', "\\(ti" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(special); i++) {
		if (special[i].from != c)
			continue;
		fputs(special[i].to, out);
		return;
	}
	fputc(c, out);
}

static void roff_text(FILE *out, const char *s)
{
	for (; *s; s++)
		roff_char(out, *s);
}

static void roff_font(FILE *out, char font, const char *s)
{
	fprintf(out, "\\f%c", font);
	roff_text(out, s);
	fputs("\\fR", out);
}

/* A help text as a sentence. */
static void roff_sentence(FILE *out, const char *s)
{
	size_t n = strlen(s);

	if (n)
		roff_char(out, (char)toupper((unsigned char)s[0]));
	roff_text(out, n ? s + 1 : s);
	if (n && !strchr(".:!?", s[n - 1]))
		fputc('.', out);
	fputc('\n', out);
}

/* "Also $CH_ARCH, or arch = under [pull] in the configuration." */
static void roff_elsewhere(FILE *out, const struct opt *row)
{
	const char *dot = row->key ? strchr(row->key, '.') : NULL;

	if (!row->env && !dot)
		return;
	fputs("Also ", out);
	if (row->env) {
		fputs("$", out);
		roff_font(out, 'B', row->env);
	}
	if (row->env_too) {
		fputs(" or $", out);
		roff_font(out, 'B', row->env_too);
	}
	if (row->env && dot)
		fputs(", or ", out);
	if (dot) {
		autostr char *section =
			str_fmt("[%.*s]", (int)(dot - row->key), row->key);

		roff_font(out, 'B', dot + 1);
		fputs(" = under ", out);
		roff_font(out, 'B', section);
		fputs(" in the configuration", out);
	}
	fputs(".\n", out);
}

static void roff_row(FILE *out, const struct opt *row)
{
	autostr char *name = str_fmt("--%s", row->name);
	autostr char *opposite = str_fmt("--no-%s", row->name);
	const char letter[] = { '-', row->letter, 0 };

	fputs(".TP\n", out);
	if (row->letter) {
		roff_font(out, 'B', letter);
		fputs(", ", out);
	}
	roff_font(out, 'B', name);
	if (row->arg) {
		fputs(row->optional_arg ? "[=" : "=", out);
		roff_font(out, 'I', row->arg);
		fputs(row->optional_arg ? "]" : "", out);
	}
	if (row->negatable) {
		fputs(", ", out);
		roff_font(out, 'B', opposite);
	}
	fputc('\n', out);
	roff_sentence(out, row->help);
	roff_elsewhere(out, row);
}

/* Has the tool T a row of that name itself? */
static bool has_row(const struct tool *t, const char *name)
{
	const struct opt *row;

	for (size_t i = 0; (row = opt_row(t, i)); i++)
		if (str_eq(row->name, name))
			return true;
	return false;
}

/* The verb V of T, with those of its options that not all verbs have. */
static void roff_verb(FILE *out, const struct tool *t, const struct tool *v)
{
	fputs(".SS \"", out);
	roff_text(out, v->verb);
	fputc(' ', out);
	roff_text(out, v->synopsis);
	fputs("\"\n", out);
	roff_sentence(out, v->about);
	if (v->notes) {
		fputs(".PP\n", out);
		roff_text(out, v->notes);
		fputc('\n', out);
	}
	for (size_t i = 0; i < v->n_opts; i++)
		if (!has_row(t, v->opts[i].name))
			roff_row(out, &v->opts[i]);
}

void opt_print_man(const struct tool *t, FILE *out)
{
	const struct opt *row;

	if (t->n_verbs)
		fputs(".SH VERBS\n", out);
	for (size_t i = 0; i < t->n_verbs; i++)
		roff_verb(out, t, &t->verbs[i]);
	fputs(".SH OPTIONS\n", out);
	for (size_t i = 0; (row = opt_row(t, i)); i++) {
		const char *title = heading(t, i);

		if (title)
			fprintf(out, ".SS %s\n", title);
		if (row->name)
			roff_row(out, row);
	}
}

/* The words of the long options: "--name", or "--name=" where a value must
 * follow, which then gets no blank. */
static void bash_words(FILE *out, const struct tool *t)
{
	const struct opt *row;

	for (size_t i = 0; (row = opt_row(t, i)); i++) {
		bool wants_value = row->arg && !row->optional_arg;

		if (!row->name)
			continue;
		fprintf(out, "\t\t--%s%s\n", row->name, wants_value ? "=" : "");
		if (row->negatable)
			fprintf(out, "\t\t--no-%s\n", row->name);
	}
}

/* Which verb has been typed decides about the options. */
static void bash_verbs(FILE *out, const struct tool *t)
{
	fputs("\tlocal verb= i\n"
	      "\tlocal verbs=\"",
	      out);
	for (size_t i = 0; i < t->n_verbs; i++)
		fprintf(out, "%s%s", i ? " " : "", t->verbs[i].verb);
	fputs("\"\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\t[[ \" $verbs \" != *\" ${COMP_WORDS[i]} \"* ]] ||\n"
	      "\t\t\t{ verb=${COMP_WORDS[i]}; break; }\n"
	      "\tdone\n"
	      "\tcase $verb in\n",
	      out);
	for (size_t i = 0; i < t->n_verbs; i++) {
		fprintf(out, "\t%s) options=\"\n", t->verbs[i].verb);
		bash_words(out, &t->verbs[i]);
		fputs("\t\t\" ;;\n", out);
	}
	fputs("\tesac\n"
	      "\tif [[ -z $verb && $word != -* ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$verbs\" -- \"$word\"))\n"
	      "\t\treturn 0\n"
	      "\tfi\n",
	      out);
}

/* Where the function offers nothing, "-o default" makes readline complete file
 * names. */
void opt_print_bash(const struct tool *t, FILE *out)
{
	autostr char *function = str_fmt("_%s", t->name);

	for (char *p = function; *p; p++)
		if (*p == '-')
			*p = '_';
	fprintf(out, "# bash completion for %s\n%s()\n{\n", t->name, function);
	fputs("\tlocal word=${COMP_WORDS[COMP_CWORD]}\n"
	      "\tlocal options=\"\n",
	      out);
	bash_words(out, t);
	fputs("\t\"\n"
	      "\tCOMPREPLY=()\n",
	      out);
	if (t->n_verbs)
		bash_verbs(out, t);
	fputs("\t[[ $word == -* ]] || return 0\n"
	      "\tCOMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
	      "\t[[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace\n"
	      "}\n",
	      out);
	fprintf(out, "complete -o default -F %s %s\n", function, t->name);
}
