/* LOC, a place on earth (RFC 1876). Angles are thousandths of a second of arc. */
#include "dns/rdata_form.h"

#define EQUATOR (UINT32_C(1) << 31)
#define DEGREE 3600000
#define LATITUDE_MAX (90u * DEGREE)
#define LONGITUDE_MAX (180u * DEGREE)
#define ALTITUDE_BASE 10000000 /* cm below the reference spheroid */

static const uint32_t powers[] = {1,	  10,	   100,	     1000,	10000,
				  100000, 1000000, 10000000, 100000000, 1000000000};

bool loc_canon(struct canon *c)
{
	/* other versions have other forms (RFC 1876 2) */
	bool ours = canon_left(c) > 0 && canon_peek(c, 0) == 0;
	return canon_copy(c, ours ? 16 : canon_left(c));
}

static uint32_t distance(uint32_t v)
{
	return v >= EQUATOR ? v - EQUATOR : EQUATOR - v;
}

static void put_angle(struct put *p, uint32_t v, char plus, char minus)
{
	uint32_t a = distance(v);
	put_gap(p);
	buf_printf(p->out, "%u %u %u.%03u %c", a / DEGREE, a / 60000 % 60, a / 1000 % 60,
		   a % 1000, v >= EQUATOR ? plus : minus);
}

static void put_metres(struct put *p, int64_t cm)
{
	int64_t a = cm < 0 ? -cm : cm;
	put_gap(p);
	buf_printf(p->out, "%s%lld.%02lldm", cm < 0 ? "-" : "", (long long)(a / 100),
		   (long long)(a % 100));
}

/* Only 1 to 9 times a power of ten, and zero, have one text. */
static bool size_plain(uint8_t v)
{
	return v == 0 || ((v >> 4) >= 1 && (v >> 4) <= 9 && (v & 15) <= 9);
}

static int64_t size_cm(uint8_t v)
{
	return (int64_t)(v >> 4) * powers[v & 15];
}

bool loc_put(struct put *p)
{
	uint8_t version = reader_u8(&p->in), size = reader_u8(&p->in);
	uint8_t across = reader_u8(&p->in), down = reader_u8(&p->in);
	uint32_t lat = reader_u32(&p->in), lon = reader_u32(&p->in);
	uint32_t alt = reader_u32(&p->in);

	if (p->in.err || version != 0 || !size_plain(size) || !size_plain(across) ||
	    !size_plain(down) || distance(lat) > LATITUDE_MAX ||
	    distance(lon) > LONGITUDE_MAX)
		return false;
	put_angle(p, lat, 'N', 'S');
	put_angle(p, lon, 'E', 'W');
	put_metres(p, (int64_t)alt - ALTITUDE_BASE);
	put_metres(p, size_cm(size));
	put_metres(p, size_cm(across));
	put_metres(p, size_cm(down));
	return true;
}

/*
 * [-]digits[.digits][m] as thousandths or hundredths: scale is how many digits count
 * behind the point. More digits are an error, not a rounding.
 */
static bool decimal(const struct token *t, unsigned scale, bool metres, int64_t *ret)
{
	const char *at = t->at, *end = t->end;
	bool minus = metres && at < end && *at == '-';
	int64_t v = 0;
	unsigned behind = 0, digits = 0;

	at += minus;
	if (metres && end > at && (end[-1] | 32) == 'm')
		end--;
	for (bool point = false; at < end; at++) {
		if (*at == '.' && !point) {
			point = true;
			continue;
		}
		if (*at < '0' || *at > '9' || ++digits > 14 || (point && behind == scale))
			return false;
		v = v * 10 + (*at - '0');
		behind += point;
	}
	for (; behind < scale; behind++)
		v *= 10;
	*ret = minus ? -v : v;
	return digits > 0;
}

static bool hemisphere(const struct token *t, const char *letters, bool *minus)
{
	char one = (char)(t->end - t->at == 1 ? *t->at & ~32 : 0);
	*minus = one == letters[1];
	return one == letters[0] || one == letters[1];
}

/* d [m [s]] and a letter; letters is "NS" or "EW". */
static bool parse_angle(struct parse *p, uint32_t max, const char *letters)
{
	static const int64_t unit[] = {DEGREE, 60000, 1};
	static const unsigned scale[] = {0, 0, 3};
	static const int64_t limit[] = {180, 59, 59999};
	struct token t;
	int64_t sum = 0, v;
	bool minus = false;

	for (int i = 0;; i++) {
		if (!parse_token(p, &t))
			return parse_fail(p);
		if (i > 0 && hemisphere(&t, letters, &minus))
			break;
		if (i == 3 || !decimal(&t, scale[i], false, &v) || v > limit[i])
			return parse_fail(p);
		sum += v * unit[i];
	}
	if (sum > max)
		return parse_fail(p);
	buf_u32be(p->out, minus ? EQUATOR - (uint32_t)sum : EQUATOR + (uint32_t)sum);
	return true;
}

static bool parse_altitude(struct parse *p)
{
	struct token t;
	int64_t cm;
	if (!parse_token(p, &t) || !decimal(&t, 2, true, &cm))
		return parse_fail(p);
	cm += ALTITUDE_BASE;
	if (cm < 0 || cm > UINT32_MAX)
		return parse_fail(p);
	buf_u32be(p->out, (uint32_t)cm);
	return true;
}

/* Rounded down to one digit and a power of ten, which is all there is room for. */
static bool parse_size(struct parse *p, uint8_t *ret)
{
	struct token t;
	int64_t cm;
	unsigned power = 0;
	if (!parse_more(p))
		return true; /* the default stands */
	if (!parse_token(p, &t) || !decimal(&t, 2, true, &cm) || cm < 0 ||
	    cm > INT64_C(9000000000))
		return parse_fail(p);
	for (; cm > 9; cm /= 10)
		power++;
	*ret = (uint8_t)(cm << 4 | power);
	return true;
}

bool loc_parse(struct parse *p)
{
	size_t at = p->out->len;
	uint8_t sizes[4] = {0, 0x12, 0x16, 0x13}; /* version; 1 m, 10 km, 10 m */

	buf_put(p->out, sizes, sizeof(sizes));
	if (!parse_angle(p, LATITUDE_MAX, "NS") || !parse_angle(p, LONGITUDE_MAX, "EW") ||
	    !parse_altitude(p) || !parse_size(p, &sizes[1]) ||
	    !parse_size(p, &sizes[2]) || !parse_size(p, &sizes[3]))
		return false;
	if (p->out->err == 0)
		memcpy(p->out->at + at, sizes, sizeof(sizes));
	return true;
}
