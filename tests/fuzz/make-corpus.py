#!/usr/bin/env python3
"""Makes tests/fuzz/corpus: small inputs for each target, out of nothing but this file and
the rows of tests/unit/dns/rdata_rows.h. Run it again after a target's input changed; what
fuzzers found and is worth keeping lies beside them as found-*.
"""
import bz2, gzip, lzma, os, re, struct

here = os.path.dirname(os.path.abspath(__file__))
root = os.path.join(here, "..", "..")


def put(target, name, octets):
    folder = os.path.join(here, "corpus", target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(octets)


# --- rdata -------------------------------------------------------------------------------

with open(os.path.join(root, "src/dns/rdata_form.c")) as f:
    numbers = {m[1]: int(m[0]) for m in re.findall(r'ROW\((\d+), "([^"]+)"', f.read())}
numbers.update(TA=32768, DLV=32769)
with open(os.path.join(root, "tests/unit/dns/rdata_rows.h")) as f:
    text = f.read().partition("rdata_rows[] = {")[2]
literal = r'((?:"(?:\\.|[^"\\])*"\s*)+)'
seen = {}
for kind, shown, octets in re.findall(r"\{" + ",\\s*".join([literal] * 3) + r"\}", text):
    kind, shown, octets = ("".join(re.findall(r'"((?:\\.|[^"\\])*)"', s))
                           for s in (kind, shown, octets))
    shown = re.sub(r"\\(.)", r"\1", shown)
    number = numbers.get(kind) or int(kind[4:])
    seen[kind] = seen.get(kind, 0) + 1
    name = f"{kind.lower()}-{seen[kind]}"
    put("rdata_wire", name, struct.pack(">HB", number, 0) + bytes.fromhex(octets))
    put("rdata_text", name, struct.pack(">H", number) + shown.encode())
put("rdata_wire", "mx-compressed", struct.pack(">HB", 15, 5) + b"\3Com\0\0\12\4mail\xc0\0")
put("rdata_text", "soa-lines", struct.pack(">H", 6) + b"a. b. ( 1 ; x\n 1h 2m 3w 4d )")

# --- messages and names ------------------------------------------------------------------


def message(answers, flags=0x8180, qd=1, ns=0, ar=0):
    head = struct.pack(">6H", 0x1234, flags, qd, len(answers) - ns - ar, ns, ar)
    return head + b"\3WwW\7example\3com\0\0\1\0\1" * qd + b"".join(answers)


def rr(owner, kind, rdata, cls=1, ttl=300):
    return owner + struct.pack(">HHIH", kind, cls, ttl, len(rdata)) + rdata


A = rr(b"\xc0\x0c", 1, b"\xc0\0\2\1")
CNAME = rr(b"\xc0\x0c", 5, b"\3cdn\xc0\x10")
NS = rr(b"\xc0\x10", 2, b"\2ns\xc0\x10")
OPT = rr(b"\0", 41, b"\0\x0a\0\4abcd", 4096, 0x8000)
put("message", "query", message([], 0x0100))
put("message", "answer", message([A]))
put("message", "all-sections", message([CNAME, A, NS, rr(b"\2ns\xc0\x10", 28, bytes(16)), OPT],
                                       ns=1, ar=2))
put("message", "count-lies", message([A]).replace(b"\0\1\0\1\0\0", b"\0\1\0\7\0\0", 1))
put("message", "soa", message([rr(b"\xc0\x10", 6, b"\1a\xc0\x10\1b\xc0\x10" + bytes(20))]))
put("message", "txt-https", message([rr(b"\xc0\x0c", 16, b"\3abc\0"),
                                     rr(b"\xc0\x0c", 65, b"\0\1\0\0\1\0\3\2h2")]))
put("message", "update", message([rr(b"\xc0\x0c", 1, b"", 255, 0)], 0x2800))
put("message", "chaos", message([rr(b"\xc0\x0c", 16, b"\1x", 3)]))
put("message", "no-question", message([rr(b"\1a\0", 1, bytes(4))], qd=0))

put("name", "plain", b"\0\3www\7EXAMPLE\3com\0")
put("name", "pointer", b"\5\3com\0\1a\xc0\0")
put("name", "ring", b"\4\1a\xc0\4\1b\xc0\0")
put("name", "reverse4", b"\0\0011\0010\0010\003127\7in-addr\4arpa\0")
put("name", "reverse6", b"\0" + b"\1a" * 32 + b"\3ip6\4arpa\0")
put("name", "text", b"\0a\\.b.\\255x.EXAMPLE.")
put("name", "idn", "\0münchen.例子.".encode())
put("name", "longest", b"\0" + b"a" * 63 + b"." + b"b" * 63 + b"." + b"c" * 63 + b"." + b"d" * 61)

# --- belief ------------------------------------------------------------------------------


def said(how, octets):
    return struct.pack(">BH", how, len(octets)) + octets


Q = message([], 0)
REFER = message([rr(b"\xc0\x18", 2, b"\2ns\xc0\x18"), rr(b"\2ns\xc0\x18", 1, b"\xc6\x33\x64\1")],
                0x8000, ns=1, ar=1)
OUTSIDE = message([A, rr(b"\4evil\3org\0", 1, b"\x0a\0\0\1")], 0x8400, ar=1)
NOBODY = message([rr(b"\xc0\x10", 6, b"\1a\xc0\x10\1b\xc0\x10" + bytes(20))], 0x8403, ns=1)
put("observe", "answer", said(0, Q) + said(1, message([A], 0x8400)))
put("observe", "twice-differing", said(0, Q) + said(1, message([A], 0x8400))
    + said(1, message([CNAME, A], 0x8400)))
put("observe", "too-late", said(0, Q) + said(24 | 1, message([A])))
put("observe", "referral-then-poison", said(0, Q) + said(1, REFER) + said(2, Q)
    + said(3, OUTSIDE))
put("observe", "negative", said(4, Q) + said(5, NOBODY))
put("observe", "unasked", said(1, message([A])) + said(33, message([A])))
put("observe", "stub", said(0, message([], 0x0100)) + said(1, message([CNAME, A])))
put("observe", "cut", said(0, Q) + said(1, message([A], 0x8400)[:-3]) + said(1, b"\1"))

# --- packets -----------------------------------------------------------------------------


def udp(payload, src=53, dst=4000):
    return struct.pack(">4H", src, dst, 8 + len(payload), 0) + payload


def tcp(payload, seq, flags=0x10, src=53, dst=4000):
    return struct.pack(">HHIIBBHHH", src, dst, seq, 0, 0x50, flags, 0, 0, 0) + payload


def ip4(payload, proto=17, ident=1, field=0):
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), ident, field, 64, proto, 0,
                       b"\xc0\0\2\x35", b"\xc6\x33\x64\7") + payload


def ip6(payload, following=17):
    return struct.pack(">IHBB16s16s", 6 << 28, len(payload), following, 64,
                       b" \1\r\xb8" + bytes(11) + b"\x35",
                       b" \1\r\xb8" + bytes(11) + b"\7") + payload


def ether(payload, kind=0x0800):
    return b"\2" * 12 + struct.pack(">H", kind) + payload


def frames(choice, *list_of):
    return bytes([choice]) + b"".join(struct.pack(">Hb", len(f), 1) + f for f in list_of)


M = message([A])
U = udp(M)
put("packet", "udp4", frames(0, ether(ip4(U))))
put("packet", "udp6", frames(0, ether(ip6(U), 0x86DD)))
put("packet", "twins", frames(1, ether(ip4(U)), ether(ip4(U))))
put("packet", "vlan", frames(0, ether(b"\0\1\x81\0\0\2\x08\0" + ip4(U), 0x88A8)))
put("packet", "raw", frames(4, ip4(U), ip6(U)))
put("packet", "null", frames(8, b"\2\0\0\0" + ip4(U)))
put("packet", "sll", frames(12, b"\0\0\0\1\0\6" + bytes(8) + b"\x08\0" + ip4(U)))
put("packet", "sll2", frames(16, b"\x08\0\0\0\0\0\0\2\0\1\0\6" + bytes(8) + ip4(U)))
put("packet", "fragments", frames(0, ether(ip4(U[:24], 17, 7, 0x2000)),
                                  ether(ip4(U[24:], 17, 7, 3))))
put("packet", "fragments6", frames(0, ether(ip6(b"\x11\0\0\1\0\0\0\1" + U[:24], 44), 0x86DD),
                                   ether(ip6(b"\x11\0\0\x18\0\0\0\1" + U[24:], 44), 0x86DD)))
put("packet", "fragments-overlap", frames(0, ether(ip4(U[:32], 17, 7, 0x2000)),
                                          ether(ip4(U[24:], 17, 7, 3))))
T = struct.pack(">H", len(M)) + M
put("packet", "tcp", frames(0, ether(ip4(tcp(b"", 99, 2), 6)), ether(ip4(tcp(T, 100), 6))))
put("packet", "tcp-pieces", frames(0, ether(ip4(tcp(b"", 99, 2), 6)),
                                   ether(ip4(tcp(T[:1], 100), 6)),
                                   ether(ip4(tcp(T[20:] + T, 120), 6)),
                                   ether(ip4(tcp(T[1:20], 101), 6)),
                                   ether(ip4(tcp(b"", 100 + 2 * len(T), 0x11), 6))))
put("packet", "tcp-no-syn", frames(0, ether(ip4(tcp(T + T, 100), 6)),
                                   ether(ip4(tcp(T, 5000), 6)), ether(ip4(tcp(b"", 0, 4), 6))))
put("packet", "gre", frames(0, ether(ip4(b"\x30\0\x65\x58" + bytes(8) + ether(ip4(U)), 47))))
put("packet", "vxlan", frames(0, ether(ip4(udp(b"\x08" + bytes(7) + ether(ip4(U)), 5, 4789)))))
put("packet", "etherip", frames(0, ether(ip4(b"\x30\0" + ether(ip4(U)), 97))))
put("packet", "gtp", frames(0, ether(ip4(udp(b"\x34\xff\0\x40" + bytes(6) + b"\0\x85\1\0\0\0" +
                                             ip4(U), 5, 2152)))))
put("packet", "mpls", frames(0, ether(b"\0\1\x11\x40" + bytes(4) + ether(ip4(U)), 0x8847)))
put("packet", "icmp", frames(0, ether(ip4(b"\3\3" + bytes(6) + ip4(U), 1))))
put("packet", "extensions", frames(0, ether(ip6(b"\x3c\0" + bytes(6) + b"\x11\0" + bytes(6) + U,
                                                0), 0x86DD)))

# --- capture files -----------------------------------------------------------------------


def pcap(order="<", magic=0xA1B2C3D4, link=1, count=3):
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for i in range(count):
        f = ether(ip4(U))
        out += struct.pack(order + "IIII", 1435708800 + i, i, len(f), len(f)) + f
    return out


def block(order, kind, body):
    body += bytes(-len(body) % 4)
    n = len(body) + 12
    return struct.pack(order + "II", kind, n) + body + struct.pack(order + "I", n)


def pcapng(order="<"):
    f = ether(ip4(U))
    section = block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    plain = block(order, 1, struct.pack(order + "HHI", 1, 0, 0))
    nano = block(order, 1, struct.pack(order + "HHIHHB3xHHqHH", 101, 0, 0, 9, 1, 9, 14, 8, 5, 0, 0))
    packet = block(order, 6, struct.pack(order + "IIIII", 0, 0x51C, 0x1234, len(f), len(f)) + f)
    second = block(order, 6, struct.pack(order + "IIIII", 1, 0x1234, 5, len(f) - 14, 99) + f[14:])
    simple = block(order, 3, struct.pack(order + "I", len(f)) + f)
    old = block(order, 2, struct.pack(order + "HHIIII", 0, 0, 1, 2, len(f), len(f)) + f)
    return section + plain + nano + packet + block(order, 4, b"none") + second + simple + old


put("capture", "pcap-le", pcap())
put("capture", "pcap-be-nano", pcap(">", 0xA1B23C4D))
put("capture", "pcap-modified", pcap("<", 0xA1B2CD34))
put("capture", "pcap-cut", pcap()[:-9])
put("capture", "pcapng-le", pcapng())
put("capture", "pcapng-both", pcapng(">") + pcapng("<"))
put("capture", "pcapng-cut", pcapng()[:-5])
put("capture", "pcap-gz", gzip.compress(pcap(), 9, mtime=0))
put("capture", "pcapng-xz", lzma.compress(pcapng()))
put("capture", "pcap-bz2", bz2.compress(pcap()))
put("capture", "pcap-gz-cut", gzip.compress(pcap(count=40), 9, mtime=0)[:90])
put("capture", "snoop", b"snoop\0\0\0" + struct.pack(">II", 2, 4) +
    struct.pack(">6I", 40, 4, 28, 0, 9, 10) + b"abcd")
put("capture", "text", b"not a capture\n")

# --- the ledger and the header of a segment ----------------------------------------------

def ledger_value(count=3, counters=b"lost=3\n"):
    checkpoints = b"".join(struct.pack(">Q", 11 * (i + 1)) for i in range(count))
    texts = b"".join(bytes([len(t)]) + t for t in (b"a.pcap", b"s1", b"pcap", b"0.1.0"))
    return (b"\1" + bytes(range(16)) + b"\7" + b"\x64" + b"\xc8\1" + b"\xa0\x9c\1" + struct.pack(">Q", 99) +
            bytes([count]) + checkpoints + struct.pack(">QQ", 1 << 50, (1 << 50) + 5) + texts +
            bytes([len(counters)]) + counters)


LEDGER_KEY = b"L" + bytes(range(16)) + b"\1" + struct.pack(">QQ", 100, 200)
put("ledger", "row", b"\0" + bytes([len(LEDGER_KEY)]) + LEDGER_KEY + ledger_value())
put("ledger", "row-last", b"\0\x12" + LEDGER_KEY[:17] + b"\0" + ledger_value(0, b""))
put("ledger", "row-cut", b"\0\x22" + LEDGER_KEY + ledger_value()[:60])
HEADER = (b"YORESEG\2" + b"\5y2015" + bytes(range(16)) + struct.pack(">6Q", 7, 3, 5000, 4000, 1234, 0) +
          struct.pack(">I", 1) + struct.pack(">H", len(LEDGER_KEY)) + LEDGER_KEY +
          struct.pack(">H", len(ledger_value())) + ledger_value())
put("ledger", "header", b"\1" + HEADER)
put("ledger", "header-newer", b"\1" + HEADER.replace(b"YORESEG\2", b"YORESEG\3"))
OLDER = HEADER.replace(b"YORESEG\2", b"YORESEG\1")
put("ledger", "header-older", b"\1" + OLDER)
put("ledger", "header-oldest", b"\1" + OLDER[:70] + OLDER[78:])  # without `erased`
put("ledger", "header-cut", b"\1" + HEADER[:-9])
put("ledger", "header-shelf", b"\1" + HEADER.replace(b"y2015", b"../ab"))

# --- spans and keys ----------------------------------------------------------------------

ONCE = bytes([0x0B]) + b"\x80\x20" + b"\xac\2"
DAYS = bytes([0x14]) + b"\x90\x20" + b"\x80\xea\x0e" + b"\x0c" + b"\x3c\xf0\1"
INTERVAL = bytes([0x80, 0x04]) + b"\xd0\x0f" + b"\x90\x4e" + b"\x07"
SENSORS = bytes([0x2B]) + b"\x05" + b"\x3c" + b"\2\0\0\0\1\0\0\0\2"
for i, (a, b, c) in enumerate([(ONCE, ONCE, ONCE), (ONCE, DAYS, SENSORS),
                               (INTERVAL, INTERVAL, ONCE), (SENSORS, DAYS, INTERVAL)]):
    put("span", f"three-{i}", bytes([len(a), len(b)]) + a + b + c)
put("key", "rrset", b"R\3com\7example\0\0\1\1\1\0\6\0\4\xc0\0\2\1")
put("key", "rrset-named", b"R\1a\0\0\x10\xff\x25circl\0\4\0\2\1x")
put("key", "rdata-4", b"D\4\xc0\0\2\1\3com\0\0\1\2\0\0")
put("key", "rdata-6", b"D\6" + bytes(16) + b"\3com\0\0\x1c\2\0\0")
put("key", "rdata-name", b"Dn\3com\4mail\0\3com\0\0\x0f\1\0\x0c\0\x0a\4mail\3com\0")
put("key", "rdata-raw", b"Dr\0\x10\0\2\1x\3com\0\0\x10\1\0\0")
LARGE = bytes(range(256)) * 5
put("key", "older-rrset", b"R\3com\0\0\x10\1\1\5\0" + LARGE)
put("key", "older-named", b"R\3com\0\0\x10\1\x25circl\5\0" + LARGE)
put("key", "older-raw", b"Dr\0\x10\5\0" + LARGE + b"\3com\0\0\x10\1\0\0")
put("key", "older-rdata", b"D\4\xc0\0\2\1\3com\0\0\x41\1\5\0" + LARGE)
put("key", "older-long", b"R\0\0\x10\1\1\xff\xff\0\1\0\0" + bytes(65536))
put("key", "older-client", b"C\4\x0a\0\0\1\3com\0\0\1\x40\xe9\0\0")
put("key", "client", b"C\4\x0a\0\0\1\x40\xe9\3com\0\0\1\0\0")
put("key", "name", b"N\3www\3com\0")

# a number, the shelf, where a note's stretch is cut; then any octets, or what a row is made of
put("older", "any-rrset", b"\0\0\0\7" + b"R\3com\0\0\x10\1\1\5\0" + LARGE + b"\7")
put("older", "any-interval", b"\0\1\0\3" + b"D\4\xc0\0\2\1\3com\0\0\x41\1\5\0" + LARGE + bytes(5))
put("older", "any-raw", b"\0\0\0\5" + b"Dr\0\x10\5\0" + LARGE + b"\3com\0\0\x10\1\0\0\7")
put("older", "any-client", b"\0\2\0\x09" + b"C\4\x0a\0\0\1\3com\0\0\1\x40\xe9\0\0")
for n in (10, 1021, 1022, 1500, 65529, 65532, 65533, 65535):
    put("older", f"set-{n}", b"\1\0\0\x0d\2" + struct.pack(">H", n) + b"some octets")
for n in (0, 1023, 1024, 2000, 65534, 65535):
    put("older", f"raw-{n}", b"\2\0\0\6" + struct.pack(">H", n) + b"some octets")
put("older", "client", b"\3\0\0\6\0\1\0\3\x09\x11")
put("key", "server", b"B\4\xc0\0\2\1\3com\0")
put("key", "ledger", b"L" + bytes(24))

# --- what people write -------------------------------------------------------------------

for i, text in enumerate([
        "www.example.com", "*.example.com", "www.example.*", "192.0.2.1", "2001:db8::/32",
        "192.0.2.1-192.0.2.9", "2001:db8::,32", "/^mail[0-9]+\\./", "mail?.exa*.com",
        "raw:c0000201", "hxxps://user@www[.]example[.]com:8080/path?q#f", "192[.]0[.]2[.]1",
        "example(dot)com", "www\\.example\\.com", "first\\.last.example.com", "a@example.com",
        "[2001:db8::1]:443", "http://[2001:db8::1]/x", "2001:db8[:]1", "münchen.de",
        "\\*.example.com", "1.2.3.999", "example.com.", "  example.com  ", "h**p://a[.b", "/",
        "//", "///", "*", "*.", "a,b", "192.0.2.0/33", "tcp://192.0.2.1:53", "a b", "\\032.",
        "[a-z]*.example", "www.example.*.", "\\", "raw:", "raw:0"]):
    put("term", f"text-{i:02}", text.encode())
for i, (a, b) in enumerate([
        ("2015-07-01", "2015-07-31"), ("2015", ""), ("-90d", "now"), ("yesterday", "today"),
        ("2015-07-01T12:00:00+02:00", "2015-07-01 13"), ("1445257862", "1445257863"),
        ("24w", "1d12h"), ("2015-02-29", ""), ("", "2015-12"), ("2016-02", "2016-02")]):
    put("fence", f"times-{i:02}", a.encode() + b"\0" + b.encode())

# --- results that formats write ----------------------------------------------------------


def labels(*parts):
    return bytes([len(parts)]) + b"".join(bytes([len(p) - 1]) + p for p in parts)


AWKWARD = [b"www", b"=cmd|x", b"<a>&]]>", b"\x1b[2J\r\n\t\0", b'"\'\\,;', b"\xff\xe2\x80\xae"]
for i, (kind, data) in enumerate([
        (1, [b"\xc0\0\2\1", b"\xc0\0\2\2"]), (16, [b"\5\x1b[0m\"", b"\3=1+", b""]),
        (15, [b"\0\x0a" + b"\4mail\3com\0"]), (28, [bytes(16)]), (65, [b"\0\1\0\0\1\0\3\2h2"]),
        (6, [b"\1a\0\1b\0" + bytes(20)]), (65280, [b"\0\xff", b"x" * 200]), (46, [b"\0\1" + bytes(30)])]):
    for how in 0, 0xFF, 1 << i:
        put("format", f"type-{kind}-{how:02x}",
            struct.pack(">HB", kind, how) + labels(AWKWARD[i % 6], b"example") + labels(b"via")
            + b"".join(bytes([len(d)]) + d for d in data))

# --- logs of other tools -------------------------------------------------------------------

ZEEK = ("#separator \\x09\n#set_separator\t,\n#unset_field\t-\n#path\tdns\n"
        "#fields\tts\tid.resp_p\tquery\tqclass\tqtype\tRD\tanswers\tTTLs\n")
EVE = '{"timestamp":"2015-01-01T01:00:00.5+0100","event_type":"dns","src_port":53,"dest_port":4,"dns":'
for name, text in {
        "passivedns": "1420070400.25||10.0.0.1||9.9.9.9||IN||WWW.example.||A||192.0.2.1||60||3\n"
                      "1420070400||1||2||IN||t.example||TXT||\"a\"||1||\n1||2\n",
        "passivedns-json": '{"timestamp_s":1420070400,"timestamp_ms":9,"class":"IN","query":"a.",'
                           '"type":"NS","answer":"b.","ttl":5,"count":2}\n',
        "zeek": ZEEK + "1420070400.5\t53\twww.a.b\t1\t1\tT\tc.d,192.0.2.1,2001:db8::1\t3.0,6.0\n"
                       "1420070401\t53\tt.a\t1\t16\tF\tTXT 4 a\\x2c b TXT 1 c\t9.0\n"
                       "1420070401\t53\t1.2.0.192.in-addr.arpa\t1\t12\tF\t1.in-addr.arpa,h.b\t-\n",
        "zeek-json": '{"ts":1420070400.1,"id.resp_p":53,"trans_id":1,"query":"a.b","qclass":1,'
                     '"qtype":28,"RD":true,"answers":["c.d","2001:db8::1"],"TTLs":[7.0]}\n',
        "suricata-1": EVE + '{"type":"answer","rrname":"a.b","rrtype":"CNAME","ttl":5,"rdata":"c.d"}}\n',
        "suricata-2": EVE + '{"version":2,"type":"answer","rd":false,"answers":[{"rrname":"a.b",'
                            '"rrtype":"SRV","ttl":1,"srv":{"priority":1,"weight":2,"port":3,"name":"x.y"}},'
                            '{"rrname":"a.b","rrtype":"MX","rdata":"m.b"}]}}\n',
        "suricata-3": EVE + '{"version":3,"type":"response","queries":[{"rrname":"a.b","rrtype":"A"}],'
                            '"grouped":{"A":["192.0.2.1"],"CNAME":["b.c"]}}}\n',
        "cof": '{"rrname":"A.b","rrtype":"A","rdata":["192.0.2.2","192.0.2.1"],"time_first":10,'
               '"time_last":20,"count":3,"bailiwick":"b"}\n{"rrname":"b","rrtype":257,"rdata":'
               '"0 issue \\"ca\\"","zone_time_first":5,"zone_time_last":6}\n{"rrname"\n',
        "dnsdb": '{"cond":"begin"}\n{"obj":{"count":2,"time_first":1,"time_last":2,"rrname":"a.",'
                 '"rrtype":"NS","rdata":["b."]}}\n{"cond":"limited","msg":"Result limit reached"}\n',
        "zone": "$ORIGIN a.b.\n$TTL 1h\n@ IN SOA n h.m ( 1 ; serial\n 2 3 4 5 )\n  NS n\nn 300 A 192.0.2.1\n"
                "w CNAME @\nx CH TXT \"no\"\n$INCLUDE f\nt TXT \"a;b\" (\n\"c\" )\n"}.items():
    put("log", name, text.encode())

# --- replies of providers (the order is that of yore providers) ----------------------------
RECORD = (b'{"rrname":"www.example.com.","rrtype":"A","rdata":["192.0.2.10","192.0.2.11"],'
          b'"time_first":1435708800,"time_last":1438387199,"count":3,"bailiwick":"com."}')
for i, (name, body) in enumerate([
        ("yore", RECORD + b'\n{"end":{"records":1,"complete":true,"limited":true,"cursor":"7"}}\n'),
        ("cof", RECORD + b'\n{"rrname":"a.b","rrtype":65280,"rdata":"\\\\# 1 ff",'
                         b'"zone_time_first":1,"zone_time_last":"2","source":"above"}\n'),
        ("circl", b'x-dribble-cursor: 5\n{"rrtype":"A","rrname":"192.0.2.1","rdata":"x.example"}\n'
                  b'{"rrtype":"MX","rrname":"10 mx.example","rdata":"x.example"}\nRate'),
        ("dnsdb", b'{"cond":"begin"}\n{"obj":' + RECORD + b'}\n{"cond":"limited","msg":"m"}\n'),
        ("dnsdb1", RECORD + b"\n" + RECORD),
        ("virustotal", b'{"data":[{"attributes":{"date":1438387199,"host_name":"a.example",'
                       b'"ip_address":"2001:db8::1"}}],"meta":{"cursor":"c"}}'),
        ("mnemonic", b'{"responseCode":200,"count":2,"data":[{"rrclass":"in","rrtype":"txt",'
                     b'"query":"a.example","answer":"some text","maxTtl":3,"minTtl":1,'
                     b'"firstSeenTimestamp":1000,"lastSeenTimestamp":2000,"tlp":"green"}]}'),
        ("passivetotal", b'{"queryValue":"a.example","results":[{"firstSeen":"2015-07-01 00:00:00",'
                         b'"lastSeen":"None","resolve":"192.0.2.1","source":["a","b"]}]}'),
        ("cn360", b'[{"rrname":"a.example","rrtype":"NS","rdata":"b.example;c.example;",'
                  b'"time_first":1,"time_last":2,"count":3}]'),
        ("securitytrails", b'{"pages":2,"records":[{"values":[{"ip":"192.0.2.1"}],'
                           b'"first_seen":"2015-07-01","last_seen":"2015-07-31"}]}'),
        ("otx", b'{"passive_dns":[{"hostname":"a.example","address":"192.0.2.1",'
                b'"record_type":"A","first":"2015-07-01T10:00:00"}]}'),
        ("validin", b'{"records":{"NS":[{"value":"b.example","first_seen":1}]}}'),
        ("spamhaus", b'{"records":[{"rrname":"a.example","rrtype":"MX","rdata":"10 b.example"}]}'),
        ("riskiq", b'{"records":[{"name":"a.example","rrtype":"A","data":["192.0.2.1"],'
                   b'"firstSeen":"2015-07-01T00:00:00.000-0000","count":5}]}'),
        ("osc", b'{"results":[{"qtype":28,"domain":"a.example","value":"2001:db8::1"}]}'),
        ("zetalytics", b'{"results":[{"qname":"a.example","value_ip":"192.0.2.1"}]}')]):
    how = 8 if name == "circl" else 16 if name == "zetalytics" else 0
    put("reply", name, bytes([i, how]) + body)
    put("reply", name + "-cut", bytes([i, how]) + body[:-9])
    put("reply", name + "-status", bytes([i, i % 8]) + b"no\n")

# --- dnstap ------------------------------------------------------------------------------


def control(kind, content=b"protobuf:dnstap.Dnstap"):
    body = struct.pack(">I", kind)
    if content is not None:
        body += struct.pack(">II", 1, len(content)) + content
    return struct.pack(">II", 0, len(body)) + body


def varint(v):
    out = b""
    while v > 127:
        out, v = out + bytes([v & 127 | 128]), v >> 7
    return out + bytes([v])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def tapped(kind, dns, client=b"\x7f\0\0\1", server=b"\x7f\0\0\2", extra=b""):
    inner = field(1, kind) + field(2, 1) + field(3, 1)
    inner += (field(4, client) if client else b"") + (field(5, server) if server else b"")
    inner += field(6, 4000) + field(7, 53) + field(12, 1400000000) + b"\x6d" + bytes(4)
    inner += field(14 if kind % 2 == 0 else 10, dns)
    m = field(14, inner) + field(15, 1) + extra
    return struct.pack(">I", len(m)) + m


START, STOP, READY = control(2), control(3, None), control(4)
ANSWER = message([A])
put("dnstap", "file", b"\0" + START + tapped(6, ANSWER) + tapped(5, ANSWER) + STOP)
put("dnstap", "handshake", b"\6" + READY + START + tapped(4, ANSWER) + STOP)
put("dnstap", "no-stop", b"\20" + START + tapped(2, ANSWER))
put("dnstap", "one-sided", b"\1" + START + tapped(2, ANSWER, client=b"") + STOP)
put("dnstap", "two-families", b"\1" + START + tapped(6, ANSWER, server=bytes(16)) + STOP)
put("dnstap", "future-kind", b"\1" + START + tapped(44, ANSWER) + STOP)
put("dnstap", "unknown-fields", b"\1" + START + tapped(6, ANSWER, extra=b"\xa0\6\1" * 40))
put("dnstap", "no-protobuf", b"\3" + START + struct.pack(">I", 9) + b"\xff" * 9 + STOP)
put("dnstap", "absurd-length", b"\0" + START + b"\xff\xff\xff\xff")
put("dnstap", "other-content", b"\0" + control(4, b"json"))
put("dnstap", "start-twice", b"\0" + START + START)


def in_wire(*names):
    return b"".join(b"".join(bytes([len(p)]) + p for p in n.split(b".")) + b"\0" for n in names)


def names_row(packed, plain, first):
    return varint(packed) + varint(plain) + bytes(8) + bytes([len(first)]) + first


ROWS = names_row(9, 20, in_wire(b"a.b")) + names_row(7, 20, in_wire(b"b.c"))
put("names", "directory", b"\0\2" + bytes([len(ROWS)]) + ROWS + bytes(16))
put("names", "out-of-order", b"\0\2" + bytes([len(ROWS)]) + ROWS[len(ROWS) // 2:]
    + ROWS[:len(ROWS) // 2] + bytes(16))
put("names", "more-blocks-than-rows", b"\0\xff" + bytes([len(ROWS)]) + ROWS + bytes(16))
put("names", "empty", b"\0\0\0")
put("names", "block", b"\4" + in_wire(b"a", b"a.b", b"www.example.com"))
put("names", "literal", b"\3exa" + in_wire(b"a", b"a.b", b"www.example.com", b"x.exa"))
put("names", "no-end", b"\4" + in_wire(b"a", b"a.b")[:-1])
put("names", "long-label", b"\4\x40" + bytes(70))

# --- files of a site ---------------------------------------------------------------------

for name, which, text in (
        ("skip", 0, "*.corp.example\nname ntp.example.net # noisy\ntype TYPE65283\n"
                    "server 192.0.2.64/28\nclient 10.9.0.0/16\n"),
        ("only", 1, "zone example.com\ntype HTTPS\n"),
        ("bad-rule", 0, "name a.b.\nserver 192.0.2.0/99\n"),
        ("indicators", 2, "# c\nbad.example.com # x\n*.zone.net from=2015-07-01 to=2015-07-31\n"
                          "192.0.2.0/24\nevil[.]org\n/^mail[0-9]+\\./\n"
                          "203.0.113.3-203.0.113.10\n"),
        ("conf", 3, "; c\n[a]\nb = yes\nn: 12\n  more\n[provider circl]\nkey-file = x\n"),
        ("conf-bare", 129, "passive\nkey=1\n"),
        ("policy", 4, "tlp = amber\nlicence = CC-BY-4.0\nzone = example.com\nsensors = 2\n"
                      "types = A, AAAA # c\n"),
        ("evidence", 5,
         '{"coverage":"x","watched":9900,"history_begins":1,"outside":"circl",'
         '"outside_asked":2,"outside_missing":1}\n'
         '{"question":"x A","truncated":0,"damaged":0,"refused":1,"wide":0,"rows":['
         '{"owner":"017803636f6d00","type":1,"source":"above","rdata":"c0000201","first":1,'
         '"last":2,"count":3,"ttl_min":4,"ttl_max":5,"zone":0,"months":[],"hop":1,'
         '"via":"017900"}]}\n')):
    put("lists", name, bytes([which]) + text.encode())

# --- cursors and whole requests ----------------------------------------------------------

put("place", "typed", b"\0\0" + b"01ab")
put("place", "raw", b"\1\2" + b"\1" + bytes(4) + b"\0\0\0" + bytes(8) + bytes(5))
for which in range(10):
    put("place", f"made-{which}", b"\2" + bytes([which]) + b"\1\0\0\0\0\0\0" + b"\0\x0d\x52\0\2z3\0\3h31\0\0\1")
    put("place", f"real-{which}", b"\3" + bytes([which]) + b"\0\x11")
requests = {
    "dnsdb-set": "/dnsdb/v2/lookup/rrset/name/*.z3/A?limit=7&time_last_after=1&aggr=f",
    "dnsdb-rdata": "/lookup/rdata/ip/192.0.2.0,24?swclient=x&offset=3",
    "dnsdb-raw": "/dnsdb/v2/lookup/rdata/raw/C0000201",
    "summarize": "/dnsdb/v2/summarize/rrset/name/h01.z1?max_count=5",
    "flex-regex": "/dnsdb/v2/regex/rrnames/h[0-9]1/A?exclude=z2&verbose=f",
    "flex-glob": "/dnsdb/v2/glob/rdata/192.0.*",
    "circl": "/pdns/query/192.0.2.3",
    "mnemonic": "/pdns/v3/h01.z1?limit=3&aggregateResult=true&rrType=a",
    "mnemonic-cof": "/pdns/v3/cof/192.0.2.1",
    "d4": "/fquery/h01.z1/A", "d4-info": "/info",
    "wise-ip": "/wise/ip/192.0.2.4", "wise-name": "/wise/domain/h01.z1",
    "own": "/api/v1/records?term=*.z1&type=A,AAAA&limit=5&sort=-last&format=cof",
    "own-cursor": "/api/v1/records?term=*.z1&limit=2&cursor=01ab&from=2015-01&to=2016",
    "own-summary": "/api/v1/summary?term=192.0.2.3&by_month=1", "coverage": "/api/v1/coverage?on=2015-07-01",
    "metrics": "/metrics", "page": "/page/style.css", "openapi": "/openapi.json",
}
for name, target in requests.items():
    put("request", name, b"\0" + target.encode() + b"\n")
put("request", "batch-lines", b"\5/api/v1/records?limit=3&view=rrset\nX: y\nh01.z1\n192.0.2.1\n/[/\n\n*.z3\n")
put("request", "batch-json", b"\5/api/v1/records\nContent-Type:application/json\n{\"terms\": [\"h01.z1\", \"h02.z2\"]}")
put("request", "batch-many", b"\5/api/v1/records\n\n" + b"a.z1\n" * 21)
put("request", "who", b"\1/api/v1/who-asked?reason=x\n\nh01.z1\n")
put("request", "preflight", b"\2/api/v1/records\nOrigin:https://a.example\n")
put("request", "circl-pages", b"\0/pdns/query/h01.z1\ndribble-paginate-count:2\n")
