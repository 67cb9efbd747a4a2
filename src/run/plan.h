/* plan.h - what will be done to start a command, as an ordered list of steps.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Pure: facts and options go in, a list comes out, nothing is touched. The
 * list is printed (plan_print), compared as text in tests, and carried out
 * (apply.h). Each step knows why it is there, so that a failing one can say so.
 *
 * A mount point that the image lacks is made without touching the image: the
 * directory that would get a new entry is replaced by one that shows its old
 * entries and the new ones (STEP_OVERLAY, STEP_ASSEMBLE; root.h says how).
 */
#ifndef RUN_PLAN_H
#define RUN_PLAN_H

#include "base/err.h"
#include "base/str.h"
#include "base/strlist.h"
#include "run/environ.h"
#include "run/imageinfo.h"
#include "run/ns.h"
#include "run/options.h"
#include "run/wants.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum step_kind {
	STEP_SCRATCH,  /* a small tmpfs that holds what we make ourselves */
	STEP_IMAGE,    /* the image becomes the root */
	STEP_LAYERS,   /* other layers, and new entries, over the image */
	STEP_OVERLAY,  /* DST: new entries laid over the image's directory */
	STEP_ASSEMBLE, /* DST: a new directory, the old entries bound in */
	STEP_MAKE,     /* make DST in the image (--write) or in memory */
	STEP_BIND,     /* SRC of the host on DST */
	STEP_MEMORY,   /* a new tmpfs on DST */
	STEP_LINK,     /* make DST a link to SRC, in memory */
	STEP_TEXT,     /* a file of ours on the file DST */
};

/* An entry that a STEP_LAYERS, STEP_OVERLAY or STEP_ASSEMBLE adds. */
struct fresh {
	char *path; /* relative to the directory */
	bool is_dir;
	const char *text; /* its content, borrowed from the plan, or NULL */
};

struct step {
	enum step_kind kind;
	char *src; /* of STEP_LAYERS: the writable one, or NULL */
	char *dst; /* absolute, as resolved inside the image */
	char *why; /* "default tmp", "from --bind" */
	bool readonly;
	bool is_dir;      /* of STEP_MAKE */
	const char *text; /* of STEP_TEXT, borrowed from the plan */
	const char
		*size; /* of STEP_MEMORY and STEP_SCRATCH, borrowed, or NULL */
	const char *unpack_at; /* of STEP_IMAGE, borrowed, or NULL */
	mode_t mode;   /* of STEP_MEMORY */
	bool big;      /* of STEP_SCRATCH: it is to be written to */
	bool upper_in_memory; /* of STEP_LAYERS */
	struct strlist lower; /* of STEP_LAYERS, lowest first */
	bool of_host;      /* of STEP_ASSEMBLE: DST is a mount of the host's, */
	bool was_readonly; /* which could not be written to */
	struct fresh *fresh;
	size_t n_fresh;
	size_t n_entries; /* that the image's directory has */
};

/* A directory that the command may start in. */
struct start {
	char *dir;
	char *why;
};

struct plan {
	struct step *v;
	size_t n;
	size_t cap;
	struct strlist skipped; /* a line for each want that was left out */
	char *passwd;           /* files that we make, or NULL */
	char *group;
	struct ns_ids ids;   /* who the command is, */
	const char *ids_why; /* and why, NULL if nobody asked */
	struct environ env;
	struct env_sources env_from; /* what ENV was made of; borrowed */
	struct start starts[6]; /* tried in this order, ends in a NULL dir */
	bool must_start_first;  /* no other will do */
	bool seccomp;           /* root emulation, see seccomp.h */
	const struct limits *limits; /* borrowed, or NULL */
	struct strlist command;
	const char *command_why;       /* NULL: it is the user's */
	const struct strlist *scripts; /* of envscript.h, borrowed */
};

/* What the plan needs to know, gathered by facts.c; borrowed. */
struct plan_facts {
	const struct host *host;
	const struct wants *wants;     /* looked at */
	const struct env_sources *env; /* but for home and tmpdir */
	const struct imageinfo *image;
	const char *passwd, *group;    /* the image's files, "" if none */
	const char *shell;             /* for the passwd file */
};

MUST_CHECK int plan_make(struct plan *p, const struct run_options *o,
			 const struct plan_facts *f, struct err *e);

/* Append to P the steps that show ALL, which were looked at, in the image of O.
 * ERR_USAGE: options that contradict each other. */
MUST_CHECK int plan_steps(struct plan *p, const struct run_options *o,
			  const struct wants *all, struct err *e);

/* For a container that exists: no steps, but what is the command's own. Of F
 * neither wants nor passwd, group and shell are needed. */
MUST_CHECK int plan_joined(struct plan *p, const struct run_options *o,
			   const struct plan_facts *f, struct err *e);

/* Add P as text to OUT, one line a step; the format is stable. */
void plan_print(const struct plan *p, struct str *out);
/* Add "bind '/gpfs' (from --bind)", the name of a step in messages. */
char *step_name(const struct step *s);

void plan_clear(struct plan *p);
AUTO_DEFINE(plan, struct plan, plan_clear)

#endif
