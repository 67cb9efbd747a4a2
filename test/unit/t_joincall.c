/* t_joincall.c - who is the first of a tag.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "run/joincall.h"

#include "tap.h"

#include <unistd.h>

static char *tag; /* of this run alone */

static void test_first(void)
{
	AUTO(joincall) struct joincall first = JOINCALL_INIT;
	AUTO(joincall) struct joincall second = JOINCALL_INIT;
	struct err e = { 0 };

	first.tag = second.tag = tag;
	first.wait_s = 5;
	second.wait_s = 1;
	is_num(joincall(&first, &e), JOINCALL_FIRST, "nobody is there");
	is_num(joincall(&second, &e), JOINCALL_FAILED,
	       "the second one waits as long as it was told");
	is_num(e.kind, ERR_LIMIT, "... and says that it took too long");
	joincall_clear(&first);
	is_num(joincall(&second, &e), JOINCALL_FIRST,
	       "when the first one is gone, the name is free");
}

int main(void)
{
	tag = str_fmt("t_joincall.%d", (int)getpid());
	test_first();
	free(tag);
	return tap_done();
}
