/* join.c - processes of one node that share a container.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/join.h"

#include "base/detach.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "format/envfile.h"
#include "run/joinask.h"
#include "run/joincall.h"
#include "run/joinenter.h"
#include "run/joinhold.h"
#include "run/jointag.h"

#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAT_MAX 4096

bool join_is_asked(const struct run_options *o)
{
	const struct join_options *j = &o->join;

	return j->on || j->tag || j->count || j->pid;
}

/* When process PID started: the 22nd field of its stat, where the second is in
 * parentheses and may have anything in it (proc(5)). Caller frees. */
static char *start_of(pid_t pid)
{
	autostr char *path = str_fmt("/proc/%d/stat", (int)pid);
	AUTO(str) struct str text = { 0 };
	AUTO(strlist) struct strlist fields = { 0 };
	struct err ignored = { 0 }; /* it has ended, and has no time then */
	char *rest;

	if (io_read_file(AT_FDCWD, path, STAT_MAX, &text, &ignored))
		return xstrdup("0");
	rest = strrchr(str_text(&text), ')');
	if (rest)
		strlist_split(&fields, rest + 1, ' ', false);
	return xstrdup(fields.n > 19 ? fields.v[19] : "0");
}

/* Who made the socket that Hydra gives each of its ranks (SO_PEERCRED): the one
 * process of it on this node. 0 if that is no such socket. */
static pid_t peer_of_pmi(const struct strlist *env)
{
	const char *text = env_get(env, "PMI_FD");
	struct ucred who;
	socklen_t n = sizeof who;

	if (!text || getsockopt(atoi(text), SOL_SOCKET, SO_PEERCRED, &who, &n))
		return 0;
	return who.pid;
}

static void choose_tag(struct join *j, const struct run_options *o,
		       const struct strlist *env)
{
	struct jointag_caller caller = { .parent = getppid() };
	autostr char *start = NULL;

	j->count = o->join.count;
	if (o->join.tag) {
		j->tag = xstrdup(o->join.tag);
		j->from = "--join-tag";
		return;
	}
	start = start_of(caller.parent);
	caller.parent_start = start;
	caller.pmi = peer_of_pmi(env);
	j->tag = jointag_find(env, &caller, &j->from);
	if (!j->count)
		j->count = jointag_count(env);
}

/* What O asks for, for comparison. */
static int describe(const struct run_options *o, const char *image,
		    const char *cwd, struct str *out, struct err *e)
{
	joinask_text(o, image, cwd, out);
	if (out->len < JOINHOLD_ASK_MAX)
		return 0;
	return err_set(e, ERR_LIMIT,
		       "options of %zu bytes are too long to share a container "
		       "(limit %d)",
		       out->len, JOINHOLD_ASK_MAX);
}

/* Start the process that will let others in. LISTENER is its own then. */
static int start_holder(struct join *j, const struct run_options *o,
			int listener, const char *ask, struct err *e)
{
	int pair[2];
	int keep[3];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return err_sys(e, "can't make a pair of sockets");
	j->holder = pair[0];
	/* It can do without: fs.inotify.max_user_instances may be reached. */
	j->watch = inotify_init1(IN_CLOEXEC);
	keep[0] = listener;
	keep[1] = pair[1];
	keep[2] = j->watch;
	if (detach("ch-run-join", keep, j->watch < 0 ? 2 : 3, joinhold_run,
		   &(struct joinhold){
			   .listener = listener,
			   .maker_fd = pair[1],
			   .watch = j->watch,
			   .maker = getpid(),
			   .count = j->count,
			   .wait_s = o->join.wait_s,
			   .ask = ask,
		   },
		   e)) {
		close(pair[1]);
		return err_ctx(e, "can't share container '%s'", j->tag);
	}
	close(pair[1]);
	return 0;
}

static int enter_told(struct join *j, const struct joincall *c, const char *ask,
		      struct err *e)
{
	int maker = (int)c->reply.maker;
	int result;

	if (!c->reply.is_ready) {
		*e = c->reply.e;
		return err_ctx(e, "process %d could not make container '%s'",
			       maker, j->tag);
	}
	result = joinask_compare(ask, str_text(&c->ask), e);
	if (result)
		err_hint(e, "ask for the same, or use another --join-tag");
	else
		result = joinenter(c->user, c->mount, e);
	if (result)
		return err_ctx(e, "can't join container '%s' of process %d",
			       j->tag, maker);
	log_info("joined container '%s' (%s), made by process %d", j->tag,
		 j->from, maker);
	j->is_inside = true;
	return 0;
}

int join_begin(struct join *j, const struct run_options *o, const char *image,
	       const struct host *host, struct err *e)
{
	AUTO(joincall) struct joincall c = JOINCALL_INIT;
	AUTO(str) struct str ask = { 0 };

	if (o->join.pid) {
		j->is_inside = true;
		return joinenter_process(o->join.pid, e);
	}
	choose_tag(j, o, &host->env);
	c.tag = j->tag;
	c.wait_s = o->join.wait_s;
	if (describe(o, image, host->cwd, &ask, e))
		return -1;
	switch (joincall(&c, e)) {
	case JOINCALL_FIRST:
		log_info("making container '%s' (%s)", j->tag, j->from);
		return start_holder(j, o, c.listener, str_text(&ask), e);
	case JOINCALL_TOLD:
		return enter_told(j, &c, str_text(&ask), e);
	case JOINCALL_FAILED:
		break;
	}
	return -1;
}

/* A path inside that lies on a file system of the container's own, of which the
 * kernel tells when it is unmounted; NULL: there is none. */
static const char *private_path(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].kind == STEP_TEXT || p->v[i].kind == STEP_OVERLAY ||
		    p->v[i].kind == STEP_ASSEMBLE)
			return p->v[i].dst;
	return NULL;
}

int join_open(struct join *j, const struct plan *p, struct err *e)
{
	const char *path = private_path(p);
	struct joinhold_word word = {
		.is_ready = true,
		.is_watched =
			j->watch >= 0 && path &&
			inotify_add_watch(j->watch, path, IN_DELETE_SELF) >= 0,
	};
	char done;

	if (j->holder < 0)
		return 0;
	if (send(j->holder, &word, sizeof word, MSG_NOSIGNAL) < 0 ||
	    recv(j->holder, &done, 1, 0) != 1)
		return err_set(e, ERR_SYS,
			       "can't share container '%s': the process for it "
			       "has ended",
			       j->tag);
	close(j->holder);
	j->holder = -1;
	return 0;
}

void join_fail(struct join *j, const struct err *e)
{
	struct joinhold_word word = { .e = *e };

	if (j->holder >= 0 &&
	    send(j->holder, &word, sizeof word, MSG_NOSIGNAL) < 0)
		return; /* it has ended, and nobody waits */
}

void join_clear(struct join *j)
{
	free(j->tag);
	auto_fd_(&j->holder);
	auto_fd_(&j->watch);
	*j = (struct join)JOIN_INIT;
}
