/* t_err.c - base/err: messages, kinds, cutting and escaping.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/err.h"
#include "tap.h"

#include <errno.h>

static void test_http(void)
{
	static const struct {
		int status;
		enum err_kind kind;
	} cases[] = {
		{ 400, ERR_FORMAT },   { 401, ERR_AUTH },
		{ 403, ERR_AUTH },     { 404, ERR_NOTFOUND },
		{ 410, ERR_NOTFOUND }, { 418, ERR_FORMAT },
		{ 429, ERR_LIMIT },    { 499, ERR_FORMAT },
		{ 500, ERR_NET },      { 503, ERR_NET },
		{ 302, ERR_NET },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err e = { 0 };

		err_http(&e, cases[i].status, "x");
		ok(e.kind == cases[i].kind && e.code == cases[i].status,
		   "HTTP %d is of kind %d", cases[i].status, cases[i].kind);
	}
}

static void test_escape(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "plain", "plain" },
		{ "two\nlines\r", "two\\x0alines\\x0d" },
		{ "\033[31mred", "\\x1b[31mred" },
		{ "tab\t", "tab\\x09" },
		{ "del\x7f", "del\\x7f" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xff", "\\xff" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err e = { 0 };

		err_set(&e, ERR_FORMAT, "%s", cases[i].text);
		is(e.msg, cases[i].want, "escaped in a message");
	}
}

static void test_chain(void)
{
	struct err e = { 0 };

	is_num(err_http(&e, 404, "manifest not found"), -1, "err_http: -1");
	is_num(err_ctx(&e, "%s", "alpine:3.16"), -1, "err_ctx: -1");
	is(e.msg, "alpine:3.16: manifest not found (HTTP 404)", "one line");
	is_num(err_hint(&e, "try '%s'", "latest"), -1, "err_hint: -1");
	is(e.msg, "alpine:3.16: manifest not found (HTTP 404); try 'latest'",
	   "with a hint");
	ok(e.kind == ERR_NOTFOUND && e.code == 404, "kind and code stay");

	is_num(err_set(&e, ERR_USAGE, "%s", e.msg + 13), -1,
	       "err_set from its own message");
	is(e.msg, "manifest not found (HTTP 404); try 'latest'", "survives");
	is_num(e.code, 0, "err_set clears the code");
	is_num(err_exit_status(&e), 2, "usage ends with 2");

	errno = ENOENT;
	is_num(err_sys(&e, "can't open '%s'", "/x/y"), -1, "err_sys: -1");
	is(e.msg, "can't open '/x/y': No such file or directory", "strerror");
	ok(e.kind == ERR_SYS && e.code == ENOENT, "errno is the code");
	is_num(err_exit_status(&e), 1, "all else ends with 1");

	errno = 0;
	is_num(err_sysno(&e, EACCES, "can't"), -1, "err_sysno: -1");
	is(e.msg, "can't: Permission denied", "its errno is the given one");
}

static bool ends(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* Every length around the size of the buffer, of one- and two-byte text. */
static void test_cut(void)
{
	static const char *const units[] = { "a", "\xc3\xbc", "\001" };
	char text[3100];
	struct err e;
	bool fits = true, marked = true, whole = true;

	for (size_t u = 0; u < ARRAY_SIZE(units); u++) {
		size_t n = 0, size = strlen(units[u]);

		memset(text, 0, sizeof text);
		while (n + size < sizeof text) {
			memcpy(text + n, units[u], size);
			n += size;
			err_set(&e, ERR_LIMIT, "%s", text);
			fits &= strlen(e.msg) < sizeof e.msg;
			marked &= ends(e.msg, "...") ==
				  (n * (units[u][0] == 1 ? 4 : 1) > 999);
			whole &= !strstr(e.msg, "\\xc3");
		}
	}
	ok(fits, "a message of any length fits");
	ok(marked, "it is marked when cut and only then");
	ok(whole, "no character is cut apart");
}

static void test_cut_cause(void)
{
	char text[3001];
	struct err e;

	memset(text, 'a', 3000);
	text[3000] = 0;
	err_sysno(&e, ENOSPC, "can't write '%s'", text);
	ok(ends(e.msg, "aaa...: No space left on device"),
	   "the cause stays behind a text that is cut");
	err_set(&e, ERR_NET, "refused");
	err_ctx(&e, "%s", text);
	ok(ends(e.msg, "aaa...: refused"), "and behind a context");
	err_set(&e, ERR_NET, "refused");
	err_ctx(&e, "'%s'", text);
	ok(ends(e.msg, "aaa...': refused"), "and behind a quoted one");
	err_ctx(&e, "layer 1");
	ok(!strncmp(e.msg, "layer 1: 'aaa", 13) && ends(e.msg, "...': refused"),
	   "and behind two");
	err_set(&e, ERR_NET, "%s", text);
	err_ctx(&e, "%s", text);
	is_num(strlen(e.msg), 999, "all the room is used");
	err_hint(&e, "%s", text);
	ok(ends(e.msg, "aaa..."), "a hint is cut");
	ok(strstr(e.msg, "...; aaa"), "and leaves half to the message");
	err_set(&e, ERR_NET, "%s", text);
	err_ctx(&e, "c");
	ok(!strncmp(e.msg, "c: aaa", 6) && ends(e.msg, "a..."),
	   "a short context leaves the rest to the message");
}

int main(void)
{
	test_http();
	test_escape();
	test_chain();
	test_cut();
	test_cut_cause();
	return tap_done();
}
