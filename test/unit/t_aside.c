/* t_aside.c - set aside, put back, removed, or kept because others may run it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/dir.h"
#include "base/path.h"
#include "base/str.h"
#include "image/aside.h"
#include "image/blobs.h"

#include "tap.h"

#include <string.h>
#include <sys/stat.h>

#define NOW 1700000000
#define DAY 86400
#define ONES "1111111111111111111111111111111111111111111111111111111111111111"

static bool exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

/* A tree that no name needs, with a root that can't be written to, aside since
 * then. */
static int put_tree(const struct store *s, int64_t since_s, struct err *e)
{
	struct item it = { .kind = ITEM_TREE };
	autofd int dir = store_dir(s, "trees/sha256/" ONES "/bin", e);

	digest_set(&it.digest, HASH_SHA256, ONES);
	if (dir < 0 || chmod("s/trees/sha256/" ONES, 0555))
		return -1;
	return aside_put(s, &it, false, since_s, e);
}

static const struct {
	const char *what;
	mode_t mode; /* of the store */
	int64_t since_s;
	bool now;
	size_t n_kept;
} cases[] = {
	{ "own store", 0700, NOW, false, 0 },
	{ "a group's: stays", 0770, NOW, false, 1 },
	{ "a group's, six days", 0770, NOW - 6 * DAY, false, 1 },
	{ "a group's, seven days", 0770, NOW - 7 * DAY, false, 0 },
	{ "a group's, --now", 0770, NOW, true, 0 },
};

static void test_trees(const struct store *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct aside_opts o = { .now_s = NOW, .now = cases[i].now };
		struct aside_done done = { 0 };
		struct err e = { 0 };

		ok(!put_tree(s, cases[i].since_s, &e) &&
			   !exists("s/trees/sha256/" ONES),
		   "aside %s", e.msg);
		chmod("s", cases[i].mode);
		ok(!aside_settle(s, &o, &done, &e) &&
			   done.n_kept == cases[i].n_kept &&
			   done.n_trees == 1 - cases[i].n_kept,
		   "%s %s", cases[i].what, e.msg);
		o.now = true;
		ok(!aside_settle(s, &o, &done, &e), "removed");
		chmod("s", 0700);
	}
}

/* A manifest without layers, named: aside it goes back, and is found so. */
static void test_blob(const struct store *s)
{
	static const char text[] = "{\"schemaVersion\":2,\"layers\":[]}";
	struct aside_opts o = { .now_s = NOW };
	AUTO(descriptor) struct descriptor d = { 0 };
	AUTO(ref) struct ref ref = { 0 };
	struct item it = { .kind = ITEM_BLOB };
	struct aside_done done;
	struct err e = { 0 };
	char hex[HASH_HEX_MAX];

	hash_buffer(HASH_SHA256, text, strlen(text), hex);
	digest_set(&it.digest, HASH_SHA256, hex);
	d.digest = it.digest;
	d.size = strlen(text);
	d.media_type = strdup("application/vnd.oci.image.manifest.v1+json");
	ok(!blobs_put(s->fd, &d.digest, text, d.size, &e) &&
		   !aside_put(s, &it, false, NOW, &e) &&
		   !blobs_has(s->fd, &d.digest, d.size),
	   "a blob is set aside %s", e.msg);
	ok(!aside_put(s, &it, false, NOW, &e), "gone already is success");
	ok(!ref_parse("a:1", &ref, &e) && !store_set(s, &ref, &d, &e),
	   "then an image needs it");
	ok(!aside_settle(s, &o, &done, &e) && !done.n_blobs &&
		   blobs_has(s->fd, &d.digest, d.size),
	   "it is back %s", e.msg);
}

int main(void)
{
	char name[] = "aside.XXXXXX";
	AUTO(store) struct store s = STORE_INIT;
	struct err e = { 0 };

	if (!mkdtemp(name) || chdir(name))
		return 1;
	ok(!store_open_write(&s, "s", &e), "a store %s", e.msg);
	test_trees(&s);
	test_blob(&s);
	autofd int up = dir_open("..", &e);

	ok(up >= 0 && !chdir("..") && !dir_remove(up, name, &e), "cleaned %s",
	   e.msg);
	return tap_done();
}
