/* t_whiteout.c - which names of a layer are whiteouts.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/whiteout.h"

#include "lines.h"

int main(void)
{
	static const char *const kinds[] = {
		[WHITEOUT_NONE] = "none",     [WHITEOUT_FILE] = "file",
		[WHITEOUT_OPAQUE] = "opaque", [WHITEOUT_IGNORE] = "ignore",
		[WHITEOUT_BAD] = "bad",
	};
	struct lines l = { 0 };

	while (lines_next(&l, "whiteout/names.txt")) {
		const char *name = "unset";
		const char *base = lines_field(&l, 0);

		is(kinds[whiteout_of(base, &name)], lines_field(&l, 1),
		   lines_title(&l));
		is(name, l.n_fields > 2 ? lines_field(&l, 2) : NULL, "name");
		ok(!name || name == base + 4, "the name is borrowed");
	}
	return tap_done();
}
