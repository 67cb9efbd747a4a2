/* refusal.h - a registry's answer that is not what was asked for, as an error.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_REFUSAL_H
#define REGISTRY_REFUSAL_H

#include "registry/http.h"

/* Set E from R's status, with the first message of the registry's error
 * document if there is one (distribution specification, "Error Codes"), cut:
 * "access refused by 'HOST': denied (HTTP 403)", "not found (HTTP 404)".
 * Returns -1. */
int refusal_err(const struct http_response *r, struct err *e);

#endif
