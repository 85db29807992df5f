/*
 * Providers without a file of their own: a section [mapping NAME] says in words how they
 * are asked and how their JSON answers are read. The ones we know of are shipped (in the
 * program; `yore providers --mappings` prints them), users add theirs to the
 * configuration without compiling. docs/providers.md explains every key:
 *
 *   title, state, lookup, can, url, needs, note, tlp, parallel, gap
 *   header          lines "Name: text", parted by |, with placeholders; basic = yes
 *   name, address   what is asked: "GET {url}/path/{name}", with placeholders
 *   name-body, address-body                              of a POST
 *   name-parts, address-parts     words; each is asked on its own as {part}
 *   records, address-records      where the records are, as a path
 *   owner, type, rdata, first, last, count, ttl, source  fields (address-... for others)
 *   rdata-TYPE      rdata of this type only
 *   date            text, epoch or ms
 *   next            how the next page is found: pages PATH, cursor PATH, total PATH
 *   full            so many records in one answer mean that there may be more
 *   error, error-quota, none-status, quota-status
 *
 * Placeholders: {url} {name} {address} {part} {page} {offset} {cursor} {key} {user}
 * {password}; all but {url} are percent-encoded in the request line.
 * A path is member names with dots between, [] for each element of a list, {} for each
 * member of an object. A field is a path from the record, one of @name @address @part
 * @item @key, ^path from the record around this one, /path from the whole answer, a
 * 'word', or text with {fields} in it; alternatives are parted by |.
 */
#ifndef YORE_REMOTE_MAPPING_H
#define YORE_REMOTE_MAPPING_H

#include "conf/conf.h"
#include "remote/provider.h"

struct mapping;

/* From the section; its provider lives in it. EMALFORMED, EUSAGE with file:line. */
int mapping_new(struct conf *c, const char *name, struct fault *f,
		struct mapping **ret) YORE_MUST_CHECK;
void mapping_free(struct mapping *m);
const struct provider *mapping_provider(const struct mapping *m);

/* The shipped sections, as text. */
extern const char mapping_shipped[];

#endif
