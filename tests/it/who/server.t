#!/usr/bin/env python3
"""Who asked over HTTP: the scope, the reason, the log."""
import json, os, shutil, sys, tempfile, urllib.parse
here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "..", "server"))
sys.path.insert(0, here)
import serving
from described import Described
from traffic import *

program = sys.argv[1]
described = Described(sys.argv[2])
yore = Yore(program)
tmp = tempfile.mkdtemp(prefix="yore-whoserver-")
db, keys = os.path.join(tmp, "db"), os.path.join(tmp, "keys")
T0 = 1435708800
c = Capture()
c.ask(T0 + 10, "10.1.0.1", "dead.c2.example", rcode=3)
c.ask(T0 + 20, "10.1.0.2", "www.shop.example", addrs=["203.0.113.9"])
cap = os.path.join(tmp, "a.pcap")
c.write(cap)
yore.take(db, "--who-asked", LONG, cap)


def add(name, scope):
    return yore.run("key", "add", "--keys", keys, "--scope", scope, name).stdout.strip()


asker, plain, admin = add("asker", "who-asked"), add("plain", "query,providers"), add("boss", "admin")
s = serving.Server(program, "--audit", os.path.join(tmp, "http"), db=db, keys=keys)


def ask(key, query, **more):
    target = "/api/v1/who-asked?" + urllib.parse.urlencode(query, doseq=True)
    status, h, text = s.ask(target, headers={"X-API-Key": key} if key else {}, **more)
    for wrong in described.answer(more.get("method", "get"), target, status, h.get("content-type", "").split(";")[0],
                                  text.decode()):
        ok(False, wrong)
    return status, h, text


def log():
    p = os.path.join(db, "who", "audit")
    return [json.loads(x) for x in open(p)] if os.path.exists(p) else []


try:
    q = {"term": "*.c2.example", "reason": "case 12"}
    ok([ask(k, q)[0] for k in ("", plain, admin, asker)] == [401, 403, 403, 200],
       "for keys of the scope only, not even for admin", [ask(k, q) for k in ("", plain, admin)])
    n = len(log())
    status, h, text = ask(asker, {"term": "dead.c2.example"})
    ok(status == 400 and b"reason" in text and len(log()) == n, "not without a reason", [text])
    status, h, text = ask(asker, {"reason": "x"})
    ok(status == 400, "nor without a question", [text])
    status, h, text = ask(asker, {"term": ["dead.c2.example", "203.0.113.9"], "reason": "case 13",
                                  "from": "2015-07-01"})
    rows = [json.loads(x) for x in text.decode().splitlines()]
    ok(status == 200 and sorted((r["client"], r["outcome"]) for r in rows[:-1])
       == [("10.1.0.1", "NXDOMAIN"), ("10.1.0.2", "NOERROR")], "by name and by address", [text])
    end = rows[-1]["end"]
    ok(end["status"] == "found" and end["begins"] == T0 + 10 and end["retention"] == 20000 * DAY
       and end["kept"] and end["coverage"]["permyriad"] >= 0, "where the record begins", [end])
    last = log()[-2:]
    ok(last[0]["reason"] == "case 13" and last[0]["command"] == "api"
       and last[0]["by"].startswith("key ") and last[0]["terms"] == ["dead.c2.example", "203.0.113.9"]
       and last[0]["from"] == "2015-07-01" and last[1]["rows"] == 2,
       "both stand in the same log as what is asked on the command line", last)
    status, h, text = ask(asker, {"client": "10.1.0.0/24", "reason": "x"})
    ok(len(text.splitlines()) == 3, "by client", [text])
    status, h, text = ask(asker, {"client": "nobody", "reason": "x"})
    ok(status == 400, "a client that is none", [text])
    body = "".join(f"absent{n}.example\n" for n in range(3000)) + "*.c2.example\n"
    status, h, text = ask(asker, {"reason": "list"}, method="POST", body=body.encode())
    ok(status == 200 and len(text.splitlines()) == 2 and log()[-1]["term_count"] == 3001,
       "a posted list", [text[:300]])
    status, h, text = ask(asker, {"term": "absent.example", "reason": "x"})
    ok(json.loads(text)["end"]["status"] == "none", "not asked for, and watched", [text])
    for path in ("/api/v1/records?term=dead.c2.example&negative=1", "/metrics", "/api/v1/inputs",
                 "/dnsdb/v2/lookup/rrset/name/dead.c2.example"):
        text = s.ask(path, headers={"X-API-Key": admin})[2]
        ok(b"10.1.0" not in text, f"no other path shows a client: {path}", [text[:300]])
finally:
    ok(s.stop() == 0, "the server ends well")
    ok("dead.c2" not in s.said() and "10.1.0" not in s.said(), "and its ordinary log names nobody")

s = serving.Server(program, db=db)
try:
    ok(ask("", {"term": "x.example", "reason": "x"})[0] == 403, "a server without keys shows it to nobody")
finally:
    s.stop()
shutil.rmtree(tmp)
done()
