/* log.c - what a tool tells about its work: warnings, notes, details.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/log.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ECMA-48: to the first column, erase to the end of the line. */
#define WIPE "\r\033[K"
#define PROGRESS_MAX 256

static struct {
	const char *tool;
	enum log_level level;
	bool is_terminal;
	atomic_bool has_progress; /* a progress line stands on the terminal */
} state;

void log_init(const char *tool, enum log_level level)
{
	state.tool = tool;
	state.level = level;
	state.is_terminal = isatty(STDERR_FILENO);
}

bool log_on(enum log_level level)
{
	return state.level >= level;
}

/* One write, so that lines of several processes do not mix. There is no one to
 * tell when it fails. */
static void emit(const struct str *s)
{
	if (write(STDERR_FILENO, s->p, s->len) < 0)
		return;
}

PRINTF_LIKE(2, 0)
static void log_line(const char *label, const char *fmt, va_list ap)
{
	AUTO(str) struct str text = { 0 };
	AUTO(str) struct str line = { 0 };
	autostr char *safe = NULL;

	str_addv(&text, fmt, ap);
	safe = str_escape(str_text(&text));
	str_addf(&line, "%s%s: %s%s\n",
		 atomic_exchange(&state.has_progress, false) ? WIPE : "",
		 state.tool ? state.tool : "chassis", label, safe);
	emit(&line);
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

/* A line that wraps could not be wiped: cut it to the width, asked for each
 * time because windows change. */
static size_t progress_size(void)
{
	struct winsize w = { 0 };

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) || !w.ws_col)
		return 80;
	return w.ws_col < PROGRESS_MAX ? w.ws_col : PROGRESS_MAX;
}

void log_progress(const char *fmt, ...)
{
	AUTO(str) struct str text = { 0 };
	AUTO(str) struct str line = { 0 };
	char shown[PROGRESS_MAX];
	va_list ap;
	size_t n;

	if (!state.is_terminal || !log_on(LOG_WARN))
		return;
	va_start(ap, fmt);
	str_addv(&text, fmt, ap);
	va_end(ap);
	n = str_escape_to(shown, progress_size(), str_text(&text));
	if (!atomic_exchange(&state.has_progress, n > 0) && !n)
		return;
	str_addf(&line, WIPE "%s", shown);
	emit(&line);
}
