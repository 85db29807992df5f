/* Files that a site writes, or has from somebody: rules at the door, indicators,
 * settings, what may be shared, the evidence of a case. The first octet says which. */
#include "alert/indicators.h"
#include "conf/conf.h"
#include "exchange/share.h"
#include "intel/evidence.h"
#include "observe/selection.h"

#include "law.h"

#define NOW_S 1445257862

static void check_selection(struct bytes text, bool only, struct fault *f)
{
	static const uint8_t owner[] = "\3www\7example\3com";
	struct selection *s = selection_new();
	if (s == NULL)
		return;
	struct addr a = addr_of("\xc0\0\2\1", 4), b = addr_of("\n\0\0\1", 4);
	if (selection_parse(s, only ? SELECTION_ONLY : SELECTION_SKIP, text, "x", f) ==
	    0) {
		bool message = selection_wants_message(s, &a, &b);
		LAW(message == selection_wants_message(s, &a, &b), "twice the same");
		(void)!selection_wants_set(s, BYTES(owner, sizeof(owner)), 1);
	} else { /* nothing of it holds */
		LAW(selection_wants_message(s, &a, &b) &&
			selection_wants_set(s, BYTES(owner, sizeof(owner)), 1),
		    "half a list holds");
		LAW(f->text[0], "a line says why");
	}
	selection_free(s);
}

static void check_indicators(struct bytes text, struct fault *f)
{
	struct indicators s = {0};
	if (indicators_read(&s, text, NOW_S, f) == 0)
		for (size_t i = 0; i < s.count; i++)
			LAW(s.at[i].text && s.at[i].label, "indicator %zu", i);
	else
		LAW(f->text[0], "a line says why");
	indicators_release(&s);
}

static void check_conf(struct bytes text, unsigned flags, struct fault *f)
{
	struct conf *c;
	bool yes;
	uint64_t n;
	if (conf_new(&c) < 0)
		return;
	if (conf_read_text(c, "x", text, flags, f) < 0) {
		LAW(f->text[0], "a line says why");
	} else {
		(void)!conf_bool(c, "a", "b", &yes, f);
		if (conf_number(c, "a", "n", 1000, &n, f) == 1)
			LAW(n <= 1000, "a number beyond its most");
	}
	conf_free(c);
}

static void check_policy(struct bytes text, struct fault *f)
{
	static struct share_policy p;
	if (share_policy_parse(text, "x", &p, f) == 0)
		LAW(p.zone_count <= SHARE_ZONES_MAX && p.type_count <= SHARE_TYPES_MAX,
		    "ceilings");
	else
		LAW(f->text[0], "a line says why");
}

/* What was read, written and read again, is written the same. */
static void check_evidence(struct bytes text, struct fault *f)
{
	struct evidence e, again;
	struct buf one, two;
	evidence_init(&e, NULL);
	evidence_init(&again, NULL);
	buf_init(&one, 1 << 24);
	buf_init(&two, 1 << 24);
	if (evidence_load(&e, text, f) == 0) {
		evidence_put(&e, &one);
		LAW(evidence_load(&again, buf_bytes(&one), f) == 0, "its own: %s",
		    f->text);
		evidence_put(&again, &two);
		LAW(bytes_equal(buf_bytes(&one), buf_bytes(&two)), "written otherwise");
	} else {
		LAW(f->text[0], "a line says why");
	}
	buf_release(&one);
	buf_release(&two);
	evidence_release(&e);
	evidence_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input feed = {data, size};
	struct fault f = {0};
	uint8_t which = feed_u8(&feed);
	uint8_t *copy = malloc(feed.left + 1); /* a sanitizer sees one more */
	memcpy(copy, feed.at, feed.left);
	struct bytes text = BYTES(copy, feed.left);
	switch (which % 6) {
	case 0:
	case 1:
		check_selection(text, which & 1, &f);
		break;
	case 2:
		check_indicators(text, &f);
		break;
	case 3:
		check_conf(text, which >= 128 ? CONF_BARE : 0, &f);
		break;
	case 4:
		check_policy(text, &f);
		break;
	default:
		check_evidence(text, &f);
	}
	free(copy);
	return 0;
}
