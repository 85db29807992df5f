#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "alert/watch.h"
#include "base/io.h"
#include "dns/type.h"
#include "tap.h"

static int64_t now(void)
{
	return 1500000000;
}

static struct watcher *open_in(const char *dir)
{
	char list[300], journal[300];
	struct fault f = {0};
	struct watcher *w = NULL;
	snprintf(list, sizeof(list), "%s/list", dir);
	snprintf(journal, sizeof(journal), "%s/alerts", dir);
	struct watch_options o = {.list = list, .journal = journal, .now = now};
	ok(io_replace(list, BYTES_LIT("bad.example\n*.zone.example\n"), 0600, &f) == 0,
	   "a list");
	ok(watch_open(&o, &f, &w) == 0, "watching: %s", f.text);
	return w;
}

/* What a client asked for, by what became of it. */
static int asked(struct watcher *w, const char *name, const char *client, int64_t time_s,
		 const char *outcome)
{
	struct name n;
	struct addr a;
	struct fault f = {0};
	if (name_of_text(name, &n) < 0 || addr_parse(client, &a) < 0)
		return -1;
	struct watch_event e = {.owner = name_bytes(&n),
				.type = TYPE_A,
				.rdata = BYTES("", 0),
				.first_s = time_s,
				.last_s = time_s,
				.outcome = outcome,
				.client = &a};
	return watch_event(w, &e, &f);
}

int main(void)
{
	char dir[] = "/tmp/yore-watch-XXXXXX";
	struct fault f = {0};
	int64_t day = 1436000000, next = day + 86400;
	if (mkdtemp(dir) == NULL)
		return tap_skip("no scratch folder");
	struct watcher *w = open_in(dir);
	is_int(asked(w, "good.example", "10.0.0.1", day, "answered"), 0,
	       "nobody's business");
	is_int(asked(w, "bad.example", "10.0.0.1", day, "answered"), 1, "a client asked");
	is_int(asked(w, "bad.example", "10.0.0.1", day + 60, "answered"), 0,
	       "the same client on the same day is known");
	is_int(asked(w, "bad.example", "10.0.0.2", day + 60, "answered"), 1,
	       "a second victim of a known record alerts");
	is_int(asked(w, "bad.example", "10.0.0.1", next, "answered"), 1,
	       "and another day");
	is_int(asked(w, "x.zone.example", "10.0.0.3", day, "nxdomain"), 1,
	       "what does not exist any more");
	is_int(asked(w, "y.zone.example", "10.0.0.4", day, "unanswered"), 1,
	       "what nobody answered");
	is_int(asked(w, "z.zone.example", "10.0.0.5", day, "rewritten"), 1,
	       "what was rewritten");
	ok(watch_deliver(w, &f) == 0, "durable");
	watch_close(w);
	w = open_in(dir);
	is_int(asked(w, "bad.example", "10.0.0.2", day + 90, "answered"), 0,
	       "a restart remembers clients");
	is_int(asked(w, "bad.example", "10.0.0.9", day + 90, "answered"), 1,
	       "and sees new ones");
	watch_close(w);
	ok(io_remove_tree(dir, &f) == 0, "tidied");
	return tap_done();
}
