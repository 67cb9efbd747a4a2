/* regconf.h - which places stand behind the name of an image: the useful part
 * of containers-registries.conf(5), version 2. Pure.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Read: unqualified-search-registries, [aliases], [[registry]] with prefix
 * (HOST[:PORT][/PATH][:TAG|@DIGEST] or *.HOST), location, insecure, blocked and
 * mirror-by-digest-only, [[registry.mirror]] with location, insecure and
 * pull-from-mirror. Other keys are another program's. Hosts get the one form
 * that ref.h gives them.
 */
#ifndef FORMAT_REGCONF_H
#define FORMAT_REGCONF_H

#include "base/strlist.h"
#include "format/ref.h"

#include <stdbool.h>

enum regconf_when { REGCONF_ALL, REGCONF_DIGEST_ONLY, REGCONF_TAG_ONLY };

struct regconf_mirror {
	char *location; /* HOST[:PORT][/PATH] */
	bool insecure;
	enum regconf_when when;
};

struct regconf_registry {
	char *prefix;
	char *location; /* as prefix by default; NULL: the name as it is */
	bool insecure;
	bool blocked;
	struct regconf_mirror *mirrors;
	size_t n_mirrors;
	char *where; /* "FILE:LINE" */
};

struct regconf_alias {
	char *name;   /* "fedora" */
	char *target; /* "registry.fedoraproject.org/fedora"; "": none */
	char *where;
};

struct regconf { /* zeroed is empty */
	struct regconf_registry *v;
	size_t n;
	size_t cap;
	struct regconf_alias *aliases;
	size_t n_aliases;
	size_t aliases_cap;
	struct strlist search; /* hosts */
};

/* Add the file NAME with the content TEXT to C: a [[registry]] takes the place
 * of one with the same prefix, a search list and an alias that of the one
 * before (containers-registries.conf.d(5)). *IS_OLD: it is of version 1, and
 * nothing was added. ERR_FORMAT with file and line; C is then of no use but to
 * be cleared. */
MUST_CHECK int regconf_add(struct regconf *c, const char *name,
			   const char *text, size_t n, bool *is_old,
			   struct err *e);
void regconf_clear(struct regconf *c);
AUTO_DEFINE(regconf, struct regconf, regconf_clear)

/* The [[registry]] with the longest prefix of REF, or NULL. Borrowed. */
const struct regconf_registry *regconf_find(const struct regconf *c,
					    const struct ref *ref);
/* REF's name with the prefix of R, which matches it, replaced by LOCATION (NULL
 * leaves it as it is). The caller frees HOST and REPO. ERR_FORMAT if no
 * repository name is left. */
MUST_CHECK int regconf_rewrite(const struct regconf_registry *r,
			       const struct ref *ref, const char *location,
			       char **host, char **repo, struct err *e);
/* The alias for a name without a host ("fedora" for docker.io/library/fedora),
 * or NULL. Borrowed. */
const struct regconf_alias *regconf_alias(const struct regconf *c,
					  const struct ref *ref);

#endif
