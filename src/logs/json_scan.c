#include "logs/json_scan.h"

#include <stdlib.h>

#include <yajl/yajl_parse.h>

#define PATH_MOST 240
#define TOKENS_MOST 192

/* A line that json_quick has understood, to be given out in this order. */
enum token_kind {
	TOKEN_KEY,
	TOKEN_STRING,
	TOKEN_NUMBER,
	TOKEN_TRUE,
	TOKEN_FALSE,
	TOKEN_NULL,
	TOKEN_MAP,
	TOKEN_MAP_END,
	TOKEN_ARRAY,
	TOKEN_ARRAY_END
};

struct token {
	const uint8_t *at;
	uint32_t len;
	uint32_t kind; /* enum token_kind */
};

struct json_scan {
	yajl_handle handle;
	json_scan_fn each;
	void *arg;
	unsigned depth; /* of objects and arrays */
	bool in_array[JSON_SCAN_DEPTH + 1];
	size_t parent[JSON_SCAN_DEPTH + 1]; /* length of the path of what holds us */
	size_t len;
	char path[PATH_MOST];
	bool mute; /* a path too long for us: its value is passed over */
	struct token tokens[TOKENS_MOST];
};

static bool shallow(const struct json_scan *j)
{
	return j->depth <= JSON_SCAN_DEPTH;
}

static int give(struct json_scan *j, enum json_event e, const void *p, size_t n)
{
	if (shallow(j) && !j->mute)
		j->each(e, BYTES(j->path, j->len), BYTES(p, n), j->arg);
	return 1;
}

static int on_null(void *arg)
{
	return give(arg, JSON_NULL, "", 0);
}

static int on_bool(void *arg, int v)
{
	return give(arg, v ? JSON_TRUE : JSON_FALSE, "", 0);
}

static int on_number(void *arg, const char *p, size_t n)
{
	return give(arg, JSON_NUMBER, p, n);
}

static int on_string(void *arg, const unsigned char *p, size_t n)
{
	return give(arg, JSON_STRING, p, n);
}

static int on_key(void *arg, const unsigned char *p, size_t n)
{
	struct json_scan *j = arg;
	if (!shallow(j))
		return 1;
	size_t at = j->parent[j->depth];
	j->mute = at + 1 + n > PATH_MOST;
	if (j->mute)
		return 1;
	if (at)
		j->path[at++] = '.';
	memcpy(j->path + at, p, n);
	j->len = at + n;
	return 1;
}

static int enter(struct json_scan *j, bool array)
{
	j->depth++;
	if (shallow(j)) {
		j->parent[j->depth] = j->len;
		j->in_array[j->depth] = array;
	}
	return 1;
}

static int on_map(void *arg)
{
	give(arg, JSON_OBJECT, "", 0);
	return enter(arg, false);
}

static int on_map_end(void *arg)
{
	struct json_scan *j = arg;
	if (shallow(j))
		j->len = j->parent[j->depth];
	j->mute = false;
	j->depth--;
	return give(j, JSON_OBJECT_END, "", 0);
}

static int on_array(void *arg)
{
	return enter(arg, true);
}

static int on_array_end(void *arg)
{
	struct json_scan *j = arg;
	if (shallow(j))
		j->len = j->parent[j->depth];
	j->depth--;
	return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_bool,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_map_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_array_end,
};

static int begin(struct json_scan *j)
{
	if (j->handle)
		yajl_free(j->handle);
	j->handle = yajl_alloc(&callbacks, NULL, j);
	if (j->handle == NULL)
		return YORE_ENOMEM;
	yajl_config(j->handle, yajl_allow_multiple_values, 1);
	/* names and rdata are octets to us; what is no UTF-8 is not the format's fault */
	yajl_config(j->handle, yajl_dont_validate_strings, 1);
	return 0;
}

int json_scan_new(json_scan_fn each, void *arg, struct json_scan **ret)
{
	struct json_scan *j = calloc(1, sizeof(*j));
	if (j == NULL)
		return YORE_ENOMEM;
	j->each = each;
	j->arg = arg;
	int r = begin(j);
	if (r < 0) {
		free(j);
		return r;
	}
	*ret = j;
	return 0;
}

void json_scan_free(struct json_scan *j)
{
	if (j == NULL)
		return;
	if (j->handle)
		yajl_free(j->handle);
	free(j);
}

/* ---- plain lines ---- */

/*
 * What exports are made of: one object without escapes, well formed, nothing around it.
 * Half of the time yajl takes for it. Whatever is not that plain, or wrong, is left to
 * yajl, whose word it is; so nothing is given out before the line is understood.
 */
struct quick {
	const uint8_t *at, *end;
	struct token *tokens;
	unsigned count;
	bool in_map[JSON_SCAN_DEPTH + 1];
	unsigned depth;
};

static bool add_token(struct quick *q, enum token_kind kind, const uint8_t *at,
		      const uint8_t *end)
{
	if (q->count == TOKENS_MOST)
		return false;
	q->tokens[q->count++] = (struct token){at, (uint32_t)(end - at), kind};
	return true;
}

static void skip_blanks(struct quick *q)
{
	while (q->at < q->end && (*q->at == ' ' || *q->at == '\t'))
		q->at++;
}

/* At the quote; printable octets up to the next one. */
static bool quick_string(struct quick *q, enum token_kind kind)
{
	const uint8_t *p = q->at + 1;
	while (p < q->end && *p != '"' && *p >= 0x20 && *p != '\\')
		p++;
	if (p == q->end || *p != '"' || !add_token(q, kind, q->at + 1, p))
		return false;
	q->at = p + 1;
	return true;
}

static bool is_digit(const struct quick *q, const uint8_t *p)
{
	return p < q->end && *p >= '0' && *p <= '9';
}

/* RFC 8259 6, without an exponent. */
static bool quick_number(struct quick *q)
{
	const uint8_t *p = q->at;
	p += *p == '-';
	bool zero = p < q->end && *p == '0';
	const uint8_t *digits = p;
	while (is_digit(q, p))
		p++;
	if (p == digits || (zero && p > digits + 1))
		return false;
	if (p < q->end && *p == '.') {
		digits = ++p;
		while (is_digit(q, p))
			p++;
		if (p == digits)
			return false;
	}
	if (p < q->end && (*p == 'e' || *p == 'E'))
		return false;
	bool good = add_token(q, TOKEN_NUMBER, q->at, p);
	q->at = p;
	return good;
}

static bool quick_word(struct quick *q, const char *word, enum token_kind kind)
{
	size_t n = strlen(word);
	if ((size_t)(q->end - q->at) < n || memcmp(q->at, word, n) != 0)
		return false;
	q->at += n;
	return add_token(q, kind, q->at - n, q->at);
}

static bool quick_open(struct quick *q, bool map)
{
	if (q->depth == JSON_SCAN_DEPTH)
		return false;
	q->in_map[++q->depth] = map;
	q->at++;
	return add_token(q, map ? TOKEN_MAP : TOKEN_ARRAY, q->at, q->at);
}

static bool quick_close(struct quick *q)
{
	bool map = q->in_map[q->depth--];
	q->at++;
	return add_token(q, map ? TOKEN_MAP_END : TOKEN_ARRAY_END, q->at, q->at);
}

static bool quick_value(struct quick *q)
{
	switch (*q->at) {
	case '"':
		return quick_string(q, TOKEN_STRING);
	case '{':
		return quick_open(q, true);
	case '[':
		return quick_open(q, false);
	case 't':
		return quick_word(q, "true", TOKEN_TRUE);
	case 'f':
		return quick_word(q, "false", TOKEN_FALSE);
	case 'n':
		return quick_word(q, "null", TOKEN_NULL);
	default:
		return quick_number(q);
	}
}

static bool quick_key(struct quick *q)
{
	if (*q->at != '"' || !quick_string(q, TOKEN_KEY))
		return false;
	skip_blanks(q);
	if (q->at == q->end || *q->at != ':')
		return false;
	q->at++;
	skip_blanks(q);
	return q->at < q->end;
}

/* One member, element or end of what is open; *first: nothing stands in it yet. */
static bool quick_step(struct quick *q, bool *first)
{
	skip_blanks(q);
	if (q->at == q->end)
		return false;
	bool map = q->in_map[q->depth];
	if (*q->at == (map ? '}' : ']')) {
		*first = false;
		return quick_close(q);
	}
	if (!*first) {
		if (*q->at != ',')
			return false;
		q->at++;
		skip_blanks(q);
		if (q->at == q->end)
			return false;
	}
	if (map && !quick_key(q))
		return false;
	*first = *q->at == '{' || *q->at == '[';
	return quick_value(q);
}

static bool quick_line(struct quick *q)
{
	bool first = true;
	if (q->at == q->end || *q->at != '{' || !quick_open(q, true))
		return false;
	while (q->depth > 0)
		if (!quick_step(q, &first))
			return false;
	return q->at == q->end;
}

static void give_tokens(struct json_scan *j, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct token *t = &j->tokens[i];
		switch ((enum token_kind)t->kind) {
		case TOKEN_KEY:
			on_key(j, t->at, t->len);
			break;
		case TOKEN_STRING:
			on_string(j, t->at, t->len);
			break;
		case TOKEN_NUMBER:
			on_number(j, (const char *)t->at, t->len);
			break;
		case TOKEN_TRUE:
		case TOKEN_FALSE:
			on_bool(j, t->kind == TOKEN_TRUE);
			break;
		case TOKEN_NULL:
			on_null(j);
			break;
		case TOKEN_MAP:
			on_map(j);
			break;
		case TOKEN_MAP_END:
			on_map_end(j);
			break;
		case TOKEN_ARRAY:
			on_array(j);
			break;
		case TOKEN_ARRAY_END:
			on_array_end(j);
			break;
		}
	}
}

int json_scan_line(struct json_scan *j, struct bytes line)
{
	struct quick q = {.at = line.at, .end = line.at + line.len, .tokens = j->tokens};
	if (j->handle == NULL && begin(j) < 0)
		return YORE_ENOMEM;
	j->depth = 0;
	j->len = 0;
	j->parent[0] = 0;
	j->mute = false;
	if (quick_line(&q)) {
		give_tokens(j, q.count);
		return 0;
	}
	yajl_status s = yajl_parse(j->handle, line.at, line.len);
	if (s == yajl_status_ok)
		s = yajl_complete_parse(j->handle);
	/* what is half read must not be taken for the beginning of the next line */
	int r = begin(j);
	if (r == 0 && (s != yajl_status_ok || j->depth != 0))
		r = YORE_EMALFORMED;
	return r;
}
