/*
 * The registry "Resource Record (RR) TYPEs" of the IANA, row by row. A new type is one
 * row. Formats: the RFC of the type; where there is none, the registration's template.
 */
#include "dns/rdata_form.h"

#include "dns/type.h"

#define LAST_SMALL 264

#define ROW(number, name, flags_, ...) \
	[number] = {.mnemonic = name, .flags = flags_, .field = {__VA_ARGS__}}
#define P FORM_PARTS
#define S FORM_DNSSEC

static const struct rdata_form small[LAST_SMALL + 1] = {
    ROW(1, "A", P, F_IP4),
    ROW(2, "NS", P, F_NAME),
    ROW(3, "MD", P, F_NAME),
    ROW(4, "MF", P, F_NAME),
    ROW(5, "CNAME", P, F_NAME),
    ROW(6, "SOA", P, F_NAME, F_NAME, F_U32, F_TTL, F_TTL, F_TTL, F_TTL),
    ROW(7, "MB", P, F_NAME),
    ROW(8, "MG", P, F_NAME),
    ROW(9, "MR", P, F_NAME),
    ROW(10, "NULL", 0, F_OPAQUE),
    ROW(11, "WKS", P, F_IP4, F_PORTS),
    ROW(12, "PTR", P, F_NAME),
    ROW(13, "HINFO", 0, F_STRING, F_STRING),
    ROW(14, "MINFO", P, F_NAME, F_NAME),
    ROW(15, "MX", P, F_U16, F_NAME),
    ROW(16, "TXT", 0, F_STRINGS),
    ROW(17, "RP", P, F_NAME, F_NAME),
    ROW(18, "AFSDB", P, F_U16, F_NAME),
    ROW(19, "X25", 0, F_STRING),
    ROW(20, "ISDN", 0, F_STRING, F_STRING_OPT),
    ROW(21, "RT", P, F_U16, F_NAME),
    ROW(22, "NSAP", 0, F_NSAP),
    ROW(23, "NSAP-PTR", P, F_NAME_KEEP),
    ROW(24, "SIG", 0, F_TYPE, F_ALGORITHM, F_U8, F_U32, F_TIME, F_TIME, F_U16, F_NAME,
	F_BASE64),
    ROW(25, "KEY", 0, F_U16, F_U8, F_ALGORITHM, F_BASE64),
    ROW(26, "PX", P, F_U16, F_NAME, F_NAME),
    ROW(27, "GPOS", 0, F_STRING, F_STRING, F_STRING),
    ROW(28, "AAAA", P, F_IP6),
    ROW(29, "LOC", 0, F_LOC),
    ROW(30, "NXT", 0, F_NAME, F_NXT),
    ROW(31, "EID", 0, F_OPAQUE),
    ROW(32, "NIMLOC", 0, F_OPAQUE),
    ROW(33, "SRV", P, F_U16, F_U16, F_U16, F_NAME),
    ROW(34, "ATMA", 0, F_ATM),
    ROW(35, "NAPTR", P, F_U16, F_U16, F_STRING, F_STRING, F_STRING, F_NAME),
    ROW(36, "KX", P, F_U16, F_NAME),
    ROW(37, "CERT", 0, F_CERT_TYPE, F_U16, F_ALGORITHM, F_BASE64),
    ROW(38, "A6", 0, F_A6),
    ROW(39, "DNAME", P, F_NAME),
    ROW(40, "SINK", 0, F_U8, F_U8, F_U8, F_BASE64),
    ROW(41, "OPT", 0, F_OPAQUE),
    ROW(42, "APL", 0, F_APL),
    ROW(43, "DS", S, F_U16, F_ALGORITHM, F_U8, F_HEX),
    ROW(44, "SSHFP", 0, F_U8, F_U8, F_HEX),
    ROW(45, "IPSECKEY", P, F_IPSECKEY),
    ROW(46, "RRSIG", S, F_TYPE, F_ALGORITHM, F_U8, F_U32, F_TIME, F_TIME, F_U16, F_NAME,
	F_BASE64),
    ROW(47, "NSEC", S, F_NAME_KEEP, F_TYPES),
    ROW(48, "DNSKEY", S, F_U16, F_U8, F_ALGORITHM, F_BASE64),
    ROW(49, "DHCID", 0, F_BASE64),
    ROW(50, "NSEC3", S, F_U8, F_U8, F_U16, F_SALT, F_HASH32, F_TYPES),
    ROW(51, "NSEC3PARAM", S, F_U8, F_U8, F_U16, F_SALT),
    ROW(52, "TLSA", 0, F_U8, F_U8, F_U8, F_HEX),
    ROW(53, "SMIMEA", 0, F_U8, F_U8, F_U8, F_HEX),
    ROW(55, "HIP", P, F_HIP),
    ROW(56, "NINFO", 0, F_STRINGS),
    ROW(57, "RKEY", 0, F_U16, F_U8, F_ALGORITHM, F_BASE64),
    ROW(58, "TALINK", 0, F_NAME_KEEP, F_NAME_KEEP),
    ROW(59, "CDS", S, F_U16, F_ALGORITHM, F_U8, F_HEX),
    ROW(60, "CDNSKEY", S, F_U16, F_U8, F_ALGORITHM, F_BASE64),
    ROW(61, "OPENPGPKEY", 0, F_BASE64),
    ROW(62, "CSYNC", 0, F_U32, F_U16, F_TYPES),
    ROW(63, "ZONEMD", 0, F_U32, F_U8, F_U8, F_HEX),
    ROW(64, "SVCB", P, F_U16, F_NAME, F_SVC_PARAMS),
    ROW(65, "HTTPS", P, F_U16, F_NAME, F_SVC_PARAMS),
    ROW(66, "DSYNC", P, F_TYPE, F_SCHEME, F_U16, F_NAME_KEEP),
    ROW(67, "HHIT", 0, F_BASE64),
    ROW(68, "BRID", 0, F_BASE64),
    ROW(99, "SPF", 0, F_STRINGS),
    ROW(100, "UINFO", 0, F_OPAQUE),
    ROW(101, "UID", 0, F_OPAQUE),
    ROW(102, "GID", 0, F_OPAQUE),
    ROW(103, "UNSPEC", 0, F_OPAQUE),
    ROW(104, "NID", 0, F_U16, F_LOCATOR),
    ROW(105, "L32", 0, F_U16, F_IP4),
    ROW(106, "L64", 0, F_U16, F_LOCATOR),
    ROW(107, "LP", P, F_U16, F_NAME_KEEP),
    ROW(108, "EUI48", 0, F_EUI48),
    ROW(109, "EUI64", 0, F_EUI64),
    ROW(128, "NXNAME", 0, F_OPAQUE),
    ROW(249, "TKEY", 0, F_OPAQUE),
    ROW(250, "TSIG", 0, F_OPAQUE),
    ROW(251, "IXFR", 0, F_OPAQUE),
    ROW(252, "AXFR", 0, F_OPAQUE),
    ROW(253, "MAILB", 0, F_OPAQUE),
    ROW(254, "MAILA", 0, F_OPAQUE),
    ROW(255, "ANY", 0, F_OPAQUE),
    ROW(256, "URI", 0, F_U16, F_U16, F_QUOTED),
    ROW(257, "CAA", 0, F_U8, F_TAG, F_QUOTED),
    ROW(258, "AVC", 0, F_STRINGS),
    ROW(259, "DOA", 0, F_U32, F_U32, F_U8, F_STRING, F_BASE64_DASH),
    ROW(260, "AMTRELAY", P, F_AMTRELAY),
    ROW(261, "RESINFO", 0, F_STRINGS),
    ROW(262, "WALLET", 0, F_STRINGS),
    ROW(263, "CLA", 0, F_STRINGS),
    ROW(264, "IPN", 0, F_U64),
};

static const struct rdata_form ta = {"TA", S, {F_U16, F_ALGORITHM, F_U8, F_HEX}};
static const struct rdata_form dlv = {"DLV", S, {F_U16, F_ALGORITHM, F_U8, F_HEX}};
static const struct rdata_form opaque = {"", 0, {F_OPAQUE}};

const struct rdata_form *rdata_form(uint16_t type)
{
	if (type <= LAST_SMALL)
		return small[type].mnemonic[0] ? &small[type] : &opaque;
	if (type == TYPE_TA)
		return &ta;
	return type == TYPE_DLV ? &dlv : &opaque;
}

uint16_t rdata_form_next(uint16_t type)
{
	for (unsigned t = type + 1u; t <= LAST_SMALL; t++) {
		if (small[t].mnemonic[0])
			return (uint16_t)t;
	}
	if (type < TYPE_TA)
		return TYPE_TA;
	return type == TYPE_TA ? TYPE_DLV : 0;
}
