/* log.h - what a tool tells about its work: warnings, notes, details.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one writer to stderr beside tool.c, and with intr.c the only process-wide
 * state: the level and the tool's name, set once before anything else runs, and
 * how many lines of a block stand on the terminal. Never for errors: those
 * travel in struct err. One line per call, control characters escaped, written
 * with a single write(2). All but log_init may be called by several threads.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/auto.h"

#include <stdbool.h>
#include <stddef.h>

enum log_level {
	LOG_QUIET = -1, /* -q: nothing but errors */
	LOG_WARN = 0,   /* the default: warnings and notes */
	LOG_INFO = 1,   /* -v */
	LOG_DEBUG = 2,  /* -vv and more */
};

void log_init(const char *tool, enum log_level level);
bool log_on(enum log_level level);

/* "ch-pull: warning: TEXT" */
void log_warn(const char *fmt, ...) PRINTF_LIKE(1, 2);
/* "ch-pull: TEXT" at the default level, for the few lines users want */
void log_note(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_info(const char *fmt, ...) PRINTF_LIKE(1, 2);
void log_debug(const char *fmt, ...) PRINTF_LIKE(1, 2);

/* Can a block be drawn now, and how large? True where stderr is a terminal that
 * can move its cursor (TERM is set, and not to "dumb"), we are in its
 * foreground and not under -q. COLUMNS and ROWS are asked for each time,
 * because windows change (TIOCGWINSZ, ioctl_tty(2)); 80 by 24 if unknown. */
bool log_terminal(size_t *columns, size_t *rows);

/* A block of N lines, drawn with one write(2) in place of the one before; none
 * wipes it. Lines are escaped and cut to one less than the terminal's width, in
 * bytes, so that none wraps; their number to one less than its height. The
 * cursor rests below the block: whoever is killed leaves a terminal to go on
 * with. Other log lines, and the error line of tool.c, wipe the block and take
 * its place. Nothing is written where log_terminal says no. The caller limits
 * the rate. When a window gets narrower, what was drawn before may stay. */
void log_block(const char *const *lines, size_t n);

/* LINE and a newline to standard output, at once: for programs that read while
 * we work. A failure is sticky in stdout, and tool.c reports it in the end. */
void log_out(const char *line);

#endif
