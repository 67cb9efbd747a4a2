/* t_log.c - base/log: a block of lines on a terminal, as a terminal shows it.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Standard error is a pseudo-terminal of a size of our choice; what was written
 * is played on a small screen that knows the controls which log.c uses and
 * takes offence at any others, and at a character in the last column.
 */
#include "config.h"

#include "base/log.h"
#include "base/str.h"
#include "pty.h"
#include "tap.h"

#define ROWS_MAX 30
#define COLUMNS_MAX 300

struct screen {
	char v[ROWS_MAX][COLUMNS_MAX];
	size_t x, y;
	size_t columns, rows;
	bool bad;
};

struct terminal {
	struct pty pty;
	struct screen screen;
};

static void put_char(struct screen *s, char c)
{
	if (s->x + 1 >= s->columns || s->y >= s->rows)
		s->bad = true;
	else
		s->v[s->y][s->x++] = c;
}

static void new_line(struct screen *s)
{
	s->x = 0;
	if (++s->y < s->rows)
		return;
	s->y--;
	memmove(s->v[0], s->v[1], (s->rows - 1) * sizeof s->v[0]);
	memset(s->v[s->rows - 1], 0, sizeof s->v[0]);
}

/* ESC [ N LETTER; returns the length. */
static size_t control(struct screen *s, const char *p)
{
	char *end;
	unsigned long n = strtoul(p + 2, &end, 10);

	if (p[1] != '[')
		s->bad = true;
	if (*end == 'A')
		s->y -= n < s->y ? n : s->y;
	else if (*end == 'K' || *end == 'J')
		memset(s->v[s->y] + s->x, 0, COLUMNS_MAX - s->x);
	else
		s->bad = true;
	for (size_t y = s->y + 1; *end == 'J' && y < s->rows; y++)
		memset(s->v[y], 0, sizeof s->v[y]);
	return (size_t)(end - p) + 1;
}

static void play(struct screen *s, const char *p)
{
	while (*p) {
		if (*p == '\033') {
			p += control(s, p);
			continue;
		}
		if (*p == '\n')
			new_line(s);
		else if (*p == '\r')
			s->x = 0;
		else if ((unsigned char)*p < 0x20)
			s->bad = true;
		else
			put_char(s, *p);
		p++;
	}
}

static void resize(struct terminal *t, size_t columns, size_t rows)
{
	if (!pty_resize(&t->pty, columns, rows))
		t->screen.bad = true;
	t->screen.columns = columns;
	t->screen.rows = rows;
}

/* What stands on the screen, lines joined by '|', up to where the cursor is. */
static void shows(struct terminal *t, const char *want, const char *what)
{
	autostr char *written = pty_read(&t->pty);
	AUTO(str) struct str got = { 0 };

	play(&t->screen, written);
	for (size_t y = 0; y <= t->screen.y; y++)
		str_addf(&got, "%s%s", y ? "|" : "", t->screen.v[y]);
	is(str_text(&got), want, what);
	ok(!t->screen.bad && !t->screen.x, "... and nothing else is done");
}

static void writes(struct terminal *t, const char *want, const char *what)
{
	autostr char *got = pty_read(&t->pty);

	is(got, want, what);
}

static void test_redraw(struct terminal *t)
{
	log_block(NULL, 0);
	writes(t, "", "no block, nothing to wipe");
	log_block((const char *[]){ "one", "two" }, 2);
	shows(t, "one|two|", "a block");
	log_block((const char *[]){ "1", "two!", "three" }, 3);
	shows(t, "1|two!|three|", "a longer one in its place");
	log_warn("%s", "beware");
	shows(t, "ch-test: warning: beware|", "a log line takes its place");
	log_block((const char *[]){ "a", "b" }, 2);
	shows(t, "ch-test: warning: beware|a|b|", "below which it goes on");
	log_block((const char *[]){ "c" }, 1);
	shows(t, "ch-test: warning: beware|c|", "a shorter one");
	log_block(NULL, 0);
	shows(t, "ch-test: warning: beware|", "wiped");
	log_note("%s", "done");
	writes(t, "ch-test: done\n", "without a block no controls");
}

static void test_size(struct terminal *t)
{
	t->screen = (struct screen){ 0 };
	resize(t, 10, 4);
	log_block((const char *[]){ "123456789", "1234567890", "\033[2J", "x" },
		  4);
	shows(t, "123456789|123456...|\\x1b[2J|",
	      "cut to the width, to the height, and made harmless");
	resize(t, 30, 4);
	log_block((const char *[]){ "1234567890", "\xe5\xb1\xa4" }, 2);
	shows(t, "1234567890|\xe5\xb1\xa4|", "a window that has grown");
	resize(t, 7, 4);
	log_block((const char *[]){ "1" }, 1);
	shows(t, "", "too narrow: wiped");
	resize(t, 80, 1);
	log_block((const char *[]){ "1" }, 1);
	writes(t, "", "too low");
	resize(t, 80, 24);
}

static void test_bytes(struct terminal *t)
{
	log_block((const char *[]){ "a", "b" }, 2);
	writes(t, "a\033[K\nb\033[K\n", "the first time");
	log_block((const char *[]){ "a" }, 1);
	writes(t, "\r\033[2Aa\033[K\n\033[J",
	       "again: up, drawn over, rest "
	       "erased");
	log_block(NULL, 0);
	writes(t, "\r\033[1A\033[J", "wiped");
}

static void test_nowhere(struct terminal *t)
{
	size_t columns, rows;

	log_init("ch-test", LOG_QUIET);
	log_block((const char *[]){ "a" }, 1);
	log_note("b");
	writes(t, "", "nothing with -q");
	ok(!log_terminal(&columns, &rows), "no terminal with -q");
	setenv("TERM", "dumb", 1);
	log_init("ch-test", LOG_WARN);
	log_block((const char *[]){ "a" }, 1);
	writes(t, "", "nothing on a dumb terminal");
	unsetenv("TERM");
	log_init("ch-test", LOG_WARN);
	ok(!log_terminal(&columns, &rows), "nor on an unknown one");
}

int main(void)
{
	struct terminal t = { 0 };
	size_t columns, rows;

	if (!pty_open(&t.pty)) {
		tap_skip("a block on a terminal", "no pseudo-terminals here");
		return tap_done();
	}
	setenv("TERM", "xterm", 1);
	log_init("ch-test", LOG_WARN);
	ok(log_terminal(&columns, &rows) && columns == 80 && rows == 24,
	   "80 by 24 if the terminal does not say");
	resize(&t, 132, 20);
	ok(log_terminal(&columns, &rows) && columns == 132 && rows == 20,
	   "else as it says");
	test_redraw(&t);
	test_size(&t);
	test_bytes(&t);
	test_nowhere(&t);
	pty_close(&t.pty);
	return tap_done();
}
