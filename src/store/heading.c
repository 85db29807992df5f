#include "store/heading.h"

#include <stdio.h>

#include "base/num.h"

#define FRONT "yore "

void heading_put(struct buf *out, const char *what, unsigned version)
{
	buf_printf(out, FRONT "%s %u\n", what, version);
}

int heading_read(struct bytes text, const char *what, unsigned most)
{
	char line[80], front[60];
	uint64_t version;
	const uint8_t *end = text.len ? memchr(text.at, '\n', text.len) : NULL;
	size_t len = end ? (size_t)(end - text.at) : text.len;
	size_t n = (size_t)snprintf(front, sizeof(front), FRONT "%s ", what);
	if (len < n || memcmp(text.at, front, n) != 0)
		return 0;
	if (len >= sizeof(line))
		return YORE_EMALFORMED;
	memcpy(line, text.at, len);
	line[len] = 0;
	if (num_u64(line + n, UINT32_MAX, &version) < 0 || version == 0)
		return YORE_EMALFORMED;
	return version > most ? YORE_EVERSION : (int)len;
}
