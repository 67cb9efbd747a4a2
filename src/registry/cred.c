/* cred.c - stored credentials: files in their order, credential helpers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/cred.h"

#include "base/intr.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/proc.h"
#include "format/json.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define AUTHFILE_MAX (1u << 20)
#define HELPER_ANSWER_MAX (64u << 10)
/* Docker Hub's historical name in its own tools. */
#define HUB_KEY "https://index.docker.io/v1/"

bool cred_found(const struct cred *c)
{
	return c->c.user || c->c.identity;
}

void cred_clear(struct cred *c)
{
	credential_clear(&c->c);
	free(c->file);
	str_clear(&c->looked);
	*c = (struct cred){ 0 };
}

void cred_wipe(struct str *s)
{
	if (s->p)
		explicit_bzero(s->p, s->cap);
	str_clear(s);
}

/* Is the file PATH, which open refused with ERRNUM, as good as missing? So is
 * what is below a directory that we may not search: root's /run/containers. */
static bool is_missing(const char *path, int errnum)
{
	struct stat st;

	if (errnum == ENOENT || errnum == ENOTDIR)
		return true;
	return errnum == EACCES && stat(path, &st) && errno == EACCES;
}

/* The content of PATH; 1 if there is no such file. Unlike io_read_file this
 * follows links: people link their dot files. */
static int read_authfile(const char *path, struct str *out, mode_t *mode,
			 struct err *e)
{
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int errnum = errno;
	struct stat st;

	if (fd < 0 && is_missing(path, errnum))
		return 1;
	if (fd < 0)
		return err_sysno(e, errnum, "can't open '%s'", path);
	if (fstat(fd, &st))
		return err_sys(e, "can't read '%s'", path);
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
		return 0; /* /dev/null holds nothing */
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_FORMAT, "'%s' is not a regular file",
			       path);
	*mode = st.st_mode;
	return io_read_all(fd, AUTHFILE_MAX, path, out, e);
}

static void set_pair(struct credential *c, const char *user, const char *secret)
{
	bool token = !strcmp(user, "<token>");

	if (token) {
		c->identity = xstrdup(secret);
		return;
	}
	c->user = xstrdup(user);
	c->password = xstrdup(secret);
}

/* jansson keeps a copy of the secret that we can't reach to wipe. */
static int helper_answer(struct credential *c, const struct str *text,
			 struct err *e)
{
	AUTO(json)
	json_t *j = json_parse_secret("answer", text->p, text->len, e);
	const char *user, *secret;

	if (!j || json_need_str(j, "", "Username", &user, e) ||
	    json_need_str(j, "", "Secret", &secret, e))
		return -1;
	set_pair(c, user, secret);
	return 0;
}

static bool is_helper_name(const char *name)
{
	return name[0] && !strchr(name, '/');
}

/* The helper's protocol: the key on stdin, JSON on stdout, status 1 for
 * "nothing stored" (docker/docker-credential-helpers, README). */
static int ask_helper(struct credential *c, const char *host, int timeout_s,
		      struct err *e)
{
	autostr char *program = str_fmt("docker-credential-%s", c->helper);
	const char *argv[] = { program, "get", NULL };
	AUTO(str) struct str in = { 0 };
	AUTO(secret) struct str out = { 0 };
	int status;

	if (!is_helper_name(c->helper))
		return err_set(e, ERR_FORMAT,
			       "not the name of a credential helper: '%s'",
			       c->helper);
	str_add(&in, strcmp(host, "docker.io") ? host : HUB_KEY);
	if (proc_run_within(timeout_s, argv, &in, &out, HELPER_ANSWER_MAX,
			    &status, e))
		return -1;
	if (status) {
		log_info("%s has nothing for '%s' (status %d)", program, host,
			 status);
		return 0;
	}
	return helper_answer(c, &out, e) ? err_ctx(e, "%s", program) : 0;
}

/* Look into PATH; true when something was found. */
static bool look(const char *path, const char *host, const char *repo,
		 int timeout_s, struct cred *out)
{
	AUTO(secret) struct str text = { 0 };
	autostr char *quoted = str_fmt("'%s'", path);
	struct err e = { 0 };
	mode_t mode = 0;
	int rc = read_authfile(path, &text, &mode, &e);

	str_addf(&out->looked, "%s%s", out->looked.len ? ", " : "", quoted);
	if (rc > 0)
		return false;
	credential_clear(&out->c);
	if (!rc)
		rc = authfile_find(quoted, text.p, text.len, host, repo,
				   &out->c, &e);
	if (!rc && out->c.helper && !cred_found(out))
		rc = ask_helper(&out->c, host, timeout_s, &e);
	if (rc) {
		if (e.kind != ERR_INTR)
			log_warn("credentials: %s; going on without", e.msg);
		return false;
	}
	if (!cred_found(out))
		return false;
	if (mode & (S_IROTH | S_IWOTH | S_IWGRP))
		log_warn("'%s' holds credentials, but others can %s it", path,
			 mode & (S_IWOTH | S_IWGRP) ? "change" : "read");
	out->file = xstrdup(path);
	return true;
}

static void add(struct strlist *l, const char *dir, const char *rest)
{
	if (dir && dir[0])
		strlist_give(l, path_join(dir, rest));
}

void cred_find(const struct auth_paths *paths, const char *host,
	       const char *repo, struct cred *out)
{
	AUTO(strlist) struct strlist l = { 0 };
	struct err ignored = { 0 }; /* the caller looks, too */

	if (paths->file && paths->file[0]) {
		strlist_add(&l, paths->file);
	} else {
		if (paths->runtime_dir && paths->runtime_dir[0])
			add(&l, paths->runtime_dir, "containers/auth.json");
		else
			strlist_addf(&l, "/run/containers/%u/auth.json",
				     (unsigned)paths->uid);
		if (paths->config_home && paths->config_home[0])
			add(&l, paths->config_home, "containers/auth.json");
		else
			add(&l, paths->home, ".config/containers/auth.json");
		if (paths->docker_dir && paths->docker_dir[0])
			add(&l, paths->docker_dir, "config.json");
		else
			add(&l, paths->home, ".docker/config.json");
	}
	for (size_t i = 0; i < l.n && !intr_check(&ignored); i++)
		if (look(l.v[i], host, repo, paths->timeout_s, out))
			return;
	credential_clear(&out->c);
}
