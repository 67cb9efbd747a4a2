/* json.c - JSON from outside, parsed under limits and read by type.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/json.h"

#include "base/str.h"

#include <stdbool.h>
#include <string.h>

#define EXCERPT 20 /* bytes shown of what is not JSON */

/* The words are ours because jansson's repeat the text around the fault, and
 * that may be a password (authfile.c). */
static const char *fault_text(const json_error_t *je)
{
	switch (json_error_code(je)) {
	case json_error_premature_end_of_input:
		return "the text ends too early";
	case json_error_end_of_input_expected:
		return "something follows the end of the document";
	case json_error_invalid_utf8:
		return "invalid UTF-8";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a NUL character is not allowed";
	case json_error_duplicate_key:
		return "a name occurs twice in one object";
	case json_error_numeric_overflow:
		return "a number is too large";
	default:
		return "malformed JSON";
	}
}

static const char *type_text(const json_t *j)
{
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a boolean";
	default:
		return "null";
	}
}

/* Index of the quote that ends the string which starts at I, or N. */
static size_t string_end(const char *text, size_t n, size_t i)
{
	for (i++; i < n && text[i] != '"'; i++)
		if (text[i] == '\\')
			i++;
	return i;
}

/* Refuse what is too deep or has too many values before jansson sees it: its
 * parser and its json_decref recurse, up to 2048 levels, which a small stack
 * does not hold, and it needs up to 100 bytes for each byte of "{},{},...". A
 * wrong bracket may make our count wrong, but stops jansson there. */
static int check_extent(const char *what, const char *text, size_t n,
			struct err *e)
{
	size_t depth = 0, values = 0;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c == '"')
			i = string_end(text, n, i);
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth)
			depth--;
		values += c == '{' || c == '[' || c == ',';
		if (depth > JSON_DEPTH_MAX)
			return err_set(e, ERR_LIMIT,
				       "%s: nested deeper than %d levels", what,
				       JSON_DEPTH_MAX);
	}
	if (values > JSON_VALUES_MAX)
		return err_set(e, ERR_LIMIT,
			       "%s: more than %u values in one document", what,
			       JSON_VALUES_MAX);
	return 0;
}

/* A JSON text that is an object or array; if not, show how it begins, since
 * "<html>" tells more than "syntax error", unless it may be a secret. */
static int check_start(const char *what, const char *text, size_t n,
		       bool is_secret, struct err *e)
{
	size_t at = 0, len;

	while (at < n && strchr(" \t\r\n", text[at]) && text[at])
		at++;
	if (at == n)
		return err_set(e, ERR_FORMAT,
			       "%s: expected JSON, found nothing", what);
	if (text[at] == '{' || text[at] == '[')
		return 0;
	if (is_secret)
		return err_set(
			e, ERR_FORMAT, "%s: expected JSON, found %s", what,
			text[at] == '<' ? "a web page" : "something else");
	len = n - at < EXCERPT ? n - at : EXCERPT;
	return err_set(e, ERR_FORMAT, "%s: expected JSON, found '%.*s%s'", what,
		       (int)len, text + at, len < n - at ? "..." : "");
}

/* FLAGS: of json_loadb. */
static json_t *parse(const char *what, const void *text, size_t n, size_t flags,
		     bool is_secret, struct err *e)
{
	json_error_t je;
	json_t *j;

	if (n > JSON_BYTES_MAX) {
		err_set(e, ERR_LIMIT, "%s: longer than %u bytes", what,
			JSON_BYTES_MAX);
		return NULL;
	}
	if (check_start(what, text, n, is_secret, e) ||
	    check_extent(what, text, n, e))
		return NULL;
	j = json_loadb(text, n, JSON_REJECT_DUPLICATES | flags, &je);
	if (!j)
		err_set(e, ERR_FORMAT, "%s: line %d, column %d: %s", what,
			je.line, je.column, fault_text(&je));
	return j;
}

json_t *json_parse(const char *what, const void *text, size_t n, struct err *e)
{
	return parse(what, text, n, 0, false, e);
}

json_t *json_parse_secret(const char *what, const void *text, size_t n,
			  struct err *e)
{
	return parse(what, text, n, 0, true, e);
}

json_t *json_parse_reals(const char *what, const void *text, size_t n,
			 struct err *e)
{
	return parse(what, text, n, JSON_DECODE_INT_AS_REAL, false, e);
}

/* "WHERE.KEY: ..." */
static int wrong(const char *where, const char *key, const char *want,
		 const char *found, struct err *e)
{
	return err_set(e, ERR_FORMAT, "%s%s%s: expected %s, found %s", where,
		       *where ? "." : "", key, want, found);
}

/* OBJ's member KEY of TYPE (WANT in words); *OUT is NULL if it is absent. */
static int get(json_t *obj, const char *where, const char *key, json_type type,
	       const char *want, json_t **out, struct err *e)
{
	json_t *j;

	*out = NULL;
	if (!json_is_object(obj))
		return err_set(e, ERR_FORMAT,
			       "%s%sexpected an object, found %s", where,
			       *where ? ": " : "",
			       obj ? type_text(obj) : "nothing");
	j = json_object_get(obj, key);
	if (!j || json_is_null(j))
		return 0;
	if (json_typeof(j) != type)
		return wrong(where, key, want, type_text(j), e);
	*out = j;
	return 0;
}

static int missing(const char *where, const char *key, const char *want,
		   struct err *e)
{
	return wrong(where, key, want, "nothing", e);
}

int json_opt_str(json_t *obj, const char *where, const char *key,
		 const char **out, struct err *e)
{
	json_t *j;

	if (get(obj, where, key, JSON_STRING, "a string", &j, e))
		return -1;
	*out = j ? json_string_value(j) : NULL;
	return 0;
}

int json_need_str(json_t *obj, const char *where, const char *key,
		  const char **out, struct err *e)
{
	if (json_opt_str(obj, where, key, out, e))
		return -1;
	return *out ? 0 : missing(where, key, "a string", e);
}

/* As json_opt_size; *FOUND tells whether there was one. */
static int get_size(json_t *obj, const char *where, const char *key,
		    uint64_t *out, bool *found, struct err *e)
{
	json_t *j = json_is_object(obj) ? json_object_get(obj, key) : NULL;

	*found = false;
	if (json_is_real(j))
		return wrong(where, key, "a whole number", "a fraction", e);
	if (get(obj, where, key, JSON_INTEGER, "a number", &j, e))
		return -1;
	if (!j)
		return 0;
	if (json_integer_value(j) < 0)
		return wrong(where, key, "a size", "a negative number", e);
	*out = (uint64_t)json_integer_value(j);
	*found = true;
	return 0;
}

int json_opt_size(json_t *obj, const char *where, const char *key,
		  uint64_t *out, struct err *e)
{
	bool found;

	return get_size(obj, where, key, out, &found, e);
}

int json_need_size(json_t *obj, const char *where, const char *key,
		   uint64_t *out, struct err *e)
{
	bool found;

	if (get_size(obj, where, key, out, &found, e))
		return -1;
	return found ? 0 : missing(where, key, "a number", e);
}

int json_opt_real(json_t *obj, const char *where, const char *key, double *out,
		  struct err *e)
{
	json_t *j;

	if (get(obj, where, key, JSON_REAL, "a number", &j, e))
		return -1;
	if (j)
		*out = json_real_value(j);
	return 0;
}

int json_opt_bool(json_t *obj, const char *where, const char *key, bool *out,
		  struct err *e)
{
	json_t *j = json_is_object(obj) ? json_object_get(obj, key) : NULL;

	if (json_is_boolean(j)) {
		*out = json_is_true(j);
		return 0;
	}
	return get(obj, where, key, JSON_TRUE, "a boolean", &j, e);
}

int json_opt_obj(json_t *obj, const char *where, const char *key, json_t **out,
		 struct err *e)
{
	return get(obj, where, key, JSON_OBJECT, "an object", out, e);
}

int json_need_obj(json_t *obj, const char *where, const char *key, json_t **out,
		  struct err *e)
{
	if (json_opt_obj(obj, where, key, out, e))
		return -1;
	return *out ? 0 : missing(where, key, "an object", e);
}

int json_opt_array(json_t *obj, const char *where, const char *key,
		   json_t **out, struct err *e)
{
	return get(obj, where, key, JSON_ARRAY, "an array", out, e);
}

int json_need_array(json_t *obj, const char *where, const char *key,
		    json_t **out, struct err *e)
{
	if (json_opt_array(obj, where, key, out, e))
		return -1;
	return *out ? 0 : missing(where, key, "an array", e);
}

int json_opt_strs(json_t *obj, const char *where, const char *key,
		  struct strlist *out, struct err *e)
{
	json_t *array, *item;
	size_t i;

	if (json_opt_array(obj, where, key, &array, e))
		return -1;
	json_array_foreach (array, i, item) {
		autostr char *place = NULL;

		if (json_is_string(item)) {
			strlist_add(out, json_string_value(item));
			continue;
		}
		place = str_fmt("%s[%zu]", key, i);
		return wrong(where, place, "a string", type_text(item), e);
	}
	return 0;
}
