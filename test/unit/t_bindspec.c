/* t_bindspec.c - the argument of --bind.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "format/bindspec.h"

#include "lines.h"

int main(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "bindspec/specs.txt")) {
		AUTO(bindspec) struct bindspec b = { 0 };
		struct err e = { 0 };
		autostr char *got = NULL;
		int rc = bindspec_parse(lines_field(&l, 0), &b, &e);

		got = str_fmt("%s > %s%s%s", b.src ? b.src : "-",
			      b.dst ? b.dst : "-", b.readonly ? " ro" : "",
			      b.optional ? " optional" : "");
		is(rc ? e.msg : got, lines_field(&l, 1), lines_title(&l));
		ok(e.kind == (rc ? ERR_USAGE : ERR_NONE) && (!rc || !b.src),
		   "kind");
	}
	return tap_done();
}
