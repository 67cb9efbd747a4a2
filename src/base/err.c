/* err.c - the error value that every function that can fail fills in.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nothing here allocates, so that an error can be set between fork and exec and
 * when memory is scarce.
 */
#include "config.h"

#include "base/err.h"
#include "base/str.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MSG_SIZE sizeof(((struct err *)0)->msg)
/* Larger than a message, so that text cut here is cut again, with the mark. */
#define TEXT_SIZE (MSG_SIZE + 8)
/* Bytes of one context: an image can have names of 4096 bytes, and several may
 * come before the cause. */
#define CONTEXT_MAX 320

_Static_assert(sizeof(struct err) <= PIPE_BUF,
	       "an error crosses a pipe in one atomic write");

/* The message becomes HEAD and TAIL. When they are too long together, HEAD is
 * cut to keep a TAIL of up to half the room: the cause stands there. */
static void compose(struct err *e, const char *head, const char *tail)
{
	char end[MSG_SIZE];
	size_t keep = str_escape_to(end, sizeof end, tail), n;

	if (keep > sizeof end / 2)
		keep = sizeof end / 2;
	n = str_escape_to(e->msg, sizeof e->msg - keep, head);
	str_escape_to(e->msg + n, sizeof e->msg - n, end);
}

PRINTF_LIKE(2, 0)
static void format(char text[TEXT_SIZE], const char *fmt, va_list ap)
{
	if (vsnprintf(text, TEXT_SIZE, fmt, ap) < 0)
		text[0] = 0;
}

int err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	char text[TEXT_SIZE];
	va_list ap;

	va_start(ap, fmt);
	format(text, fmt, ap);
	va_end(ap);
	compose(e, text, "");
	e->kind = kind;
	e->code = 0;
	return -1;
}

PRINTF_LIKE(3, 0)
static int set_errno(struct err *e, int errnum, const char *fmt, va_list ap)
{
	char text[TEXT_SIZE], why[TEXT_SIZE];

	format(text, fmt, ap);
	snprintf(why, sizeof why, ": %s", strerror(errnum));
	compose(e, text, why);
	e->kind = ERR_SYS;
	e->code = errnum;
	return -1;
}

int err_sys(struct err *e, const char *fmt, ...)
{
	int errnum = errno;
	va_list ap;

	va_start(ap, fmt);
	set_errno(e, errnum, fmt, ap);
	va_end(ap);
	return -1;
}

int err_sysno(struct err *e, int errnum, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_errno(e, errnum, fmt, ap);
	va_end(ap);
	return -1;
}

static enum err_kind http_kind(int status)
{
	if (status == 401 || status == 403)
		return ERR_AUTH;
	if (status == 404 || status == 410)
		return ERR_NOTFOUND;
	if (status == 429)
		return ERR_LIMIT;
	return status >= 400 && status < 500 ? ERR_FORMAT : ERR_NET;
}

int err_http(struct err *e, int status, const char *fmt, ...)
{
	char text[TEXT_SIZE], tail[32];
	va_list ap;

	va_start(ap, fmt);
	format(text, fmt, ap);
	va_end(ap);
	snprintf(tail, sizeof tail, " (HTTP %d)", status);
	compose(e, text, tail);
	e->kind = http_kind(status);
	e->code = status;
	return -1;
}

/* TEXT to HEAD, cut if need be; what was quoted still is. */
static void cut_context(char head[CONTEXT_MAX], const char *text)
{
	size_t n = str_escape_to(head, CONTEXT_MAX - 1, text);

	if (*text == '\'' && str_ends(head, "...") && !str_ends(text, "..."))
		strcpy(head + n, "'");
}

int err_ctx(struct err *e, const char *fmt, ...)
{
	char text[TEXT_SIZE], old[TEXT_SIZE], head[CONTEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	format(text, fmt, ap);
	va_end(ap);
	snprintf(old, sizeof old, ": %s", e->msg);
	cut_context(head, text);
	compose(e, head, old);
	return -1;
}

int err_hint(struct err *e, const char *fmt, ...)
{
	char text[TEXT_SIZE], hint[TEXT_SIZE + 2], old[MSG_SIZE];
	va_list ap;

	va_start(ap, fmt);
	format(text, fmt, ap);
	va_end(ap);
	snprintf(hint, sizeof hint, "; %s", text);
	memcpy(old, e->msg, sizeof old);
	compose(e, old, hint);
	return -1;
}

int err_exit_status(const struct err *e)
{
	return e->kind == ERR_USAGE ? 2 : 1;
}
