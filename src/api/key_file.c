/* The file of keys: read whole, replaced whole. */
#include <stdlib.h>
#include <sys/stat.h>

#include "api/key.h"
#include "base/io.h"
#include "base/when.h"

#define KEY_FILE_MAX (64u << 20)
#define KEY_LINE_MAX 4096

static int set_words(struct key *k, char *line)
{
	char *save, *word = strtok_r(line, " \t\r", &save);
	for (; word; word = strtok_r(NULL, " \t\r", &save)) {
		char *equals = strchr(word, '=');
		if (equals == NULL)
			return YORE_EMALFORMED;
		*equals = '\0';
		int r = key_set(k, word, equals + 1);
		if (r < 0)
			return r;
	}
	return k->id[0] && k->name[0] && k->scopes ? 0 : YORE_EMALFORMED;
}

/* 1: a key, 0: nothing on this line. */
static int read_line(struct bytes text, struct key *ret)
{
	char line[KEY_LINE_MAX];
	if (text.len >= sizeof(line))
		return YORE_ELIMIT;
	memcpy(line, text.at, text.len);
	line[text.len] = '\0';
	line[strcspn(line, "#")] = '\0';
	if (line[strspn(line, " \t\r")] == '\0')
		return 0;
	*ret = (struct key){.created_s = WHEN_UNKNOWN, .revoked_s = WHEN_UNKNOWN};
	int r = set_words(ret, line);
	return r < 0 ? r : 1;
}

static int compare_keys(const void *a, const void *b)
{
	return memcmp(((const struct key *)a)->id, ((const struct key *)b)->id,
		      KEY_ID_LEN);
}

static int add_key(struct key_ring *r, size_t *room, const struct key *k)
{
	if (r->count == KEYS_MAX)
		return YORE_ELIMIT;
	if (r->count == *room) {
		size_t more = *room ? 2 * *room : 16;
		struct key *at = realloc(r->keys, more * sizeof(*at));
		if (at == NULL)
			return YORE_ENOMEM;
		r->keys = at;
		*room = more;
	}
	r->keys[r->count++] = *k;
	return 0;
}

static struct bytes take_line(struct bytes *text)
{
	const uint8_t *end = text->len ? memchr(text->at, '\n', text->len) : NULL;
	struct bytes line = BYTES(text->at, end ? (size_t)(end - text->at) : text->len);
	size_t used = line.len + (end != NULL);
	*text = BYTES(text->at + used, text->len - used);
	return line;
}

int key_ring_parse(struct bytes text, const char *path, struct key_ring *ret,
		   struct fault *f)
{
	struct key_ring ring = {0};
	size_t room = 0;
	unsigned number = 0;
	while (text.len) {
		struct key k;
		int r = read_line(take_line(&text), &k);
		number++;
		if (r == 1)
			r = add_key(&ring, &room, &k);
		if (r < 0) {
			key_ring_release(&ring);
			return fault_set(f, r, "%s:%u: no line of a key file: %s", path,
					 number, yore_strerror(r));
		}
	}
	if (ring.count)
		qsort(ring.keys, ring.count, sizeof(*ring.keys), compare_keys);
	for (size_t i = 1; i < ring.count; i++)
		if (compare_keys(&ring.keys[i - 1], &ring.keys[i]) == 0) {
			fault_set(f, YORE_EMALFORMED, "%s: key %s stands in it twice",
				  path, ring.keys[i].id);
			key_ring_release(&ring);
			return YORE_EMALFORMED;
		}
	*ret = ring;
	return 0;
}

int key_ring_read(const char *path, struct key_ring *ret, struct fault *f)
{
	struct buf text;
	buf_init(&text, KEY_FILE_MAX);
	int r = io_read_file(path, KEY_FILE_MAX, &text, f);
	if (r == 0)
		r = key_ring_parse(buf_bytes(&text), path, ret, f);
	buf_release(&text);
	return r;
}

void key_ring_release(struct key_ring *r)
{
	if (r == NULL)
		return;
	free(r->keys);
	*r = (struct key_ring){0};
}

int key_file_add(const char *path, const struct key *k, struct fault *f)
{
	struct buf text;
	buf_init(&text, KEY_FILE_MAX);
	int r = io_exists(path) ? io_read_file(path, KEY_FILE_MAX, &text, f) : 0;
	if (r == 0) {
		if (text.len && text.at[text.len - 1] != '\n')
			buf_putc(&text, '\n');
		key_put(&text, k);
		r = text.err < 0 ? fault_set(f, text.err, "%s: too large", path)
				 : io_replace(path, buf_bytes(&text), 0600, f);
	}
	buf_release(&text);
	return r;
}

int key_file_revoke(const char *path, const char *id_or_name, int64_t now_s,
		    struct fault *f)
{
	struct buf text, out;
	bool found = false;
	buf_init(&text, KEY_FILE_MAX);
	buf_init(&out, KEY_FILE_MAX);
	int r = io_read_file(path, KEY_FILE_MAX, &text, f);
	struct bytes left = buf_bytes(&text);
	while (r == 0 && left.len) {
		struct bytes line = take_line(&left);
		struct key k;
		bool hit =
		    read_line(line, &k) == 1 && k.revoked_s == WHEN_UNKNOWN &&
		    (strcmp(k.id, id_or_name) == 0 || strcmp(k.name, id_or_name) == 0);
		if (hit) {
			found = true;
			k.revoked_s = now_s;
			key_put(&out, &k);
		} else {
			buf_put_bytes(&out, line);
			buf_putc(&out, '\n');
		}
	}
	if (r == 0 && !found)
		r = fault_set(f, YORE_ENOENT, "%s: no key '%s' that could be revoked",
			      path, id_or_name);
	if (r == 0)
		r = out.err < 0 ? fault_set(f, out.err, "%s: too large", path)
				: io_replace(path, buf_bytes(&out), 0600, f);
	buf_release(&text);
	buf_release(&out);
	return r;
}

int key_file_path(const char *arg, struct buf *ret)
{
	const char *env = getenv("YORE_KEYS"), *xdg = getenv("XDG_CONFIG_HOME"),
		   *home = getenv("HOME");
	if (arg || (env && *env))
		buf_puts(ret, arg ? arg : env);
	else if (xdg && *xdg)
		buf_printf(ret, "%s/yore/keys", xdg);
	else if (home && *home)
		buf_printf(ret, "%s/.config/yore/keys", home);
	else
		return YORE_ENOENT;
	return ret->err;
}
