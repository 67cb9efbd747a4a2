/* sqcodec.c - what inflates the blocks of a squashfs image.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The prototypes are the libraries' own, as their headers have them, but with
 * void pointers for what stays theirs: so no header is needed to build this,
 * but zlib's, whose stream the caller has to allocate.
 */
#include "config.h"

#include "squash/sqcodec.h"

#include "base/dynlib.h"
#include "base/mem.h"

#include <pthread.h>
#include <string.h>
#include <zlib.h>

#define XZ_MEMORY_MAX ((uint64_t)64 << 20) /* bytes, for one block */

/* All that any of them has; one of a library's is in use. */
union functions {
	struct zstd {
		void *(*ZSTD_createDCtx)(void);
		size_t (*ZSTD_freeDCtx)(void *state);
		size_t (*ZSTD_decompressDCtx)(void *state, void *out,
					      size_t cap, const void *in,
					      size_t n);
		unsigned (*ZSTD_isError)(size_t code);
	} zstd;
	struct deflate {
		void *(*libdeflate_alloc_decompressor)(void);
		void (*libdeflate_free_decompressor)(void *state);
		int (*libdeflate_zlib_decompress)(void *state, const void *in,
						  size_t n, void *out,
						  size_t cap, size_t *got);
	} deflate;
	struct zlib {
		int (*inflateInit_)(z_stream *s, const char *version, int size);
		int (*inflateReset)(z_stream *s);
		int (*inflate)(z_stream *s, int flush);
		int (*inflateEnd)(z_stream *s);
	} zlib;
	struct xz {
		int (*lzma_stream_buffer_decode)(
			uint64_t *memory_max, uint32_t flags,
			const void *allocator, const uint8_t *in, size_t *in_at,
			size_t n, uint8_t *out, size_t *out_at, size_t cap);
	} xz;
	struct lz4 {
		int (*LZ4_decompress_safe)(const char *in, char *out, int n,
					   int cap);
	} lz4;
	struct lzo {
		int (*lzo1x_decompress_safe)(const unsigned char *in, size_t n,
					     unsigned char *out, size_t *got,
					     void *memory);
	} lzo;
};

/* A library that can inflate what COMPRESSOR has made. STATE_NEW gives NULL
 * without memory; without it there is no state. */
struct kind {
	const char *compressor;
	const char *soname;
	const char *packages; /* that have it, for the message */
	const struct dynlib_symbol *symbols;
	size_t n_symbols;
	void *(*state_new)(const union functions *f);
	void (*state_free)(const union functions *f, void *state);
	ssize_t (*inflate)(const union functions *f, void *state,
			   const void *in, size_t n, void *out, size_t cap);
};

struct sqcodec {
	const struct kind *kind;
	void *lib;
	size_t block;
	union functions functions;
	pthread_mutex_t lock; /* of the list of those that are idle */
	struct sqworker *idle;
};

static const struct dynlib_symbol zstd_symbols[] = {
	DYNLIB_SYMBOL(struct zstd, ZSTD_createDCtx),
	DYNLIB_SYMBOL(struct zstd, ZSTD_freeDCtx),
	DYNLIB_SYMBOL(struct zstd, ZSTD_decompressDCtx),
	DYNLIB_SYMBOL(struct zstd, ZSTD_isError),
};

static void *zstd_new(const union functions *f)
{
	return f->zstd.ZSTD_createDCtx();
}

static void zstd_free(const union functions *f, void *state)
{
	f->zstd.ZSTD_freeDCtx(state);
}

static ssize_t zstd_inflate(const union functions *f, void *state,
			    const void *in, size_t n, void *out, size_t cap)
{
	size_t got = f->zstd.ZSTD_decompressDCtx(state, out, cap, in, n);

	return f->zstd.ZSTD_isError(got) ? -EIO : (ssize_t)got;
}

static const struct dynlib_symbol deflate_symbols[] = {
	DYNLIB_SYMBOL(struct deflate, libdeflate_alloc_decompressor),
	DYNLIB_SYMBOL(struct deflate, libdeflate_free_decompressor),
	DYNLIB_SYMBOL(struct deflate, libdeflate_zlib_decompress),
};

static void *deflate_new(const union functions *f)
{
	return f->deflate.libdeflate_alloc_decompressor();
}

static void deflate_free(const union functions *f, void *state)
{
	f->deflate.libdeflate_free_decompressor(state);
}

static ssize_t deflate_inflate(const union functions *f, void *state,
			       const void *in, size_t n, void *out, size_t cap)
{
	size_t got = 0;

	if (f->deflate.libdeflate_zlib_decompress(state, in, n, out, cap, &got))
		return -EIO;
	return (ssize_t)got;
}

static const struct dynlib_symbol zlib_symbols[] = {
	DYNLIB_SYMBOL(struct zlib, inflateInit_),
	DYNLIB_SYMBOL(struct zlib, inflateReset),
	DYNLIB_SYMBOL(struct zlib, inflate),
	DYNLIB_SYMBOL(struct zlib, inflateEnd),
};

static void *zlib_new(const union functions *f)
{
	z_stream *s = calloc(1, sizeof(*s));

	if (s && f->zlib.inflateInit_(s, ZLIB_VERSION, sizeof(*s)) != Z_OK) {
		free(s);
		return NULL;
	}
	return s;
}

static void zlib_free(const union functions *f, void *state)
{
	f->zlib.inflateEnd(state);
	free(state);
}

static ssize_t zlib_inflate(const union functions *f, void *state,
			    const void *in, size_t n, void *out, size_t cap)
{
	z_stream *s = state;

	if (f->zlib.inflateReset(s) != Z_OK)
		return -EIO;
	s->next_in = (unsigned char *)in;
	s->avail_in = (unsigned)n;
	s->next_out = out;
	s->avail_out = (unsigned)cap;
	if (f->zlib.inflate(s, Z_FINISH) != Z_STREAM_END)
		return -EIO;
	return (ssize_t)(cap - s->avail_out);
}

static const struct dynlib_symbol xz_symbols[] = {
	DYNLIB_SYMBOL(struct xz, lzma_stream_buffer_decode),
};

static ssize_t xz_inflate(const union functions *f, void *state, const void *in,
			  size_t n, void *out, size_t cap)
{
	uint64_t memory_max = XZ_MEMORY_MAX;
	size_t in_at = 0;
	size_t out_at = 0;

	(void)state;
	if (f->xz.lzma_stream_buffer_decode(&memory_max, 0, NULL, in, &in_at, n,
					    out, &out_at, cap))
		return -EIO;
	return (ssize_t)out_at;
}

static const struct dynlib_symbol lz4_symbols[] = {
	DYNLIB_SYMBOL(struct lz4, LZ4_decompress_safe),
};

static ssize_t lz4_inflate(const union functions *f, void *state,
			   const void *in, size_t n, void *out, size_t cap)
{
	int got = f->lz4.LZ4_decompress_safe(in, out, (int)n, (int)cap);

	(void)state;
	return got < 0 ? -EIO : got;
}

static const struct dynlib_symbol lzo_symbols[] = {
	DYNLIB_SYMBOL(struct lzo, lzo1x_decompress_safe),
};

static ssize_t lzo_inflate(const union functions *f, void *state,
			   const void *in, size_t n, void *out, size_t cap)
{
	size_t got = cap;

	(void)state;
	if (f->lzo.lzo1x_decompress_safe(in, n, out, &got, NULL))
		return -EIO;
	return (ssize_t)got;
}

/* In the order in which they are tried. */
// clang-format off
static const struct kind kinds[] = {
	{ "zstd", "libzstd.so.1", "Debian: libzstd1; Red Hat: libzstd",
	  zstd_symbols, ARRAY_SIZE(zstd_symbols),
	  zstd_new, zstd_free, zstd_inflate },
	{ "gzip", "libdeflate.so.0", "Debian: libdeflate0; Red Hat: libdeflate",
	  deflate_symbols, ARRAY_SIZE(deflate_symbols),
	  deflate_new, deflate_free, deflate_inflate },
	{ "gzip", "libz.so.1", "Debian: zlib1g; Red Hat: zlib",
	  zlib_symbols, ARRAY_SIZE(zlib_symbols),
	  zlib_new, zlib_free, zlib_inflate },
	{ "xz", "liblzma.so.5", "Debian: liblzma5; Red Hat: xz-libs",
	  xz_symbols, ARRAY_SIZE(xz_symbols), NULL, NULL, xz_inflate },
	{ "lz4", "liblz4.so.1", "Debian: liblz4-1; Red Hat: lz4-libs",
	  lz4_symbols, ARRAY_SIZE(lz4_symbols), NULL, NULL, lz4_inflate },
	{ "lzo", "liblzo2.so.2", "Debian: liblzo2-2; Red Hat: lzo",
	  lzo_symbols, ARRAY_SIZE(lzo_symbols), NULL, NULL, lzo_inflate },
};
// clang-format on

/* The first library for NAME behind SKIP of them that can be loaded, to C. */
static int load(struct sqcodec *c, const char *name, unsigned skip,
		struct err *e)
{
	struct err last = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].compressor, name) != 0 || (skip && skip--))
			continue;
		c->kind = &kinds[i];
		last = (struct err){ 0 };
		c->lib = dynlib_open(c->kind->soname, c->kind->symbols,
				     c->kind->n_symbols, &c->functions, &last);
		if (c->lib)
			return 0;
	}
	if (!c->kind)
		return err_set(e, ERR_UNSUPPORTED,
			       "it is compressed with %s, which can't be read",
			       name);
	err_set(e, last.kind, "%s can't be inflated: %s", name, last.msg);
	return err_hint(e, "install that library (%s)", c->kind->packages);
}

struct sqcodec *sqcodec_open(const char *name, unsigned skip, size_t block,
			     struct err *e)
{
	struct sqcodec *c = xcalloc(1, sizeof(*c));

	if (load(c, name, skip, e)) {
		free(c);
		return NULL;
	}
	c->block = block;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

static void worker_free(const struct sqcodec *c, struct sqworker *w)
{
	if (w->state)
		c->kind->state_free(&c->functions, w->state);
	free(w->input);
	free(w);
}

void sqcodec_close(struct sqcodec *c)
{
	if (!c)
		return;
	while (c->idle) {
		struct sqworker *w = c->idle;

		c->idle = w->next;
		worker_free(c, w);
	}
	pthread_mutex_destroy(&c->lock);
	dynlib_close(c->lib);
	free(c);
}

static struct sqworker *worker_new(const struct sqcodec *c)
{
	struct sqworker *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->input = malloc(c->block);
	if (c->kind->state_new)
		w->state = c->kind->state_new(&c->functions);
	if (!w->input || (c->kind->state_new && !w->state)) {
		worker_free(c, w);
		return NULL;
	}
	return w;
}

struct sqworker *sqcodec_take(struct sqcodec *c)
{
	struct sqworker *w;

	pthread_mutex_lock(&c->lock);
	w = c->idle;
	if (w)
		c->idle = w->next;
	pthread_mutex_unlock(&c->lock);
	return w ? w : worker_new(c);
}

void sqcodec_give(struct sqcodec *c, struct sqworker *w)
{
	pthread_mutex_lock(&c->lock);
	w->next = c->idle;
	c->idle = w;
	pthread_mutex_unlock(&c->lock);
}

ssize_t sqcodec_inflate(const struct sqcodec *c, const struct sqworker *w,
			const void *in, size_t n, void *out, size_t cap)
{
	return c->kind->inflate(&c->functions, w->state, in, n, out, cap);
}
