/* label.c - the name of an image in a layout.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/label.h"

#include "format/ocilayout.h"

#include <stdlib.h>
#include <string.h>

/* The name of a file or directory as part of a reference: "My_App.tar.gz" gives
 * "my-app". Caller frees; "" if nothing is left. */
static char *stem(const char *path)
{
	static const char *const ends[] = { ".gz", ".zst", ".tgz", ".tar" };
	autostr char *full = realpath(path, NULL);
	const char *base = strrchr(full ? full : path, '/');
	AUTO(str) struct str s = { 0 };
	size_t n;

	base = base ? base + 1 : path;
	n = strlen(base);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		size_t len = strlen(ends[i]);

		if (n > len && !strncmp(base + n - len, ends[i], len))
			n -= len;
	}
	for (size_t i = 0; i < n; i++) {
		char c = base[i];

		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			str_addc(&s, c);
		else if (s.len && s.p[s.len - 1] != '-')
			str_addc(&s, '-');
	}
	if (s.len && s.p[s.len - 1] == '-')
		s.p[--s.len] = '\0';
	return str_take(&s);
}

/* TEXT, from a file, as a reference; false if it can't be one. A word alone is
 * a tag. */
static bool read_ref(const char *text, struct ref *out)
{
	struct err ignored = { 0 }; /* then it is only a label */

	return text && strpbrk(text, ":/@") && !ref_parse(text, out, &ignored);
}

void label_ref(const struct descriptor *top, const char *path, struct ref *out)
{
	autostr char *name = NULL;
	autostr char *text = NULL;

	*out = (struct ref){ 0 };
	if (read_ref(top->ref_name, out) || read_ref(top->image_name, out))
		return;
	if (!top->ref_name || str_eq(path, "-"))
		return;
	name = stem(path);
	text = str_fmt("localhost/%s:%s", name, top->ref_name);
	if (!read_ref(text, out))
		*out = (struct ref){ 0 };
}

int label_find(const struct str *text, const char *tag,
	       const struct platform *want, struct descriptor *out,
	       struct err *e)
{
	AUTO(ref) struct ref ref = { 0 };
	autostr char *name = NULL;
	struct err other = { 0 }; /* the first one says it better */

	if (!ocilayout_find(text->p, text->len, tag, want, out, e))
		return 0;
	if (e->kind != ERR_NOTFOUND || !tag || ref_parse(tag, &ref, &other))
		return -1;
	name = ref_name(&ref);
	if (ocilayout_find(text->p, text->len, name, want, out, &other))
		return -1;
	*e = (struct err){ 0 };
	return 0;
}
