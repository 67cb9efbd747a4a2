/* t_store.c - the store: made, found, refused, named images, blobs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/dir.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "image/blobs.h"
#include "image/host.h"
#include "image/store.h"

#include "tap.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static char *dir;

static bool exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static void test_open(void)
{
	AUTO(store) struct store s = STORE_INIT;
	struct err e = { 0 };
	autostr char *want = str_fmt("there is no store '%s/s' yet", dir);

	ok(store_open(&s, "s", &e) && e.kind == ERR_NOTFOUND, "no store yet");
	is(e.msg, want, "and the message says so");
	ok(!store_open_write(&s, "s", &e), "made: %s", e.msg);
	ok(exists("s/oci-layout") && exists("s/index.json") && exists("s/tmp"),
	   "a layout with tmp/");
	store_close(&s);
	ok(!store_open(&s, "s", &e), "opened for reading: %s", e.msg);
}

static void test_refused(void)
{
	AUTO(store) struct store s = STORE_INIT;
	struct err e = { 0 };
	struct stat st;

	mkdir("full", 0755);
	mkdir("full/x", 0755);
	ok(store_open_write(&s, "full", &e) && e.kind == ERR_EXISTS,
	   "a directory with something else in it: %s", e.msg);
	ok(store_open(&s, "full", &e) && e.kind == ERR_FORMAT,
	   "the same for reading: %s", e.msg);
	mkdir("wide", 0777);
	chmod("wide", 0777);
	ok(store_open_write(&s, "wide", &e) && e.kind == ERR_AUTH &&
		   strstr(e.msg, "mode 0777"),
	   "one that others can write to: %s", e.msg);
	if (!stat("/", &st) && st.st_uid != geteuid())
		ok(store_open(&s, "/", &e) && e.kind == ERR_AUTH &&
			   strstr(e.msg, "belongs to user 'root'"),
		   "one of somebody else: %s", e.msg);
	else
		tap_skip("one of somebody else", "root owns all there is here");
}

static void test_names(void)
{
	AUTO(store) struct store s = STORE_INIT;
	AUTO(ref) struct ref ref = { 0 };
	struct descriptor d = {
		.media_type =
			xstrdup("application/vnd.oci.image.manifest.v1+json"),
		.size = 7
	};
	struct descriptor got = { 0 };
	struct platform here = { 0 }, other = { 0 };
	struct err e = { 0 };
	char hex[HASH_HEX_MAX];

	if (store_open_write(&s, "s", &e) || ref_parse("a/b:1", &ref, &e) ||
	    host_platform("amd64", &here, &e) ||
	    host_platform("arm64", &other, &e))
		ok(false, "set-up: %s", e.msg);
	ok(store_find(&s, &ref, &here, &got, &e) && e.kind == ERR_NOTFOUND,
	   "not there: %s", e.msg);
	hash_buffer(HASH_SHA256, "one", 3, hex);
	digest_set(&d.digest, HASH_SHA256, hex);
	d.platform = here;
	ok(!store_set(&s, &ref, &d, &e), "named: %s", e.msg);
	ok(!store_find(&s, &ref, &here, &got, &e) &&
		   digest_eq(&got.digest, &d.digest) && got.size == 7,
	   "found: %s", e.msg);
	descriptor_clear(&got);
	hash_buffer(HASH_SHA256, "two", 3, hex);
	digest_set(&d.digest, HASH_SHA256, hex);
	d.platform = other;
	ok(!store_set(&s, &ref, &d, &e), "the same for another platform");
	ok(!store_find(&s, &ref, &here, &got, &e) &&
		   !digest_eq(&got.digest, &d.digest),
	   "the first is still there");
	descriptor_clear(&got);
	ok(!store_find(&s, &ref, &other, &got, &e) &&
		   digest_eq(&got.digest, &d.digest),
	   "and so is the second");
	descriptor_clear(&got);
	ok(!store_tree(&s, &d.digest), "no tree");
	descriptor_clear(&d);
}

static void test_blobs(void)
{
	AUTO(store) struct store s = STORE_INIT;
	AUTO(str) struct str text = { 0 };
	autostr char *path = NULL;
	struct digest d = { 0 };
	struct err e = { 0 };
	char hex[HASH_HEX_MAX];

	hash_buffer(HASH_SHA256, "content", 7, hex);
	digest_set(&d, HASH_SHA256, hex);
	if (store_open_write(&s, "s", &e))
		ok(false, "set-up: %s", e.msg);
	ok(!blobs_has(s.fd, &d, 7), "no blob yet");
	ok(!blobs_put(s.fd, &d, "content", 7, &e), "put: %s", e.msg);
	ok(blobs_has(s.fd, &d, 7) && !blobs_has(s.fd, &d, 8),
	   "there, with that size only");
	ok(!blobs_read(s.fd, &d, 7, 100, &text, &e) &&
		   !strcmp(text.p, "content"),
	   "read: %s", e.msg);
	ok(blobs_read(s.fd, &d, 7, 6, &text, &e) && e.kind == ERR_LIMIT,
	   "over the limit: %s", e.msg);
	path = str_fmt("s/blobs/sha256/%s", digest_hex(&d));
	FILE *f = fopen(path, "w");
	fputs("CONTENT", f);
	fclose(f);
	ok(blobs_read(s.fd, &d, 7, 100, &text, &e) && e.kind == ERR_DIGEST,
	   "bit rot: %s", e.msg);
	unlink(path);
	ok(!mkfifo(path, 0600) && blobs_open(s.fd, &d, 0, &e) < 0 &&
		   e.kind == ERR_FORMAT,
	   "a fifo: %s", e.msg);
	unlink(path);
	ok(!symlink("/etc/passwd", path) && blobs_open(s.fd, &d, 7, &e) < 0,
	   "a link: %s", e.msg);
}

int main(void)
{
	const char *top = getenv("TMPDIR");
	autofd int above = open(top ? top : "/tmp", O_RDONLY | O_DIRECTORY);
	struct err e = { 0 };

	umask(022);
	dir = str_fmt("%s/t_store.XXXXXX", top ? top : "/tmp");
	if (above < 0 || !mkdtemp(dir) || chdir(dir))
		return 99;
	test_open();
	test_refused();
	test_names();
	test_blobs();
	if (chdir("/") || dir_remove(above, path_base(dir), &e))
		ok(false, "clean-up: %s", e.msg);
	free(dir);
	return tap_done();
}
