/* jointag.c - which processes of a node belong together.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/jointag.h"

#include "base/sip.h"
#include "base/str.h"
#include "format/envfile.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>

// clang-format off
static const struct {
	const char *name; /* of the tag's kind */
	const char *var[2]; /* both must be set */
} launchers[] = {
	{ "pmix", { "PMIX_NAMESPACE" } },
	{ "pals", { "PALS_APID" } },
	{ "hydra", { "PMI_FD", "MPI_LOCALNRANKS" } }, /* the peer's PID */
	{ "slurm", { "SLURM_JOB_ID", "SLURM_STEP_ID" } },
};

/* Innermost first, as above. */
static const char *const counts[] = {
	"OMPI_COMM_WORLD_LOCAL_SIZE",
	"PALS_LOCAL_SIZE",
	"MPI_LOCALNRANKS",
	"SLURM_STEP_TASKS_PER_NODE", /* "2(x3),1" for four nodes */
};
// clang-format on

static const char *get(const struct strlist *env, const char *name)
{
	const char *value = env_get(env, name);

	return value && *value ? value : NULL;
}

/* The namespace of Open MPI 4 has 16 bits that tell one mpirun from another;
 * the address of the server, one a node and mpirun, tells it surely. */
static char *pmix_tag(const char *namespace, const char *server)
{
	static const struct sip_key key = { { 0, 0 } };

	if (!server)
		return str_fmt("pmix/%s", namespace);
	return str_fmt("pmix/%s~%08x", namespace,
		       (unsigned)sip_sum(&key, 0, server, strlen(server)));
}

static char *tag_of(const struct strlist *env, size_t i,
		    const struct jointag_caller *c)
{
	const char *first = get(env, launchers[i].var[0]);
	const char *second = NULL;

	if (launchers[i].var[1])
		second = get(env, launchers[i].var[1]);
	if (!first || (launchers[i].var[1] && !second))
		return NULL;
	if (!strcmp(launchers[i].name, "hydra"))
		return c->pmi ? str_fmt("hydra/%d", (int)c->pmi) : NULL;
	if (!strcmp(launchers[i].name, "pmix"))
		return pmix_tag(first, get(env, "PMIX_SERVER_URI2"));
	return str_fmt("%s/%s%s%s", launchers[i].name, first, second ? "." : "",
		       second ? second : "");
}

char *jointag_find(const struct strlist *env, const struct jointag_caller *c,
		   const char **from)
{
	for (size_t i = 0; i < ARRAY_SIZE(launchers); i++) {
		char *tag = tag_of(env, i, c);

		*from = launchers[i].var[0];
		if (tag)
			return tag;
	}
	*from = "the parent process";
	return str_fmt("parent/%d.%s", (int)c->parent, c->parent_start);
}

/* The digits at *S, up to INT_MAX; 0 if there are none. */
static int digits(const char **s)
{
	long n = 0;

	for (; isdigit((unsigned char)**s); (*s)++)
		if (n < INT_MAX)
			n = n * 10 + (**s - '0');
	return n < INT_MAX ? (int)n : INT_MAX;
}

/* The number for node NODE in LIST, "4", "4(x2)" or "2(x3),1". What does not
 * look like one gives 0. */
static int on_node(const char *list, int node)
{
	while (true) {
		int n = digits(&list);
		int times = 1;

		if (str_starts(list, "(x")) {
			list += 2;
			times = digits(&list);
			list += *list == ')';
		}
		if (node < times)
			return n;
		node -= times;
		if (*list++ != ',')
			return 0;
	}
}

int jointag_count(const struct strlist *env)
{
	const char *node = get(env, "SLURM_NODEID");

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		const char *value = get(env, counts[i]);

		if (!value)
			continue;
		if (str_starts(counts[i], "SLURM_"))
			return on_node(value, node ? digits(&node) : 0);
		return digits(&value);
	}
	return 0;
}
