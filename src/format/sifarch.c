/* sifarch.c - the codes of architectures in a SIF file.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/sifarch.h"

#include "base/auto.h"

#include <string.h>

// clang-format off
static const struct {
	char code[3];
	const char *name;
} codes[] = {
	{ "00", "" },
	{ "01", "386" },
	{ "02", "amd64" },
	{ "03", "arm" },
	{ "04", "arm64" },
	{ "05", "ppc64" },
	{ "06", "ppc64le" },
	{ "07", "mips" },
	{ "08", "mipsle" },
	{ "09", "mips64" },
	{ "10", "mips64le" },
	{ "11", "s390x" },
	{ "12", "riscv64" },
	{ "13", "loong64" },
};
// clang-format on

void sifarch_name(const unsigned char *code, char *out, size_t size)
{
	*out = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (!memcmp(code, codes[i].code, 3))
			snprintf(out, size, "%s", codes[i].name);
}

const char *sifarch_code(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
		if (!strcmp(name, codes[i].name))
			return codes[i].code;
	return NULL;
}
