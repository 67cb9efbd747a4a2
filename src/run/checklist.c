/* checklist.c - all that is tried on this host, in order.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/checklist.h"

#include "base/proc.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* How long one attempt may take: a network file system may be away. */
#define SECONDS 10

// clang-format off
static const struct check_item items[] = {
	{ "proc", "see processes in /proc", NULL, NULL, probe_ns_proc },
	{ "user-namespace", "make a user namespace", NULL, NULL,
	  probe_ns_user },
	{ "mount-namespace", "make a mount namespace in it", NULL,
	  "user-namespace", probe_ns_mount },
	{ "id-map", "be oneself in it", NULL, "mount-namespace",
	  probe_ns_idmap },
	{ "mount-tmpfs", "mount a tmpfs", NULL, "id-map", probe_mount_tmpfs },
	{ "mount-bind", "bind, read-only", NULL, "id-map", probe_mount_bind },
	{ "mount-api", "use the mount calls of Linux 5.12", "mounts below read-only binds",
	  "id-map", probe_mount_api },
	{ "root", "change the root directory", NULL, "mount-tmpfs",
	  probe_mount_root },
	{ "overlay", "mount a read-only overlay", "quick mount points that an image lacks",
	  "mount-tmpfs", probe_overlay_read },
	{ "overlay-tmpfs", "write to an overlay in memory", "--write-fake",
	  "mount-tmpfs", probe_overlay_fake },
	{ "overlay-disk", "write to an overlay on disk", "--overlay",
	  "mount-tmpfs", probe_overlay_kept },
	{ "fuse-device", "open /dev/fuse", "squashfs and SIF files", NULL,
	  probe_fuse_device },
	{ "fuse", "mount and serve through FUSE", "squashfs and SIF files",
	  "mount-tmpfs", probe_fuse_serve },
	{ "codecs", "inflate squashfs", "squashfs and SIF files", NULL,
	  probe_tools_codecs },
	{ "join", "enter the namespaces of others", "--join", "id-map",
	  probe_ns_join },
	{ "attach", "read the memory of others", "MPI within a node, quickly",
	  "id-map", probe_ns_attach },
	{ "seccomp", "fake what only root may do", "--seccomp", NULL,
	  probe_ns_seccomp },
	{ "shm", "write to /dev/shm", "MPI", NULL, probe_place_shm },
	{ "tmpdir", "write to $TMPDIR", "unpacking for one run", NULL,
	  probe_place_tmpdir },
	{ "store", "write to the store", "ch-pull, images by name", NULL,
	  probe_place_store },
	{ "store-readonly", "read the stores of others", "images by name", NULL,
	  probe_place_readonly },
	{ "locks", "lock files in the store", "several pulls at a time", NULL,
	  probe_place_locks },
	{ "unpack", "start ch-convert", "images by name, the first time", NULL,
	  probe_tools_unpack },
	{ "processor", "sums and gzip at full speed", "quick pulls", NULL,
	  probe_tools_cpu },
};
// clang-format on

const struct check_item *checklist_items(size_t *n)
{
	*n = ARRAY_SIZE(items);
	return items;
}

/* What one child needs. */
struct job {
	const struct check_item *item;
	const struct check_options *options;
	struct finding *f; /* in shared memory */
};

static int attempt(void *arg, struct err *e)
{
	const struct job *j = arg;

	(void)e;
	alarm(SECONDS);
	j->item->attempt(j->options, j->f);
	return 0;
}

/* The finding of what NAME names, which stands before I. */
static const struct finding *find(const struct finding *v, const char *name,
				  size_t i)
{
	while (i--)
		if (!strcmp(items[i].name, name))
			return &v[i];
	return NULL;
}

static int run_one(struct job *j, struct err *e)
{
	struct err died = { 0 };

	if (!proc_call("the attempt", attempt, j, &died))
		return 0;
	/* An errno: there was no process. */
	if (died.code) {
		*e = died;
		return -1;
	}
	finding_set(j->f, FINDING_NO, "%s, in at most %d s", died.msg, SECONDS);
	return 0;
}

int checklist_run(const struct check_options *o, struct finding *v,
		  struct err *e)
{
	int protection = PROT_READ | PROT_WRITE;
	size_t size = sizeof *v;
	struct finding *shared =
		mmap(NULL, size, protection, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int result = 0;

	if (shared == MAP_FAILED)
		return err_sys(e, "can't share memory");
	for (size_t i = 0; i < ARRAY_SIZE(items) && !result; i++) {
		const char *after = items[i].after;
		const struct finding *before = after ? find(v, after, i) : NULL;
		struct job j = { &items[i], o, shared };

		*shared = (struct finding){ 0 };
		if (before && before->state == FINDING_UNTRIED)
			*shared = *before;
		else if (before && before->state == FINDING_NO)
			finding_set(shared, FINDING_UNTRIED, "needs '%s'",
				    after);
		else
			result = run_one(&j, e);
		v[i] = *shared;
	}
	munmap(shared, size);
	return result;
}

bool checklist_is_good(const struct finding *v)
{
	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		if (!items[i].user && v[i].state != FINDING_OK &&
		    v[i].state != FINDING_LIMITED)
			return false;
	return true;
}

/* ECMA-48 SGR: green, yellow, red, faint. */
static const char *color_of(const struct finding *f)
{
	static const char *const codes[] = {
		[FINDING_OK] = "\033[32m",
		[FINDING_LIMITED] = "\033[33m",
		[FINDING_NO] = "\033[31m",
		[FINDING_UNTRIED] = "\033[2m",
	};

	return codes[f->state];
}

static void add_line(const struct check_item *item, const struct finding *f,
		     bool color, struct str *out)
{
	str_addf(out, "%s%-7s%s  %-15s  %s", color ? color_of(f) : "",
		 finding_word(f), color ? "\033[0m" : "", item->name,
		 item->what);
	if (*f->text)
		str_addf(out, ": %s", f->text);
	if (item->user && f->state != FINDING_OK)
		str_addf(out, " (for %s)", item->user);
	str_addc(out, '\n');
}

void checklist_text(const struct finding *v, bool color, struct str *out)
{
	const char *last = "";

	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		add_line(&items[i], &v[i], color, out);
	for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
		if (!*v[i].fix || !strcmp(v[i].fix, last))
			continue;
		if (!*last)
			str_add(out, "\nAn administrator can change that:\n");
		str_addf(out, "  %s\n", v[i].fix);
		last = v[i].fix;
	}
}
