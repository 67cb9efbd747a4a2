/* host.c - what this host is and gives: its platform, its limits.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/host.h"

#include "base/log.h"
#include "base/str.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#define DESCRIPTORS 4096

/* The highest microarchitecture level of the x86-64 psABI that this processor
 * has ("v1" to "v4"). By CPUID itself: __builtin_cpu_supports asks for all that
 * there is in each start of a program, which is slow in a virtual machine. */
#ifdef __x86_64__
enum { EAX, EBX, ECX, EDX };

static bool has(unsigned leaf, int reg, unsigned bits)
{
	unsigned r[4];

	return __get_cpuid_count(leaf, 0, &r[EAX], &r[EBX], &r[ECX], &r[EDX]) &&
	       (r[reg] & bits) == bits;
}

/* Does the kernel keep the registers of the state components BITS? */
static bool keeps(unsigned bits)
{
	unsigned low, high;

	if (!has(1, ECX, bit_OSXSAVE))
		return false;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	return (low & bits) == bits;
}

static bool is_v2(void)
{
	return has(1, ECX,
		   bit_SSE3 | bit_SSSE3 | bit_CMPXCHG16B | bit_SSE4_1 |
			   bit_SSE4_2 | bit_POPCNT);
}

static bool is_v3(void)
{
	return has(1, ECX, bit_FMA | bit_MOVBE | bit_AVX | bit_F16C) &&
	       has(7, EBX, bit_BMI | bit_AVX2 | bit_BMI2) &&
	       has(0x80000001, ECX, bit_LZCNT) && keeps(0x6);
}

static bool is_v4(void)
{
	return has(7, EBX,
		   bit_AVX512F | bit_AVX512DQ | bit_AVX512CD | bit_AVX512BW |
			   bit_AVX512VL) &&
	       keeps(0xe6);
}

static const char *x86_level(void)
{
	if (!is_v2())
		return "v1";
	if (!is_v3())
		return "v2";
	return is_v4() ? "v4" : "v3";
}
#else
static const char *x86_level(void)
{
	return "";
}
#endif

int host_platform(const char *text, struct platform *out, struct err *e)
{
	struct utsname u;

	if (text)
		return platform_parse(text, out, e);
	if (uname(&u))
		return err_sys(e, "can't tell this machine's architecture");
	platform_of_machine(u.machine, out);
	if (!strcmp(out->arch, "amd64"))
		snprintf(out->variant, sizeof out->variant, "%s", x86_level());
	return 0;
}

int host_suits(const struct platform *want, const struct platform *have,
	       bool is_asked, const char *shown, struct err *e)
{
	autostr char *wanted = platform_text(want);
	autostr char *there = platform_text(have);

	if (!*have->arch || str_eq(have->arch, "unknown") ||
	    platform_score(want, have) > 0)
		return 0;
	if (is_asked)
		return err_set(e, ERR_NOTFOUND,
			       "no image for %s; there is %s", wanted,
			       there);
	log_warn("%s is for %s, this machine is %s", shown, there, wanted);
	return 0;
}

void host_raise_files(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur >= DESCRIPTORS ||
	    r.rlim_cur == r.rlim_max)
		return;
	r.rlim_cur = r.rlim_max < DESCRIPTORS ? r.rlim_max : DESCRIPTORS;
	if (setrlimit(RLIMIT_NOFILE, &r))
		log_debug("the limit of open files stays");
}
