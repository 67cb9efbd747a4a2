/* shskip.c - pass over commands of a shell script that are not understood.
 * SPDX-License-Identifier: Apache-2.0
 *
 * What matters is whether a later line is inside of something. Reserved words
 * count where a command begins (XCU, 2.4); what closes counts for what was
 * opened last. In doubt something stays open, and what follows is not taken for
 * what the shell would do in any case.
 */
#include "config.h"

#include "format/shskip.h"

#include <string.h>

#define BREAKS " \t\r\n;&|<>()"

enum place {
	PLACE_COMMAND, /* a reserved word would count */
	PLACE_NAME,    /* of a function, then a command */
	PLACE_WORDS,   /* words of a command */
};

// clang-format off
static const struct {
	const char *word;
	char opens, closes;
	enum place then;
} reserved[] = {
	{ "if",       'i', 0,   PLACE_COMMAND },
	{ "fi",       0,   'i', PLACE_WORDS },
	{ "while",    'd', 0,   PLACE_COMMAND },
	{ "until",    'd', 0,   PLACE_COMMAND },
	{ "for",      'd', 0,   PLACE_WORDS },
	{ "select",   'd', 0,   PLACE_WORDS },
	{ "done",     0,   'd', PLACE_WORDS },
	{ "case",     'c', 0,   PLACE_WORDS },
	{ "esac",     0,   'c', PLACE_WORDS },
	{ "{",        '{', 0,   PLACE_COMMAND },
	{ "}",        0,   '{', PLACE_WORDS },
	{ "then",     0,   0,   PLACE_COMMAND },
	{ "elif",     0,   0,   PLACE_COMMAND },
	{ "else",     0,   0,   PLACE_COMMAND },
	{ "do",       0,   0,   PLACE_COMMAND },
	{ "!",        0,   0,   PLACE_COMMAND },
	{ "function", 0,   0,   PLACE_NAME },
};
// clang-format on

static void close_last(struct str *open, char what)
{
	if (open->len && open->p[open->len - 1] == what)
		open->len--;
}

/* The word of N bytes where a command begins; where we are then. */
static enum place command(const char *word, size_t n, struct str *open)
{
	for (size_t i = 0; i < ARRAY_SIZE(reserved); i++) {
		if (strlen(reserved[i].word) != n ||
		    memcmp(reserved[i].word, word, n) != 0)
			continue;
		if (reserved[i].opens)
			str_addc(open, reserved[i].opens);
		if (reserved[i].closes)
			close_last(open, reserved[i].closes);
		return reserved[i].then;
	}
	return PLACE_WORDS;
}

/* To behind the quotes that open at C. */
static void skip_quotes(struct shword *c)
{
	char quote = *c->p++;

	for (; c->p < c->end && *c->p != quote; c->p++)
		if (*c->p == '\\' && quote != '\'' && c->p + 1 < c->end)
			c->p++;
	if (c->p < c->end)
		c->p++;
}

/* To behind the word that is next. */
static void skip_word(struct shword *c)
{
	while (c->p < c->end && !shword_at(c, BREAKS)) {
		if (*c->p == '\\' && c->p + 1 < c->end)
			c->p += 2;
		else if (shword_at(c, "'\"`"))
			skip_quotes(c);
		else
			c->p++;
	}
}

/* One of BREAKS but blanks and line ends; where we are then. */
static enum place operator(struct shword *c, struct str *open, enum place place)
{
	switch (*c->p++) {
	case '(':
		str_addc(open, '(');
		return PLACE_COMMAND;
	case ')':
		/* In a case, it ends a pattern. */
		close_last(open, '(');
		return PLACE_COMMAND;
	case '<':
		if (shword_take(c, "<<"))
			return place;
		if (shword_take(c, "<"))
			c->p = c->end;
		return place;
	case '>':
		shword_take(c, "&");
		return place;
	default:
		return PLACE_COMMAND;
	}
}

/* What is next on the line; *GOES_ON: the command needs another line. */
static void token(struct shword *c, struct str *open, enum place *place,
		  bool *goes_on)
{
	const char *start = c->p;

	if (shword_at(c, BREAKS)) {
		*goes_on = shword_take(c, "&&") || *start == '|';
		c->p = start;
		*place = operator(c, open, *place);
		if (*goes_on)
			shword_skip(c, "&|");
		return;
	}
	*goes_on = false;
	skip_word(c);
	if (*place == PLACE_COMMAND)
		*place = command(start, (size_t)(c->p - start), open);
	else if (*place == PLACE_NAME)
		*place = PLACE_COMMAND;
}

void shskip_line(struct shword *c, struct str *open)
{
	enum place place = PLACE_COMMAND;
	bool goes_on = false;

	for (;;) {
		shword_skip(c, goes_on ? " \t\r\n" : " \t\r");
		if (shword_at(c, "#"))
			while (c->p < c->end && *c->p != '\n')
				c->p++;
		if (c->p == c->end || (*c->p == '\n' && !goes_on))
			return;
		if (*c->p != '\n')
			token(c, open, &place, &goes_on);
	}
}
