/* t_client.c - tests of registry/client.c against a server of a few lines: the
 * digest of a tag, and going from one endpoint to the next.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/intr.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "registry/client.h"

#include "tap.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define RULES_MAX 4
#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define HEX512                                                             \
	"cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce" \
	"47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
#define END "Connection: close\r\n\r\n"
#define TOLD(digest)                               \
	"200 OK\r\nDocker-Content-Digest: " digest \
	"\r\nContent-Length: 9\r\n" END
#define BODY "200 OK\r\nContent-Length: 2\r\n" END "{}"
#define SUM \
	"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define NO(status) status " No\r\nContent-Length: 0\r\n" END

struct rule {
	const char *request; /* text in its head; NULL: the end */
	const char *answer;  /* without what every answer has */
};

struct server {
	pid_t pid;
	int port;
	int log; /* the requests' first lines */
};

/* TEXT with the server's port for the word PORT. Caller frees. */
static char *with_port(const char *text, int port)
{
	const char *at = strstr(text, "PORT");

	return at ? str_fmt("%.*s%d%s", (int)(at - text), text, port, at + 4)
		  : xstrdup(text);
}

/* Answer one connection; each request is logged before it is answered, so that
 * who has the answer finds it in the log. */
static void serve_one(int fd, const struct rule *rules, int port, int log)
{
	autostr char *answer = NULL;
	char head[4096] = "";
	size_t n = 0;
	ssize_t k;

	while (!strstr(head, "\r\n\r\n") && n < sizeof(head) - 1 &&
	       (k = read(fd, head + n, sizeof(head) - 1 - n)) > 0)
		n += (size_t)k;
	if (!n)
		return;
	if (dprintf(log, "%.*s\n", (int)(strcspn(head, "\r") - 9), head) < 0)
		return;
	while (rules->request && !strstr(head, rules->request))
		rules++;
	answer = with_port(rules->request ? rules->answer : NO("404"), port);
	dprintf(fd, "HTTP/1.1 %s", answer);
}

static void serve(struct server *s, const struct rule *rules)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int log[2];

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) || listen(fd, 16) ||
	    getsockname(fd, (struct sockaddr *)&a, &len) ||
	    pipe2(log, O_CLOEXEC))
		abort();
	s->port = ntohs(a.sin_port);
	s->log = log[0];
	s->pid = fork();
	if (s->pid) {
		close(fd);
		close(log[1]);
		return;
	}
	signal(SIGTERM, SIG_DFL);
	for (;;) {
		int c = accept(fd, NULL, NULL);

		serve_one(c, rules, s->port, log[1]);
		close(c);
	}
}

/* Stop it; what it was asked, on one line. */
static char *stop(struct server *s)
{
	AUTO(str) struct str text = { 0 };
	struct err e = { 0 };

	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
	if (io_read_all(s->log, 65536, "log", &text, &e))
		abort();
	close(s->log);
	for (char *c = text.p; c && *c; c++)
		if (*c == '\n')
			*c = c[1] ? ' ' : '\0';
	return str_take(&text);
}

// clang-format off
static const struct {
	const char *what, *want;
	struct rule rules[RULES_MAX];
	const char *digest, *error; /* the result, or a part of the message */
	const char *log;
} cases[] = {
	{ "HEAD tells it", "1",
	  { { "HEAD ", TOLD("sha256:" HEX) } },
	  "sha256:" HEX, NULL, "HEAD /v2/x/manifests/1" },
	{ "HEAD tells sha512", "1",
	  { { "HEAD ", TOLD("sha512:" HEX512) } },
	  "sha512:" HEX512, NULL, "HEAD /v2/x/manifests/1" },
	{ "HEAD tells none", "1",
	  { { "HEAD ", "200 OK\r\n" END }, { "GET ", BODY } },
	  SUM, NULL, "HEAD /v2/x/manifests/1 GET /v2/x/manifests/1" },
	{ "HEAD tells nonsense", "1",
	  { { "HEAD ", TOLD("sha256:xyz") }, { "GET ", BODY } },
	  SUM, NULL, "HEAD /v2/x/manifests/1 GET /v2/x/manifests/1" },
	{ "HEAD is not allowed", "1",
	  { { "HEAD ", NO("405") }, { "GET ", BODY } },
	  SUM, NULL, "HEAD /v2/x/manifests/1 GET /v2/x/manifests/1" },
	{ "HEAD is forbidden", "1",
	  { { "HEAD ", NO("403") }, { "GET ", BODY } },
	  SUM, NULL, "HEAD /v2/x/manifests/1 GET /v2/x/manifests/1" },
	{ "HEAD makes no sense", "1",
	  { { "HEAD ", NO("400") }, { "GET ", BODY } },
	  SUM, NULL, "HEAD /v2/x/manifests/1 GET /v2/x/manifests/1" },
	{ "HEAD says yes, GET no", "1",
	  { { "HEAD ", "200 OK\r\n" END }, { "GET ", NO("404") } },
	  NULL, "not found at '127.0.0.1:",
	  "HEAD /v2/x/manifests/1 GET /v2/x/manifests/1" },
	{ "neither", "1", { { NULL, NULL } },
	  NULL, "not found at '127.0.0.1:",
	  "HEAD /v2/x/manifests/1 GET /v2/x/manifests/1" },
	{ "too many requests are not made more", "1",
	  { { "HEAD ", "429 No\r\nRetry-After: 86400\r\n" END } },
	  NULL, "HTTP 429", "HEAD /v2/x/manifests/1" },
	{ "a digest that exists", "sha256:" HEX,
	  { { "HEAD ", TOLD("sha256:" HEX) } },
	  "sha256:" HEX, NULL, "HEAD /v2/x/manifests/sha256:" HEX },
	{ "a digest that is another's", "sha256:" HEX,
	  { { "HEAD ", TOLD(SUM) } },
	  NULL, "expected sha256:" HEX ", got " SUM,
	  "HEAD /v2/x/manifests/sha256:" HEX },
	{ "after a login", "1",
	  { { "Authorization: Bearer t0k", TOLD("sha256:" HEX) },
	    { "/token", "200 OK\r\nContent-Length: 15\r\n" END
	      "{\"token\":\"t0k\"}" },
	    { "HEAD ", "401 No\r\nWWW-Authenticate: Bearer "
	      "realm=\"http://127.0.0.1:PORT/token\"\r\n" END } },
	  "sha256:" HEX, NULL,
	  "HEAD /v2/x/manifests/1 "
	  "GET /token?scope=repository%3Ax%3Apull "
	  "HEAD /v2/x/manifests/1" },
	{ "a mirror has it not", "1",
	  { { "HEAD /v2/x/", TOLD("sha256:" HEX) } },
	  "sha256:" HEX, NULL,
	  "HEAD /v2/m/x/manifests/1 GET /v2/m/x/manifests/1 "
	  "HEAD /v2/x/manifests/1" },
	{ "a mirror has it", "1",
	  { { "HEAD /v2/m/x/", TOLD("sha256:" HEX) } },
	  "sha256:" HEX, NULL, "HEAD /v2/m/x/manifests/1" },
};
// clang-format on

/* A client for x:1 there, with the mirror m/x if MIRROR. */
static struct client *open_client(const struct server *s, bool mirror,
				  struct client_opts *o, struct err *e)
{
	AUTO(ref) struct ref ref = { 0 };
	autostr char *text = str_fmt("127.0.0.1:%d/x:1", s->port);
	char path[] = "/tmp/t_client.XXXXXX";
	int fd = mkstemp(path);
	struct client *c;

	if (dprintf(fd,
		    "[[registry]]\nlocation = '127.0.0.1:%d'\n%s"
		    "location = '127.0.0.1:%d/m'\n",
		    s->port, mirror ? "[[registry.mirror]]\n" : "[nothing]\n",
		    s->port) < 0 ||
	    ref_parse(text, &ref, e))
		abort();
	*o = (struct client_opts){ .http = HTTP_OPTS_DEFAULT,
				   .auth = { .file = "/dev/null" },
				   .site = { .conf = path } };
	c = client_open(&ref, o, e);
	unlink(path);
	close(fd);
	return c;
}

static void test_digest(size_t i)
{
	struct client_opts o;
	struct digest got = { 0 };
	struct err e = { 0 };
	struct server s;
	autostr char *log = NULL;
	int rc;

	serve(&s, cases[i].rules);
	AUTO(client)
	struct client *c =
		open_client(&s, strstr(cases[i].what, "mirror"), &o, &e);
	rc = c ? client_digest(c, cases[i].want, &got, &e) : -1;
	log = stop(&s);
	ok(rc == (cases[i].digest ? 0 : -1), "%s", cases[i].what);
	if (cases[i].digest)
		is(rc ? e.msg : got.text, cases[i].digest, "the digest");
	else
		ok(strstr(e.msg, cases[i].error), "the error: %s", e.msg);
	is(log, cases[i].log, "the requests");
}

static void test_fallback(void)
{
	static const struct rule rules[] = {
		{ "GET /v2/m/x/manifests/", BODY },
		{ NULL, NULL },
	};
	struct err gone = { .kind = ERR_NOTFOUND, .msg = "not found" };
	struct err disk = { .kind = ERR_SYS, .msg = "disk full" };
	AUTO(str) struct str body = { 0 };
	struct client_opts o;
	struct digest d = { 0 };
	struct err e = { 0 };
	struct server s;
	struct auth *before;

	serve(&s, rules);
	AUTO(client) struct client *c = open_client(&s, true, &o, &e);

	ok(c && !client_manifest(c, "1", &body, &d, &e), "from the mirror");
	autostr char *log = stop(&s);

	is(log, "GET /v2/m/x/manifests/1", "which alone is asked");
	is(str_text(&body), "{}", "its body");
	is(d.text, SUM, "its digest");
	autostr char *mirror = client_blob_url(c, &d);
	autostr char *want =
		str_fmt("http://127.0.0.1:%d/v2/m/x/blobs/" SUM, s.port);

	is(mirror, want, "its blobs");
	before = client_auth(c);
	ok(!client_fallback(c, &disk), "a full disk is nobody's fault");
	ok(client_fallback(c, &gone), "there is another endpoint");
	autostr char *original = client_blob_url(c, &d);
	autostr char *want2 =
		str_fmt("http://127.0.0.1:%d/v2/x/blobs/" SUM, s.port);

	is(original, want2, "with other URLs");
	ok(client_auth(c) != before, "and a login of its own");
	ok(!client_fallback(c, &gone), "after which there is none");
}

int main(void)
{
	log_init("t_client", LOG_QUIET);
	intr_init();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		test_digest(i);
	test_fallback();
	return tap_done();
}
