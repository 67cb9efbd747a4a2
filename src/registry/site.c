/* site.c - where the site and the user say how registries are reached.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/site.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "format/toml.h"

#include <fcntl.h>
#include <sys/stat.h>

/* PATH if it is set to something absolute (XDG Base Directory Specification
 * 0.8, "Basics"), else NULL. */
static const char *absolute(const char *path)
{
	return path && path[0] == '/' ? path : NULL;
}

/* The user's directory of configuration, or NULL. Caller frees. */
static char *user_dir(const struct site_paths *p)
{
	if (absolute(p->config_home))
		return path_join(p->config_home, "containers");
	if (absolute(p->home))
		return path_join(p->home, ".config/containers");
	return NULL;
}

/* Is PATH, which open refused with ERRNUM, as good as missing? So is what is
 * below a directory that we may not search, say another user's home. */
static bool is_missing(const char *path, int errnum)
{
	struct stat st;

	if (errnum == ENOENT || errnum == ENOTDIR)
		return true;
	return errnum == EACCES && stat(path, &st) && errno == EACCES;
}

/* Add the file PATH; *FOUND says whether there is one. Links are followed, and
 * /dev/null is a way to say "none". */
static int add_file(struct regconf *c, const char *path, bool *found,
		    struct err *e)
{
	AUTO(str) struct str text = { 0 };
	autofd int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int errnum = errno;
	bool is_old;

	*found = fd >= 0 || !is_missing(path, errnum);
	if (!*found)
		return 0;
	if (fd < 0)
		return err_sysno(e, errnum, "can't open '%s'", path);
	if (io_read_all(fd, TOML_BYTES_MAX, path, &text, e) ||
	    regconf_add(c, path, text.p, text.len, &is_old, e))
		return -1;
	log_debug("'%s' is read", path);
	if (is_old)
		log_warn("'%s' is ignored: it has the old format, version 1 of "
			 "containers-registries.conf(5)",
			 path);
	return 0;
}

static int add_drop_ins(struct regconf *c, const char *dir, struct err *e)
{
	AUTO(strlist) struct strlist names = { 0 };
	autostr char *path = path_join(dir, "registries.conf.d");
	autofd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int errnum = errno;

	if (fd < 0 && is_missing(path, errnum))
		return 0;
	if (fd < 0)
		return err_sysno(e, errnum, "can't open '%s'", path);
	if (dir_list(fd, &names, e))
		return err_ctx(e, "%s", path);
	for (size_t i = 0; i < names.n; i++) {
		autostr char *file = path_join(path, names.v[i]);
		bool found;

		if (names.v[i][0] == '.' || !str_ends(names.v[i], ".conf"))
			continue;
		if (add_file(c, file, &found, e))
			return -1;
	}
	return 0;
}

/* registries.conf in DIR, which may be NULL. */
static int add_main(struct regconf *c, const char *dir, bool *found,
		    struct err *e)
{
	autostr char *path = dir ? path_join(dir, "registries.conf") : NULL;

	*found = false;
	return path ? add_file(c, path, found, e) : 0;
}

int site_load(const struct site_paths *p, struct regconf *out, struct err *e)
{
	autostr char *user = user_dir(p);
	bool found, ignored;

	if (p->conf && p->conf[0]) {
		if (add_file(out, p->conf, &found, e))
			return -1;
		return found ? 0
			     : err_set(e, ERR_NOTFOUND,
				       "there is no '%s', which "
				       "CH_REGISTRIES_CONF names",
				       p->conf);
	}
	if (add_main(out, user, &found, e))
		return -1;
	if (!found && p->system &&
	    (add_main(out, p->system, &ignored, e) ||
	     add_drop_ins(out, p->system, e)))
		return -1;
	return user ? add_drop_ins(out, user, e) : 0;
}

static void add_dir(struct strlist *l, const char *dir, const char *rest)
{
	autostr char *path = dir ? path_join(dir, rest) : NULL;

	if (path && !strlist_has(l, path))
		strlist_add(l, path);
}

void site_certs_dirs(const struct site_paths *p, struct strlist *out)
{
	add_dir(out, absolute(p->config_home), "containers/certs.d");
	add_dir(out, absolute(p->home), ".config/containers/certs.d");
	add_dir(out, p->system, "certs.d");
	add_dir(out, p->docker, "certs.d");
}
