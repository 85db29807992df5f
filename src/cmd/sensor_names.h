/* The names of sensors by their hash, which is all that records hold: from the ledger. */
#ifndef YORE_CMD_SENSOR_NAMES_H
#define YORE_CMD_SENSOR_NAMES_H

#include "cmd/show.h"
#include "store/store.h"

#define SENSOR_NAMES_MAX 4096

struct sensor_names {
	struct {
		uint32_t hash;
		char name[64];
	} * at;
	size_t count, room;
};

/* Reads the whole ledger. 0 or an error; names past the ceiling stay numbers. */
int sensor_names_load(struct sensor_names *n, struct store *s, struct fault *f);
void sensor_names_release(struct sensor_names *n);
/* For format_options: NULL when not known. */
const char *sensor_names_find(uint32_t hash, void *names);

#endif
