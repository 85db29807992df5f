#include <stdlib.h>

#include "intel/iocs.h"
#include "tap.h"

/* What comes out, in order: a letter for the class, the indicator, its first line. */
static const struct {
	const char *what, *text, *want;
} rows[] = {
    {"a plain name", "evil.example.com", "i evil.example.com:1"},
    {"a name in a sentence", "It called evil-host.com, then slept.", "i evil-host.com:1"},
    {"square brackets", "evil[.]example[.]com", "i evil.example.com:1"},
    {"round brackets and dot as a word", "a(.)b[dot]com", "i a.b.com:1"},
    {"hxxp and a path", "hxxp://bad.net/gate.php?x=1", "i bad.net:1"},
    {"a URL with user and port", "http://u:p@bad.net:8080/x.exe", "i bad.net:1"},
    {"a regular expression's dots", "bad\\.host\\.net", "i bad.host.net:1"},
    {"an escaped URL of AsciiDoc", "`\\https://nw.bad.com/last.php`", "i nw.bad.com:1"},
    {"a link of AsciiDoc", "the http://tool.org/yara/[tool]", "r tool.org:1"},
    {"a link of Markdown", "see [it](http://tool.org/x) now", "r tool.org:1"},
    {"a publisher", "https://www.welivesecurity.com/2015/", "r www.welivesecurity.com:1"},
    {"a code host written as an indicator", "hxxps://github[.]com/x", "c github.com:1"},
    {"a mail address", "from bad@evil-mail.net", "i evil-mail.net:1"},
    {"a mail address at a provider", "x@seznam.cz", "r seznam.cz:1"},
    {"addresses", "10.0.2.7 and 198.51.100.9.", "c 10.0.2.7:1 i 198.51.100.9:1"},
    {"a public address", "| 5[.]101.6.132 |", "i 5.101.6.132:1"},
    {"a prefix", "62.76.42.0/24", "i 62.76.42.0/24:1"},
    {"a range", "62.76.42.1-62.76.42.9", "i 62.76.42.1-62.76.42.9:1"},
    {"IPv6", "2a01:4f8::1 2a01:4f8:0:1::/64", "i 2a01:4f8::1:1 i 2a01:4f8:0:1::/64:1"},
    {"IPv6 in a URL", "http://[2a01:4f8::2]/x", "i 2a01:4f8::2:1"},
    {"a time and a MAC are no address", "12:30:45 00:11:22:33:44:55", ""},
    {"a version", "version 1.2.3.4 and v2.0.1.7", ""},
    {"a version beyond octets", "10.0.19041.1", ""},
    {"a hash", "8839D3E213717B88A06FFC48827929891A10059E", ""},
    {"files", "run setup.exe or list.dat", "f setup.exe:1 f list.dat:1"},
    {"a path", "C:\\ProgramData\\evil.com\\x.dll %TMP%\\a.net", ""},
    {"a unix path", "/etc/evil.com/conf", ""},
    {"a script in a sentence", "the dropper install.sh runs", "f install.sh:1"},
    {"a domain of the same ending, alone", "install.sh", "i install.sh:1"},
    {"a detection's name", "Win32/Agent.AE and Agent.AE", "o agent.ae:1"},
    {"a class name", "System.Net.Http", "o system.net.http:1"},
    {"a file and a name under no suffix",
     "descript.ion was there; update.newaptvers.ion not",
     "f descript.ion:1 c update.newaptvers.ion:1"},
    {"a public suffix itself", "duckdns.org", "c duckdns.org:1"},
    {"an internal name", "srv1.corp.internal", "c srv1.corp.internal:1"},
    {"lines", "a.com\n\nb.com a.com\n", "i a.com:1 i b.com:3"},
    {"a zone", "*.evil.com", "i *.evil.com:1"},
    {"a template label", "w[org_name].dnslook[.]services:443", "i *.dnslook.services:1"},
    {"a range of names", "s-{1,3}[.]bad.xyz",
     "i s-1.bad.xyz:1 i s-2.bad.xyz:1 i s-3.bad.xyz:1"},
    {"a U-label", "b\303\274cher.de", "i xn--bcher-kva.de:1"},
    {"typographic quotes", "\342\200\234bad.com\342\200\235", "i bad.com:1"},
    {"upper case", "EVIL.COM", "i evil.com:1"},
    {"abbreviations", "e.g. this, i.e. that, a.k.a. them", ""},
    {"documents beside it", "link:other.md[x] include::part.rs[]", ""},
    {"CSV", "1,bad.com,2015-07-01", "i bad.com:1"},
    {"STIX",
     "{\"type\":\"bundle\",\"objects\":[{\"type\":\"indicator\",\"pattern\":"
     "\"[domain-name:value = 'bad.com' OR ipv4-addr:value = '5.9.1.2'] AND "
     "[file:name = 'a.exe']\"},\n{\"type\":\"url\",\"value\":\"http://c.net/x\"}]}",
     "i bad.com:1 i 5.9.1.2:1 i c.net:2"},
    {"MISP",
     "{\"Event\":{\"Attribute\":[\n{\"type\":\"domain|ip\",\"value\":\"bad.com|5.9.1.2\"}"
     ","
     "\n{\"type\":\"link\",\"value\":\"http://ref.com/x\"},"
     "{\"type\":\"filename\",\"value\":\"a.com\"}]}}",
     "i bad.com:2 i 5.9.1.2:2 r ref.com:3"},
    {"OpenIOC",
     "<ioc xmlns=\"http://schemas.mandiant.com/2010/ioc\">\n<Context "
     "search=\"Network/DNS\"/>"
     "<Content type=\"string\">bad.com</Content>\n<Context search=\"FileItem/FileName\"/>"
     "<Content type=\"string\">x.com</Content></ioc>",
     "i bad.com:2"},
    {"HTML",
     "<html><body><a href=\"http://tool.org/\">here</a><td>bad[.]com</td>"
     "<script>no.com</script></body></html>",
     "r tool.org:1 i bad.com:1"},
    {"a soft line break in mail",
     "Content-Transfer-Encoding: quoted-printable\n\nhxxp://evil-na=\nme[.]com\nb.com\n",
     "i evil-name.com:3 i b.com:5"},
};

static void run(const char *text, char *out, size_t room)
{
	struct iocs s;
	struct fault f = {0};
	char one[IOC_TEXT_MAX];
	iocs_init(&s);
	int r = iocs_read(&s, BYTES_STR(text), NULL, &f);
	out[0] = '\0';
	for (size_t i = 0; r == 0 && i < s.count; i++) {
		ioc_text(s.at[i], one);
		size_t n = strlen(out);
		snprintf(out + n, room - n, "%s%c %s:%u", n ? " " : "",
			 ioc_class_name(s.at[i]->class)[0], one, s.at[i]->lines[0]);
	}
	if (r < 0)
		snprintf(out, room, "error %d: %s", r, f.text);
	iocs_release(&s);
}

int main(void)
{
	char got[4000];
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		run(rows[i].text, got, sizeof(got));
		is_str(got, rows[i].want, rows[i].what);
	}
	run("{\"Event\": ", got, sizeof(got));
	ok(strncmp(got, "error", 5) == 0, "broken JSON is an error");
	return tap_done();
}
