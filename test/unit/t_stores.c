/* t_stores.c - several stores: modes and trust, read-only ones, names set by
 * many at once, whole images.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "format/ocilayout.h"
#include "image/blobs.h"
#include "image/host.h"
#include "image/stores.h"

#include "forbid.h"
#include "tap.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITERS 8
#define NAMES 20

static unsigned mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) ? 0 : st.st_mode & 07777;
}

static void digest_of(const char *text, struct digest *d)
{
	char hex[HASH_HEX_MAX];

	hash_buffer(HASH_SHA256, text, strlen(text), hex);
	digest_set(d, HASH_SHA256, hex);
}

// clang-format off
static const struct {
	const char *name;
	unsigned store, umask;
	unsigned dir, index, blob;
} modes[] = {
	{ "private", 0700, 022, 0700, 0600, 0600 },
	{ "shared", 02770, 002, 02770, 0660, 0660 },
	{ "shared without setgid", 0770, 002, 02770, 0660, 0660 },
	{ "shared, umask 022", 02775, 022, 02775, 0664, 0644 },
	{ "shared, umask 077", 02770, 077, 02770, 0660, 0600 },
	{ "published", 0755, 022, 0755, 0644, 0644 },
};
// clang-format on

static void test_modes(void)
{
	struct digest d;

	digest_of("blob", &d);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		AUTO(store) struct store s = STORE_INIT;
		autostr char *blob =
			str_fmt("m%zu/blobs/sha256/%s", i, digest_hex(&d));
		autostr char *dir = str_fmt("m%zu", i);
		autostr char *tmp = str_fmt("%s/tmp", dir);
		autostr char *blobs = str_fmt("%s/blobs/sha256", dir);
		autostr char *index = str_fmt("%s/index.json", dir);
		struct err e = { 0 };

		if (mkdir(dir, 0700) || chmod(dir, modes[i].store))
			ok(false, "mkdir");
		umask(modes[i].umask);
		ok(!store_open_write(&s, dir, &e) &&
			   !blobs_put(s.fd, &d, "blob", 4, &e),
		   "%s: used %s", modes[i].name, e.msg);
		is_num(mode_of(tmp), modes[i].dir, "directories");
		is_num(mode_of(blobs), modes[i].dir, "below, too");
		is_num(mode_of(index), modes[i].index, "the index");
		is_num(mode_of(blob), modes[i].blob, "blobs");
		umask(022);
	}
}

static void test_trust(void)
{
	AUTO(store) struct store s = STORE_INIT;
	struct err e = { 0 };

	if (mkdir("open", 0700) || chmod("open", 0777))
		ok(false, "mkdir");
	ok(store_open_write(&s, "open", &e) && e.kind == ERR_AUTH &&
		   strstr(e.msg, "written by everybody (mode 0777); run: "
				 "chmod o-w /"),
	   "never one for everybody: %s", e.msg);
	ok(store_open_readonly(&s, "open", &e) && e.kind == ERR_AUTH,
	   "nor to read: %s", e.msg);
	if (!geteuid()) {
		tap_skip("whose it is", "root is trusted with all");
		return;
	}
	ok(store_open(&s, "/usr", &e) && e.kind == ERR_AUTH &&
		   strstr(e.msg, "belongs to user 'root' (uid 0), not to you"),
	   "one of somebody else: %s", e.msg);
	ok(store_open_readonly(&s, "/usr", &e) && e.kind == ERR_FORMAT,
	   "but to read it would do: %s", e.msg);
}

static void add_image(const struct store *s, const char *name,
		      const struct platform *p, const char *text)
{
	AUTO(ref) struct ref ref = { 0 };
	struct descriptor d = { .media_type =
					xstrdup(media_name(MEDIA_MANIFEST)),
				.size = strlen(text),
				.platform = *p };
	struct err e = { 0 };

	digest_of(text, &d.digest);
	if (ref_parse(name, &ref, &e) || store_set(s, &ref, &d, &e))
		ok(false, "%s: %s", name, e.msg);
	descriptor_clear(&d);
}

static void is_found(const struct stores *s, const char *name,
		     const struct platform *want, const char *text)
{
	AUTO(ref) struct ref ref = { 0 };
	AUTO(descriptor) struct descriptor d = { 0 };
	const struct store *where = NULL;
	struct err e = { 0 };
	struct digest digest;

	digest_of(text, &digest);
	if (ref_parse(name, &ref, &e))
		ok(false, "%s", e.msg);
	if (stores_find(s, &ref, want, &d, &where, &e)) {
		ok(strstr(e.msg, text) != NULL, "%s: %s", name, e.msg);
		return;
	}
	ok(digest_eq(&digest, &d.digest), "%s in %s is %s", name, where->path,
	   text);
}

static void test_several(void)
{
	AUTO(stores) struct stores s = { 0 };
	struct platform here = { 0 }, arm = { 0 };
	struct store a = STORE_INIT, b = STORE_INIT;
	struct err e = { 0 };

	if (store_open_write(&a, "a", &e) || store_open_write(&b, "b", &e) ||
	    host_platform("amd64", &here, &e) ||
	    host_platform("arm64", &arm, &e))
		ok(false, "set-up: %s", e.msg);
	add_image(&a, "one:1", &here, "a1");
	add_image(&b, "one:1", &here, "b1");
	add_image(&b, "two:1", &here, "b2");
	add_image(&b, "arm:1", &arm, "b3");
	ok(!stores_open(&s, "a", "b:nowhere::a", false, &e) && s.n == 2,
	   "two stores; the missing one is a warning: %s", e.msg);
	is_found(&s, "one:1", &here, "a1");
	is_found(&s, "two:1", &here, "b2");
	is_found(&s, "arm:1", &here, "for linux/arm64, not for linux/amd64");
	is_found(&s, "none:1", &here, "no image 'none:1' in store");
	stores_close(&s);
	ok(!stores_open(&s, "not-yet", "b", false, &e), "no own store yet");
	is_found(&s, "two:1", &here, "b2");
	is_found(&s, "none:1", &here, "there is no store");
	stores_close(&s);
	ok(stores_open(&s, "a", "open", false, &e) && e.kind == ERR_AUTH,
	   "not one that all write to: %s", e.msg);
	store_close(&a);
	store_close(&b);
}

static void test_drop(void)
{
	AUTO(store) struct store s = STORE_INIT;
	AUTO(descriptor) struct descriptor d = { 0 };
	AUTO(ref) struct ref ref = { 0 };
	struct platform here = { 0 }, arm = { 0 };
	struct err e = { 0 };
	size_t n;

	if (store_open_write(&s, "r", &e) || ref_parse("x:1", &ref, &e) ||
	    host_platform("amd64", &here, &e) ||
	    host_platform("arm64", &arm, &e))
		ok(false, "set-up: %s", e.msg);
	add_image(&s, "x:1", &here, "1");
	add_image(&s, "x:1", &arm, "2");
	ok(!store_find(&s, &ref, &arm, &d, &e), "there: %s", e.msg);
	ok(!store_drop(&s, &d, &n, &e) && n == 1, "one: %s", e.msg);
	ok(!store_drop(&s, &d, &n, &e) && n == 0, "no more");
	is_found(&(struct stores){ .v = { s }, .n = 1 }, "x:1", &here, "1");
}

static void write_names(int writer)
{
	AUTO(store) struct store s = STORE_INIT;
	struct platform here = { 0 };
	struct err e = { 0 };

	/* Half of them as on NFS. */
	if (writer % 2 &&
	    (forbid(SYS_flock, ENOLCK) || forbid(SYS_renameat2, EINVAL)))
		printf("# no seccomp filter here\n");
	if (store_open(&s, "many", &e) || host_platform("amd64", &here, &e))
		_exit(1);
	for (int i = 0; i < NAMES; i++) {
		autostr char *name = str_fmt("w%d/n%d:1", writer, i);

		add_image(&s, name, &here, "x");
	}
	_exit(tap_bad ? 1 : 0);
}

/* Writers at the same time: none loses another's names. */
static void test_many(void)
{
	AUTO(store) struct store s = STORE_INIT;
	AUTO(str) struct str text = { 0 };
	AUTO(ocilayout_list) struct ocilayout_list l = { 0 };
	struct err e = { 0 };
	int status, bad = 0;

	if (store_open_write(&s, "many", &e))
		ok(false, "set-up: %s", e.msg);
	for (int i = 0; i < WRITERS; i++)
		if (!fork())
			write_names(i);
	while (wait(&status) > 0)
		bad += status != 0;
	is_num(bad, 0, "all writers succeeded");
	ok(!io_read_file(s.fd, "index.json", 1 << 20, &text, &e) &&
		   !ocilayout_list(text.p, text.len, &l, &e),
	   "the index is good: %s", e.msg);
	is_num((long)l.n, WRITERS * NAMES, "and no name was lost");
	ok(rmdir("many/tmp") == 0, "nothing is left in tmp/");
}

static void test_whole(void)
{
	AUTO(store) struct store s = STORE_INIT;
	struct descriptor d = { 0 };
	struct err e = { 0 };
	struct digest config, layer;
	autostr char *text = NULL;

	digest_of("{}", &config);
	digest_of("layer", &layer);
	text = str_fmt("{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":{"
		       "\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":2},"
		       "\"layers\":[{\"mediaType\":\"application/vnd.oci.image."
		       "layer.v1.tar\",\"digest\":\"%s\",\"size\":5}]}",
		       media_name(MEDIA_MANIFEST),
		       "application/vnd.oci.image.config.v1+json", config.text,
		       layer.text);
	digest_of(text, &d.digest);
	d.size = strlen(text);
	if (store_open_write(&s, "whole", &e))
		ok(false, "set-up: %s", e.msg);
	ok(!store_has_image(&s, &d), "no manifest");
	ok(!blobs_put(s.fd, &d.digest, text, d.size, &e) &&
		   !blobs_put(s.fd, &config, "{}", 2, &e),
	   "put: %s", e.msg);
	ok(!store_has_image(&s, &d), "no layer");
	ok(!blobs_put(s.fd, &layer, "layer", 5, &e), "put: %s", e.msg);
	ok(store_has_image(&s, &d), "whole");
	blobs_drop(s.fd, &config);
	ok(!store_has_image(&s, &d), "no configuration");
}

static void test_copy(void)
{
	AUTO(store) struct store s = STORE_INIT;
	struct err e = { 0 };
	struct digest d;
	autofd int fd = open("blob", O_RDWR | O_CREAT, 0600);

	digest_of("content", &d);
	if (store_open_write(&s, "copy", &e) ||
	    io_write(fd, "content", 7, "blob", &e) || lseek(fd, 0, SEEK_SET))
		ok(false, "set-up: %s", e.msg);
	ok(!blobs_copy(s.fd, fd, &d, 7, &e) && blobs_has(s.fd, &d, 7),
	   "copied: %s", e.msg);
	blobs_drop(s.fd, &d);
	if (io_pwrite(fd, "C", 1, 0, "blob", &e) || lseek(fd, 0, SEEK_SET))
		ok(false, "write");
	ok(blobs_copy(s.fd, fd, &d, 7, &e) && e.kind == ERR_DIGEST,
	   "not when it is wrong: %s", e.msg);
	ok(!blobs_has(s.fd, &d, 7) && !rmdir("copy/tmp"), "nothing is left");
}

int main(void)
{
	const char *top = getenv("TMPDIR");
	autofd int above = open(top ? top : "/tmp", O_RDONLY | O_DIRECTORY);
	autostr char *dir = str_fmt("%s/t_stores.XXXXXX", top ? top : "/tmp");
	struct err e = { 0 };

	umask(022);
	if (above < 0 || !mkdtemp(dir) || chdir(dir))
		return 99;
	test_modes();
	test_trust();
	test_several();
	test_drop();
	test_many();
	test_whole();
	test_copy();
	if (chdir("/") || dir_remove(above, path_base(dir), &e))
		ok(false, "clean-up: %s", e.msg);
	return tap_done();
}
