#include "remote/replies.h"

#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/io.h"
#include "remote/resume.h"
#include "tap.h"

static char folder[64];

static void test_gzip(void)
{
	struct buf packed, back;
	char text[10000];
	memset(text, 'x', sizeof(text));
	buf_init(&packed, 1 << 20);
	buf_init(&back, 1 << 20);
	is_int(gzip_put(BYTES(text, sizeof(text)), &packed), 0, "packs");
	ok(packed.len < 200, "small");
	is_int(gzip_take(buf_bytes(&packed), &back), 0, "unpacks");
	ok(bytes_equal(buf_bytes(&back), BYTES(text, sizeof(text))), "the same");
	buf_release(&back);
	buf_init(&back, 5000);
	is_int(gzip_take(buf_bytes(&packed), &back), YORE_ELIMIT, "not over its ceiling");
	buf_release(&back);
	buf_init(&back, 1 << 20);
	is_int(gzip_take(BYTES(packed.at, packed.len / 2), &back), YORE_ECORRUPT, "half");
	buf_release(&back);
	buf_release(&packed);
}

static void spoil(void)
{
	char pattern[200];
	glob_t g;
	struct buf b;
	snprintf(pattern, sizeof(pattern), "%s/circl/*/*.gz", folder);
	if (glob(pattern, 0, NULL, &g) != 0)
		return;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct buf plain, packed;
		struct stat st;
		buf_init(&plain, 1 << 20);
		buf_init(&packed, 1 << 20);
		buf_clear(&b);
		ok(stat(g.gl_pathv[i], &st) == 0 && (st.st_mode & 077) == 0, "private");
		if (io_read_file(g.gl_pathv[i], 1 << 20, &b, NULL) == 0 &&
		    gzip_take(buf_bytes(&b), &plain) == 0) {
			plain.at[plain.len - 1] ^= 1;
			if (gzip_put(buf_bytes(&plain), &packed) < 0 ||
			    io_replace(g.gl_pathv[i], buf_bytes(&packed), 0600, NULL) < 0)
				ok(false, "spoilt");
		}
		buf_release(&plain);
		buf_release(&packed);
	}
	buf_release(&b);
	globfree(&g);
}

/* The first line of the one that is kept, with another member for its version. */
static void says_version(const char *text)
{
	char pattern[120];
	glob_t g;
	struct buf b, packed;
	snprintf(pattern, sizeof(pattern), "%s/circl/*/*.gz", folder);
	if (glob(pattern, 0, NULL, &g) != 0)
		abort();
	buf_init(&b, 1 << 20);
	buf_init(&packed, 1 << 20);
	is_int(replies_text(g.gl_pathv[0], &b), 0, "it is read");
	char *at = memmem(b.at, b.len, "\"versio", 7);
	ok(at != NULL, "it says its version");
	if (at)
		memcpy(at, text, strlen(text));
	is_int(gzip_put(buf_bytes(&b), &packed), 0, "packed");
	is_int(io_replace(g.gl_pathv[0], buf_bytes(&packed), 0600, NULL), 0, "written");
	buf_release(&b);
	buf_release(&packed);
	globfree(&g);
}

static void test_replies(void)
{
	struct replies r;
	struct request rq, other;
	struct kept_reply kept;
	struct fault f = {0};
	char key[65], key2[65], sum[65];
	struct http_reply reply = {.status = 200,
				   .body = BYTES("{\"a\"\0\xff}", 7),
				   .head = BYTES_LIT("x-dribble-cursor: 5\r\n")};
	is_int(replies_open(&r, folder, &f), 0, "opens");
	request_init(&rq, true);
	request_init(&other, true);
	request_url(&rq, "https://x.example/q");
	request_url(&other, "https://x.example/q");
	request_header(&other, "dribble-paginate-cursor", "5");
	reply_key(&rq, key);
	reply_key(&other, key2);
	ok(strcmp(key, key2) != 0, "another page is another request");
	is_int(replies_find(&r, "circl", key, 1000, 100, &kept), 0, "nothing yet");
	is_int(replies_keep(&r, "circl", key, 950, &rq, "x", &reply, sum, &f), 0, "kept");
	is_int(replies_find(&r, "circl", key, 1000, 100, &kept), 1, "found");
	ok(bytes_equal(kept.reply.body, reply.body), "octet for octet");
	is_int(kept.asked_s, 950, "with its time");
	is_str(kept.sha256, sum, "and its hash");
	char cursor[8];
	is_int(http_header(&kept.reply, "X-Dribble-Cursor", cursor, sizeof(cursor)), 1,
	       "and its head");
	kept_reply_release(&kept);
	is_int(replies_find(&r, "circl", key, 2000, 100, &kept), 0, "too old");
	is_int(replies_find(&r, "circl", key, 900, 100, &kept), 0, "from the future");
	is_int(replies_find(&r, "circl", key2, 1000, 100, &kept), 0, "another request");
	is_int(replies_find(&r, "dnsdb", key, 1000, 100, &kept), 0, "another provider");
	says_version("\"version\":2");
	is_int(replies_find(&r, "circl", key, 1000, 100, &kept), 0,
	       "one that a newer program wrote is asked for again");
	says_version("\"versiox\":2");
	is_int(replies_find(&r, "circl", key, 1000, 100, &kept), 1,
	       "one of the time before, without a version, is good");
	kept_reply_release(&kept);
	spoil();
	is_int(replies_find(&r, "circl", key, 1000, 100, &kept), 0, "a spoilt one");
	request_release(&rq);
	request_release(&other);
}

static void test_resume(void)
{
	char path[100];
	struct fault f = {0};
	struct resume *r;
	struct buf b;
	snprintf(path, sizeof(path), "%s/resume", folder);
	is_int(resume_open(path, &f, &r), 0, "a new file");
	is_int(resume_write(r, "a.example", SIDE_RRNAME, "circl", OUTCOME_FOUND, 3, 1, "",
			    &f),
	       0, "found");
	is_int(resume_write(r, "b.example", SIDE_RRNAME, "circl", OUTCOME_QUOTA, 0, 1,
			    "x", &f),
	       0, "quota");
	is_int(resume_write(r, "c.example", SIDE_RRNAME, "circl", OUTCOME_NONE, 0, 1, "",
			    &f),
	       0, "not found");
	resume_close(r);
	buf_init(&b, 10000);
	if (io_read_file(path, 10000, &b, &f) == 0) {
		buf_puts(&b, "{\"term\":\"d.exa");
		if (io_replace(path, buf_bytes(&b), 0600, &f) < 0)
			ok(false, "torn");
	}
	is_int(resume_open(path, &f, &r), 0, "again, with a torn line");
	ok(resume_has(r, "a.example", SIDE_RRNAME, "circl"), "found is done");
	ok(resume_has(r, "c.example", SIDE_RRNAME, "circl"), "not found is done");
	ok(!resume_has(r, "b.example", SIDE_RRNAME, "circl"),
	   "quota is to be asked again");
	ok(!resume_has(r, "a.example", SIDE_RDATA, "circl"), "another side is not");
	ok(!resume_has(r, "a.example", SIDE_RRNAME, "dnsdb"), "another provider is not");
	is_int(resume_write(r, "e.example", SIDE_RRNAME, "circl", OUTCOME_FOUND, 1, 1, "",
			    &f),
	       0, "goes on");
	resume_close(r);
	is_int(resume_open(path, &f, &r), 0, "and is whole");
	ok(resume_has(r, "e.example", SIDE_RRNAME, "circl"),
	   "what came behind the torn line");
	resume_close(r);
	if (io_replace(path, BYTES_LIT("nonsense\n"), 0600, &f) < 0)
		ok(false, "written");
	is_int(resume_open(path, &f, &r), YORE_EMALFORMED, "some other file");
	ok(strstr(f.text, "resume:1:") != NULL, "is named: %s", f.text);
	buf_release(&b);
}

int main(void)
{
	strcpy(folder, "/tmp/yore-replies-XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	test_gzip();
	test_replies();
	test_resume();
	if (io_remove_tree(folder, NULL) < 0)
		ok(false, "removed");
	return tap_done();
}
