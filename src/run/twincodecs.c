/* twincodecs.c - the libraries that are linked into the static ch-run.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/twincodecs.h"

#include <string.h>

/* Their addresses are all that is wanted, so no header is needed. */
// clang-format off
#ifdef HAVE_STATIC_ZSTD
#define ZSTD_ROWS(ROW) \
	ROW("libzstd.so.1", ZSTD_createDCtx) \
	ROW("libzstd.so.1", ZSTD_freeDCtx) \
	ROW("libzstd.so.1", ZSTD_decompressDCtx) \
	ROW("libzstd.so.1", ZSTD_isError)
#else
#define ZSTD_ROWS(ROW)
#endif
#ifdef HAVE_STATIC_ZLIB
#define ZLIB_ROWS(ROW) \
	ROW("libz.so.1", inflateInit_) \
	ROW("libz.so.1", inflateReset) \
	ROW("libz.so.1", inflate) \
	ROW("libz.so.1", inflateEnd)
#else
#define ZLIB_ROWS(ROW)
#endif
#ifdef HAVE_STATIC_LZ4
#define LZ4_ROWS(ROW) ROW("liblz4.so.1", LZ4_decompress_safe)
#else
#define LZ4_ROWS(ROW)
#endif
#ifdef HAVE_STATIC_XZ
#define XZ_ROWS(ROW) ROW("liblzma.so.5", lzma_stream_buffer_decode)
#else
#define XZ_ROWS(ROW)
#endif
#define ROWS(ROW) ZSTD_ROWS(ROW) ZLIB_ROWS(ROW) LZ4_ROWS(ROW) XZ_ROWS(ROW)
// clang-format on

#define DECLARE_ROW(soname, name) extern void name(void);
#define ROW(soname, name) { soname, #name, name },

ROWS(DECLARE_ROW)

static const struct {
	const char *soname;
	const char *name;
	void (*function)(void);
} rows[] = {
	ROWS(ROW){ NULL, NULL, NULL },
};

static bool find(const char *soname, const struct dynlib_symbol *symbol,
		 void *functions)
{
	for (size_t i = 0; rows[i].soname; i++) {
		if (strcmp(rows[i].soname, soname) != 0 ||
		    strcmp(rows[i].name, symbol->name) != 0)
			continue;
		memcpy((char *)functions + symbol->at, &rows[i].function,
		       sizeof(rows[i].function));
		return true;
	}
	return false;
}

bool twincodecs_find(const char *soname, const struct dynlib_symbol *symbols,
		     size_t n, void *functions)
{
	for (size_t i = 0; i < n; i++)
		if (!find(soname, &symbols[i], functions))
			return false;
	return true;
}
