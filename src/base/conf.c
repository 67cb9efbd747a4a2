/* conf.c - configuration files: lines "key = value" under "[section]".
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/conf.h"
#include "base/dir.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/strlist.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define CONF_BYTES_MAX (1024 * 1024)
#define CONF_LINES_MAX 4096

/* Where the parser is. */
struct place {
	const char *name;
	size_t line;
	char *section; /* NULL before the first */
};

static bool is_name(const char *s)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-";

	return *s && !s[strspn(s, chars)];
}

static int fail(const struct place *at, const char *what, const char *text,
		struct err *e)
{
	return err_set(e, ERR_FORMAT, "%s:%zu: %s, found '%s'", at->name,
		       at->line, what, text);
}

static void add(struct conf *c, const struct place *at, const char *key,
		char *value)
{
	c->v = mem_grow(c->v, &c->cap, c->n + 1, sizeof *c->v);
	c->v[c->n++] = (struct conf_line){
		.key = str_fmt("%s.%s", at->section, key),
		.value = value,
		.where = str_fmt("%s:%zu", at->name, at->line),
	};
}

/* "[section]" */
static int parse_section(struct place *at, const char *text, struct err *e)
{
	autostr char *inner = NULL, *name = NULL;

	if (!str_ends(text, "]"))
		return fail(at, "expected '[section]'", text, e);
	inner = xstrndup(text + 1, strlen(text) - 2);
	name = str_trim(inner);
	if (!is_name(name))
		return fail(at, "expected '[section]'", text, e);
	free(at->section);
	at->section = TAKE(name);
	return 0;
}

/* The value without the quotes that keep its blanks, or NULL. */
static char *parse_value(const struct place *at, const char *text,
			 struct err *e)
{
	autostr char *value = str_trim(text);
	size_t n = strlen(value);

	if (value[0] != '"')
		return TAKE(value);
	if (n < 2 || value[n - 1] != '"') {
		fail(at, "expected '\"' at the end", value, e);
		return NULL;
	}
	return xstrndup(value + 1, n - 2);
}

/* "key = value" */
static int parse_setting(struct conf *c, const struct place *at,
			 const char *text, struct err *e)
{
	const char *eq = strchr(text, '=');
	autostr char *left = NULL, *key = NULL;
	char *value;

	if (!eq)
		return fail(at, "expected 'key = value' or '[section]'", text,
			    e);
	left = xstrndup(text, eq - text);
	key = str_trim(left);
	if (!is_name(key))
		return fail(at, "expected a key before '='", text, e);
	if (!at->section)
		return fail(at, "expected a '[section]' before the first key",
			    text, e);
	value = parse_value(at, eq + 1, e);
	if (!value)
		return -1;
	add(c, at, key, value);
	return 0;
}

static int parse_line(struct conf *c, struct place *at, const char *line,
		      struct err *e)
{
	autostr char *text = str_trim(line);

	if (!*text || *text == '#')
		return 0;
	if (*text == '[')
		return parse_section(at, text, e);
	return parse_setting(c, at, text, e);
}

static int parse_lines(struct conf *c, struct place *at, const char *text,
		       struct err *e)
{
	while (*text) {
		const char *end = strchrnul(text, '\n');
		autostr char *line = xstrndup(text, end - text);

		if (++at->line > CONF_LINES_MAX)
			return err_set(e, ERR_LIMIT,
				       "'%s' has more than %d lines", at->name,
				       CONF_LINES_MAX);
		if (parse_line(c, at, line, e))
			return -1;
		text = *end ? end + 1 : end;
	}
	return 0;
}

int conf_parse(struct conf *c, const char *name, const char *text, size_t n,
	       struct err *e)
{
	struct place at = { .name = name };
	autostr char *copy = NULL;
	int rc;

	if (n > CONF_BYTES_MAX)
		return err_set(e, ERR_LIMIT,
			       "'%s' has %zu bytes, the most is %d", name, n,
			       CONF_BYTES_MAX);
	if (!n) /* TEXT may be NULL then */
		return 0;
	if (memchr(text, 0, n))
		return err_set(e, ERR_FORMAT, "'%s' is not text: a NUL byte",
			       name);
	copy = xstrndup(text, n);
	rc = parse_lines(c, &at, copy, e);
	free(at.section);
	return rc;
}

/* Is the file PATH, which open refused with ERRNUM, as good as missing? A
 * directory above it that we may not search (the home of another user after
 * "sudo -u") is; a file that we may not read is not. */
static bool is_missing(const char *path, int errnum)
{
	struct stat st;

	if (errnum == ENOENT || errnum == ENOTDIR)
		return true;
	return errnum == EACCES && stat(path, &st) && errno == EACCES;
}

/* Symlinks are followed, and devices are read: whoever can write here decides
 * what we do anyway, and CH_CONFIG=/dev/null is a way to say "none". */
static int load_file(struct conf *c, const char *path, bool must_exist,
		     struct err *e)
{
	AUTO(str) struct str text = { 0 };
	autofd int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int errnum = errno;

	if (fd < 0 && !must_exist && is_missing(path, errnum))
		return 0;
	if (fd < 0)
		return err_sysno(e, errnum, "can't open '%s'", path);
	if (io_read_all(fd, CONF_BYTES_MAX, path, &text, e))
		return -1;
	return conf_parse(c, path, str_text(&text), text.len, e);
}

static int load_drop_ins(struct conf *c, const char *dir, struct err *e)
{
	AUTO(strlist) struct strlist names = { 0 };
	autofd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int errnum = errno;

	if (fd < 0 && is_missing(dir, errnum))
		return 0;
	if (fd < 0)
		return err_sysno(e, errnum, "can't open '%s'", dir);
	if (dir_list(fd, &names, e))
		return err_ctx(e, "%s", dir);
	for (size_t i = 0; i < names.n; i++) {
		autostr char *path = str_fmt("%s/%s", dir, names.v[i]);

		if (names.v[i][0] == '.' || !str_ends(names.v[i], ".conf"))
			continue;
		if (load_file(c, path, false, e))
			return -1;
	}
	return 0;
}

int conf_load_from(struct conf *c, const char *site, const char *user,
		   struct err *e)
{
	autostr char *main_file = str_fmt("%s/chassis/chassis.conf", site);
	autostr char *drop_ins = str_fmt("%s.d", main_file);
	autostr char *own = NULL;

	if (load_file(c, main_file, false, e) || load_drop_ins(c, drop_ins, e))
		return -1;
	if (!user)
		return 0;
	own = str_fmt("%s/chassis/chassis.conf", user);
	return load_file(c, own, false, e);
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* $XDG_CONFIG_HOME or its default; a relative one is to be ignored (XDG Base
 * Directory Specification 0.8, "Basics"). NULL if there is neither. */
static char *user_dir(void)
{
	const char *xdg = variable("XDG_CONFIG_HOME");
	const char *home = variable("HOME");

	if (xdg && *xdg == '/')
		return xstrdup(xdg);
	return home ? str_fmt("%s/.config", home) : NULL;
}

int conf_load(struct conf *c, struct err *e)
{
	const char *named = variable("CH_CONFIG");
	autostr char *user = user_dir();

	if (!named)
		return conf_load_from(c, SYSCONFDIR, user, e);
	if (load_file(c, named, true, e))
		return err_ctx(e, "CH_CONFIG");
	return 0;
}

const char *conf_get(const struct conf *c, const char *key)
{
	for (size_t i = c->n; i > 0; i--)
		if (!strcmp(c->v[i - 1].key, key))
			return c->v[i - 1].value;
	return NULL;
}

void conf_clear(struct conf *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].key);
		free(c->v[i].value);
		free(c->v[i].where);
	}
	free(c->v);
	*c = (struct conf){ 0 };
}
