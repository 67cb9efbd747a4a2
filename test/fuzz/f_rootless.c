/* f_rootless.c - fuzz: the value of user.rootlesscontainers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/rootless.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct err e = { 0 };
	struct rootless r;

	if (rootless_parse(p, size, &r, &e))
		return 0;
	return 0;
}
