/* checkjson.c - what was tried on this host, for programs.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "run/checkjson.h"

#include "format/json.h"
#include "run/checklist.h"

#include <sys/utsname.h>

static json_t *text_json(const char *text)
{
	return text && *text ? json_string(text) : json_null();
}

static json_t *item_json(const struct check_item *item, const struct finding *f)
{
	json_t *j = json_object();

	json_object_set_new(j, "name", json_string(item->name));
	json_object_set_new(j, "state", json_string(finding_word(f)));
	json_object_set_new(j, "needed", json_boolean(!item->user));
	json_object_set_new(j, "what", json_string(item->what));
	json_object_set_new(j, "for", text_json(item->user));
	json_object_set_new(j, "text", text_json(f->text));
	json_object_set_new(j, "fix", text_json(f->fix));
	return j;
}

void checkjson(const struct finding *v, struct str *out)
{
	AUTO(json) json_t *all = json_object();
	json_t *items = json_array();
	autostr char *text = NULL;
	struct utsname host = { 0 };
	size_t n;
	const struct check_item *item = checklist_items(&n);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(items, item_json(&item[i], &v[i]));
	uname(&host);
	json_object_set_new(all, "good", json_boolean(checklist_is_good(v)));
	json_object_set_new(all, "version", json_string(PACKAGE_VERSION));
	json_object_set_new(all, "kernel", text_json(host.release));
	json_object_set_new(all, "machine", text_json(host.machine));
	json_object_set_new(all, "items", items);
	text = json_dumps(all, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	str_addf(out, "%s\n", text ? text : "null");
}
