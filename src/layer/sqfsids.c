/* sqfsids.c - users and groups of a squashfs image, by number.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/sqfsids.h"

#include "base/mem.h"
#include "base/sip.h"

#include <endian.h>
#include <sqfs/table.h>
#include <string.h>

#define IDS_MAX 0xffffu /* the superblock counts in 16 bits */
#define BITS 17         /* of a hash table twice as long */

struct sqfsids {
	uint32_t ids[IDS_MAX]; /* little-endian, as in the table */
	size_t n;
	uint32_t slots[1u << BITS]; /* of a hash table: index of an ID + 1 */
	uint64_t key;
};

struct sqfsids *sqfsids_new(void)
{
	struct sqfsids *t = xcalloc(1, sizeof(*t));

	t->key = sip_key().word[0] | 1;
	return t;
}

void sqfsids_free(struct sqfsids *t)
{
	free(t);
}

/* Multiply-shift hashing with an odd factor that the image can't know. */
int sqfsids_index(struct sqfsids *t, uint32_t id, uint16_t *out, struct err *e)
{
	size_t i = (size_t)((id * t->key) >> (64 - BITS));

	while (t->slots[i] && t->ids[t->slots[i] - 1] != htole32(id))
		i = (i + 1) % (1u << BITS);
	if (!t->slots[i]) {
		if (t->n == IDS_MAX)
			return err_set(e, ERR_LIMIT,
				       "more than %u owners and groups, which "
				       "is all that a squashfs image can have",
				       IDS_MAX);
		t->ids[t->n++] = htole32(id);
		t->slots[i] = (uint32_t)t->n;
	}
	*out = (uint16_t)(t->slots[i] - 1);
	return 0;
}

int sqfsids_write(const struct sqfsids *t, struct sqfsfile *file,
		  sqfs_compressor_t *c, sqfs_super_t *super, struct err *e)
{
	sqfs_u64 start;
	int code = sqfs_write_table(&file->base, c, t->ids,
				    t->n * sizeof(*t->ids), &start);

	if (code)
		return sqfsfile_fail(file, code, e);
	super->id_count = (uint16_t)t->n;
	super->id_table_start = start;
	return 0;
}
