/* t_import.c - hostile and damaged archives of images.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Right archives, made by other programs, are in test/bats/import.bats.
 */
#include "config.h"

#include "base/dir.h"
#include "base/hash.h"
#include "base/mem.h"
#include "image/import.h"
#include "image/spool.h"

#include "mktar.h"
#include "tap.h"

#include <fcntl.h>
#include <sys/stat.h>

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
/* Of an image with one empty layer. */
#define CONFIG                                                      \
	"{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{" \
	"\"type\":\"layers\",\"diff_ids\":[\"sha256:" EMPTY "\"]}}"
#define SAVED(tags) \
	"[{\"Config\":\"c\",\"RepoTags\":" tags ",\"Layers\":[\"l\"]}]"
#define GOOD MK_FILE("c", CONFIG), MK_FILE("l", "")

struct item {
	const char *title;
	const char *kind; /* with the text behind FILE */
	struct mktar entries[8];
	const char *want; /* names, or the message without what was asked */
};

// clang-format off
static const struct item items[] = {
	{ "good", "docker-archive:a.tar", { GOOD, MK_FILE("manifest.json", SAVED("[\"a:1\",\"b\"]")) },
	  "docker.io/library/a:1 docker.io/library/b:latest" },
	{ "manifest.json first, ./ in front", "docker-archive:a.tar",
	  { MK_FILE("./manifest.json", SAVED("[\"a:1\"]")), MK_DIR("./"), MK_FILE("./c", CONFIG), MK_FILE(".//l", "") },
	  "docker.io/library/a:1" },
	{ "one of two names", "docker-archive:a.tar:a:1", { GOOD, MK_FILE("manifest.json", SAVED("[\"a:1\",\"b\"]")) },
	  "docker.io/library/a:1" },
	{ "by place", "docker-archive:a.tar:@0", { GOOD, MK_FILE("manifest.json", SAVED("[\"a:1\",\"b\"]")) },
	  "docker.io/library/a:1 docker.io/library/b:latest" },
	{ "no such place", "docker-archive:a.tar:@1", { GOOD, MK_FILE("manifest.json", SAVED("[\"a:1\",\"b\"]")) },
	  "no image '@1' in it; there is 'a:1', 'b'" },
	{ "no name", "docker-archive:a.tar", { GOOD, MK_FILE("manifest.json", SAVED("null")) }, "-" },
	{ "no such name", "docker-archive:a.tar:c:1", { GOOD, MK_FILE("manifest.json", SAVED("[\"a:1\"]")) },
	  "no image 'c:1' in it; there is 'a:1'" },
	{ "no such name, no name", "docker-archive:a.tar:c:1", { GOOD, MK_FILE("manifest.json", SAVED("null")) },
	  "no image 'c:1' in it; there is 1 without a name" },
	{ "a hostile name", "docker-archive:a.tar", { GOOD, MK_FILE("manifest.json", SAVED("[\"../../x\"]")) },
	  "manifest.json: RepoTags: reference '../../x': is a path, not a reference" },
	{ "links", "docker-archive:a.tar",
	  { MK_SYM("d/1", "../l"), MK_HARD("d/2", "d/1"), MK_SYM("x", "d/./2"), GOOD,
	    MK_FILE("manifest.json", "[{\"Config\":\"c\",\"RepoTags\":[\"a\"],\"Layers\":[\"x\"]}]") },
	  "docker.io/library/a:latest" },
	{ "a link out", "docker-archive:a.tar",
	  { MK_FILE("c", CONFIG), MK_SYM("l", "../../etc/passwd"), MK_FILE("manifest.json", SAVED("null")) },
	  "layer 1 of 1: 'l' is a link to '../../etc/passwd', which is not in the archive" },
	{ "an absolute link", "docker-archive:a.tar",
	  { MK_SYM("c", "/etc/passwd"), MK_FILE("l", ""), MK_FILE("manifest.json", SAVED("null")) },
	  "configuration: 'c' is a link to '/etc/passwd', which is not in the archive" },
	{ "a loop", "docker-archive:a.tar",
	  { MK_FILE("c", CONFIG), MK_SYM("l", "m"), MK_HARD("m", "l"), MK_FILE("manifest.json", SAVED("null")) },
	  "layer 1 of 1: 'l': more than 10 links in a row" },
	{ "manifest.json missing", "docker-archive:a.tar", { GOOD }, "'manifest.json' is not in the archive" },
	{ "another kind", "docker-archive:a.tar", { MK_FILE("index.json", "{}") },
	  "it has no 'manifest.json' but an 'index.json': name it 'oci-archive:a.tar'" },
	{ "another kind", "oci-archive:a.tar", { MK_FILE("manifest.json", "[]") },
	  "it has no 'index.json' but a 'manifest.json': name it 'docker-archive:a.tar'" },
	{ "a layer missing", "docker-archive:a.tar", { MK_FILE("c", CONFIG), MK_FILE("manifest.json", SAVED("null")) },
	  "layer 1 of 1: 'l' is not in the archive" },
	{ "a directory as layer", "docker-archive:a.tar",
	  { MK_FILE("c", CONFIG), MK_DIR("l/"), MK_FILE("manifest.json", SAVED("null")) },
	  "layer 1 of 1: 'l' is not in the archive" },
	{ "the configuration missing", "docker-archive:a.tar", { MK_FILE("l", ""), MK_FILE("manifest.json", SAVED("null")) },
	  "configuration: 'c' is not in the archive" },
	{ "a wrong configuration's name", "docker-archive:a.tar",
	  { MK_FILE(EMPTY ".json", CONFIG), MK_FILE("l", ""),
	    MK_FILE("manifest.json", "[{\"Config\":\"" EMPTY ".json\",\"Layers\":[\"l\"]}]") },
	  "configuration '" EMPTY ".json': expected sha256:" EMPTY ", got sha256:*" },
	{ "a wrong diff_id", "docker-archive:a.tar",
	  { MK_FILE("c", CONFIG), MK_FILE("l", "x"), MK_FILE("manifest.json", SAVED("null")) },
	  "layer 1 of 1: diff_id: expected sha256:" EMPTY ", got sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" },
	{ "xz", "docker-archive:a.tar",
	  { MK_FILE("c", CONFIG), MK_FILE("l", "BZh91AY&SY"), MK_FILE("manifest.json", SAVED("null")) },
	  "layer 1 of 1: bzip2 compression is not supported, only gzip and zstd" },
	{ "more layers than diff_ids", "docker-archive:a.tar",
	  { GOOD, MK_FILE("manifest.json", "[{\"Config\":\"c\",\"Layers\":[\"l\",\"l\"]}]") },
	  "the manifest has 2 layers, its configuration 1" },
	{ "not JSON", "docker-archive:a.tar", { GOOD, MK_FILE("manifest.json", "<html>") },
	  "manifest.json: expected JSON, found '<html>'" },
	{ "twice the same", "docker-archive:a.tar", { GOOD, MK_FILE("c", CONFIG), MK_FILE("manifest.json", SAVED("[\"a\"]")) },
	  "docker.io/library/a:latest" },
	{ "twice", "docker-archive:a.tar", { GOOD, MK_FILE("l", "y"), MK_FILE("manifest.json", SAVED("[\"a\"]")) },
	  "'l' is there twice, with different content" },
	{ "up", "docker-archive:a.tar", { GOOD, MK_FILE("a/../../x", "") }, "'a/../../x': the name leads out of the archive" },
	{ "absolute", "docker-archive:a.tar", { GOOD, MK_FILE("/etc/x", "") }, "'/etc/x': the name leads out of the archive" },
	{ "up, a directory", "oci-archive:a.tar", { MK_DIR("../x") }, "'../x': the name leads out of the archive" },
	{ "a device", "docker-archive:a.tar", { MK_CHAR("null") }, "'null' is a device or fifo, which no image's archive has" },
	{ "a fifo", "docker-archive:a.tar", { MK_FIFO("f") }, "'f' is a device or fifo, which no image's archive has" },
	{ "a sparse file", "docker-archive:a.tar",
	  { MK_PAX("GNU.sparse.size=1099511627776\nGNU.sparse.numblocks=1\nGNU.sparse.map=0,1\n"), MK_FILE("big", "x") },
	  "'big': is a sparse file" },
	{ "a wrong blob", "oci-archive:a.tar", { MK_FILE("blobs/sha256/" EMPTY, "x") },
	  "'blobs/sha256/" EMPTY "': expected sha256:" EMPTY ", got sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" },
	{ "a blob missing", "oci-archive:a.tar",
	  { MK_FILE("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}"),
	    MK_FILE("index.json", "{\"schemaVersion\":2,\"manifests\":[{\"digest\":\"sha256:" EMPTY "\",\"size\":7}]}") },
	  "blob sha256:" EMPTY ": *" },
	{ "no oci-layout", "oci-archive:a.tar", { MK_FILE("index.json", "{}") }, "'oci-layout' is not in the archive" },
	{ "an empty archive", "oci-archive:a.tar", { MK_END }, "'oci-layout' is not in the archive" },
	{ "missing", "oci-archive:none", { MK_END }, "can't open it: No such file or directory" },
	{ "a directory", "oci-archive:.", { MK_END }, "it is a directory, not an archive" },
};
// clang-format on

static void put(const char *path, const struct str *s)
{
	FILE *f = fopen(path, "w");

	if (!f || (s->len && fwrite(s->p, 1, s->len, f) != s->len) || fclose(f))
		exit(99);
}

/* The names that TEXT gives, "-" for none, or the message. Caller frees. */
static char *show(const char *text, int root)
{
	AUTO(name) struct name n = { 0 };
	AUTO(import_list) struct import_list l = { 0 };
	AUTO(str) struct str s = { 0 };
	struct platform want = { .os = "linux", .arch = "amd64" };
	struct err e = { 0 };

	if (name_parse_in(text, &n, &e) ||
	    import_images(&n, &want, root, NULL, &l, &e))
		return str_fmt("%s", str_starts(e.msg, text)
					     ? e.msg + strlen(text) + 2
					     : e.msg);
	for (size_t i = 0; i < l.n; i++) {
		autostr char *ref =
			l.v[i].ref.repo ? ref_name(&l.v[i].ref) : xstrdup("-");

		str_addf(&s, "%s%s", i ? " " : "", ref);
	}
	return str_take(&s);
}

static bool is_clean(int root)
{
	struct err e = { 0 };
	autofd int fd = dir_open_beneath(root, "tmp", O_RDONLY, 0, &e);
	bool empty = true;

	return fd < 0 || (!dir_is_empty(fd, &empty, &e) && empty);
}

static void check(const struct item *item, int root)
{
	AUTO(str) struct str s = { 0 };
	autostr char *got = NULL;
	size_t len = strlen(item->want);

	for (const struct mktar *m = item->entries; m->type; m++)
		mktar_add(&s, m);
	mktar_end(&s);
	put("a.tar", &s);
	got = show(item->kind, root);
	if (item->want[len - 1] == '*')
		ok(!strncmp(got, item->want, len - 1), "%s: %s", item->title,
		   got);
	else
		is(got, item->want, item->title);
	ok(is_clean(root), "nothing unfinished is left");
}

/* More entries, and longer names, than are allowed. */
static void test_limits(int root)
{
	AUTO(str) struct str s = { 0 };
	AUTO(str) struct str name = { 0 };
	autostr char *pax = NULL;
	autostr char *got = NULL;
	struct mktar dir = MK_DIR("d/");

	for (int i = 0; i <= SPOOL_ENTRIES_MAX; i++)
		mktar_header(&s, &dir, 0);
	put("a.tar", &s);
	got = show("docker-archive:a.tar", root);
	is(got, "more than 100000 entries in the archive", "many entries");
	s.len = 0;
	while (name.len <= SPOOL_NAME_MAX)
		str_addc(&name, 'n');
	pax = str_fmt("path=%s\n", name.p);
	mktar_add(&s, &(struct mktar)MK_PAX(pax));
	mktar_add(&s, &(struct mktar)MK_FILE("n", ""));
	put("a.tar", &s);
	free(TAKE(got));
	got = show("docker-archive:a.tar", root);
	is(got,
	   "'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn...': a name of 513 bytes; "
	   "at most 512 are allowed",
	   "a long name");
}

/* An archive cut anywhere is refused, or it was whole before the cut. */
static void test_cut(int root)
{
	static const struct mktar entries[] = {
		MK_FILE("manifest.json", SAVED("[\"a\"]")), GOOD
	};
	AUTO(str) struct str s = { 0 };
	size_t whole;
	int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		mktar_add(&s, &entries[i]);
	whole = s.len;
	for (size_t n = 0; n < whole; n += 64) {
		struct str part = { .p = s.p, .len = n };
		autostr char *got = NULL;

		put("a.tar", &part);
		got = show("docker-archive:a.tar", root);
		wrong += str_starts(got, "docker.io") || !is_clean(root);
	}
	ok(!wrong, "%d of the archives cut short are taken", wrong);
}

int main(void)
{
	const char *top = getenv("TMPDIR");
	autostr char *dir = str_fmt("%s/t_import.XXXXXX", top ? top : "/tmp");
	autofd int root = -1, up = -1;
	struct err e = { 0 };

	if (!mkdtemp(dir) || chdir(dir) || mkdir("root", 0700))
		return 99;
	root = open("root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return 99;
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		check(&items[i], root);
	test_limits(root);
	test_cut(root);
	up = open("..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (chdir("/") || dir_remove(up, strrchr(dir, '/') + 1, &e))
		return 99;
	return tap_done();
}
