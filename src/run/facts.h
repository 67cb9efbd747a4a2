/* facts.h - the host, the caller and the image as they are, for the plan.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The one place in run/ that reads the environment, the user and the files of
 * host and image. Everything is looked up before anything is entered. The image
 * is hostile: its files are read only if they are regular, inside of it, and
 * not too long.
 */
#ifndef RUN_FACTS_H
#define RUN_FACTS_H

#include "base/err.h"
#include "base/str.h"
#include "run/environ.h"
#include "run/options.h"
#include "run/wants.h"

#include <sys/stat.h>

struct facts {
	struct host host;
	struct wants wants;
	struct strlist image_env;
	struct strlist *files; /* read for --set-env, one per rule */
	size_t n_files;
	struct str passwd; /* of the image */
	struct str group;
	const char *shell; /* the user's if the image has it */
	struct stat image;
};

MUST_CHECK int facts_gather(struct facts *f, const struct run_options *o,
			    struct err *e);
void facts_clear(struct facts *f);
AUTO_DEFINE(facts, struct facts, facts_clear)

#endif
