/* enczstd.c - zstd encoding by libzstd and its own threads.
 * SPDX-License-Identifier: Apache-2.0
 *
 * libzstd cuts the stream into jobs of a fixed size, whatever the number of its
 * workers, as long as there is one: so the frame is the same for all. Where it
 * was built without threads it compresses in ours, and the frame is another.
 */
#include "config.h"

#include "layer/enczstd.h"

#include "base/mem.h"

#include <signal.h>
#include <zstd.h>

/* Its own default is four windows, 8 MiB at level 3, of which each worker needs
 * two or three. */
#define JOB_BYTES 2097152

struct enczstd {
	int (*write)(void *ctx, const void *p, size_t n, struct err *e);
	void *ctx;
	ZSTD_CCtx *cctx;
	void *buffer;
	size_t buffer_bytes;
};

void enczstd_free(struct enczstd *z)
{
	ZSTD_freeCCtx(z->cctx);
	free(z->buffer);
	free(z);
}

static int failed(size_t code, struct err *e)
{
	return err_set(e, ERR_SYS, "can't compress: %s",
		       ZSTD_getErrorName(code));
}

/* Feed what is in IN; with ZSTD_e_end, until all is out. */
static int feed(struct enczstd *z, ZSTD_inBuffer *in, ZSTD_EndDirective mode,
		struct err *e)
{
	size_t left;

	do {
		ZSTD_outBuffer out = { z->buffer, z->buffer_bytes, 0 };

		left = ZSTD_compressStream2(z->cctx, &out, in, mode);
		if (ZSTD_isError(left))
			return failed(left, e);
		if (out.pos && z->write(z->ctx, z->buffer, out.pos, e))
			return -1;
	} while (in->pos < in->size || (mode == ZSTD_e_end && left));
	return 0;
}

/* Make libzstd start its threads, with all signals blocked, as pool.c does. No
 * byte is given yet, so that it does not take the first for all there are. */
static int start(struct enczstd *z, struct err *e)
{
	ZSTD_inBuffer none = { "", 0, 0 };
	sigset_t all;
	sigset_t saved;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &saved);
	int rc = feed(z, &none, ZSTD_e_continue, e);

	pthread_sigmask(SIG_SETMASK, &saved, NULL);
	return rc;
}

struct enczstd *enczstd_new(int level, unsigned threads,
			    int (*write)(void *ctx, const void *p, size_t n,
					 struct err *e),
			    void *ctx, struct err *e)
{
	AUTO(enczstd) struct enczstd *z = xcalloc(1, sizeof(*z));
	ZSTD_bounds most = ZSTD_cParam_getBounds(ZSTD_c_nbWorkers);
	int n = (int)threads < most.upperBound ? (int)threads : most.upperBound;

	z->write = write;
	z->ctx = ctx;
	z->buffer_bytes = ZSTD_CStreamOutSize();
	z->buffer = xmalloc(z->buffer_bytes);
	z->cctx = ZSTD_createCCtx();
	if (!z->cctx)
		mem_fail("a compressor");
	ZSTD_CCtx_setParameter(z->cctx, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(z->cctx, ZSTD_c_checksumFlag, 1);
	/* Refused where it is built without threads: bounds are 0 then. */
	if (n > 0) {
		ZSTD_CCtx_setParameter(z->cctx, ZSTD_c_nbWorkers, n);
		ZSTD_CCtx_setParameter(z->cctx, ZSTD_c_jobSize, JOB_BYTES);
	}
	return start(z, e) ? NULL : TAKE(z);
}

int enczstd_write(struct enczstd *z, const void *p, size_t n, struct err *e)
{
	ZSTD_inBuffer in = { p, n, 0 };

	return n ? feed(z, &in, ZSTD_e_continue, e) : 0;
}

int enczstd_end(struct enczstd *z, struct err *e)
{
	ZSTD_inBuffer none = { "", 0, 0 };

	return feed(z, &none, ZSTD_e_end, e);
}
