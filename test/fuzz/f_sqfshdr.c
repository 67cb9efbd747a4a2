/* f_sqfshdr.c - fuzz: a squashfs superblock.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/sqfshdr.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct err e = { 0 };
	struct sqfshdr h;

	if (sqfshdr_parse(p, size, UINT32_MAX, &h, &e))
		return 0;
	return 0;
}
