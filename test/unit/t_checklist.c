/* t_checklist.c - findings as text, and what follows from them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/mem.h"
#include "base/str.h"
#include "run/checklist.h"

#include "tap.h"

#include <string.h>

static void test_finding(void)
{
	struct err e = { 0 };
	const struct cause with = { "it is off", "switch --on" };
	const struct cause without = { "it is off", NULL };
	struct finding f = { 0 };

	is(finding_word(&f), "ok", "a finding begins as ok");
	err_sysno(&e, EPERM, "can't");
	finding_fail(&f, FINDING_NO, NULL, &e);
	is(f.text, "can't: Operation not permitted", "no cause: the error");
	is(f.fix, "", "and no command");
	finding_fail(&f, FINDING_NO, &with, &e);
	is(f.text, "it is off", "a cause instead of the error");
	is(f.fix, "switch --on", "with its command");
	finding_fail(&f, FINDING_LIMITED, &without, &e);
	is(f.fix, "", "a later one has no command of an earlier");
	is(finding_word(&f), "limited", "and its own state");
	finding_set(&f, FINDING_NO, "'%s'", "a\033[2Jb\n");
	is(f.text, "'a\\x1b[2Jb\\x0a'", "control characters are escaped");
}

static void test_cause(void)
{
	const struct cause with = { "it is off", "switch --on" };
	struct err e = { 0 };

	ok(cause_error(&with, "can't go", &e) == -1 &&
		   e.kind == ERR_UNSUPPORTED,
	   "a cause as an error");
	is(e.msg,
	   "can't go: it is off; an administrator can change that: "
	   "switch --on",
	   "and its text");
	ok(!cause_unshare(EIO) && !cause_overlay(EINVAL) &&
		   !cause_fuse_open(EIO),
	   "what we know no cause of");
}

/* The index of the item NAME. */
static size_t find(const char *name)
{
	size_t n;
	const struct check_item *v = checklist_items(&n);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(v[i].name, name))
			return i;
	return n;
}

/* What is needed stands before; names fit their column and are told once. */
static void test_items(void)
{
	size_t n, bad = 0;
	const struct check_item *v = checklist_items(&n);

	for (size_t i = 0; i < n; i++) {
		bad += strlen(v[i].name) > 15;
		bad += find(v[i].name) != i;
		bad += v[i].after && find(v[i].after) >= i;
	}
	is_num((long long)bad, 0, "the table of items is sound");
}

static void test_text(void)
{
	size_t n;
	AUTO(str) struct str out = { 0 };
	autostr struct finding *v = NULL;
	struct finding *f;

	checklist_items(&n);
	v = xcalloc(n, sizeof *v);
	ok(checklist_is_good(v), "all is well");
	f = &v[find("fuse")];
	finding_set(f, FINDING_NO, "why");
	finding_fix(f, "do this");
	v[find("fuse-device")] = *f;
	ok(checklist_is_good(v), "what some need may be missing");
	checklist_text(v, false, &out);
	ok(strstr(out.p, "\nno       fuse             mount and serve through "
			 "FUSE: why (for squashfs and SIF files)\n"),
	   "a line tells state, name, attempt, reason, purpose");
	ok(strstr(out.p,
		  "\n\nAn administrator can change that:\n  do this\n") &&
		   str_ends(out.p, ":\n  do this\n"),
	   "a command is told once");
	finding_set(&v[find("root")], FINDING_LIMITED, "why");
	ok(checklist_is_good(v), "what is needed may be limited");
	finding_set(&v[find("root")], FINDING_UNTRIED, "why");
	ok(!checklist_is_good(v), "but not untried");
	finding_set(&v[find("root")], FINDING_NO, "why");
	ok(!checklist_is_good(v), "nor fail");
}

int main(void)
{
	test_finding();
	test_cause();
	test_items();
	test_text();
	return tap_done();
}
