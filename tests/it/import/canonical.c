/*
 * Names and rdata to canonical octets, so that texts of two programs can be compared.
 * Lines in: name TAB type TAB rdata; lines out: name in hexadecimal, type, rdata in
 * hexadecimal, or "bad" when it cannot be read.
 */
#include <stdio.h>
#include <stdlib.h>

#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/type.h"

static bool canonical(char *line, struct buf *out)
{
	char *type_at = strchr(line, '\t'), *rdata_at;
	struct name name;
	struct buf rdata;
	uint16_t type;
	if (type_at == NULL)
		return false;
	*type_at++ = '\0';
	rdata_at = strchr(type_at, '\t');
	if (rdata_at == NULL)
		return false;
	*rdata_at++ = '\0';
	if (name_of_text(line, &name) < 0 || type_of_text(type_at, &type) < 0)
		return false;
	buf_init(&rdata, RDATA_MAX);
	bool good = rdata_of_text(type, rdata_at, &rdata) == 0;
	uint8_t *twice = malloc(RDATA_MAX);
	int n = good && twice ? rdata_canonical(buf_bytes(&rdata), 0, rdata.len, type,
						twice, RDATA_MAX)
			      : -1;
	buf_hex(out, name_bytes(&name));
	buf_printf(out, " %u ", type);
	if (n >= 0)
		buf_hex(out, BYTES(twice, n));
	free(twice);
	buf_release(&rdata);
	return n >= 0;
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	struct buf out;
	buf_init(&out, 1 << 20);
	setvbuf(stdout, NULL, _IOLBF, 0); // who asks waits for each line
	while ((n = getline(&line, &room, stdin)) > 0) {
		line[n - 1] = '\0';
		buf_clear(&out);
		puts(canonical(line, &out) ? buf_str(&out) : "bad");
	}
	free(line);
	buf_release(&out);
	return 0;
}
