/* seccomp_tab.h - the calls that --seccomp fakes, and their numbers on every
 * architecture that libseccomp knows.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A table and not the library: a start loads nothing, and the filter is the
 * same wherever ch-run was built. test/gen/seccomp_gen.c writes seccomp_tab.c.
 */
#ifndef RUN_SECCOMP_TAB_H
#define RUN_SECCOMP_TAB_H

#include <stdint.h>

#define SECCOMP_N_ABIS 23
#define SECCOMP_N_CALLS 29

/* What one kernel can run, see seccomp.c for which is ours. */
enum seccomp_family {
	SECCOMP_ARM,
	SECCOMP_LOONGARCH,
	SECCOMP_M68K,
	SECCOMP_MIPS,
	SECCOMP_PARISC,
	SECCOMP_PPC,
	SECCOMP_RISCV,
	SECCOMP_S390,
	SECCOMP_SH,
	SECCOMP_X86,
};

struct seccomp_abi {
	const char *name;
	enum seccomp_family family;
	uint32_t arch; /* AUDIT_ARCH_*, of struct seccomp_data */
	uint32_t base; /* added to the numbers below */
};

struct seccomp_call {
	const char *name;
	int mode; /* the argument that must be a device's mode; 0: none must */
	int16_t number[SECCOMP_N_ABIS]; /* as in seccomp_abis; -1: none */
};

extern const struct seccomp_abi seccomp_abis[SECCOMP_N_ABIS];
extern const struct seccomp_call seccomp_calls[SECCOMP_N_CALLS];

#endif
