/* holder.c - which process holds a lease, and whether it lives.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/holder.h"

#include "base/str.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define STAT_STATE 3  /* fields of /proc/PID/stat, proc(5) */
#define STAT_START 22 /* counted from 1 */

static size_t read_text(const char *path, char *to, size_t size)
{
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, to, size - 1);

	to[n < 0 ? 0 : n] = '\0';
	return n < 0 ? 0 : (size_t)n;
}

/* State and start of the process PID; false if /proc does not tell. The name,
 * in parentheses, may hold anything, so fields are counted from its end. */
static bool read_stat(long pid, char *state, uint64_t *start)
{
	autostr char *path = str_fmt("/proc/%ld/stat", pid);
	char text[1024];
	const char *p;

	if (!read_text(path, text, sizeof(text)))
		return false;
	p = strrchr(text, ')');
	for (int field = STAT_STATE; p && field <= STAT_START; field++) {
		p = strchr(p + 1, ' ');
		if (p && field == STAT_STATE)
			*state = p[1];
	}
	if (!p)
		return false;
	*start = strtoull(p, NULL, 10);
	return true;
}

static void new_id(char id[32])
{
	uint64_t number = 0;

	/* Up to 256 bytes come in one piece, unless a signal comes first. */
	while (getrandom(&number, sizeof(number), 0) < 0 && errno == EINTR)
		continue;
	snprintf(id, 32, "%016" PRIx64, number);
}

/* ESC and newlines are possible in host names, too. */
static void put(char *to, size_t size, const char *text)
{
	str_escape_to(to, size, text);
}

void holder_self(struct holder *h)
{
	char text[256] = "";
	ssize_t n;
	char state;

	*h = (struct holder){ .pid = getpid() };
	new_id(h->id);
	if (gethostname(text, sizeof(text) - 1))
		*text = '\0';
	put(h->host, sizeof(h->host), text);
	read_text("/proc/sys/kernel/random/boot_id", text, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	put(h->boot, sizeof(h->boot), text);
	n = readlink("/proc/self/ns/pid", text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	put(h->pid_ns, sizeof(h->pid_ns), text);
	put(h->tool, sizeof(h->tool), program_invocation_short_name);
	if (!read_stat(h->pid, &state, &h->start))
		h->start = 0;
}

static bool is_same_host(const struct holder *a, const struct holder *b)
{
	return *a->boot && *a->pid_ns && a->start && b->start &&
	       !strcmp(a->host, b->host) && !strcmp(a->boot, b->boot) &&
	       !strcmp(a->pid_ns, b->pid_ns);
}

/* With hidepid (proc(5)) others' processes are not in /proc, but kill(2) still
 * tells whether there is one of that number. */
enum holder_state holder_state(const struct holder *h,
			       const struct holder *self)
{
	uint64_t start;
	char state;

	if (h->pid <= 0 || !is_same_host(h, self))
		return HOLDER_UNKNOWN;
	if (kill((pid_t)h->pid, 0) && errno == ESRCH)
		return HOLDER_GONE;
	if (!read_stat(h->pid, &state, &start))
		return HOLDER_UNKNOWN;
	if (start != h->start || state == 'Z' || state == 'X')
		return HOLDER_GONE;
	return HOLDER_LIVES;
}

void holder_text(const struct holder *h, const struct holder *self, char *text,
		 size_t size)
{
	if (h->pid <= 0)
		snprintf(text, size, "another process");
	else if (strcmp(h->host, self->host) != 0)
		snprintf(text, size, "%s %ld on %s", h->tool, h->pid, h->host);
	else
		snprintf(text, size, "%s %ld", h->tool, h->pid);
}

void holder_write(const struct holder *h, char record[HOLDER_RECORD_BYTES])
{
	char text[HOLDER_RECORD_BYTES + 1];
	int n = snprintf(text, sizeof(text),
			 "id %s\nhost %s\nboot %s\npid-ns %s\ntool %s\n"
			 "pid %ld\nstart %" PRIu64 "\nbeat %020" PRIu64
			 "\ndone %020" PRIu64 "\ntotal %020" PRIu64 "\n",
			 h->id, h->host, h->boot, h->pid_ns, h->tool, h->pid,
			 h->start, h->beat, h->done, h->total);

	memset(record, '\n', HOLDER_RECORD_BYTES);
	if (n > HOLDER_RECORD_BYTES)
		n = HOLDER_RECORD_BYTES;
	memcpy(record, text, (size_t)n);
}

/* The value of the line "KEY VALUE" in TEXT, cut and made harmless. */
static void get(const char *text, const char *key, char *to, size_t size)
{
	size_t n = strlen(key);
	autostr char *value = NULL;

	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		if (strncmp(text, key, n) != 0 || text[n] != ' ')
			continue;
		value = str_fmt("%.*s", (int)strcspn(text + n + 1, "\n"),
				text + n + 1);
		str_escape_to(to, size, value);
		return;
	}
}

static uint64_t get_number(const char *text, const char *key)
{
	char value[32] = "";

	get(text, key, value, sizeof(value));
	return strtoull(value, NULL, 10);
}

/* The id becomes a part of file names. */
static bool is_id(const char *id)
{
	return strlen(id) == 16 && strspn(id, "0123456789abcdef") == 16;
}

void holder_read(const char *record, size_t n, struct holder *h)
{
	autostr char *text = str_fmt("%.*s", (int)n, record);

	*h = (struct holder){ 0 };
	get(text, "id", h->id, sizeof(h->id));
	if (!is_id(h->id)) {
		*h->id = '\0';
		return;
	}
	get(text, "host", h->host, sizeof(h->host));
	get(text, "boot", h->boot, sizeof(h->boot));
	get(text, "pid-ns", h->pid_ns, sizeof(h->pid_ns));
	get(text, "tool", h->tool, sizeof(h->tool));
	h->pid = (long)(get_number(text, "pid") & 0x7fffffff);
	h->start = get_number(text, "start");
	h->beat = get_number(text, "beat");
	h->done = get_number(text, "done");
	h->total = get_number(text, "total");
}
