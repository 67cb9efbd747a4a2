/* locate.c - from an image's name to what can be run.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/locate.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/str.h"
#include "image/host.h"
#include "image/siffile.h"
#include "image/stores.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES_MAX 65536

struct where {
	const char *store;    /* as the user named it, or NULL */
	const char *readonly; /* or NULL */
	bool may_unpack;
};

char *locate_convert(void)
{
	/* The second is for a program in LIBEXECDIR/chassis. */
	static const char *const places[] = {
		"ch-convert",
		"../../bin/ch-convert",
	};
	autostr char *dir = proc_directory();

	for (size_t i = 0; dir && i < ARRAY_SIZE(places); i++) {
		autostr char *tool = path_join(dir, places[i]);

		if (!access(tool, X_OK))
			return TAKE(tool);
	}
	return xstrdup(BINDIR "/ch-convert");
}

/* ch-convert without OUT flattens in the store and prints where. It says what
 * was wrong itself. */
static char *unpack(const char *text, const struct where *where, struct err *e)
{
	autostr char *tool = locate_convert();
	autostr char *arch = NULL;
	AUTO(str) struct str out = { 0 };
	const char *argv[11] = { tool };
	struct platform want;
	int n = 1, status;

	if (!where->may_unpack) {
		err_set(e, ERR_UNSUPPORTED,
			"'%s' is not unpacked yet, and --dry-run does nothing; "
			"'ch-convert %s' unpacks it",
			text, text);
		return NULL;
	}
	if (host_platform(NULL, &want, e))
		return NULL;
	/* Else $CH_ARCH or "pull.arch" would have another one unpacked. */
	arch = platform_text(&want);
	argv[n++] = "--progress=auto"; /* else objects, and no path */
	argv[n++] = "--arch";
	argv[n++] = arch;
	if (where->store) {
		argv[n++] = "--store";
		argv[n++] = where->store;
	}
	if (where->readonly) {
		argv[n++] = "--store-readonly";
		argv[n++] = where->readonly;
	}
	argv[n++] = "--";
	argv[n++] = text;
	if (proc_run(argv, NULL, &out, PATH_BYTES_MAX, &status, e)) {
		/* It is not the image that was not found. */
		if (e->kind == ERR_NOTFOUND)
			e->kind = ERR_SYS;
		err_ctx(e, "can't unpack '%s'", text);
		return NULL;
	}
	if (status) {
		err_set(e, ERR_SYS,
			"can't unpack '%s': ch-convert ended with status %d",
			text, status);
		return NULL;
	}
	while (out.len && out.p[out.len - 1] == '\n')
		out.p[--out.len] = '\0';
	return str_take(&out);
}

static char *in_store(struct name *n, const struct where *where, struct err *e)
{
	AUTO(stores) struct stores s = { 0 };
	AUTO(descriptor) struct descriptor d = { 0 };
	const struct store *store;
	struct platform want;
	char *path;

	if (host_platform(NULL, &want, e) ||
	    stores_open(&s, where->store, where->readonly, false, e) ||
	    stores_find(&s, &n->ref, &want, &d, &store, e))
		return NULL;
	path = stores_tree(&s, &d.digest);
	return path ? path : unpack(n->text, where, e);
}

/* The absolute path of PATH. */
static char *absolute(const char *path, struct err *e)
{
	char *full = realpath(path, NULL);

	if (!full)
		err_sys(e, "can't use '%s' as an image", path);
	return full;
}

static int in_sif(struct located *l, struct err *e)
{
	AUTO(siffile) struct siffile f = { .fd = -1 };

	if (siffile_open(l->fd, &f, e))
		return -1;
	l->at = f.primary->at;
	l->size = f.primary->size;
	return 0;
}

/* The file that N names, whose kind may be only what the user says. */
static int in_file(struct located *l, const struct name *n, struct err *e)
{
	char head[NAME_HEAD];
	struct stat st;
	ssize_t got;

	l->fd = open(n->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (l->fd < 0 || fstat(l->fd, &st))
		return err_sys(e, "can't use '%s' as an image", n->text);
	got = S_ISREG(st.st_mode) ? pread(l->fd, head, sizeof head, 0) : 0;
	if (got < 0)
		return err_sys(e, "can't read '%s'", n->path);
	if (name_of_bytes(head, (size_t)got) != n->kind)
		return err_set(e, ERR_FORMAT, "'%s' is no %s file", n->path,
			       n->kind == NAME_SIF ? "SIF" : "squashfs");
	l->size = (uint64_t)st.st_size;
	return n->kind == NAME_SIF && in_sif(l, e) ? err_ctx(e, "'%s'", n->path)
						   : 0;
}

/* The image is not in the store. */
static int elsewhere(struct located *l, const struct name *n,
		     const struct where *where, struct err *e)
{
	bool is_file = n->kind == NAME_SQUASH || n->kind == NAME_SIF;

	if (n->kind == NAME_OCI) {
		l->path = unpack(n->text, where, e);
		return l->path ? 0 : -1;
	}
	if (is_file ? in_file(l, n, e) : name_refuse_file(n, e))
		return -1;
	l->path = absolute(n->path, e);
	return l->path ? 0 : -1;
}

static int anywhere(struct located *l, struct name *n,
		    const struct where *where, struct err *e)
{
	autostr char *shown = NULL;

	if (n->kind == NAME_REGISTRY)
		return err_set(e, ERR_UNSUPPORTED,
			       "'%s' is in a registry; get it with 'ch-pull "
			       "%s'",
			       n->text, strstr(n->text, "://") + strlen("://"));
	if (n->kind != NAME_STORE)
		return elsewhere(l, n, where, e);
	l->path = in_store(n, where, e);
	if (l->path)
		return 0;
	if (e->kind != ERR_NOTFOUND)
		return -1;
	if (!n->maybe_path) {
		shown = ref_short(&n->ref);
		return err_hint(e, "get it with 'ch-pull %s'", shown);
	}
	*e = (struct err){ 0 }; /* that the store lacks it */
	return name_as_path(n, e) ? -1 : elsewhere(l, n, where, e);
}

int locate_image(struct located *out, const char *text, const char *store,
		 const char *readonly, bool may_unpack, struct err *e)
{
	const struct where where = { store, readonly, may_unpack };
	AUTO(name) struct name n = { 0 };

	*out = (struct located)LOCATED_INIT;
	if (name_parse_in(text, &n, e))
		return -1;
	return anywhere(out, &n, &where, e);
}

void located_clear(struct located *l)
{
	free(l->path);
	auto_fd_(&l->fd);
	*l = (struct located)LOCATED_INIT;
}
