/* envscript.h - scripts of the image that make its environment, run by the
 * image's shell.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Most are assignments and were read (imageinfo.h). Where one is more than
 * that, all are run in a child process that sees what --env=image would give
 * the command, so that the image's variables do not depend on the host's; what
 * they made comes back, and the rules of environ.h go on from there. So
 * --set-env has the last word, and no shell sees its values.
 */
#ifndef RUN_ENVSCRIPT_H
#define RUN_ENVSCRIPT_H

#include "base/err.h"
#include "base/strlist.h"
#include "run/environ.h"
#include "run/imageinfo.h"

/* Inside the new root: run info->scripts and put what they make in the place of
 * what was guessed in info->env. S is for the plan's environment. On failure
 * there is a warning and info->env stays. */
void envscript_run(struct imageinfo *info, const struct env_sources *s);

#endif
