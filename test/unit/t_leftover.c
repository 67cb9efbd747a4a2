/* t_leftover.c - names in a store's tmp/: made, read, refused.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "image/leftover.h"

#include "tap.h"

#define A16 "aaaaaaaaaaaaaaaa"
#define HEX A16 A16 A16 A16

static const struct {
	const char *name;
	enum leftover_kind kind;
} names[] = {
	{ ".ch-tmp.0123456789abcdef", LEFTOVER_TMP },
	{ "lease.sha256." HEX, LEFTOVER_LEASE },
	{ "part.sha256." HEX, LEFTOVER_PARTIAL },
	{ ".ch-old.blob.sha256." HEX ".17.0000000000000001", LEFTOVER_OLD },
	{ ".ch-old.tree.sha256." HEX ".17.0000000000000001", LEFTOVER_OLD },
	{ ".ch-old.bad-tree.sha256." HEX ".17.1", LEFTOVER_OLD },
	{ ".ch-old.", LEFTOVER_UNKNOWN },
	{ ".ch-old.blob.sha256." HEX ".17", LEFTOVER_UNKNOWN },
	{ ".ch-old.blob.sha256." HEX ".-17.1", LEFTOVER_UNKNOWN },
	{ ".ch-old.blob.sha256." A16 ".17.1", LEFTOVER_UNKNOWN },
	{ ".ch-old.blob.md5." HEX ".17.1", LEFTOVER_UNKNOWN },
	{ ".ch-old.blobs.sha256." HEX ".17.1", LEFTOVER_UNKNOWN },
	{ ".ch-old.bad-.sha256." HEX ".17.1", LEFTOVER_UNKNOWN },
	{ "notes", LEFTOVER_UNKNOWN },
	{ "", LEFTOVER_UNKNOWN },
};

static void test_round_trip(enum item_kind kind, bool is_bad)
{
	struct leftover_old old = {
		.kind = kind,
		.is_bad = is_bad,
		.since_s = 1700000000,
	};
	struct leftover_old got;
	autostr char *name = NULL;

	digest_set(&old.digest, HASH_SHA256, HEX);
	name = leftover_old_name(&old, 77);
	ok(leftover_old_parse(name, &got) && got.kind == kind &&
		   got.is_bad == is_bad && got.since_s == old.since_s &&
		   digest_eq(&got.digest, &old.digest),
	   "made and read: %s", name);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		ok(leftover_kind(names[i].name) == names[i].kind, "'%s'",
		   names[i].name);
	test_round_trip(ITEM_BLOB, false);
	test_round_trip(ITEM_TREE, false);
	test_round_trip(ITEM_TREE, true);
	return tap_done();
}
