/* refusal.h - a registry's answer that is not what was asked for, as an error.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef REGISTRY_REFUSAL_H
#define REGISTRY_REFUSAL_H

#include "registry/http.h"

/* Set E from R's status, with the first message of the registry's error
 * document if there is one (distribution specification, "Error Codes"), or a
 * body that is plain text, cut to 200 bytes: "access refused by 'HOST': denied
 * (HTTP 403)", "not found at 'HOST' (HTTP 404)". A 429 also tells what is left
 * of the quota and how long it asks to wait. Returns -1. */
int refusal_err(const struct http_response *r, struct err *e);
/* Append what H tells of a quota: "76 of 100 pulls left in 6 h", or without a
 * window, as those do who count all requests, "5 of 60 requests left"; nothing
 * if it tells none. */
void refusal_quota(const struct http_head *h, struct str *out);

#endif
