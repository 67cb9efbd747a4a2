/* f_imgconfig.c - fuzz: image configurations, read and changed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/imgconfig.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct platform platform = { .os = "linux", .arch = "amd64" };
	struct imgconfig_change change = { .platform = &platform };
	AUTO(imgconfig) struct imgconfig c = { 0 };
	struct err e = { 0 };
	autostr char *edited = imgconfig_edit(p, size, &change, &e);
	autostr char *inner = imgconfig_inner(p, size, &e);
	autostr char *outer = imgconfig_outer(p, size, &e);

	if (imgconfig_parse(p, size, &c, &e))
		return 0;
	return 0;
}
