/*
 * What other clients' configuration says about providers, in our words.
 *
 * pdnstool: an INI file with [circl], [dnsdb], ...; recognised by its sections. dnsdbq: a
 * shell-like file (APIKEY="...", DNSDB_SERVER=..., CIRCL_AUTH=...), and the variables of
 * the environment of the same names.
 */
#ifndef YORE_CMD_CONFIG_IMPORT_H
#define YORE_CMD_CONFIG_IMPORT_H

#include "base/buf.h"
#include "conf/conf.h"

/* files: NULL or none: the usual places and the environment. Returns how many values. */
int config_import(char *const *files, size_t count, struct buf *ret,
		  struct fault *f) YORE_MUST_CHECK;

/* pdnstool's file as "provider NAME.KEY=VALUE", one call each (as --set takes them). */
int config_of_pdnstool(const char *path, int (*set)(const char *text, void *arg),
		       void *arg, struct fault *f) YORE_MUST_CHECK;

#endif
