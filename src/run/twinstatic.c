/* twinstatic.c - what the static ch-run can't do itself.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Linked into that program only, before the libraries: the functions here are
 * found first, so those of the same name in twin.c, base/nss.c and
 * base/dynlib.c are left out.
 */
#include "config.h"

#include "run/twin.h"

#include "base/dynlib.h"
#include "base/io.h"
#include "base/nss.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/str.h"
#include "base/strlist.h"
#include "format/sqfshdr.h"
#include "run/twincodecs.h"
#include "squash/sqcodec.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define NAME "ch-run-full"
/* Linux allows a command line of 6 MiB (execve(2)). */
#define ARGS_MAX ((size_t)8 << 20)

/* The command line as it was: option parsing has moved argv's entries. */
static bool read_arguments(struct strlist *args)
{
	AUTO(str) struct str text = { 0 };
	struct err ignored = { 0 }; /* then there is no handing over */
	autofd int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || io_read_all(fd, ARGS_MAX, "cmdline", &text, &ignored))
		return false;
	for (size_t at = 0; at < text.len; at += strlen(text.p + at) + 1)
		strlist_add(args, text.p + at);
	return args->n > 0;
}

void twin_take_over(void)
{
	static const char *const places[] = {
		NAME,
		"../libexec/chassis/" NAME,
	};
	AUTO(strlist) struct strlist args = { 0 };
	autostr char *dir = proc_directory();

	if (!read_arguments(&args))
		return;
	for (size_t i = 0; dir && i < ARRAY_SIZE(places); i++) {
		autostr char *path = path_join(dir, places[i]);

		execv(path, args.v);
	}
	execv(PKGLIBEXECDIR "/" NAME, args.v);
}

void twin_check_file(const struct run_file *file)
{
	char head[SQFSHDR_BYTES];
	struct err ignored = { 0 }; /* it will be found out again */
	struct sqfshdr h;
	struct sqcodec *codec;
	const char *compressor;

	if (pread(file->fd, head, sizeof head, (off_t)file->at) !=
		    sizeof head ||
	    sqfshdr_parse(head, sizeof head, file->size, &h, &ignored))
		return;
	compressor = sqfshdr_compressor(h.compressor);
	if (!compressor)
		return;
	codec = sqcodec_open(compressor, 0, h.block_size, &ignored);
	if (!codec)
		twin_take_over();
	sqcodec_close(codec);
}

bool twin_is_static(void)
{
	return true;
}

/* Too late to hand over here, in a namespace or in a child: who will load
 * something calls twin_take_over when he knows. */
void *dynlib_open(const char *soname, const struct dynlib_symbol *symbols,
		  size_t n, void *functions, struct err *e)
{
	/* Any pointer will do: it is never followed. */
	if (twincodecs_find(soname, symbols, n, functions))
		return functions;
	err_set(e, ERR_NOTFOUND,
		"'%s' can't be loaded: this ch-run is static, and " NAME
		", which belongs to it, was not found",
		soname);
	return NULL;
}

void dynlib_close(void *lib)
{
	(void)lib;
}

bool nss_user(uid_t uid, struct nss_user *out)
{
	(void)uid;
	(void)out;
	twin_take_over();
	return false;
}

char *nss_group(gid_t gid)
{
	(void)gid;
	twin_take_over();
	return NULL;
}
