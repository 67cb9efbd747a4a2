/* tarlead.c - the bytes, with their checksums.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/tarlead.h"

struct block {
	char name[100];
	char mode[8], uid[8], gid[8];
	char size[12], mtime[12];
	char sum[8];
	char type;
	char link[100];
	char magic[6], version[2];
	char rest[247];
};

/* A header with nothing in it but SIZE, SUM and TYPE. */
#define BLOCK(size_, sum_, type_)             \
	{                                     \
		.name = "x",                  \
		.mode = "0000644",            \
		.uid = "0000000",             \
		.gid = "0000000",             \
		.size = (size_),              \
		.mtime = "00000000000",       \
		.sum = (sum_),                \
		.type = (type_),              \
		.magic = "ustar",             \
		.version = { '0', '0' },      \
	}

static const struct lead {
	struct block pax;
	char records[512];
	struct block file;
} lead = {
	.pax = BLOCK("00000000015", "006243", 'x'),
	.records = "13 comment=x\n",
	.file = BLOCK("00000000000", "006125", '0'),
};

const void *tarlead(bool is_pax, size_t *n)
{
	*n = is_pax ? sizeof(lead) : sizeof(lead.file);
	return is_pax ? (const void *)&lead : &lead.file;
}
