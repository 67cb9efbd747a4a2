/* t_name.c - which image an argument names.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "image/name.h"

#include "tap.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const kinds[] = {
	"store",          "registry", "dir",    "oci", "oci-archive",
	"docker-archive", "tar",      "squash", "sif",
};

/* "KIND path tag ref" of a name, or "error: MESSAGE". Caller frees. */
static char *show(const char *text, bool in)
{
	AUTO(name) struct name n = { 0 };
	struct err e = { 0 };
	autostr char *ref = NULL;
	int rc =
		in ? name_parse_in(text, &n, &e) : name_parse_out(text, &n, &e);

	if (rc)
		return str_fmt("error %s: %s",
			       e.kind == ERR_USAGE         ? "usage"
			       : e.kind == ERR_UNSUPPORTED ? "unsupported"
			       : e.kind == ERR_NOTFOUND    ? "notfound"
							   : "other",
			       e.msg);
	ref = n.ref.repo ? ref_name(&n.ref) : NULL;
	return str_fmt("%s %s %s %s%s%s", kinds[n.kind], n.path ? n.path : "-",
		       n.tag ? n.tag : "-", ref ? ref : "-",
		       n.maybe_path ? " maybe" : "",
		       n.may_hold ? " may hold" : "");
}

struct item {
	const char *text;
	const char *want; /* a prefix if it ends in '*' */
};

// clang-format off
static const struct item ins[] = {
	{ "alpine:3.16", "store - - docker.io/library/alpine:3.16" },
	{ "store:dir:1", "store - - docker.io/library/dir:1" },
	{ "docker://quay.io/a/b:1", "registry - - quay.io/a/b:1" },
	{ "./tree", "dir ./tree - -" },
	{ "dir:tree", "dir tree - -" },
	{ "./layout", "oci ./layout - -" },
	{ "oci:layout", "oci layout - -" },
	{ "oci:layout:tag", "oci layout tag -" },
	{ "oci:col:on", "oci col:on - -" },
	{ "tree", "store - - docker.io/library/tree:latest maybe" },
	{ "Upper", "dir Upper - -" },
	{ "UpperNone", "error usage: *" },
	{ "./missing", "error notfound: can't use './missing' as an image: No such file or directory" },
	{ "./file.sqfs", "squash ./file.sqfs - -" },
	{ "./no.suffix", "sif ./no.suffix - -" },
	{ "-", "tar - - - may hold" },
	{ "tar:-", "tar - - -" },
	{ "tar:a:b.tar", "tar a:b.tar - -" },
	{ "squash:-", "error usage: 'squash:-': a squashfs file is no stream; a file of that name is 'squash:./-'" },
	{ "oci:-", "error usage: 'oci:-': an OCI layout is no stream; a file of that name is 'oci:./-'" },
	{ "./plain", "error unsupported: './plain' is neither a directory nor an image" },
	{ "./fifo", "error unsupported: './fifo' is a pipe, not a file; 'ch-convert - OUT <./fifo' reads it" },
	{ "squash:x", "squash x - -" },
	{ "sif:x:y", "sif x:y - -" },
	{ "oras://ghcr.io/a/b:1", "registry - - ghcr.io/a/b:1" },
	{ "oci:none:alpine:3.16", "oci none alpine:3.16 -" },
	{ "oci:col:on:quay.io/a/b:1", "oci col:on quay.io/a/b:1 -" },
	{ "oci-archive:x.tar", "oci-archive x.tar - -" },
	{ "oci-archive:/x.tar:1", "oci-archive /x.tar 1 -" },
	{ "docker-archive:/x.tar:quay.io/a/b:1", "docker-archive /x.tar quay.io/a/b:1 -" },
	{ "docker-archive:x.tar:[::1]:5000/a/b:1@sha256:0", "docker-archive x.tar [::1]:5000/a/b:1@sha256:0 -" },
	{ "docker-archive:co:lon.tar", "docker-archive co:lon.tar - -" },
	{ "docker-archive:co:lon.tar:a:1", "docker-archive co:lon.tar a:1 -" },
	{ "docker-archive:x.tar:@0", "docker-archive x.tar @0 -" },
	{ "docker-archive:-", "docker-archive - - -" },
	{ "oci-archive:-:alpine:3.16", "oci-archive - alpine:3.16 -" },
	{ "docker-archive:", "error usage: nothing behind 'docker-archive:'" },
	{ "./co:lon.tar", "tar ./co:lon.tar - - may hold" },
	{ "dir:", "error usage: nothing behind 'dir:'" },
	{ "", "error usage: *" },
};

static const struct item outs[] = {
	{ "./new", "dir ./new - -" },
	{ "/abs/new", "dir /abs/new - -" },
	{ "dir:new", "dir new - -" },
	{ "new", "error usage: can't write to 'new': a path here is './new', and other kinds are dir:, squash:, sif:, tar:, oci:, oci-archive:, docker-archive:, store:" },
	{ "Upper", "error usage: can't write to 'Upper': a path here is './Upper', *" },
	{ "foo:bar", "error usage: can't write to 'foo:bar': a path here is './foo:bar', *" },
	{ "x.sqfs", "squash x.sqfs - -" },
	{ "a/b.tar.gz", "tar a/b.tar.gz - -" },
	{ "foo:x.sqfs", "error usage: can't write to 'foo:x.sqfs': *" },
	{ "sqfs", "error usage: can't write to 'sqfs': *" },
	{ "x.iso", "error usage: can't write to 'x.iso': *" },
	{ "", "error usage: the name of the image to write is empty" },
	{ "./x.sqfs", "squash ./x.sqfs - -" },
	{ "./x.squashfs", "squash ./x.squashfs - -" },
	{ "./x.sif", "sif ./x.sif - -" },
	{ "./x.tar", "tar ./x.tar - -" },
	{ "./x.tar.gz", "tar ./x.tar.gz - -" },
	{ "/x.tgz", "tar /x.tgz - -" },
	{ "../x.tar.zst", "tar ../x.tar.zst - -" },
	{ "./x.tzst", "tar ./x.tzst - -" },
	{ "./.sqfs", "dir ./.sqfs - -" },
	{ "./x.v2", "dir ./x.v2 - -" },
	{ "./x.d", "dir ./x.d - -" },
	{ "./x.old", "dir ./x.old - -" },
	{ "./x.rootfs", "dir ./x.rootfs - -" },
	{ "./ubuntu-22.04", "dir ./ubuntu-22.04 - -" },
	{ "./made.dir.img", "dir ./made.dir.img - -" },
	{ "./x.img", "error usage: './x.img': no kind of image has the suffix '.img'; there are .sqfs, .squashfs, .sif, .tar, .tar.gz, .tgz, .tar.zst, .tzst; a directory of that name is 'dir:./x.img'" },
	{ "./x.iso", "error usage: './x.iso': no kind of image has the suffix '.iso'*" },
	{ "./x.foo", "error usage: './x.foo': no kind of image has the suffix '.foo'*" },
	{ "./x.tar.xz", "error usage: './x.tar.xz': no kind of image has the suffix '.xz'*" },
	{ "dir:x.img", "dir x.img - -" },
	{ "squash:x", "squash x - -" },
	{ "sif:new", "sif new - -" },
	{ "tar:-", "tar - - -" },
	{ "-", "error usage: '-' needs a kind: tar:-, oci-archive:- or docker-archive:-" },
	{ "oci:new", "oci new - -" },
	{ "oci:new:tag", "oci new tag -" },
	{ "oci-archive:-", "oci-archive - - -" },
	{ "docker-archive:new:quay.io/a/b:1", "docker-archive new quay.io/a/b:1 -" },
	{ "store:a:1", "store - - docker.io/library/a:1" },
	{ "docker://a", "error unsupported: can't write to 'docker://a': images can't be sent to a registry yet" },
};
// clang-format on

static void check(const struct item *v, size_t n, bool in)
{
	for (size_t i = 0; i < n; i++) {
		autostr char *got = show(v[i].text, in);
		size_t len = strlen(v[i].want);

		if (v[i].want[len - 1] == '*')
			ok(!strncmp(got, v[i].want, len - 1), "%s '%s': %s",
			   in ? "in" : "out", v[i].text, got);
		else
			is(got, v[i].want, v[i].text);
	}
}

static void check_files(void)
{
	static const struct {
		const char *text;
		bool want;
	} v[] = {
		{ "alpine", false },   { "docker://alpine", false },
		{ "oras://x", false }, { "store:oci", false },
		{ "oci:x", true },     { "oci-archive:x", true },
		{ "dir:x", true },     { "docker-archive:-", true },
		{ "./layout", true },  { "./plain", true },
		{ "./tree", false },   { "./none", false },
	};
	AUTO(name) struct name n = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		ok(name_is_files(v[i].text) == v[i].want, "files: %s",
		   v[i].text);
	ok(!name_parse_in("docker-archive:x:y", &n, &e) &&
		   name_refuse_file(&n, &e) == -1,
	   "an archive is refused");
	is(e.msg,
	   "'docker-archive:x:y' is an archive; put it into the store with "
	   "'ch-pull docker-archive:x:y'",
	   "message");
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (!f || fputs(text, f) < 0 || fclose(f))
		exit(99);
}

int main(void)
{
	const char *top = getenv("TMPDIR");
	autostr char *dir = str_fmt("%s/t_name.XXXXXX", top ? top : "/tmp");

	if (!mkdtemp(dir) || chdir(dir))
		return 99;
	mkdir("tree", 0755);
	mkdir("Upper", 0755);
	mkdir("col:on", 0755);
	put("col:on/oci-layout", "{}");
	mkdir("layout", 0755);
	put("layout/oci-layout", "{}");
	put("file.sqfs", "hsqs....");
	put("plain", "text\n");
	put("no.suffix", "0123456789abcdef0123456789abcdefSIF_MAGIC");
	mkdir("made.dir.img", 0755);
	put("co:lon.tar", "\x1f\x8b....");
	mkfifo("fifo", 0644);
	check(ins, ARRAY_SIZE(ins), true);
	check(outs, ARRAY_SIZE(outs), false);
	check_files();
	unlink("col:on/oci-layout");
	unlink("layout/oci-layout");
	unlink("file.sqfs");
	unlink("plain");
	unlink("no.suffix");
	rmdir("made.dir.img");
	unlink("co:lon.tar");
	unlink("fifo");
	rmdir("tree");
	rmdir("Upper");
	rmdir("col:on");
	rmdir("layout");
	if (chdir("/") || rmdir(dir))
		return 99;
	return tap_done();
}
