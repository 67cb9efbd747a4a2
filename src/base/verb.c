/* verb.c - a tool of several verbs: find the verb, then it is a tool.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/verb.h"

#include "base/mem.h"
#include "base/str.h"
#include "base/tool.h"

#include <string.h>

static const struct tool *find_verb(const struct tool *t, const char *word)
{
	for (size_t i = 0; i < t->n_verbs; i++)
		if (!strcmp(t->verbs[i].verb, word))
			return &t->verbs[i];
	return NULL;
}

static char *verbs_text(const struct tool *t)
{
	struct str s = { 0 };

	for (size_t i = 0; i < t->n_verbs; i++)
		str_addf(&s, "%s%s", i ? ", " : "", t->verbs[i].verb);
	return str_take(&s);
}

/* Index of the verb in ARGV, or -1. Only the words in front of it are looked
 * at, in a copy: opt_parse puts words in order. */
static int verb_at(const struct tool *t, size_t size, int argc, char **argv)
{
	autostr char **copy = xcalloc((size_t)argc + 1, sizeof(*copy));
	autostr void *scratch = xcalloc(1, size);
	struct opt_common c = { 0 };
	struct err ignored = { 0 }; /* tool_main finds and says it again */
	int first;

	memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	first = opt_parse(t, scratch, &c, argc, copy, &ignored);
	return first > 0 && first < argc ? first : -1;
}

int verb_missing(const struct tool *t, int argc, char **argv, struct err *e)
{
	autostr char *verbs = verbs_text(t);

	if (argc < 1)
		return err_set(e, ERR_USAGE, "which verb? There is %s", verbs);
	return err_set(e, ERR_USAGE, "unknown verb '%s'; there is %s", argv[0],
		       verbs);
}

int verb_main(const struct tool *t, void *o, size_t size, int argc, char **argv,
	      bool catch_signals)
{
	int at = verb_at(t, size, argc, argv);
	const struct tool *verb = at < 0 ? NULL : find_verb(t, argv[at]);

	if (!verb)
		return tool_main(t, o, argc, argv, catch_signals, t->run);
	/* Its options may stand on both sides of it. */
	memmove(argv + at, argv + at + 1, (size_t)(argc - at) * sizeof(*argv));
	return tool_main(verb, o, argc - 1, argv, catch_signals, verb->run);
}
