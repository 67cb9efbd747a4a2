/* probe_tools.c - what the tools have to work with: each other, the processor.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/proc.h"
#include "base/sha256.h"
#include "image/locate.h"
#include "run/attempts.h"

#define VERSION_MAX 4096

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
