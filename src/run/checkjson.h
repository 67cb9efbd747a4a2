/* checkjson.h - what was tried on this host, for programs.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef RUN_CHECKJSON_H
#define RUN_CHECKJSON_H

#include "base/str.h"
#include "run/finding.h"

/* An object: "good", "machine", "kernel", "version", and "items", an array of
 * objects: "name", "state" (ok, limited, no, untried), "needed" (by every start
 * of ch-run), "what", "for", "text", "fix"; null where there is nothing. */
void checkjson(const struct finding *v, struct str *out);

#endif
