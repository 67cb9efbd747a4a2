/* spoilt.h - images of ours, spoilt: the superblock byte by byte, the rest at
 * random.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_SPOILT_H
#define TEST_SPOILT_H

#include "sqfstest.h"

/* Try the image with another value at byte AT, some N_VALUES of them; count for
 * how many it was good or bad. */
typedef void (*spoilt_fn)(struct str *bytes, size_t at, const char *what,
			  size_t *n_good, size_t *n_bad);

static void spoilt_image(const struct item *items, size_t n,
			 const char *compressor, spoilt_fn spoil,
			 size_t n_values, uint64_t *seed)
{
	struct sqfswrite_opts o = { compressor, 0, 4096, 1, 0 };
	AUTO(str) struct str bytes = { 0 };
	AUTO(plant) struct plant p;
	struct sqfswrite_stats stats;
	size_t n_good = 0, n_bad = 0;
	struct err e = { 0 };
	uint64_t size = 0;
	autofd int fd = memory();

	plant_init(&p);
	if (plant_write(&p, fd, 0, &o, items, n, &size, &stats, &e) ||
	    pread(fd, str_reserve(&bytes, size), size, 0) < 0)
		abort();
	bytes.len = size;
	for (size_t at = 0; at < 96; at++)
		spoil(&bytes, at, compressor, &n_good, &n_bad);
	for (size_t k = 0; k < 500; k++) {
		*seed ^= *seed << 13;
		*seed ^= *seed >> 7;
		*seed ^= *seed << 17;
		spoil(&bytes, *seed % size, compressor, &n_good, &n_bad);
	}
	/* Times are as good as others, places of tables are not. */
	ok(n_good > n_values * 4 && n_bad > n_values * 40,
	   "%s: %zu good, %zu bad", compressor, n_good, n_bad);
}

static void spoilt_images(const struct item *items, size_t n, spoilt_fn spoil,
			  size_t n_values)
{
	static const char *const compressors[] = { "zstd", "lz4", "gzip",
						   "xz" };
	uint64_t seed = 88172645463325252u;

	for (size_t i = 0; i < ARRAY_SIZE(compressors); i++)
		spoilt_image(items, n, compressors[i], spoil, n_values, &seed);
}

#endif
