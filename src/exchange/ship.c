#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/json_in.h"
#include "exchange/receiver.h"
#include "exchange/ship.h"
#include "http/client.h"

#define WAIT_LEAST_MS 500
#define WAIT_MOST_MS 60000
#define URL_ROOM 2048
#define LOOK_BACK_EVERY 300 /* turns, of a fifth of a second when nothing is to do */

struct ship {
	struct spool *spool;
	struct http_client *http;
	char *url, *key;
	pthread_t thread;
	bool runs;
	atomic_int stop, looked; /* looked: what was sent before is still there */
	void (*say)(bool trouble, const char *line, void *arg);
	void *say_arg;

	pthread_mutex_t lock; /* of what follows */
	struct fault fault;   /* of the last try */
	bool refused;	      /* trying again makes no sense before something changes */
	bool reached, told;
	uint64_t refusals; /* segments that the centre will never take */
};

enum step {
	STEP_DONE, /* this segment is settled */
	STEP_MORE, /* another part of it */
	STEP_WAIT, /* try later */
	STEP_STUCK /* likewise: before something changes there it will not be taken */
};

static void note(struct ship *s, bool reached, bool refused, const char *text)
{
	char line[600];
	pthread_mutex_lock(&s->lock);
	bool news = !s->told || s->reached != reached || s->refused != refused;
	s->reached = reached;
	s->refused = refused;
	s->told = true;
	fault_set(&s->fault, refused ? YORE_EREFUSED : YORE_EAGAIN, "%s", text);
	if (reached && !refused)
		s->fault = (struct fault){0};
	pthread_mutex_unlock(&s->lock);
	if (!news || s->say == NULL)
		return;
	snprintf(line, sizeof(line), "%s: %s", s->url,
		 reached && !refused ? "reached" : text);
	s->say(refused, line, s->say_arg);
}

static bool input_of_hex(const char *hex, struct input_id *ret)
{
	if (hex == NULL || strlen(hex) != 32)
		return false;
	for (size_t i = 0; i < 16; i++) {
		unsigned v;
		if (sscanf(hex + 2 * i, "%2x", &v) != 1)
			return false;
		ret->octets[i] = (uint8_t)v;
	}
	return true;
}

/* The centre is not where this segment begins: is it behind, and do we have the rest? */
static enum step go_back(struct ship *s, const struct spooled *g, const json_t *answer)
{
	struct wire_head head = {0};
	struct input_id input;
	struct fault f = {0};
	int64_t at = 0;
	char text[400];
	int moved = 0;
	if (input_of_hex(json_in_str(answer, "input"), &input) &&
	    json_in_i64_of(answer, "at", &at) == 1 && at >= 0 &&
	    wire_read_head(buf_bytes(&g->octets), &head, &f) == 0)
		moved = spool_back(s->spool, head.meta.shelf, &input, (uint64_t)at, &f);
	snprintf(text, sizeof(text),
		 "the centre has %s only up to packet %" PRId64
		 " and what follows is not in the spool any more; import its file again",
		 head.entries && head.entries[0].name[0] ? head.entries[0].name
							 : "an input",
		 at);
	wire_head_release(&head);
	if (moved > 0)
		return STEP_DONE;
	note(s, true, true, text);
	return STEP_STUCK;
}

static enum step settle(struct ship *s, const struct spooled *g, bool refused,
			const char *why)
{
	struct fault f = {0};
	int r =
	    refused ? spool_refused(s->spool, g, why, &f) : spool_sent(s->spool, g, &f);
	if (r == 0 && !refused) {
		note(s, true, false, "");
		return STEP_DONE;
	}
	note(s, true, true, r < 0 ? f.text : why);
	pthread_mutex_lock(&s->lock);
	s->refusals++;
	pthread_mutex_unlock(&s->lock);
	return r < 0 ? STEP_STUCK : STEP_DONE;
}

/* What a centre says that does not yet know the word for it ("newer"). */
static bool is_of_version(const char *message)
{
	return message && strstr(message, yore_strerror(YORE_EVERSION)) != NULL;
}

/* The centre's program is older than this one: that will pass. */
static enum step keep_newer(struct ship *s, const char *message)
{
	char text[500];
	snprintf(text, sizeof(text),
		 "the centre's program is older than this one: nothing goes before it is "
		 "replaced (%.200s)",
		 message ? message : "it says no more");
	note(s, true, true, text);
	return STEP_STUCK;
}

static enum step understand(struct ship *s, const struct spooled *g, long status,
			    const json_t *answer, uint64_t *offset)
{
	const char *word = json_in_str(answer, "status");
	const char *message = json_in_str(answer, "message");
	int64_t have;
	if (word == NULL)
		word = "";
	if (status == 200 && (!strcmp(word, "added") || !strcmp(word, "known")))
		return settle(s, g, false, "");
	if (status == 202 && json_in_i64_of(answer, "have", &have) == 1 && have >= 0 &&
	    (uint64_t)have <= g->octets.len) {
		*offset = (uint64_t)have;
		return STEP_MORE;
	}
	if (status == 409 && strcmp(word, "behind") == 0)
		return go_back(s, g, answer);
	if (status == 409)
		return settle(s, g, true,
			      "the centre has a part of this segment and not the rest");
	if (strcmp(word, "newer") == 0 || (status == 422 && is_of_version(message)))
		return keep_newer(s, message);
	if (status == 422)
		return settle(s, g, true, message ? message : "the centre calls it bad");
	return STEP_WAIT;
}

static void tell_failure(struct ship *s, const struct http_reply *reply,
			 struct bytes body)
{
	char text[400];
	if (reply->status == 401 || reply->status == 403 || reply->status == 404) {
		size_t n = body.len < 200 ? body.len : 200;
		while (n && body.at[n - 1] < 0x20)
			n--;
		snprintf(text, sizeof(text), "refused (%ld): %.*s", reply->status, (int)n,
			 (const char *)body.at);
		note(s, true, true, text);
	} else if (reply->error < 0) {
		note(s, false, false, reply->fault.text);
	} else {
		snprintf(text, sizeof(text), "the centre says %ld", reply->status);
		note(s, false, false, text);
	}
}

/* One part to the centre. *wait_ms: how long to leave it alone, when it says so. */
static enum step send_part(struct ship *s, const struct spooled *g, uint64_t *offset,
			   unsigned *wait_ms)
{
	char url[URL_ROOM], key[256];
	const char *headers[2] = {"Content-Type: application/octet-stream", key};
	struct http_reply reply = {0};
	struct buf body, head;
	json_t *answer = NULL;
	size_t n = g->octets.len - *offset;
	n = n < PART_MAX ? n : PART_MAX;
	snprintf(url, sizeof(url),
		 "%s/api/v1/segments?name=%s&offset=%" PRIu64 "&size=%zu", s->url,
		 g->name, *offset, g->octets.len);
	snprintf(key, sizeof(key), "X-API-Key: %s", s->key ? s->key : "");
	struct http_request rq = {.url = url,
				  .method = "POST",
				  .headers = headers,
				  .header_count = s->key ? 2 : 1,
				  .body = BYTES(g->octets.at + *offset, n),
				  .timeout_ms = 120000,
				  .idle_ms = 60000,
				  .ceiling = 1 << 20};
	buf_init(&body, 1 << 20);
	buf_init(&head, 1 << 16);
	(void)!http_perform(s->http, &rq, &body, &head, &reply);
	enum step step = STEP_WAIT;
	if (reply.error == 0 && json_in(buf_bytes(&body), 1 << 20, NULL, &answer) == 0)
		step = understand(s, g, reply.status, answer, offset);
	if (step == STEP_WAIT)
		tell_failure(s, &reply, buf_bytes(&body));
	if (reply.retry_after_s > 0)
		*wait_ms = (unsigned)reply.retry_after_s * 1000;
	json_decref(answer);
	buf_release(&body);
	buf_release(&head);
	return step;
}

static enum step send_one(struct ship *s, unsigned *wait_ms)
{
	struct spooled g;
	struct fault f = {0};
	uint64_t offset = 0;
	enum step step = STEP_MORE;
	int r = spool_first(s->spool, &g, &f);
	if (r < 0)
		note(s, false, true, f.text);
	if (r <= 0)
		return r < 0 ? STEP_STUCK : STEP_DONE;
	while (step == STEP_MORE && !atomic_load(&s->stop))
		step = send_part(s, &g, &offset, wait_ms);
	buf_release(&g.octets);
	return step;
}

/* ---- does the centre still have what it was given? ---- */

/* Is everything of a segment in the centre's ledger? 1, 0, negative: it does not say. */
static int has_all(struct ship *s, const struct wire_head *h)
{
	for (size_t i = 0; i < h->meta.entry_count; i++) {
		const struct ledger_entry *e = &h->entries[i];
		char url[URL_ROOM], key[256], hex[33];
		const char *headers[] = {key};
		struct http_reply reply = {0};
		struct buf body;
		json_t *answer = NULL;
		int64_t at = -1;
		for (size_t k = 0; k < 16; k++)
			snprintf(hex + 2 * k, 3, "%02x", e->input.octets[k]);
		snprintf(url, sizeof(url), "%s/api/v1/positions?shelf=%s&input=%s",
			 s->url, h->meta.shelf, hex);
		snprintf(key, sizeof(key), "X-API-Key: %s", s->key ? s->key : "");
		struct http_request rq = {.url = url,
					  .headers = headers,
					  .header_count = s->key ? 1 : 0,
					  .timeout_ms = 20000,
					  .ceiling = 1 << 16};
		buf_init(&body, 1 << 16);
		(void)!http_perform(s->http, &rq, &body, NULL, &reply);
		if (reply.error == 0 && reply.status == 200 &&
		    json_in(buf_bytes(&body), 1 << 16, NULL, &answer) == 0)
			(void)!json_in_i64_of(answer, "at", &at);
		json_decref(answer);
		buf_release(&body);
		if (at < 0)
			return YORE_EAGAIN;
		if ((uint64_t)at < e->to.packets)
			return 0;
	}
	return 1;
}

/*
 * Segments arrive in order, so a centre that was restored has all of them up to some
 * point and none behind it: from the newest back to the first that it has.
 */
static int look_back(struct ship *s)
{
	char file[SPOOL_FILE_MAX], lost[SPOOL_FILE_MAX] = "";
	struct fault f = {0};
	int r = 0;
	for (size_t n = 0; !atomic_load(&s->stop); n++) {
		struct wire_head head;
		r = spool_sent_head(s->spool, n, &head, file, &f);
		if (r <= 0)
			break;
		r = has_all(s, &head);
		wire_head_release(&head);
		if (r != 0)
			break;
		memcpy(lost, file, sizeof(lost));
	}
	if (r < 0)
		return r;
	if (lost[0]) {
		r = spool_back_from(s->spool, lost, &f);
		if (r > 0 && s->say)
			s->say(false, "the centre has lost what it had; it is sent again",
			       s->say_arg);
	}
	return r < 0 ? r : 0;
}

static void rest(struct ship *s, unsigned ms)
{
	for (unsigned i = 0; i < ms / 50 && !atomic_load(&s->stop); i++)
		usleep(50000);
}

/* Looks back at the beginning and now and then; true when that is done. */
static bool looked_back(struct ship *s, unsigned *left)
{
	if (*left > 0) {
		--*left;
		return true;
	}
	if (look_back(s) < 0)
		return false;
	*left = LOOK_BACK_EVERY;
	atomic_store(&s->looked, 1);
	return true;
}

static void *run(void *arg)
{
	struct ship *s = arg;
	unsigned wait_ms = WAIT_LEAST_MS, idle = 0;
	while (!atomic_load(&s->stop)) {
		unsigned told_ms = 0;
		bool looked = looked_back(s, &idle);
		if (!spool_await(s->spool, 200) && looked)
			continue;
		enum step step = send_one(s, &told_ms);
		if (looked && (step == STEP_DONE || step == STEP_MORE)) {
			wait_ms = WAIT_LEAST_MS;
			continue;
		}
		rest(s, told_ms ? told_ms : wait_ms);
		wait_ms = wait_ms * 2 < WAIT_MOST_MS ? wait_ms * 2 : WAIT_MOST_MS;
	}
	return NULL;
}

/* ---- outside ---- */

int ship_default_dir(struct buf *ret)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	if (state && *state)
		buf_printf(ret, "%s/yore/spool", state);
	else if (home && *home)
		buf_printf(ret, "%s/.local/state/yore/spool", home);
	else
		return YORE_ENOENT;
	return ret->err;
}

static int open_spool(struct ship *s, const struct ship_options *o, struct fault *f)
{
	struct buf dir;
	buf_init(&dir, 4096);
	if (o->dir)
		buf_puts(&dir, o->dir);
	else if (ship_default_dir(&dir) < 0)
		return fault_set(f, YORE_ENOENT, "no place for a spool: give its folder");
	struct spool_options so = {.dir = buf_str(&dir),
				   .policy = o->policy,
				   .keep_octets = o->keep_octets,
				   .most_octets = o->most_octets};
	int r = spool_open(&so, f, &s->spool);
	buf_release(&dir);
	return r;
}

static int open_http(struct ship *s, const struct ship_options *o, struct fault *f)
{
	struct http_options ho = {.ca_file = o->ca_file,
				  .cert_file = o->cert_file,
				  .key_file = o->key_file,
				  .parallel = 1,
				  .tries = 1,
				  .patience_ms = 1};
	return http_open(&ho, f, &s->http);
}

int ship_open(const struct ship_options *o, struct fault *f, struct ship **ret)
{
	struct ship *s = calloc(1, sizeof(*s));
	if (s == NULL)
		return fault_set(f, YORE_ENOMEM, "ship: out of memory");
	size_t n = strlen(o->url);
	while (n && o->url[n - 1] == '/')
		n--;
	s->url = strndup(o->url, n);
	s->key = o->key ? strdup(o->key) : NULL;
	s->say = o->say;
	s->say_arg = o->say_arg;
	pthread_mutex_init(&s->lock, NULL);
	int r = s->url && n < URL_ROOM / 2 ? 0 : YORE_ENOMEM;
	if (r == 0)
		r = open_http(s, o, f);
	if (r == 0)
		r = open_spool(s, o, f);
	if (r == 0) {
		s->runs = pthread_create(&s->thread, NULL, run, s) == 0;
		if (!s->runs)
			r = fault_set(f, YORE_EAGAIN, "ship: no thread can be made");
	}
	if (r < 0) {
		ship_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

struct segment_sink ship_sink(struct ship *s)
{
	return spool_sink(s->spool);
}

struct store *ship_ledger(struct ship *s)
{
	return spool_ledger(s->spool);
}

uint64_t ship_waiting(struct ship *s)
{
	return spool_waiting(s->spool);
}

int ship_finish(struct ship *s, int64_t patience_s, struct fault *f)
{
	for (int64_t left = patience_s * 20;; left--) {
		uint64_t waiting = spool_waiting(s->spool);
		pthread_mutex_lock(&s->lock);
		struct fault last = s->fault;
		bool refused = s->refused;
		uint64_t refusals = s->refusals;
		pthread_mutex_unlock(&s->lock);
		if (waiting == 0 && refusals == 0 && atomic_load(&s->looked))
			return 0;
		if (waiting == 0 && refusals)
			return fault_set(
			    f, YORE_EREFUSED,
			    "%s will not take %" PRIu64
			    " segments; they are in the spool under refused/, "
			    "each with the reason",
			    s->url, refusals);
		if (refused || left <= 0)
			return fault_set(f, refused ? YORE_EREFUSED : YORE_EAGAIN,
					 "%s: %" PRIu64 " segments wait in the spool: %s",
					 s->url, spool_waiting(s->spool),
					 last.text[0] ? last.text : "not sent yet");
		usleep(50000);
	}
}

void ship_close(struct ship *s)
{
	if (s == NULL)
		return;
	atomic_store(&s->stop, 1);
	if (s->runs)
		pthread_join(s->thread, NULL);
	spool_close(s->spool);
	http_close(s->http);
	pthread_mutex_destroy(&s->lock);
	free(s->url);
	free(s->key);
	free(s);
}
