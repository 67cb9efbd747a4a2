/* tool.h - what every main shares.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_TOOL_H
#define BASE_TOOL_H

#include "base/err.h"
#include "base/opt.h"

/* The whole life of a tool: make sure that descriptors 0 to 2 are open, read
 * configuration, environment and command line into O, answer --help and
 * --version, set up logging, call RUN with the operands, flush stdout, print
 * the one error line ("NAME: error: TEXT"; usage errors add "see 'NAME
 * --help'", limits where they are documented) and give the exit status. RUN
 * returns the exit status of success (mostly 0) or -1 with E set. With
 * CATCH_SIGNALS, intr_init is called first, and an ERR_INTR ends the process
 * by that signal. */
int tool_main(const struct tool *t, void *o, int argc, char **argv,
	      bool catch_signals,
	      int (*run)(void *o, int argc, char **argv, struct err *e));

#endif
