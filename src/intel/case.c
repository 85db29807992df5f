#include <stdio.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"
#include "dns/psl.h"
#include "intel/case.h"
#include "intel/lists.h"

#define CONTENT_MOST ((size_t)512 << 20)

static struct buf *add(struct case_files *c, const char *path)
{
	struct case_file *f = &c->at[c->count++];
	f->path = path;
	buf_init(&f->content, CONTENT_MOST);
	return &f->content;
}

static void put_hash(struct json *j, const char *key, struct bytes b)
{
	uint8_t h[32];
	struct buf hex;
	buf_init(&hex, 256);
	hash_wide(b.at, b.len, h);
	buf_hex(&hex, BYTES(h, sizeof(h)));
	json_key(j, key);
	json_str(j, buf_str(&hex));
	buf_release(&hex);
}

static void put_text(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	json_str(j, value);
}

static void put_stamp(struct json *j, const char *key, int64_t s)
{
	char t[WHEN_TEXT_MAX];
	when_text(s, t);
	put_text(j, key, t);
}

static void put_number(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_u64(j, v);
}

static void put_questions(struct json *j, const struct investigation *q)
{
	json_key(j, "questions");
	json_open(j, '[');
	for (size_t i = 0; i < q->evidence->count; i++) {
		const struct answered *a = q->evidence->at[i];
		json_open(j, '{');
		put_text(j, "question", a->question);
		put_number(j, "records", a->count);
		if (a->truncated)
			put_number(j, "cut_short", 1);
		if (a->damaged)
			put_number(j, "damage", 1);
		if (a->refused)
			put_number(j, "refused", 1);
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void put_lists(struct json *j, const struct case_about *a)
{
	json_key(j, "lists");
	json_open(j, '{');
	for (size_t i = 0; i < list_count; i++)
		put_hash(j, list_table[i].name, list_table[i].text);
	for (const char *const *p = a->lists; p && *p; p++) {
		struct buf b;
		buf_init(&b, CONTENT_MOST);
		if (io_read_file(*p, CONTENT_MOST, &b, NULL) == 0)
			put_hash(j, *p, buf_bytes(&b));
		buf_release(&b);
	}
	json_close(j, '}');
}

void case_manifest(const struct investigation *q, const struct case_about *a,
		   const struct case_files *made, struct buf *out)
{
	struct json j;
	json_init(&j, out);
	json_open(&j, '{');
	put_text(&j, "program", "yore " YORE_VERSION);
	put_text(&j, "report", a->report);
	put_stamp(&j, "made", a->now_s);
	json_key(&j, "made_s");
	json_i64(&j, a->now_s);
	json_key(&j, "window");
	json_open(&j, '{');
	put_stamp(&j, "from", q->options.window.from_s);
	put_stamp(&j, "to", q->options.window.to_s);
	json_close(&j, '}');
	put_text(&j, "coverage", q->evidence->coverage_text);
	put_text(&j, "asked", a->asked);
	put_text(&j, "suffixes", psl_version());
	put_number(&j, "status", (uint64_t)inquiry_status(q));
	json_key(&j, "options");
	json_open(&j, '[');
	for (const char *const *p = a->options; p && *p; p++)
		json_str(&j, *p);
	json_close(&j, ']');
	put_questions(&j, q);
	put_lists(&j, a);
	json_key(&j, "files");
	json_open(&j, '{');
	for (size_t i = 0; i < made->count; i++)
		put_hash(&j, made->at[i].path, buf_bytes(&made->at[i].content));
	json_close(&j, '}');
	json_close(&j, '}');
	buf_putc(out, '\n');
}

int case_make(const struct investigation *q, const struct case_about *a,
	      struct case_files *ret, struct fault *f)
{
	struct case_files *c = ret;
	*c = (struct case_files){0};
	case_html(q, a, add(c, "report.html"));
	case_markdown(q, a, add(c, "report.md"));
	case_csv(q, add(c, "addresses.csv"));
	case_records(q, add(c, "records.ndjson"));
	case_misp(q, a, add(c, "misp.json"));
	case_stix(q, a, add(c, "stix.json"));
	case_nfdump(q, add(c, "hunt/nfdump.sh"));
	case_zeek(q, add(c, "hunt/zeek.intel"));
	case_arkime(q, add(c, "hunt/arkime.txt"));
	case_bpf(q, add(c, "hunt/bpf.txt"));
	case_rpz(q, a, add(c, "block/rpz.zone"));
	case_suricata(q, a, add(c, "block/rules.suricata"));
	evidence_put(q->evidence, add(c, "evidence.ndjson"));
	buf_put_bytes(add(c, "input"), a->input);
	struct case_files made = *c;
	case_manifest(q, a, &made, add(c, "manifest.json"));
	for (size_t i = 0; i < c->count; i++)
		if (c->at[i].content.err) {
			int r = c->at[i].content.err;
			case_release(c);
			return fault_set(f, r, "%s is too large to be made",
					 c->at[i].path);
		}
	return 0;
}

void case_release(struct case_files *c)
{
	for (size_t i = 0; i < c->count; i++)
		buf_release(&c->at[i].content);
	c->count = 0;
}

int case_write(const struct case_files *c, const char *dir, struct fault *f)
{
	static const char *const folders[] = {"", "/hunt", "/block"};
	char path[4096];
	int r = 0;
	for (size_t i = 0; i < 3 && r == 0; i++) {
		snprintf(path, sizeof(path), "%s%s", dir, folders[i]);
		r = io_mkdirs(path, 0700, f);
	}
	for (size_t i = 0; i < c->count && r == 0; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, c->at[i].path);
		r = io_replace(path, buf_bytes(&c->at[i].content), 0600, f);
	}
	return r;
}

size_t case_differs(const struct case_files *c, const char *dir, say_fn say, void *arg)
{
	size_t n = 0;
	for (size_t i = 0; i < c->count; i++) {
		char path[4096];
		struct buf b;
		buf_init(&b, CONTENT_MOST);
		snprintf(path, sizeof(path), "%s/%s", dir, c->at[i].path);
		if (io_read_file(path, CONTENT_MOST, &b, NULL) < 0 ||
		    !bytes_equal(buf_bytes(&b), buf_bytes(&c->at[i].content))) {
			say(c->at[i].path, arg);
			n++;
		}
		buf_release(&b);
	}
	return n;
}
