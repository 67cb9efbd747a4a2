/* log.c - what a tool tells about its work: warnings, notes, details.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/log.h"
#include "base/str.h"

#include <pthread.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS_MAX 512
#define COLUMNS_MIN 8 /* for less than this nothing is drawn */

static struct {
	const char *tool;
	enum log_level level;
	bool can_draw; /* stderr is a terminal that moves its cursor */
	pthread_mutex_t lock;
	size_t standing; /* under the lock: lines of the block on the screen */
} state = { .lock = PTHREAD_MUTEX_INITIALIZER };

void log_init(const char *tool, enum log_level level)
{
	const char *term = getenv("TERM");

	state.tool = tool;
	state.level = level;
	state.can_draw =
		isatty(STDERR_FILENO) && term && *term && !str_eq(term, "dumb");
}

bool log_on(enum log_level level)
{
	return state.level >= level;
}

/* One write, so that lines of several processes do not mix. There is no one to
 * tell when it fails. */
static void emit(const struct str *s)
{
	if (s->len && write(STDERR_FILENO, s->p, s->len) < 0)
		return;
}

/* A job that was put in the background leaves the screen to the shell. Where
 * stderr is not our controlling terminal, nobody else has it. */
static bool is_foreground(void)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);

	return group < 0 || group == getpgrp();
}

/* Go to where the block began (ECMA-48: CUU). What stands below is replaced or
 * erased by the caller. */
static void add_home(struct str *s)
{
	if (state.standing && is_foreground())
		str_addf(s, "\r\033[%zuA", state.standing);
	state.standing = 0;
}

PRINTF_LIKE(2, 0)
static void log_line(const char *label, const char *fmt, va_list ap)
{
	AUTO(str) struct str text = { 0 };
	AUTO(str) struct str line = { 0 };
	autostr char *safe = NULL;

	str_addv(&text, fmt, ap);
	safe = str_escape(str_text(&text));
	pthread_mutex_lock(&state.lock);
	add_home(&line);
	if (line.len)
		str_add(&line, "\033[J");
	str_addf(&line, "%s: %s%s\n", state.tool ? state.tool : "chassis",
		 label, safe);
	emit(&line);
	pthread_mutex_unlock(&state.lock);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	if (!log_on(LOG_WARN))
		return;
	va_start(ap, fmt);
	log_line("warning: ", fmt, ap);
	va_end(ap);
}

void log_note(const char *fmt, ...)
{
	va_list ap;

	if (!log_on(LOG_WARN))
		return;
	va_start(ap, fmt);
	log_line("", fmt, ap);
	va_end(ap);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	if (!log_on(LOG_INFO))
		return;
	va_start(ap, fmt);
	log_line("", fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!log_on(LOG_DEBUG))
		return;
	va_start(ap, fmt);
	log_line("", fmt, ap);
	va_end(ap);
}

bool log_terminal(size_t *columns, size_t *rows)
{
	struct winsize w = { 0 };

	*columns = 80;
	*rows = 24;
	if (!state.can_draw || !log_on(LOG_WARN) || !is_foreground())
		return false;
	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w))
		return true;
	if (w.ws_col)
		*columns = w.ws_col < COLUMNS_MAX ? w.ws_col : COLUMNS_MAX;
	if (w.ws_row)
		*rows = w.ws_row;
	return true;
}

/* Each line is erased behind its end (EL) and what is left of a longer block
 * after it (ED): nothing is erased that is drawn again, so nothing flickers. A
 * line of the full width would leave the cursor in the last column, where
 * terminals disagree about what comes next. */
static void add_block(struct str *s, const char *const *lines, size_t n,
		      size_t columns)
{
	char shown[COLUMNS_MAX];
	bool replaces;

	add_home(s);
	replaces = s->len > 0;
	for (size_t i = 0; i < n; i++) {
		str_escape_to(shown, columns, lines[i]);
		str_addf(s, "%s\033[K\n", shown);
	}
	if (replaces)
		str_add(s, "\033[J");
	state.standing = n;
}

void log_block(const char *const *lines, size_t n)
{
	AUTO(str) struct str s = { 0 };
	size_t columns, rows;

	pthread_mutex_lock(&state.lock);
	if (!log_terminal(&columns, &rows)) {
		state.standing = 0;
	} else {
		if (n >= rows)
			n = rows - 1;
		if (columns < COLUMNS_MIN)
			n = 0;
		add_block(&s, lines, n, columns);
		emit(&s);
	}
	pthread_mutex_unlock(&state.lock);
}

void log_out(const char *line)
{
	if (fputs(line, stdout) < 0 || fputc('\n', stdout) < 0 ||
	    fflush(stdout))
		return;
}
