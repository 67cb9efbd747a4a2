/* t_ocilayout.c - oci-layout and index.json.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "config.h"

#include "base/strlist.h"
#include "format/json.h"
#include "format/ocilayout.h"

#include "lines.h"

#define TYPE "application/vnd.oci.image.manifest.v1+json"
#define ZEROS "00000000000000000000000000000000"
#define ONES "11111111111111111111111111111111"
#define DIGEST(half) "\"digest\":\"sha256:" half half "\",\"size\":1"
#define NAME(name)                                                       \
	"\"annotations\":{\"org.opencontainers.image.ref.name\":\"" name \
	"\",\"other\":\"kept\"}"
#define CONTAINERD(name)                                                \
	"\"annotations\":{\"org.opencontainers.image.ref.name\":\"1\"," \
	"\"io.containerd.image.name\":\"" name "\"}"
#define OLD(name) "{" DIGEST(ZEROS) "," NAME(name) "}"
#define INDEX(entries)                                              \
	"{\"schemaVersion\":2,\"annotations\":{\"mine\":\"kept\"}," \
	"\"manifests\":[" entries "],\"unknown\":[1]}"

static void test_check(void)
{
	struct lines l = { 0 };
	struct err none = { 0 };

	while (lines_next(&l, "ocilayout/check.txt")) {
		struct err e = { 0 };
		int rc =
			ocilayout_check(lines_field(&l, 0), l.field[0].len, &e);

		is(rc ? e.msg : "", lines_field(&l, 2), lines_title(&l));
		is(lines_kind(&e), lines_field(&l, 1), "kind");
	}
	ok(!ocilayout_check(ocilayout_text(), strlen(ocilayout_text()), &none),
	   "our own is accepted");
}

static void test_find(void)
{
	static const char one[] = INDEX("{" DIGEST(ZEROS) "}");
	static const char attested[] = INDEX("{" DIGEST(
		ONES) ",\"annotations\":{\"vnd.docker."
		      "reference.type\":\"x\"}},{" DIGEST(ZEROS) "}");
	static const char two[] = INDEX("{" DIGEST(ONES) "," NAME(
		"a:1") "},{" DIGEST(ZEROS) "," NAME("b:2") "}");
	static const char mixed[] = INDEX("{" DIGEST(ONES) "," CONTAINERD(
		"b:2") "},{" DIGEST(ZEROS) "," NAME("b:2") "}");
	static const char ctr[] = INDEX("{" DIGEST(ONES) "},{" DIGEST(
		ZEROS) "," CONTAINERD("docker.io/library/b:2") "}");
	static const struct {
		const char *text;
		const char *name;
		const char *want; /* NULL: the entry with the zeros */
	} cases[] = {
		{ one, NULL, NULL },
		{ attested, NULL, NULL },
		{ two, "b:2", NULL },
		{ mixed, "b:2", NULL },
		{ ctr, "docker.io/library/b:2", NULL },
		{ two, NULL,
		  "expected one image in the layout; there is 'a:1', 'b:2'" },
		{ two, "c",
		  "no image 'c' in the layout; there is 'a:1', 'b:2'" },
		{ one, "c",
		  "no image 'c' in the layout; there is 1 without a name" },
		{ INDEX(""), NULL,
		  "expected one image in the layout; there is none" },
		{ INDEX(""), "c", "no image 'c' in the layout; there is none" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO(descriptor) struct descriptor d = { 0 };
		struct err e = { 0 };
		int rc = ocilayout_find(cases[i].text, strlen(cases[i].text),
					cases[i].name, NULL, &d, &e);

		is(rc ? e.msg : NULL, cases[i].want, "find");
		is(lines_kind(&e), rc ? "notfound" : "none", "kind");
		is(d.digest.text, rc ? "" : "sha256:" ZEROS ZEROS, "digest");
	}
}

/* Entries "NAME=PLATFORM", "NAME=" or "=PLATFORM" for LIST; the size is the
 * position. */
static char *make_index(const char *list)
{
	AUTO(strlist) struct strlist words = { 0 };
	AUTO(str) struct str s = { 0 };

	strlist_split(&words, list, ' ', false);
	str_add(&s, "{\"manifests\":[");
	for (size_t i = 0; i < words.n; i++) {
		const char *p = strchr(words.v[i], '=');
		size_t os = strcspn(p + 1, "/");
		size_t arch = p[1] ? strcspn(p + os + 2, "/") : 0;

		str_addf(&s,
			 "%s{\"digest\":\"sha256:" ZEROS ZEROS
			 "\",\"size\":%zu",
			 i ? "," : "", i);
		if (p > words.v[i])
			str_addf(&s,
				 ",\"annotations\":{\"org.opencontainers.image."
				 "ref.name\":\"%.*s\"}",
				 (int)(p - words.v[i]), words.v[i]);
		if (p[1])
			str_addf(&s,
				 ",\"platform\":{\"os\":\"%.*s\","
				 "\"architecture\":\"%.*s\","
				 "\"variant\":\"%s\"}",
				 (int)os, p + 1, (int)arch, p + os + 2,
				 p[os + 2 + arch] ? p + os + 3 + arch : "");
		str_add(&s, "}");
	}
	str_add(&s, "]}");
	return str_take(&s);
}

static void test_platforms(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "ocilayout/find.txt")) {
		AUTO(descriptor) struct descriptor d = { 0 };
		autostr char *text = make_index(lines_field(&l, 0));
		const char *name = lines_field(&l, 1);
		autostr char *at = NULL;
		struct platform want;
		struct err e = { 0 };
		int rc = platform_parse(lines_field(&l, 2), &want, &e);

		rc = rc ? rc
			: ocilayout_find(text, strlen(text),
					 *name ? name : NULL, &want, &d, &e);
		at = str_fmt("%llu", (unsigned long long)d.size);
		is(rc ? e.msg : at, lines_field(&l, 3), lines_title(&l));
		is(lines_kind(&e), rc ? "notfound" : "none", "kind");
	}
}

static void test_malformed(void)
{
	struct lines l = { 0 };

	while (lines_next(&l, "ocilayout/bad.txt")) {
		AUTO(descriptor) struct descriptor d = { 0 };
		struct err e = { 0 };
		int rc = ocilayout_find(lines_field(&l, 0), l.field[0].len,
					NULL, NULL, &d, &e);

		is(rc ? e.msg : "accepted", lines_field(&l, 1),
		   lines_title(&l));
		is(lines_kind(&e), "format", "kind");
	}
}

static void test_names(void)
{
	AUTO(str) struct str s = { 0 };
	struct descriptor d;
	struct err e = { 0 };

	str_add(&s, "{\"manifests\":[{" DIGEST(ZEROS) "}");
	for (int i = 0; i < 12; i++)
		str_addf(&s, ",{" DIGEST(ZEROS) "," NAME("n%d") "}", i);
	str_add(&s, "]}");
	ok(ocilayout_find(s.p, s.len, "x", NULL, &d, &e),
	   "not found among many");
	is(e.msg,
	   "no image 'x' in the layout; there is 'n0', 'n1', 'n2', 'n3', "
	   "'n4', 'n5', 'n6', 'n7', 'n8', 'n9', ..., 1 without a name",
	   "ten names");
}

/* OLD with NAME set to the digest of ones. */
static char *set(const char *old, const char *name, const char *arch,
		 struct err *e)
{
	struct descriptor d = { .media_type = (char *)TYPE, .size = 99 };

	digest_set(&d.digest, HASH_SHA256, ONES ONES);
	if (arch && platform_set(&d.platform, "linux", arch, "v8", e))
		return NULL;
	return ocilayout_set(old, old ? strlen(old) : 0, name, &d, e);
}

static void found(const char *text, const char *name, const char *half)
{
	AUTO(descriptor) struct descriptor d = { 0 };
	struct err e = { 0 };

	if (ocilayout_find(text, strlen(text), name, NULL, &d, &e)) {
		is(e.msg, "", name);
		return;
	}
	is(digest_hex(&d.digest), half, name);
}

static void test_new(void)
{
	AUTO(descriptor) struct descriptor d = { 0 };
	struct err e = { 0 };
	autostr char *text = set(NULL, "a:1", "arm64", &e);
	autostr char *platform = NULL;

	if (!ok(text != NULL, "a new index.json %s", e.msg))
		return;
	ok(!ocilayout_find(text, strlen(text), "a:1", NULL, &d, &e),
	   "is found");
	platform = platform_text(&d.platform);
	is(d.media_type, TYPE, "type");
	is_num((long long)d.size, 99, "size");
	is(platform, "linux/arm64/v8", "platform");
	is(d.ref_name, "a:1", "name");
	ok(manifest_kind(text, strlen(text), &e) == MEDIA_INDEX, "is an index");
	ok(strstr(text, "\"schemaVersion\": 2"), "has its version");
}

static void test_set(void)
{
	static const char old[] =
		INDEX(OLD("a") "," OLD("b") "," OLD("c") "," OLD("b"));
	struct err e = { 0 };
	autostr char *again = set(old, "b", NULL, &e);
	autostr char *added = set(again, "d \\\"\xc3\xa4", "amd64", &e);
	AUTO(json) json_t *j = json_parse("x", added, strlen(added), &e);

	found(again, "a", ZEROS ZEROS);
	found(again, "b", ONES ONES);
	found(again, "c", ZEROS ZEROS);
	found(added, "d \\\"\xc3\xa4", ONES ONES);
	found(added, "b", ONES ONES);
	is_num((long long)json_array_size(json_object_get(j, "manifests")), 4,
	       "four entries");
	is(json_string_value(
		   json_object_get(json_object_get(j, "annotations"), "mine")),
	   "kept", "annotation of the index");
	ok(json_object_get(j, "unknown") && strstr(added, "other"),
	   "what we do not know is kept");
}

/* Images of several platforms have one name; one without a platform has the
 * name alone. */
static void test_set_platforms(void)
{
	static const struct {
		const char *old;
		const char *arch;
		const char *want; /* sizes: 99 is the new one */
	} cases[] = {
		{ "a=linux/amd64", "arm64", "0 99" },
		{ "a=linux/amd64 b=", "amd64", "0 1 99" },
		{ "a=linux/amd64 a=linux/arm64/v8 b=linux/arm64", "arm64",
		  "0 99 2" },
		{ "a=linux/arm64/v8 a=linux/amd64 a=linux/arm64/v8", "arm64",
		  "99 1" },
		{ "a=linux/amd64 a=linux/arm64", NULL, "99" },
		{ "a= b=", "arm64", "99 1" },
		{ "=linux/arm64", "arm64", "0 99" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err e = { 0 };
		autostr char *old = make_index(cases[i].old);
		autostr char *text = set(old, "a", cases[i].arch, &e);
		AUTO(json) json_t *j = json_parse("x", text, strlen(text), &e);
		AUTO(strlist) struct strlist sizes = { 0 };
		autostr char *got = NULL;
		json_t *entry;
		size_t k;

		json_array_foreach (json_object_get(j, "manifests"), k, entry)
			strlist_addf(&sizes, "%lld",
				     (long long)json_integer_value(
					     json_object_get(entry, "size")));
		got = strlist_join(&sizes, " ");
		is(got, cases[i].want, cases[i].old);
	}
}

/* Entries as "NAME PLATFORM SIZE", one after the other. */
static char *listed(const char *text, struct err *e)
{
	AUTO(ocilayout_list) struct ocilayout_list l = { 0 };
	AUTO(str) struct str s = { 0 };

	if (ocilayout_list(text, strlen(text), &l, e))
		return NULL;
	for (size_t i = 0; i < l.n; i++) {
		autostr char *p = platform_text(&l.v[i].platform);

		str_addf(&s, "%s%s %s %llu", i ? ", " : "",
			 l.v[i].ref_name ? l.v[i].ref_name : "-", p,
			 (unsigned long long)l.v[i].size);
	}
	return str_take(&s);
}

static void test_list(void)
{
	struct err e = { 0 };
	autostr char *old = make_index("a=linux/amd64 b= a=linux/arm64/v8 =");
	autostr char *got = listed(old, &e);

	is(got,
	   "a linux/amd64 0, b unknown/unknown 1, a linux/arm64/v8 2, "
	   "- unknown/unknown 3",
	   "all entries in order");
	ok(!listed("{}", &e), "no array");
	is(e.msg, "index.json: manifests: expected an array, found nothing",
	   "message");
}

/* Just the entry that a list has shown: same name, digest and platform. */
static void test_drop(void)
{
	AUTO(ocilayout_list) struct ocilayout_list l = { 0 };
	AUTO(descriptor) struct descriptor d = { 0 };
	autostr char *one = NULL, *two = NULL, *left = NULL, *none = NULL;
	struct err e = { 0 };
	size_t removed;

	d.media_type = strdup(TYPE);
	digest_set(&d.digest, HASH_SHA256, ONES ONES);
	ok(!platform_parse("amd64", &d.platform, &e), "amd64");
	one = ocilayout_set(NULL, 0, "a:1", &d, &e);
	ok(!platform_parse("arm64", &d.platform, &e), "arm64");
	two = one ? ocilayout_set(one, strlen(one), "a:1", &d, &e) : NULL;
	ok(two && !ocilayout_list(two, strlen(two), &l, &e) && l.n == 2,
	   "two of one name and digest");
	if (l.n != 2)
		return;
	left = ocilayout_drop(two, strlen(two), &l.v[0], &removed, &e);
	ok(left && removed == 1, "one is dropped");
	none = ocilayout_drop(left, strlen(left), &l.v[0], &removed, &e);
	ok(none && removed == 0, "and is not there any more");
	ocilayout_list_clear(&l);
	ok(!ocilayout_list(left, strlen(left), &l, &e) && l.n == 1 &&
		   !strcmp(l.v[0].platform.arch, "arm64"),
	   "the other is left");
	l.v[0].ref_name[0] = 'b';
	free(none);
	none = ocilayout_drop(left, strlen(left), &l.v[0], &removed, &e);
	ok(none && removed == 0, "another name is another entry");
}

/* What the name stood for in the registry comes back; nonsense does not. */
static void test_source(void)
{
	AUTO(descriptor) struct descriptor d = { 0 };
	AUTO(descriptor) struct descriptor back = { 0 };
	struct err e = { 0 };
	autostr char *text = NULL;
	char *at;

	d.media_type = strdup(TYPE);
	digest_set(&d.digest, HASH_SHA256, ONES ONES);
	digest_set(&d.source, HASH_SHA256, ZEROS ZEROS);
	text = ocilayout_set(NULL, 0, "a:1", &d, &e);
	ok(text && !ocilayout_find(text, strlen(text), "a:1", NULL, &back, &e),
	   "set and found");
	is(back.source.text, d.source.text, "the source is kept");
	at = strstr(text, "sha256:" ZEROS);
	at[0] = 'x';
	descriptor_clear(&back);
	ok(!ocilayout_find(text, strlen(text), "a:1", NULL, &back, &e),
	   "found with a bad source");
	is(back.source.text, "", "which is as none");
}

/* An image without a name: the one there is, and found so. */
static void test_unnamed(void)
{
	AUTO(descriptor) struct descriptor d = { 0 };
	AUTO(descriptor) struct descriptor back = { 0 };
	autostr char *one = NULL, *two = NULL, *named = NULL;
	struct err e = { 0 };

	d.media_type = strdup(TYPE);
	digest_set(&d.digest, HASH_SHA256, ZEROS ZEROS);
	one = ocilayout_set(NULL, 0, NULL, &d, &e);
	ok(one && !strstr(one, "annotations"), "no annotation %s", e.msg);
	digest_set(&d.digest, HASH_SHA256, ONES ONES);
	two = one ? ocilayout_set(one, strlen(one), NULL, &d, &e) : NULL;
	ok(two && !ocilayout_find(two, strlen(two), NULL, NULL, &back, &e),
	   "replaced, found %s", e.msg);
	is(back.digest.text, d.digest.text, "the new one");
	is(back.ref_name, NULL, "has no name");
	named = two ? ocilayout_set(two, strlen(two), "a", &d, &e) : NULL;
	descriptor_clear(&back);
	ok(named && ocilayout_find(named, strlen(named), NULL, NULL, &back, &e),
	   "a name is one more");
}

static void test_set_bad(void)
{
	AUTO(str) struct str s = { 0 };
	struct err e = { 0 };

	ok(!set("{}", "a", NULL, &e), "no array");
	is(e.msg, "index.json: manifests: expected an array, found nothing",
	   "message");
	ok(!set("{\"manifests\":", "a", NULL, &e), "cut");
	is(e.msg, "index.json: line 1, column 13: the text ends too early",
	   "message");
	str_add(&s, "{\"manifests\":[],\"x\":\"");
	while (s.len < JSON_BYTES_MAX - 100)
		str_addc(&s, 'x');
	str_add(&s, "\"}");
	ok(!set(s.p, "a", NULL, &e), "no room left");
	is(e.msg, "index.json: longer than 8388608 bytes", "message");
	ok(!set(NULL, "a\xff", NULL, &e), "not UTF-8");
	is(e.msg, "index.json: 'a\\xff' is not UTF-8", "message");
}

int main(void)
{
	test_check();
	test_find();
	test_platforms();
	test_malformed();
	test_names();
	test_new();
	test_set();
	test_set_platforms();
	test_list();
	test_source();
	test_unnamed();
	test_drop();
	test_set_bad();
	return tap_done();
}
