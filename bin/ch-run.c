/* ch-run.c - run a command in an image: options and one call.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/num.h"
#include "base/tool.h"
#include "format/bindspec.h"
#include "image/locate.h"
#include "run/bundle.h"
#include "run/environ.h"
#include "run/run.h"
#include "run/unpacked.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Of --join-wait, in seconds: more than a job can last. */
#define WAIT_MAX 1000000

struct cli {
	struct run_options run;
	const char *store;
	const char *bundle;
	const char *readonly;
	bool list_defaults;
	bool unpack;
	int *fail_status; /* the tool's; the command may ask for another */
};

static int check_size(const char *value, struct err *e)
{
	return *value ? bindspec_check_size(value, e) : 0;
}

static int check_env(const char *value, struct err *e)
{
	enum env_mode mode;

	return environ_mode(value, &mode, e);
}

/* The last 32-bit number means "no id" (setresuid(2)). */
static int check_id(const char *value, struct err *e)
{
	struct err ignored = { 0 }; /* ours says what is expected */
	uint64_t id;

	if (!num_parse(value, UINT32_MAX - 1, "", &id, &ignored))
		return 0;
	return err_set(e, ERR_USAGE, "expected a number, found '%s'", value);
}

static int check_up_to(const char *value, uint64_t max, struct err *e)
{
	uint64_t n;

	if (num_parse(value, max, "number", &n, e))
		return -1;
	return n ? 0 : err_set(e, ERR_USAGE, "expected 1 or more, found '0'");
}

static int check_count(const char *value, struct err *e)
{
	return check_up_to(value, INT_MAX, e);
}

static int check_wait(const char *value, struct err *e)
{
	return check_up_to(value, WAIT_MAX, e);
}

static int check_tag(const char *value, struct err *e)
{
	return *value ? 0 : err_set(e, ERR_USAGE, "the tag is empty");
}

// clang-format off
static const struct opt options[] = {
	OPT_GROUP("Files"),
	OPT_CONF('b', "bind", struct cli, run.binds, "SRC[:DST[:OPT]]",
		 "show SRC of the host as DST; OPT is ro, rw or optional",
		 NULL, "run.bind"),
	OPT_CONF(0, "mount", struct cli, run.binds, "KEY=VALUE,...",
		 "the same for any name: type=bind,src=SRC,dst=DST,ro; or type=tmpfs,dst=DST,size=SIZE",
		 NULL, "run.mount"),
	OPT(0, "contain", struct cli, run.contain, NULL,
	    "show little of the host: no home, temporary or working directory"),
	OPT(0, "home", struct cli, run.home, "DIR[:DST]",
	    "DIR of the host is the home directory inside"),
	OPT(0, "list-defaults", struct cli, list_defaults, NULL,
	    "print what of the host is shown, and stop"),
	OPT_CONF(0, "no-default", struct cli, run.no_default, "LIST",
		 "leave out defaults: all, or names of --list-defaults; none: all are back",
		 "CH_RUN_NO_DEFAULT", "run.no-default"),
	OPT_CONF(0, "no-home", struct cli, run.no_home, NULL,
		 "leave out the home directory, even if it is the working directory",
		 "CH_RUN_NO_HOME", "run.no-home"),
	OPT_CONF(0, "no-overlay", struct cli, run.no_overlay, NULL,
		 "make missing mount points without an overlay",
		 "CH_RUN_NO_OVERLAY", "run.no-overlay"),
	OPT(0, "overlay", struct cli, run.overlays, "DIR[:ro]",
	    "keep what the command changes in DIR, above the image and what is in others with :ro"),
	OPT_CONF(0, "private-tmp", struct cli, run.private_tmp, NULL,
		 "new, empty temporary directories, in memory",
		 "CH_RUN_PRIVATE_TMP", "run.private-tmp"),
	OPT('w', "write", struct cli, run.write, NULL,
	    "let the command change the image"),
	OPT_ROW('W', "write-fake", struct cli, run.write_fake, "SIZE",
		"let it change a copy in memory, of SIZE (4G, 10%; default 50%) at most",
		.optional_arg = true, .check = check_size),

	OPT_GROUP("Environment and identity"),
	OPT_CHECK(0, "env", struct cli, run.env_mode, "MODE",
		  "take the environment of the host, the image, or merge both (default)",
		  "CH_RUN_ENV", "run.env", check_env),
	OPT_CONF(0, "set-env", struct cli, run.env, "NAME=VALUE|FILE",
		 "set a variable, or those in FILE; $NAME in VALUE is expanded",
		 NULL, "run.set-env"),
	OPT_CONF(0, "set-env0", struct cli, run.env, "FILE",
		 "set the variables in FILE, with NUL between them",
		 NULL, "run.set-env0"),
	OPT_CONF(0, "unset-env", struct cli, run.env, "GLOB",
		 "remove the variables whose names match GLOB",
		 NULL, "run.unset-env"),
	OPT_CHECK(0, "uid", struct cli, run.uid, "UID",
		  "be the user UID inside (0: root)", NULL, NULL, check_id),
	OPT_CHECK(0, "gid", struct cli, run.gid, "GID",
		  "be of the group GID inside", NULL, NULL, check_id),

	OPT_GROUP("Command"),
	OPT(0, "app", struct cli, run.app, "NAME",
	    "run the app NAME that the image has below /scif/apps"),
	OPT('c', "cd", struct cli, run.cd, "DIR",
	    "start in DIR, as seen inside"),
	OPT(0, "dry-run", struct cli, run.dry_run, NULL,
	    "print what would be done and why, and do nothing"),
	OPT(0, "entrypoint", struct cli, run.entrypoint, NULL,
	    "put the image's entry point in front of COMMAND"),
	OPT(0, "new-session", struct cli, run.new_session, NULL,
	    "take the terminal's signals and its input away from COMMAND"),
	OPT(0, "seccomp", struct cli, run.seccomp, NULL,
	    "fake the success of what only root may do: chown, mknod, setuid"),

	OPT_GROUP("Ranks of one node"),
	OPT_CONF('j', "join", struct cli, run.join.on, NULL,
		 "share one container with the job's processes here",
		 "CH_RUN_JOIN", "run.join"),
	OPT_CHECK(0, "join-ct", struct cli, run.join.count, "N",
		  "the same, for N (default: as the launcher says)",
		  NULL, NULL, check_count),
	OPT_CHECK(0, "join-pid", struct cli, run.join.pid, "PID",
		  "enter the container of process PID, as it is",
		  NULL, NULL, check_count),
	OPT_CHECK(0, "join-tag", struct cli, run.join.tag, "TAG",
		  "the same, with all of yours that give this TAG",
		  NULL, NULL, check_tag),
	OPT_CHECK(0, "join-wait", struct cli, run.join.wait_s, "SECONDS",
		  "how long they wait for each other (default 60)",
		  "CH_RUN_JOIN_WAIT", "run.join-wait", check_wait),

	OPT_GROUP("Image"),
	OPT(0, "oci-bundle", struct cli, bundle, "DIR",
	    "run the OCI bundle DIR, in place of IMAGE"),
	OPT_CONF('s', "store", struct cli, store, "DIR",
		 "the store (default /var/tmp/USER.ch)",
		 "CH_STORE", "store.path"),
	OPT_CONF(0, "store-readonly", struct cli, readonly, "DIR[:DIR]",
		 "look for images there, too, and write nothing",
		 "CH_STORE_READONLY", "store.readonly"),
	OPT_CONF(0, "unpack", struct cli, unpack, NULL,
		 "unpack a file for this run, to $TMPDIR or memory, instead of mounting it",
		 "CH_RUN_UNPACK", "run.unpack"),
};

static const struct tool tool = {
	.name = "ch-run",
	.synopsis = "[OPTION...] IMAGE [-- COMMAND [ARG...]]",
	.about = "Run COMMAND (default: what the image says) in IMAGE, as yourself, with your files.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
	.notes = "IMAGE is a name in the store (alpine:3.16), a directory (./tree), or a squashfs\n"
		 "or SIF file (./image.sqfs), which needs FUSE or --unpack.\n"
		 "Exit status: COMMAND's own; 125 if ch-run failed, 126 if COMMAND can't be\n"
		 "executed, 127 if it was not found.",
	.options_first = true,
	.fail_status = 125,
	.usage_status = 125,
};
// clang-format on

/* What stands behind the image: one "--" may, but no option. */
static int find_command(char **argv, char *const **command, struct err *e)
{
	if (*argv && !strcmp(*argv, "--"))
		argv++;
	else if (*argv && **argv == '-')
		return err_set(e, ERR_USAGE,
			       "option '%s' after IMAGE: options come before "
			       "the image, a command after '--'",
			       *argv);
	*command = argv;
	return 0;
}

static int find_image(struct cli *c, const char *name, struct located *image,
		      struct err *e)
{
	if (locate_image(image, name, c->store, c->readonly, !c->run.dry_run,
			 e))
		return -1;
	c->run.image = image->path;
	c->run.is_file = image->fd >= 0;
	c->run.file = (struct run_file){ image->fd, image->at, image->size };
	if (c->unpack && c->run.is_file)
		c->run.unpack_at = unpacked_place(getenv("TMPDIR"));
	return 0;
}

/* The image called NAME, which is looked for only by who makes a container. */
static int run_named(struct cli *c, const char *name, struct err *e)
{
	AUTO(run) struct run r = RUN_INIT;
	AUTO(located) struct located image = LOCATED_INIT;

	if (run_begin(&r, &c->run, name, e))
		return -1;
	if ((r.join.is_inside || c->run.image ||
	     !find_image(c, name, &image, e)) &&
	    !run_command(&r, c->fail_status, e))
		return 0;
	run_fail(&r, e);
	return -1;
}

static int run_bundle(struct cli *c, char **argv, struct err *e)
{
	AUTO(bundle) struct bundle b = { 0 };

	if (find_command(argv, &c->run.command, e) ||
	    bundle_load(&b, c->bundle, &c->run, e))
		return -1;
	return run_named(c, c->run.image, e);
}

/* With --join-pid, IMAGE may be left out, and is not looked at. */
static int run_image(struct cli *c, char **argv, struct err *e)
{
	bool is_image = argv[0] && argv[1] && !strcmp(argv[1], "--");

	if (c->run.join.pid && !is_image) {
		c->run.command = argv;
		return run_named(c, "", e);
	}
	if (!argv[0])
		return err_set(e, ERR_USAGE, "which image? IMAGE is missing");
	if (find_command(argv + 1, &c->run.command, e))
		return -1;
	return run_named(c, argv[0], e);
}

static int run(void *ctx, int argc, char **argv, struct err *e)
{
	struct cli *c = ctx;

	(void)argc;
	if (c->run.contain && !c->run.env_mode && !c->bundle)
		c->run.env_mode = "image";
	if (c->list_defaults)
		return run_list_defaults(&c->run, e);
	return c->bundle ? run_bundle(c, argv, e) : run_image(c, argv, e);
}

int main(int argc, char **argv)
{
	struct tool t = tool;
	struct cli c = {
		.fail_status = &t.fail_status,
		.run.join.wait_s = 60,
	};
	int status;

	/* Signals are left alone: until the command has taken over there is
	 * nothing to clean up. */
	status = tool_main(&t, &c, argc, argv, false, run);
	opt_list_clear(&c.run.binds);
	opt_list_clear(&c.run.env);
	opt_list_clear(&c.run.no_default);
	opt_list_clear(&c.run.overlays);
	return status;
}
