/* What an import did, in words. */
#ifndef YORE_CMD_IMPORT_SUMMARY_H
#define YORE_CMD_IMPORT_SUMMARY_H

#include "cmd/command.h"
#include "sensor/import.h"

/* One line on stderr for each file that was damaged, refused or failed. */
void import_say_files(const struct invocation *in, const struct import_summary *s);
/* The totals, then every counter that is not zero. stopped: what was read last is not all
   in the database. */
void import_put_summary(struct buf *out, const struct import_summary *s, bool stopped);

#endif
