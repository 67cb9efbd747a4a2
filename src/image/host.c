/* host.c - what this host is and gives: its platform, its limits.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/host.h"

#include "base/log.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#define DESCRIPTORS 4096

/* The highest microarchitecture level of the x86-64 psABI that this processor
 * has ("v1" to "v4"), by the features that tell the levels apart. */
#ifdef __x86_64__
static const char *x86_level(void)
{
	if (!__builtin_cpu_supports("sse4.2") ||
	    !__builtin_cpu_supports("ssse3") ||
	    !__builtin_cpu_supports("popcnt"))
		return "v1";
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi") ||
	    !__builtin_cpu_supports("bmi2") || !__builtin_cpu_supports("fma"))
		return "v2";
	if (!__builtin_cpu_supports("avx512f") ||
	    !__builtin_cpu_supports("avx512bw") ||
	    !__builtin_cpu_supports("avx512cd") ||
	    !__builtin_cpu_supports("avx512dq") ||
	    !__builtin_cpu_supports("avx512vl"))
		return "v3";
	return "v4";
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
