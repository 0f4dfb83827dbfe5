/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that work on the parts of one call at the same time. Between calls they wait by spinning, so that a call costs
 * no system call; a team is therefore opened for a stretch of calls, and closed before anything else is measured.
 */
#ifndef EXACTLOSS_BENCH_TEAM_H
#define EXACTLOSS_BENCH_TEAM_H

typedef struct team team;

typedef void team_work(void *context, int part);

/* Starts threads - 1 threads: the caller is the first of the team. Ends the program if they can't be started. */
team *team_open(int threads);

/* Runs work(context, part) for each part 0 .. threads - 1, each in a thread of its own, and waits for all. */
void team_run(team *t, team_work *work, void *context);

void team_close(team *t);

/* The processors that this process may run on. */
int team_processors(void);

#endif
