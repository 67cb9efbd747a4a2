/* ch-convert.c - one kind of image to another: options and one call.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/num.h"
#include "base/str.h"
#include "base/tool.h"
#include "image/obtain.h"
#include "image/reach.h"

#include <stdio.h>
#include <stdlib.h>

struct cli {
	struct convert_opts convert;
	struct pull_opts pull;
	struct reach reach;
	const char *compress;
	const char *block;
	const char *owner;
	const char *progress;
	int threads; /* 0: as there are processors */
};

static int check_yes_no(const char *value, struct err *e)
{
	return opt_check_word(value, "yes", "no", e);
}

static int check_owner(const char *value, struct err *e)
{
	return opt_check_word(value, "root", "keep", e);
}

static int check_progress(const char *value, struct err *e)
{
	return opt_check_word(value, "auto", "json", e);
}

static int check_compress(const char *value, struct err *e)
{
	struct pack p;

	return pack_parse(&p, value, e);
}

// clang-format off
static const struct opt options[] = {
	OPT_CONF('a', "arch", struct cli, convert.platform, "ARCH",
		 "take the image for ARCH or OS/ARCH[/VARIANT] instead of this machine's",
		 "CH_ARCH", "pull.arch"),
	OPT_ROW(0, "authfile", struct cli, reach.authfile, "FILE",
		"read credentials from FILE (containers-auth.json(5))",
		.env = "CH_REGISTRY_AUTH_FILE", .env_too = "REGISTRY_AUTH_FILE",
		.key = "pull.authfile"),
	OPT(0, "block-size", struct cli, block, "BYTES",
	    "blocks of a squashfs, 4K to 1M (default 128K)"),
	OPT_CHECK('c', "compress", struct cli, compress, "NAME[:LEVEL]",
		  "compress with zstd, lz4, gzip, xz or none",
		  NULL, NULL, check_compress),
	OPT('f', "force", struct cli, convert.force, NULL,
	    "replace OUT if it is an image"),
	OPT_CHECK(0, "owner", struct cli, owner, "root|keep",
		  "whose the files of a directory IN are (default root)",
		  NULL, NULL, check_owner),
	OPT_CHECK(0, "parallel", struct cli, pull.parallel, "N",
		  "pull over N connections at once (default 4)",
		  "CH_PARALLEL", "pull.parallel", reach_check_parallel),
	OPT(0, "platform", struct cli, convert.platform, "OS/ARCH[/VARIANT]",
	    "the same as --arch"),
	OPT_CHECK(0, "progress", struct cli, progress, "auto|json",
		  "with 'json' tell programs how far it is, on standard output",
		  "CH_PROGRESS", "pull.progress", check_progress),
	OPT_CONF(0, "registry", struct cli, pull.client.registry, "HOST[:PORT]",
		 "ask HOST for images whose name has no host, in place of docker.io",
		 "CH_REGISTRY", "pull.registry"),
	OPT_CHECK(0, "retry-pause", struct cli, reach.retry_pause_ms, "MS",
		  "wait MS milliseconds before the first new try (default 500)",
		  NULL, "pull.retry-pause", reach_check_retry_pause),
	OPT(0, "reproducible", struct cli, convert.pack.is_reproducible, NULL,
	    "the same input gives the same output, whenever and wherever"),
	OPT_CONF('s', "store", struct cli, convert.store, "DIR",
		 "the store (default /var/tmp/USER.ch)",
		 "CH_STORE", "store.path"),
	OPT_CONF(0, "store-readonly", struct cli, convert.readonly, "DIR[:DIR]",
		 "look for images there, too, and write nothing",
		 "CH_STORE_READONLY", "store.readonly"),
	OPT_CHECK('j', "threads", struct cli, threads, "N",
		  "compress with N threads (default: as many as processors)",
		  "CH_THREADS", NULL, pack_check_threads),
	OPT_CHECK(0, "timeout", struct cli, reach.timeout, "SECONDS",
		  "give up when a host has sent nothing for so long (default 30)",
		  "CH_TIMEOUT", "pull.timeout", reach_check_timeout),
	OPT_CHECK(0, "tls-verify", struct cli, reach.tls_verify, "yes|no",
		  "with 'no' accept any certificate, and plain HTTP",
		  "CH_TLS_VERIFY", "pull.tls-verify", check_yes_no),
};

static const struct tool tool = {
	.name = "ch-convert",
	.synopsis = "[OPTION...] IN [OUT]",
	.about = "Convert image IN to OUT; without OUT unpack it in the store and print where.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
	.limits = "ch-convert(1)",
	.notes = "IN and OUT are paths (./img, ./img.sqfs, ./img.sif, ./img.tar.gz), names in the store (alpine:3.16; as OUT store:NAME), or dir:, squash:, sif:, tar:, oci:, oci-archive:, docker-archive:, docker://NAME.",
};
// clang-format on

static int set_pack(struct cli *c, struct err *e)
{
	struct pack *p = &c->convert.pack;
	uint64_t block = 0;

	if (c->compress && pack_parse(p, c->compress, e))
		return -1;
	if (c->block && num_parse_size(c->block, "--block-size", &block, e))
		return -1;
	if (c->block &&
	    (block < 4096 || block > 1 << 20 || (block & (block - 1))))
		return err_set(e, ERR_USAGE,
			       "--block-size: expected a power of two from 4K "
			       "to 1M, found '%s'",
			       c->block);
	p->block = (uint32_t)block;
	return pack_set(p, c->threads, e);
}

static int set_all(struct cli *c, struct err *e)
{
	c->convert.owner =
		str_eq(c->owner, "keep") ? DIRREAD_KEEP : DIRREAD_ROOT;
	if (str_eq(c->progress, "json"))
		c->convert.progress = PROGRESS_JSON;
	c->convert.tmpdir = getenv("TMPDIR");
	if (c->convert.tmpdir && !*c->convert.tmpdir)
		c->convert.tmpdir = NULL; /* empty counts as unset */
	c->pull.store = c->convert.store;
	c->pull.readonly = c->convert.readonly;
	c->pull.platform = c->convert.platform;
	return set_pack(c, e) ? -1 : reach_set(&c->reach, &c->pull.client, e);
}

static int run(void *ctx, int argc, char **argv, struct err *e)
{
	struct cli *c = ctx;
	autostr char *path = NULL;

	if (argc < 1)
		return err_set(e, ERR_USAGE, "which image? IN is missing");
	if (argc > 2)
		return err_set(e, ERR_USAGE, "unexpected argument '%s'",
			       argv[2]);
	if (set_all(c, e) ||
	    obtain_convert(argv[0], argv[1], &c->pull, &c->convert, &path, e))
		return -1;
	if (!argv[1] && c->convert.progress != PROGRESS_JSON)
		puts(path);
	return 0;
}

int main(int argc, char **argv)
{
	struct cli c = {
		.pull.parallel = REACH_PARALLEL,
		.pull.client.http = HTTP_OPTS_DEFAULT,
	};

	return tool_main(&tool, &c, argc, argv, true, run);
}
