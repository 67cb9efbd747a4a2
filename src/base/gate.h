/* gate.h - a number that only grows, which other threads wait for: how much
 * of a file is there already.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_GATE_H
#define BASE_GATE_H

#include "base/auto.h"

#include <stdbool.h>
#include <stdint.h>

struct gate;

struct gate *gate_new(void);
void gate_free(struct gate *g);
AUTO_DEFINE_PTR(gate, struct gate, gate_free)

/* Raise the value; lower ones are ignored. */
void gate_raise(struct gate *g, uint64_t value);
/* Wait until the value is more than HAVE; it goes to *VALUE. False if the gate
 * was cancelled. */
bool gate_wait(struct gate *g, uint64_t have, uint64_t *value);
/* Wake everybody up and make every further wait fail. Idempotent. */
void gate_cancel(struct gate *g);

#endif
