/* encode.c - the kinds of compression and their levels.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/encode.h"

#include "base/mem.h"
#include "layer/encgzip.h"
#include "layer/enczstd.h"

struct encode {
	enum encode_kind kind;
	int (*write)(void *ctx, const void *p, size_t n, struct err *e);
	void *ctx;
	struct encgzip *gzip;
	struct enczstd *zstd;
};

static const struct {
	const char *name;
	int level; /* by default */
	int level_max;
} kinds[] = {
	[ENCODE_NONE] = { "none", 0, 0 },
	[ENCODE_GZIP] = { "gzip", 6, 9 },
	[ENCODE_ZSTD] = { "zstd", 3, 19 },
};

static int check_level(enum encode_kind kind, int *level, struct err *e)
{
	int most = kinds[kind].level_max;

	if (*level == ENCODE_LEVEL_DEFAULT) {
		*level = kinds[kind].level;
		return 0;
	}
	if (!most)
		return err_set(e, ERR_USAGE,
			       "a level without compression: '%d'", *level);
	if (*level < 1 || *level > most)
		return err_set(e, ERR_USAGE,
			       "%s: expected a level of 1 to %d, found '%d'",
			       kinds[kind].name, most, *level);
	return 0;
}

struct encode *encode_new(enum encode_kind kind, int level, unsigned threads,
			  int (*write)(void *ctx, const void *p, size_t n,
				       struct err *e),
			  void *ctx, struct err *e)
{
	AUTO(encode) struct encode *c = xcalloc(1, sizeof(*c));

	c->kind = kind;
	c->write = write;
	c->ctx = ctx;
	if (check_level(kind, &level, e))
		return NULL;
	if (kind == ENCODE_GZIP) {
		c->gzip = encgzip_new(level, threads, write, ctx, e);
		return c->gzip ? TAKE(c) : NULL;
	}
	if (kind == ENCODE_ZSTD) {
		c->zstd = enczstd_new(level, threads, write, ctx, e);
		return c->zstd ? TAKE(c) : NULL;
	}
	return TAKE(c);
}

void encode_free(struct encode *c)
{
	if (c->gzip)
		encgzip_free(c->gzip);
	if (c->zstd)
		enczstd_free(c->zstd);
	free(c);
}

int encode_write(struct encode *c, const void *p, size_t n, struct err *e)
{
	switch (c->kind) {
	case ENCODE_GZIP:
		return encgzip_write(c->gzip, p, n, e);
	case ENCODE_ZSTD:
		return enczstd_write(c->zstd, p, n, e);
	default:
		return n ? c->write(c->ctx, p, n, e) : 0;
	}
}

int encode_end(struct encode *c, struct err *e)
{
	switch (c->kind) {
	case ENCODE_GZIP:
		return encgzip_end(c->gzip, e);
	case ENCODE_ZSTD:
		return enczstd_end(c->zstd, e);
	default:
		return 0;
	}
}
