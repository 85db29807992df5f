/*
 * The site's own facts for import and sense: [local] of the configuration, options, and
 * the list of DNS over HTTPS servers that the program brings.
 */
#ifndef YORE_CMD_SITE_CONF_H
#define YORE_CMD_SITE_CONF_H

#include "cmd/door.h"
#include "observe/site.h"

/* STATUS_OK and the site (site_free), or said. door: with its options; or NULL. */
int site_conf_open(const struct invocation *in, const struct door_options *door,
		   struct site **ret);

/* Calls back with each word of [local] KEY; STATUS_OK, or said. */
int site_conf_words(const struct invocation *in, const char *key,
		    int (*each)(const char *word, void *arg), void *arg);

#endif
