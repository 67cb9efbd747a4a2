/* challenge.h - WWW-Authenticate header fields (RFC 9110, 11.6.1; distribution
 * token specification).
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FORMAT_CHALLENGE_H
#define FORMAT_CHALLENGE_H

#include "base/err.h"

#include <stdbool.h>

struct challenge {
	bool basic;    /* Basic is offered */
	bool bearer;   /* Bearer is offered, with what follows */
	char *realm;   /* of Bearer; NULL if absent */
	char *service; /* or NULL */
	char *scope;   /* or NULL */
};

/* Add what one header field's VALUE offers to C; several challenges in one
 * field, quoted strings with commas and backslashes, and any case of the
 * names are understood; unknown schemes are skipped. Never fails: what is
 * malformed offers nothing. */
void challenge_add(struct challenge *c, const char *value);
void challenge_clear(struct challenge *c);
AUTO_DEFINE(challenge, struct challenge, challenge_clear)

#endif
