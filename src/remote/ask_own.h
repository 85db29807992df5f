/* What the files of asking share. */
#ifndef YORE_REMOTE_ASK_OWN_H
#define YORE_REMOTE_ASK_OWN_H

#include "remote/ask.h"

struct pair {
	struct asked asked;
	struct term term;
	struct inquiry question;
	enum outcome worst; /* of its pages so far */
	struct page page;
	char key[65]; /* of the request under way */
	struct asking *asking;
};

struct side_of_account {
	struct findings findings;
	unsigned lane, under_way;
	size_t next; /* the first pair not yet begun */
	bool stopped;
	char why[200];
};

struct asking {
	struct ask_options o;
	struct http_client *http;
	struct pair **pairs;
	size_t count, room, done;
	uint32_t terms;
	struct side_of_account *sides;
	struct fault fault; /* of our own; ends it */
};

/* ask.c */
void asking_own_fault(struct asking *a, const struct fault *f);
void pair_end_with(struct pair *p, enum outcome o, const char *text);
/* The pair has come to an end: its outcome is that of its pages; the next one begins. */
void pair_done(struct pair *p);
void pair_settle(struct pair *p);

/* ask_page.c: sends the page that the pair is at, or takes kept ones. 0: on its way; else
 * the pair has come to an end. */
int pair_send(struct pair *p);

#endif
