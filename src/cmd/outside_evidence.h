/* What providers were asked, as evidence: for commands that judge. */
#ifndef YORE_CMD_OUTSIDE_EVIDENCE_H
#define YORE_CMD_OUTSIDE_EVIDENCE_H

#include "cmd/outside.h"
#include "intel/evidence.h"

/* Who was asked, what stayed open, and the addresses of which everything was said. names
   takes theirs and must outlive the evidence. After outside_run, before asking. */
int outside_evidence(const struct outside *w, struct evidence *e, struct buf *names);

#endif
