/* Names and escapes in presentation form, for dns/ itself (text that is not a C string).
 */
#ifndef YORE_DNS_NAME_TEXT_H
#define YORE_DNS_NAME_TEXT_H

#include "dns/name.h"

/*
 * One octet of presentation text at *at (before end): itself, or what \DDD or \X stand
 * for. Moves *at behind it; -1 when the escape is broken. *escaped tells which it was.
 */
int text_octet(const char **at, const char *end, bool *escaped);

/* The octet as \DDD, \X or itself; at most 4 characters, returns how many. */
size_t text_put_octet(char *out, uint8_t c, bool special);

/* As name_of_text for text that ends at end; keeps the letters' case unless lower. */
int name_of_text_range(const char *text, const char *end, bool lower, struct name *ret);

#endif
