/*
 * What the routes lead to: one function for each way of asking. `at` is the first piece
 * of the path behind the route. Each leaves an error, a reply or a feed in the call.
 */
#ifndef YORE_API_DIALECTS_H
#define YORE_API_DIALECTS_H

#include "api/call.h"

typedef void (*route_fn)(struct call *c, size_t at);

/* dnsdb.c, dnsdb_flex.c: versions 1 and 2, told apart by c->dialect */
void dnsdb_lookup(struct call *c, size_t at);
void dnsdb_summarize(struct call *c, size_t at);
void dnsdb_regex(struct call *c, size_t at);
void dnsdb_glob(struct call *c, size_t at);
void dnsdb_rate_limit(struct call *c, size_t at);
void dnsdb_ping(struct call *c, size_t at);

/* circl.c */
void circl_query(struct call *c, size_t at);
void d4_query(struct call *c, size_t at);
void d4_fquery(struct call *c, size_t at);
void d4_info(struct call *c, size_t at);

/* mnemonic.c, wise.c */
void mnemonic_query(struct call *c, size_t at);
void mnemonic_cof(struct call *c, size_t at);
void wise_lookup(struct call *c, size_t at);

/* own.c, own_batch.c */
void own_records(struct call *c, size_t at);
void own_batch(struct call *c, size_t at);
void own_coverage(struct call *c, size_t at);
void own_inputs(struct call *c, size_t at);
void own_summary(struct call *c, size_t at);
void own_who(struct call *c, size_t at); /* own_who.c */

/* operation.c */
void operation_health(struct call *c, size_t at);
void operation_ready(struct call *c, size_t at);
void operation_metrics(struct call *c, size_t at);
void operation_openapi(struct call *c, size_t at);
void page_file(struct call *c, size_t at);

/* upload.c */
void upload_segment(struct call *c, size_t at);
void upload_state(struct call *c, size_t at);
void upload_position(struct call *c, size_t at);

#endif
