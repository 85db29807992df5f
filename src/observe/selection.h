/*
 * Selection at the door: what is left out before it becomes a row, and what alone is
 * taken. Lists are files, one rule a line, "#" begins a comment:
 *
 *     name www.example.com       this owner
 *     zone example.com           this owner and everything below
 *     example.com                as name; *.example.com as zone
 *     type HTTPS                 sets of this type
 *     server 192.0.2.0/24        messages to and from these servers
 *     client 10.0.0.0/8          and to and from these clients
 *
 * A skip list leaves out what any of its rules means. Of an only list the kinds of rules
 * stand beside each other: with names (or zones) and types in it a set must have one of
 * the names and one of the types. Skipping wins.
 */
#ifndef YORE_OBSERVE_SELECTION_H
#define YORE_OBSERVE_SELECTION_H

#include "base/addr.h"

enum selection_list { SELECTION_SKIP, SELECTION_ONLY };

struct selection;

/* NULL: no memory. */
struct selection *selection_new(void);
void selection_free(struct selection *s);

/* Adds a file's rules; EMALFORMED names the file and the line, nothing of it is added. */
int selection_load(struct selection *s, enum selection_list list, const char *path,
		   struct fault *f) YORE_MUST_CHECK;
/* The same from text; `name` is for messages. */
int selection_parse(struct selection *s, enum selection_list list, struct bytes text,
		    const char *name, struct fault *f) YORE_MUST_CHECK;

bool selection_wants_message(const struct selection *s, const struct addr *server,
			     const struct addr *client);
bool selection_wants_set(const struct selection *s, struct bytes owner, uint16_t type);

#endif
