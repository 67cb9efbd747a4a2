/* run.c - run a command in an image: facts, plan, apply, exec.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/run.h"

#include "base/log.h"
#include "base/str.h"
#include "base/strlist.h"
#include "run/apply.h"
#include "run/envscript.h"
#include "run/exec.h"
#include "run/facts.h"
#include "run/imgroot.h"
#include "run/plan.h"
#include "run/session.h"

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

int run_command(const struct run_options *o, int *status, struct err *e)
{
	AUTO(facts) struct facts f = { 0 };
	AUTO(imgroot) struct imgroot image = IMGROOT_INIT;
	AUTO(plan) struct plan p = { 0 };
	struct env_sources env = {
		.host = &f.host.env,
		.image = &f.image.env,
		.rules = &o->env,
	};
	struct plan_facts known = {
		.host = &f.host,
		.wants = &f.wants,
		.env = &env,
		.image = &f.image,
	};

	if (refuse_privilege(e) || facts_host(&f, o, e) ||
	    imgroot_open(&image, o, e) || facts_image(&f, o, image.fd, e))
		return -1;
	env.mode = f.env_mode;
	env.files = f.files;
	env.absent = &f.absent;
	env.shell = f.has_env_shell ? NULL : f.shell;
	env.user = o->uid ? f.host.user.name : NULL;
	known.passwd = str_text(&f.passwd);
	known.group = str_text(&f.group);
	known.shell = f.shell;
	if (plan_make(&p, o, &known, e))
		return -1;
	if (o->dry_run)
		return print_plan(&p);
	log_plan(&p);
	if (o->new_session && session_new(e))
		return -1;
	if (apply_plan(&p, &o->how, &image, e))
		return -1;
	if (f.image.scripts.n && remake_environ(&p, &f.image, e))
		return -1;
	return exec_command(&p, status, e);
}
