/* finding.c - what came out of trying one thing on this host.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/finding.h"

#include "base/str.h"

const char *finding_word(const struct finding *f)
{
	static const char *const words[] = {
		[FINDING_OK] = "ok",
		[FINDING_LIMITED] = "limited",
		[FINDING_NO] = "no",
		[FINDING_UNTRIED] = "untried",
	};

	return words[f->state];
}

void finding_set(struct finding *f, enum finding_state state, const char *fmt,
		 ...)
{
	AUTO(str) struct str s = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	f->state = state;
	str_escape_to(f->text, sizeof f->text, str_text(&s));
	f->fix[0] = '\0';
}

void finding_fail(struct finding *f, enum finding_state state,
		  const struct cause *c, const struct err *e)
{
	finding_set(f, state, "%s", c ? c->why : e->msg);
	if (c && c->fix)
		finding_fix(f, "%s", c->fix);
}

void finding_fix(struct finding *f, const char *fmt, ...)
{
	AUTO(str) struct str s = { 0 };
	va_list ap;

	va_start(ap, fmt);
	str_addv(&s, fmt, ap);
	va_end(ap);
	str_escape_to(f->fix, sizeof f->fix, str_text(&s));
}
