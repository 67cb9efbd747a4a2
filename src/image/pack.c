/* pack.c - how a file is packed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/pack.h"

#include "base/num.h"
#include "base/opt.h"
#include "base/pool.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STREAM_ZSTD_MAX 19 /* from 20 on reading takes much memory, too */
#define THREADS_MAX 256

// clang-format off
static const struct {
	const char *name;
	uint64_t max; /* level; 0: it has none */
} compressors[] = {
	{ "zstd", 22 },
	{ "lz4",  0 },
	{ "gzip", 9 },
	{ "xz",   9 },
	{ "none", 0 },
};
// clang-format on

static int parse_level(struct pack *p, const char *text, uint64_t max,
		       struct err *e)
{
	struct err ignored = { 0 }; /* ours says the range */
	uint64_t level;

	if (!max)
		return err_set(e, ERR_USAGE, "%s has no compression levels",
			       p->compressor);
	if (num_parse(text, max, "", &level, &ignored) || !level)
		return err_set(e, ERR_USAGE,
			       "expected a compression level from 1 to %u for "
			       "%s, found '%s'",
			       (unsigned)max, p->compressor, text);
	p->level = (int)level;
	return 0;
}

int pack_parse(struct pack *p, const char *text, struct err *e)
{
	size_t len = strcspn(text, ":");
	uint64_t max = 0;

	p->compressor = NULL;
	p->level = 0;
	for (size_t i = 0; i < ARRAY_SIZE(compressors); i++) {
		const char *name = compressors[i].name;

		if (len != strlen(name) || strncmp(text, name, len))
			continue;
		p->compressor = name;
		max = compressors[i].max;
	}
	if (!p->compressor)
		return err_set(e, ERR_USAGE,
			       "unknown compressor '%s'; there are zstd, lz4, "
			       "gzip, xz and none, with ':LEVEL' behind it",
			       text);
	return text[len] ? parse_level(p, text + len + 1, max, e) : 0;
}

int pack_check_threads(const char *value, struct err *e)
{
	return opt_check_number(value, THREADS_MAX, e);
}

int pack_set(struct pack *p, int threads, struct err *e)
{
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	uint64_t seconds;

	p->threads = threads ? (unsigned)threads : pool_processors();
	if (epoch && *epoch) {
		if (num_parse(epoch, INT64_MAX, "SOURCE_DATE_EPOCH", &seconds,
			      e))
			return -1;
		p->time_s = (int64_t)seconds;
		p->is_reproducible = true;
	} else if (!p->is_reproducible) {
		p->time_s = (int64_t)time(NULL);
	}
	return 0;
}

/* What the end of a name says: its kind, or -1 if that is not written. */
static int of_suffix(const char *path, enum encode_kind fallback)
{
	static const char *const others[] = { ".xz", ".txz", ".bz2", ".tbz2",
					      ".lz4", ".lzma", ".Z" };

	if (str_ends(path, ".gz") || str_ends(path, ".tgz"))
		return ENCODE_GZIP;
	if (str_ends(path, ".zst") || str_ends(path, ".tzst"))
		return ENCODE_ZSTD;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_ends(path, others[i]))
			return -1;
	return (int)fallback;
}

int pack_stream(const struct pack *p, const char *path,
		enum encode_kind fallback, enum encode_kind *out, struct err *e)
{
	int kind = p->compressor ? ENCODE_NONE : of_suffix(path, fallback);

	if (kind < 0)
		return err_set(e, ERR_UNSUPPORTED,
			       "archives are compressed with gzip (.gz), zstd "
			       "(.zst) or not at all");
	if (!p->compressor)
		*out = (enum encode_kind)kind;
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
	if (*out == ENCODE_ZSTD && p->level > STREAM_ZSTD_MAX)
		return err_set(e, ERR_USAGE,
			       "expected a compression level from 1 to %d for "
			       "zstd in archives and layers, found %d",
			       STREAM_ZSTD_MAX, p->level);
	return 0;
}

int pack_check(const struct pack *p, const struct name *out, struct err *e)
{
	const struct pack outer = { .threads = 1 };
	enum encode_kind ignored; /* only whether there is one */

	switch (out->kind) {
	case NAME_SQUASH:
	case NAME_SIF:
		if (!str_eq(p->compressor, "none"))
			return 0;
		return err_set(e, ERR_UNSUPPORTED,
			       "a squashfs is compressed with zstd, lz4, gzip "
			       "or xz");
	case NAME_TAR:
		return pack_stream(p, out->path, ENCODE_NONE, &ignored, e);
	case NAME_OCI_ARCHIVE:
		if (pack_stream(&outer, out->path, ENCODE_NONE, &ignored, e))
			return -1;
		return pack_stream(p, "", ENCODE_GZIP, &ignored, e);
	case NAME_DOCKER_ARCHIVE: /* its layers are as they are */
		return pack_stream(&outer, out->path, ENCODE_NONE, &ignored, e);
	case NAME_OCI:
	case NAME_STORE:
		return pack_stream(p, "", ENCODE_GZIP, &ignored, e);
	default:
		return 0;
	}
}
