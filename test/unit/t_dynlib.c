/* t_dynlib.c - tests of base/dynlib.c: what is there, what is not.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/dynlib.h"
#include "tap.h"

struct functions {
	unsigned long before;
	size_t (*strlen)(const char *s);
	int (*abs)(int i);
	unsigned long after;
};

static const struct dynlib_symbol symbols[] = {
	DYNLIB_SYMBOL(struct functions, strlen),
	DYNLIB_SYMBOL(struct functions, abs),
	{ "there_is_no_such_function", offsetof(struct functions, after) },
};

static const char libc[] = "libc.so.6";

static void test_there(void)
{
	struct functions f = { .before = 1, .after = 2 };
	struct err e = { 0 };
	void *lib = dynlib_open(libc, symbols, 2, &f, &e);

	ok(lib, "loaded: %s", e.msg);
	if (!lib)
		return;
	is_num((long long)f.strlen("four"), 4, "the first function");
	is_num(f.abs(-7), 7, "the second");
	ok(f.before == 1 && f.after == 2, "nothing else is written");
	dynlib_close(lib);
}

static void test_not_there(void)
{
	struct functions f = { 0 };
	struct err e = { 0 };

	ok(!dynlib_open("libnosuchthing.so.7", symbols, 2, &f, &e),
	   "no such library");
	ok(strstr(e.msg, "libnosuchthing.so.7 can't be loaded: ") == e.msg &&
		   !strstr(e.msg + 1, "libnosuchthing"),
	   "its message names it once: %s", e.msg);
	is_num(e.kind, ERR_NOTFOUND, "its kind");
	e = (struct err){ 0 };
	ok(!dynlib_open(libc, symbols, 3, &f, &e), "no such function");
	is(e.msg,
	   "libc.so.6 is too old or too new: it has no "
	   "'there_is_no_such_function'",
	   "its message");
	is_num(e.kind, ERR_NOTFOUND, "its kind");
	dynlib_close(NULL);
}

int main(void)
{
	test_there();
	test_not_there();
	return tap_done();
}
