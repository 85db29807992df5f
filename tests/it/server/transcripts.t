#!/usr/bin/env python3
"""
What clients that Debian does not ship really send, octet for octet as far as it matters
(method, target, headers), and what each of them needs back not to fail.
"""
import base64, os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serving import *

yore, root, seed = sys.argv[1:4]
here = folder("transcripts")
keys = os.path.join(here, "keys")
import subprocess
KEY = subprocess.run([yore, "key", "add", "--keys", keys, "--scope", "query,upload", "x"],
                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()
BASIC = "Basic " + base64.b64encode(f"user:{KEY}".encode()).decode()
DNSDB_KEYS = {"rrname", "rrtype", "rdata", "bailiwick", "count", "time_first", "time_last",
              "zone_time_first", "zone_time_last"}


def raw(request, headers):
    """-> status, headers, body, of exactly these octets"""
    with socket.create_connection(("127.0.0.1", s.port), 20) as c:
        c.sendall((request + "\r\nHost: x\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers) +
                   "Connection: close\r\n\r\n").encode())
        got = b""
        while True:
            part = c.recv(65536)
            if not part:
                break
            got += part
    head, _, body = got.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    h = {k.lower(): v for k, v in (x.split(": ", 1) for x in lines[1:])}
    if h.get("transfer-encoding") == "chunked":
        out, rest = b"", body
        while rest:
            n, _, rest = rest.partition(b"\r\n")
            n = int(n, 16)
            out += rest[:n]
            rest = rest[n + 2:]
            if n == 0:
                break
        body = out
    return int(lines[0].split()[1]), h, body


def saf(body):
    """as dnsdb2 and dnsdbflex read it -> objects, last condition"""
    lines = body.decode().split("\n")
    assert lines[-1] == "" and "" not in lines[:-1], "an empty line, or none at the end"
    lines = [json.loads(x) for x in lines[:-1]]
    assert lines[0]["cond"] == "begin" and lines[-1]["cond"] in ("succeeded", "limited", "failed")
    return [x["obj"] for x in lines[1:-1]], lines[-1]["cond"]


def lines_of(body):
    lines = body.decode().split("\n")
    assert lines[-1] == "" and "" not in lines[:-1], "an empty line, or none at the end"
    return [json.loads(x) for x in lines[:-1]]


def try_it(text, check, request, headers):
    try:
        status, h, body = raw(request + " HTTP/1.1", headers)
        good = check(status, h, body)
        ok(good, text, request, status, body[:400])
    except (AssertionError, ValueError, KeyError, IndexError) as e:
        ok(False, text, request, repr(e))


s = Server(yore, "--upload", keys=keys)
dnsdb2 = [("User-Agent", "python-requests/2.28.1"), ("Accept-Encoding", "gzip, deflate"),
          ("Accept", "application/x-ndjson"), ("Connection", "keep-alive"), ("X-Api-Key", KEY)]
dnsdb2 = [x for x in dnsdb2 if x[0] != "Connection"]
flex = [("X-Api-Key", KEY), ("Accept", "application/x-ndjson")]
v1 = [("Accept", "application/json"), ("X-Api-Key", KEY), ("User-Agent", "python-urllib3/1.26.12"),
      ("Accept-Encoding", "identity")]
ruby = [("X-Api-Key", KEY), ("Accept", "*/*, application/json"), ("User-Agent", "Ruby"),
        ("Accept-Encoding", "gzip;q=1.0,deflate;q=0.6,identity;q=0.3")]
ruby_circl = [("Authorization", BASIC), ("Accept", "*/*"), ("User-Agent", "Ruby")]
pypdns = [("user-agent", "PyPDNS / 2.3.1"), ("Accept-Encoding", "gzip, deflate"), ("Accept", "*/*"),
          ("Authorization", BASIC)]
wise = [("Accept", "application/json, text/plain, */*"), ("X-API-Key", KEY),
        ("User-Agent", "axios/1.7.4")]
client = "swclient=dnsdb2python&version=1.1.5"
try:
    s.post_segment(segment(seed, USUAL + MANY), headers={"X-API-Key": KEY})

    # ---- dnsdb2 (Python) and MISP's farsight_passivedns ----
    try_it("dnsdb2 lookup_rrset", lambda st, h, b: st == 200 and len(saf(b)[0]) == 2 and
           all(isinstance(o["rdata"], list) for o in saf(b)[0]),
           f"GET /dnsdb/v2/lookup/rrset/name/example.com/A?{client}", dnsdb2)
    try_it("dnsdb2 lookup_rdata_ip, raw colons, rrtype ignored",
           lambda st, h, b: st == 200 and [o["rrname"] for o in saf(b)[0]] == ["www.example.com."],
           f"GET /dnsdb/v2/lookup/rdata/ip/2001:db8::10?{client}&rrtype=TXT", dnsdb2)
    try_it("dnsdb2 with negative times and booleans as Python writes them",
           lambda st, h, b: st == 200 and saf(b) == ([], "succeeded"),
           f"GET /dnsdb/v2/lookup/rrset/name/example.com?{client}&time_first_after=-3600&aggr=False"
           "&humantime=True&verbose=False&id=app%3Auser", dnsdb2)
    try_it("dnsdb2 limit: QueryLimited after exactly so many",
           lambda st, h, b: (len(saf(b)[0]), saf(b)[1]) == (5, "limited"),
           f"GET /dnsdb/v2/lookup/rrset/name/many.example.net?{client}&limit=5", dnsdb2)
    try_it("dnsdb2 a doubled slash from a URL with one at its end",
           lambda st, h, b: st == 200 and saf(b)[0] == [],
           f"GET //dnsdb/v2/lookup/rrset/name/nothing.example?{client}", dnsdb2)
    for status, path, want in (("AccessDenied", "lookup/rrset/name/a.example", (401, 403)),
                               ("AccessDenied", "rate_limit", (401, 403)),
                               ("no error", "ping", (200,))):
        bad = [x for x in dnsdb2 if x[0] != "X-Api-Key"] + [("X-Api-Key", "bad")]
        try_it(f"dnsdb2 with a bad key: {status} for {path}", lambda st, h, b, w=want: st in w,
               f"GET /dnsdb/v2/{path}?{client}", bad)
    try_it("dnsdb2 OffsetError", lambda st, h, b: st == 416,
           f"GET /dnsdb/v2/lookup/rrset/name/a.example?{client}&offset=100000000", dnsdb2)
    misp = f"limit=10&offset=0&humantime=True&{client}"
    for path in ("lookup/rrset/name/example.com", "lookup/rdata/name/mail.example.com",
                 "lookup/rdata/ip/192.0.2.10"):
        try_it(f"MISP farsight {path}: known keys only, RFC 3339",
               lambda st, h, b: st == 200 and saf(b)[0] and
               all(set(o) <= DNSDB_KEYS and o["time_first"].endswith("Z") for o in saf(b)[0]),
               f"GET /dnsdb/v2/{path}?{misp}", dnsdb2)
    for side in ("rdata", "rrnames"):
        try_it(f"MISP farsight flex over {side}", lambda st, h, b: st == 200 and saf(b)[1],
               f"GET /dnsdb/v2/regex/{side}/mail%5C.example%5C.com?{misp}", dnsdb2)

    # ---- dnsdbflex ----
    v = "swclient=dnsdbflex&version=1.0.7"
    try_it("dnsdbflex --glob", lambda st, h, b: st == 200 and
           all({"rrname", "rrtype"} <= set(o) for o in saf(b)[0]) and len(saf(b)[0]) == 3,
           f"GET /dnsdb/v2/glob/rrnames/www.%2A?{v}", flex)
    try_it("dnsdbflex --regex -s rdata, raw_rdata for its batch output",
           lambda st, h, b: all("raw_rdata" in o for o in saf(b)[0]) and saf(b)[0],
           f"GET /dnsdb/v2/regex/rdata/%5E10%20mail/MX?{v}", flex)
    try_it("dnsdbflex a slash in the pattern", lambda st, h, b: st == 200 and saf(b)[0] == [],
           f"GET /dnsdb/v2/regex/rrnames/a%20b%2Fc%3Fd?{v}&limit=7&offset=0", flex)
    try_it("dnsdbflex --exclude, not escaped", lambda st, h, b: st == 200 and
           all(not o["rrname"].startswith("www") for o in saf(b)[0]) and saf(b)[0],
           f"GET /dnsdb/v2/regex/rrnames/example/A?{v}&exclude=^w+[.]e*", flex)

    # ---- Cortex DNSDB and the old Python client: version 1 ----
    try_it("Cortex DNSDB", lambda st, h, b: st == 200 and len(lines_of(b)) == 2,
           "GET /lookup/rrset/name/example.com/A", v1)
    try_it("its bailiwick without a type", lambda st, h, b: st == 200 and
           {r["rrtype"] for r in lines_of(b)} == {"A", "NS"},
           "GET /lookup/rrset/name/example.com/ANY/com", v1)
    try_it("its prefix", lambda st, h, b: st == 200 and
           all(isinstance(r["rdata"], str) for r in lines_of(b)),
           "GET /lookup/rdata/ip/192.0.2.0,24?limit=10", v1)
    try_it("its fence", lambda st, h, b: st == 200 and len(lines_of(b)) == 1,
           f"GET /lookup/rrset/name/example.com/A?time_first_after={JULY - 1}&"
           f"time_last_before={JULY + 86400}", v1)

    # ---- pdnstool ----
    try_it("pdnstool DNSDB, final dots or it prints null", lambda st, h, b: st == 200 and
           all(r["rrname"].endswith(".") for r in lines_of(b)),
           "GET /lookup/rrset/name/www.example.com?limit=50", ruby)
    try_it("pdnstool DNSDB, nothing is 404", lambda st, h, b: st == 404 and b.count(b"\n") == 1,
           "GET /lookup/rrset/name/nothing.example", ruby)
    try_it("pdnstool DNSDB, IPv6 at the name's place", lambda st, h, b: st in (404, 400),
           "GET /lookup/rrset/name/2001:db8::10", ruby)
    try_it("pdnstool CIRCL, a raw prefix", lambda st, h, b: st == 200 and len(lines_of(b)) >= 4,
           "GET /pdns/query/192.0.2.0/24", ruby_circl)
    try_it("pdnstool CIRCL, nothing is empty", lambda st, h, b: (st, b) == (200, b""),
           "GET /pdns/query/nothing.example", ruby_circl)

    # ---- PyPDNS, MISP's circl_passivedns, Cortex ----
    needs = {"count", "origin", "rrtype", "rrname", "rdata", "time_first", "time_last"}
    try_it("PyPDNS rfc_query", lambda st, h, b: st == 200 and
           all(needs <= set(r) and isinstance(r["time_last"], int) for r in lines_of(b)) and
           lines_of(b), "GET /pdns/query/www.example.com", pypdns)
    try_it("PyPDNS iter_query, first page", lambda st, h, b: st == 200 and
           len(lines_of(b)) == 30 and int(h["x-dribble-cursor"]) > 0,
           "GET /pdns/query/many.example.net", pypdns + [("dribble-paginate-count", "30")])
    try_it("PyPDNS filter and no active query", lambda st, h, b: st == 200 and
           {r["rrtype"] for r in lines_of(b)} == {"AAAA"}, "GET /pdns/query/www.example.com",
           pypdns + [("dribble-filter-rrtype", "AAAA"), ("dribble-disable-active-query", "1")])
    try_it("PyPDNS UnauthorizedError", lambda st, h, b: st == 401, "GET /pdns/query/a.example",
           [x for x in pypdns if x[0] != "Authorization"])
    try_it("PyPDNS with a token", lambda st, h, b: st == 200, "GET /pdns/query/a.example",
           [x for x in pypdns if x[0] != "Authorization"] + [("Authorization", KEY)])

    # ---- MISP's circl_passivedns and Cortex's CIRCLPassiveDNS (both through PyPDNS) ----
    for what, path in (("MISP circl_passivedns, a name", "example.com"),
                       ("MISP circl_passivedns, ip|port", "192.0.2.10%7C443"),
                       ("Cortex CIRCLPassiveDNS, an address", "2001:db8::10"),
                       ("Cortex CIRCLPassiveDNS, a URL's host", "www.example.com")):
        try_it(what, lambda st, h, b: st == 200 and lines_of(b) and
               all(needs <= set(r) and isinstance(r["rdata"], str) and isinstance(r["count"], int) and
                   r["rrtype"] == r["rrtype"].upper() for r in lines_of(b)),
               f"GET /pdns/query/{path}", pypdns)
    try_it("MISP circl_passivedns, nothing: {} and no exception", lambda st, h, b: (st, b) == (200, b""),
           "GET /pdns/query/nothing.example", pypdns)

    # ---- Cortex Mnemonic ----
    cortex = [("User-Agent", "python-requests/2.28.1"), ("Accept", "*/*"), ("Argus-API-Key", KEY)]
    fields = {"query", "answer", "rrtype", "maxTtl", "firstSeenTimestamp", "lastSeenTimestamp", "tlp"}
    def mnemonic(st, h, b):
        o = json.loads(b)
        return (st == 200 and o["responseCode"] == 200 and {"count", "size", "metaData", "messages"} <= set(o)
                and o["data"] and all(fields <= set(x) and x["rrtype"] == x["rrtype"].lower() and
                                      x["lastSeenTimestamp"] > 10 ** 12 for x in o["data"]))
    try_it("Cortex Mnemonic", mnemonic, "GET /pdns/v3/www.example.com?aggregate=true&limit=0"
           "&includeAnonymous=true", cortex)
    try_it("Cortex Mnemonic, an address", mnemonic, "GET /pdns/v3/192.0.2.10?aggregate=true&limit=0", cortex)

    # ---- go-dnsdb: its headers must be integers or the two words ----
    go = [("User-Agent", "Go-http-client/1.1"), ("X-Api-Key", KEY), ("Accept", "application/x-ndjson"),
          ("Accept-Encoding", "gzip")]
    def go_rates(st, h, b):
        for name, word in (("limit", "unlimited"), ("remaining", "n/a"), ("reset", "n/a")):
            v = h.get("x-ratelimit-" + name)
            if v is not None and v != word and not v.isdigit():
                return False
        rate = json.loads(b)["rate"] if b.startswith(b'{"rate"') else {}
        return st == 200 and all(isinstance(rate.get(k, 1), int) for k in
                                 ("results_max", "offset_max", "burst_size", "burst_window"))
    for path in ("/dnsdb/v2/rate_limit", "/lookup/rate_limit",
                 "/dnsdb/v2/lookup/rrset/name/example.com", "/lookup/rdata/ip/192.0.2.10"):
        try_it(f"go-dnsdb {path}", go_rates, f"GET {path}", go)

    # ---- D4's clients ----
    d4 = [("User-Agent", "curl/7.88.1"), ("Accept", "*/*"), ("X-API-Key", KEY)]
    for path in ("query/www.example.com", "query/192.0.2.10", "fquery/mail.example.com"):
        try_it(f"D4 /{path}", lambda st, h, b: st == 200 and lines_of(b) and
               all({"time_first", "time_last", "count", "rrtype", "rrname", "rdata", "origin"} <= set(r)
                   for r in lines_of(b)), f"GET /{path}", d4)
    try_it("D4 /info", lambda st, h, b: {"version", "software", "stats", "sensors"} <= set(json.loads(b)),
           "GET /info", d4)

    # ---- Arkime WISE and cont3xt in bulk: lines of JSON with a key path ----
    for path in ("rrname", "rdata"):
        try_it(f"WISE url: jsonl, keyPath={path}", lambda st, h, b, p=path: st == 200 and
               all(p in r for r in lines_of(b)) and len(lines_of(b)) > 3,
               "GET /api/v1/records?term=*.example.com&format=cof&end=f&limit=0", wise)
    try_it("cont3xt csv", lambda st, h, b: st == 200 and b"rrname" in b.splitlines()[0].split(b","),
           "GET /api/v1/records?term=*.example.com&format=csv&limit=0", wise)

    # ---- Arkime WISE (axios), a browser, an old HTTP ----
    try_it("WISE, one JSON object", lambda st, h, b: st == 200 and
           isinstance(json.loads(b), dict) and json.loads(b)["rrname"], "GET /wise/ip/192.0.2.10", wise)
    try_it("WISE, 404 is no result", lambda st, h, b: st == 404, "GET /wise/domain/no.example", wise)
    try_it("a browser", lambda st, h, b: st == 200 and h["x-content-type-options"] == "nosniff",
           "GET /api/v1/records?term=www.example.com",
           [("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
            ("Authorization", BASIC), ("Sec-Fetch-Mode", "navigate")])
    with socket.create_connection(("127.0.0.1", s.port), 20) as c:
        c.sendall(f"GET /pdns/query/many.example.net HTTP/1.0\r\nAuthorization: {BASIC}\r\n\r\n".encode())
        got = b""
        while True:
            part = c.recv(65536)
            if not part:
                break
            got += part
    ok(got.count(b'"rrname"') == 40 and b"chunked" not in got.split(b"\r\n\r\n")[0].lower(),
       "HTTP/1.0", got[:200])
    status, h, body = s.ask("/pdns/query/example.com", method="HEAD", headers={"X-API-Key": KEY})
    equal((status, body), (200, b""), "HEAD")
finally:
    equal(s.stop(), 0, "the server ends well")
done()
