/* rootless.c - the value of user.rootlesscontainers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "format/rootless.h"

#define VARINT_BYTES 10 /* of 64 bits, at most */

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct cursor {
	const unsigned char *p, *end;
};

static int get_varint(struct cursor *c, uint64_t *out, struct err *e)
{
	*out = 0;
	for (unsigned int i = 0; i < VARINT_BYTES; i++) {
		if (c->p == c->end)
			return err_set(e, ERR_FORMAT, "ends in a number");
		*out |= (uint64_t)(*c->p & 0x7f) << 7 * i;
		if (!(*c->p++ & 0x80))
			return 0;
	}
	return err_set(e, ERR_FORMAT, "a number is longer than %d bytes",
		       VARINT_BYTES);
}

static int skip(struct cursor *c, uint64_t n, struct err *e)
{
	if (n > (uint64_t)(c->end - c->p))
		return err_set(e, ERR_FORMAT,
			       "a field of %llu bytes: there are %td",
			       (unsigned long long)n, c->end - c->p);
	c->p += n;
	return 0;
}

static int skip_field(struct cursor *c, unsigned int wire, struct err *e)
{
	uint64_t n;

	switch (wire) {
	case WIRE_VARINT:
		return get_varint(c, &n, e);
	case WIRE_64:
		return skip(c, 8, e);
	case WIRE_32:
		return skip(c, 4, e);
	case WIRE_BYTES:
		return get_varint(c, &n, e) ? -1 : skip(c, n, e);
	default:
		return err_set(e, ERR_FORMAT, "unknown wire type %u", wire);
	}
}

static int get_id(struct cursor *c, const char *what, unsigned int wire,
		  uint32_t *out, struct err *e)
{
	uint64_t v;

	if (wire != WIRE_VARINT)
		return err_set(e, ERR_FORMAT,
			       "%s: expected wire type %d, found %u", what,
			       WIRE_VARINT, wire);
	if (get_varint(c, &v, e))
		return err_ctx(e, "%s", what);
	if (v > UINT32_MAX)
		return err_set(e, ERR_FORMAT,
			       "%s: expected at most %u, found %llu", what,
			       UINT32_MAX, (unsigned long long)v);
	*out = (uint32_t)v;
	return 0;
}

static int get_field(struct cursor *c, struct rootless *r, struct err *e)
{
	unsigned int wire;
	uint64_t tag;

	if (get_varint(c, &tag, e))
		return -1;
	wire = tag & 7;
	switch (tag >> 3) {
	case 0:
		return err_set(e, ERR_FORMAT, "a field has the number 0");
	case 1:
		return get_id(c, "uid", wire, &r->uid, e);
	case 2:
		return get_id(c, "gid", wire, &r->gid, e);
	default:
		return skip_field(c, wire, e);
	}
}

int rootless_parse(const void *p, size_t n, struct rootless *out, struct err *e)
{
	struct cursor c = { p, (const unsigned char *)p + n };
	struct rootless r = { 0 };

	*out = (struct rootless){ ROOTLESS_UNSET, ROOTLESS_UNSET };
	if (n > ROOTLESS_BYTES_MAX)
		return err_set(e, ERR_LIMIT, "%s: %zu bytes are more than %d",
			       ROOTLESS_NAME, n, ROOTLESS_BYTES_MAX);
	while (c.p < c.end)
		if (get_field(&c, &r, e))
			return err_ctx(e, "%s", ROOTLESS_NAME);
	*out = r;
	return 0;
}
