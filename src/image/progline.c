/* progline.c - the lines that show how far a pull is, made from numbers and the
 * terminal's size.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/progline.h"

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"

#include <inttypes.h>
#include <string.h>

/* What stands between two columns, and how wide these are at most. */
#define GAP 2
#define BYTES_WIDTH 18 /* "999 KiB of 999 KiB" */
#define PERCENT_WIDTH 4
#define RATE_WIDTH 9  /* "999 KiB/s" */
#define LEFT_WIDTH 16 /* "99 h 59 min left" */
#define BAR_MIN 12
#define BAR_MAX 32
#define NAME_MIN 14 /* "layer 10 of 12" */
#define LEFT_MAX_S (100 * 3600 - 31)
#define DOING_MAX 40 /* as far as the digest gives way to it */
#define DOING_MIN 8  /* less of it is not worth showing */
#define NARROW 20
#define COLUMNS_MIN 8

/* What has room. */
struct shape {
	size_t columns; /* of them one is never used, see log_block */
	size_t name;
	bool digest, sizes, rate, left;
	size_t bar; /* 0: none */
};

static bool take(size_t *room, size_t width)
{
	if (*room < width + GAP)
		return false;
	*room -= width + GAP;
	return true;
}

/* NAME and DOING are the longest that are to be shown. */
static struct shape choose_shape(size_t name, size_t doing, size_t columns)
{
	size_t pace = GAP + RATE_WIDTH + LEFT_WIDTH; /* where `doing` stands */
	struct shape s = { .columns = columns, .name = name };
	size_t room = columns - 1;
	size_t most = room * 2 / 5 > NAME_MIN ? room * 2 / 5 : NAME_MIN;

	if (s.name > most)
		s.name = most;
	if (s.name + GAP + PERCENT_WIDTH > room)
		s.name = room > GAP + PERCENT_WIDTH ? room - GAP - PERCENT_WIDTH
						    : 0;
	room -= s.name;
	s.sizes = take(&room, BYTES_WIDTH + GAP + LEFT_WIDTH);
	if (s.sizes)
		s.left = true;
	else if (take(&room, PERCENT_WIDTH))
		s.left = take(&room, LEFT_WIDTH);
	s.rate = take(&room, RATE_WIDTH);
	if (s.rate && doing > pace)
		room -= room < doing - pace ? room : doing - pace;
	s.digest = s.rate && take(&room, PROGLINE_DIGEST);
	if (s.digest && room >= GAP + BAR_MIN)
		s.bar = room - GAP < BAR_MAX ? room - GAP : BAR_MAX;
	return s;
}

static bool is_inside(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* TEXT, harmless, in at most WIDTH bytes: beginning and end are kept, whole
 * characters. Caller frees. */
static char *cut_middle(const char *text, size_t width)
{
	autostr char *safe = str_escape(text);
	size_t len = strlen(safe);
	size_t head, tail;

	if (len <= width)
		return TAKE(safe);
	if (width < 5)
		return xstrndup("...", width < 3 ? width : 3);
	head = (width - 3) / 2;
	tail = len - (width - 3 - head);
	while (head && is_inside(safe[head]))
		head--;
	while (is_inside(safe[tail]))
		tail++;
	return str_fmt("%.*s...%s", (int)head, safe, safe + tail);
}

/* Never "100%" before it is so. */
static int percent(const struct progline *l)
{
	double part = (double)l->received * 100 / (double)l->size;

	if (l->received >= l->size)
		return 100;
	return part < 99 ? (int)part : 99;
}

static void add_bytes(struct str *s, const struct progline *l, bool sizes)
{
	autostr char *there = num_size_text(l->received);
	autostr char *all = num_size_text(l->size);

	if (sizes && l->size)
		str_addf(s, "  %7s of %7s", there, all);
	else if (sizes)
		str_addf(s, "  %7s%*s", there, BYTES_WIDTH - 7, "");
	else if (l->size)
		str_addf(s, "  %3d%%", percent(l));
	else
		str_addf(s, "  %*s", PERCENT_WIDTH, "");
}

static void add_bar(struct str *s, const struct progline *l, size_t width)
{
	size_t inner = width - 2;
	size_t done = l->size ? inner * (size_t)percent(l) / 100 : 0;

	str_add(s, "  [");
	for (size_t i = 0; i < inner; i++)
		str_addc(s, i < done ? '#' : '.');
	str_addc(s, ']');
}

static void add_pace(struct str *s, const struct progline *l,
		     const struct shape *shape)
{
	autostr char *rate =
		l->rate < 0 ? xstrdup("") : num_size_text((uint64_t)l->rate);
	int64_t left_s = progline_left(l);
	autostr char *left = NULL;

	if (shape->rate && l->rate < 0)
		str_addf(s, "  %*s", RATE_WIDTH, "");
	else if (shape->rate)
		str_addf(s, "  %7s/s", rate);
	if (!shape->left || left_s < 0)
		return;
	left = num_seconds_text((uint64_t)left_s);
	str_addf(s, "  %s left", left);
}

/* Blanks at the end are of no use; what is too long is cut. */
static char *finish(struct str *s, size_t columns)
{
	char *out = xmalloc(columns);

	while (s->len && s->p[s->len - 1] == ' ')
		s->p[--s->len] = 0;
	str_escape_to(out, columns, str_text(s));
	return out;
}

/* What has not begun has a name and perhaps something to do. */
static void add_numbers(struct str *s, const struct progline *l,
			const struct shape *shape, bool with_pace)
{
	if (!l->size && !l->received)
		return;
	if (shape->digest)
		str_addf(s, "  %-*.*s", PROGLINE_DIGEST, PROGLINE_DIGEST,
			 l->hex);
	if (shape->bar)
		add_bar(s, l, shape->bar);
	add_bytes(s, l, shape->sizes);
	if (with_pace && (!l->size || l->received < l->size))
		add_pace(s, l, shape);
}

static char *make_line(const struct progline *l, const struct shape *shape,
		       bool is_total)
{
	AUTO(str) struct str s = { 0 };
	autostr char *name = cut_middle(l->name, shape->name);

	str_addf(&s, "%-*s", (int)shape->name, name);
	add_numbers(&s, l, shape, is_total || !l->doing);
	if (l->doing && s.len + GAP + DOING_MIN < shape->columns)
		str_addf(&s, "  %s", l->doing);
	return finish(&s, shape->columns);
}

static size_t longer(size_t longest, const char *text)
{
	autostr char *safe = str_escape(text ? text : "");
	size_t len = strlen(safe);

	return len > longest ? len : longest;
}

static struct shape shape_of(const struct progline *v, size_t n,
			     const struct progline *total, size_t columns)
{
	size_t name = longer(0, total->name), doing = 0;

	for (size_t i = 0; i < n; i++) {
		name = longer(name, v[i].name);
		doing = longer(doing, v[i].doing);
	}
	return choose_shape(name, doing < DOING_MAX ? doing : DOING_MAX,
			    columns);
}

static void add_more(size_t n, size_t columns, struct strlist *out)
{
	AUTO(str) struct str s = { 0 };

	str_addf(&s, "and %zu more", n);
	strlist_give(out, finish(&s, columns));
}

int64_t progline_left(const struct progline *l)
{
	double seconds;

	if (!l->size || l->rate <= 0)
		return -1;
	if (l->received >= l->size)
		return 0;
	seconds = (double)(l->size - l->received) / (double)l->rate;
	/* Rounded up: nobody wants to read "0 s" and wait. */
	return seconds < LEFT_MAX_S ? (int64_t)seconds + 1 : -1;
}

void progline_block(const struct progline *v, size_t n,
		    const struct progline *total, size_t columns, size_t rows,
		    struct strlist *out)
{
	struct shape shape;
	size_t room = rows - 2; /* beside the total */
	size_t shown = n;

	if (rows < 2 || columns < COLUMNS_MIN)
		return;
	if (columns < NARROW)
		n = shown = 0;
	if (shown > room)
		shown = room ? room - 1 : 0;
	shape = shape_of(v, shown, total, columns);
	for (size_t i = 0; i < shown; i++)
		strlist_give(out, make_line(&v[i], &shape, false));
	if (shown < n && room)
		add_more(n - shown, columns, out);
	if (total->size || total->doing)
		strlist_give(out, make_line(total, &shape, true));
}

char *progline_time(int64_t ms)
{
	if (ms < 995)
		return str_fmt("%.2f s", (double)ms / 1000);
	if (ms < 9950)
		return str_fmt("%.1f s", (double)ms / 1000);
	return num_seconds_text((uint64_t)(ms + 500) / 1000);
}
