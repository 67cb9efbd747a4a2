/* f_sifhdr.c - fuzz: SIF header and descriptors.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/sifhdr.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t size)
{
	struct err e = { 0 };
	struct sifobj *v = NULL;
	struct sifhdr h;
	size_t n = 0;

	if (sifhdr_parse(p, size, size, &h, &e) || h.table_at > size)
		return 0;
	if (!sifhdr_objects(p + h.table_at, size - h.table_at, &h, size, &v, &n,
			    &e)) {
		const struct sifobj *primary;

		if (sifhdr_primary(v, n, &primary, &e))
			sifhdr_find(v, n, SIFOBJ_JSON, "oci-config.json");
	}
	free(v);
	return 0;
}
