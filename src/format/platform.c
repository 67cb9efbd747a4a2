/* platform.c - platform names: parse, print, and choose among them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/platform.h"

#include "base/str.h"
#include "base/strlist.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define SAME 2000  /* score of the wanted variant itself */
#define ABOVE 1000 /* scores below are for variants above the default */

// clang-format off
/* What uname(2), Debian and RPM call GOARCH's architectures. */
static const struct {
	const char *name;
	const char *arch;
	const char *variant;
} machines[] = {
	{ "x86_64",      "amd64",    "" },
	{ "x86-64",      "amd64",    "" },
	{ "i386",        "386",      "" },
	{ "i486",        "386",      "" },
	{ "i586",        "386",      "" },
	{ "i686",        "386",      "" },
	{ "x86",         "386",      "" },
	{ "aarch64",     "arm64",    "" },
	{ "armv8l",      "arm",      "v8" },
	{ "armv7l",      "arm",      "v7" },
	{ "armv7",       "arm",      "v7" },
	{ "armhf",       "arm",      "v7" },
	{ "armv6l",      "arm",      "v6" },
	{ "armv6",       "arm",      "v6" },
	{ "armv5tel",    "arm",      "v5" },
	{ "armv5tejl",   "arm",      "v5" },
	{ "armel",       "arm",      "v5" },
	{ "ppc64el",     "ppc64le",  "" },
	{ "powerpc64le", "ppc64le",  "" },
	{ "loongarch64", "loong64",  "" },
	{ "mips64el",    "mips64le", "" },
	{ "mipsel",      "mipsle",   "" },
};

static const char *const goarchs[] = {
	"386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le",
	"mipsle", "ppc64", "ppc64le", "riscv64", "s390x", "wasm",
};

/* The variant that is meant where none is given, as level() counts. */
static const struct {
	const char *arch;
	int level;
} defaults[] = {
	{ "amd64", 10 },
	{ "arm",   70 },
	{ "arm64", 80 },
};
// clang-format on

/* Put ARCH into P under GOARCH's name; a variant that the name implies only if
 * P has none. */
static void set_arch(struct platform *p, const char *arch)
{
	const char *variant = "";

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		if (strcmp(machines[i].name, arch) != 0)
			continue;
		arch = machines[i].arch;
		variant = machines[i].variant;
		break;
	}
	snprintf(p->arch, sizeof(p->arch), "%s", arch);
	if (!*p->variant)
		snprintf(p->variant, sizeof(p->variant), "%s", variant);
}

static bool is_arch(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (!strcmp(machines[i].name, name))
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(goarchs); i++)
		if (!strcmp(goarchs[i], name))
			return true;
	return false;
}

void platform_of_machine(const char *machine, struct platform *out)
{
	*out = (struct platform){ .os = "linux" };
	set_arch(out, machine);
}

int platform_set(struct platform *out, const char *os, const char *arch,
		 const char *variant, struct err *e)
{
	struct platform p = { 0 };

	os = os ? os : "";
	arch = arch ? arch : "";
	variant = variant ? variant : "";
	if (strlen(os) >= sizeof(p.os) || strlen(arch) >= sizeof(p.arch) ||
	    strlen(variant) + 1 >= sizeof(p.variant))
		return err_set(e, ERR_FORMAT,
			       "platform '%.40s/%.40s/%.40s': name is too long",
			       os, arch, variant);
	snprintf(p.os, sizeof(p.os), "%s", os);
	snprintf(p.variant, sizeof(p.variant), "%s%s",
		 isdigit((unsigned char)*variant) ? "v" : "", variant);
	set_arch(&p, arch);
	*out = p;
	return 0;
}

static int check_parts(const char *text, const struct strlist *parts,
		       struct err *e)
{
	if (!parts->n || parts->n > 3)
		return err_set(e, ERR_USAGE,
			       "platform '%.100s': expected OS/ARCH[/VARIANT]",
			       text);
	for (size_t i = 0; i < parts->n; i++) {
		const char *s = parts->v[i];
		char c = s[strspn(s, "abcdefghijklmnopqrstuvwxyz"
				     "0123456789._-")];

		if (!*s)
			return err_set(e, ERR_USAGE,
				       "platform '%.100s': empty part", text);
		if (c)
			return err_set(e, ERR_USAGE,
				       "platform '%.100s': '%c' is not allowed",
				       text, c);
	}
	return 0;
}

int platform_parse(const char *text, struct platform *out, struct err *e)
{
	AUTO(strlist) struct strlist parts = { 0 };
	const char *os = "linux", *variant;
	size_t at = 0;

	strlist_split(&parts, text, '/', true);
	if (check_parts(text, &parts, e))
		return -1;
	if (parts.n == 3 || (parts.n == 2 && !is_arch(parts.v[0])))
		os = parts.v[at++];
	variant = at + 1 < parts.n ? parts.v[at + 1] : NULL;
	if (!platform_set(out, os, parts.v[at], variant, e))
		return 0;
	e->kind = ERR_USAGE;
	return -1;
}

char *platform_text(const struct platform *p)
{
	return str_fmt("%s/%s%s%s", *p->os ? p->os : "unknown",
		       *p->arch ? p->arch : "unknown", *p->variant ? "/" : "",
		       p->variant);
}

bool platform_eq(const struct platform *a, const struct platform *b)
{
	return !strcmp(a->os, b->os) && !strcmp(a->arch, b->arch) &&
	       !strcmp(a->variant, b->variant);
}

/* "v8" is 80, "v8.1" is 81, none is the default of ARCH; at most 999, and -1 if
 * unreadable. */
static int level(const char *arch, const char *variant)
{
	int n = 0;

	if (!*variant) {
		for (size_t i = 0; i < ARRAY_SIZE(defaults); i++)
			if (!strcmp(defaults[i].arch, arch))
				return defaults[i].level;
		return 0;
	}
	if (*variant != 'v' || !isdigit((unsigned char)variant[1]))
		return -1;
	for (variant++; isdigit((unsigned char)*variant) && n < 10; variant++)
		n = n * 10 + (*variant - '0');
	n *= 10;
	if (variant[0] == '.' && isdigit((unsigned char)variant[1])) {
		n += variant[1] - '0';
		variant += 2;
	}
	return *variant ? -1 : n;
}

int platform_score(const struct platform *want, const struct platform *have)
{
	int w, h;

	if (strcmp(want->os, have->os) != 0 ||
	    strcmp(want->arch, have->arch) != 0)
		return 0;
	if (!strcmp(want->variant, have->variant))
		return SAME;
	w = level(want->arch, want->variant);
	h = level(have->arch, have->variant);
	if (w >= 0 && h >= 0 && h <= w)
		return SAME - 1 - (w - h);
	if (*want->variant)
		return 0;
	return h < 0 ? 1 : ABOVE - (h - w);
}
