/* t_whynot.c - what a program's first bytes say about why it can't start.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/mem.h"
#include "base/str.h"
#include "run/whynot.h"

#include "tap.h"

#include <elf.h>

// clang-format off
static const struct {
	const char *what, *head, *want;
} scripts[] = {
	{ "plain", "#!/bin/sh\n", "/bin/sh" },
	{ "blanks", "#! \t/bin/sh -e\n", "/bin/sh" },
	{ "carriage return", "#!/bin/sh\r\n", "/bin/sh\r" },
	{ "no newline", "#!/x", "/x" },
	{ "empty", "#!\n", NULL },
	{ "nothing behind", "#!", NULL },
	{ "no script", "echo\n", NULL },
	{ "empty file", "", NULL },
};
// clang-format on

/* A program for MACHINE with one segment, its interpreter LOADER. */
static struct str make_elf(bool is_64, bool is_big, uint16_t machine,
			   const char *loader)
{
	struct str s = { 0 };
	unsigned char *p = (unsigned char *)str_reserve(&s, 256);
	size_t at = is_64 ? 64 : 52, hi = is_big ? 0 : 1, lo = !hi;
	size_t word = is_big ? 3 : 0, wide = is_big ? 7 : 0;

	memset(p, 0, 256);
	memcpy(p, ELFMAG, SELFMAG);
	p[EI_CLASS] = is_64 ? ELFCLASS64 : ELFCLASS32;
	p[EI_DATA] = is_big ? ELFDATA2MSB : ELFDATA2LSB;
	p[18 + lo] = (unsigned char)machine;
	p[18 + hi] = (unsigned char)(machine >> 8);
	p[is_64 ? 32 + wide : 28 + word] = (unsigned char)at;
	p[(is_64 ? 54 : 42) + lo] = is_64 ? 56 : 32;
	p[(is_64 ? 56 : 44) + lo] = 1;
	p[at + word] = PT_INTERP;
	p[at + (is_64 ? 8 + wide : 4 + word)] = 160;
	p[at + (is_64 ? 32 + wide : 16 + word)] =
		(unsigned char)(strlen(loader) + 1);
	strcpy((char *)p + 160, loader);
	s.len = 256;
	return s;
}

static void test_elf(bool is_64, bool is_big, uint16_t machine,
		     const char *want)
{
	AUTO(str) struct str s = make_elf(is_64, is_big, machine, "/lib/ld");
	const unsigned char *p = (const unsigned char *)s.p;
	autostr char *loader = whynot_interpreter(p, s.len);

	is(loader, "/lib/ld", "loader");
	is(whynot_machine(p, s.len), want, "machine");
	/* Every shorter file: none is read beyond its end (sanitizers). */
	for (size_t n = 0; n < s.len; n++) {
		autostr unsigned char *cut = xmalloc(n + 1);
		autostr char *found = NULL;

		memcpy(cut, p, n);
		found = whynot_interpreter(cut, n);
		whynot_machine(cut, n);
		if (n < 64 && found)
			ok(false, "a loader in %zu bytes", n);
	}
}

/* Every byte of the headers set to the extremes: nothing may be read outside,
 * which the sanitizers watch. */
static void test_damage(void)
{
	static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };

	for (size_t i = 4; i < 120; i++) {
		for (size_t k = 0; k < ARRAY_SIZE(values); k++) {
			AUTO(str)
			struct str s = make_elf(true, false, EM_X86_64, "/l");
			autostr unsigned char *p = xmemdup(s.p, s.len);
			autostr char *found = NULL;

			p[i] = values[k];
			found = whynot_interpreter(p, s.len);
			whynot_machine(p, s.len);
		}
	}
	ok(true, "damaged headers");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		size_t n = strlen(scripts[i].head);
		autostr unsigned char *p = xmemdup(scripts[i].head, n + 1);
		autostr char *got = whynot_interpreter(p, n);

		is(got, scripts[i].want, scripts[i].what);
	}
	test_elf(true, false, EM_X86_64, "x86_64");
	test_elf(true, false, EM_AARCH64, "aarch64");
	test_elf(false, false, EM_386, "i686");
	test_elf(true, true, EM_S390, "s390x");
	test_elf(false, true, EM_68K, "another architecture");
	test_damage();
	return tap_done();
}
