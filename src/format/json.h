/* json.h - JSON documents from outside: parsed with limits, read with typed
 * getters whose errors name the place.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one user of jansson. A document is at most JSON_BYTES_MAX long,
 * JSON_DEPTH_MAX deep and has at most JSON_VALUES_MAX values; duplicate names
 * in an object and invalid UTF-8 are refused (I-JSON, RFC 7493, as the image
 * specification asks). Getters take the path so far for messages:
 * "layers[2].size: expected a number, found a string".
 */
#ifndef FORMAT_JSON_H
#define FORMAT_JSON_H

#include "base/err.h"
#include "base/strlist.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define JSON_BYTES_MAX (8u << 20)
#define JSON_DEPTH_MAX 64
#define JSON_VALUES_MAX (1u << 19) /* bounds memory: some 300 bytes each */

static inline void json_drop(json_t *j)
{
	json_decref(j);
}
AUTO_DEFINE_PTR(json, json_t, json_drop)

/* Parse N bytes; WHAT ("manifest") for messages, which give line and column but
 * repeat no more of the text than its first bytes, and these only if they are
 * not JSON. The root must be an object or array. Caller owns the result
 * (AUTO(json)). ERR_FORMAT, ERR_LIMIT. */
json_t *json_parse(const char *what, const void *text, size_t n, struct err *e);
/* The same for what holds a secret: nothing of it is in a message. */
json_t *json_parse_secret(const char *what, const void *text, size_t n,
			  struct err *e);

/* The same, with all numbers as reals: for documents that have some above
 * INT64_MAX, for which close is good enough. */
json_t *json_parse_reals(const char *what, const void *text, size_t n,
			 struct err *e);

/* Getters for OBJ's member KEY; WHERE is OBJ's own path for messages ("" for
 * the root). Results are borrowed from the document. A JSON null counts as
 * absent. Wrong type is ERR_FORMAT. `need`: absence is ERR_FORMAT too; `opt`:
 * absence gives NULL (a number or boolean keeps the value it had) and
 * success. */
MUST_CHECK int json_need_str(json_t *obj, const char *where, const char *key,
			     const char **out, struct err *e);
MUST_CHECK int json_opt_str(json_t *obj, const char *where, const char *key,
			    const char **out, struct err *e);
/* 0 to INT64_MAX; negative, fractional or larger is ERR_FORMAT. */
MUST_CHECK int json_need_size(json_t *obj, const char *where, const char *key,
			      uint64_t *out, struct err *e);
MUST_CHECK int json_opt_size(json_t *obj, const char *where, const char *key,
			     uint64_t *out, struct err *e);
/* Of a document from json_parse_reals. */
MUST_CHECK int json_opt_real(json_t *obj, const char *where, const char *key,
			     double *out, struct err *e);
MUST_CHECK int json_opt_bool(json_t *obj, const char *where, const char *key,
			     bool *out, struct err *e);
MUST_CHECK int json_need_obj(json_t *obj, const char *where, const char *key,
			     json_t **out, struct err *e);
MUST_CHECK int json_opt_obj(json_t *obj, const char *where, const char *key,
			    json_t **out, struct err *e);
MUST_CHECK int json_need_array(json_t *obj, const char *where, const char *key,
			       json_t **out, struct err *e);
MUST_CHECK int json_opt_array(json_t *obj, const char *where, const char *key,
			      json_t **out, struct err *e);
/* An optional array of strings, appended to OUT. */
MUST_CHECK int json_opt_strs(json_t *obj, const char *where, const char *key,
			     struct strlist *out, struct err *e);

#endif
