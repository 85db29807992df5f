#!/usr/bin/env python3
"""DNSDB's two versions, as their clients need them; and the real dnsdbq."""
import os, shutil, subprocess, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serving import *

yore, root, seed = sys.argv[1:4]
s = Server(yore, "--upload")
try:
    equal(s.post_segment(segment(seed, USUAL + MANY))[1]["status"], "added", "records are there")

    # ---- version 2 ----
    got = s.lines("/dnsdb/v2/lookup/rrset/name/example.com/A")
    equal(got[0], {"cond": "begin"}, "the first line begins")
    equal(got[-1], {"cond": "succeeded"}, "the last line says that it is whole")
    objs = [x["obj"] for x in got[1:-1]]
    equal(len(objs), 2, "two sets")
    keys = {"rrname", "rrtype", "rdata", "bailiwick", "count", "time_first", "time_last"}
    ok(all(set(o) == keys for o in objs), "no keys but DNSDB's own", objs)
    one = [o for o in objs if o["rdata"] == ["192.0.2.10"]]
    equal(one, [{"rrname": "example.com.", "rrtype": "A", "rdata": ["192.0.2.10"],
                 "bailiwick": "example.com.", "count": 7, "time_first": JULY + 60,
                 "time_last": JULY + 86400 * 41}], "months are merged")
    got = s.lines("/dnsdb/v2/lookup/rrset/name/example.com/A?aggr=f")
    equal(len(got), 5, "aggr=f gives the months")
    got = s.lines("/dnsdb/v2/lookup/rrset/name/example.com/A/com")
    equal([x["obj"]["rdata"] for x in got[1:-1]], [["192.0.2.11", "192.0.2.12"]],
          "a bailiwick chooses")
    equal(s.text("//dnsdb/v2/lookup/rrset/name/nothing.example"),
          '{"cond":"begin"}\n{"cond":"succeeded"}\n', "nothing: begin and succeeded; // is /")
    got = s.lines("/dnsdb/v2/lookup/rdata/ip/192.0.2.10")
    equal([(x["obj"]["rrname"], x["obj"]["rdata"], "bailiwick" in x["obj"])
           for x in got[1:-1]],
          [("example.com.", ["192.0.2.10"], False), ("www.example.com.", ["192.0.2.10"], False)],
          "by address: single records, an array, no bailiwick")
    for form in ("192.0.2.0,24", "192.0.2.10-192.0.2.10", "192.0.2.0/24"):
        got = s.lines("/dnsdb/v2/lookup/rdata/ip/" + form)
        ok(len(got) >= 4, f"by {form}", got)
    got = s.lines("/dnsdb/v2/lookup/rdata/ip/2001%3Adb8%3A%3A,32")
    equal(len(got), 3, "a prefix with its colons encoded")
    got = s.lines("/dnsdb/v2/lookup/rdata/name/mail.example.com/MX")
    equal([x["obj"]["rdata"] for x in got[1:-1]], [["10 mail.example.com."]], "by a name in rdata")
    got = s.lines("/dnsdb/v2/lookup/rrset/raw/076578616d706c6503636f6d00/MX")
    equal(len(got), 3, "by owner in wire form")
    got = s.lines("/dnsdb/v2/lookup/rdata/raw/C000020A")
    equal(len(got), 4, "by rdata octets")
    got = s.lines("/dnsdb/v2/lookup/rrset/name/%2A.example.com/ANY")
    names = {x["obj"]["rrname"] for x in got[1:-1]}
    equal(names, {"example.com.", "www.example.com.", "mail.example.com."}, "a left-hand wildcard")
    ok(all(x["obj"]["rrtype"] != "DNSKEY" for x in got[1:-1]), "ANY leaves DNSSEC types out")
    got = s.lines("/dnsdb/v2/lookup/rrset/name/example.com/ANY-DNSSEC")
    equal([x["obj"]["rrtype"] for x in got[1:-1]], ["DNSKEY"], "ANY-DNSSEC has only them")
    got = s.lines("/dnsdb/v2/lookup/rrset/name/www.example.%2A")
    equal({x["obj"]["rrname"] for x in got[1:-1]}, {"www.example.com.", "www.example.org."},
          "a right-hand wildcard")
    got = s.lines("/dnsdb/v2/lookup/rrset/name/example.com/TYPE65280")
    equal([(x["obj"]["rrtype"], x["obj"]["bailiwick"]) for x in got[1:-1]],
          [("TYPE65280", ".")], "an unknown type, an unknown bailiwick")
    got = s.lines("/dnsdb/v2/lookup/rrset/name/many.example.net?limit=5")
    equal((len(got), got[-1]), (7, {"cond": "limited", "msg": "Result limit reached"}),
          "limit: so many rows, and limited")
    got = s.lines("/dnsdb/v2/lookup/rrset/name/many.example.net?limit=40")
    equal((len(got), got[-1]["cond"]), (42, "succeeded"), "as many as there are is no cut")
    got = s.lines("/dnsdb/v2/lookup/rrset/name/many.example.net?limit=0&offset=38")
    equal(len(got), 4, "limit=0 is the maximum, offset skips")
    equal(s.ask("/dnsdb/v2/lookup/rrset/name/x.example?offset=999999999")[0], 416,
          "an offset beyond the maximum")
    got = s.lines("/dnsdb/v2/lookup/rrset/name/mail.example.com?humantime=True&swclient=x&id=a:b")
    equal(got[1]["obj"]["time_first"], "2015-07-01T00:00:09Z", "humantime; unknown parameters")
    a, b = JULY + 86400 * 2, JULY - 1
    got = s.lines(f"/dnsdb/v2/lookup/rrset/name/example.com/A?time_last_after={a}")
    equal(len(got), 3, "time_last_after")
    got = s.lines(f"/dnsdb/v2/lookup/rrset/name/example.com/A?time_first_before={b}")
    equal(len(got), 2, "time_first_before")
    got = s.lines("/dnsdb/v2/lookup/rrset/name/example.com/A?time_first_after=-1000")
    equal(len(got), 2, "a time before now")
    got = s.lines("/dnsdb/v2/summarize/rrset/name/example.com/A")
    equal(got[1]["obj"], {"count": 8, "num_results": 2, "time_first": JULY,
                          "time_last": JULY + 86400 * 41}, "a summary")
    got = s.lines("/dnsdb/v2/summarize/rrset/name/many.example.net?max_count=3")
    equal(got[1]["obj"]["num_results"], 2, "max_count ends it")
    equal(s.lines("/dnsdb/v2/ping"), [{"ping": "ok"}], "ping")
    rate = s.lines("/dnsdb/v2/rate_limit")[0]["rate"]
    equal((rate["limit"], rate["remaining"], rate["reset"]), ("unlimited", "n/a", "n/a"),
          "no quota without keys")
    ok(s.text("/dnsdb/v2/rate_limit").endswith("}\n"), "its line ends")

    # ---- flexible search ----
    got = s.lines("/dnsdb/v2/glob/rrnames/%2Aexample.com.")
    rrnames = [(x["obj"]["rrname"], x["obj"]["rrtype"]) for x in got[1:-1]]
    ok(("example.com.", "A") in rrnames and len(rrnames) == len(set(rrnames)),
       "glob over names: each owner and type once", rrnames)
    one = [x["obj"] for x in got[1:-1] if x["obj"]["rrname"] == "example.com." and
           x["obj"]["rrtype"] == "A"]
    equal(one, [{"rrname": "example.com.", "rrtype": "A", "count": 8, "time_first": JULY,
                 "time_last": JULY + 86400 * 41}], "its sets together")
    got = s.lines("/dnsdb/v2/regex/rrnames/%5Ewww%5C./A")
    equal([x["obj"]["rrname"] for x in got[1:-1]], ["www.example.com."], "regex and a type")
    got = s.lines("/dnsdb/v2/regex/rrnames/%5C.com%5C.%24/A?exclude=^www")
    equal({x["obj"]["rrname"] for x in got[1:-1]}, {"example.com.", "mail.example.com."},
          "exclude")
    got = s.lines("/dnsdb/v2/regex/rdata/mail%5C.example/MX")
    equal([(x["obj"]["rdata"], x["obj"]["raw_rdata"]) for x in got[1:-1]],
          [("10 mail.example.com.", "000A046D61696C076578616D706C6503636F6D00")],
          "regex over rdata, with its octets")
    got = s.lines("/dnsdb/v2/glob/rrnames/%2A?limit=2")
    equal((len(got), got[-1]["cond"]), (4, "limited"), "its limit")
    got = s.lines("/dnsdb/v2/glob/rrnames/%2A?limit=2&offset=1")
    equal(len(got), 4, "its offset")
    got = s.lines("/dnsdb/v2/glob/rrnames/mail.%2A?verbose=f")
    equal(got[1]["obj"], {"rrname": "mail.example.com.", "rrtype": "A"}, "terse")

    # ---- errors are one line ----
    for target, want in (
            ("/dnsdb/v2/lookup/rrset/name/example.com/NOSUCH", 400),
            ("/dnsdb/v2/lookup/rdata/ip/192.0.2.10/TXT", 400),
            ("/dnsdb/v2/lookup/rdata/ip/nonsense", 400),
            ("/dnsdb/v2/lookup/rrset/raw/abc", 400),
            ("/dnsdb/v2/lookup/rrset/raw/0161/A/com", 400),
            ("/dnsdb/v2/lookup/else/name/example.com", 400),
            ("/dnsdb/v2/lookup/rrset", 400),
            ("/dnsdb/v2/lookup/rrset/name/example.com?limit=-1", 400),
            ("/dnsdb/v2/lookup/rrset/name/example.com?time_first_after=x", 400),
            ("/dnsdb/v2/regex/rrnames/(", 400),
            ("/dnsdb/v2/regex/elsewhere/a", 400),
            ("/dnsdb/v2/lookup/rrset/name/a%zz", 400),
            ("/dnsdb/v2/nothing", 404),
            ("/lookup/rrset/name/" + "a" * 70, 400)):
        status, headers, body = s.ask(target)
        ok(status == want and body.startswith(b"Error: ") and body.count(b"\n") == 1 and
           body.endswith(b"\n") and headers["content-type"].startswith("text/plain"),
           f"{want} {target[:60]}", status, body)
    status, headers, body = s.ask("/dnsdb/v2/ping", method="DELETE")
    equal((status, headers.get("allow")), (405, "GET, HEAD"), "another method")

    # ---- version 1 ----
    got = s.lines("/lookup/rdata/ip/192.0.2.10")
    equal([x["rdata"] for x in got], ["192.0.2.10", "192.0.2.10"], "v1: a string by rdata")
    got = s.lines("/lookup/rrset/name/example.com/A?limit=1")
    equal((len(got), got[0]["rrname"]), (1, "example.com."), "v1: bare lines, final dots")
    status, headers, body = s.ask("/lookup/rrset/name/nothing.example")
    equal((status, body), (404, b"Error: no results found for query.\n"), "v1: nothing is 404")
    equal(s.lines("/summarize/rrset/name/example.com/A")[0]["num_results"], 2, "v1: summarize")
    equal(s.lines("/lookup/rate_limit")[0]["rate"]["limit"], "unlimited", "v1: rate_limit")

    # ---- the real thing ----
    dnsdbq = shutil.which("dnsdbq")
    if dnsdbq is None:
        ok(True, "dnsdbq # SKIP it is not installed")
        done()

    def q(*args, system="dnsdb2", input=None, env=None):
        e = dict(os.environ, DNSDB_SERVER=s.url, DNSDB_API_KEY="none", DNSDBQ_SYSTEM=system,
                 DNSDBQ_CONFIG_FILE="/dev/null", HOME=s.dir)
        e.update(env or {})
        r = subprocess.run([dnsdbq, *args], env=e, input=input, timeout=30,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        return r.returncode, r.stdout, r.stderr

    for system in ("dnsdb2", "dnsdb1"):
        rc, out, err = q("-r", "example.com/A", "-j", system=system)
        got = [json.loads(x) for x in out.splitlines()]
        ok(rc == 0 and len(got) == 2 and err == "", f"dnsdbq {system} -r", rc, out, err)
        rc, out, err = q("-i", "192.0.2.0/24", "-j", system=system)
        ok(rc == 0 and len(out.splitlines()) == 4 and err == "", f"dnsdbq {system} -i", out, err)
        rc, out, err = q("-n", "mail.example.com/MX", "-j", system=system)
        ok(rc == 0 and len(out.splitlines()) == 1 and err == "", f"dnsdbq {system} -n", out, err)
        rc, out, err = q("-r", "example.com", "-t", "A,MX", "-j", system=system)
        ok(rc == 0 and len(out.splitlines()) == 3, f"dnsdbq {system} two types at once", out, err)
        rc, out, err = q("-V", "summarize", "-r", "example.com/A", "-j", system=system)
        ok(rc == 0 and json.loads(out)["num_results"] == 2, f"dnsdbq {system} summarize", out, err)
        rc, out, err = q("-I", "-j", system=system)
        ok(rc == 0 and "unlimited" in out, f"dnsdbq {system} -I", rc, out, err)
        rc, out, err = q("-r", "nothing.example", system=system)
        ok(rc == 0 and "NOERROR" in err and "no results found" in err,
           f"dnsdbq {system} nothing found", rc, err)
        rc, out, err = q("-N", "C000020A", "-j", system=system)
        ok(rc == 0 and len(out.splitlines()) == 2, f"dnsdbq {system} -N", out, err)
        rc, out, err = q("-r", "*.example.com", "-A", "2015-07-02", "-j", system=system)
        ok(rc == 0 and len(out.splitlines()) == 2, f"dnsdbq {system} -A", out, err)
        rc, out, err = q("-r", "*.example.com", "-c", "-A", "2015-06-30", "-B", "2015-07-02",
                         "-j", "-l", "100", system=system)
        ok(rc == 0 and len(out.splitlines()) == 8, f"dnsdbq {system} -c -A -B", out, err)
        rc, out, err = q("-f", "-j", input="rrset/name/example.com/A\nrdata/ip/192.0.2.10\n",
                         system=system)
        ok(rc == 0 and out.count("{") == 4 and "--" in out, f"dnsdbq {system} batch", out, err)
        rc, out, err = q("-r", "example.com/A/com", "-p", "csv", system=system)
        ok(rc == 0 and "192.0.2.11" in out, f"dnsdbq {system} csv and bailiwick", out, err)
    rc, out, err = q("-r", "many.example.net", "-l", "5", "-j")
    ok(rc == 0 and len(out.splitlines()) == 5, "dnsdbq -l", err)
    few = Server(yore, "--upload", "--rows-max", "7")
    few.post_segment(segment(seed, MANY))
    rc, out, err = q("-r", "many.example.net", "-l", "0", "-j", env={"DNSDB_SERVER": few.url})
    ok(rc == 0 and len(out.splitlines()) == 7 and "imit" in err,
       "dnsdbq is told of the server's limit", rc, out, err)
    equal(few.lines("/dnsdb/v2/rate_limit")[0]["rate"]["results_max"], 7, "which -I shows")
    few.stop()
    rc, out, err = q("-g", "-r", "example.com/A", "-j")
    equal(len(out.splitlines()), 3, "dnsdbq -g: volume across time")
    rc, out, err = q("-r", "many.example.net", "-O", "38", "-l", "0", "-j")
    equal(len(out.splitlines()), 2, "dnsdbq -O")
    rc, out, err = q("-r", "example.com/A", "-p", "text")
    ok("count: 7" in out and "bailiwick: example.com." in out, "dnsdbq as text", out)
    rc, out, err = q("-r", "many.example.net", "-L", "3", "-j")
    equal((rc, len(out.splitlines())), (0, 3), "dnsdbq -L stops reading early")
    rc, out, err = q("www.example.com", "-j", system="circl",
                     env={"CIRCL_SERVER": s.url + "/pdns/query", "CIRCL_AUTH": "me:none"})
    rc2, out2, err2 = q("-r", "www.example.com", "-j", system="circl",
                        env={"CIRCL_SERVER": s.url + "/pdns/query", "CIRCL_AUTH": "me:none"})
    got = [json.loads(x) for x in out2.splitlines()]
    ok(rc2 == 0 and {x["rrtype"] for x in got} == {"A", "AAAA"}, "dnsdbq circl", out2, err2)
    rc, out, err = q("-i", "192.0.2.0/24", "-j", system="circl",
                     env={"CIRCL_SERVER": s.url + "/pdns/query", "CIRCL_AUTH": "me:none"})
    equal((rc, len(out.splitlines())), (0, 4), "dnsdbq circl with a prefix")
finally:
    equal(s.stop(), 0, "the server ends well")
done()
