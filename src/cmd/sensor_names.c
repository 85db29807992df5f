#include <stdlib.h>

#include "cmd/sensor_names.h"

const char *sensor_names_find(uint32_t hash, void *names)
{
	const struct sensor_names *n = names;
	for (size_t i = 0; i < n->count; i++)
		if (n->at[i].hash == hash)
			return n->at[i].name;
	return NULL;
}

static int on_entry(const char *shelf, const struct ledger_entry *e, void *arg)
{
	struct sensor_names *n = arg;
	uint32_t hash = sensor_hash(e->sensor);
	if (*e->sensor == '\0' || n->count == SENSOR_NAMES_MAX ||
	    sensor_names_find(hash, n))
		return 0;
	if (n->count == n->room) {
		size_t room = n->room ? 2 * n->room : 16;
		void *at = realloc(n->at, room * sizeof(*n->at));
		if (at == NULL)
			return YORE_ENOMEM;
		n->at = at;
		n->room = room;
	}
	n->at[n->count].hash = hash;
	memcpy(n->at[n->count++].name, e->sensor, sizeof(e->sensor));
	return 0;
}

int sensor_names_load(struct sensor_names *n, struct store *s, struct fault *f)
{
	*n = (struct sensor_names){NULL, 0, 0};
	return store_ledger(s, NULL, on_entry, n, f);
}

void sensor_names_release(struct sensor_names *n)
{
	free(n->at);
	*n = (struct sensor_names){NULL, 0, 0};
}
