#!/usr/bin/env python3
"""One ceiling for all: what answers hold to sort, and what is posted."""
import os, sys, threading
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serving import *

yore, root, seed = sys.argv[1:4]
MIB = 1 << 20
s = Server(yore, "--upload", "--memory", "128M", "--idle-time", "60s")
big = rows(*[(f"h{i}.big.example", "TXT", "above", 2, JULY, JULY, 1 + i % 7, '"' + "x" * 200 + '"')
             for i in range(30000)])
SORTED = "/api/v1/records?term=*.big.example&limit=0&sort=-count"
sanitized = "ASAN_OPTIONS" in os.environ or "asan" in yore  # its memory says nothing


def gauge(name):
    return int(re.search(rf"^yore_http_{name} (\d+)$", s.text("/metrics"), re.M).group(1))


def until(what, seconds=20):
    end = time.time() + seconds
    while not what() and time.time() < end:
        time.sleep(0.2)
    return what()


def asking(target):
    """sends the question and does not read the answer"""
    c = socket.socket()
    c.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    c.connect(("127.0.0.1", s.port))
    c.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    return c


def end_of(target):
    return json.loads(s.text(target, timeout=60).splitlines()[-1])["end"]


try:
    s.post_segment(segment(seed, USUAL + big))
    end = end_of(SORTED)
    ok(end["records"] == 30000 and "sorted" not in end, "one sort of 30000 records is sorted", end)
    until(lambda: gauge("answers_bytes") == 0)
    base = s.rss()

    # ---- sorted answers that nobody reads ----
    greedy = [asking(SORTED) for _ in range(25)]
    quiet = lambda: gauge("heavy_running") + gauge("heavy_waiting") == 0
    ok(until(quiet, 120), "25 sorted answers begin", s.text("/metrics"))
    held, grown = gauge("answers_bytes"), s.rss() - base
    ok(10 * MIB < held <= 64 * MIB, f"and hold {held / MIB:.0f} MiB in all: a half of --memory")
    ok(sanitized or grown < 110 * MIB, f"memory has grown by {grown / MIB:.0f} MiB")
    end = end_of(SORTED)
    ok(end["records"] == 30000 and end.get("sorted") is False and end["complete"],
       "one more large sort is given up, whole, and says so", end)
    first = s.lines("/api/v1/records?term=*.big.example&limit=10&sort=-count")
    ok([x["count"] for x in first[:-1]] == [7] * 10 and "sorted" not in first[-1]["end"],
       "and a small one is sorted as ever", first[-1])
    equal(end_of("/api/v1/records?term=*.example.com&sort=-last")["records"], 12 - 2,
          "a zone of few likewise")
    [c.close() for c in greedy]
    ok(until(lambda: gauge("answers_bytes") == 0), "closed: it is given back",
       gauge("answers_bytes"))
    ok(sanitized or until(lambda: s.rss() - base < 30 * MIB, 10),
       f"to the system, too: {(s.rss() - base) / MIB:.0f} MiB left")

    # ---- lists that do not come to their end ----
    length = 12 * MIB
    head = (f"POST /api/v1/records HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\n"
            "\r\n").encode()
    lists = []
    for _ in range(8):
        c = socket.create_connection(("127.0.0.1", s.port), 20)
        c.sendall(head + b"a.example\n" * ((length - 100) // 10))
        lists.append(c)
    held = gauge("bodies_bytes")
    ok(0 < held <= 32 * MIB, f"eight lists of 12 MiB that stall hold {held / MIB:.0f} MiB")
    status, headers, body = s.ask("/api/v1/records", method="POST", body=b"b.example\n" * 1200000)
    ok(status == 503 and "retry-after" in headers and b"posted at once" in body,
       "another large one is told to come again", status, headers, body[:100])
    status, headers, body = s.ask("/api/v1/records", method="POST", body=b"www.example.com\n")
    ok(status == 200 and b'"status":"found"' in body, "a short one is answered", body[:200])
    [c.close() for c in lists]
    ok(until(lambda: gauge("bodies_bytes") == 0), "closed: it is given back")
    status, headers, body = s.ask("/api/v1/records?limit=1", method="POST",
                                  body=b"www.example.com" + b" " * (15 * MIB))
    ok(status == 200 and b'"status":"found"' in body, "and a large one is taken", status, body[:200])
    status, headers, body = s.ask("/api/v1/records", method="POST", body=b"[" + b"1," * 5000000 + b"1]",
                                  headers={"Content-Type": "application/json"})
    ok(status == 413, "five million things in JSON are not even read", status, body[:100])
except (OSError, RuntimeError) as e:
    ok(False, f"the server went away: {e!r}", s.said())
finally:
    equal(s.stop(), 0, "the server ends well")

small = subprocess.run([yore, "serve", "--db", "mem:", "--memory", "1M"], capture_output=True,
                       timeout=20)
ok(small.returncode == 2 and b"--memory: at least 64M" in small.stderr,
   "--memory too small is refused", small)
done()
