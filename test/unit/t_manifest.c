/* t_manifest.c - manifests, indexes, and the choice among the entries.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/strlist.h"
#include "format/manifest.h"

#include "lines.h"

#include <sys/resource.h>

#define HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OCI "application/vnd.oci."

/* What stands for what in the data files. */
static const struct {
	char name;
	const char *text;
} words[] = {
	{ 'D', "\"digest\":\"sha256:" HEX "\",\"size\":7" },
	{ 'C', "{\"mediaType\":\"" OCI "image.config.v1+json\",@D}" },
	{ 'L', "{\"mediaType\":\"" OCI "image.layer.v1.tar+gzip\",@D}" },
	{ 'M', "{\"mediaType\":\"" OCI "image.manifest.v1+json\",@D}" },
};

static void fill(const char *text, struct str *out)
{
	for (; *text; text++) {
		size_t i = 0;

		while (*text == '@' && i < ARRAY_SIZE(words) &&
		       words[i].name != text[1])
			i++;
		if (*text != '@' || i == ARRAY_SIZE(words)) {
			str_addc(out, *text);
			continue;
		}
		fill(words[i].text, out);
		text++;
	}
}

static void test_kind(void)
{
	static const char *const kinds[] = {
		[MEDIA_INDEX] = "index",
		[MEDIA_MANIFEST] = "manifest",
		[MEDIA_SCHEMA1] = "schema1",
	};
	struct lines l = { 0 };

	while (lines_next(&l, "manifest/kind.txt")) {
		AUTO(str) struct str s = { 0 };
		struct err e = { 0 };
		enum media kind;

		fill(lines_field(&l, 0), &s);
		kind = manifest_kind(str_text(&s), s.len, &e);
		is(kind ? kinds[kind] : e.msg, lines_field(&l, 1),
		   lines_title(&l));
		ok(!kind == (e.kind != ERR_NONE), "an error or a kind");
	}
}

static void test_refused(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "manifest/bad.txt")) {
		AUTO(str) struct str s = { 0 };
		struct manifest m;
		struct err e = { 0 };
		int rc;

		fill(lines_field(&l, 0), &s);
		rc = manifest_parse(str_text(&s), s.len, &m, &e);
		is(rc ? e.msg : "accepted", lines_field(&l, 2),
		   lines_title(&l));
		is(lines_kind(&e), lines_field(&l, 1), "kind");
		ok(!m.layers && !m.config.media_type, "nothing left");
		if (!rc)
			manifest_clear(&m);
	}
}

static void test_accepted(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "manifest/good.txt")) {
		AUTO(str) struct str s = { 0 };
		AUTO(manifest) struct manifest m = { 0 };
		struct err e = { 0 };
		autostr char *n = NULL;

		fill(lines_field(&l, 0), &s);
		if (manifest_parse(str_text(&s), s.len, &m, &e)) {
			is(e.msg, "", lines_title(&l));
			continue;
		}
		n = str_fmt("%zu", m.n_layers);
		is(n, lines_field(&l, 1), lines_title(&l));
		ok(m.config.media == MEDIA_CONFIG, "configuration");
		is_num((long long)m.config.size, 7, "size");
		is(m.config.digest.text, "sha256:" HEX, "digest");
	}
}

static void test_sif(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "manifest/sif.txt")) {
		AUTO(str) struct str s = { 0 };
		AUTO(manifest) struct manifest m = { 0 };
		struct err e = { 0 };

		fill(lines_field(&l, 0), &s);
		if (manifest_parse(str_text(&s), s.len, &m, &e))
			is(e.msg, "", lines_title(&l));
		else
			ok(m.is_sif && m.n_layers == 1, "%s", lines_title(&l));
	}
}

/* What is written is read again, and is the same each time. */
static void test_write(void)
{
	AUTO(str) struct str s = { 0 };
	AUTO(str) struct str want = { 0 };
	AUTO(manifest) struct manifest m = { 0 };
	AUTO(manifest) struct manifest again = { 0 };
	autostr char *text = NULL;
	struct err e = { 0 };

	fill("{\"config\":@C,\"layers\":[@L,@L]}", &s);
	fill("{\"schemaVersion\":2,\"mediaType\":\"" OCI
	     "image.manifest.v1+json\",\"config\":@C,\"layers\":[@L,@L]}",
	     &want);
	if (manifest_parse(s.p, s.len, &m, &e))
		is(e.msg, "", "to write");
	text = manifest_write(&m);
	is(text, want.p, "written");
	ok(!manifest_parse(text, strlen(text), &again, &e) &&
		   again.n_layers == 2 && !again.is_sif,
	   "read again");
}

static void test_index_refused(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "manifest/index.txt")) {
		AUTO(str) struct str s = { 0 };
		AUTO(index) struct index x = { 0 };
		struct err e = { 0 };

		fill(lines_field(&l, 0), &s);
		is(index_parse(str_text(&s), s.len, &x, &e) ? e.msg : "",
		   lines_field(&l, 1), lines_title(&l));
		is(lines_kind(&e), *lines_field(&l, 1) ? "format" : "none",
		   "kind");
	}
}

/* WORD of choose.txt as an entry of an index. */
static void add_entry(struct str *s, const char *word)
{
	bool attests = str_starts(word, "attests:");
	bool nested = str_starts(word, "index:");
	bool other = str_starts(word, "other:");
	const char *p =
		attests || nested || other ? strchr(word, ':') + 1 : word;
	const char *slash = strchr(p, '/');
	const char *rest = slash ? strchr(slash + 1, '/') : NULL;

	str_addf(s, "%s{\"mediaType\":\"%s\",",
		 s->p[s->len - 1] == '[' ? "" : ",",
		 other    ? "application/x-other"
		 : nested ? "application/vnd.docker.distribution.manifest."
			    "list.v2+json"
			  : OCI "image.manifest.v1+json");
	fill("@D", s);
	if (attests)
		str_add(s, ",\"annotations\":{\"vnd.docker.reference.type\":"
			   "\"attestation-manifest\"}");
	if (slash)
		str_addf(s,
			 ",\"platform\":{\"os\":\"%.*s\",\"architecture\":"
			 "\"%.*s\",\"variant\":\"%s\"}",
			 (int)(slash - p), p, (int)strcspn(slash + 1, "/"),
			 slash + 1, rest ? rest + 1 : "");
	str_add(s, "}");
}

static void test_choose(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "manifest/choose.txt")) {
		AUTO(strlist) struct strlist list = { 0 };
		AUTO(str) struct str s = { 0 };
		AUTO(index) struct index x = { 0 };
		struct platform want;
		struct err e = { 0 };
		const struct descriptor *d;
		autostr char *at = NULL;

		strlist_split(&list, lines_field(&l, 1), ' ', false);
		str_add(&s, "{\"schemaVersion\":2,\"manifests\":[");
		for (size_t i = 0; i < list.n; i++)
			add_entry(&s, list.v[i]);
		str_add(&s, "]}");
		if (platform_parse(lines_field(&l, 0), &want, &e) ||
		    index_parse(s.p, s.len, &x, &e)) {
			is(e.msg, "", lines_title(&l));
			continue;
		}
		d = index_choose(&x, &want, &e);
		at = d ? str_fmt("%zd", d - x.entries) : NULL;
		is(d ? at : e.msg, lines_field(&l, 2), lines_title(&l));
		is(lines_kind(&e), d ? "none" : "notfound", "kind");
	}
}

/* N layers or entries: up to the limit. */
static void test_many(void)
{
	AUTO(str) struct str s = { 0 };
	AUTO(str) struct str x = { 0 };
	struct err e = { 0 };
	struct manifest m;
	struct index i;

	fill("{\"config\":@C,\"layers\":[", &s);
	fill("{\"manifests\":[", &x);
	for (int k = 0; k < 1000; k++) {
		fill(k ? ",@L" : "@L", &s);
		fill(k ? ",@M" : "@M", &x);
	}
	str_add(&s, "]}");
	str_add(&x, "]}");
	ok(!manifest_parse(s.p, s.len, &m, &e), "1000 layers");
	manifest_clear(&m);
	ok(!index_parse(x.p, x.len, &i, &e), "1000 entries");
	index_clear(&i);
	s.len -= 2;
	x.len -= 2;
	fill(",@L]}", &s);
	fill(",@M]}", &x);
	ok(manifest_parse(s.p, s.len, &m, &e), "1001 layers");
	is(e.msg, "manifest: layers: 1001 are more than 1000", "message");
	is(lines_kind(&e), "limit", "kind");
	ok(index_parse(x.p, x.len, &i, &e), "1001 entries");
	is(e.msg, "index: manifests: 1001 are more than 1000", "message");
}

/* The specification of the registry asks for 4 MiB at least. */
static void test_large(void)
{
	AUTO(str) struct str s = { 0 };
	AUTO(manifest) struct manifest m = { 0 };
	struct err e = { 0 };

	fill("{\"config\":@C,\"layers\":[@L],\"annotations\":{\"a\":\"", &s);
	while (s.len < 4 << 20)
		str_add(&s, "annotation ");
	str_add(&s, "\"}}");
	ok(!manifest_parse(s.p, s.len, &m, &e), "a manifest of 4 MiB");
	while (s.len < 9 << 20)
		str_add(&s, " ");
	ok(!manifest_kind(s.p, s.len, &e), "one of 9 MiB");
	is(e.msg, "not a manifest: longer than 8388608 bytes", "message");
	is(lines_kind(&e), "limit", "kind");
}

static void test_deep(void)
{
	AUTO(str) struct str s = { 0 };
	struct err e = { 0 };

	fill("{\"config\":@C,\"layers\":[@L],\"x\":", &s);
	for (int i = 0; i < 100000; i++)
		str_add(&s, "[");
	ok(!manifest_kind(s.p, s.len, &e), "a deep document");
	is(e.msg, "not a manifest: nested deeper than 64 levels", "message");
}

static void test_copy(void)
{
	const char *text = "{\"manifests\":[{\"mediaType\":\"" OCI
			   "image.manifest.v1+json\",@D,\"annotations\":{"
			   "\"org.opencontainers.image.ref.name\":\"a:1\"},"
			   "\"platform\":{\"os\":\"linux\",\"architecture\":"
			   "\"arm\",\"variant\":\"7\"}}]}";
	AUTO(str) struct str s = { 0 };
	struct err e = { 0 };
	struct descriptor d = { 0 };
	autostr char *platform = NULL;
	struct index x;

	fill(text, &s);
	ok(!index_parse(s.p, s.len, &x, &e), "an index");
	descriptor_copy(&d, &x.entries[0]);
	index_clear(&x);
	platform = platform_text(&d.platform);
	is(d.media_type, OCI "image.manifest.v1+json", "type of the copy");
	is(d.ref_name, "a:1", "name of the copy");
	is(platform, "linux/arm/v7", "platform of the copy");
	ok(!d.is_attestation, "no attestation");
	descriptor_clear(&d);
	ok(!d.media_type && !d.ref_name, "cleared");
}

int main(void)
{
	const struct rlimit small = { 256 << 10, 256 << 10 };

	ok(!setrlimit(RLIMIT_STACK, &small), "a small stack");
	test_kind();
	test_refused();
	test_accepted();
	test_sif();
	test_write();
	test_index_refused();
	test_choose();
	test_many();
	test_large();
	test_deep();
	test_copy();
	return tap_done();
}
