/* jointag.h - which processes of a node belong together: the launcher's name
 * for the job, and how many there will be.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Launchers run in each other (mpirun in a batch job), and the variables of the
 * outer ones are still there then, so the innermost is asked first. Pure.
 *
 *	PMIX_NAMESPACE          Open MPI, PRRTE, Slurm with --mpi=pmix
 *	PALS_APID               HPE's PALS, Slurm with --mpi=cray_shasta
 *	PMI_FD, MPI_LOCALNRANKS Hydra of MPICH, MVAPICH, Intel MPI: whoever
 *	                        is at the other end of that socket
 *	SLURM_JOB_ID, SLURM_STEP_ID
 *	                        Slurm: srun
 *	the parent process      anybody else
 */
#ifndef RUN_JOINTAG_H
#define RUN_JOINTAG_H

#include "base/strlist.h"

#include <sys/types.h>

/* The processes that may stand for a job. A process ID comes back some day, the
 * time at which a process started does not. */
struct jointag_caller {
	pid_t parent;
	char *parent_start; /* the clock ticks of proc(5), as text */
	pid_t pmi;          /* at the other end of $PMI_FD, or 0 */
};

/* The tag by environment ENV and CALLER; *FROM becomes what it was taken from.
 * Caller frees. */
char *jointag_find(const struct strlist *env, const struct jointag_caller *c,
		   const char **from);
/* How many there will be on this node, or 0 if nobody says. */
int jointag_count(const struct strlist *env);

#endif
