/*
 * block/: what may be blocked. Names that the report gives as indicators; addresses only
 * when dedicated, hunted and seen lately; never a CDN, a sinkhole (that would blind
 * those who warn the victims) or anything shared. Everything has an expiry.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "dns/psl.h"
#include "intel/case.h"

static int64_t expiry(const struct case_about *a)
{
	return a->now_s + (a->expiry_s ? a->expiry_s : CASE_CURRENT_S);
}

/* A name that many people's names lie under must not take them along. */
static bool is_blockable_name(const struct subject *s)
{
	struct bytes n = name_bytes(&s->ioc->name);
	return s->ioc->class == IOC_INDICATOR && s->ioc->kind != IOC_ADDR &&
	       !psl_is_suffix(n) && n.len < 230;
}

static bool is_new_address(const struct investigation *q, size_t n, int64_t now_s)
{
	const struct line *l = q->lines[n];
	if (!line_is_blockable(l, now_s))
		return false;
	for (size_t i = 0; i < n; i++)
		if (line_is_blockable(q->lines[i], now_s) &&
		    addr_equal(&q->lines[i]->at.lo, &l->at.lo) &&
		    addr_equal(&q->lines[i]->at.hi, &l->at.hi))
			return false;
	return true;
}

static void put_expiry(struct buf *out, const struct case_about *a)
{
	char day[WHEN_TEXT_MAX];
	when_date_text(expiry(a), day);
	buf_puts(out, day);
}

/* ---- RPZ ---- */

/* 32.91.100.51.198.rpz-ip; IPv6 by groups from the right, the longest run of zeros zz. */
static void put_rpz_ip(struct buf *out, const struct addr *a)
{
	if (a->len == 4) {
		buf_printf(out, "32.%u.%u.%u.%u.rpz-ip", a->at[3], a->at[2], a->at[1],
			   a->at[0]);
		return;
	}
	unsigned best = 0, start = 8, run = 0;
	for (unsigned g = 0; g < 8; g++) {
		run = load_u16be(a->at + 2 * g) ? 0 : run + 1;
		if (run > best && run > 1) {
			best = run;
			start = g + 1 - run;
		}
	}
	buf_puts(out, "128");
	for (unsigned k = 8; k-- > 0;) {
		if (best && k >= start && k < start + best) {
			if (k == start)
				buf_puts(out, ".zz");
			continue;
		}
		buf_printf(out, ".%x", load_u16be(a->at + 2 * k));
	}
	buf_puts(out, ".rpz-ip");
}

void case_rpz(const struct investigation *q, const struct case_about *a, struct buf *out)
{
	buf_puts(out,
		 "; Response policy zone of one investigation; to be removed or made "
		 "again after ");
	put_expiry(out, a);
	buf_printf(
	    out,
	    "\n$TTL 300\n@ IN SOA localhost. root.localhost. %lld 3600 600 %lld 300\n"
	    "@ IN NS localhost.\n",
	    (long long)(a->now_s % 4294967296), (long long)(expiry(a) - a->now_s));
	for (size_t i = 0; i < q->subject_count; i++) {
		const struct subject *s = &q->subjects[i];
		if (!is_blockable_name(s))
			continue;
		struct buf b;
		buf_init(&b, 4096);
		name_put_chomped(&b, name_bytes(&s->ioc->name));
		buf_printf(out, "; line %u of the report\n%s CNAME .\n", s->ioc->lines[0],
			   buf_str(&b));
		if (!s->platform)
			buf_printf(out, "*.%s CNAME .\n", buf_str(&b));
		buf_release(&b);
	}
	for (size_t i = 0; i < q->line_count; i++) {
		const struct line *l = q->lines[i];
		if (!is_new_address(q, i, a->now_s) || !addr_equal(&l->at.lo, &l->at.hi))
			continue;
		buf_printf(out, "; %s\n", l->judged.reason);
		put_rpz_ip(out, &l->at.lo);
		buf_puts(out, " CNAME .\n");
	}
}

/* ---- Suricata ---- */

#define SIDS 1000000

struct sids {
	uint8_t bits[SIDS / 8];
};

/* Numbers of 1000000 to 1999999 are for local rules. Of what the rule is about, so that
 * it keeps its number in the next case and two cases seldom meet. */
static unsigned next_sid(const char *about, struct sids *taken)
{
	unsigned sid = (unsigned)(hash_fixed(about, strlen(about), 0) % SIDS);
	while (taken->bits[sid / 8] & 1 << sid % 8)
		sid = (sid + 1) % SIDS;
	taken->bits[sid / 8] |= (uint8_t)(1 << sid % 8);
	return 1000000 + sid;
}

void case_suricata(const struct investigation *q, const struct case_about *a,
		   struct buf *out)
{
	struct sids *taken = calloc(1, sizeof(*taken));
	if (taken == NULL) {
		out->err = YORE_ENOMEM;
		return;
	}
	buf_puts(out, "# To be removed or made again after ");
	put_expiry(out, a);
	buf_putc(out, '\n');
	for (size_t i = 0; i < q->subject_count; i++) {
		const struct subject *s = &q->subjects[i];
		if (!is_blockable_name(s))
			continue;
		struct buf b;
		buf_init(&b, 4096);
		name_put_chomped(&b, name_bytes(&s->ioc->name));
		if (strpbrk(buf_str(&b), ";\"\\:|")) { /* would end the rule's option */
			buf_release(&b);
			continue;
		}
		buf_printf(out,
			   "alert dns any any -> any any (msg:\"yore: question for %s\"; "
			   "dns.query; dotprefix; content:\".%s\"; nocase; endswith; "
			   "classtype:trojan-activity; sid:%u; rev:1; metadata:expires ",
			   buf_str(&b), buf_str(&b), next_sid(buf_str(&b), taken));
		put_expiry(out, a);
		buf_puts(out, ";)\n");
		buf_release(&b);
	}
	for (size_t i = 0; i < q->line_count; i++) {
		struct buf b;
		if (!is_new_address(q, i, a->now_s))
			continue;
		buf_init(&b, 256);
		line_address(q->lines[i], &b);
		buf_printf(
		    out,
		    "alert ip $HOME_NET any -> %s any (msg:\"yore: traffic to %s\"; "
		    "classtype:trojan-activity; sid:%u; rev:1; metadata:expires ",
		    buf_str(&b), buf_str(&b), next_sid(buf_str(&b), taken));
		put_expiry(out, a);
		buf_puts(out, ";)\n");
		buf_release(&b);
	}
	free(taken);
}
