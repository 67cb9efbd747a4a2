/* chmeta.c - the directory /ch that an image without layers carries.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/chmeta.h"

#include "base/log.h"
#include "format/envfile.h"

void chmeta_environment(const struct imgconfig *c, struct str *out)
{
	size_t lost = envfile_write(&c->env, out);

	if (lost)
		log_warn("%zu of the image's variables hold a newline and are "
			 "left out of /ch/environment",
			 lost);
}

void chmeta_init(struct chmeta *c, const struct source *s, int64_t time_s)
{
	AUTO(str) struct str env = { 0 };

	*c = (struct chmeta){ .stack = &s->stack };
	if (s->is_inside || !s->config_text.len)
		return;
	chmeta_environment(&s->config, &env);
	c->top = memread_new(time_s);
	memread_dir(c->top, "ch", 0755);
	memread_file(c->top, "ch/config.json", 0644, s->config_text.p,
		     s->config_text.len);
	memread_file(c->top, "ch/environment", 0644, str_text(&env), env.len);
	stack_topped_init(&c->topped, &s->stack, c->top);
	c->stack = &c->topped.stack;
}

void chmeta_clear(struct chmeta *c)
{
	if (!c->top)
		return;
	stack_topped_clear(&c->topped);
	memread_free(c->top);
	*c = (struct chmeta){ 0 };
}
