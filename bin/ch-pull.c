/* ch-pull.c - pull an image from a registry: options and one call.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "base/tool.h"
#include "image/obtain.h"
#include "image/reach.h"

#include <stdio.h>
#include <stdlib.h>

struct cli {
	struct pull_opts pull;
	const char *progress;
	int threads; /* 0: as there are processors */
	bool digest;
	struct convert_opts convert;
	struct reach reach;
};

static int check_yes_no(const char *value, struct err *e)
{
	return opt_check_word(value, "yes", "no", e);
}

static int check_progress(const char *value, struct err *e)
{
	return opt_check_word(value, "auto", "json", e);
}

// clang-format off
static const struct opt options[] = {
	OPT_CONF('a', "arch", struct cli, pull.platform, "ARCH",
		 "take the image for ARCH or OS/ARCH[/VARIANT] instead of this machine's",
		 "CH_ARCH", "pull.arch"),
	OPT_ROW(0, "authfile", struct cli, reach.authfile, "FILE",
		"read credentials from FILE (containers-auth.json(5))",
		.env = "CH_REGISTRY_AUTH_FILE", .env_too = "REGISTRY_AUTH_FILE",
		.key = "pull.authfile"),
	OPT(0, "digest", struct cli, digest, NULL,
	    "print the digest that REF has now, and stop"),
	OPT('f', "force", struct cli, pull.force, NULL,
	    "replace DEST if it is an image"),
	OPT(0, "name", struct cli, pull.as_name, "REF",
	    "what an image from a file is called in the store"),
	OPT_CONF(0, "no-store", struct cli, pull.no_store, NULL,
		 "with DEST, leave nothing in the store",
		 "CH_NO_STORE", "pull.no-store"),
	OPT(0, "offline", struct cli, pull.offline, NULL,
	    "use what is in the store, ask no registry"),
	OPT_CHECK(0, "parallel", struct cli, pull.parallel, "N",
		  "open N connections at once (default 4)",
		  "CH_PARALLEL", "pull.parallel", reach_check_parallel),
	OPT(0, "platform", struct cli, pull.platform, "OS/ARCH[/VARIANT]",
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
	OPT_CONF('s', "store", struct cli, pull.store, "DIR",
		 "the store (default /var/tmp/USER.ch)",
		 "CH_STORE", "store.path"),
	OPT_CONF(0, "store-readonly", struct cli, pull.readonly, "DIR[:DIR]",
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
	.name = "ch-pull",
	.synopsis = "[OPTION...] REF [DEST]",
	.about = "Pull image REF from a registry, or from files (oci:, oci-archive:, docker-archive:), into the store, and with DEST to that directory or file as well.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
	.notes = "Example: ch-pull alpine:3.16 ./img && ch-run ./img -- cat /etc/os-release",
};
// clang-format on

/* For a DEST that pull does not write itself. */
static int set_convert(struct cli *c, struct err *e)
{
	struct convert_opts *o = &c->convert;

	o->store = c->pull.store;
	o->readonly = c->pull.readonly;
	o->platform = c->pull.platform;
	o->force = c->pull.force;
	if (str_eq(c->progress, "json"))
		o->progress = PROGRESS_JSON;
	o->tmpdir = getenv("TMPDIR");
	if (o->tmpdir && !*o->tmpdir)
		o->tmpdir = NULL; /* empty counts as unset */
	return pack_set(&o->pack, c->threads, e);
}

static int print_digest(const struct cli *c, const char *ref, struct err *e)
{
	struct digest d;

	if (pull_digest(ref, &c->pull, &d, e))
		return -1;
	puts(d.text);
	return 0;
}

static int run(void *ctx, int argc, char **argv, struct err *e)
{
	struct cli *c = ctx;

	if (argc < 1)
		return err_set(e, ERR_USAGE, "which image? REF is missing");
	if (argc > 2)
		return err_set(e, ERR_USAGE, "unexpected argument '%s'",
			       argv[2]);
	if (c->digest && argc > 1)
		return err_set(e, ERR_USAGE, "--digest takes no DEST");
	if (reach_set(&c->reach, &c->pull.client, e) || set_convert(c, e))
		return -1;
	if (c->digest)
		return print_digest(c, argv[0], e);
	return obtain_pull(argv[0], argv[1], &c->pull, &c->convert, e);
}

int main(int argc, char **argv)
{
	struct cli c = {
		.pull.parallel = REACH_PARALLEL,
		.pull.client.http = HTTP_OPTS_DEFAULT,
	};

	return tool_main(&tool, &c, argc, argv, true, run);
}
