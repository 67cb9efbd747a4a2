/* descriptor.c - content descriptors read from JSON.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/descriptor.h"

#include "base/mem.h"
#include "base/str.h"
#include "format/json.h"

#include <string.h>

static int read_digest(json_t *obj, const char *where, struct digest *out,
		       struct err *e)
{
	const char *text;

	if (json_need_str(obj, where, "digest", &text, e))
		return -1;
	if (digest_parse(text, out, e))
		return err_ctx(e, "%s", where);
	return 0;
}

static int read_platform(json_t *obj, const char *where, struct platform *out,
			 struct err *e)
{
	const char *os = NULL, *arch = NULL, *variant = NULL;
	autostr char *place = str_fmt("%s.platform", where);
	json_t *p;

	if (json_opt_obj(obj, where, "platform", &p, e))
		return -1;
	if (!p)
		return 0;
	if (json_opt_str(p, place, "os", &os, e) ||
	    json_opt_str(p, place, "architecture", &arch, e) ||
	    json_opt_str(p, place, "variant", &variant, e))
		return -1;
	if (platform_set(out, os, arch, variant, e))
		return err_ctx(e, "%s", where);
	return 0;
}

static int read_annotations(json_t *obj, const char *where,
			    struct descriptor *d, struct err *e)
{
	autostr char *place = str_fmt("%s.annotations", where);
	struct err ignored = { 0 }; /* only a hint: then there is none */
	const char *name, *full, *type, *source;
	json_t *a;

	if (json_opt_obj(obj, where, "annotations", &a, e))
		return -1;
	if (!a)
		return 0;
	if (json_opt_str(a, place, "org.opencontainers.image.ref.name", &name,
			 e) ||
	    json_opt_str(a, place, "io.containerd.image.name", &full, e) ||
	    json_opt_str(a, place, "vnd.docker.reference.type", &type, e) ||
	    json_opt_str(a, place, DESCRIPTOR_SOURCE, &source, e))
		return -1;
	if (source && digest_parse(source, &d->source, &ignored))
		d->source = (struct digest){ 0 };
	d->ref_name = name ? xstrdup(name) : NULL;
	d->image_name = full ? xstrdup(full) : NULL;
	d->is_attestation = type != NULL;
	return 0;
}

int descriptor_read(json_t *obj, const char *where, struct descriptor *out,
		    struct err *e)
{
	AUTO(descriptor) struct descriptor d = { 0 };
	const char *type;

	*out = d;
	if (json_opt_str(obj, where, "mediaType", &type, e) ||
	    read_digest(obj, where, &d.digest, e) ||
	    json_need_size(obj, where, "size", &d.size, e) ||
	    read_platform(obj, where, &d.platform, e) ||
	    read_annotations(obj, where, &d, e))
		return -1;
	if (type && *type) {
		d.media_type = xstrdup(type);
		d.media = media_of(type);
	}
	if (!strcmp(d.platform.os, "unknown") &&
	    !strcmp(d.platform.arch, "unknown"))
		d.is_attestation = true;
	*out = d;
	d = (struct descriptor){ 0 };
	return 0;
}

void descriptor_clear(struct descriptor *d)
{
	free(d->media_type);
	free(d->ref_name);
	free(d->image_name);
	*d = (struct descriptor){ 0 };
}

void descriptor_copy(struct descriptor *to, const struct descriptor *from)
{
	*to = *from;
	to->media_type = from->media_type ? xstrdup(from->media_type) : NULL;
	to->ref_name = from->ref_name ? xstrdup(from->ref_name) : NULL;
	to->image_name = from->image_name ? xstrdup(from->image_name) : NULL;
}
