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
static const struct lead {
	struct block pax;
	char records[512];
	struct block file;
} lead = {
	.pax = {
		.name = "x",
		.mode = "0000644",
		.uid = "0000000",
		.gid = "0000000",
		.size = "00000000015",
		.mtime = "00000000000",
		.sum = "006243",
		.type = 'x',
		.magic = "ustar",
		.version = { '0', '0' },
	},
	.records = "13 comment=x\n",
	.file = {
		.name = "x",
		.mode = "0000644",
		.uid = "0000000",
		.gid = "0000000",
		.size = "00000000000",
		.mtime = "00000000000",
		.sum = "006125",
		.type = '0',
		.magic = "ustar",
		.version = { '0', '0' },
	},
};

const void *tarlead(bool is_pax, size_t *n)
{
	*n = is_pax ? sizeof(lead) : sizeof(lead.file);
	return is_pax ? (const void *)&lead : &lead.file;
}
