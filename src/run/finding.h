/* finding.h - what came out of trying one thing on this host.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Plain data of fixed size, so that a child process can fill it in in memory
 * that it shares with its parent. All text is harmless for a terminal.
 */
#ifndef RUN_FINDING_H
#define RUN_FINDING_H

#include "base/err.h"
#include "run/cause.h"

enum finding_state {
	FINDING_OK,
	FINDING_LIMITED, /* it works, but not as well as it could */
	FINDING_NO,
	FINDING_UNTRIED, /* something that it needs does not work */
};

struct finding {
	enum finding_state state;
	char text[1000]; /* why not, or what there is to know; may be empty */
	char fix[400];   /* a command for the administrator; may be empty */
};

/* "ok", "limited", "no", "untried". */
const char *finding_word(const struct finding *f);

/* Set state and text; no fix. */
void finding_set(struct finding *f, enum finding_state state, const char *fmt,
		 ...) PRINTF_LIKE(3, 4);
/* STATE for the reason C, or, if there is none that we know (NULL), with the
 * message of E. */
void finding_fail(struct finding *f, enum finding_state state,
		  const struct cause *c, const struct err *e);
/* Add the command of an administrator to any finding. */
void finding_fix(struct finding *f, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
