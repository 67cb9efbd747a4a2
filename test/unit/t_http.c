/* t_http.c - what is pure in registry/http.h: URLs, origins, redirects, header
 * fields, what is worth another try.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "registry/http.h"

#include "base/auto.h"
#include "tap.h"

#include <string.h>

// clang-format off
static const struct { const char *url, *host; } hosts[] = {
	{ "https://registry-1.docker.io/v2/", "registry-1.docker.io" },
	{ "http://127.0.0.1:5000/v2/x?y=1#z", "127.0.0.1:5000" },
	{ "http://[::1]:5000", "[::1]:5000" },
	{ "HTTPS://Host", "Host" },
	{ "https://h?x", "h" },
	{ "not a url", "not a url" },
};

static const char *const bad_urls[] = {
	"", "http://", "https:///x", "http://:80/", "file:///etc/passwd",
	"ftp://h/", "h/x", "//h/x", "https:h", "http://u@h/", "http://u:p@h/",
	"http://h:0/", "http://h:65536/", "http://h:99999999999/", "http://h:x/",
	"http://h:80x/", "http://h\\@x/", "http://h /", "http://h/a b",
	"http://h/\n", "http://h/\x7f", "http://h%2e/", "http://[::1/",
	"http://[]/", "http://[g]/", "http://[::1]x/", "http://h:",
};

static const char *const good_urls[] = {
	"http://h", "https://h/", "http://h:1", "http://h:65535/x",
	"http://a_b.c-d/", "http://[fe80::1]/", "https://h/?a=b&c=%20",
	"http://h/\xc3\xa9",
};

static const struct { const char *a, *b; bool same; } origins[] = {
	{ "https://h/a", "https://h/b?c", true },
	{ "https://h", "https://h:443/", true },
	{ "http://h:80/", "http://h", true },
	{ "https://H.example/", "https://h.EXAMPLE", true },
	{ "https://h", "http://h", false },
	{ "https://h", "http://h:443", false },
	{ "https://h", "https://h:5000", false },
	{ "https://h", "https://hh", false },
	{ "https://h", "https://h.evil/", false },
	{ "https://h", "https://h@evil/", false },
	{ "https://h", "https://u@h/", false },
	{ "junk", "junk", false },
};

static const struct { const char *url; bool loopback, local; } locals[] = {
	{ "http://localhost", true, true },
	{ "http://LOCALHOST:1", true, true },
	{ "http://127.0.0.1", true, true },
	{ "http://127.255.1.2:5000/x", true, true },
	{ "http://127.1/", true, true },
	{ "http://0x7f000001/", true, true },
	{ "http://2130706433/", true, true },
	{ "http://[::1]", true, true },
	{ "http://[::ffff:127.0.0.1]/", true, true },
	{ "http://0.0.0.0/", false, true },
	{ "http://[::]/", false, true },
	{ "http://169.254.169.254/latest", false, true },
	{ "http://[fe80::1]/", false, true },
	{ "http://10.0.0.1/", false, false },
	{ "http://128.0.0.1/", false, false },
	{ "http://localhost.example/", false, false },
	{ "http://127.0.0.1.example/", false, false },
	{ "http://[::2]/", false, false },
	{ "junk", false, false },
};

static const struct { const char *base, *location, *want; } redirects[] = {
	{ "https://h/v2/x", "https://s3/y?sig=1", "https://s3/y?sig=1" },
	{ "https://h:5/v2/x", "/y", "https://h:5/y" },
	{ "https://h/v2/x?q", "y", "https://h/v2/y" },
	{ "https://h/v2/x", "../y", "https://h/v2/../y" },
	{ "https://h/v2/x?q", "?z", "https://h/v2/x?z" },
	{ "https://h", "y", "https://h/y" },
	{ "https://h?q", "y", "https://h/y" },
	{ "https://h/v2/x", "//o/y", "https://o/y" },
	{ "http://h/x", "//o/y", "http://o/y" },
	{ "http://h/x", "https://o/", "https://o/" },
	{ "http://h/x", "http://o/#frag", "http://o/" },
	{ "https://h/v2/x", "", "https://h/v2/x" },
	{ "https://h/v2/x", "#f", "https://h/v2/x" },
	{ "https://h/x", "http://h/x", NULL },
	{ "https://h/x", "HTTP://h/x", NULL },
	{ "https://h/x", "file:///etc/passwd", NULL },
	{ "https://h/x", "ftp://h/", NULL },
	{ "https://h/x", "gopher://h/", NULL },
	{ "https://h/x", "data:,x", NULL },
	{ "https://h/x", "https://u:p@h/", NULL },
	{ "https://h/x", "https://", NULL },
	{ "https://h/x", "/a b", NULL },
	{ "https://h/x", "//h\\@o/", NULL },
	{ "https://h/x", "/a\r\nX: y", NULL },
};

static const struct { const char *value; int64_t from, to, total; } ranges[] = {
	{ "bytes 5-9/10", 5, 9, 10 },
	{ "Bytes 0-0/1", 0, 0, 1 },
	{ "bytes 5-9/*", 5, 9, -1 },
	{ "bytes */10", -1, -1, -1 },
	{ "bytes 9-5/10", -1, -1, -1 },
	{ "bytes 5-9", -1, -1, -1 },
	{ "bytes 5-9/10x", -1, -1, -1 },
	{ "bytes -5-9/10", -1, -1, -1 },
	{ "bytes 99999999999999999999-9/10", -1, -1, -1 },
	{ "items 5-9/10", -1, -1, -1 },
	{ "", -1, -1, -1 },
};

static const struct { const char *value; int want; } retries[] = {
	{ "0", 0 },
	{ "17", 17 },
	{ "1000000000", 1000000000 },
	{ "99999999999", 2147483647 },
	{ "99999999999999999999999", -1 },
	{ "-5", -1 },
	{ "soon", -1 },
	{ "1.5", -1 },
	{ "Wed, 21 Oct 2015 07:28:00 GMT", 0 },
};
// clang-format on

static void test_hosts(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
		autostr char *host = http_host(hosts[i].url);

		is(host, hosts[i].host, hosts[i].url);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad_urls); i++)
		ok(!http_url_ok(bad_urls[i]), "refused: URL %zu", i);
	for (size_t i = 0; i < ARRAY_SIZE(good_urls); i++)
		ok(http_url_ok(good_urls[i]), "taken: URL %zu", i);
}

static void test_origins(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(origins); i++) {
		const char *a = origins[i].a, *b = origins[i].b;

		ok(http_same_origin(a, b) == origins[i].same &&
			   http_same_origin(b, a) == origins[i].same,
		   "%s and %s", a, b);
	}
	ok(http_same_host("http://h:1/", "https://H:2/"), "same host");
	ok(!http_same_host("http://h/", "http://hh/"), "other host");
	for (size_t i = 0; i < ARRAY_SIZE(locals); i++) {
		const char *url = locals[i].url;

		ok(http_is_loopback(url) == locals[i].loopback, "%s: loopback",
		   url);
		ok(http_is_local(url) == locals[i].local, "%s: local", url);
	}
}

static void test_redirects(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(redirects); i++) {
		struct err e = { 0 };
		autostr char *next = http_redirect(redirects[i].base,
						   redirects[i].location, &e);

		is(next, redirects[i].want, "redirect");
		ok(next || e.kind == ERR_FORMAT, "its error, if any");
	}
}

static int line(struct http_head *h, const char *text)
{
	return http_head_line(h, text, strlen(text));
}

static void test_head(void)
{
	AUTO(http_head) struct http_head h = { 0 };
	int rc = 0;

	rc |= line(&h, "HTTP/1.1 401 Unauthorized\r\n");
	rc |= line(&h, "content-TYPE: \t a/b; c=d \r\n");
	rc |= line(&h, "Content-Length: 12\r\n");
	rc |= line(&h, "WWW-Authenticate: Basic\r\n");
	rc |= line(&h, "www-authenticate:Bearer realm=\"x:y\"\r\n");
	rc |= line(&h, "Docker-Content-Digest: sha256:1\r\n");
	rc |= line(&h, " folded: x\r\n");
	rc |= line(&h, "no colon\r\n");
	rc |= line(&h, "ETag: W/\"x\"\r\n");
	rc |= line(&h, "Accept-Ranges: None\r\n");
	rc |= line(&h, "RateLimit-Limit: 100;w=21600\r\n");
	rc |= line(&h, "RateLimit-Remaining: 7;w=21600\r\n");
	is_num(rc, 0, "lines are taken");
	is(h.etag, "W/\"x\"", "ETag");
	ok(h.no_ranges, "no ranges");
	ok(h.quota.limit == 100 && h.quota.remaining == 7 &&
		   h.quota.window_s == 21600,
	   "quota");
	is_num(h.status, 401, "status");
	is(h.content_type, "a/b; c=d", "blanks around a value");
	is_num(h.length, 12, "length");
	is_num((long long)h.authenticate.n, 2, "two challenges");
	is(h.authenticate.n == 2 ? h.authenticate.v[1] : NULL,
	   "Bearer realm=\"x:y\"", "the second");
	is(h.docker_digest, "sha256:1", "digest");
	is_num(h.retry_after_s, -1, "no Retry-After");
	rc = line(&h, "HTTP/1.1 200\r\n");
	is_num(rc, 0, "another answer");
	is_num(h.status, 200, "its status");
	ok(!h.content_type && h.length == -1 && !h.authenticate.n && !h.etag &&
		   !h.no_ranges && h.quota.remaining == -1,
	   "nothing is left of the one before");
	rc = line(&h, "Content-Length: 1x\r\n") | line(&h, "HTTP/2\r\n");
	is_num(h.status, 0, "no status");
	is_num(h.length, -1, "no length");
}

static void test_fields(void)
{
	AUTO(http_head) struct http_head h = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		autostr char *text = NULL;
		int rc;

		text = str_fmt("Content-Range: %s\r\n", ranges[i].value);
		rc = line(&h, text);
		ok(!rc && h.range_from == ranges[i].from &&
			   h.range_to == ranges[i].to &&
			   h.range_total == ranges[i].total,
		   "range '%s'", ranges[i].value);
	}
	for (size_t i = 0; i < ARRAY_SIZE(retries); i++) {
		autostr char *text = NULL;
		int rc;

		text = str_fmt("Retry-After: %s\r\n", retries[i].value);
		rc = line(&h, text);
		ok(!rc && h.retry_after_s == retries[i].want,
		   "Retry-After '%s': %d", retries[i].value, h.retry_after_s);
	}
}

static void test_limits(void)
{
	AUTO(http_head) struct http_head h = { 0 };
	AUTO(str) struct str big = { 0 };
	int n = 0;

	while (n <= HTTP_HEAD_LINES_MAX && !line(&h, "a: b\r\n"))
		n++;
	is_num(n, HTTP_HEAD_LINES_MAX, "lines are counted");
	ok(http_head_over(&h), "and over");
	ok(line(&h, "HTTP/1.1 200\r\n") < 0, "interim answers are no way out");
	http_head_clear(&h);
	is_num(line(&h, "a: b\r\n"), 0, "a new exchange");
	while (big.len < HTTP_HEAD_MAX)
		str_addc(&big, 'x');
	ok(line(&h, big.p) < 0, "bytes are counted");
}

static void test_again(void)
{
	ok(http_status_again(429) && http_status_again(503) &&
		   !http_status_again(404) && !http_status_again(501),
	   "what is worth another try");
	ok(http_code_again(CURLE_PARTIAL_FILE, "") &&
		   !http_code_again(CURLE_PEER_FAILED_VERIFICATION, "") &&
		   !http_code_again(CURLE_RECV_ERROR,
				    "CONNECT tunnel failed, response 407"),
	   "also of libcurl's results");
}

static void test_defaults(void)
{
	struct http_opts o = HTTP_OPTS_DEFAULT;

	is_num(o.tries, 5, "five tries");
	is_num(o.retry_pause_ms, 500, "with half a second after the first");
}

int main(void)
{
	test_defaults();
	test_hosts();
	test_origins();
	test_redirects();
	test_head();
	test_fields();
	test_limits();
	test_again();
	return tap_done();
}
