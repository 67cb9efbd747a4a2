/* inflate_isal.c - gzip decoding by ISA-L, several times faster than zlib.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The member's header (RFC 1952, 2.3) is read here: ISA-L 2.30 computes a wrong
 * header CRC when the header does not lie in one buffer. The data and its
 * trailer are ISA-L's.
 */
#include "config.h"

#include "layer/inflate.h"

#include "base/mem.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <stdint.h>

enum flag {
	FLAG_HCRC = 0x02,
	FLAG_EXTRA = 0x04,
	FLAG_NAME = 0x08,
	FLAG_COMMENT = 0x10,
	FLAG_RESERVED = 0xe0,
};

/* The header's parts in their order. */
enum part {
	PART_FIXED,
	PART_EXTRA_LENGTH,
	PART_EXTRA,
	PART_NAME,
	PART_COMMENT,
	PART_HCRC,
	PART_DATA, /* not the header's any more */
};

static const uint8_t part_flags[] = {
	[PART_EXTRA_LENGTH] = FLAG_EXTRA, [PART_EXTRA] = FLAG_EXTRA,
	[PART_NAME] = FLAG_NAME,          [PART_COMMENT] = FLAG_COMMENT,
	[PART_HCRC] = FLAG_HCRC,
};

struct inflate {
	struct inflate_state state;
	enum part part;
	unsigned at;    /* bytes of the part seen */
	unsigned flags; /* enum flag */
	unsigned extra_length;
	unsigned stored_crc;
	uint32_t crc; /* of the header so far */
};

struct inflate *inflate_new(void)
{
	struct inflate *z = xcalloc(1, sizeof(*z));

	isal_inflate_init(&z->state);
	z->state.crc_flag = ISAL_GZIP_NO_HDR_VER;
	return z;
}

void inflate_free(struct inflate *z)
{
	free(z);
}

void inflate_reset(struct inflate *z)
{
	isal_inflate_reset(&z->state);
	z->part = PART_FIXED;
	z->at = 0;
	z->crc = 0;
	z->extra_length = 0;
	z->stored_crc = 0;
}

static void next_part(struct inflate *z)
{
	z->at = 0;
	do
		z->part++;
	while (z->part < PART_DATA && !(z->flags & part_flags[z->part]));
	if (z->part == PART_EXTRA && !z->extra_length)
		next_part(z);
}

/* Magic, method 8 (deflate), flags; then time, extra flags and system. */
static int fixed_byte(struct inflate *z, uint8_t byte, struct err *e)
{
	static const uint8_t want[] = { 0x1f, 0x8b, 8 };
	unsigned at = z->at++;
	bool is_good = true;

	if (at < sizeof(want))
		is_good = byte == want[at];
	if (at == 3) {
		z->flags = byte;
		is_good = !(byte & FLAG_RESERVED);
	}
	if (!is_good)
		return err_set(e, ERR_FORMAT, "malformed gzip header");
	if (z->at == 10)
		next_part(z);
	return 0;
}

static int check_header(struct inflate *z, struct err *e)
{
	if (z->stored_crc != (z->crc & 0xffff))
		return err_set(e, ERR_FORMAT,
			       "gzip header does not match its own checksum");
	next_part(z);
	return 0;
}

static int header_byte(struct inflate *z, uint8_t byte, struct err *e)
{
	if (z->part == PART_HCRC) {
		z->stored_crc |= (unsigned)byte << 8 * z->at++;
		return z->at == 2 ? check_header(z, e) : 0;
	}
	z->crc = crc32_gzip_refl(z->crc, &byte, 1);
	switch (z->part) {
	case PART_FIXED:
		return fixed_byte(z, byte, e);
	case PART_EXTRA_LENGTH:
		z->extra_length |= (unsigned)byte << 8 * z->at++;
		if (z->at == 2)
			next_part(z);
		return 0;
	case PART_EXTRA:
		if (++z->at == z->extra_length)
			next_part(z);
		return 0;
	default: /* a name or a comment, up to its NUL */
		if (!byte)
			next_part(z);
		return 0;
	}
}

/* ISA-L counts in 32 bits. */
static uint32_t at_most_u32(size_t n)
{
	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

/* The data: next_in is not const in ISA-L, though it is only read. */
static int data_step(struct inflate *z, const void **in, size_t *in_len,
		     void *out, size_t out_len, size_t *made, struct err *e)
{
	struct inflate_state *s = &z->state;
	uint32_t given = at_most_u32(*in_len);
	uint32_t room = at_most_u32(out_len);

	s->next_in = (uint8_t *)(uintptr_t)*in;
	s->avail_in = given;
	s->next_out = out;
	s->avail_out = room;
	int code = isal_inflate(s);

	if (code == ISAL_INCORRECT_CHECKSUM)
		return err_set(e, ERR_FORMAT,
			       "gzip data does not match its own checksum");
	if (code < 0)
		return err_set(e, ERR_FORMAT, "corrupt gzip data");
	*in = s->next_in;
	*in_len -= given - s->avail_in;
	*made = room - s->avail_out;
	return 0;
}

int inflate_step(struct inflate *z, const void **in, size_t *in_len, void *out,
		 size_t out_len, size_t *made, bool *ended, struct err *e)
{
	*made = 0;
	*ended = false;
	while (z->part < PART_DATA) {
		const uint8_t *p = *in;

		if (!*in_len)
			return 0;
		if (header_byte(z, *p, e))
			return -1;
		*in = p + 1;
		--*in_len;
	}
	if (data_step(z, in, in_len, out, out_len, made, e))
		return -1;
	*ended = z->state.block_state == ISAL_BLOCK_FINISH;
	return 0;
}
