#!/usr/bin/env python3
"""The page for people, in a real browser: what it shows, how it is used, what it withstands.
page.t YORE ROOT SEED"""
import subprocess, sys, tempfile, os
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from webdriver import Browser, missing
from serving import *

yore, root, seed = sys.argv[1:4]
EVIL = '"<img src=x onerror=document.title=1><script>document.title=1</script>"'
DAY = 86400
HISTORY = rows(
    ("evil.example.com", "A", "above", 2, JULY, JULY + 3 * DAY, 4, "192.0.2.1"),
    ("evil.example.com", "A", "above", 2, JULY + 100 * DAY, JULY + 101 * DAY, 2, "192.0.2.2"),
    ("evil.example.com", "TXT", "above", 2, JULY, JULY + DAY, 1, EVIL),
    ("other.example.com", "A", "above", 2, JULY + 5, JULY + 9, 1, "192.0.2.1"),
    ("_wildcard_.flood.example", "A", "above", 2, JULY, JULY + DAY, 5000, "192.0.2.9"),
)
# texts of the rows that are shown, a list a row
TEXTS = ("return [...document.querySelectorAll('#rows tbody tr')].map((r) =>"
         " [...r.querySelectorAll('td')].map((d) => d.textContent))")
READY = "return /Watched|Not seen|Nothing|Error/.test(document.querySelector('#said').textContent)"
SAID = "return document.querySelector('#said').textContent"

why = missing()
if why:
    print(f"1..0 # SKIP {why}")
    sys.exit(0)

s = Server(yore, "--upload")
s.post_segment(segment(seed, HISTORY))
status, h, text = s.ask("/")
ok(status == 200 and h["content-type"] == "text/html; charset=utf-8", "the page is there")
ok("script-src 'self'" in h["content-security-policy"], "nothing of elsewhere runs in it")
equal(s.ask("/page/page.js")[1]["content-type"], "text/javascript; charset=utf-8", "its script")
equal((s.ask("/page/none.js")[0], s.ask("/page/a/b")[0], s.ask("/page")[0]), (404, 404, 404),
      "no other files")
equal(s.ask("/", method="POST", body=b"x")[0], 405, "nothing to post there")

b = Browser()
try:
    b.go(s.url + "/")
    ok(b.until("return document.activeElement.id === 'term'"), "one can type at once")
    b.keys("evil[.]example.com\ue007")
    ok(b.until(READY), "asked", b.run(SAID))
    got = b.run(TEXTS)
    equal([r[0:2] for r in got], [["A", "192.0.2[.]2"], ["A", "192.0.2[.]1"],
                                  ["TXT", EVIL]], "rows, latest first, defanged")
    equal(got[0][2:5], ["2015-10-09", "2015-10-10", "2"], "first, last, count")
    equal(b.run("return document.title"), "evil.example[.]com - yore", "hostile text stays text")
    equal(b.run("return document.querySelectorAll('tbody img, tbody script').length"), 0,
          "... and makes no elements")
    ok("Watched" in b.run(SAID), "who was watching", b.run(SAID))
    ok("term=evil" in b.run("return location.search"), "the question stands in the address bar")

    bars = b.run("return [...document.querySelectorAll('#rows tbody path')].map((p) => p.getAttribute('d'))")
    ok(all(d.startswith("M") for d in bars) and bars[0] != bars[1], "a bar for each", bars)

    b.drag("#overview", 0.0, 0.4)
    ok(b.until("return document.querySelectorAll('#rows tbody tr').length === 2"),
       "dragged: only what was seen then", b.run(TEXTS))
    ok("2 of 3" in b.run("return document.querySelector('#shown').textContent"), "... and how many of all")
    b.keys("\ue00c")
    ok(b.until("return document.querySelectorAll('#rows tbody tr').length === 3"), "Esc: all of them")

    b.keys("d")
    ok(b.until("return document.querySelector('#rows tbody').textContent.includes('192.0.2.1')"),
       "d: as they are")
    b.keys("f")
    b.keys("txt")
    ok(b.until("return document.querySelectorAll('#rows tbody tr').length === 1"), "f: filter")
    b.keys("\ue003\ue003\ue003\ue00c")
    ok(b.until("return document.querySelectorAll('#rows tbody tr').length === 3"), "... and no more")

    b.keys("jjj")
    b.keys("k")
    b.keys("\ue007")
    ok(b.until("return document.querySelector('h1').textContent === '192.0.2.1'"),
       "j, k, Enter: on to the address", b.run("return document.querySelector('h1').textContent"))
    ok(b.until(READY) and sorted(r[1] for r in b.run(TEXTS)) == ["evil.example.com", "other.example.com"],
       "its names", b.run(TEXTS))
    b.call("POST", "/back", {})
    ok(b.until("return document.querySelector('h1').textContent.startsWith('evil')"), "and back")

    b.go(s.url + "/?term=nobody.example.com&from=2015-07-01&to=2015-07-02")
    ok(b.until(READY) and "Not seen; watched" in b.run(SAID), "not seen, and watched", b.run(SAID))
    b.go(s.url + "/?term=nobody.flood.example&from=2015-07-01&to=2015-07-02")
    ok(b.until(READY) and "may mean nothing" in b.run(SAID) and "ask for _wildcard_.flood.example" in b.run(SAID),
       "it may be one of those that were collapsed", b.run(SAID))
    b.go(s.url + "/?term=evil.example.com&from=2001&to=2002")
    ok(b.until(READY) and "may mean nothing" in b.run(SAID), "not watched", b.run(SAID))
    b.go(s.url + "/?term=" + "%2F(%2F")
    ok(b.until("return document.querySelector('#said').classList.contains('bad')"),
       "a pattern with a mistake", b.run(SAID))
    complaints = [c for c in b.complaints() if "400 (Bad Request)" not in c]
    equal(complaints, [], "the console is silent")
    equal(b.run("return document.documentElement.scrollWidth <= innerWidth"), True, "no sideways scrolling")
    b.call("POST", "/window/rect", {"width": 500, "height": 800})
    b.go(s.url + "/?term=evil.example.com")
    b.until(READY)
    equal(b.run("return document.documentElement.scrollWidth <= innerWidth"), True, "... on a small one")

    # ---- with keys ----
    keys = os.path.join(s.dir, "keys")
    made = subprocess.run([yore, "key", "add", "--keys", keys, "alice"], stdout=subprocess.PIPE, text=True)
    locked = Server(yore, keys=keys)
    b.go(locked.url + "/?term=evil.example.com")
    ok(b.until("return !document.querySelector('#login').hidden"), "a key is asked for", b.run(SAID))
    b.click("#key")
    b.keys(re.search(r"[0-9a-f]{64}", made.stdout).group(0) + "\ue007")
    ok(b.until(READY) and b.run("return document.querySelector('#login').hidden"), "and is enough", b.run(SAID))
    locked.stop()
    b.complaints()
    b.run("document.querySelector('#ask').requestSubmit()")
    ok(b.until("return /No answer/.test(document.querySelector('#said').textContent)"),
       "a server that is gone", b.run(SAID))
finally:
    b.close()
    equal(s.stop(), 0, "the server ends well")
done()
