/* A mapping as loaded, and the functions of the provider it makes. */
#ifndef YORE_REMOTE_MAPPING_READ_H
#define YORE_REMOTE_MAPPING_READ_H

#include "base/arena.h"
#include "remote/provider.h"

#define MAPPING_RDATA 16
#define MAPPING_STATUSES 4

enum mapping_field {
	FIELD_OWNER,
	FIELD_TYPE,
	FIELD_RDATA,
	FIELD_FIRST,
	FIELD_LAST,
	FIELD_COUNT,
	FIELD_TTL,
	FIELD_SOURCE,
	FIELD_TLP,
	MAPPING_FIELDS
};
enum mapping_date { DATE_TEXT, DATE_EPOCH, DATE_MS };
enum mapping_next { NEXT_NONE, NEXT_PAGES, NEXT_CURSOR, NEXT_TOTAL };

struct mapping_side {	   /* asked by name, or by address */
	const char *url;   /* template; NULL: cannot be asked */
	const char *body;  /* template */
	const char *parts; /* words */
	bool post;
	const char *records;
	const char *field[MAPPING_FIELDS];
};

struct mapping {
	struct arena arena; /* of all text */
	struct provider provider;
	struct mapping_side name, address;
	const char *header, *error, *error_quota, *next_path;
	struct {
		const char *type, *field;
	} rdata[MAPPING_RDATA];
	size_t rdata_count;
	enum mapping_date date;
	enum mapping_next next;
	uint64_t full;
	bool basic;
	uint16_t none_status[MAPPING_STATUSES], quota_status[MAPPING_STATUSES];
};

int mapping_build(const struct account *a, const struct inquiry *q,
		  const struct page *page, struct request *rq);
void mapping_read(struct reading *r);
bool mapping_own_status(struct reading *r);

#endif
