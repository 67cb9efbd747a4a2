/* f_ocispec.c - fuzz: config.json of a bundle.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/ocispec.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	AUTO(ocispec) struct ocispec s = { 0 };
	struct err e = { 0 };

	if (ocispec_parse(p, size, &s, &e))
		return 0;
	return 0;
}
