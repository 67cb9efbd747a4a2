/* inuse.c - does something that runs on this host use a directory of the store?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/inuse.h"

#include "base/dir.h"
#include "base/intr.h"
#include "base/io.h"
#include "base/num.h"
#include "base/str.h"

#include <fcntl.h>
#include <string.h>

#define MOUNTS_MAX (16u << 20) /* bytes of one mountinfo */
#define LINK_MAX_BYTES 4096    /* d_path gives a page at most */

struct scan {
	struct inuse *v;
	size_t n;
	int proc; /* the process's directory */
	pid_t pid;
};

/* TEXT is something of the process: whose names are in it? */
static void look(struct scan *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i].pid && strstr(text, s->v[i].name))
			s->v[i].pid = s->pid;
}

/* Is PATH named as an overlay's layer in TEXT, a mountinfo? */
static bool is_layer(const char *text, const char *path)
{
	for (const char *at = text; (at = strstr(at, path)); at++) {
		const char *line = at;

		while (line > text && line[-1] != '\n')
			line--;
		line = strstr(line, "lowerdir=");
		if (line && line < at)
			return true;
	}
	return false;
}

static void look_for_layers(struct scan *s, const char *text)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i].pid && s->v[i].was && is_layer(text, s->v[i].was))
			s->v[i].pid = s->pid;
}

static void look_at_link(struct scan *s, int dir, const char *name)
{
	char text[LINK_MAX_BYTES + 1];
	ssize_t n = readlinkat(dir, name, text, LINK_MAX_BYTES);

	if (n <= 0)
		return;
	text[n] = '\0';
	look(s, text);
}

static void look_at_mounts(struct scan *s)
{
	AUTO(str) struct str text = { 0 };
	struct err ignored = { 0 }; /* gone, or not for us */
	autofd int fd = openat(s->proc, "mountinfo", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || io_read_all(fd, MOUNTS_MAX, "mountinfo", &text, &ignored))
		return;
	look(s, str_text(&text));
	look_for_layers(s, str_text(&text));
}

static void look_at_files(struct scan *s)
{
	AUTO(strlist) struct strlist fds = { 0 };
	struct err ignored = { 0 }; /* gone, or not for us */
	autofd int dir =
		openat(s->proc, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 || dir_list(dir, &fds, &ignored))
		return;
	for (size_t i = 0; i < fds.n; i++)
		look_at_link(s, dir, fds.v[i]);
}

static void look_at_process(struct scan *s)
{
	look_at_mounts(s);
	look_at_link(s, s->proc, "cwd");
	look_at_link(s, s->proc, "root");
	look_at_link(s, s->proc, "exe");
	look_at_files(s);
}

static void add_command(struct inuse *u, int proc)
{
	autostr char *path = str_fmt("%d/comm", (int)u->pid);
	AUTO(str) struct str text = { 0 };
	struct err ignored = { 0 }; /* gone: without its name then */

	if (io_read_file(proc, path, sizeof(u->command) - 1, &text, &ignored))
		return;
	snprintf(u->command, sizeof(u->command), "%.*s",
		 (int)strcspn(str_text(&text), "\n"), str_text(&text));
}

int inuse_scan(struct inuse *v, size_t n, struct err *e)
{
	AUTO(strlist) struct strlist names = { 0 };
	autofd int proc = dir_open("/proc", e);
	struct err ignored = { 0 };

	if (proc < 0 || dir_list(proc, &names, e))
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		struct scan s = { .v = v, .n = n };
		uint64_t pid;

		if (intr_check(e))
			return -1;
		if (num_parse(names.v[i], INT32_MAX, "pid", &pid, &ignored) ||
		    (pid_t)pid == getpid())
			continue;
		autofd int own = openat(proc, names.v[i],
					O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		s.pid = (pid_t)pid;
		s.proc = own;
		if (own >= 0)
			look_at_process(&s);
	}
	for (size_t i = 0; i < n; i++)
		if (v[i].pid)
			add_command(&v[i], proc);
	return 0;
}
