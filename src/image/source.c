/* source.c - an image that is read.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/source.h"

#include "base/log.h"

#include <stdlib.h>
#include <unistd.h>

void source_close(struct source *s)
{
	if (s->close)
		s->close(s->ctx);
	if (s->root >= 0)
		close(s->root);
	str_clear(&s->config_text);
	imgconfig_clear(&s->config);
	imgoci_clear(&s->image);
	ref_clear(&s->ref);
	strlist_clear(&s->warnings);
	strlist_clear(&s->notes);
	free(s->tag);
	free(s->shown);
	*s = (struct source)SOURCE_INIT;
}

int source_set_config(struct source *s, struct str *text, struct err *e)
{
	struct imgconfig c;

	if (imgconfig_parse(text->p, text->len, &c, e))
		return -1;
	imgconfig_clear(&s->config);
	str_clear(&s->config_text);
	s->config = c;
	s->config_text = *text;
	*text = (struct str){ 0 };
	if (*c.platform.os)
		s->platform = c.platform;
	return 0;
}

int source_config(struct source *s, struct err *e)
{
	AUTO(str) struct str text = { 0 };
	struct err why = { 0 };

	if (!s->is_inside || s->config_text.len)
		return 0;
	if (s->read_config(s->ctx, &text, e))
		return -1;
	if (text.len && source_set_config(s, &text, &why))
		log_warn("%s: /ch/config.json is left aside: %s", s->shown,
			 why.msg);
	return 0;
}

void source_report(const struct source *s)
{
	for (size_t i = 0; i < s->warnings.n; i++)
		log_warn("%s", s->warnings.v[i]);
	for (size_t i = 0; i < s->notes.n; i++)
		log_note("%s", s->notes.v[i]);
	if (s->report)
		s->report(s->ctx);
}
