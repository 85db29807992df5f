/*
 * What a regular expression cannot match without: the longest run of letters, digits,
 * '-' and '_' that stands in its text outside of everything that could make it optional.
 * Lower case; empty where nothing is certain. Such a run lies within one label of a name,
 * so it can be looked for in names in wire form.
 */
#ifndef YORE_QUERY_LITERAL_H
#define YORE_QUERY_LITERAL_H

#include <stddef.h>

#define LITERAL_MAX 64

void literal_of_regex(const char *regex, char ret[LITERAL_MAX]);

#endif
