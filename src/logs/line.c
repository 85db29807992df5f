#include "logs/line.h"

#include <stdlib.h>

#include "base/num.h"
#include "dns/name_text.h"
#include "dns/rdata.h"
#include "dns/type.h"

#define RECORDS_MOST 4096 /* of one line */

bool log_owner(struct bytes text, struct name *ret)
{
	const char *at = (const char *)text.at;
	if (text.len == 0 || text.len >= NAME_TEXT_MAX || memchr(text.at, 0, text.len))
		return false;
	return name_of_text_range(at, at + text.len, true, ret) == 0;
}

bool log_number(struct bytes text, uint64_t *ret)
{
	char room[24];
	if (text.len == 0 || text.len >= sizeof(room))
		return false;
	memcpy(room, text.at, text.len);
	room[text.len] = 0;
	return num_u64(room, UINT64_MAX, ret) == 0;
}

/* What nearly all lines say; the list of all types is long. */
static bool common_type(struct bytes text, uint16_t *ret)
{
	static const struct {
		char text[6];
		uint16_t type;
	} common[] = {{"A", TYPE_A},	 {"AAAA", TYPE_AAAA}, {"CNAME", TYPE_CNAME},
		      {"NS", TYPE_NS},	 {"MX", TYPE_MX},     {"TXT", TYPE_TXT},
		      {"PTR", TYPE_PTR}, {"SOA", TYPE_SOA}};
	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (text.len == strlen(common[i].text) &&
		    memcmp(text.at, common[i].text, text.len) == 0) {
			*ret = common[i].type;
			return true;
		}
	return false;
}

bool log_type(struct bytes text, uint16_t *ret)
{
	char room[TYPE_TEXT_MAX];
	uint64_t n;
	if (common_type(text, ret))
		return true;
	if (log_number(text, &n)) {
		*ret = (uint16_t)n;
		return n <= UINT16_MAX;
	}
	if (text.len == 0 || text.len >= sizeof(room))
		return false;
	memcpy(room, text.at, text.len);
	room[text.len] = 0;
	return type_of_text(room, ret) == 0;
}

bool log_epoch(struct bytes text, int64_t *ret_us)
{
	const uint8_t *dot = text.len ? memchr(text.at, '.', text.len) : NULL;
	size_t whole = dot ? (size_t)(dot - text.at) : text.len;
	uint64_t s;
	if (!log_number(BYTES(text.at, whole), &s) || s > INT64_MAX / 1000000 - 1)
		return false;
	int64_t us = 0, unit = 100000;
	for (size_t i = whole + 1; i < text.len; i++, unit /= 10) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		us += unit * (text.at[i] - '0');
	}
	*ret_us = (int64_t)s * 1000000 + us;
	return true;
}

void log_set_begin(struct log_set *s, const struct name *owner, uint16_t type,
		   uint16_t source)
{
	s->owner = *owner;
	s->type = type;
	s->source = source;
	s->bailiwick = BAILIWICK_ABSENT;
	s->rdata = NULL;
	s->count = s->room = 0;
}

bool log_set_add_wire(struct log *l, struct log_set *s, struct bytes rdata)
{
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 8;
		struct bytes *more = arena_alloc(&l->arena, room * sizeof(*more));
		if (more == NULL) {
			log_bad(l, "more in one line than memory allows");
			return false;
		}
		if (s->count)
			memcpy(more, s->rdata, s->count * sizeof(*more));
		s->rdata = more;
		s->room = room;
	}
	struct bytes copy = arena_copy(&l->arena, rdata);
	if (copy.at == NULL) {
		log_bad(l, "more in one line than memory allows");
		return false;
	}
	s->rdata[s->count++] = copy;
	return true;
}

static bool is_text_type(uint16_t type)
{
	return type == TYPE_TXT || type == TYPE_SPF;
}

/* Bare text as character-strings of at most 255 octets (RFC 1035 3.3.14). */
static void put_strings(struct buf *out, struct bytes text)
{
	do {
		size_t n = text.len < 255 ? text.len : 255;
		buf_putc(out, (int)n);
		buf_put(out, text.at, n);
		text.at += n;
		text.len -= n;
	} while (text.len);
}

/* Four numbers as everybody writes them; the rest is for rdata_of_text to judge. */
static bool plain_address(struct bytes text, uint8_t out[4])
{
	unsigned n = 0, value = 0, digits = 0;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.at[i];
		if (c == '.' && digits > 0 && n < 3) {
			out[n++] = (uint8_t)value;
			value = digits = 0;
			continue;
		}
		if (c < '0' || c > '9' || (digits > 0 && value == 0))
			return false;
		value = value * 10 + c - '0';
		if (++digits > 3 || value > 255)
			return false;
	}
	if (n != 3 || digits == 0)
		return false;
	out[3] = (uint8_t)value;
	return true;
}

bool log_set_add(struct log *l, struct log_set *s, struct bytes text)
{
	uint8_t address[4];
	if (s->type == TYPE_A && plain_address(text, address))
		return log_set_add_wire(l, s, BYTES(address, 4));
	buf_clear(&l->scratch);
	if (is_text_type(s->type) && (text.len == 0 || text.at[0] != '"')) {
		put_strings(&l->scratch, text);
	} else {
		if (text.len > RDATA_MAX * 4u || memchr(text.at, 0, text.len))
			return false;
		char *copy = (char *)arena_bytes(&l->arena, text.len + 1);
		if (copy == NULL)
			return false;
		memcpy(copy, text.at, text.len);
		copy[text.len] = 0;
		if (rdata_of_text(s->type, copy, &l->scratch) < 0)
			return false;
	}
	if (l->scratch.err || l->scratch.len > RDATA_MAX)
		return false;
	return log_set_add_wire(l, s, buf_bytes(&l->scratch));
}

static bool room_for_one(struct log *l)
{
	if (l->count < l->room)
		return true;
	size_t room = l->room ? l->room * 2 : 16;
	if (room > RECORDS_MOST)
		return false;
	struct log_record *more = realloc(l->records, room * sizeof(*more));
	if (more == NULL)
		return false;
	l->records = more;
	l->room = room;
	return true;
}

void log_set_emit(struct log *l, struct log_set *s, const struct span *span,
		  bool interval)
{
	if (s->count == 0 || type_is_meta(s->type))
		return;
	buf_clear(&l->scratch);
	struct bytes owner = arena_copy(&l->arena, name_bytes(&s->owner));
	if (!room_for_one(l) || owner.at == NULL ||
	    rdataset_pack(s->rdata, s->count, &l->scratch) < 0) {
		log_bad(l, "more in one line than memory allows");
		return;
	}
	struct bytes packed = arena_copy(&l->arena, buf_bytes(&l->scratch));
	if (packed.at == NULL) {
		log_bad(l, "more in one line than memory allows");
		return;
	}
	l->records[l->count++] = (struct log_record){
	    .set = {.owner = owner,
		    .type = s->type,
		    .source = s->source,
		    .bailiwick = s->bailiwick,
		    .rdata = packed},
	    .span = *span,
	    .interval = interval,
	};
	s->count = 0;
}
