#!/usr/bin/env python3
"""CIRCL, D4, Mnemonic, WISE and our own API: what their clients send, what they need."""
import csv, io, os, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from described import Described, written
from serving import *

yore, root, seed = sys.argv[1:4]
s = Server(yore, "--upload")
MISP = {"count", "origin", "rrtype", "rrname", "rdata", "time_first", "time_last"}
try:
    s.post_segment(segment(seed, USUAL + MANY))
    s.post_segment(segment(seed, rows(
        ("zone.example.com", "A", "zone", "-", JULY, JULY + 9, 0, "192.0.2.77"),
        ("www.example.com", "A", "circl", "-", JULY, JULY + 9, 2, "192.0.2.66")),
        year=0, number=2))

    # ---- CIRCL: PyPDNS's requests (user agent, Basic, no parameters) ----
    headers = {"User-Agent": "PyPDNS / 2.3.1", "Accept": "*/*", "Accept-Encoding": "gzip, deflate",
               "Authorization": "Basic dXNlcjpwYXNz"}
    status, h, body = s.ask("/pdns/query/www.example.com", headers=headers)
    got = [json.loads(x) for x in body.decode().splitlines()]
    ok(status == 200 and body.endswith(b"\n"), "every line ends")
    ok(all(MISP <= set(x) for x in got), "the keys that MISP's module needs are in every row", got)
    ok(all(isinstance(x["rdata"], str) and isinstance(x["count"], int) and
           isinstance(x["time_first"], int) and x["rrtype"].isupper() and
           not x["rrname"].endswith(".") for x in got), "strings, integers, no final dots", got)
    equal(sorted((x["rrtype"], x["rdata"]) for x in got),
          [("A", "192.0.2.10"), ("A", "192.0.2.66"), ("AAAA", "2001:db8::10")], "its records")
    status, h, body = s.ask("/pdns/query/nothing.example", headers=headers)
    equal((status, body), (200, b""), "nothing is 200 and empty")
    status, h, body = s.ask("/pdns/query//example.com", headers=headers)
    got = [json.loads(x) for x in body.decode().splitlines()]
    ok(len(got) > 4 and all(not x["rrtype"].startswith("TYPE") for x in got),
       "types that its clients do not know are left out; // is /", got)
    equal(len({(x["rrtype"], x["rdata"]) for x in got}), len(got), "one rdata a line")
    got = s.lines("/pdns/query/zone.example.com")
    ok(len(got) == 1 and got[0]["time_last"] == JULY + 9 and got[0]["count"] == 1,
       "a record of a zone file has times and count, too", got)
    got = s.lines("/pdns/query/192.0.2.0/24")
    equal({x["rdata"] for x in got} >= {"192.0.2.10", "192.0.2.11"}, True, "a prefix, raw slash")
    equal(s.lines("/pdns/query/192.0.2.0%2F24"), got, "or encoded, or with a comma")
    equal(s.lines("/pdns/query/192.0.2.0,24"), got, "as dnsdbq sends it")
    equal(len(s.lines("/pdns/query/198.51.100.25|443")), 1, "ip|port is cut")
    got = s.lines("/pdns/query/example.com", headers={"dribble-filter-rrtype": "MX",
                                                      "dribble-disable-active-query": "1"})
    equal([x["rrtype"] for x in got], ["MX"], "dribble-filter-rrtype")

    equal([x["rrtype"] for x in s.lines("/pdns/query/example.com",
           headers={"dribble-filter-rrtype": "TYPE65280"})], ["TYPE65280"],
          "who asks for a type without a name gets it")
    equal(s.ask("/pdns/query/example.com", headers={"dribble-filter-rrtype": "NOTYPE"})[0], 400,
          "a filter that is no type")

    # every type there may be, read as PyPDNS does: RdataType[rrtype]
    s.post_segment(segment(seed, rows(*[
        ("?types.example", f"TYPE{n}", "above", "-", JULY, JULY, 1, f"\\# {len(x) // 2} {x}")
        for n in [*range(1, 41), *range(42, 128), *range(256, 300), 4096, 32767, 32768, 32769, 65280]
        for x in ["00" * k for k in (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 16, 17, 19, 22)] +
        ["0000010001", "000001000140", "01" * 20]]), number=77))
    got = s.lines("/pdns/query/types.example")
    try:
        from dns.rdatatype import RdataType
    except ImportError:
        skip("dnspython is not installed (apt-get install python3-dnspython)")
    else:
        strange = [x["rrtype"] for x in got if x["rrtype"] not in RdataType.__members__]
        equal(strange, [], "dnspython, which PyPDNS reads types with, knows every type it gets")
        lost = {x.name for x in RdataType if not 128 <= x < 256} - {x["rrtype"] for x in got}
        lost -= {"TYPE0", "OPT", "NSAP_PTR"}
        equal(sorted(lost), [], "and no type that it knows is left out")
    ok(len(s.lines("/dnsdb/v2/lookup/rrset/name/types.example")) - 2 > len(got),
       "the other dialects have all of them")

    # iter_query: pages as long as a cursor comes back
    seen, cursor, pages = [], None, 0
    while pages < 20:
        h = {"dribble-paginate-count": "7"}
        if cursor:
            h["dribble-paginate-cursor"] = cursor
        status, back, body = s.ask("/pdns/query/many.example.net", headers=h)
        seen += [json.loads(x)["rdata"] for x in body.decode().splitlines()]
        pages += 1
        cursor = back.get("x-dribble-cursor")
        if cursor is None:
            break
        if pages == 2:  # new records arrive while somebody reads pages
            s.post_segment(segment(seed, rows(("many.example.net", "A", "above", 2, JULY, JULY,
                                               1, "203.0.113.200")), number=3))
    equal(pages, 6, "40 rows and one are six pages of 7")
    equal((len(seen), len(set(seen))), (41, 41), "nothing twice, nothing left out")
    ok(cursor is None and int(back.get("x-dribble-cursor", 1)) > 0, "cursors are integers")
    status, h, body = s.ask("/pdns/query/many.example.net",
                            headers={"dribble-paginate-count": "x"})
    equal((status, body.count(b"\n")), (400, 1), "a bad page size is told")
    status, h, body = s.ask("/pdns/query/many.example.net",
                            headers={"dribble-paginate-count": "5",
                                     "dribble-paginate-cursor": "12345"})
    ok(status in (404, 400) or "x-dribble-errors" in h, "a cursor of nowhere is told", status, h)

    # ---- D4 ----
    equal(s.text("/query/www.example.com"), s.text("/pdns/query/www.example.com"), "D4's /query")
    got = s.lines("/fquery/www.example.com")
    ok(any(x["rdata"] == "www.example.com" for x in got) and len(got) == 4,
       "/fquery: also what points there", got)
    equal(s.lines("/info")[0]["software"], "yore", "/info")

    # ---- Mnemonic ----
    got = json.loads(s.text("/pdns/v3/www.example.com?limit=25&offset=0"))
    ok({"responseCode", "count", "size", "metaData", "messages", "data"} <= set(got), "its container")
    one = [x for x in got["data"] if x["answer"] == "192.0.2.10"][0]
    ok(one["rrtype"] == "a" and one["rrclass"] == "in" and one["query"] == "www.example.com" and
       one["firstSeenTimestamp"] == (JULY + 7) * 1000 and one["times"] == 4, "its record", one)
    got = json.loads(s.text("/pdns/v3/many.example.net?limit=3"))
    equal((got["size"], len(got["data"])), (3, 3), "its limit")
    equal(json.loads(s.text("/pdns/v3/nothing.example"))["data"], [], "nothing")
    equal(s.ask("/pdns/v3/example.com?limit=99999999")[0], 412, "over the allowance is 412")
    equal(len(s.lines("/pdns/v3/cof/mail.example.com?rrType=a")), 1, "its COF")

    # ---- WISE: one object ----
    got = json.loads(s.text("/wise/ip/192.0.2.10"))
    equal((sorted(got["rrname"]), got["count"], got["first"]),
          (["example.com", "www.example.com"], 11, JULY + 7), "an address")
    got = json.loads(s.text("/wise/domain/www.example.com"))
    ok("192.0.2.10" in got["rdata"], "a name", got)
    equal(s.ask("/wise/ip/203.0.113.250")[0], 404, "nothing is 404")
    equal(s.ask("/wise/else/1")[0], 400, "another kind")

    # ---- our own ----
    got = s.lines("/api/v1/records?term=www.example.com")
    end = got[-1]["end"]
    equal((len(got) - 1, end["records"], end["status"], end["complete"], end["limited"]),
          (3, 3, "found", True, False), "records and how it ended")
    ok(all(isinstance(x["rdata"], list) and "source" in x for x in got[:-1]), "COF with sources")
    equal(end["coverage"]["sensors"][0]["name"], "edge", "and who was watching")
    got = s.lines("/api/v1/records?term=nothing.example&from=2015-03-01&to=2015-04-01")
    equal(got[-1]["end"]["status"], "none", "not seen, and it was watched")
    got = s.lines("/api/v1/records?term=nothing.example&from=2011&to=2012")
    equal((got[-1]["end"]["status"], got[-1]["end"]["coverage"]["watched"]),
          ("unwatched", "not"), "not seen, and nobody watched")
    got = s.lines("/api/v1/records?term=www.example.com&source=circl")
    equal([x["source"] for x in got[:-1]], ["circl"], "one source")
    got = s.lines("/api/v1/records?term=www.example.com&type=A&days=t&source=above")
    equal(got[0]["months"], {"2015-07": [1, 2]}, "days seen")
    got = s.lines("/api/v1/records?term=example.com&type=A&view=month")
    equal(sorted(x["month"] for x in got[:-1]), ["2015-07", "2015-07", "2015-08"], "rows by month")
    got = s.lines("/api/v1/records?term=example.com&type=A&on=2015-08-11")
    equal(len(got) - 1, 1, "on a day")
    got = s.lines("/api/v1/records?term=www.example.org&follow=t")
    ok(any(x.get("hop") == 1 for x in got[:-1]), "aliases followed", got)
    got = s.lines("/api/v1/records?term=hxxp://www[.]example[.]com/x&term=198.51.100.25")
    equal(got[-1]["end"]["records"], 4, "several terms, defanged")
    got = s.lines("/api/v1/records?term=*.example.com&sort=-count&limit=2&type=A")
    equal([x["count"] for x in got[:-1]], [7, 4], "sorted")
    seen, cursor = [], ""
    for page in range(20):
        got = s.lines("/api/v1/records?term=many.example.net&limit=9" + cursor)
        seen += [x["rdata"][0] for x in got[:-1]]
        if "cursor" not in got[-1]["end"]:
            break
        cursor = "&cursor=" + got[-1]["end"]["cursor"]
    equal((page, len(set(seen)), len(seen)), (4, 41, 41), "pages by cursor")
    first = s.lines("/api/v1/records?term=many.example.net&limit=9")[-1]["end"]["cursor"]
    for path in ("term=example.com&cursor=" + first, "term=many.example.net&cursor=xyz",
                 "term=many.example.net&sort=-last&cursor=" + first):
        equal(s.ask("/api/v1/records?" + path)[0], 400, "a cursor that does not fit")
    got = s.lines("/api/v1/records?term=many.example.net&cursor=99")
    ok(got[-1]["end"]["complete"] is False and got[-1]["end"]["message"], "a cursor of nowhere")
    got = json.loads(s.text("/api/v1/records?term=www.example.com",
                            headers={"Accept": "application/json"}))
    equal((len(got["records"]), got["end"]["records"]), (3, 3), "one document by Accept")
    status, h, body = s.ask("/api/v1/records?term=example.com&type=TXT",
                            headers={"Accept": "text/csv"})
    table = list(csv.reader(io.StringIO(body.decode(), newline="")))
    ok(h["content-type"].startswith("text/csv") and len(table) == 2, "CSV by Accept", body)
    equal(s.ask("/api/v1/records?term=example.com&format=nosuch")[0], 400, "no such format")
    ok(all("end" not in x for x in s.lines("/api/v1/records?term=example.com&end=f")),
       "end=f leaves plain COF")
    got = json.loads(s.text("/api/v1/summary?term=www.example.com"))
    equal((got["sources"]["above"]["count"], got["sources"]["circl"]["count"]), (4, 2),
          "a summary, sources apart")
    got = json.loads(s.text("/api/v1/coverage?from=2015-01-01&to=2015-12-31"))
    ok(got["watched"] in ("wholly", "partly") and got["permyriad"] > 9900, "coverage", got)
    for bad in ("", "?term=", "?term=a..b", "?term=x&limit=z", "?term=x&from=never",
                "?term=x&view=no", "?term=x&sort=no", "?term=x&type=NOSUCH", "?term=/(/"):
        status, h, body = s.ask("/api/v1/records" + bad)
        ok(status == 400 and body.count(b"\n") == 1, f"400 for {bad!r}", status, body)

    # ---- many terms at once ----
    terms = ["www.example.com", "no.example", "/(/", "*.example.com", "192.0.2.10"]
    got = s.lines("/api/v1/records?type=A", method="POST", body="\n".join(terms).encode())
    states = {x["term"]: x for x in got if "status" in x}
    equal([states[i]["status"] for i in range(5)],
          ["found", "none", "bad", "found", "found"], "a status for each term")
    ok(sum("record" in x for x in got if x.get("term") == 3) == states[3]["records"],
       "and its records")
    equal(got[-1]["end"]["terms"], 5, "and an end")
    got = s.lines("/api/v1/records", method="POST", body=json.dumps({"terms": terms}).encode(),
                  headers={"Content-Type": "application/json"})
    equal(got[-1]["end"]["terms"], 5, "as JSON")
    began = time.time()
    body = "\n".join(f"n{i}.example.net" for i in range(99999)) + "\nwww.example.com\n"
    got = s.text("/api/v1/records?from=2015-03-01&to=2015-04-01", method="POST",
                 body=body.encode(), timeout=120).splitlines()
    ok(len(got) == 100001 and json.loads(got[-1])["end"]["none"] == 100000,
       f"100,000 terms in {time.time() - began:.1f} s", len(got), got[-1][:300])
    status, h, text = s.ask("/api/v1/records", method="POST", body=(body + "x\n").encode())
    equal(status, 413, "one more is too many")
    equal(s.ask("/api/v1/records", method="POST", body=b"")[0], 400, "none are too few")
    got = s.lines("/api/v1/inputs")
    ok(len(got) >= 2 and got[0]["sensor"] == "edge", "inputs", got)

    # ---- the description says what there is ----
    whole = Described(root)
    described = json.loads(s.text("/openapi.json"))
    ok(described == whole.all, "the description is the document")
    ok(described["openapi"].startswith("3.1"), "OpenAPI 3.1")
    with open(os.path.join(root, "src/api/route.c")) as f:
        table = re.findall(r'\{METHOD_(\w+), "([^"]*)"', f.read())
    want = {(m.lower(), "/" + p.replace("/+", "")) for m, p in table}
    have = {(m, re.sub(r"/\{.*", "", p)) for p, item in described["paths"].items() for m in item
            if m in ("get", "post")}
    equal(sorted(want - have), [], "every route is described")
    equal(sorted(have - want), [], "and nothing else")

    # every example in it is asked, and answers with a status that it names
    for path, item in described["paths"].items():
        for method, op in item.items():
            target = path
            query = []
            for p in op.get("parameters", []):
                if "example" not in p:
                    continue
                if p["in"] == "path":
                    target = target.replace("{%s}" % p["name"], str(p["example"]))
                elif p["in"] == "query":
                    query.append(f"{p['name']}={p['example']}")
            body = op.get("requestBody", {}).get("content", {})
            body = next((c["example"] for c in body.values() if "example" in c), None)
            target += "?" + "&".join(query) if query else ""
            status, h, text = s.ask(target.replace(" ", "%20"), method=method.upper(),
                                    body=body.encode() if body else None)
            answers = op["responses"]
            good = str(status) in answers
            kind = h.get("content-type", "").split(";")[0]
            content = answers.get(str(status), {}).get("content", {})
            ok(good and (kind in content or not content),
               f"{method} {target}: {status} {kind}", text[:200])
            found = whole.answer(method, target, status, kind, text.decode())
            ok(not found, "and it is what is described", *found)

    # and so are answers of many kinds, member by member
    name, zone = "www.example.com", "*.example.com"
    kinds = [f"/api/v1/records?term={name}&{more}" for more in
             ("limit=1", "sort=-last", "view=month", "days=t", "view=rr", "by_month=t&from=2015-07", "follow=t",
              "negative=t", "from=2030", "format=document", "type=TXT", "side=rdata", "end=f")]
    kinds += [f"/api/v1/records?term={x}" for x in ("nothing.example", zone, "192.0.2.0/24", "alias.example.com&follow=t")]
    kinds += [f"/api/v1/summary?term={x}" for x in (name, "nothing.example")]
    kinds += ["/api/v1/coverage", "/api/v1/coverage?from=2030", "/api/v1/inputs", "/info", "/lookup/rate_limit"]
    for dnsdb in "/dnsdb/v2/lookup/", "/dnsdb/v2/summarize/", "/lookup/", "/summarize/":
        kinds += [dnsdb + x for x in (f"rrset/name/{name}", f"rrset/name/{name}?limit=1", "rdata/ip/192.0.2.0,24",
                                      "rrset/name/nothing.example", f"rrset/name/{name}?humantime=t",
                                      f"rrset/name/{zone}?aggr=f")]
    kinds += [f"/dnsdb/v2/{x}/{side}/{t}" for x, t in (("regex", "exam"), ("glob", "*exam*"))
              for side in ("rrnames", "rdata")] + ["/dnsdb/v2/regex/rrnames/exam?verbose=f"]
    kinds += [f"{x}{name}" for x in ("/pdns/query/", "/pdns/v3/", "/pdns/v3/cof/", "/query/", "/fquery/", "/wise/domain/")]
    for target in kinds:
        status, h, text = s.ask(target)
        found = whole.answer("get", target, status, h.get("content-type", "").split(";")[0], text.decode())
        ok(status in (200, 404) and not found, f"{target}: {status}, {len(text)} octets as described", *found, text[:200])
    body = f"{name}\nnothing.example\n/(/\n192.0.2.0/24\n"
    for more in "", "limit=1", "view=month":
        status, h, text = s.ask("/api/v1/records?" + more, method="POST", body=body.encode())
        found = whole.answer("post", "/api/v1/records", status, "application/x-ndjson", text.decode())
        ok(status == 200 and not found, f"a list, {more}: as described", *found)
    # what no answer here had
    apart = {"truncated", "sensor_id", "first_place", "last_place", "file", "packet"} # a header; not over HTTP
    lacking = {w: p for w, p in written(root).items() if w not in whole.words() | apart}
    equal(lacking, {}, "no member is written that is not described")
finally:
    equal(s.stop(), 0, "the server ends well")
done()
