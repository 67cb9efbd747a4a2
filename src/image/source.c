/* source.c - an image that is read.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/source.h"

#include "base/log.h"
#include "base/mem.h"
#include "format/envfile.h"

#include <stdlib.h>
#include <string.h>
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
	str_clear(&s->sif_definition);
	str_clear(&s->sif_inspect);
	str_clear(&s->sif_config);
	for (size_t i = 0; i < SING_SHOWN; i++)
		str_clear(&s->sing[i]);
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

static void use_config(struct source *s, struct str *text)
{
	struct err why = { 0 };

	if (!text->len)
		return;
	s->has_ch_config = !source_set_config(s, text, &why);
	if (!s->has_ch_config)
		log_warn("%s: /ch/config.json is left aside: %s", s->shown,
			 why.msg);
}

/* Values with a newline, which the file can't have. */
static void add_unwritable(const struct strlist *from, struct strlist *to)
{
	for (size_t i = 0; i < from->n; i++) {
		size_t n = strcspn(from->v[i], "=");
		autostr char *name = xstrndup(from->v[i], n);

		if (strchr(from->v[i], '\n') && !env_get(to, name))
			strlist_add(to, from->v[i]);
	}
}

static int set_env(struct source *s, struct strlist *env, struct err *e)
{
	AUTO(str) struct str text = { 0 };
	autostr char *edited = NULL;
	size_t lost;

	add_unwritable(&s->config.env, env);
	edited = imgconfig_set_env(s->config_text.p, s->config_text.len, env,
				   &lost, e);
	if (!edited)
		return -1;
	if (lost)
		log_warn("%s: %zu variables of /ch/environment are not UTF-8 "
			 "and are left out",
			 s->shown, lost);
	str_add(&text, edited);
	return source_set_config(s, &text, e);
}

static int use_env(struct source *s, const struct str *text, struct err *e)
{
	AUTO(strlist) struct strlist env = { 0 };
	AUTO(str) struct str unchanged = { 0 };
	struct err why = { 0 };

	if (envfile_parse("/ch/environment", str_text(text), text->len, &env,
			  &why)) {
		log_warn("%s: /ch/environment is left aside: %s", s->shown,
			 why.msg);
		return 0;
	}
	s->has_ch_env = text->len || s->has_ch_config;
	envfile_write(&s->config.env, &unchanged);
	if (!text->len || str_eq(str_text(text), str_text(&unchanged)))
		return 0;
	return set_env(s, &env, e);
}

enum { CONFIG, ENVIRONMENT, OURS };

int source_config(struct source *s, struct err *e)
{
	const char *paths[OURS + SING_SHOWN] = { "ch/config.json",
						 "ch/environment" };
	struct str v[OURS + SING_SHOWN] = { { 0 } };
	int rc;

	if (!s->read_files || s->is_known)
		return 0;
	s->is_known = true;
	memcpy(paths + OURS, sing_shown, sizeof(sing_shown));
	rc = s->read_files(s->ctx, paths, ARRAY_SIZE(paths), v, e);
	memcpy(s->sing, v + OURS, sizeof(s->sing));
	if (!rc && s->is_inside) {
		use_config(s, &v[CONFIG]);
		rc = use_env(s, &v[ENVIRONMENT], e);
	}
	str_clear(&v[CONFIG]);
	str_clear(&v[ENVIRONMENT]);
	return rc;
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
