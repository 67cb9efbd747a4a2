/* clock.h - how much time has passed.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Milliseconds since some moment before; nobody can set that clock back
 * (CLOCK_MONOTONIC of clock_gettime(2)). */
int64_t clock_ms(void);

#endif
