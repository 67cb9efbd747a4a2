/* ch-check.c - does what the tools need work on this machine?
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/tool.h"
#include "run/checkjson.h"
#include "run/checklist.h"

#include <string.h>

struct cli {
	struct check_options check;
	bool json;
};

// clang-format off
static const struct opt options[] = {
	OPT(0, "json", struct cli, json, NULL,
	    "print a JSON object, for programs"),
	OPT_CONF('s', "store", struct cli, check.store, "DIR",
		 "the store (default /var/tmp/USER.ch)",
		 "CH_STORE", "store.path"),
	OPT_CONF(0, "store-readonly", struct cli, check.readonly, "DIR[:DIR]",
		 "stores that are only read",
		 "CH_STORE_READONLY", "store.readonly"),
};

static const struct tool tool = {
	.name = "ch-check",
	.synopsis = "[OPTION...]",
	.about = "Try what ch-run and ch-pull need on this machine, and say what to do if it does not work.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
	.notes = "Exit status: 0 if all works that every start of ch-run needs, else 1; 2 for\n"
		 "wrong usage.",
};
// clang-format on

static bool wants_color(void)
{
	const char *term = getenv("TERM");
	const char *no = getenv("NO_COLOR"); /* see no-color.org */

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") &&
	       !(no && *no);
}

static int run(void *ctx, int argc, char **argv, struct err *e)
{
	struct cli *c = ctx;
	AUTO(str) struct str out = { 0 };
	autostr struct finding *v = NULL;
	size_t n;

	if (argc)
		return err_set(e, ERR_USAGE, "unexpected argument '%s'",
			       argv[0]);
	checklist_items(&n);
	v = xcalloc(n, sizeof *v);
	c->check.tmpdir = getenv("TMPDIR");
	if (checklist_run(&c->check, v, e))
		return -1;
	if (c->json)
		checkjson(v, &out);
	else if (log_on(LOG_WARN))
		checklist_text(v, wants_color(), &out);
	fputs(str_text(&out), stdout);
	return checklist_is_good(v) ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct cli c = { 0 };

	return tool_main(&tool, &c, argc, argv, false, run);
}
