/* flatten.c - one image to a directory, whole or not at all.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/flatten.h"

#include "base/dir.h"
#include "base/io.h"
#include "base/log.h"
#include "image/chmeta.h"
#include "layer/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* One of our files in the image's /ch, whatever the image has put there. */
static int put(int ch, const char *name, const struct str *text, struct err *e)
{
	autofd int fd = -1;

	if (dir_remove(ch, name, e))
		return -1;
	fd = openat(ch, name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_sys(e, "can't make '/ch/%s'", name);
	if (io_write(fd, str_text(text), text->len, name, e))
		return -1;
	if (fchmod(fd, 0644)) /* whatever the umask */
		return err_sys(e, "can't set the mode of '/ch/%s'", name);
	return io_close(&fd, name, e);
}

static int open_ch(int root, struct err *e)
{
	struct stat st;
	autofd int fd = -1;

	if (!fstatat(root, "ch", &st, AT_SYMLINK_NOFOLLOW) &&
	    !S_ISDIR(st.st_mode) && dir_remove(root, "ch", e))
		return -1;
	if (mkdirat(root, "ch", 0755) && errno != EEXIST)
		return err_sys(e, "can't make '/ch'");
	fd = openat(root, "ch",
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchmod(fd, 0755))
		return err_sys(e, "can't use '/ch'");
	return TAKE_FD(fd);
}

static void describe(const struct flatten *f, const struct unpack_stats *stats,
		     struct str *out)
{
	str_addf(out, "name = %s\n", f->name);
	if (f->manifest)
		str_addf(out, "manifest = %s\n", f->manifest);
	str_addf(out, "entries = %llu\nbytes = %llu\n",
		 (unsigned long long)stats->entries,
		 (unsigned long long)stats->bytes);
}

static int put_config(int ch, const struct flatten *f, struct err *e)
{
	AUTO(str) struct str env = { 0 };

	chmeta_environment(f->config, &env);
	if (put(ch, "config.json", f->config_text, e) ||
	    put(ch, "environment", &env, e))
		return -1;
	return 0;
}

/* /ch; the root's own times are the image's and stay. */
static int add_meta(int root, const struct flatten *f,
		    const struct unpack_stats *stats, struct err *e)
{
	AUTO(str) struct str about = { 0 };
	autofd int ch = -1;
	struct stat st;

	if (fstat(root, &st))
		return err_sys(e, "can't stat the new image");
	describe(f, stats, &about);
	ch = open_ch(root, e);
	if (ch < 0 || (f->config && put_config(ch, f, e)) ||
	    put(ch, "image", &about, e))
		return -1;
	if (futimens(root, (struct timespec[2]){ st.st_atim, st.st_mtim }))
		return err_sys(e, "can't set times of the new image");
	return 0;
}

static void report(const struct flatten *f, const struct unpack_stats *s)
{
	if (s->owners && f->tell_all)
		log_note("owners are not kept in a directory: %llu file%s",
			 (unsigned long long)s->owners,
			 s->owners == 1 ? "" : "s");
	if (s->devices)
		log_note("%llu device nodes are not kept in a directory",
			 (unsigned long long)s->devices);
	if (s->times)
		log_note("%llu modification times are out of range and were "
			 "moved into it",
			 (unsigned long long)s->times);
	if (s->setids && f->tell_all)
		log_note("set-user-ID and set-group-ID bits are not kept in a "
			 "directory: %llu file%s",
			 (unsigned long long)s->setids,
			 s->setids == 1 ? "" : "s");
	if (s->xattrs)
		log_note("%llu extended attributes could not be kept",
			 (unsigned long long)s->xattrs);
}

int flatten(int tmpdir, const struct dest *dest, const struct flatten *f,
	    struct err *e)
{
	AUTO(tmp) struct tmp t = TMP_INIT;
	struct unpack_stats stats = { 0 };

	if (tmp_dir(&t, tmpdir, e) || unpack_stack(t.fd, f->stack, &stats, e) ||
	    add_meta(t.fd, f, &stats, e))
		return -1;
	/* Data before names: one call for the whole tree. */
	if (syncfs(t.fd))
		return err_sys(e, "can't sync '%s'", dest->shown);
	if (f->wait && f->wait(f->ctx, e))
		return -1;
	if (dest_publish(dest, &t, e))
		return -1;
	report(f, &stats);
	return 0;
}

int flatten_refuse_sif(const char *name, struct err *e)
{
	return err_set(
		e, ERR_UNSUPPORTED,
		"is a SIF file, which has no layers to unpack; get it as "
		"it is with 'ch-pull %s ./image.sif'",
		name);
}

int flatten_layers(int tmpdir, const struct dest *dest, const struct imgoci *i,
		   const char *name, const struct imgoci_layers *layers,
		   struct err *e)
{
	AUTO(stack_layers) struct stack_layers stack = { 0 };
	struct flatten f = {
		.stack = &stack.stack,
		.name = name,
		.manifest = i->digest.text,
		.config = &i->config,
		.config_text = &i->config_text,
		.wait = layers->wait,
		.ctx = layers->ctx,
	};

	if (i->manifest.is_sif)
		return flatten_refuse_sif(name, e);
	stack_layers_init(&stack, layers->v, layers->n);
	return flatten(tmpdir, dest, &f, e);
}
