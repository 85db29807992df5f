/*
 * Who asked: questions of clients below the resolver, each told once: with its first
 * answer, or as unanswered when it has waited for too long, when memory ends, or when
 * the caller says that nothing more comes.
 *
 * Open questions lie one behind the other in one stretch of memory of a fixed size, a
 * table of slots finds them by the key of observe/match.h. What was told is swept out
 * now and then, by packet time, so that the same packets always give the same.
 */
#ifndef YORE_OBSERVE_QUESTIONS_H
#define YORE_OBSERVE_QUESTIONS_H

#include "net/datagram.h"
#include "observe/observe.h"

struct questions {
	uint8_t *at; /* entries, in units; unit 0 is never used */
	size_t used, room;
	uint32_t *slots; /* units; 0: free */
	uint64_t mask;
	uint64_t count;	      /* entries, told ones too */
	int64_t age_us;	      /* so long an answer is waited for */
	int64_t swept;	      /* the stretch of packet time that was begun with a sweep */
	uint64_t told, early; /* early: as unanswered before their time */
	question_fn tell;
	void *arg;
	const struct selection *selection; /* or NULL */
};

int questions_init(struct questions *q, size_t octets, int64_t age_us, question_fn tell,
		   void *arg) YORE_MUST_CHECK;
void questions_release(struct questions *q);

/* A query (key: match_key of it). Asked again before it was answered it is the same. */
int questions_asked(struct questions *q, const struct datagram *d, uint64_t key);
/*
 * Its response. not_below: it shows that nobody below a resolver had asked. alone: it
 * counts though no query was seen.
 */
int questions_answered(struct questions *q, const struct datagram *d,
		       const struct message *m, uint64_t key, bool not_below, bool alone);
/* Told as unanswered: what is older than the age at this moment. */
int questions_age(struct questions *q, int64_t now_us, uint32_t input, uint64_t number);
/* All that are open, as unanswered. */
int questions_end(struct questions *q, uint32_t input, uint64_t number);
/* Open ones of this input were told by an earlier run: they are no more waited for. */
void questions_forget(struct questions *q);

#endif
