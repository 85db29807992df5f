/* Files that people offer and that are no capture we read: what they are, what to do. */
#include "capture/format.h"

#define CONVERT "; convert it: editcap -F pcapng IN OUT"

static const struct foreign {
	unsigned at;
	struct bytes magic;
	const char *what;
} foreigns[] = {
    {0, {(const uint8_t *)"GMBU", 4}, "a Microsoft Network Monitor 2 capture" CONVERT},
    {0, {(const uint8_t *)"RTSS", 4}, "a Microsoft Network Monitor 1 capture" CONVERT},
    {0, {(const uint8_t *)"XCP\0", 4}, "a NetXray or Sniffer capture" CONVERT},
    {0, {(const uint8_t *)"TRSNIFF data", 12}, "a Sniffer capture" CONVERT},
    {0, {(const uint8_t *)"iptrace ", 8}, "an AIX iptrace capture" CONVERT},
    {0, {(const uint8_t *)"5VIEW", 5}, "a 5View capture" CONVERT},
    {0, {(const uint8_t *)"EyeSDN", 6}, "an EyeSDN capture" CONVERT},
    {0, {(const uint8_t *)"\x1c\x00\x01\xac", 4}, "an IxVeriWave capture" CONVERT},
    {0, {(const uint8_t *)"\x1c\x00\x01\xab", 4}, "an IxVeriWave capture" CONVERT},
    {0, {(const uint8_t *)"\xa1\xe2\xcb\x12", 4}, "a Nokia pcap capture" CONVERT},
    {0, {(const uint8_t *)"\x12\xcb\xe2\xa1", 4}, "a Nokia pcap capture" CONVERT},
    {0, {(const uint8_t *)"nettl", 5}, "an HP-UX nettl trace" CONVERT},
    {1,
     {(const uint8_t *)"\x65"
		       "C-DNS",
      6},
     "a C-DNS file, not a packet capture; convert it: inspector -o OUT.pcap IN"},
    {257,
     {(const uint8_t *)"ustar", 5},
     "a tar archive; unpack it and give the captures inside"},
    {0, {(const uint8_t *)"PK\3\4", 4}, "a zip archive; unpack it first"},
    {0, {(const uint8_t *)"7z\xbc\xaf\x27\x1c", 6}, "a 7z archive; unpack it first"},
    {0, {(const uint8_t *)"Rar!", 4}, "a rar archive; unpack it first"},
    {0, {(const uint8_t *)"\x1f\x9d", 2}, "a compress (.Z) file; unpack it first"},
    {0, {(const uint8_t *)"LZIP", 4}, "an lzip file; unpack it first"},
    {0,
     {(const uint8_t *)"\x7f"
		       "ELF",
      4},
     "a program, not a capture"},
    {0, {(const uint8_t *)"%PDF", 4}, "a PDF document, not a capture"},
};

/* ERF has no magic: the first record's type, length and flags must make sense. */
static bool is_erf(struct bytes head)
{
	if (head.len < 16)
		return false;
	uint8_t type = head.at[8] & 0x7f;
	uint16_t record = load_u16be(head.at + 10), wire = load_u16be(head.at + 14);
	return type >= 1 && type <= 27 && record >= 16 && wire <= 16384 &&
	       (wire == 0 || record >= 16);
}

const char *foreign_name(struct bytes head)
{
	for (size_t i = 0; i < sizeof(foreigns) / sizeof(*foreigns); i++) {
		const struct foreign *f = &foreigns[i];
		if (head.len >= f->at + f->magic.len &&
		    memcmp(head.at + f->at, f->magic.at, f->magic.len) == 0)
			return f->what;
	}
	if (is_erf(head))
		return "an Endace ERF capture" CONVERT;
	return NULL;
}
