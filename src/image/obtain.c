/* obtain.c - pull and convert in one go.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/obtain.h"

#include "base/str.h"
#include "image/name.h"

/* The image that TEXT names was pulled. */
static int from_store(const char *text, const char *out,
		      const struct convert_opts *c, char **path, struct err *e)
{
	AUTO(name) struct name n = { 0 };
	autostr char *full = NULL;
	autostr char *in = NULL;

	if (name_parse_in(text, &n, e))
		return -1;
	full = ref_name(&n.ref);
	in = str_fmt("store:%s", full);
	return convert(in, out, c, path, e);
}

static int pull_and_convert(const char *text, const char *dest,
			    const struct pull_opts *p,
			    const struct convert_opts *c, struct err *e)
{
	autostr char *path = NULL;

	if (name_is_files(text))
		return convert(text, dest, c, &path, e);
	if (p->no_store)
		return err_set(e, ERR_USAGE,
			       "'%s' is made from what is in the store, so "
			       "--no-store can't be used",
			       dest);
	if (pull(text, NULL, p, e))
		return -1;
	return from_store(text, dest, c, &path, e);
}

int obtain_pull(const char *text, const char *dest, const struct pull_opts *p,
		const struct convert_opts *c, struct err *e)
{
	AUTO(name) struct name to = { 0 };
	struct pull_opts opts = *p;
	bool is_left = false;
	autostr char *path = NULL;

	if (dest && name_parse_out(dest, &to, e))
		return -1;
	if (!dest || to.kind == NAME_DIR || to.kind == NAME_SIF) {
		opts.is_left = &is_left;
		if (pull(text, dest, &opts, e))
			return -1;
		if (!is_left)
			return 0;
		if (name_is_files(text))
			return convert(text, dest, c, &path, e);
		return from_store(text, dest, c, &path, e);
	}
	return pull_and_convert(text, dest, p, c, e);
}

int obtain_convert(const char *in, const char *out, const struct pull_opts *p,
		   const struct convert_opts *c, char **path, struct err *e)
{
	*path = NULL;
	if (!str_starts(in, "docker://") && !str_starts(in, "oras://"))
		return convert(in, out, c, path, e);
	if (pull(in, NULL, p, e))
		return -1;
	return from_store(in, out, c, path, e);
}
