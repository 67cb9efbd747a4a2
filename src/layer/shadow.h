/* shadow.h - which names of lower layers are hidden by upper ones, by their
 * text alone: a good guess.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A name can lead through symlinks, which are not looked at here, and only sums
 * of names are kept; so who asks must be able to live with a wrong answer.
 * Layers are added from the topmost down.
 */
#ifndef LAYER_SHADOW_H
#define LAYER_SHADOW_H

#include "layer/entry.h"

struct shadow;

struct shadow *shadow_new(void);
void shadow_free(struct shadow *s);
AUTO_DEFINE_PTR(shadow, struct shadow, shadow_free)

/* An entry of the layer that is being read, whose names (whiteouts too) hide
 * those of the layers below it: from shadow_layer on. */
void shadow_add(struct shadow *s, const char *name, enum entry_type type);
/* The layer is read: its names count from now on. */
void shadow_layer(struct shadow *s);
/* Does a layer above hide the file NAME? */
bool shadow_hides(const struct shadow *s, const char *name);

#endif
