/* ch-convert.c - one kind of image to another: options and one call.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/tool.h"
#include "image/convert.h"

#include <stdio.h>

// clang-format off
static const struct opt options[] = {
	OPT_CONF('a', "arch", struct convert_opts, platform, "ARCH",
		 "take the image for ARCH or OS/ARCH[/VARIANT] instead of this machine's",
		 "CH_ARCH", "pull.arch"),
	OPT('f', "force", struct convert_opts, force, NULL,
	    "replace OUT if it is an image"),
	OPT_CONF('s', "store", struct convert_opts, store, "DIR",
		 "the store (default /var/tmp/USER.ch)",
		 "CH_STORE", "store.path"),
	OPT_CONF(0, "store-readonly", struct convert_opts, readonly, "DIR[:DIR]",
		 "look for images there, too, and write nothing",
		 "CH_STORE_READONLY", "store.readonly"),
};

static const struct tool tool = {
	.name = "ch-convert",
	.synopsis = "[OPTION...] IN [OUT]",
	.about = "Convert image IN to the directory OUT; without OUT unpack it in the store and print where.",
	.opts = options,
	.n_opts = ARRAY_SIZE(options),
	.notes = "IN is a name in the store (alpine:3.16) or an OCI image layout (./layout, oci:DIR:TAG).",
};
// clang-format on

static int run(void *ctx, int argc, char **argv, struct err *e)
{
	autostr char *path = NULL;

	if (argc < 1)
		return err_set(e, ERR_USAGE, "which image? IN is missing");
	if (argc > 2)
		return err_set(e, ERR_USAGE, "unexpected argument '%s'",
			       argv[2]);
	if (convert(argv[0], argv[1], ctx, &path, e))
		return -1;
	if (!argv[1])
		puts(path);
	return 0;
}

int main(int argc, char **argv)
{
	struct convert_opts o = { 0 };

	return tool_main(&tool, &o, argc, argv, true, run);
}
