#include "intel/lists.h"

struct bytes list_text(const char *name)
{
	for (size_t i = 0; i < list_count; i++)
		if (strcmp(list_table[i].name, name) == 0)
			return list_table[i].text;
	return BYTES(NULL, 0);
}

static bool is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct bytes trim(struct bytes b)
{
	while (b.len && is_space(b.at[0]))
		b.at++, b.len--;
	while (b.len && is_space(b.at[b.len - 1]))
		b.len--;
	return b;
}

int list_next(struct bytes text, size_t *at, struct bytes *key, struct bytes *label)
{
	while (*at < text.len) {
		const uint8_t *from = text.at + *at;
		size_t left = text.len - *at;
		const uint8_t *end = memchr(from, '\n', left);
		size_t n = end ? (size_t)(end - from) : left;
		*at += n + 1;
		struct bytes line = trim(BYTES(from, n));
		if (line.len == 0 || line.at[0] == '#')
			continue;
		size_t k = 0;
		while (k < line.len && !is_space(line.at[k]))
			k++;
		*key = BYTES(line.at, k);
		*label = trim(BYTES(line.at + k, line.len - k));
		return 1;
	}
	return 0;
}

bool list_has(const char *name, struct bytes key, struct bytes *label)
{
	struct bytes text = list_text(name), k, l;
	for (size_t at = 0; list_next(text, &at, &k, &l);)
		if (bytes_equal(k, key)) {
			if (label)
				*label = l;
			return true;
		}
	return false;
}

bool list_has_zone(const char *name, struct bytes wire, struct bytes *label)
{
	char text[NAME_TEXT_MAX];
	for (; wire.len > 1; wire = name_parent(wire)) {
		size_t n = name_text(wire, text);
		if (list_has(name, BYTES(text, n - 1), label))
			return true;
	}
	return false;
}
