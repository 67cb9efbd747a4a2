/* whynot.c - why a program could not be executed, in words.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/whynot.h"

#include "base/mem.h"
#include "run/mountname.h"

#include <elf.h>
#include <endian.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

/* Enough for the headers of what linkers make, and for a script's first line
 * (256 bytes, linux/binfmts.h). */
#define HEAD_BYTES 4096

/* An ELF file's fields in this machine's byte order; false if HEAD is none. */
struct elf {
	bool is_64;
	bool swap;
	uint16_t machine;
	uint64_t headers; /* offset of the program headers */
	uint16_t n_headers, header_size;
};

// clang-format off
static const struct {
	uint16_t machine;
	const char *name;  /* as uname -m has it */
	const char *image; /* as images have it: GOARCH */
} machines[] = {
	{ EM_X86_64, "x86_64", "amd64" }, { EM_386, "i686", "386" },
	{ EM_AARCH64, "aarch64", "arm64" }, { EM_ARM, "arm", "arm" },
	{ EM_PPC64, "ppc64le", "ppc64le" }, { EM_S390, "s390x", "s390x" },
	{ EM_RISCV, "riscv64", "riscv64" },
	{ 258 /* EM_LOONGARCH */, "loongarch64", "loong64" },
};
// clang-format on

/* The number of N bytes at offset AT, which the caller has checked. */
static uint64_t get(const struct elf *elf, const unsigned char *head, size_t at,
		    size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = elf->swap == (BYTE_ORDER == LITTLE_ENDIAN)
				   ? i
				   : n - 1 - i;

		v = v << 8 | head[at + k];
	}
	return v;
}

static bool read_elf(const unsigned char *head, size_t n, struct elf *elf)
{
	int data = BYTE_ORDER == LITTLE_ENDIAN ? ELFDATA2LSB : ELFDATA2MSB;

	if (n < sizeof(Elf64_Ehdr) || memcmp(head, ELFMAG, SELFMAG))
		return false;
	elf->is_64 = head[EI_CLASS] == ELFCLASS64;
	elf->swap = head[EI_DATA] != data;
	elf->machine = (uint16_t)get(elf, head, 18, 2);
	elf->headers =
		elf->is_64 ? get(elf, head, 32, 8) : get(elf, head, 28, 4);
	elf->header_size = (uint16_t)get(elf, head, elf->is_64 ? 54 : 42, 2);
	elf->n_headers = (uint16_t)get(elf, head, elf->is_64 ? 56 : 44, 2);
	return true;
}

/* The text of the segment PT_INTERP, if HEAD reaches that far. */
static char *elf_interpreter(const struct elf *elf, const unsigned char *head,
			     size_t n)
{
	size_t need = elf->is_64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);

	if (elf->header_size < need || elf->headers > n)
		return NULL;
	for (size_t i = 0; i < elf->n_headers; i++) {
		size_t at = elf->headers + i * elf->header_size;
		uint64_t offset, size;

		if (at + need > n)
			return NULL;
		if (get(elf, head, at, 4) != PT_INTERP)
			continue;
		offset = elf->is_64 ? get(elf, head, at + 8, 8)
				    : get(elf, head, at + 4, 4);
		size = elf->is_64 ? get(elf, head, at + 32, 8)
				  : get(elf, head, at + 16, 4);
		if (offset > n || size > n - offset)
			return NULL;
		return xstrndup((const char *)head + offset, size);
	}
	return NULL;
}

static char *script_interpreter(const unsigned char *head, size_t n)
{
	const char *s = (const char *)head + 2;
	size_t left = n - 2, skip = 0, len = 0;

	while (skip < left && (s[skip] == ' ' || s[skip] == '\t'))
		skip++;
	while (skip + len < left && s[skip + len] && s[skip + len] != ' ' &&
	       s[skip + len] != '\t' && s[skip + len] != '\n')
		len++;
	return len ? xstrndup(s + skip, len) : NULL;
}

char *whynot_interpreter(const unsigned char *head, size_t n)
{
	struct elf elf;

	if (n > 2 && !memcmp(head, "#!", 2))
		return script_interpreter(head, n);
	return read_elf(head, n, &elf) ? elf_interpreter(&elf, head, n) : NULL;
}

const char *whynot_machine(const unsigned char *head, size_t n)
{
	struct elf elf;

	if (!read_elf(head, n, &elf))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (machines[i].machine == elf.machine)
			return machines[i].name;
	return "another architecture";
}

/* The start of a regular file; 0 if it can't be had. */
static size_t read_head(const char *path, unsigned char head[HEAD_BYTES])
{
	autofd int fd =
		open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	n = pread(fd, head, HEAD_BYTES, 0);
	return n > 0 ? (size_t)n : 0;
}

static int why_missing(const char *name, const char *path, struct err *e)
{
	unsigned char head[HEAD_BYTES];
	size_t n = read_head(path, head);
	autostr char *interpreter = whynot_interpreter(head, n);
	size_t len = interpreter ? strlen(interpreter) : 0;

	if (!interpreter)
		return err_set(e, ERR_NOTFOUND,
			       "can't run '%s': no such file in the image",
			       name);
	err_set(e, ERR_NOTFOUND,
		"can't run '%s': its interpreter '%s' is not in the image",
		name, interpreter);
	if (interpreter[len - 1] == '\r')
		err_hint(e, "the script's lines end as on Windows");
	return -1;
}

static int why_noexec(const char *name, const char *path, const char *image,
		      struct err *e)
{
	autostr char *mount = mountname(path, image);

	if (!mount)
		return err_set(e, ERR_UNSUPPORTED,
			       "can't run '%s': the file system it is on is "
			       "mounted 'noexec'",
			       name);
	return err_set(e, ERR_UNSUPPORTED,
		       "can't run '%s': it is on '%s', which is mounted "
		       "'noexec'",
		       name, mount);
}

static int why_denied(const char *name, const char *path, const char *image,
		      struct err *e)
{
	struct statvfs fs;
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return err_set(e, ERR_UNSUPPORTED,
			       "can't run '%s': it is a directory", name);
	if (!statvfs(path, &fs) && (fs.f_flag & ST_NOEXEC))
		return why_noexec(name, path, image, e);
	return err_sysno(e, EACCES, "can't run '%s'", name);
}

/* The machine that the program at PATH is for, or if it is a script, its
 * interpreter; NULL if that can't be told. */
static const char *machine_of(const char *path)
{
	unsigned char head[HEAD_BYTES];
	size_t n = read_head(path, head);
	const char *machine = whynot_machine(head, n);
	autostr char *interpreter = NULL;

	if (machine)
		return machine;
	interpreter = whynot_interpreter(head, n);
	if (!interpreter)
		return NULL;
	n = read_head(interpreter, head);
	return whynot_machine(head, n);
}

/* MACHINE as images have it. */
static const char *image_name(const char *machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(machines); i++)
		if (!strcmp(machines[i].name, machine))
			return machines[i].image;
	return machine;
}

static int why_format(const char *name, const char *path, struct err *e)
{
	const char *machine = machine_of(path);
	const char *shell = machine_of("/bin/sh");
	struct utsname host;

	if (!machine)
		return err_set(e, ERR_FORMAT,
			       "can't run '%s': neither a program nor a script "
			       "that starts with '#!'",
			       name);
	if (uname(&host) || !strcmp(machine, host.machine))
		return err_set(e, ERR_FORMAT,
			       "can't run '%s': not a program that this kernel "
			       "knows",
			       name);
	/* One program may be foreign; with the shell, all are. */
	if (shell && !strcmp(machine, shell))
		return err_set(e, ERR_UNSUPPORTED,
			       "can't run '%s': the image is %s, this machine "
			       "is %s",
			       name, image_name(machine), host.machine);
	return err_set(e, ERR_UNSUPPORTED,
		       "can't run '%s': it is for %s, this machine is %s", name,
		       machine, host.machine);
}

int whynot(const char *name, const char *path, const char *image, int errnum,
	   int *status, struct err *e)
{
	*status = WHYNOT_CANT_RUN;
	switch (errnum) {
	case ENOENT:
		why_missing(name, path, e);
		*status = access(path, F_OK) ? WHYNOT_NOT_FOUND
						      : WHYNOT_CANT_RUN;
		return -1;
	case ENOTDIR:
		*status = WHYNOT_NOT_FOUND;
		break;
	case EACCES:
		return why_denied(name, path, image, e);
	case ENOEXEC:
		return why_format(name, path, e);
	default:
		break;
	}
	return err_sysno(e, errnum, "can't run '%s'", name);
}
