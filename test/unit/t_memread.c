/* t_memread.c - tests of layer/memread.c: entries made in memory.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "layer/memread.h"

#include "entrytest.h"
#include "tap.h"

static const char all[] = "d:ch f:ch/config.json={} f:ch/empty= s:ch/x>../y";

static struct memread *make(void)
{
	struct memread *m = memread_new(77);
	char content[] = "{}";

	memread_dir(m, "ch", 0755);
	memread_file(m, "ch/config.json", 0644, content, 2);
	memread_file(m, "ch/empty", 0600, NULL, 0);
	memread_symlink(m, "ch/x", "../y");
	content[0] = 'X'; /* what was given is a copy */
	return m;
}

static void test_list(void)
{
	AUTO(memread) struct memread *m = make();

	for (int i = 0; i < 2; i++) {
		AUTO(str) struct str text = { 0 };
		struct entries r = memread_entries(m);
		struct err e = { 0 };

		is_num(entrytest_list(&r, &text, &e), 0, "read");
		is(text.p, all, "all entries, each time");
	}
}

static void test_attributes(void)
{
	AUTO(memread) struct memread *m = make();
	struct entries r = memread_entries(m);
	struct err e = { 0 };
	struct entry x;

	ok(r.next(r.ctx, &x, &e) == 1 && x.type == ENTRY_DIR, "a directory");
	is_num(x.mode, 0755, "its mode");
	is_num(x.mtime.tv_sec, 77, "its time");
	ok(!x.uid && !x.gid && !x.has_xattrs && !x.is_sparse, "root's");
	ok(r.next(r.ctx, &x, &e) == 1 && x.size == 2, "a file");
	x.name[0] = 'X'; /* allowed by entry.h */
	r = memread_entries(m);
	ok(r.next(r.ctx, &x, &e) == 1 && r.next(r.ctx, &x, &e) == 1, "again");
	is(x.name, "ch/config.json", "a changed name is as it was");
	ok(r.next(r.ctx, &x, &e) == 1 && x.size == 0, "content passed over");
}

static void test_none(void)
{
	AUTO(memread) struct memread *m = memread_new(0);
	struct entries r = memread_entries(m);
	struct err e = { 0 };
	struct entry x;

	is_num(r.next(r.ctx, &x, &e), 0, "no entries");
	is_num(r.next(r.ctx, &x, &e), 0, "and still none");
}

int main(void)
{
	test_list();
	test_attributes();
	test_none();
	return tap_done();
}
