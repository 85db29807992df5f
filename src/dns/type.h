/*
 * Numbers and mnemonics of the IANA "Domain Name System (DNS) Parameters" registry:
 * types, classes, opcodes, response codes. Unknown types are TYPEnnn (RFC 3597 5).
 */
#ifndef YORE_DNS_TYPE_H
#define YORE_DNS_TYPE_H

#include "base/bytes.h"

enum {
	TYPE_A = 1,
	TYPE_NS = 2,
	TYPE_CNAME = 5,
	TYPE_SOA = 6,
	TYPE_PTR = 12,
	TYPE_MX = 15,
	TYPE_TXT = 16,
	TYPE_AAAA = 28,
	TYPE_SRV = 33,
	TYPE_SSHFP = 44,
	TYPE_DNAME = 39,
	TYPE_OPT = 41,
	TYPE_DS = 43,
	TYPE_RRSIG = 46,
	TYPE_SIG = 24,
	TYPE_NSEC = 47,
	TYPE_DNSKEY = 48,
	TYPE_NSEC3 = 50,
	TYPE_NSEC3PARAM = 51,
	TYPE_HIP = 55,
	TYPE_CDS = 59,
	TYPE_CDNSKEY = 60,
	TYPE_SVCB = 64,
	TYPE_HTTPS = 65,
	TYPE_SPF = 99,
	TYPE_TKEY = 249,
	TYPE_TSIG = 250,
	TYPE_IXFR = 251,
	TYPE_AXFR = 252,
	TYPE_MAILB = 253,
	TYPE_MAILA = 254,
	TYPE_ANY = 255,
	TYPE_TA = 32768,
	TYPE_DLV = 32769,
};

enum { CLASS_IN = 1, CLASS_CH = 3, CLASS_NONE = 254, CLASS_ANY = 255 };
enum { RCODE_NOERROR = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3 };
enum { OPCODE_QUERY = 0 };

#define TYPE_TEXT_MAX 16

/* "A", "HTTPS", "TYPE65280". */
size_t type_text(uint16_t type, char out[TYPE_TEXT_MAX]);
int type_of_text(const char *text,
		 uint16_t *ret) YORE_MUST_CHECK; /* any case, also TYPEnnn */
bool type_known(uint16_t type);			 /* has a mnemonic */
bool type_is_meta(uint16_t type);   /* never data: 0, OPT, TSIG, TKEY, 251..255, ... */
bool type_is_dnssec(uint16_t type); /* the list of DNSDB's ANY-DNSSEC */
size_t rcode_text(unsigned rcode, char out[TYPE_TEXT_MAX]);
int rcode_of_text(const char *text, unsigned *ret) YORE_MUST_CHECK;

/* For listings and tests: calls back for every registered type. */
void type_each(void (*each)(uint16_t type, const char *mnemonic, void *arg), void *arg);

#endif
