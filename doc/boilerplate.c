/* boilerplate.c - how a new module, a new tool and a new test look.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Three files in one, so that the compiler can check it (make check does); cut
 * where the lines say so.
 */
#include "config.h"

/* ---- src/format/colour.h ----
 *
 * colour.h - names of colours as users write them.
 *
 * Pure. The names are those of CSS Color Module Level 4, section 6.1; only the
 * ones that we need.
 */
#include "base/err.h"

struct colour {
	unsigned char red, green, blue;
};

/* Parse TEXT. The result borrows nothing. ERR_USAGE if there is no such
 * colour. */
MUST_CHECK int colour_parse(const char *text, struct colour *out,
			    struct err *e);
/* "#rrggbb"; caller frees. */
char *colour_name(const struct colour *c);

/* ---- src/format/colour.c ----
 *
 * Own header first, then ours, then the system's.
 */
#include "base/str.h"

// clang-format off
static const struct {
	const char *name;
	struct colour colour;
} colours[] = {
	{ "black",  { 0x00, 0x00, 0x00 } },
	{ "red",    { 0xff, 0x00, 0x00 } },
	{ "silver", { 0xc0, 0xc0, 0xc0 } },
};
// clang-format on

int colour_parse(const char *text, struct colour *out, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(colours); i++) {
		if (!str_eq(colours[i].name, text))
			continue;
		*out = colours[i].colour;
		return 0;
	}
	return err_set(e, ERR_USAGE, "unknown colour '%s'", text);
}

char *colour_name(const struct colour *c)
{
	return str_fmt("#%02x%02x%02x", c->red, c->green, c->blue);
}

/* ---- bin/ch-paint.c ----
 *
 * The tool: a struct for the options, the table, one call.
 */
#include "base/tool.h"

#include <stdio.h>

struct cli {
	bool is_loud;
	const char *brush;
};

// clang-format off
static const struct opt options[] = {
	OPT_CONF('b', "brush", struct cli, brush, "NAME",
		 "paint with the brush NAME", "CH_BRUSH", "paint.brush"),
	OPT(0, "loud", struct cli, is_loud, NULL, "say so while painting"),
};

static const struct tool tool = {
	.name = "ch-paint",
	.synopsis = "[OPTION...] COLOUR",
	.about = "Paint with COLOUR.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
};
// clang-format on

static int run(void *ctx, int argc, char **argv, struct err *e)
{
	const struct cli *cli = ctx;
	autostr char *name = NULL;
	struct colour colour;

	if (argc != 1)
		return err_set(e, ERR_USAGE, "expected one COLOUR, found %d",
			       argc);
	if (colour_parse(argv[0], &colour, e))
		return -1;
	name = colour_name(&colour);
	printf("%s %s%s\n", cli->brush, name, cli->is_loud ? "!" : "");
	return 0;
}

static int paint_main(int argc, char **argv)
{
	struct cli cli = { .brush = "broad" };

	return tool_main(&tool, &cli, argc, argv, false, run);
}

/* ---- test/unit/t_colour.c ----
 *
 * Cases are data; each ok() is a line of TAP; a failure shows both values.
 */
#include "tap.h"

static const struct {
	const char *text;
	const char *name; /* NULL: refused */
} cases[] = {
	{ "black", "#000000" },
	{ "silver", "#c0c0c0" },
	{ "Black", NULL },
	{ "", NULL },
};

static void test_parse(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		autostr char *name = NULL;
		struct err e = { 0 };
		struct colour c;

		if (!colour_parse(cases[i].text, &c, &e))
			name = colour_name(&c);
		is(name, cases[i].name, cases[i].text);
		ok(name || e.kind == ERR_USAGE, "'%s': kind", cases[i].text);
	}
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return paint_main(argc, argv);
	test_parse();
	return tap_done();
}
