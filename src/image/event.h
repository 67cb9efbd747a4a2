/* event.h - what happens, for programs: one JSON object a line on standard
 * output.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Members stand in the order in which they were added. Texts may come from
 * anywhere: they are written as str_escape makes them, so they are always UTF-8
 * (RFC 8259, section 8.1) and harmless on a terminal.
 */
#ifndef IMAGE_EVENT_H
#define IMAGE_EVENT_H

#include "format/json.h"

#include <stdbool.h>
#include <stdint.h>

/* An object that begins with "event": NAME. The caller owns it (AUTO(json)). */
json_t *event_new(const char *name);

void event_text(json_t *o, const char *key, const char *text); /* NULL: null */
void event_size(json_t *o, const char *key, uint64_t n);
void event_known(json_t *o, const char *key, int64_t n); /* below 0: null */
void event_bool(json_t *o, const char *key, bool value);
void event_seconds(json_t *o, const char *key, int64_t ms); /* 2.9 */

/* Write it to standard output, at once (log_out). */
void event_print(const json_t *o);

#endif
