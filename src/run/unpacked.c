/* unpacked.c - an image file that is unpacked for one run.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/unpacked.h"

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/strlist.h"
#include "image/locate.h"
#include "run/mnt.h"
#include "run/ns.h"
#include "run/probe.h"
#include "run/remover.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MEMORY "/dev/shm"
#define TREE UNPACKED_TREE /* for people, too */
#define CONVERT "ch-convert"
#define SAID_MAX ((size_t)1 << 20)

struct call {
	const char *image;
	const char *path; /* of the directory to be made */
	int keep; /* a descriptor that it has, too */
	int said; /* takes its messages */
	pid_t caller;
};

const char *unpacked_place(const char *tmpdir)
{
	if (tmpdir && *tmpdir)
		return tmpdir;
	return mnt_is_classic() ? MEMORY : "";
}

char *unpacked_shown(const char *place)
{
	return *place ? str_fmt("'%s'", place) : str_fmt("memory");
}

static int redirect(int said, struct err *e)
{
	autofd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++)
		if (null < 0 || dup2(fd ? said : null, fd) < 0)
			return err_sys(e,
				       "can't redirect what " CONVERT " says");
	return 0;
}

/* It ends with us, and a remover waits for that: it must not remove what is
 * still being made. */
static int bind_to_caller(const struct call *c, struct err *e)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || fcntl(c->keep, F_SETFD, 0))
		return err_sys(e, "can't prepare " CONVERT);
	if (getppid() != c->caller)
		return err_set(e, ERR_INTR, "nobody waits for it");
	return 0;
}

/* In the child. */
static int be_convert(void *arg, struct err *e)
{
	const struct call *c = arg;
	autostr char *tool = locate_convert();
	autostr char *out = str_fmt("dir:%s", c->path);
	const char *const argv[] = {
		tool, "--quiet", "--progress=auto", "--", c->image, out, NULL,
	};

	if (bind_to_caller(c, e) || redirect(c->said, e))
		return -1;
	execv(tool, (char *const *)(uintptr_t)argv);
	return err_sys(e, "can't run '%s'", tool);
}

/* TEXT without BEFORE, if it begins with that. */
static const char *behind(const char *text, const char *before)
{
	return str_starts(text, before) ? text + strlen(before) : text;
}

/* LINE of ch-convert as E, without what ours has already: the names of tool and
 * image; and without temporary names. */
static void quote(const struct call *c, const char *line, struct err *e)
{
	autostr char *quoted = str_fmt("'%s': ", c->image);
	autostr char *plain = str_fmt("%s: ", c->image);
	const char *name;

	line = behind(line, CONVERT ": error: ");
	line = behind(behind(line, quoted), plain);
	name = strstr(line, c->path);
	if (name)
		err_set(e, ERR_SYS, "%.*s" TREE "%s", (int)(name - line), line,
			name + strlen(c->path));
	else
		err_set(e, ERR_SYS, "%s", line);
}

/* Put what ch-convert said last in the place of E. */
static void explain(const struct call *c, struct err *e)
{
	AUTO(str) struct str text = { 0 };
	AUTO(strlist) struct strlist lines = { 0 };
	struct err ignored = { 0 }; /* then E stays */

	if (lseek(c->said, 0, SEEK_SET) ||
	    io_read_all(c->said, SAID_MAX, CONVERT, &text, &ignored))
		return;
	strlist_split(&lines, str_text(&text), '\n', false);
	if (lines.n)
		quote(c, lines.v[lines.n - 1], e);
}

static int convert(const char *image, const char *path, int keep,
		   struct err *e)
{
	autofd int said = memfd_create(CONVERT, MFD_CLOEXEC);
	struct call c = {
		.image = image,
		.path = path,
		.keep = keep,
		.said = said,
		.caller = getpid(),
	};

	if (said < 0)
		return err_sys(e, "can't make a file in memory");
	if (!proc_call(CONVERT, be_convert, &c, e))
		return 0;
	explain(&c, e);
	return -1;
}

static int open_place(const char *path, struct err *e)
{
	autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statvfs st;

	if (fd < 0 || fstatvfs(fd, &st))
		return err_set(e, ERR_SYS, "%s", strerror(errno));
	if (st.f_flag & ST_NOEXEC)
		return err_set(e, ERR_UNSUPPORTED,
			       "it is mounted 'noexec': no image can be run "
			       "from there; TMPDIR=DIR names another place");
	return TAKE_FD(fd);
}

/* Some systems allow few of them to each user. */
static int new_watch(struct err *e)
{
	int fd = inotify_init1(IN_CLOEXEC);

	if (fd >= 0)
		return fd;
	err_sys(e, "can't watch for the end of the container");
	if (e->code == EMFILE)
		err_hint(e, "fs.inotify.max_user_instances limits how many "
			    "can run; --join needs one for all on a node");
	return -1;
}

/* Root inside, for --uid=0, is the user under another name. */
static int make_in_memory(struct unpacked *u, const struct run_options *o,
			  struct err *e)
{
	static const struct mnt_option options[] = {
		{ "source", "chassis" },
		{ "mode", "0700" },
	};
	struct ns_ids ids = ns_ids(o);
	autostr char *path = NULL;

	if (ns_enter(&ids, e))
		return -1;
	u->memory = mnt_new("tmpfs", options, ARRAY_SIZE(options));
	if (u->memory < 0) {
		err_sys(e, "can't mount a tmpfs");
		return probe_denied(e);
	}
	path = str_fmt("/proc/self/fd/%d/" TREE, u->memory);
	return convert(o->image, path, u->memory, e);
}

static int make_on_disk(struct unpacked *u, const struct run_options *o,
			struct err *e)
{
	autofd int place = open_place(o->unpack_at, e);
	autostr char *name = NULL;

	if (place < 0)
		return -1;
	u->watch = new_watch(e);
	if (u->watch < 0 ||
	    remover_start(&u->remover, place, u->watch, &name, e))
		return -1;
	u->path = str_fmt("%s/%s/" TREE, o->unpack_at, name);
	return convert(o->image, u->path, u->remover, e);
}

int unpacked_make(struct unpacked *u, const struct run_options *o,
		  struct err *e)
{
	autostr char *place = unpacked_shown(o->unpack_at);

	*u = (struct unpacked)UNPACKED_INIT;
	log_info("unpacking '%s' to %s", o->image, place);
	if (!(*o->unpack_at ? make_on_disk(u, o, e) : make_in_memory(u, o, e)))
		return 0;
	return err_ctx(e, "can't unpack '%s' to %s", o->image, place);
}

int unpacked_hand_over(const struct unpacked *u, struct err *e)
{
	return remover_wait(u->remover, e);
}

void unpacked_clear(struct unpacked *u)
{
	free(u->path);
	auto_fd_(&u->memory);
	auto_fd_(&u->watch);
	auto_fd_(&u->remover);
	*u = (struct unpacked)UNPACKED_INIT;
}
