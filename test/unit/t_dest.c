/* t_dest.c - where a file goes.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/io.h"
#include "base/str.h"
#include "image/dest.h"

#include "tap.h"

#include <sys/stat.h>

static const char sif[] = "#!/usr/bin/env run-singularity\n\0SIF_MAGIC\00001";

static void put(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(p, 1, n, f) != n || fclose(f))
		exit(99);
}

/* Write CONTENT as NAME: "mode MODE", or the error's message. Caller frees. */
static char *write_file(const char *name, bool force, const void *p, size_t n)
{
	AUTO(dest) struct dest d = DEST_INIT;
	AUTO(tmp) struct tmp t = TMP_INIT;
	AUTO(name) struct name at = { 0 };
	struct err e = { 0 };
	struct stat st;

	if (name_parse_out(name, &at, &e) ||
	    dest_open_file(&d, &at, force, &e) || tmp_file(&t, d.parent, &e) ||
	    io_write(t.fd, p, n, name, &e) ||
	    dest_publish_file(&d, &t, 0777, &e))
		return str_fmt("%s", e.msg);
	if (stat(at.path, &st))
		return str_fmt("not there");
	return str_fmt("mode %o, %lld bytes", st.st_mode & 07777,
		       (long long)st.st_size);
}

// clang-format off
static const struct {
	const char *name;
	bool force;
	const char *want;
} cases[] = {
	{ "./new.sif", false, "mode 750, 45 bytes" },
	{ "./new.sif", false, "'./new.sif' exists; use --force to replace it" },
	{ "./new.sif", true, "mode 750, 45 bytes" },
	{ "./other", false, "'./other' exists and is not an image" },
	{ "./other", true, "'./other' is not an image, so --force won't replace it; remove it yourself" },
	{ "./link", true, "'./link' is not an image, so --force won't replace it; remove it yourself" },
	{ "./fifo", true, "'./fifo' is not an image, so --force won't replace it; remove it yourself" },
	{ "./dir", true, "the image is a SIF file, but './dir' is a directory; name a file, as in './dir/image.sif'" },
	{ "sif:dir", true, "'dir' is a directory, and a file is to be written there" },
	{ "./none/x.sif", false, "can't write './none/x.sif': can't open './none': No such file or directory" },
	{ "x", false, "can't write to 'x': a path here is './x', and other kinds are dir:, squash:, sif:, tar:, oci:, oci-archive:, docker-archive:, store:" },
	{ "tar:./new.tar", false, "mode 750, 45 bytes" },
	{ "./dir/..", false, "'./dir/..' can't be the name of a new image" },
};
// clang-format on

/* What is read may be neither DEST nor in it, nor it in that. */
static void check_apart(void)
{
	// clang-format off
	static const struct {
		const char *in;
		const char *out;
		const char *want;
	} v[] = {
		{ "dir", "./dir2", "" },
		{ "dir", "dir:./dir/", "'./dir/' is what is read, too" },
		{ "dir", "./dir/in", "'./dir/in' is in 'dir', which is read" },
		{ "dir/sub", "./dir", "'dir/sub', which is read, is in './dir'" },
		{ "dir/sub", "./dir/../dir", "'dir/sub', which is read, is in './dir/../dir'" },
		{ "link2", "./dir/x", "'./dir/x' is in 'link2', which is read" },
		{ "missing", "./dir3", "" },
	};
	// clang-format on

	mkdir("dir/sub", 0755);
	if (symlink("dir", "link2"))
		exit(99);
	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		AUTO(name) struct name n = { 0 };
		struct err e = { 0 };

		if (name_parse_out(v[i].out, &n, &e))
			exit(99);
		ok(dest_check_apart(&n, v[i].in, false, &e) == (*v[i].want ? -1 : 0),
		   "apart: %s", v[i].out);
		is(e.msg, v[i].want, v[i].out);
		e = (struct err){ 0 };
		ok(!dest_check_apart(&n, v[i].in, true, &e) ==
			   (!*v[i].want || strstr(v[i].want, "is what is")),
		   "apart or the same: %s", v[i].out);
	}
	unlink("link2");
	rmdir("dir/sub");
}

int main(void)
{
	const char *top = getenv("TMPDIR");
	autostr char *dir = str_fmt("%s/t_dest.XXXXXX", top ? top : "/tmp");

	if (!mkdtemp(dir) || chdir(dir))
		return 99;
	umask(027);
	put("other", "text, but longer than a SIF file's header would be", 50);
	mkdir("dir", 0755);
	mkfifo("fifo", 0600);
	if (symlink("new.sif", "link"))
		return 99;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autostr char *got = write_file(cases[i].name, cases[i].force,
					       sif, sizeof sif);

		is(got, cases[i].want, cases[i].want);
	}
	check_apart();
	unlink("new.sif");
	unlink("new.tar");
	unlink("other");
	unlink("link");
	unlink("fifo");
	rmdir("dir");
	if (chdir("/") || rmdir(dir))
		return 99;
	return tap_done();
}
