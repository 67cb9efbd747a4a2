/* stats.h - what was seen and left out while layers were unpacked.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef LAYER_STATS_H
#define LAYER_STATS_H

#include <stdint.h>

struct unpack_stats {
	uint64_t entries; /* entries made */
	uint64_t bytes;   /* file content written */
	uint64_t devices; /* device nodes left out */
	uint64_t setids;  /* entries whose set-ID bits were kept off */
	uint64_t xattrs;  /* attributes that could not be kept */
	uint64_t owners;  /* entries of another owner than root */
	uint64_t times;   /* modification times out of range, clamped */
};

#endif
