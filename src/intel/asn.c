/* Tables of autonomous systems: MaxMind's format through its library, or CSV ranges. */
#include <maxminddb.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/num.h"
#include "base/when.h"
#include "intel/networks.h"

#define TABLE_MOST 8

struct asn_range {
	struct addr_range range;
	uint32_t number;
	uint32_t organisation; /* offset in text */
};

struct asn_table {
	char label[128];
	bool is_mmdb;
	MMDB_s mmdb;
	struct asn_range *at;
	size_t count, room;
	struct buf text;
};

struct asn_tables {
	struct asn_table table[TABLE_MOST];
	size_t count;
};

void asn_tables_free(struct asn_tables *t)
{
	for (size_t i = 0; t && i < t->count; i++) {
		if (t->table[i].is_mmdb)
			MMDB_close(&t->table[i].mmdb);
		free(t->table[i].at);
		buf_release(&t->table[i].text);
	}
	free(t);
}

/* One field of a CSV line; quotes around it are taken off. Moves *s behind the comma. */
static char *field(char **s)
{
	char *from = *s, *end;
	if (*from == '"') {
		end = strchr(++from, '"');
		if (end == NULL)
			return NULL;
		*end++ = '\0';
		*s = *end == ',' ? end + 1 : end;
		return from;
	}
	end = strchr(from, ',');
	*s = end ? end + 1 : from + strlen(from);
	if (end)
		*end = '\0';
	return from;
}

static int csv_line(struct asn_table *t, char *line)
{
	struct asn_range one;
	uint64_t number;
	char *lo = field(&line), *hi = lo ? field(&line) : NULL;
	char *num = hi ? field(&line) : NULL, *org = num ? field(&line) : NULL;
	if (org == NULL || addr_parse(lo, &one.range.lo) < 0 ||
	    addr_parse(hi, &one.range.hi) < 0 || num_u64(num, UINT32_MAX, &number) < 0)
		return YORE_EMALFORMED;
	if (t->count == t->room) {
		size_t room = t->room ? t->room * 2 : 4096;
		struct asn_range *at = realloc(t->at, room * sizeof(*at));
		if (at == NULL)
			return YORE_ENOMEM;
		t->at = at;
		t->room = room;
	}
	one.number = (uint32_t)number;
	one.organisation = (uint32_t)t->text.len;
	buf_puts(&t->text, org);
	buf_putc(&t->text, 0);
	t->at[t->count++] = one;
	return t->text.err;
}

static int by_lo(const void *a, const void *b)
{
	return addr_compare(&((const struct asn_range *)a)->range.lo,
			    &((const struct asn_range *)b)->range.lo);
}

static int load_csv(struct asn_table *t, const char *path, struct fault *f)
{
	struct buf all;
	buf_init(&all, (size_t)256 << 20);
	int r = io_read_file(path, (size_t)256 << 20, &all, f);
	buf_putc(&all, 0);
	size_t n = 1;
	char *save = NULL;
	for (char *line = r == 0 ? strtok_r((char *)all.at, "\r\n", &save) : NULL;
	     line && r == 0; line = strtok_r(NULL, "\r\n", &save), n++) {
		r = *line == '#' ? 0 : csv_line(t, line);
		if (r < 0)
			fault_set(f, r, "%s: line %zu is not start,end,number,name", path,
				  n);
	}
	buf_release(&all);
	if (r == 0)
		qsort(t->at, t->count, sizeof(*t->at), by_lo);
	return r;
}

int networks_add_asn(struct networks *n, const char *path, struct fault *f)
{
	if (n->asn == NULL && (n->asn = calloc(1, sizeof(*n->asn))) == NULL)
		return YORE_ENOMEM;
	if (n->asn->count == TABLE_MOST)
		return fault_set(f, YORE_ELIMIT, "more than %d tables of networks",
				 TABLE_MOST);
	struct asn_table *t = &n->asn->table[n->asn->count];
	struct stat st;
	if (stat(path, &st) < 0)
		return fault_set(f, YORE_ENOENT, "%s: no such table of networks", path);
	buf_init(&t->text, (size_t)256 << 20);
	size_t len = strlen(path);
	int64_t made = (int64_t)st.st_mtime;
	int r = 0;
	if (len > 5 && strcasecmp(path + len - 5, ".mmdb") == 0) {
		if (MMDB_open(path, MMDB_MODE_MMAP, &t->mmdb) != MMDB_SUCCESS)
			return fault_set(f, YORE_EMALFORMED, "%s: no MaxMind table",
					 path);
		t->is_mmdb = true;
		made = (int64_t)t->mmdb.metadata.build_epoch;
	} else {
		r = load_csv(t, path, f);
	}
	char date[WHEN_TEXT_MAX];
	when_date_text(made, date);
	const char *slash = strrchr(path, '/');
	snprintf(t->label, sizeof(t->label), "%.48s of %s", slash ? slash + 1 : path,
		 date);
	n->asn->count++;
	return r;
}

static bool in_mmdb(const struct asn_table *t, const struct addr *a, struct asn *ret)
{
	char text[ADDR_TEXT_MAX];
	int gai, err;
	MMDB_entry_data_s d;
	addr_text(a, text);
	MMDB_lookup_result_s hit = MMDB_lookup_string(&t->mmdb, text, &gai, &err);
	if (gai || err != MMDB_SUCCESS || !hit.found_entry)
		return false;
	if (MMDB_get_value(&hit.entry, &d, "autonomous_system_number", NULL) ==
		MMDB_SUCCESS &&
	    d.has_data && d.type == MMDB_DATA_TYPE_UINT32)
		ret->number = d.uint32;
	if (MMDB_get_value(&hit.entry, &d, "autonomous_system_organization", NULL) ==
		MMDB_SUCCESS &&
	    d.has_data && d.type == MMDB_DATA_TYPE_UTF8_STRING)
		snprintf(ret->organisation, sizeof(ret->organisation), "%.*s",
			 (int)d.data_size, d.utf8_string);
	return ret->number != 0;
}

static bool in_csv(const struct asn_table *t, const struct addr *a, struct asn *ret)
{
	size_t lo = 0, hi = t->count;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (addr_compare(&t->at[mid].range.lo, a) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0 || !addr_range_has(&t->at[lo - 1].range, a))
		return false;
	ret->number = t->at[lo - 1].number;
	snprintf(ret->organisation, sizeof(ret->organisation), "%s",
		 (const char *)t->text.at + t->at[lo - 1].organisation);
	return true;
}

bool networks_asn(const struct networks *n, const struct addr *a, struct asn *ret)
{
	*ret = (struct asn){0};
	for (size_t i = 0; n->asn && i < n->asn->count; i++) {
		const struct asn_table *t = &n->asn->table[i];
		if (t->is_mmdb ? in_mmdb(t, a, ret) : in_csv(t, a, ret)) {
			snprintf(ret->table, sizeof(ret->table), "%s", t->label);
			return true;
		}
	}
	return false;
}
