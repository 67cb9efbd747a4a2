/* turn.c - when many pull the same image into one store.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/turn.h"

#include "base/hash.h"
#include "base/intr.h"
#include "base/log.h"
#include "base/num.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A reference has characters that a file name can't have. */
static char *lease_name(const char *name, const struct platform *want)
{
	autostr char *platform = platform_text(want);
	autostr char *text = str_fmt("%s %s", name, platform);
	char hex[HASH_HEX_MAX];

	hash_buffer(HASH_SHA256, text, strlen(text), hex);
	return str_fmt(LEASE_IMAGE "%s", hex);
}

static void say_who(struct progress *p, const struct lease_view *v)
{
	autostr char *done = num_size_text(v->done);
	autostr char *all = num_size_text(v->total);
	autostr char *line = v->total ? str_fmt("waiting for %s: %s of %s",
						v->who, done, all)
				      : str_fmt("waiting for %s", v->who);

	progress_say(p, line);
	progress_tick(p);
}

int turn_take(int tmpdir, const char *name, const struct platform *want,
	      struct progress *p, struct lease **out, bool *waited,
	      struct err *e)
{
	const struct timespec nap = { .tv_nsec = 100 * 1000000L };
	struct lease_view view = { 0 };
	autostr char *file = lease_name(name, want);

	*waited = false;
	for (;;) {
		switch (lease_try(tmpdir, file, &view, out, e)) {
		case LEASE_ERROR:
			return -1;
		case LEASE_OURS:
			progress_say(p, NULL);
			return 0;
		case LEASE_BUSY:
			break;
		}
		if (!*waited)
			log_info("%s: waiting for %s, which is pulling it",
				 name, view.who);
		*waited = true;
		say_who(p, &view);
		if (intr_check(e))
			return -1;
		nanosleep(&nap, NULL);
	}
}
