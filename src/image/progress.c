/* progress.c - how far a pull is: rows that change, drawn, noted or told.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "image/progress.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "image/event.h"
#include "image/meter.h"
#include "image/progline.h"

#include <string.h>
#include <time.h>

#define JSON_STEP_MS 500
#define WAITING "waiting for "

enum row_state {
	ROW_IDLE,
	ROW_FETCHING,
	ROW_WAITING,
	ROW_HAVE,
	ROW_DONE,
};

struct row {
	char *name;
	char *waiting; /* WAITING and who */
	struct digest digest;
	uint64_t size, received, had;
	uint64_t told; /* bytes that the last JSON object told */
	enum row_state state;
	bool was_moving; /* counts in the total even if the store has it now */
	struct meter meter;
};

struct progress {
	enum progress_style style;
	char *image;
	char *doing;
	char *told_waiting; /* the last note about it */
	struct row *v;
	size_t n, cap;
	struct meter meter; /* of the total */
	int64_t start_ms, shown_ms;
	struct progress_result part; /* its numbers, if there was one */
	uint64_t told; /* as above, of the total */
	int64_t told_rate;
};

static void replace(char **to, const char *text)
{
	char *copy = text ? xstrdup(text) : NULL;

	free(*to);
	*to = copy;
}

static void tell_row(struct row *r)
{
	static const char *const states[] = {
		[ROW_IDLE] = "idle",       [ROW_FETCHING] = "fetching",
		[ROW_WAITING] = "waiting", [ROW_HAVE] = "have",
		[ROW_DONE] = "done",
	};
	AUTO(json) json_t *o = event_new("layer");

	event_text(o, "name", r->name);
	event_text(o, "digest", r->digest.text);
	event_size(o, "size", r->size);
	event_size(o, "received", r->received);
	event_text(o, "state", states[r->state]);
	if (r->state == ROW_WAITING)
		event_text(o, "who", r->waiting + strlen(WAITING));
	event_print(o);
	r->told = r->received;
}

static bool is_moving(const struct row *r)
{
	return r->state == ROW_FETCHING || r->state == ROW_WAITING;
}

static struct progline total_line(const struct progress *p)
{
	struct progline t = {
		.name = "total",
		.hex = "",
		.doing = p->doing,
		.rate = meter_rate(&p->meter),
	};

	for (size_t i = 0; i < p->n; i++) {
		const struct row *r = &p->v[i];

		if (r->state == ROW_HAVE && !r->was_moving)
			continue;
		t.size += r->size;
		t.received += r->received;
	}
	return t;
}

static void tell_total(struct progress *p)
{
	struct progline t = total_line(p);
	AUTO(json) json_t *o = event_new("total");

	if (t.received == p->told && t.rate == p->told_rate)
		return;
	event_size(o, "received", t.received);
	event_size(o, "size", t.size);
	event_known(o, "rate", t.rate);
	event_known(o, "left", progline_left(&t));
	event_text(o, "doing", p->doing);
	event_seconds(o, "seconds", clock_ms() - p->start_ms);
	event_print(o);
	p->told = t.received;
	p->told_rate = t.rate;
}

static void tell(struct progress *p)
{
	for (size_t i = 0; i < p->n; i++)
		if (is_moving(&p->v[i]) && p->v[i].received != p->v[i].told)
			tell_row(&p->v[i]);
	tell_total(p);
}

static void draw(const struct progress *p)
{
	struct progline total = total_line(p);
	struct progline *v = xcalloc(p->n + 1, sizeof *v);
	AUTO(strlist) struct strlist lines = { 0 };
	size_t columns, rows, n = 0;

	for (size_t i = 0; i < p->n; i++) {
		const struct row *r = &p->v[i];
		bool waits = r->state == ROW_WAITING;

		if (!is_moving(r) || (!waits && !r->received))
			continue;
		v[n++] = (struct progline){
			.name = r->name,
			.hex = digest_hex(&r->digest),
			.doing = waits ? r->waiting : NULL,
			.size = r->size,
			.received = r->received,
			.rate = meter_rate(&r->meter),
		};
	}
	if (log_terminal(&columns, &rows))
		progline_block(v, n, &total, columns, rows, &lines);
	log_block((const char *const *)lines.v, lines.n);
	free(v);
}

static void measure(struct progress *p, int64_t now)
{
	for (size_t i = 0; i < p->n; i++)
		if (is_moving(&p->v[i]))
			meter_add(&p->v[i].meter, now, p->v[i].received);
	meter_add(&p->meter, now, total_line(p).received);
}

/* What a log keeps of a finished layer. On a terminal the rows have shown it,
 * and what the store has is no news. */
static void note_row(const struct progress *p, const struct row *r)
{
	autostr char *size = num_size_text(r->size ? r->size : r->received);
	autostr char *had = num_size_text(r->had);
	AUTO(str) struct str text = { 0 };
	size_t columns, rows;

	str_addf(&text, "%s: %s, %s:%.*s", r->name, size,
		 digest_algo(&r->digest), PROGLINE_DIGEST,
		 digest_hex(&r->digest));
	if (r->state == ROW_HAVE)
		str_add(&text, ", from the store");
	else if (r->had)
		str_addf(&text, ", %s of it from an earlier run", had);
	if (r->state == ROW_HAVE || log_terminal(&columns, &rows))
		log_info("%s: %s", p->image, text.p);
	else
		log_note("%s: %s", p->image, text.p);
}

/* A log that stands still should say why; once for all the rows that wait for
 * the same. */
static void note_waiting(struct progress *p, const struct row *r)
{
	size_t columns, rows;

	if (str_eq(p->told_waiting, r->waiting))
		return;
	replace(&p->told_waiting, r->waiting);
	if (!log_terminal(&columns, &rows))
		log_note("%s: %s: %s", p->image, r->name, r->waiting);
}

static void set_state(struct progress *p, struct row *r, enum row_state state)
{
	bool finished = state == ROW_DONE || state == ROW_HAVE;

	if (r->state == state)
		return;
	r->state = state;
	r->was_moving |= is_moving(r);
	r->meter = (struct meter){ 0 };
	if (p->style == PROGRESS_JSON)
		tell_row(r);
	else if (finished)
		note_row(p, r);
	else if (state == ROW_WAITING)
		note_waiting(p, r);
}

struct progress *progress_new(const char *image, enum progress_style style)
{
	struct progress *p = xcalloc(1, sizeof *p);
	AUTO(json) json_t *o = NULL;

	p->style = style;
	p->image = xstrdup(image);
	p->start_ms = clock_ms();
	p->shown_ms = p->start_ms; /* what is over at once is not drawn */
	p->told_rate = METER_UNKNOWN;
	if (style != PROGRESS_JSON)
		return p;
	o = event_new("start");
	event_text(o, "image", image);
	event_print(o);
	return p;
}

static void drop_rows(struct progress *p)
{
	if (p->style != PROGRESS_JSON)
		log_block(NULL, 0);
	for (size_t i = 0; i < p->n; i++) {
		free(p->v[i].name);
		free(p->v[i].waiting);
	}
	p->n = 0;
}

void progress_free(struct progress *p)
{
	drop_rows(p);
	free(p->v);
	free(p->image);
	free(p->doing);
	free(p->told_waiting);
	free(p);
}

/* What comes after the end is not the row's: its digest will tell. */
static uint64_t within(const struct row *r, uint64_t bytes)
{
	return r->size && bytes > r->size ? r->size : bytes;
}

size_t progress_add(struct progress *p, const char *name,
		    const struct digest *digest, uint64_t size)
{
	p->v = mem_grow(p->v, &p->cap, p->n + 1, sizeof *p->v);
	p->v[p->n] = (struct row){
		.name = xstrdup(name),
		.digest = *digest,
		.size = size,
	};
	return p->n++;
}

void progress_at(struct progress *p, size_t row, uint64_t bytes, uint64_t had)
{
	struct row *r = &p->v[row];

	r->received = within(r, bytes);
	r->had = had;
	set_state(p, r, ROW_FETCHING);
}

void progress_wait(struct progress *p, size_t row, const char *who,
		   uint64_t bytes)
{
	autostr char *waiting = str_fmt(WAITING "%s", who);
	struct row *r = &p->v[row];

	r->received = within(r, bytes);
	if (!str_eq(r->waiting, waiting)) {
		replace(&r->waiting, waiting);
		r->state = ROW_IDLE; /* another one: told again */
	}
	set_state(p, r, ROW_WAITING);
}

void progress_have(struct progress *p, size_t row)
{
	struct row *r = &p->v[row];

	if (r->size)
		r->received = r->size;
	set_state(p, r, ROW_HAVE);
}

void progress_done(struct progress *p, size_t row)
{
	struct row *r = &p->v[row];

	if (r->size)
		r->received = r->size;
	set_state(p, r, ROW_DONE);
}

void progress_say(struct progress *p, const char *what)
{
	if (str_eq(p->doing, what))
		return;
	replace(&p->doing, what);
	p->told = UINT64_MAX; /* worth telling */
}

void progress_tick(struct progress *p)
{
	bool json = p->style == PROGRESS_JSON;
	int64_t now = clock_ms();

	if (now - p->shown_ms < (json ? JSON_STEP_MS : METER_STEP_MS))
		return;
	p->shown_ms = now;
	measure(p, now);
	if (json)
		tell(p);
	else
		draw(p);
}

char *progress_end_text(const char *image, const struct progress_result *r,
			int64_t ms)
{
	autostr char *bytes = num_size_text(r->bytes);
	autostr char *had = num_size_text(r->from_store);
	autostr char *time = progline_time(ms);
	struct str s = { 0 };

	str_addf(&s, "%s: %s:%.*s, ", image, digest_algo(r->digest),
		 PROGLINE_DIGEST, digest_hex(r->digest));
	if (r->platform)
		str_addf(&s, "%s, ", r->platform);
	if (r->is_sif)
		str_add(&s, "a SIF file, ");
	if (r->unchanged)
		str_addf(&s, "unchanged, %s", time);
	else if (r->is_sif)
		str_addf(&s, "%s in %s", bytes, time);
	else
		str_addf(&s, "%zu layer%s, %s in %s", r->layers,
			 r->layers == 1 ? "" : "s", bytes, time);
	if (!r->unchanged && !r->fetched)
		str_add(&s, ", nothing to fetch");
	else if (!r->unchanged && r->from_store)
		str_addf(&s, ", %s from the store", had);
	if (r->dest)
		str_addf(&s, ", %s to %s",
			 r->is_sif || r->is_made ? "written" : "unpacked",
			 r->dest);
	return str_take(&s);
}

static void tell_end(const struct progress *p, const struct progress_result *r)
{
	AUTO(json) json_t *o = event_new("done");

	event_text(o, "image", p->image);
	event_text(o, "name", r->name);
	event_text(o, "platform", r->platform);
	event_text(o, "digest", r->digest->text);
	event_size(o, "size", r->bytes);
	event_size(o, "layers", r->layers);
	event_size(o, "from_store", r->from_store);
	event_size(o, "fetched", r->fetched);
	event_text(o, "dest", r->dest);
	event_bool(o, "unchanged", r->unchanged);
	event_seconds(o, "seconds", clock_ms() - p->start_ms);
	event_print(o);
}

void progress_part(struct progress *p, const struct progress_result *r)
{
	drop_rows(p);
	replace(&p->doing, NULL);
	p->meter = (struct meter){ 0 };
	p->part = (struct progress_result){
		.from_store = r->from_store,
		.fetched = r->fetched,
		.unchanged = r->unchanged,
	};
}

void progress_end(struct progress *p, const struct progress_result *r)
{
	struct progress_result all = *r;
	autostr char *text = NULL;

	all.from_store += p->part.from_store;
	all.fetched += p->part.fetched;
	all.unchanged = all.unchanged || p->part.unchanged;
	if (p->style == PROGRESS_JSON) {
		tell_end(p, &all);
		return;
	}
	text = progress_end_text(r->shown, &all, clock_ms() - p->start_ms);
	log_note("%s", text);
	log_info("%s is %s", r->name, r->digest->text);
}
