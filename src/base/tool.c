/* tool.c - what every main shares: options, --version, the one error line.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/conf.h"
#include "base/intr.h"
#include "base/log.h"
#include "base/str.h"
#include "base/tool.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The sections that some tool of ours reads. */
static const char *const sections[] = { "pull", "run", "build", "store" };

/* A descriptor that was closed by our caller would be given to the next file we
 * open, which would then receive our messages. Fill the gap with one that
 * fails as a closed one does, because it is open for the wrong direction. */
static int open_standard(struct err *e)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		int mode = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* Not O_CLOEXEC: our children need the same protection. The
		 * lowest free descriptor is FD. */
		if (open("/dev/null", mode) < 0)
			return err_sys(e, "can't open '/dev/null'");
	}
	return 0;
}

/* Print the error line and return the exit status. */
static int fail(const struct tool *t, const struct err *e)
{
	/* What was printed before should also be seen before; that this may
	 * fail, too, is not worth a second error. */
	fflush(stdout);
	log_block(NULL, 0); /* wipe it */
	if (e->kind == ERR_INTR) {
		fprintf(stderr, "%s: interrupted by %s\n", t->name,
			intr_name(e->code));
		intr_die(e);
	}
	if (e->kind == ERR_USAGE) {
		fprintf(stderr, "%s: error: %s; see '%s%s%s --help'\n", t->name,
			e->msg, t->name, t->verb ? " " : "",
			t->verb ? t->verb : "");
		return t->usage_status ? t->usage_status : 2;
	}
	if (e->kind == ERR_LIMIT && t->limits)
		fprintf(stderr, "%s: error: %s; see LIMITS in %s\n", t->name,
			e->msg, t->limits);
	else
		fprintf(stderr, "%s: error: %s\n", t->name, e->msg);
	return t->fail_status ? t->fail_status : 1;
}

/* An error on stdout may have come with an earlier write, errno long gone. */
static int flush_output(struct err *e)
{
	if (fflush(stdout))
		return err_sys(e, "can't write standard output");
	if (ferror(stdout))
		return err_set(e, ERR_SYS,
			       "can't write standard output: "
			       "an earlier write failed");
	return 0;
}

/* Configuration and environment, in order of force. */
static int read_settings(const struct tool *t, void *o, struct conf *conf,
			 struct err *e)
{
	bool known;

	if (conf_load(conf, e))
		return -1;
	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_line *l = &conf->v[i];

		if (opt_set_key(t, o, l->key, l->value, l->where, &known, e))
			return -1;
	}
	return opt_set_env(t, o, e);
}

static bool has_key(const struct tool *t, const char *key)
{
	for (size_t i = 0; i < t->n_opts; i++)
		if (str_eq(t->opts[i].key, key))
			return true;
	return false;
}

/* Is KEY in the section whose name has N characters? */
static bool is_in(const char *key, const char *section, size_t n)
{
	return key && !strncmp(key, section, n) && key[n] == '.';
}

static bool is_our_section(const char *key)
{
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++)
		if (is_in(key, sections[i], strlen(sections[i])))
			return true;
	return false;
}

/* Is the section of KEY this tool's own, or the one that all read whole? In
 * others it may read a key ([pull] arch), but doesn't know the rest. */
static bool owns_section(const struct tool *t, const char *key)
{
	const char *dash = strchr(t->name, '-');
	const char *own = dash ? dash + 1 : t->name;

	return is_in(key, "store", strlen("store")) ||
	       is_in(key, own, strlen(own));
}

/* Warn of lines that nobody reads: a section is named once in a row, a key only
 * by the tool whose section it is, since other tools have other keys. */
static void warn_unknown(const struct tool *t, const struct conf *conf)
{
	const char *last = "";

	for (size_t i = 0; i < conf->n; i++) {
		const struct conf_line *l = &conf->v[i];
		const char *name = strchr(l->key, '.') + 1;
		int n = (int)(name - l->key) - 1;

		if (is_our_section(l->key)) {
			if (owns_section(t, l->key) && !has_key(t, l->key))
				log_warn("%s: unknown key '%s'", l->where,
					 name);
		} else if (!is_in(last, l->key, n)) {
			log_warn("%s: unknown section '%.*s'", l->where, n,
				 l->key);
		}
		last = l->key;
	}
}

static int print_help(const struct tool *t, const char *style, struct err *e)
{
	if (!*style)
		opt_print_help(t, stdout);
	else if (!strcmp(style, "man"))
		opt_print_man(t, stdout);
	else if (!strcmp(style, "bash"))
		opt_print_bash(t, stdout);
	else
		return err_set(e, ERR_USAGE,
			       "option '--help': expected 'man' or 'bash', "
			       "found '%s'",
			       style);
	return 0;
}

/* --help and --version */
static int answer(const struct tool *t, const struct opt_common *c,
		  struct err *e)
{
	if (c->help)
		return print_help(t, c->style, e);
	printf("%s (Chassis) %s\n", t->name, PACKAGE_VERSION);
	return 0;
}

int tool_main(const struct tool *t, void *o, int argc, char **argv,
	      bool catch_signals,
	      int (*run)(void *o, int argc, char **argv, struct err *e))
{
	AUTO(conf) struct conf conf = { 0 };
	struct err e = { 0 }, broken = { 0 };
	struct opt_common c = { 0 };
	bool is_broken;
	int first, status;

	log_init(t->name, LOG_WARN);
	if (catch_signals)
		intr_init();
	if (open_standard(&e))
		return fail(t, &e);
	is_broken = read_settings(t, o, &conf, &broken) != 0;
	first = opt_parse(t, o, &c, argc, argv, &e);
	if (first < 0)
		return fail(t, &e);
	log_init(t->name, c.verbosity);
	if (c.help || c.version) {
		status = answer(t, &c, &e);
	} else if (is_broken) { /* which keeps nobody from --help */
		return fail(t, &broken);
	} else {
		warn_unknown(t, &conf);
		status = run(o, argc - first, argv + first, &e);
	}
	if (status < 0 || flush_output(&e))
		return fail(t, &e);
	return status;
}
