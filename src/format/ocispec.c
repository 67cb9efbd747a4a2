/* ocispec.c - config.json of an OCI bundle.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/ocispec.h"

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "format/json.h"

#include <math.h>
#include <string.h>

#define ID_MAX 4294967294.0 /* (uid_t)-1 is no id */

/* Members that are read, or that ask for nothing. */
// clang-format off
static const char *const known_root[] = {
	"ociVersion", "process", "root", "mounts", "linux", "hooks",
	"annotations", /* for others */
	NULL,
};
static const char *const known_process[] = {
	"args", "env", "cwd", "user", "rlimits",
	"terminal", "consoleSize", /* the caller's */
	"noNewPrivileges",         /* always */
	"capabilities",            /* none, but for user 0 */
	NULL,
};
static const char *const known_user[] = {
	"uid", "gid", "umask", NULL,
};
static const char *const known_linux[] = {
	"namespaces",
	"uidMappings", "gidMappings", /* of one to the caller */
	NULL,
};
// clang-format on

static bool is_in(const char *const *list, const char *s)
{
	while (*list && strcmp(*list, s))
		list++;
	return *list;
}

static bool asks(const json_t *j)
{
	if (json_is_array(j))
		return json_array_size(j) > 0;
	if (json_is_object(j))
		return json_object_size(j) > 0;
	if (json_is_string(j))
		return *json_string_value(j);
	if (json_is_number(j))
		return json_number_value(j) != 0;
	return json_is_true(j);
}

static void add_others(json_t *obj, const char *prefix,
		       const char *const *known, struct ocispec *s)
{
	const char *key;
	json_t *value;

	json_object_foreach (obj, key, value)
		if (!is_in(known, key) && asks(value))
			strlist_addf(&s->others, "%s%s", prefix, key);
}

/* A whole number from 0 to MAX; *OUT stays as it is if there is none. */
static int opt_number(json_t *obj, const char *where, const char *key,
		      double max, double *out, struct err *e)
{
	double value = NAN;

	if (json_opt_real(obj, where, key, &value, e))
		return -1;
	if (isnan(value))
		return 0;
	if (value < 0 || value > max ||
	    (value < 1e15 && value != (double)(uint64_t)value))
		return err_set(e, ERR_FORMAT,
			       "%s.%s: expected a whole number from 0 to %.0f, "
			       "found %g",
			       where, key, max, value);
	*out = value;
	return 0;
}

static int read_user(json_t *process, struct ocispec *s, struct err *e)
{
	static const char where[] = "process.user";
	double uid = -1, gid = -1, umask = -1;
	json_t *user;

	if (json_opt_obj(process, "process", "user", &user, e))
		return -1;
	if (!user)
		return 0;
	if (opt_number(user, where, "uid", ID_MAX, &uid, e) ||
	    opt_number(user, where, "gid", ID_MAX, &gid, e) ||
	    opt_number(user, where, "umask", 0777, &umask, e))
		return -1;
	s->uid = (int64_t)uid;
	s->gid = (int64_t)gid;
	s->umask = (int)umask;
	add_others(user, "process.user.", known_user, s);
	return 0;
}

/* Go's uint64, of which the greatest is no limit (RLIM_INFINITY). */
static uint64_t limit_of(double value)
{
	return value >= 9.2e18 ? UINT64_MAX : (uint64_t)value;
}

static int read_limit(json_t *item, const char *where, struct ocispec *s,
		      struct err *e)
{
	struct ocispec_limit *l = &s->limits[s->n_limits];
	double soft = -1, hard = -1;
	const char *type;

	if (json_need_str(item, where, "type", &type, e) ||
	    opt_number(item, where, "soft", 2e19, &soft, e) ||
	    opt_number(item, where, "hard", 2e19, &hard, e))
		return -1;
	if (soft < 0 || hard < 0)
		return err_set(e, ERR_FORMAT,
			       "%s: expected 'soft' and 'hard', found only one "
			       "or none",
			       where);
	for (size_t i = 0; i < s->n_limits; i++)
		if (!strcmp(s->limits[i].type, type))
			return err_set(e, ERR_FORMAT, "%s: '%s' is there twice",
				       where, type);
	*l = (struct ocispec_limit){
		.type = xstrdup(type),
		.soft = limit_of(soft),
		.hard = limit_of(hard),
	};
	s->n_limits++;
	return 0;
}

/* Call READ for each item of ARRAY, of which at most MAX may be there. */
static int for_each(json_t *array, const char *where, size_t max,
		    int (*read)(json_t *item, const char *where,
				struct ocispec *s, struct err *e),
		    struct ocispec *s, struct err *e)
{
	json_t *item;
	size_t i;

	if (json_array_size(array) > max)
		return err_set(e, ERR_LIMIT, "%s: %zu are more than %zu", where,
			       json_array_size(array), max);
	json_array_foreach (array, i, item) {
		autostr char *place = str_fmt("%s[%zu]", where, i);

		if (read(item, place, s, e))
			return -1;
	}
	return 0;
}

static int read_env(json_t *process, struct ocispec *s, struct err *e)
{
	AUTO(strlist) struct strlist all = { 0 };

	if (json_opt_strs(process, "process", "env", &all, e))
		return -1;
	for (size_t i = 0; i < all.n; i++)
		if (*all.v[i] != '=' && strchr(all.v[i], '='))
			strlist_add(&s->env, all.v[i]);
	return 0;
}

static int read_process(json_t *root, struct ocispec *s, struct err *e)
{
	json_t *process, *limits;
	const char *cwd;

	if (json_need_obj(root, "", "process", &process, e) ||
	    json_opt_strs(process, "process", "args", &s->args, e) ||
	    read_env(process, s, e) ||
	    json_need_str(process, "process", "cwd", &cwd, e) ||
	    read_user(process, s, e) ||
	    json_opt_array(process, "process", "rlimits", &limits, e))
		return -1;
	if (*cwd != '/')
		return err_set(e, ERR_FORMAT,
			       "process.cwd: expected an absolute path, found "
			       "'%s'",
			       cwd);
	s->cwd = xstrdup(cwd);
	add_others(process, "process.", known_process, s);
	s->limits = xcalloc(OCISPEC_LIMITS_MAX, sizeof *s->limits);
	return for_each(limits, "process.rlimits", OCISPEC_LIMITS_MAX,
			read_limit, s, e);
}

static int read_root(json_t *root, struct ocispec *s, struct err *e)
{
	const char *path;
	json_t *obj;

	if (json_need_obj(root, "", "root", &obj, e) ||
	    json_need_str(obj, "root", "path", &path, e) ||
	    json_opt_bool(obj, "root", "readonly", &s->readonly, e))
		return -1;
	if (!*path)
		return err_set(e, ERR_FORMAT, "root.path: it is empty");
	s->root = xstrdup(path);
	return 0;
}

static int read_mount(json_t *item, const char *where, struct ocispec *s,
		      struct err *e)
{
	struct ocispec_mount *m = &s->mounts[s->n_mounts];
	const char *destination, *type, *source;
	autostr char *absolute = NULL;

	if (json_need_str(item, where, "destination", &destination, e) ||
	    json_opt_str(item, where, "type", &type, e) ||
	    json_opt_str(item, where, "source", &source, e))
		return -1;
	/* A relative one is so to "/" (config.md, Mounts). */
	absolute = path_join("/", destination);
	*m = (struct ocispec_mount){
		.destination = path_clean(absolute),
		.type = type ? xstrdup(type) : NULL,
		.source = source ? xstrdup(source) : NULL,
	};
	s->n_mounts++;
	return json_opt_strs(item, where, "options", &m->options, e);
}

static int read_mounts(json_t *root, struct ocispec *s, struct err *e)
{
	json_t *mounts;

	if (json_opt_array(root, "", "mounts", &mounts, e))
		return -1;
	s->mounts = xcalloc(json_array_size(mounts) + 1, sizeof *s->mounts);
	return for_each(mounts, "mounts", OCISPEC_MOUNTS_MAX, read_mount, s, e);
}

/* A new user and a new mount namespace is what there is. */
static int read_linux(json_t *root, struct ocispec *s, struct err *e)
{
	AUTO(strlist) struct strlist names = { 0 };
	autostr char *text = NULL;
	json_t *obj, *namespaces = NULL, *item;
	size_t i;

	if (json_opt_obj(root, "", "linux", &obj, e) ||
	    (obj && json_opt_array(obj, "linux", "namespaces", &namespaces, e)))
		return -1;
	json_array_foreach (namespaces, i, item) {
		autostr char *where = str_fmt("linux.namespaces[%zu]", i);
		const char *type, *path;

		if (json_need_str(item, where, "type", &type, e) ||
		    json_opt_str(item, where, "path", &path, e))
			return -1;
		if (path || (strcmp(type, "user") && strcmp(type, "mount")))
			strlist_add(&names, type);
	}
	text = strlist_join(&names, ", ");
	if (names.n)
		strlist_addf(&s->others, "linux.namespaces (%s)", text);
	add_others(obj, "linux.", known_linux, s);
	return 0;
}

static int read_version(json_t *root, struct err *e)
{
	const char *version;

	if (json_need_str(root, "", "ociVersion", &version, e))
		return -1;
	if (str_starts(version, "1."))
		return 0;
	return err_set(e, ERR_UNSUPPORTED,
		       "ociVersion: expected '1.x', found '%s'", version);
}

int ocispec_parse(const void *text, size_t n, struct ocispec *out,
		  struct err *e)
{
	AUTO(ocispec) struct ocispec s = { .uid = -1, .gid = -1, .umask = -1 };
	AUTO(json) json_t *root = json_parse_reals("config.json", text, n, e);

	*out = (struct ocispec){ 0 };
	if (!root)
		return -1;
	if (read_version(root, e) || read_process(root, &s, e) ||
	    read_root(root, &s, e) || read_mounts(root, &s, e) ||
	    read_linux(root, &s, e))
		return err_ctx(e, "config.json");
	s.has_hooks = asks(json_object_get(root, "hooks"));
	add_others(root, "", known_root, &s);
	*out = s;
	s = (struct ocispec){ 0 };
	return 0;
}

void ocispec_clear(struct ocispec *s)
{
	strlist_clear(&s->args);
	strlist_clear(&s->env);
	free(s->cwd);
	for (size_t i = 0; i < s->n_limits; i++)
		free(s->limits[i].type);
	free(s->limits);
	free(s->root);
	for (size_t i = 0; i < s->n_mounts; i++) {
		free(s->mounts[i].destination);
		free(s->mounts[i].type);
		free(s->mounts[i].source);
		strlist_clear(&s->mounts[i].options);
	}
	free(s->mounts);
	strlist_clear(&s->others);
	*s = (struct ocispec){ 0 };
}
