/* What the parts of an observer share; internal to observe/. */
#ifndef YORE_OBSERVE_OBSERVER_OWN_H
#define YORE_OBSERVE_OBSERVER_OWN_H

#include "observe/bailiwick.h"
#include "observe/below.h"
#include "observe/group.h"
#include "observe/match.h"
#include "observe/negative.h"
#include "observe/observe.h"
#include "observe/questions.h"
#include "observe/rewriting.h"
#include "observe/suspect.h"

struct observer {
	struct observe_options o;
	struct observe_sink sink;
	struct observe_counters c;
	struct message_parser *parser;
	struct match_table match;
	struct bailiwick bailiwick;
	struct groups groups;
	struct questions *questions; /* NULL: nobody wants to know */
	struct denials denials;
	struct below below;
	struct sighting *sightings;
	unsigned sighting_room;
	const struct datagram *now; /* the message whose records teach */
	uint16_t negative_source[VANTAGE_AUTH + 1][NEGATIVE_NODATA + 1];
	uint16_t suspect_source[VANTAGE_AUTH + 1][SUSPICION_COUNT];
};

/* From which side of a resolver this response was seen. */
uint8_t observer_vantage(const struct observer *ob, const struct datagram *d,
			 const struct message *m);

/* The sets of the message are in ob->groups, with room for sightings of all of them. */
int observer_believe(struct observer *ob, const struct datagram *d,
		     const struct message *m, uint64_t server_key, bool conflicting);
/* Nobody asked: nothing of it is believed, all of it is evidence. */
int observer_disbelieve(struct observer *ob, const struct datagram *d,
			const struct message *m);

#endif
