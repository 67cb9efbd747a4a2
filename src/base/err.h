/* err.h - the error value that every function that can fail fills in.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Plain data of fixed size, owned by the caller (main has one). A function
 * that can fail takes `struct err *e` last and returns 0 or -1, or a pointer
 * or NULL. It sets the error where the fact is known; each floor may put one
 * noun in front (err_ctx); main prints it once. Branch on `kind`, never on
 * the text. E is never NULL. Being smaller than PIPE_BUF, an error crosses a
 * pipe in one atomic write (proc.h).
 *
 * Wording: lower case, no full stop, objects in single quotes, what could not
 * be done and then why, expected and found values. See doc/errors.md.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "base/auto.h"

enum err_kind {
	ERR_NONE = 0,
	ERR_SYS,         /* a system call failed; code is errno */
	ERR_USAGE,       /* the command line or a name on it is malformed */
	ERR_NOTFOUND,    /* the named object does not exist */
	ERR_EXISTS,      /* the result's place is taken */
	ERR_AUTH,        /* access refused; code is the HTTP status if any */
	ERR_NET,         /* host unreachable, time-out, HTTP 5xx, ... */
	ERR_LIMIT,       /* a named limit was passed */
	ERR_DIGEST,      /* content is not what its digest or size says */
	ERR_FORMAT,      /* bytes from outside are malformed */
	ERR_UNSUPPORTED, /* well-formed, but not something we can do */
	ERR_INTR,        /* a signal asked us to stop; code is its number */
};

struct err {
	enum err_kind kind;
	int code;       /* errno, HTTP status or signal number; else 0 */
	char msg[1000]; /* one line, no newline, control characters escaped */
};

/* Set E. All return -1 so that a caller can `return err_set(...)`. An overlong
 * message is cut, marked with "...", in front of its cause if it has one.
 * Control characters and invalid UTF-8 in the formatted text come out as \xNN,
 * so that hostile text is harmless. */
int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* ERR_SYS with errno as it is now; appends ": " and strerror(errno). */
int err_sys(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* As err_sys for a given errno value. */
int err_sysno(struct err *e, int errnum, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* Set from an HTTP status: 401/403 ERR_AUTH, 404/410 ERR_NOTFOUND, 429
 * ERR_LIMIT, other 4xx ERR_FORMAT, the rest ERR_NET; appends " (HTTP n)". */
int err_http(struct err *e, int status, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Put "TEXT: " in front of the message already in E; kind and code stay. */
int err_ctx(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Append TEXT to the message, for the one true next step: err_hint(e,
 * "use --force to replace it") gives "...; use --force to replace it". */
int err_hint(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* 2 for ERR_USAGE, else 1. */
int err_exit_status(const struct err *e);

#endif
