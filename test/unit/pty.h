/* pty.h - standard error as a terminal of a size of our choice.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_PTY_H
#define TEST_PTY_H

#include "base/str.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

struct pty {
	int master, slave, saved;
};

/* False where there are no pseudo-terminals. Raw, so that what is read is what
 * was written. */
static bool pty_open(struct pty *t)
{
	struct termios raw;

	t->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (t->master < 0 || grantpt(t->master) || unlockpt(t->master))
		return false;
	t->slave = open(ptsname(t->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->slave < 0 || tcgetattr(t->slave, &raw))
		return false;
	cfmakeraw(&raw);
	if (tcsetattr(t->slave, TCSANOW, &raw))
		return false;
	t->saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	return dup2(t->slave, STDERR_FILENO) == STDERR_FILENO;
}

static void pty_close(const struct pty *t)
{
	dup2(t->saved, STDERR_FILENO);
	close(t->saved);
	close(t->slave);
	close(t->master);
}

static bool pty_resize(const struct pty *t, size_t columns, size_t rows)
{
	struct winsize w = {
		.ws_col = (unsigned short)columns,
		.ws_row = (unsigned short)rows,
	};

	return !ioctl(t->slave, TIOCSWINSZ, &w);
}

/* What has been written since; caller frees. */
static char *pty_read(const struct pty *t)
{
	struct str out = { 0 };
	char buffer[4096];
	ssize_t n;

	while ((n = read(t->master, buffer, sizeof buffer)) > 0)
		str_addn(&out, buffer, (size_t)n);
	return str_take(&out);
}

#endif
