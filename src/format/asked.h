/* Rows of who asked as text: a table, JSON lines, CSV. */
#ifndef YORE_FORMAT_ASKED_H
#define YORE_FORMAT_ASKED_H

#include "query/who.h"

/* "10.0.0.7", or "~0123456789abcdef" for a pseudonym. */
#define ASKED_CLIENT_TEXT 48
void asked_client_text(const struct asked_client *c, char out[ASKED_CLIENT_TEXT]);
/* "NOERROR", "NXDOMAIN", "no-answer". */
#define ASKED_OUTCOME_TEXT 24
void asked_outcome_text(uint16_t outcome, char out[ASKED_OUTCOME_TEXT]);

void asked_put_heading(struct buf *out); /* of the table */
void asked_put_text(struct buf *out, const struct who_row *r, bool defang);
/* One object a line: day, first, last, count, client, forwarder, name, type, outcome,
   addresses, more. */
void asked_put_json(struct buf *out, const struct who_row *r);
void asked_put_csv_heading(struct buf *out);
void asked_put_csv(struct buf *out, const struct who_row *r);

#endif
