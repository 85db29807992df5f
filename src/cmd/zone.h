/*
 * --tz: the zone in which times without one are meant. Input only: what is printed is
 * UTC. "+02:00", "-0330", "UTC", "local", or a name of the system's (Europe/Berlin).
 */
#ifndef YORE_CMD_ZONE_H
#define YORE_CMD_ZONE_H

#include "base/when.h"

/* Offset east of UTC that holds when a clock in that zone shows local_s. EMALFORMED. */
int zone_offset(const char *zone, int64_t local_s, int32_t *ret) YORE_MUST_CHECK;

#endif
