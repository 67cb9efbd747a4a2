/* blobserver.h - a registry with a few blobs in a child process: it counts what
 * is asked for, by kind of range, and does something wrong when told to.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TEST_BLOBSERVER_H
#define TEST_BLOBSERVER_H

#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "format/digest.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define BLOBS_MAX 4
#define RULES_MAX 3

/* What a request for a blob asks for; others are OTHER. */
enum kind { ANY, OTHER, WHOLE, OPEN_END, BOUNDED, KINDS };

enum act {
	ACT_NONE,
	ACT_WHOLE, /* 200 and the whole blob, whatever was asked for */
	ACT_SHIFT, /* a Content-Range beside the one that was asked for */
	ACT_TOTAL, /* another total */
	ACT_416,
	ACT_404,
	ACT_503,
	ACT_ETAG,  /* another ETag */
	ACT_CUT,   /* close after half of the body */
	ACT_HOLD,  /* after HOLD_BYTES wait for the first BOUNDED request */
	ACT_SPOIL, /* one byte is wrong */
};

#define HOLD_BYTES (64u << 10)

struct rule {
	enum kind kind;
	int nth;          /* the nth such request, 0: all */
	const char *repo; /* of this repository, NULL: all */
	enum act act;
};

struct asked {
	atomic_int n[KINDS];
	atomic_llong first[KINDS]; /* where the first such began, + 1 */
};

struct server {
	struct str blobs[BLOBS_MAX];
	struct digest digests[BLOBS_MAX];
	struct rule rules[RULES_MAX];
	struct asked *asked; /* shared with the child */
	int fd;
	int port;
	pid_t pid;
};

static void server_send(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent <= 0)
			_exit(0);
		p += sent;
		n -= (size_t)sent;
	}
}

static enum act server_rule(const struct server *s, enum kind kind, int nth,
			    const char *path)
{
	for (size_t i = 0; i < RULES_MAX; i++) {
		const struct rule *r = &s->rules[i];

		if (r->act && (!r->kind || r->kind == kind) &&
		    (!r->nth || r->nth == nth) &&
		    (!r->repo || strstr(path, r->repo)))
			return r->act;
	}
	return ACT_NONE;
}

static const struct str *server_blob(const struct server *s, const char *head)
{
	for (size_t i = 0; i < BLOBS_MAX; i++)
		if (s->blobs[i].p && strstr(head, s->digests[i].text))
			return &s->blobs[i];
	return NULL;
}

static void server_refuse(int fd, int status)
{
	autostr char *text = str_fmt("HTTP/1.1 %d No\r\n"
				     "Content-Length: 3\r\n\r\nno\n",
				     status);

	server_send(fd, text, strlen(text));
}

static void server_body(const struct server *s, int fd, const char *p, size_t n,
			enum act act)
{
	autostr char *wrong = NULL;

	if (act == ACT_CUT) {
		server_send(fd, p, n / 2);
		_exit(0);
	}
	if (act == ACT_SPOIL) {
		p = wrong = xmemdup(p, n);
		wrong[n / 2] ^= 1;
	}
	if (act == ACT_HOLD) {
		server_send(fd, p, HOLD_BYTES);
		p += HOLD_BYTES;
		n -= HOLD_BYTES;
		while (!s->asked->n[BOUNDED])
			usleep(1000);
	}
	server_send(fd, p, n);
}

static void server_answer(const struct server *s, int fd, const char *head)
{
	const struct str *b = server_blob(s, head);
	const char *range = strstr(head, "Range: bytes=");
	unsigned long long from = 0, to = 0;
	enum kind kind = !b ? OTHER : WHOLE;
	AUTO(str) struct str answer = { 0 };
	enum act act;

	if (b && range) {
		int n = sscanf(range, "Range: bytes=%llu-%llu", &from, &to);

		kind = n == 2 ? BOUNDED : OPEN_END;
	}
	if (b && (!to || to >= b->len))
		to = b->len - 1;
	long long none = 0;
	atomic_compare_exchange_strong(&s->asked->first[kind], &none,
				       (long long)from + 1);
	act = server_rule(s, kind, ++s->asked->n[kind], head);
	if (act == ACT_503 || act == ACT_404 || act == ACT_416) {
		server_refuse(fd, act == ACT_503   ? 503
				  : act == ACT_404 ? 404
						   : 416);
		return;
	}
	if (!b) {
		str_add(&answer,
			"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
		server_send(fd, answer.p, answer.len);
		return;
	}
	if (kind == WHOLE || act == ACT_WHOLE) {
		from = 0;
		to = b->len - 1;
		str_add(&answer, "HTTP/1.1 200 OK\r\n");
	} else {
		int shift = act == ACT_SHIFT;

		str_addf(&answer,
			 "HTTP/1.1 206 Part\r\n"
			 "Content-Range: bytes %llu-%llu/%llu\r\n",
			 from + shift, to + shift,
			 (unsigned long long)b->len + (act == ACT_TOTAL));
	}
	str_addf(&answer, "ETag: \"%d\"\r\nContent-Length: %llu\r\n\r\n",
		 act == ACT_ETAG, to - from + 1);
	server_send(fd, answer.p, answer.len);
	server_body(s, fd, b->p + from, to - from + 1, act);
}

static NORETURN void server_talk(const struct server *s, int fd)
{
	char head[4096];
	size_t n = 0;

	for (;;) {
		ssize_t got = recv(fd, head + n, sizeof(head) - 1 - n, 0);

		if (got <= 0)
			_exit(0);
		n += (size_t)got;
		head[n] = '\0';
		if (strstr(head, "\r\n\r\n")) { /* they come one by one */
			server_answer(s, fd, head);
			n = 0;
		}
	}
}

static NORETURN void server_run(const struct server *s)
{
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int fd = accept(s->fd, NULL, NULL);

		if (fd < 0)
			_exit(1);
		if (!fork())
			server_talk(s, fd);
		close(fd);
	}
}

/* Fill blob I with N bytes and know its digest. */
static void server_add(struct server *s, size_t i, size_t n)
{
	char hex[HASH_HEX_MAX];

	for (size_t k = 0; k < n; k++)
		str_addc(&s->blobs[i],
			 (char)((k * 2654435761u + i * 77) >> 11));
	hash_buffer(HASH_SHA256, s->blobs[i].p, n, hex);
	digest_set(&s->digests[i], HASH_SHA256, hex);
}

static void server_start(struct server *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);

	s->asked = mmap(NULL, sizeof(*s->asked), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->asked == MAP_FAILED || bind(s->fd, (void *)&a, n) ||
	    listen(s->fd, 64) || getsockname(s->fd, (void *)&a, &n))
		abort();
	s->port = ntohs(a.sin_port);
	s->pid = fork();
	if (s->pid < 0)
		abort();
	setpgid(s->pid, 0); /* in both: whoever comes first */
	if (s->pid == 0)
		server_run(s);
}

static void server_stop(struct server *s)
{
	kill(-s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	close(s->fd);
	munmap(s->asked, sizeof(*s->asked));
	for (size_t i = 0; i < BLOBS_MAX; i++)
		str_clear(&s->blobs[i]);
}

#endif
