/* options.h - what the caller of ch-run asks for, as plain data.
 * SPDX-License-Identifier: Apache-2.0
 *
 * All pointers are borrowed and must live as long as the struct is used.
 */
#ifndef RUN_OPTIONS_H
#define RUN_OPTIONS_H

#include "base/opt.h"
#include "base/strlist.h"
#include "run/limits.h"

#include <stdbool.h>
#include <stdint.h>

/* Ways that an old kernel or an odd host forces on us. Found out at run time;
 * set beforehand by tests, so that every way is tested everywhere. */
struct run_how {
	bool classic;    /* mount(2) only: no open_tree, move_mount (Linux 5.2)
			  * and mount_setattr (5.12) */
	bool no_overlay; /* as if the kernel refused overlays */
	bool no_pivot;   /* as if pivot_root failed (root is the initramfs) */
};

/* A container that is shared with others. */
struct join_options {
	bool on;
	const char *tag; /* who belongs together; NULL: the launcher says */
	int count;       /* how many there will be; 0: the launcher says */
	int wait_s;      /* how long they wait for each other */
	int pid;         /* join this process, or 0 */
};

/* A squashfs file system in a file. */
struct run_file {
	int fd;            /* open for reading */
	uint64_t at, size; /* where it is in the file, in bytes */
};

struct run_options {
	const char *image; /* absolute path of a directory, or of a file: */
	bool is_file;
	struct run_file file;
	const char *unpack_at; /* unpack it here (unpacked.h), or NULL */
	struct opt_list binds;  /* "bind" and "mount", in order */
	struct opt_list env;    /* "set-env" and its like, in order */
	const char *env_mode;   /* of environ.h, or NULL */
	const char *uid, *gid;  /* who the user is inside, numbers, or NULL */
	const char *cd;         /* directory inside, or NULL */
	const char *cd_why;     /* who wants that, or NULL: --cd */
	const char *app;        /* of the Scientific Filesystem, or NULL */
	bool entrypoint;        /* the image's goes in front of the command */
	bool new_session;       /* without the caller's terminal */
	struct opt_list no_default; /* names of defaults to leave out */
	const char *home;       /* SRC[:DST] in place of the home, or NULL */
	bool no_home;
	bool private_tmp;
	bool contain;           /* little of the host */
	bool write;             /* the image may be written to */
	const char *write_fake; /* size of what is written to memory, "" for
				 * the default; or NULL */
	struct opt_list overlays; /* DIR[:ro], lowest first */
	bool no_overlay;
	bool seccomp;         /* what only root may do "succeeds" */
	bool dry_run;         /* print the plan to stdout, do nothing */
	char *const *command; /* ends in NULL; none: the image's, or a shell */
	const struct limits *limits; /* of the command, or NULL: as ours */
	const struct strlist *skipped; /* what was asked for and is not done,
					* or NULL */
	struct join_options join;
	struct run_how how;
};

#endif
