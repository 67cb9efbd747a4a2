/* imageinfo.h - what the image says of how it is run: variables, command,
 * working directory.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read from its root directory, however that was mounted:
 *
 *	/ch/environment     the variables (envfile.h)
 *	/ch/config.json     the OCI image configuration
 *	/.singularity.d     where these are missing, as in a SIF file: scripts
 *	                    that make the environment, and the runscript
 *	/scif/apps/NAME     with --app: an app of the Scientific Filesystem, see
 *	                    sci-f.github.io/spec-v1
 *
 * Scripts are read as far as they are assignments (shenv.h). Where one is more
 * than that, all have to be run (envscript.h). What is broken is told and left
 * out; only an app that was asked for must be there.
 */
#ifndef RUN_IMAGEINFO_H
#define RUN_IMAGEINFO_H

#include "base/err.h"
#include "base/strlist.h"
#include "run/options.h"

#include <stdbool.h>

struct imageinfo {
	struct strlist env; /* "NAME=VALUE" */
	/* Scripts that have to be run in this order, absolute paths; none if
	 * ENV has it all. Else what stands between the first N_SURE items and
	 * the last N_LAST is what could be known of them. */
	struct strlist scripts;
	size_t n_sure, n_last;
	/* What stands in front of the user's arguments, or for a command that
	 * he did not give; with the reason. */
	struct strlist command;
	size_t n_entry; /* words of it that are the entry point */
	const char *why;
	char *workdir; /* an absolute path other than "/", or NULL */
};

/* Read from IMAGE, the root directory, the variables (unless NO_ENV), the
 * command if O leaves that to the image, and the working directory in that case
 * or if NEEDS_WORKDIR. ERR_NOTFOUND, ERR_USAGE: the app. */
MUST_CHECK int imageinfo_read(struct imageinfo *info, int image,
			      const struct run_options *o, bool no_env,
			      bool needs_workdir, struct err *e);
void imageinfo_clear(struct imageinfo *info);
AUTO_DEFINE(imageinfo, struct imageinfo, imageinfo_clear)

#endif
