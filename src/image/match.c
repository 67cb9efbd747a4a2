/* match.c - which images of a store an argument means: inventory_match.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/ref.h"
#include "image/inventory.h"

#include <string.h>

#define DIGITS_MIN 6 /* of a digest's start */

/* What TEXT may mean. */
struct query {
	const char *text;
	char *name;         /* as a reference, in full; NULL if it is none */
	const char *digits; /* as the start of a digest; NULL if it is none */
};

static const char *digest_start(const char *text)
{
	const char *colon = strchr(text, ':');
	const char *hex = colon ? colon + 1 : text;
	size_t n = strspn(hex, "0123456789abcdef");

	if (colon && strncmp(text, "sha256:", 7) && strncmp(text, "sha512:", 7))
		return NULL;
	return n >= DIGITS_MIN && !hex[n] ? hex : NULL;
}

static bool has_name(const struct query *q, const struct inventory_image *i)
{
	const char *name = i->entry.ref_name;

	return name && (str_eq(name, q->text) || str_eq(name, q->name));
}

static bool has_digest(const struct query *q, const struct inventory_image *i)
{
	return q->digits &&
	       str_starts(digest_hex(&i->entry.digest), q->digits) &&
	       (q->digits == q->text ||
		str_starts(i->entry.digest.text, q->text));
}

/* Is it "sha256:" with too few digits behind it? */
static bool is_short(const char *text)
{
	return (str_starts(text, "sha256:") || str_starts(text, "sha512:")) &&
	       strlen(text) < strlen("sha256:") + DIGITS_MIN;
}

/* Indices of those that IS holds for; caller frees. */
static size_t *collect(const struct inventory *v, const struct query *q,
		       bool (*is)(const struct query *,
				  const struct inventory_image *),
		       size_t *n)
{
	size_t *found = xcalloc(v->n + 1, sizeof(*found));

	*n = 0;
	for (size_t i = 0; i < v->n; i++)
		if (is(q, &v->v[i]))
			found[(*n)++] = i;
	return found;
}

static int check_unique(const struct inventory *v, const struct query *q,
			const size_t *found, size_t n, struct err *e)
{
	for (size_t i = 1; i < n; i++)
		if (!digest_eq(&v->v[found[i]].entry.digest,
			       &v->v[found[0]].entry.digest))
			return err_set(e, ERR_USAGE,
				       "several digests begin with '%s'; give "
				       "more of it",
				       q->text);
	return 0;
}

/* Keep of FOUND what suits PLATFORM. */
static int filter(const struct inventory *v, const char *text,
		  const struct platform *platform, size_t *found, size_t *n,
		  struct err *e)
{
	autostr char *there = inventory_platform(&v->v[found[0]]);
	autostr char *want = platform_text(platform);
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++)
		if (platform_score(platform, &v->v[found[i]].platform))
			found[kept++] = found[i];
	*n = kept;
	if (kept)
		return 0;
	return err_set(e, ERR_UNSUPPORTED,
		       "image '%s' is in store '%s' for %s, not for %s", text,
		       v->store->path, there, want);
}

static char *full_name(const char *text)
{
	AUTO(ref) struct ref ref = { 0 };
	struct err ignored = { 0 }; /* perhaps it is no reference */

	return ref_parse(text, &ref, &ignored) ? NULL : ref_name(&ref);
}

int inventory_match(const struct inventory *v, const char *text,
		    const struct platform *platform, size_t **out, size_t *n,
		    struct err *e)
{
	const char *rest = str_starts(text, "store:") ? text + 6 : text;
	autostr char *name = full_name(rest);
	struct query q = { rest, name, digest_start(rest) };
	autostr size_t *found = collect(v, &q, has_name, n);

	*out = NULL;
	if (!*n) {
		free(found);
		found = collect(v, &q, has_digest, n);
		if (check_unique(v, &q, found, *n, e))
			return -1;
	}
	if (!*n) {
		err_set(e, ERR_NOTFOUND, "no image '%s' in store '%s'", text,
			v->store->path);
		return is_short(rest) ? err_hint(e,
						 "the start of a digest has "
						 "at least %d digits",
						 DIGITS_MIN)
				      : -1;
	}
	if (platform && filter(v, text, platform, found, n, e))
		return -1;
	*out = TAKE(found);
	return 0;
}
