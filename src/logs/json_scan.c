#include "logs/json_scan.h"

#include <stdlib.h>

#include <yajl/yajl_parse.h>

#define PATH_MOST 240

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

int json_scan_line(struct json_scan *j, struct bytes line)
{
	if (j->handle == NULL && begin(j) < 0)
		return YORE_ENOMEM;
	j->depth = 0;
	j->len = 0;
	j->parent[0] = 0;
	j->mute = false;
	yajl_status s = yajl_parse(j->handle, line.at, line.len);
	if (s == yajl_status_ok && j->depth == 0)
		return 0;
	/* what is half read must not be taken for the beginning of the next line */
	int r = begin(j);
	return r < 0 ? r : YORE_EMALFORMED;
}
