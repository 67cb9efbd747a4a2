/* verb.h - a tool of several verbs: "ch-image [OPTION...] VERB [ARG...]".
 * SPDX-License-Identifier: Apache-2.0
 *
 * Each verb is a struct tool of its own, with the whole tool's name, its own
 * options and those that all verbs have, which may stand in front of the verb
 * as well. Messages begin with the tool's name alone; "NAME VERB --help" shows
 * the verb's own help.
 */
#ifndef BASE_VERB_H
#define BASE_VERB_H

#include "base/opt.h"

/* The whole life of such a tool, as tool_main: all verbs set fields of the one
 * struct O of SIZE bytes. Without a verb that it has, T's own `run` is called,
 * which is to return what verb_missing returns. */
int verb_main(const struct tool *t, void *o, size_t size, int argc, char **argv,
	      bool catch_signals);
/* ERR_USAGE that names the verbs there are. */
int verb_missing(const struct tool *t, int argc, char **argv, struct err *e);

#endif
