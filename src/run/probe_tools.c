/* probe_tools.c - what the tools have to work with: each other, the processor.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/proc.h"
#include "base/sha256.h"
#include "base/strlist.h"
#include "image/locate.h"
#include "run/attempts.h"
#include "squash/sqcodec.h"

#define VERSION_MAX 4096
#define BLOCK 131072 /* the usual one (mksquashfs(1)) */

void probe_tools_unpack(const struct check_options *o, struct finding *f)
{
	autostr char *tool = locate_convert();
	const char *argv[] = { tool, "--version", NULL };
	AUTO(str) struct str out = { 0 };
	struct err e = { 0 };
	int status;

	(void)o;
	if (proc_run(argv, NULL, &out, VERSION_MAX, &status, &e))
		finding_fail(f, FINDING_NO, NULL, &e);
	else if (status)
		finding_set(f, FINDING_NO, "'%s' ended with status %d", tool,
			    status);
}

/* Each compressor's library, as it is loaded when an image needs it. */
void probe_tools_codecs(const struct check_options *o, struct finding *f)
{
	static const char *const names[] = { "gzip", "zstd", "xz", "lz4",
					     "lzo" };
	AUTO(strlist) struct strlist missing = { 0 };
	autostr char *list = NULL;

	(void)o;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct err e = { 0 };
		struct sqcodec *c = sqcodec_open(names[i], 0, BLOCK, &e);

		if (!c)
			strlist_add(&missing, e.msg);
		sqcodec_close(c);
	}
	if (!missing.n)
		return;
	list = strlist_join(&missing, "; ");
	finding_set(
		f, missing.n < ARRAY_SIZE(names) ? FINDING_LIMITED : FINDING_NO,
		"%s", list);
}

void probe_tools_cpu(const struct check_options *o, struct finding *f)
{
	(void)o;
	if (!sha256_is_possible())
		finding_set(f, FINDING_LIMITED,
			    "the processor has no instructions for SHA-256 "
			    "that we know; sums take longer");
	else if (!WITH_ISAL)
		finding_set(f, FINDING_LIMITED,
			    "built without ISA-L: gzip layers take longer");
}
