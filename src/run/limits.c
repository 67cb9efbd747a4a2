/* limits.c - resource limits and umask that the command starts with.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/limits.h"

#include <string.h>
#include <sys/stat.h>

static const char *const names[RLIM_NLIMITS] = {
	[RLIMIT_AS] = "RLIMIT_AS",
	[RLIMIT_CORE] = "RLIMIT_CORE",
	[RLIMIT_CPU] = "RLIMIT_CPU",
	[RLIMIT_DATA] = "RLIMIT_DATA",
	[RLIMIT_FSIZE] = "RLIMIT_FSIZE",
	[RLIMIT_LOCKS] = "RLIMIT_LOCKS",
	[RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",
	[RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE",
	[RLIMIT_NICE] = "RLIMIT_NICE",
	[RLIMIT_NOFILE] = "RLIMIT_NOFILE",
	[RLIMIT_NPROC] = "RLIMIT_NPROC",
	[RLIMIT_RSS] = "RLIMIT_RSS",
	[RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",
	[RLIMIT_RTTIME] = "RLIMIT_RTTIME",
	[RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
	[RLIMIT_STACK] = "RLIMIT_STACK",
};

static rlim_t value_of(uint64_t n)
{
	return n < RLIM_INFINITY ? (rlim_t)n : RLIM_INFINITY;
}

int limits_add(struct limits *l, const char *name, uint64_t soft, uint64_t hard,
	       struct err *e)
{
	for (size_t i = 0; i < RLIM_NLIMITS; i++) {
		if (!names[i] || strcmp(names[i], name) != 0)
			continue;
		l->v[i] = (struct rlimit){ value_of(soft), value_of(hard) };
		l->is_set[i] = true;
		return 0;
	}
	return err_set(e, ERR_FORMAT, "there is no limit '%s'", name);
}

static rlim_t least(rlim_t a, rlim_t b)
{
	return a < b ? a : b;
}

int limits_set(const struct limits *l, struct err *e)
{
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit now, new = l->v[i];

		if (!l->is_set[i])
			continue;
		if (getrlimit(i, &now))
			return err_sys(e, "can't read the limit %s", names[i]);
		new.rlim_max = least(new.rlim_max, now.rlim_max);
		new.rlim_cur = least(new.rlim_cur, new.rlim_max);
		if (setrlimit(i, &new))
			return err_sys(e, "can't set the limit %s to %llu",
				       names[i],
				       (unsigned long long)new.rlim_cur);
	}
	if (l->umask >= 0)
		umask((mode_t)l->umask);
	return 0;
}

static void add_value(struct str *out, rlim_t value)
{
	if (value == RLIM_INFINITY)
		str_add(out, "unlimited");
	else
		str_addf(out, "%llu", (unsigned long long)value);
}

void limits_print(const struct limits *l, const char *why, struct str *out)
{
	for (size_t i = 0; i < RLIM_NLIMITS; i++) {
		if (!l->is_set[i])
			continue;
		str_addf(out, "limit %s=", names[i]);
		add_value(out, l->v[i].rlim_cur);
		str_addc(out, ':');
		add_value(out, l->v[i].rlim_max);
		str_addf(out, " (%s)\n", why);
	}
	if (l->umask >= 0)
		str_addf(out, "umask %04o (%s)\n", (unsigned)l->umask, why);
}
