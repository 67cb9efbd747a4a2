/* run.c - run a command in an image: facts, plan, apply, exec.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/run.h"

#include "base/log.h"
#include "base/str.h"
#include "base/strlist.h"
#include "run/apply.h"
#include "run/defaults.h"
#include "run/envscript.h"
#include "run/exec.h"
#include "run/facts.h"
#include "run/imgroot.h"
#include "run/look.h"
#include "run/plan.h"
#include "run/prefetch.h"
#include "run/session.h"
#include "run/twin.h"

#include <stdio.h>
#include <sys/auxv.h>

/* No part of this is written for a program with more privilege than its
 * user. */
static int refuse_privilege(struct err *e)
{
	if (!getauxval(AT_SECURE))
		return 0;
	return err_set(e, ERR_UNSUPPORTED,
		       "ch-run needs no privilege and refuses to run with one: "
		       "take the set-user-ID, set-group-ID or capability bits "
		       "off it");
}

static void log_plan(const struct plan *p)
{
	AUTO(str) struct str text = { 0 };
	AUTO(strlist) struct strlist lines = { 0 };

	for (size_t i = 0; i < p->skipped.n; i++)
		log_info("skip %s", p->skipped.v[i]);
	if (!log_on(LOG_DEBUG))
		return;
	plan_print(p, &text);
	strlist_split(&lines, str_text(&text), '\n', false);
	for (size_t i = 0; i < lines.n; i++)
		log_debug("%s", lines.v[i]);
}

static int print_plan(const struct plan *p)
{
	AUTO(str) struct str text = { 0 };

	plan_print(p, &text);
	/* The caller, who flushes stdout, sees a failure. */
	fputs(str_text(&text), stdout);
	return 0;
}

/* Now that the image is entered, its scripts can be run. */
static int remake_environ(struct plan *p, struct imageinfo *image,
			  struct err *e)
{
	envscript_run(image, &p->env_from);
	environ_clear(&p->env);
	return environ_make(&p->env, &p->env_from, e);
}

/* Does it take a name service, even in a container that exists? It would have
 * to be asked before that is entered. */
static bool needs_user(const struct run *r)
{
	const struct run_options *o = r->o;

	return !r->facts.host.home || !*o->command || o->uid || o->gid;
}

int run_list_defaults(const struct run_options *o, struct err *e)
{
	AUTO(facts) struct facts f = { 0 };
	AUTO(str) struct str text = { 0 };
	struct look look = { .host = look_on_host, .real = look_real };

	if (facts_caller(&f, o, e) || facts_host(&f, o, e) ||
	    defaults_list(&text, &f.host, o, &look, e))
		return -1;
	fputs(str_text(&text), stdout);
	return 0;
}

int run_begin(struct run *r, const struct run_options *o, const char *name,
	      struct err *e)
{
	*r = (struct run)RUN_INIT;
	r->o = o;
	if (refuse_privilege(e) || facts_caller(&r->facts, o, e))
		return -1;
	if (join_is_asked(o) && !o->dry_run) {
		/* Before somebody knows of us. */
		if (needs_user(r) || twin_is_static())
			facts_user(&r->facts);
		if (join_begin(&r->join, o, name, &r->facts.host, e))
			return -1;
	}
	return r->join.is_inside ? 0 : facts_host(&r->facts, o, e);
}

static int look_at_image(struct run *r, struct imgroot *image, struct err *e)
{
	if (r->join.is_inside)
		return facts_joined(&r->facts, r->o, e);
	if (imgroot_open(image, r->o, e))
		return -1;
	return facts_image(&r->facts, r->o, image->fd, e);
}

static int make_plan(struct run *r, struct plan *p, struct err *e)
{
	const struct run_options *o = r->o;
	struct facts *f = &r->facts;
	struct env_sources env = {
		.mode = f->env_mode,
		.host = &f->host.env,
		.image = &f->image.env,
		.rules = &o->env,
		.files = f->files,
		.absent = &f->absent,
		.shell = f->has_env_shell ? NULL : f->shell,
		.user = o->uid ? f->host.user.name : NULL,
	};
	struct plan_facts known = {
		.host = &f->host,
		.wants = &f->wants,
		.env = &env,
		.image = &f->image,
		.passwd = str_text(&f->passwd),
		.group = str_text(&f->group),
		.shell = f->shell,
	};

	return r->join.is_inside ? plan_joined(p, o, &known, e)
				 : plan_make(p, o, &known, e);
}

/* From a file that is served: ahead, while we are mounting. */
static void read_command(const struct plan *p, const struct imgroot *image)
{
	int command = prefetch_find(p, image->fd);

	sqfuse_part(&image->mount);
	if (command >= 0)
		prefetch_start(command, image->fd);
}

int run_command(struct run *r, int *status, struct err *e)
{
	AUTO(imgroot) struct imgroot image = IMGROOT_INIT;
	AUTO(plan) struct plan p = { 0 };

	if (look_at_image(r, &image, e) || make_plan(r, &p, e))
		return -1;
	if (r->o->dry_run)
		return print_plan(&p);
	log_plan(&p);
	if (image.is_entered && image.copy.memory < 0)
		read_command(&p, &image);
	if (r->o->new_session && session_new(e))
		return -1;
	if (!r->join.is_inside && (apply_plan(&p, &r->o->how, &image, e) ||
				   join_open(&r->join, &p, e)))
		return -1;
	if (r->facts.image.scripts.n && remake_environ(&p, &r->facts.image, e))
		return -1;
	return exec_command(&p, status, e);
}

void run_fail(struct run *r, const struct err *e)
{
	join_fail(&r->join, e);
}

void run_clear(struct run *r)
{
	facts_clear(&r->facts);
	join_clear(&r->join);
}
