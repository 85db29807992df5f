#include <stdio.h>
#include <strings.h>

#include "dns/type.h"
#include "query/query.h"

void query_sort_default(struct query *q)
{
	memset(q->sort, 0, sizeof(q->sort));
	q->sort[0] = (struct sort){SORT_ADDRESS, false};
	q->sort[1] = (struct sort){SORT_LAST, true};
}

static const struct {
	const char *name;
	enum sort_key key;
} sort_names[] = {
    {"address", SORT_ADDRESS},	 {"first", SORT_FIRST},	  {"last", SORT_LAST},
    {"count", SORT_COUNT},	 {"name", SORT_RRNAME},	  {"rrname", SORT_RRNAME},
    {"type", SORT_TYPE},	 {"rrtype", SORT_TYPE},	  {"data", SORT_RDATA},
    {"rdata", SORT_RDATA},	 {"source", SORT_SOURCE}, {"bailiwick", SORT_BAILIWICK},
    {"duration", SORT_DURATION}, {"hop", SORT_HOP},
};

static int sort_of_text(const char *s, size_t n, struct sort *ret)
{
	struct sort sort = {0};
	if (n && *s == '-') {
		sort.descending = true;
		s++;
		n--;
	}
	if (n > 5 && strncasecmp(s + n - 5, ":desc", 5) == 0) {
		sort.descending = true;
		n -= 5;
	} else if (n > 4 && strncasecmp(s + n - 4, ":asc", 4) == 0) {
		n -= 4;
	}
	for (size_t i = 0; i < sizeof(sort_names) / sizeof(sort_names[0]); i++) {
		if (strlen(sort_names[i].name) != n ||
		    strncasecmp(sort_names[i].name, s, n) != 0)
			continue;
		sort.key = sort_names[i].key;
		*ret = sort;
		return 0;
	}
	return YORE_EMALFORMED;
}

int query_sort_parse(struct query *q, const char *text, struct fault *f)
{
	size_t count = 0;
	while (count < SORT_KEYS_MAX && q->sort[count].key != SORT_NONE)
		count++;
	while (*text) {
		size_t n = strcspn(text, ",");
		if (count == SORT_KEYS_MAX)
			return fault_set(f, YORE_ELIMIT, "sort: more than %d keys",
					 SORT_KEYS_MAX);
		if (sort_of_text(text, n, &q->sort[count]) < 0)
			return fault_set(f, YORE_EUSAGE,
					 "sort: no key '%.*s'; there are address, first, "
					 "last, count, duration, name, type, data, "
					 "bailiwick, source, hop",
					 n > 60 ? 60 : (int)n, text);
		count++;
		text += n + (text[n] == ',');
	}
	return 0;
}

static bool word_is(const char *s, size_t n, const char *word)
{
	return strlen(word) == n && strncasecmp(s, word, n) == 0;
}

int query_types_parse(struct query *q, const char *text, uint16_t *room, size_t max,
		      struct fault *f)
{
	size_t count = 0, words = 0;
	enum types whole = TYPES_LISTED;
	while (*text) {
		char word[32];
		size_t n = strcspn(text, ", ");
		const char *at = text;
		text += n + (text[n] != '\0');
		if (n == 0)
			continue;
		words++;
		if (word_is(at, n, "ALL")) {
			whole = TYPES_ALL;
		} else if (word_is(at, n, "ANY")) {
			whole = whole == TYPES_DNSSEC || whole == TYPES_ALL ? TYPES_ALL
									    : TYPES_ANY;
		} else if (word_is(at, n, "ANY-DNSSEC")) {
			whole = whole == TYPES_ANY || whole == TYPES_ALL ? TYPES_ALL
									 : TYPES_DNSSEC;
		} else if (count == max) {
			return fault_set(f, YORE_ELIMIT, "type: more than %zu", max);
		} else {
			snprintf(word, sizeof(word), "%.*s", n > 31 ? 31 : (int)n, at);
			if (type_of_text(word, &room[count]) < 0)
				return fault_set(f, YORE_EUSAGE,
						 "type: there is none named '%s'", word);
			count++;
		}
	}
	if (words == 0)
		return fault_set(f, YORE_EUSAGE, "type: empty");
	if (whole != TYPES_LISTED && count)
		return fault_set(f, YORE_EUSAGE,
				 "type: ANY, ANY-DNSSEC and ALL stand alone");
	q->types = whole;
	q->type = room;
	q->type_count = count;
	return 0;
}

bool query_wants_type(const struct query *q, uint16_t type)
{
	switch (q->types) {
	case TYPES_ALL:
		return true;
	case TYPES_ANY:
		return !type_is_dnssec(type);
	case TYPES_DNSSEC:
		return type_is_dnssec(type);
	case TYPES_LISTED:
		break;
	}
	for (size_t i = 0; i < q->type_count; i++)
		if (q->type[i] == type)
			return true;
	return false;
}

bool query_wants_source(const struct query *q, uint16_t source)
{
	bool wanted = q->sources == NULL;
	for (size_t i = 0; i < q->source_count && !wanted; i++)
		wanted = q->sources[i] == source;
	for (size_t i = 0; i < q->without_source_count && wanted; i++)
		wanted = q->without_sources[i] != source;
	return wanted;
}

enum side query_side(const struct query *q, const struct term *t)
{
	if (q->side != SIDE_DEFAULT)
		return q->side;
	return t->kind == TERM_ADDR || t->kind == TERM_RAW ? SIDE_RDATA : SIDE_RRNAME;
}
