#include "remote/resume.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/io.h"
#include "base/json.h"

#define FILE_MAX (256u << 20)

struct resume {
	int fd;
	char *path;
	uint64_t *slots; /* keyed hashes of (term, side, provider); 0 is empty */
	size_t count, room;
	bool torn;   /* the file's last line has no end */
	off_t whole; /* octets before that line */
};

static uint64_t mark(const char *term, enum side side, const char *provider)
{
	struct buf b;
	buf_init(&b, 16 << 10);
	buf_printf(&b, "%d %s %s", side == SIDE_RDATA, provider, term);
	uint64_t h = hash_keyed(b.at, b.len) | 1;
	buf_release(&b);
	return h;
}

static size_t slot_of(const struct resume *r, uint64_t h)
{
	size_t i = (size_t)(h >> 1) % r->room;
	while (r->slots[i] && r->slots[i] != h)
		i = (i + 1) % r->room;
	return i;
}

static int grow(struct resume *r)
{
	struct resume bigger = {.room = r->room ? r->room * 2 : 1024};
	bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return YORE_ENOMEM;
	for (size_t i = 0; i < r->room; i++)
		if (r->slots[i])
			bigger.slots[slot_of(&bigger, r->slots[i])] = r->slots[i];
	free(r->slots);
	r->slots = bigger.slots;
	r->room = bigger.room;
	return 0;
}

static int add(struct resume *r, uint64_t h)
{
	if (r->count * 2 >= r->room) {
		int e = grow(r);
		if (e < 0)
			return e;
	}
	size_t i = slot_of(r, h);
	r->count += r->slots[i] == 0;
	r->slots[i] = h;
	return 0;
}

static int take_line(struct resume *r, struct bytes line)
{
	json_t *o = NULL;
	int e = 0;
	if (json_in(line, 64 << 10, NULL, &o) < 0)
		return YORE_EMALFORMED;
	const char *term = json_in_str(o, "term"), *provider = json_in_str(o, "provider");
	const char *outcome = json_in_str(o, "outcome"), *side = json_in_str(o, "side");
	if (!term || !provider || !outcome || !side)
		e = YORE_EMALFORMED;
	else if (strcmp(outcome, "found") == 0 || strcmp(outcome, "not found") == 0)
		e = add(r,
			mark(term, strcmp(side, "rdata") == 0 ? SIDE_RDATA : SIDE_RRNAME,
			     provider));
	json_decref(o);
	return e;
}

static int take_all(struct resume *r, struct bytes text, struct fault *f)
{
	unsigned line = 0;
	while (text.len) {
		const uint8_t *nl = memchr(text.at, '\n', text.len);
		size_t n = nl ? (size_t)(nl - text.at) : text.len;
		line++;
		if (nl == NULL) {
			r->torn = true; /* the run was killed while writing it */
			return 0;
		}
		int e = n ? take_line(r, BYTES(text.at, n)) : 0;
		if (e < 0)
			return fault_set(f, e, "%s:%u: not a line of a resume file",
					 r->path, line);
		text.at += n + 1;
		text.len -= n + 1;
		r->whole += (off_t)n + 1;
	}
	return 0;
}

int resume_open(const char *path, struct fault *f, struct resume **ret)
{
	struct buf text;
	struct resume *r = calloc(1, sizeof(*r));
	if (r)
		r->fd = -1;
	if (!r || !(r->path = strdup(path)) || grow(r) < 0) {
		resume_close(r);
		return fault_set(f, YORE_ENOMEM, "resume file: out of memory");
	}
	buf_init(&text, FILE_MAX);
	int e = io_exists(path) ? io_read_file(path, FILE_MAX, &text, f) : 0;
	if (e == 0)
		e = take_all(r, buf_bytes(&text), f);
	buf_release(&text);
	if (e == 0) {
		r->fd = io_open(path, O_WRONLY | O_APPEND | O_CREAT, 0600, f);
		e = r->fd < 0 ? r->fd : 0;
	}
	if (e == 0 && r->torn && ftruncate(r->fd, r->whole) < 0)
		e = fault_set(f, YORE_EIO, "%s: its torn last line cannot be cut off",
			      path);
	if (e < 0) {
		resume_close(r);
		return e;
	}
	*ret = r;
	return 0;
}

void resume_close(struct resume *r)
{
	if (r == NULL)
		return;
	if (r->fd >= 0)
		close(r->fd);
	free(r->slots);
	free(r->path);
	free(r);
}

bool resume_has(const struct resume *r, const char *term, enum side side,
		const char *provider)
{
	return r->slots[slot_of(r, mark(term, side, provider))] != 0;
}

int resume_write(struct resume *r, const char *term, enum side side, const char *provider,
		 enum outcome o, uint64_t records, int64_t asked_s, const char *text,
		 struct fault *f)
{
	struct buf line;
	struct json j;
	buf_init(&line, 64 << 10);
	json_init(&j, &line);
	json_open(&j, '{');
	json_key(&j, "term");
	json_str(&j, term);
	json_key(&j, "side");
	json_str(&j, side == SIDE_RDATA ? "rdata" : "rrname");
	json_key(&j, "provider");
	json_str(&j, provider);
	json_key(&j, "outcome");
	json_str(&j, outcome_text(o));
	json_key(&j, "records");
	json_u64(&j, records);
	json_key(&j, "asked");
	json_i64(&j, asked_s);
	json_key(&j, "text");
	json_str(&j, text);
	json_close(&j, '}');
	buf_putc(&line, '\n');
	int e = line.err ? line.err : io_write_all(r->fd, line.at, line.len, r->path, f);
	buf_release(&line);
	return e;
}
