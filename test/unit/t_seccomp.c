/* t_seccomp.c - root emulation: the filter of each architecture, run by an
 * interpreter of our own, and that of this machine, run by the kernel.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "run/seccomp.h"

#include "tap.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define NUMBERS 700 /* more than any architecture has */
#define FAKED (SECCOMP_RET_ERRNO | 0)

// clang-format off
static const mode_t devices[] = { S_IFCHR | 0600, S_IFBLK },
	others[] = { 0, 0644, S_IFREG, S_IFIFO | 0600, S_IFSOCK, S_IFDIR };
// clang-format on

/* The kernel's machine (Documentation/networking/filter.rst) as far as our
 * filters use it; what they must not use ends the test. */
static uint32_t run_filter(const struct sock_filter *v, size_t n,
			   const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t i = 0; i < n; i++) {
		const struct sock_filter *f = &v[i];

		if (f->code == (BPF_LD | BPF_W | BPF_ABS) && f->k % 4 == 0 &&
		    f->k + 4 <= sizeof *data)
			memcpy(&a, (const char *)data + f->k, 4);
		else if (f->code == (BPF_ALU | BPF_AND | BPF_K))
			a &= f->k;
		else if (f->code == (BPF_JMP | BPF_JEQ | BPF_K))
			i += a == f->k ? f->jt : f->jf;
		else if (f->code == (BPF_RET | BPF_K))
			return f->k;
		else
			printf("Bail out! instruction %zu\n", i), exit(1);
	}
	printf("Bail out! the filter has no end\n"), exit(1);
}

struct filter {
	struct sock_filter v[SECCOMP_FILTER_MAX];
	size_t n;
};

static uint32_t answer(const struct filter *f, uint32_t arch, uint32_t nr,
		       int mode_at, mode_t mode)
{
	struct seccomp_data d = { .nr = (int)nr, .arch = arch };

	for (int i = 0; i < 6; i++)
		d.args[i] = (uint64_t)-1 << 32; /* must not be looked at */
	d.args[mode_at] |= mode;
	return run_filter(f->v, f->n, &d);
}

static const struct seccomp_call *find_call(size_t abi, int nr)
{
	for (size_t i = 0; i < SECCOMP_N_CALLS; i++)
		if (seccomp_calls[i].number[abi] == nr)
			return &seccomp_calls[i];
	return NULL;
}

/* Is the call NR (without the base) of ABI treated as the table says? */
static bool as_the_table_says(const struct filter *f, size_t abi, int nr)
{
	const struct seccomp_call *call = find_call(abi, nr);
	uint32_t arch = seccomp_abis[abi].arch;
	uint32_t full = seccomp_abis[abi].base + (uint32_t)nr;
	int at = call ? call->mode : 0;
	uint32_t want = call ? FAKED : SECCOMP_RET_ALLOW;
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		good &= answer(f, arch, full, at, devices[i]) == want;
	if (at)
		want = SECCOMP_RET_ALLOW;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		good &= answer(f, arch, full, at, others[i]) == want;
	return good;
}

static void test_abi(size_t abi)
{
	struct filter f;
	int bad = -1, n_faked = 0;

	f.n = seccomp_filter(seccomp_abis[abi].family, f.v);
	for (int nr = 0; nr < NUMBERS; nr++) {
		n_faked += find_call(abi, nr) != NULL;
		if (bad < 0 && !as_the_table_says(&f, abi, nr))
			bad = nr;
	}
	is_num(bad, -1, seccomp_abis[abi].name);
	/* As many as an architecture without the old calls has, or more. */
	ok(n_faked >= 14, "%s: %d calls", seccomp_abis[abi].name, n_faked);
	ok(answer(&f, seccomp_abis[abi].arch ^ 0x1000,
		  seccomp_abis[abi].base +
			  (uint32_t)seccomp_calls[0].number[abi],
		  0, 0) == SECCOMP_RET_ALLOW,
	   "%s: another architecture is let through", seccomp_abis[abi].name);
}

static int16_t number_of(size_t abi, const char *name)
{
	for (size_t i = 0; i < SECCOMP_N_CALLS; i++)
		if (!strcmp(seccomp_calls[i].name, name))
			return seccomp_calls[i].number[abi];
	return -1;
}

/* The numbers are those of libseccomp, where that is installed and knows. */
static void test_library(void)
{
	void *lib = dlopen("libseccomp.so.2", RTLD_NOW);
	int (*resolve)(uint32_t, const char *) = NULL;

	if (lib)
		*(void **)&resolve =
			dlsym(lib, "seccomp_syscall_resolve_name_arch");
	for (size_t i = 0; i < SECCOMP_N_ABIS; i++) {
		const struct seccomp_abi *abi = &seccomp_abis[i];
		/* libseccomp's token of x32: EM_X86_64, little-endian */
		uint32_t token =
			abi->base == 0x40000000 ? 0x4000003e : abi->arch;
		const char *bad = NULL;

		if (!resolve || resolve(token, "fchownat") < 0) {
			tap_skip(abi->name, lib ? "not known to libseccomp"
						: "no libseccomp");
			continue;
		}
		for (size_t k = 0; k < SECCOMP_N_CALLS; k++) {
			int ours = seccomp_calls[k].number[i];
			int theirs = resolve(token, seccomp_calls[k].name);

			if (ours >= 0 ? theirs != ours + (int)abi->base
				      : theirs >= 0)
				bad = seccomp_calls[k].name;
		}
		is(bad, NULL, abi->name);
	}
	if (lib)
		dlclose(lib);
}

/* --- by the kernel */

/* One bit for each thing that is not as it should be. */
static int try_native(const char *dir)
{
	autostr char *fifo = str_fmt("%s/fifo", dir);
	autostr char *device = str_fmt("%s/null", dir);
	gid_t groups[] = { 0, 1 };
	struct err e = { 0 };
	struct stat st;
	uid_t uid = getuid();
	int bad = 0;

	if (seccomp_install(&e)) {
		printf("# %s\n", e.msg);
		return 255;
	}
	bad |= !!chown("/nonexistent", 0, 0) << 0;
	bad |= !!fchownat(AT_FDCWD, "/nonexistent", 7, 7, 0) << 1;
	bad |= !!mknod(device, S_IFCHR | 0600, makedev(1, 3)) << 2;
	bad |= !lstat(device, &st) << 3;
	bad |= !!mkfifo(fifo, 0600) << 4;
	bad |= (lstat(fifo, &st) || !S_ISFIFO(st.st_mode)) << 5;
	bad |= (setuid(4242) || getuid() != uid) << 6;
	bad |= (setgroups(2, groups) || setresgid(7, 7, 7)) << 7;
	return bad;
}

/* The result of FUNCTION(ARG) in a child, or -1 if it died. */
static int in_child(int (*function)(const char *), const char *arg)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(function(arg));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static int check_inherited(const char *unused)
{
	struct err e = { 0 };

	(void)unused;
	if (seccomp_install(&e))
		return 99;
	execl("/bin/sh", "sh", "-c", "exec chown 7:7 /", (char *)NULL);
	return 98;
}

#ifdef __x86_64__
/* chown32 of the 32-bit calls: from a 64-bit program as well. */
static int try_i386(const char *unused)
{
	struct err e = { 0 };
	long result = 212;

	(void)unused;
	signal(SIGSEGV, SIG_DFL); /* a sanitizer would make a status of it */
	if (seccomp_install(&e))
		return 99;
	/* a bad address: EFAULT if really called */
	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"(1L), "c"(0L), "d"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	return result != 0;
}

static int try_x32(const char *unused)
{
	struct err e = { 0 };

	(void)unused;
	if (seccomp_install(&e))
		return 99;
	return syscall(0x40000000 | SYS_chown, NULL, 0, 0) != 0;
}

static void test_foreign(void)
{
	int result = in_child(try_i386, NULL);

	/* SIGSEGV: the kernel has no 32-bit calls */
	if (result < 0)
		tap_skip("i386 under x86_64", "not with this kernel");
	else
		is_num(result, 0, "i386 under x86_64");
	is_num(in_child(try_x32, NULL), 0, "X40: x32 under x86_64");
	is_num(number_of(0, "chown"), SYS_chown, "the table is in order");
}
#else
static void test_foreign(void)
{
}
#endif

static void test_kernel(void)
{
	char dir[] = "/tmp/t_seccomp.XXXXXX";
	autostr char *fifo = NULL;

	if (!mkdtemp(dir)) {
		ok(false, "a directory");
		return;
	}
	fifo = str_fmt("%s/fifo", dir);
	is_num(in_child(try_native, dir), 0, "this machine");
	is_num(in_child(check_inherited, NULL), 0, "inherited by exec");
	test_foreign();
	unlink(fifo);
	rmdir(dir);
}

int main(void)
{
	for (size_t i = 0; i < SECCOMP_N_ABIS; i++)
		test_abi(i);
	test_library();
	test_kernel();
	return tap_done();
}
