/* t_jointag.c - which processes belong together, by the launchers' variables.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/str.h"
#include "run/jointag.h"

#include "tap.h"

#define ITEMS 10

// clang-format off
static const struct test {
	const char *what;
	const char *env[ITEMS];
	pid_t pmi;
	const char *tag, *from;
	int count;
} tests[] = {
	{ "nobody: the parent process", { "HOME=/h" },
	  .tag = "parent/77.1234", .from = "the parent process" },
	{ "Open MPI 4: mpirun",
	  { "OMPI_COMM_WORLD_LOCAL_SIZE=3", "OMPI_COMM_WORLD_SIZE=12",
	    "PMIX_NAMESPACE=2718826497", "PMIX_RANK=1" },
	  .tag = "pmix/2718826497", .from = "PMIX_NAMESPACE", .count = 3 },
	{ "another server, another mpirun",
	  { "PMIX_NAMESPACE=2718826497",
	    "PMIX_SERVER_URI2=2718826496.0;tcp4://127.0.0.1:40209" },
	  .tag = "pmix/2718826497~1b5fb9ee", .from = "PMIX_NAMESPACE" },
	{ "Open MPI 5: prterun",
	  { "OMPI_COMM_WORLD_LOCAL_SIZE=2",
	    "PMIX_NAMESPACE=prterun-node1-77@1" },
	  .tag = "pmix/prterun-node1-77@1", .from = "PMIX_NAMESPACE",
	  .count = 2 },
	{ "MPICH: Hydra",
	  { "PMI_RANK=0", "PMI_FD=9", "PMI_SIZE=8", "MPI_LOCALNRANKS=4",
	    "MPI_LOCALRANKID=0" }, .pmi = 4242,
	  .tag = "hydra/4242", .from = "PMI_FD", .count = 4 },
	{ "PMI_FD is no socket: the parent process",
	  { "PMI_FD=9", "MPI_LOCALNRANKS=4" },
	  .tag = "parent/77.1234", .from = "the parent process", .count = 4 },
	{ "PMI_FD that is not Hydra's: Slurm with --mpi=pmi2",
	  { "PMI_FD=9", "SLURM_JOB_ID=5", "SLURM_STEP_ID=0",
	    "SLURM_STEP_TASKS_PER_NODE=2" }, .pmi = 4242,
	  .tag = "slurm/5.0", .from = "SLURM_JOB_ID", .count = 2 },
	{ "Slurm: the node's own number",
	  { "SLURM_JOB_ID=17", "SLURM_STEP_ID=3", "SLURM_NODEID=2",
	    "SLURM_STEP_TASKS_PER_NODE=2(x2),6,1" },
	  .tag = "slurm/17.3", .from = "SLURM_JOB_ID", .count = 6 },
	{ "Slurm with --mpi=pmix",
	  { "SLURM_JOB_ID=17", "SLURM_STEP_ID=3", "SLURM_NODEID=0",
	    "SLURM_STEP_TASKS_PER_NODE=5(x2)",
	    "PMIX_NAMESPACE=slurm.pmix.17.3" },
	  .tag = "pmix/slurm.pmix.17.3", .from = "PMIX_NAMESPACE",
	  .count = 5 },
	{ "a batch script has a job but no step",
	  { "SLURM_JOB_ID=17", "SLURM_TASKS_PER_NODE=8" },
	  .tag = "parent/77.1234", .from = "the parent process" },
	{ "PALS",
	  { "PALS_APID=0f3c-11", "PALS_LOCAL_SIZE=12", "PMI_SIZE=48" },
	  .tag = "pals/0f3c-11", .from = "PALS_APID", .count = 12 },
	{ "mpirun in a batch job: the inner one",
	  { "SLURM_JOB_ID=17", "SLURM_STEP_ID=0",
	    "SLURM_STEP_TASKS_PER_NODE=1", "OMPI_COMM_WORLD_LOCAL_SIZE=16",
	    "PMIX_NAMESPACE=99" },
	  .tag = "pmix/99", .from = "PMIX_NAMESPACE", .count = 16 },
	{ "mpiexec of MPICH in a batch job: the inner one",
	  { "SLURM_JOB_ID=17", "SLURM_STEP_ID=0", "PMI_FD=5",
	    "SLURM_STEP_TASKS_PER_NODE=1", "MPI_LOCALNRANKS=16" }, .pmi = 3,
	  .tag = "hydra/3", .from = "PMI_FD", .count = 16 },
	{ "what is empty is not there",
	  { "PMIX_NAMESPACE=", "PALS_APID=", "SLURM_JOB_ID=1",
	    "SLURM_STEP_ID=2", "OMPI_COMM_WORLD_LOCAL_SIZE=" },
	  .tag = "slurm/1.2", .from = "SLURM_JOB_ID" },
	{ "numbers that are none",
	  { "PALS_APID=x", "PALS_LOCAL_SIZE=many" },
	  .tag = "pals/x", .from = "PALS_APID" },
	{ "a list that ends too early",
	  { "SLURM_JOB_ID=1", "SLURM_STEP_ID=2", "SLURM_NODEID=9",
	    "SLURM_STEP_TASKS_PER_NODE=2(x3),1" },
	  .tag = "slurm/1.2", .from = "SLURM_JOB_ID" },
	{ "a list that makes no sense",
	  { "SLURM_JOB_ID=1", "SLURM_STEP_ID=2", "SLURM_NODEID=1",
	    "SLURM_STEP_TASKS_PER_NODE=((x,,(x9" },
	  .tag = "slurm/1.2", .from = "SLURM_JOB_ID" },
	{ "a number that no node has",
	  { "PALS_APID=x", "PALS_LOCAL_SIZE=99999999999999999999" },
	  .tag = "pals/x", .from = "PALS_APID", .count = 2147483647 },
};
// clang-format on

static void run(const struct test *t)
{
	AUTO(strlist) struct strlist env = { 0 };
	struct jointag_caller c = {
		.parent = 77,
		.parent_start = (char[]){ "1234" },
		.pmi = t->pmi,
	};
	const char *from = NULL;
	autostr char *tag = NULL;

	for (size_t i = 0; i < ITEMS && t->env[i]; i++)
		strlist_add(&env, t->env[i]);
	tag = jointag_find(&env, &c, &from);
	is(tag, t->tag, t->what);
	is(from, t->from, "... and where it is from");
	is_num(jointag_count(&env), t->count, "... and how many");
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		run(&tests[i]);
	return tap_done();
}
