/* pack.c - how a file is packed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/pack.h"

#include "base/num.h"
#include "base/str.h"

#include <string.h>

#define LEVEL_MAX 22

static const char *const names[] = { "zstd", "lz4", "gzip", "xz", "none" };

int pack_parse(struct pack *p, const char *text, struct err *e)
{
	size_t len = strcspn(text, ":");
	uint64_t level = 0;

	p->compressor = NULL;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (len == strlen(names[i]) && !strncmp(text, names[i], len))
			p->compressor = names[i];
	if (!p->compressor)
		return err_set(e, ERR_USAGE,
			       "unknown compressor '%s'; there are zstd, lz4, "
			       "gzip, xz and none, with ':LEVEL' behind it",
			       text);
	if (text[len] &&
	    (num_parse(text + len + 1, LEVEL_MAX, "the level", &level, e)))
		return -1;
	if (text[len] && !level)
		return err_set(e, ERR_USAGE,
			       "the level: expected 1 to %d, found '%s'",
			       LEVEL_MAX, text + len + 1);
	p->level = (int)level;
	return 0;
}

static enum encode_kind of_suffix(const char *path, enum encode_kind fallback)
{
	if (str_ends(path, ".gz") || str_ends(path, ".tgz"))
		return ENCODE_GZIP;
	if (str_ends(path, ".zst") || str_ends(path, ".tzst"))
		return ENCODE_ZSTD;
	return fallback;
}

int pack_stream(const struct pack *p, const char *path,
		enum encode_kind fallback, enum encode_kind *out, struct err *e)
{
	if (!p->compressor)
		*out = of_suffix(path, fallback);
	else if (str_eq(p->compressor, "gzip"))
		*out = ENCODE_GZIP;
	else if (str_eq(p->compressor, "zstd"))
		*out = ENCODE_ZSTD;
	else if (str_eq(p->compressor, "none"))
		*out = ENCODE_NONE;
	else
		return err_set(e, ERR_UNSUPPORTED,
			       "archives and layers are compressed with gzip, "
			       "zstd or none, not with '%s'",
			       p->compressor);
	return 0;
}
