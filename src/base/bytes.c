#include "base/bytes.h"

struct bytes bytes_line(struct bytes *text)
{
	const uint8_t *end = text->len ? memchr(text->at, '\n', text->len) : NULL;
	size_t n = end ? (size_t)(end - text->at) : text->len;
	struct bytes line = BYTES(text->at, n);
	n += end != NULL;
	if (n)
		*text = BYTES(text->at + n, text->len - n);
	return line;
}
