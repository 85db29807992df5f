/* Slips of the hand lead to the word that was meant; other words lead nowhere. */
#include "cmd/nearest.h"
#include "tap.h"

static const char *meant(const char *typed)
{
	static const char *const words[] = {"query", "key", "coverage", "first-seen"};
	struct nearest n = nearest_to(typed);
	for (size_t i = 0; i < 4; i++)
		nearest_offer(&n, words[i]);
	return n.best ? n.best : "";
}

int main(void)
{
	is_int(nearest_changes("query", "query"), 0, "the same");
	is_int(nearest_changes("qurey", "query"), 1, "two letters turned round");
	is_int(nearest_changes("", "key"), 3, "all are missing");
	is_int(nearest_changes("kitten", "sitting"), 3, "three changes");
	is_str(meant("qurey"), "query", "qurey");
	is_str(meant("kye"), "key", "kye");
	is_str(meant("covrage"), "coverage", "covrage");
	is_str(meant("firstseen"), "first-seen", "firstseen");
	is_str(meant("serve"), "", "serve is none of them");
	is_str(meant("a-word-of-more-than-thirty-one-octets"), "", "a long one");
	return tap_done();
}
