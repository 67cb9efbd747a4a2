/* seccomp_gen.c - write seccomp_tab.c from what libseccomp knows.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Not part of any program: run by hand when libseccomp has learnt a new
 * architecture or the list of calls changes. Needs libseccomp 2.6.
 *
 *	cc -o /tmp/gen test/gen/seccomp_gen.c -lseccomp
 *	/tmp/gen >src/run/seccomp_tab.c
 */
#include <seccomp.h>
#include <stdio.h>

#define X32_BIT 0x40000000

/* The ABIs of one family run on one kernel. */
static const struct {
	const char *family, *name;
	unsigned token; /* libseccomp's, which is also the kernel's but for x32
			 */
	int base;       /* what the numbers start with */
} abis[] = {
	{ "X86", "x86_64", SCMP_ARCH_X86_64, 0 },
	{ "X86", "x32", SCMP_ARCH_X32, X32_BIT },
	{ "X86", "x86", SCMP_ARCH_X86, 0 },
	{ "ARM", "aarch64", SCMP_ARCH_AARCH64, 0 },
	{ "ARM", "arm", SCMP_ARCH_ARM, 0 },
	{ "LOONGARCH", "loongarch64", SCMP_ARCH_LOONGARCH64, 0 },
	{ "M68K", "m68k", SCMP_ARCH_M68K, 0 },
	{ "MIPS", "mips", SCMP_ARCH_MIPS, 4000 },
	{ "MIPS", "mipsel", SCMP_ARCH_MIPSEL, 4000 },
	{ "MIPS", "mips64", SCMP_ARCH_MIPS64, 5000 },
	{ "MIPS", "mipsel64", SCMP_ARCH_MIPSEL64, 5000 },
	{ "MIPS", "mips64n32", SCMP_ARCH_MIPS64N32, 6000 },
	{ "MIPS", "mipsel64n32", SCMP_ARCH_MIPSEL64N32, 6000 },
	{ "PARISC", "parisc64", SCMP_ARCH_PARISC64, 0 },
	{ "PARISC", "parisc", SCMP_ARCH_PARISC, 0 },
	{ "PPC", "ppc64le", SCMP_ARCH_PPC64LE, 0 },
	{ "PPC", "ppc64", SCMP_ARCH_PPC64, 0 },
	{ "PPC", "ppc", SCMP_ARCH_PPC, 0 },
	{ "RISCV", "riscv64", SCMP_ARCH_RISCV64, 0 },
	{ "S390", "s390x", SCMP_ARCH_S390X, 0 },
	{ "S390", "s390", SCMP_ARCH_S390, 0 },
	{ "SH", "sheb", SCMP_ARCH_SHEB, 0 },
	{ "SH", "sh", SCMP_ARCH_SH, 0 },
};

/* MODE: only for devices; the number of the argument that tells. */
static const struct {
	const char *name;
	int mode;
} calls[] = {
	{ "capset", 0 },     { "chown", 0 },       { "chown32", 0 },
	{ "fchown", 0 },     { "fchown32", 0 },    { "fchownat", 0 },
	{ "lchown", 0 },     { "lchown32", 0 },    { "kexec_load", 0 },
	{ "setfsgid", 0 },   { "setfsgid32", 0 },  { "setfsuid", 0 },
	{ "setfsuid32", 0 }, { "setgid", 0 },      { "setgid32", 0 },
	{ "setgroups", 0 },  { "setgroups32", 0 }, { "setregid", 0 },
	{ "setregid32", 0 }, { "setresgid", 0 },   { "setresgid32", 0 },
	{ "setresuid", 0 },  { "setresuid32", 0 }, { "setreuid", 0 },
	{ "setreuid32", 0 }, { "setuid", 0 },      { "setuid32", 0 },
	{ "mknod", 1 },      { "mknodat", 2 },
};

#define N(a) (sizeof(a) / sizeof *(a))

/* Two lines of them. */
static const char *before(size_t i)
{
	if (i == 0)
		return "";
	return i == N(abis) / 2 ? ",\n\t    " : ", ";
}

static void print_numbers(const char *call)
{
	for (size_t i = 0; i < N(abis); i++) {
		int nr = seccomp_syscall_resolve_name_arch(abis[i].token, call);

		printf("%s%d", before(i), nr < 0 ? -1 : nr - abis[i].base);
	}
}

static void print_abi(size_t i)
{
	int is_x32 = abis[i].base == X32_BIT;
	unsigned arch = is_x32 ? SCMP_ARCH_X86_64 : abis[i].token;

	printf("\t{ \"%s\", SECCOMP_%s, 0x%x, ", abis[i].name, abis[i].family,
	       arch);
	printf(is_x32 ? "0x%x },\n" : "%d },\n", abis[i].base);
}

int main(void)
{
	const struct scmp_version *v = seccomp_version();

	printf("/* seccomp_tab.c - the calls that --seccomp fakes, by "
	       "architecture.\n"
	       " * SPDX-License-Identifier: Apache-2.0\n"
	       " *\n"
	       " * Written by test/gen/seccomp_gen.c with libseccomp %u.%u.%u; do not "
	       "edit.\n"
	       " */\n"
	       "#include \"config.h\"\n\n"
	       "#include \"run/seccomp_tab.h\"\n\n"
	       "// clang-format off\n"
	       "const struct seccomp_abi seccomp_abis[SECCOMP_N_ABIS] = {\n",
	       v->major, v->minor, v->micro);
	for (size_t i = 0; i < N(abis); i++)
		print_abi(i);
	printf("};\n\n"
	       "const struct seccomp_call seccomp_calls[SECCOMP_N_CALLS] = {\n");
	for (size_t i = 0; i < N(calls); i++) {
		printf("\t{ \"%s\", %d,\n\t  { ", calls[i].name, calls[i].mode);
		print_numbers(calls[i].name);
		printf(" } },\n");
	}
	printf("};\n");
	return 0;
}
