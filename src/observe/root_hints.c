/* The root servers' addresses as IANA publishes them, and those they had before: a
 * capture may be old. */
#include "observe/bailiwick.h"

static const char *const hints[] = {
    "198.41.0.4",     "2001:503:ba3e::2:30",  /* a */
    "170.247.170.2",  "2801:1b8:10::b",	      /* b since 2023 */
    "199.9.14.201",   "2001:500:200::b",      /* b until 2023 */
    "192.228.79.201", "2001:500:84::b",	      /* b until 2017 */
    "192.33.4.12",    "2001:500:2::c",	      /* c */
    "199.7.91.13",    "2001:500:2d::d",	      /* d since 2013 */
    "128.8.10.90",			      /* d until 2013 */
    "192.203.230.10", "2001:500:a8::e",	      /* e */
    "192.5.5.241",    "2001:500:2f::f",	      /* f */
    "192.112.36.4",   "2001:500:12::d0d",     /* g */
    "198.97.190.53",  "2001:500:1::53",	      /* h since 2015 */
    "128.63.2.53",    "2001:500:1::803f:235", /* h until 2015 */
    "192.36.148.17",  "2001:7fe::53",	      /* i */
    "192.58.128.30",  "2001:503:c27::2:30",   /* j */
    "193.0.14.129",   "2001:7fd::1",	      /* k */
    "199.7.83.42",    "2001:500:9f::42",      /* l */
    "2001:500:3::42",			      /* l until 2016 */
    "202.12.27.33",   "2001:dc3::35",	      /* m */
};

void bailiwick_root_hints(struct bailiwick *b)
{
	for (size_t i = 0; i < sizeof(hints) / sizeof(*hints); i++) {
		struct addr a;
		if (addr_parse(hints[i], &a) == 0)
			bailiwick_teach(b, &a, BYTES("", 1));
	}
}
