/* facts.h - the host, the caller and the image as they are, for the plan.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one place in run/ that reads the environment, the user and the files of
 * host and image. Everything is looked up before the host is out of sight. The
 * image is hostile: its files are read only if they are regular, inside of it,
 * and not too long.
 */
#ifndef RUN_FACTS_H
#define RUN_FACTS_H

#include "base/err.h"
#include "base/str.h"
#include "run/environ.h"
#include "run/imageinfo.h"
#include "run/options.h"
#include "run/wants.h"

struct facts {
	struct host host;
	struct wants wants;
	struct imageinfo image;
	enum env_mode env_mode;
	struct strlist *files; /* read for --set-env, one per rule */
	size_t n_files;
	struct str passwd; /* of the image */
	struct str group;
	const char *shell; /* the user's if the image has it */
	bool has_env_shell;    /* has it $SHELL? */
	struct strlist absent; /* of $LD_PRELOAD and $LD_AUDIT */
};

/* The caller's environment and directory, and the files that options name. */
MUST_CHECK int facts_caller(struct facts *f, const struct run_options *o,
			    struct err *e);
/* Then: who he is, which may take the name service. Done once. */
void facts_user(struct facts *f);
/* Then: that, and all else that can be known without the image. */
MUST_CHECK int facts_host(struct facts *f, const struct run_options *o,
			  struct err *e);
/* After that: where it meets the image, whose root directory is IMAGE. */
MUST_CHECK int facts_image(struct facts *f, const struct run_options *o,
			   int image, struct err *e);
/* In place of these two, in a container that was joined: its root is "/". */
MUST_CHECK int facts_joined(struct facts *f, const struct run_options *o,
			    struct err *e);
void facts_clear(struct facts *f);
AUTO_DEFINE(facts, struct facts, facts_clear)

#endif
