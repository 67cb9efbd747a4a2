/* exec.c - become the command, or say why not.
 * SPDX-License-Identifier: Apache-2.0
 *
 * From here on the image is "/": nothing is looked up by name service, no
 * library is loaded.
 */
#include "config.h"

#include "run/exec.h"

#include "base/str.h"
#include "format/envfile.h"
#include "run/seccomp.h"
#include "run/whynot.h"

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What stands for a PATH that is not set; see execvp(3). */
#define NO_PATH "/usr/bin:/bin"

/* A directory that a path or a descriptor leads to may lie outside of our root;
 * the kernel then gives no path that starts with '/' (getcwd(2)). */
static bool is_inside(char path[PATH_MAX])
{
	return getcwd(path, PATH_MAX) && *path == '/';
}

/* A shell believes PWD only if it names the directory it is in, and others
 * believe it blindly. */
static void set_pwd(struct plan *p, const char *path)
{
	const char *old = env_get(&p->env.env, "PWD");
	struct stat here, there;

	if (old && !stat(".", &here) && !stat(old, &there) &&
	    here.st_dev == there.st_dev && here.st_ino == there.st_ino)
		return;
	env_set(&p->env.env, "PWD", path);
}

static int go_to_start(struct plan *p, struct err *e)
{
	char path[PATH_MAX];

	for (size_t i = 0; p->starts[i].dir; i++) {
		const char *dir = p->starts[i].dir;
		bool is_there = !chdir(dir);

		if (is_there && is_inside(path)) {
			set_pwd(p, path);
			return 0;
		}
		if (!p->must_start_first)
			continue;
		if (is_there)
			return err_set(e, ERR_FORMAT,
				       "can't start in '%s' (%s): it leads out "
				       "of the image",
				       dir, p->starts[i].why);
		return err_sys(e, "can't start in '%s' (%s)", dir,
			       p->starts[i].why);
	}
	return err_sys(e, "can't start in '/'");
}

/* Whoever started us may have left signals blocked or SIGCHLD ignored, which
 * exec passes on and few programs expect (signal(7)). Other ignored signals are
 * meant, as by nohup(1). */
static void reset_signals(void)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;

	sigemptyset(&none);
	sigaction(SIGCHLD, &dfl, NULL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Try the command in each directory of LIST. Returns errno of the most telling
 * failure, and which path it was (the caller's, or NULL). */
static int try_path(struct plan *p, const char *list, char **which)
{
	AUTO(strlist) struct strlist dirs = { 0 };
	int code = ENOENT;

	strlist_split(&dirs, list, ':', true);
	for (size_t i = 0; i < dirs.n; i++) {
		const char *dir = *dirs.v[i] ? dirs.v[i] : ".";
		autostr char *path = str_fmt("%s/%s", dir, p->command.v[0]);
		int why;

		execve(path, p->command.v, p->env.env.v);
		why = errno;
		/* A directory that may not be searched, as the image's /root if
		 * the host's PATH names it, has nothing to tell. */
		if (why != E2BIG && access(path, F_OK))
			continue;
		/* As execvp(3): no permission here, look on. */
		if (*which && why == EACCES)
			continue;
		code = why;
		free(*which);
		*which = TAKE(path);
		if (why != EACCES)
			break;
	}
	return code;
}

/* Where the image is on the host, for messages; or NULL. */
static const char *image_of(const struct plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].kind == STEP_IMAGE)
			return p->v[i].src;
	return NULL;
}

/* Arguments and environment do not fit: one string is limited to 32 pages, all
 * to a quarter of the stack's limit (execve(2)). */
static int too_big(const struct plan *p, struct err *e)
{
	const struct strlist *env = &p->env.env;
	size_t args = 0, all = 0, largest = 0;

	for (size_t i = 0; i < p->command.n; i++)
		args += strlen(p->command.v[i]) + 1;
	for (size_t i = 0; i < env->n; i++) {
		all += strlen(env->v[i]) + 1;
		if (strlen(env->v[i]) > strlen(env->v[largest]))
			largest = i;
	}
	err_set(e, ERR_LIMIT,
		"can't run '%s': too long for the kernel: %zu bytes of "
		"arguments, %zu of environment",
		p->command.v[0], args, all);
	if (args < all)
		err_hint(e,
			 "%zu of them are '%.*s'; --unset-env can remove it",
			 strlen(env->v[largest]),
			 (int)strcspn(env->v[largest], "="), env->v[largest]);
	return -1;
}

static int cant_run(const struct plan *p, const char *path, int code,
		    int *status, struct err *e)
{
	if (code != E2BIG)
		return whynot(p->command.v[0], path, image_of(p), code, status,
			      e);
	*status = WHYNOT_CANT_RUN;
	return too_big(p, e);
}

int exec_command(struct plan *p, int *status, struct err *e)
{
	const char *name = p->command.v[0];
	const char *list;
	autostr char *which = NULL;
	int code;

	if (go_to_start(p, e))
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_sys(e, "can't give up new privileges");
	if (p->limits && limits_set(p->limits, e))
		return -1;
	if (p->seccomp && seccomp_install(e))
		return -1;
	reset_signals();
	if (strchr(name, '/')) {
		execve(name, p->command.v, p->env.env.v);
		return cant_run(p, name, errno, status, e);
	}
	list = env_get(&p->env.env, "PATH");
	if (!list)
		list = NO_PATH;
	code = try_path(p, list, &which);
	if (which)
		return cant_run(p, which, code, status, e);
	*status = WHYNOT_NOT_FOUND;
	return err_set(e, ERR_NOTFOUND,
		       "can't run '%s': not found in the image's PATH (%s)",
		       name, list);
}
