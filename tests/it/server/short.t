#!/usr/bin/env python3
"""What is short does not wait behind what is long, whoever came first."""
import os, random, sys, threading
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serving import *

yore, root, seed = sys.argv[1:4]
random.seed(7)
db = os.path.join(folder("short"), "db")
s = Server(yore, "--upload", "--workers", "1", "--drain-time", "1s", db=db)
# names that a pattern tries for long, each of them: it goes back and forth in vain
big = rows(*[("".join(random.choice("ab") for _ in range(40)) + f"{i}.big.example", "A", "above", 2,
              JULY, JULY, 1, f"192.0.2.{i % 250}") for i in range(12000)])
few = rows(*[(f"h{i}.few.example", "A", "above", 2, JULY, JULY, 1, "192.0.2.1") for i in range(20)])
LONG = "/api/v1/records?term=/(a%2Bb*|b%2Ba*)%2B[x]%24/"


def took(target, **more):
    began = time.time()
    status, headers, body = s.ask(target, timeout=60, **more)
    return time.time() - began, status, body.decode()


def gauge(name):
    return int(re.search(rf"^yore_http_{name} (\d+)$", s.text("/metrics"), re.M).group(1))


try:
    s.post_segment(segment(seed, USUAL + big + few))
    alone = took(LONG)[0]
    jobs = [threading.Thread(target=took, args=(LONG,)) for _ in range(3)]
    began = time.time()
    [t.start() for t in jobs]
    while gauge("heavy_running") + gauge("heavy_waiting") < 3 and time.time() < began + 10:
        time.sleep(0.05)
    ok(alone > 1 and gauge("heavy_waiting") == 2,
       f"three long searches, of {alone:.1f} s each, and one worker for such",
       gauge("heavy_waiting"))
    for what, target, body, want in (
            ("a zone", "/api/v1/records?term=*.few.example", None, 20),
            ("a zone, sorted", "/api/v1/records?term=*.few.example&sort=-last", None, 20),
            ("two names", "/api/v1/records?term=h1.few.example&term=h2.few.example", None, 2),
            ("a prefix", "/api/v1/records?term=198.51.100.0/24", None, 1),
            ("a pattern below a zone", "/api/v1/records?term=/^h[0-5][.]few[.]example%24/", None, 6),
            ("a zone of DNSDB's", "/dnsdb/v2/lookup/rrset/name/*.few.example", None, 20),
            ("a list", "/api/v1/records", b"h1.few.example\n*.few.example\nnone.example\n", 21)):
        t, status, text = took(target, method="POST" if body else "GET", body=body)
        rows_got = text.count('"rrname"')
        ok(t < alone / 2 and status == 200 and rows_got == want,
           f"{what} comes meanwhile, after {t * 1000:.0f} ms", rows_got, text[:300])
    ok(gauge("heavy_running") + gauge("heavy_waiting") >= 2, "while they still wait")

    # ---- a list with a long term: what stands before it comes, it waits, the rest follows ----
    lines = s.lines("/api/v1/records", method="POST", timeout=120,
                    body=b"h1.few.example\n/(a+b*|b+a*)+[x]$/\nh2.few.example\n")
    told = [(x["asked"], x["status"], x["records"]) for x in lines if "status" in x]
    equal([x[0] for x in told], ["h1.few.example", "/(a+b*|b+a*)+[x]$/", "h2.few.example"],
          "a list with a long term in the middle: each once, in order")
    ok(told[0][1:] == ("found", 1) and told[2][1:] == ("found", 1) and "end" in lines[-1],
       "with what they have", told)
    [t.join() for t in jobs]
except (OSError, RuntimeError, http.client.HTTPException) as e:
    ok(False, f"the server went away: {e!r}", s.said())
finally:
    equal(s.stop(), 0, "the server ends well")
done()
