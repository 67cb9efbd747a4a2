/* seccomp.c - root emulation: a filter of system calls.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/seccomp.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What this kernel may run, whether we are a 32-bit program or not. */
#if defined(__aarch64__) || defined(__arm__)
#define FAMILY SECCOMP_ARM
#elif defined(__loongarch__)
#define FAMILY SECCOMP_LOONGARCH
#elif defined(__m68k__)
#define FAMILY SECCOMP_M68K
#elif defined(__mips__)
#define FAMILY SECCOMP_MIPS
#elif defined(__hppa__)
#define FAMILY SECCOMP_PARISC
#elif defined(__powerpc__)
#define FAMILY SECCOMP_PPC
#elif defined(__riscv)
#define FAMILY SECCOMP_RISCV
#elif defined(__s390__)
#define FAMILY SECCOMP_S390
#elif defined(__sh__)
#define FAMILY SECCOMP_SH
#elif defined(__x86_64__) || defined(__i386__)
#define FAMILY SECCOMP_X86
#endif

/* Linux 4.17: programs run as if there were no filter, without the guards
 * against speculation, which slow them down. Ours keeps no secrets. */
#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif

#define SUCCEED (SECCOMP_RET_ERRNO | 0)

/* Filters load 32 bits at a time. */
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LOW_HALF 4
#else
#define LOW_HALF 0
#endif

struct code {
	struct sock_filter *v;
	size_t n;
};

static void put(struct code *c, unsigned code, uint32_t k, unsigned yes,
		unsigned no)
{
	c->v[c->n++] = (struct sock_filter){
		.code = (uint16_t)code,
		.jt = (uint8_t)yes,
		.jf = (uint8_t)no,
		.k = k,
	};
}

static void put_load(struct code *c, size_t offset)
{
	put(c, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

/* If the accumulator is K, go on behind the next YES instructions, else behind
 * the next NO. */
static void put_if(struct code *c, uint32_t k, unsigned yes, unsigned no)
{
	put(c, BPF_JMP | BPF_JEQ | BPF_K, k, yes, no);
}

static void put_return(struct code *c, uint32_t what)
{
	put(c, BPF_RET | BPF_K, what, 0, 0);
}

/* The call NUMBER succeeds if argument MODE is that of a device; fifos and the
 * like are really made. */
static void put_device(struct code *c, uint32_t number, int mode)
{
	put_if(c, number, 0, 6);
	put_load(c, offsetof(struct seccomp_data, args) +
			    (size_t)mode * sizeof(uint64_t) + LOW_HALF);
	put(c, BPF_ALU | BPF_AND | BPF_K, S_IFMT, 0, 0);
	put_if(c, S_IFCHR, 1, 0);
	put_if(c, S_IFBLK, 0, 1);
	put_return(c, SUCCEED);
	put_return(c, SECCOMP_RET_ALLOW);
}

static void put_call(struct code *c, const struct seccomp_abi *abi,
		     const struct seccomp_call *call)
{
	int number = call->number[abi - seccomp_abis];

	if (number < 0)
		return;
	if (call->mode) {
		put_device(c, abi->base + (uint32_t)number, call->mode);
		return;
	}
	put_if(c, abi->base + (uint32_t)number, 0, 1);
	put_return(c, SUCCEED);
}

/* Two ABIs may have one token: what is not found goes on to the next. */
static void put_abi(struct code *c, const struct seccomp_abi *abi)
{
	struct sock_filter *skip;
	size_t first;

	put_load(c, offsetof(struct seccomp_data, arch));
	skip = &c->v[c->n];
	put_if(c, abi->arch, 0, 0);
	first = c->n;
	put_load(c, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < SECCOMP_N_CALLS; i++)
		put_call(c, abi, &seccomp_calls[i]);
	skip->jf = (uint8_t)(c->n - first); /* some 70 */
}

size_t seccomp_filter(enum seccomp_family family,
		      struct sock_filter to[SECCOMP_FILTER_MAX])
{
	struct code c = { .v = to };

	for (size_t i = 0; i < SECCOMP_N_ABIS; i++)
		if (seccomp_abis[i].family == family)
			put_abi(&c, &seccomp_abis[i]);
	put_return(&c, SECCOMP_RET_ALLOW);
	return c.n;
}

#ifdef FAMILY
static int install(struct err *e)
{
	struct sock_filter code[SECCOMP_FILTER_MAX];
	struct sock_fprog prog = {
		.len = (unsigned short)seccomp_filter(FAMILY, code),
		.filter = code,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return err_sys(e, "can't give up new privileges");
	if (!syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		     SECCOMP_FILTER_FLAG_SPEC_ALLOW, &prog))
		return 0;
	if (errno == ENOSYS || errno == EINVAL)
		return err_set(e, ERR_UNSUPPORTED,
			       "can't emulate root (--seccomp): this kernel "
			       "takes no filter of system calls "
			       "(CONFIG_SECCOMP_FILTER)");
	return err_sys(e, "can't install the filter of --seccomp");
}

int seccomp_install(struct err *e)
{
	if (install(e))
		return -1;
	/* No descriptor has this number, so it only works if it is faked. */
	if (!fchown(-1, 0, 0))
		return 0;
	return err_sys(e, "the filter of --seccomp has no effect: fchown");
}
#else
int seccomp_install(struct err *e)
{
	return err_set(e, ERR_UNSUPPORTED,
		       "can't emulate root (--seccomp): the numbers of this "
		       "architecture's system calls are not known");
}
#endif
