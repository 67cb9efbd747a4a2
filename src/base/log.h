/* log.h - what a tool tells about its work: warnings, notes, details.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one writer to stderr beside tool.c, and with intr.c the only process-wide
 * state: the level and the tool's name, set once before anything else runs, and
 * whether a progress line stands. Never for errors: those travel in struct err.
 * One line per call, control characters escaped, written with a single
 * write(2).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/auto.h"

#include <stdbool.h>

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

/* A progress line: on a terminal it replaces the one before (empty text wipes
 * it); elsewhere and under -q nothing is written. The caller limits the rate.
 * Other log lines wipe it first. */
void log_progress(const char *fmt, ...) PRINTF_LIKE(1, 2);

#endif
