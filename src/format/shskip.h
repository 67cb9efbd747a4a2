/* shskip.h - pass over commands of a shell script that are not understood; part
 * of shenv.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef FORMAT_SHSKIP_H
#define FORMAT_SHSKIP_H

#include "format/shword.h"

/* To the end of the line, or of the last one if it goes on in others. OPEN is
 * what is open: a character for each if, loop, case, brace and parenthesis; the
 * caller empties it before a script. Where a here-document begins, to the end
 * of the script. */
void shskip_line(struct shword *c, struct str *open);

#endif
