/* event.c - what happens, for programs: one JSON object a line on standard
 * output.
 * SPDX-License-Identifier: Apache-2.0
 *
 * jansson's constructors fail only when memory is out; a member is then
 * missing, or the line.
 */
#include "config.h"

#include "image/event.h"

#include "base/log.h"
#include "base/str.h"

json_t *event_new(const char *name)
{
	json_t *o = json_object();

	event_text(o, "event", name);
	return o;
}

void event_text(json_t *o, const char *key, const char *text)
{
	autostr char *safe = text ? str_escape(text) : NULL;

	json_object_set_new(o, key, safe ? json_string(safe) : json_null());
}

void event_size(json_t *o, const char *key, uint64_t n)
{
	json_int_t value = n < INT64_MAX ? (json_int_t)n : INT64_MAX;

	json_object_set_new(o, key, json_integer(value));
}

void event_known(json_t *o, const char *key, int64_t n)
{
	json_object_set_new(o, key, n < 0 ? json_null() : json_integer(n));
}

void event_bool(json_t *o, const char *key, bool value)
{
	json_object_set_new(o, key, json_boolean(value));
}

void event_seconds(json_t *o, const char *key, int64_t ms)
{
	json_object_set_new(o, key, json_real((double)ms / 1000));
}

void event_print(const json_t *o)
{
	/* Fewer digits than a double has: 2.9 and not 2.8999999999999999. */
	autostr char *line =
		json_dumps(o, JSON_COMPACT | JSON_REAL_PRECISION(12));

	if (line)
		log_out(line);
}
