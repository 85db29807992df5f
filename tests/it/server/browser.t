#!/usr/bin/env python3
"""Web pages and browsers: the rules by hand, then a real browser: a page of another
origin that fetches from the API, and somebody who opens its URLs."""
import base64, http.server, os, shutil, struct, subprocess, sys, threading, zlib
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serving import *

yore, root, seed = sys.argv[1:4]
here = folder("browser")
keys = os.path.join(here, "keys")
key = subprocess.run([yore, "key", "add", "--keys", keys, "--scope", "query,upload", "page"],
                     check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                     text=True).stdout.strip()


# ---- another origin: a page that asks, and writes down what it gets ----
PAGE = """<!doctype html><meta charset=utf-8><title>asks</title><pre id=out></pre><script>
const out = document.getElementById("out"), say = t => { out.textContent += t + "\\n"; };
async function ask(what, url, options) {
  try {
    const r = await fetch(url, options);
    const t = await r.text();
    say(what + ": " + r.status + " " + t.split("\\n").length + " " +
        (r.headers.get("x-dribble-cursor") || "-") + " " + t.slice(0, 160).replace(/\\n/g, "|"));
  } catch (e) { say(what + ": refused by the browser"); }
}
(async () => {
  const api = "API", key = {"X-API-Key": "KEY"};
  await ask("records", api + "/api/v1/records?term=www.example.com", {headers: key});
  await ask("post", api + "/api/v1/records", {method: "POST", body: "www.example.com\\n",
                                              headers: key});
  await ask("page", api + "/pdns/query/many.example.net",
            {headers: {...key, "dribble-paginate-count": "3"}});
  await ask("wrong key", api + "/api/v1/records?term=x.example", {headers: {"X-API-Key": "x"}});
  await ask("no key", api + "/api/v1/records?term=x.example", {});
  await ask("cookies", api + "/api/v1/records?term=x.example", {headers: key,
                                                                credentials: "include"});
  await ask("segment", api + "/api/v1/segments?name=" + "0".repeat(64), {method: "POST", body: "x",
                                                                         mode: "no-cors"});
  await new Promise(done => {
    const picture = new Image();
    picture.onload = picture.onerror = done;
    picture.src = api + "/api/v1/records?term=picture.example";
  });
  say("done");
})();
</script>"""


class Pages(http.server.BaseHTTPRequestHandler):
    api = ""

    def do_GET(self):
        body = PAGE.replace("API", self.api, 1).replace("KEY", key).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
threading.Thread(target=site.serve_forever, daemon=True).start()
home = f"http://127.0.0.1:{site.server_port}"

audit = os.path.join(here, "audit.log")
s = Server(yore, "--upload", "--audit", audit, "--allow-origin", home, "--allow-origin", "https://ui.example:8443",
           keys=keys)
records = "/api/v1/records?term=www.example.com"
mine = lambda **more: {"X-API-Key": key, **{k.replace("_", "-"): v for k, v in more.items()}}
cors = lambda h: {k: v for k, v in h.items() if k.startswith("access-control-")}

for bad in ("ui.example", "https://", "https://a/b", "https://*.example", "x y://z"):
    r = subprocess.run([yore, "serve", "--db", "mem:", "--allow-origin", bad], text=True,
                       timeout=20, stderr=subprocess.PIPE)
    ok(r.returncode == 2 and "not an origin" in r.stderr, f"--allow-origin '{bad}'", r.stderr)

try:
    s.post_segment(segment(seed, USUAL + MANY), headers=mine())

    # ---- the rules, by hand ----
    status, h, b = s.ask(records, headers=mine())
    equal((status, cors(h)), (200, {}), "no Origin: no word about origins")
    status, h, b = s.ask(records, headers=mine(Origin=home))
    equal((status, h["access-control-allow-origin"], h["vary"],
           "access-control-allow-credentials" in h), (200, home, "Origin", False),
          "an origin of the list may read the answer, without cookies")
    ok("x-dribble-cursor" in h["access-control-expose-headers"], "and the headers that matter")
    status, h, b = s.ask(records, headers={"Origin": home})
    equal((status, h["access-control-allow-origin"]), (401, home), "it can read what was wrong")
    for evil in ("https://evil.example", "null", home + ".evil.example", home + "0",
                 "https://ui.example", "http://ui.example:8443", "x" * 5000):
        status, h, b = s.ask(records, headers=mine(Origin=evil))
        equal((status, cors(h), b.count(b"\n")), (403, {}, 1), f"another origin: {evil[:40]}")
    equal(s.ask(records, headers=mine(Origin=s.url))[0], 200, "a page of this server's own")
    status, h, b = s.ask(records, method="OPTIONS", headers={
        "Origin": home, "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-api-key",
        "Access-Control-Request-Private-Network": "true"})
    equal((status, b, h["access-control-allow-origin"], h["access-control-allow-private-network"]),
          (204, b"", home, "true"), "a preflight needs no key")
    ok("X-API-Key" in h["access-control-allow-headers"] and
       "POST" in h["access-control-allow-methods"], "and says what may be sent", h)
    equal(s.ask(records, method="OPTIONS", headers={"Origin": "https://evil.example",
                "Access-Control-Request-Method": "GET"})[0], 403, "a preflight of another origin")
    status, h, b = s.ask("/api/v1/segments", method="OPTIONS")
    equal((status, h["allow"]), (204, "POST, OPTIONS"), "OPTIONS without an Origin")
    equal(s.ask("/nothing", method="OPTIONS")[0], 404, "OPTIONS of nothing")
    equal(s.ask("/api/v1/segments?name=" + "0" * 64, method="POST", body=b"x",
                headers=mine(Origin="https://evil.example"))[0], 403,
          "no page of another origin sends segments")

    for site, mode, want in (("cross-site", "no-cors", 403), ("same-site", "no-cors", 403),
                             ("cross-site", "navigate", 200), ("same-origin", "no-cors", 200),
                             ("none", "navigate", 200)):
        equal(s.ask(records, headers=mine(Sec_Fetch_Site=site, Sec_Fetch_Mode=mode))[0], want,
              f"without an Origin: {site}, {mode}")

    # ---- a real browser ----
    chromium = shutil.which("chromium")
    if not chromium:
        skip("chromium is not installed (apt-get install chromium)")
    else:
        def browse(url, *more):
            r = subprocess.run([chromium, "--headless", "--no-sandbox", "--disable-gpu",
                                "--disable-dev-shm-usage", "--no-first-run", "--incognito",
                                f"--user-data-dir={here}/profile", "--no-proxy-server",
                                "--disable-background-networking", "--disable-sync",
                                "--disable-component-update", "--window-size=1000,700",
                                "--virtual-time-budget=20000", *more, url],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                               env=dict(os.environ, HOME=here))
            return r.stdout.decode(errors="replace"), r.stderr.decode(errors="replace")

        Pages.api = s.url
        text, err = browse(home + "/", "--dump-dom")
        said = dict(x.split(": ", 1) for x in
                    re.search(r"<pre id=\"?out\"?>(.*?)done", text, re.S).group(1).splitlines()
                    if ": " in x) if "done" in text else {}
        ok(said, "a page of another origin was shown", text[:500], err[-500:])
        ok(said.get("records", "").startswith("200 4 "), "it fetches records", said)
        ok(said.get("post", "").startswith("200 ") and "record" in said["post"],
           "and posts a list of terms", said)
        ok(re.match(r"200 4 \d+ ", said.get("page", "")), "and sees the cursor of a page", said)
        ok(said.get("wrong key", "").startswith("401 "), "a wrong key is told", said)
        ok(said.get("no key", "").startswith("401 "), "so is none", said)
        equal(said.get("cookies"), "refused by the browser", "nothing goes with cookies")
        got = {json.loads(x)["status"] for x in open(audit) if "picture.example" in x}
        equal(got, {403}, "a picture that points here is refused before the key is missed")
        site2 = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages)
        threading.Thread(target=site2.serve_forever, daemon=True).start()
        text, err = browse(f"http://127.0.0.1:{site2.server_port}/", "--dump-dom")
        ok("records: refused by the browser" in text and "post: refused by the browser" in text,
           "a page of an origin that is not listed learns nothing", text[:500])

        # ---- opened by hand ----
        login = s.url.replace("http://", f"http://me:{key}@")
        text, err = browse(login + records, "--dump-dom")
        ok("192.0.2.10" in text and "coverage" in text,
           "the URL of an answer, opened: the document", text[:300])
        for path, want in (("/pdns/query/www.example.com", "192.0.2.10"),
                           ("/dnsdb/v2/lookup/rrset/name/www.example.com", "succeeded"),
                           ("/lookup/rrset/name/nothing.example", "no results found"),
                           (records + "&format=text", "192.0.2.10"),
                           ("/nothing", "there is nothing at this path"),
                           ("/api/v1/records?term=/(%3Cscript%3E/", "Error:")):
            text, err = browse(login + path, "--dump-dom")
            ok(want in text, f"it shows {path}", text[:300], err[-300:])
        shot = os.environ.get("YORE_SCREENSHOT", os.path.join(here, "shot.png"))
        browse(login + records, f"--screenshot={shot}")
        with open(shot, "rb") as f:
            png = f.read()
        # not one colour all over: something was drawn
        data = zlib.decompress(b"".join(
            png[i + 8:i + 8 + n] for i, n in
            ((i, struct.unpack(">I", png[i:i + 4])[0])
             for i in [m.start() - 4 for m in re.finditer(b"IDAT", png)])))
        ok(struct.unpack(">II", png[16:24]) == (1000, 700) and len(set(data)) > 20,
           "a picture of it has something on it", len(png), len(set(data)))
finally:
    equal(s.stop(), 0, "the server ends well")

# ---- without keys: no page becomes "this server" by its name ----
s = Server(yore, "--upload")
try:
    for host, want in ((f"127.0.0.1:{s.port}", 200), ("localhost", 200), ("[::1]:8053", 200),
                       ("pdns.localhost:8053", 200), ("x", 200), ("rebound.evil.example", 403),
                       (f"rebound.evil.example:{s.port}", 403), ("localhost.evil.example", 403),
                       ("127.0.0.1.evil.example", 403)):
        equal(s.ask(records, headers={"Host": host})[0], want, f"without keys, Host: {host}")
    equal(s.ask("/api/v1/segments?name=" + "0" * 64, method="POST", body=b"x",
                headers={"Origin": "https://evil.example"})[0], 403,
          "a page of elsewhere posts nothing")
    equal(s.ask("/api/v1/segments?name=" + "0" * 64, method="POST", body=b"x",
                headers={"Origin": "http://rebound.example", "Host": "rebound.example"})[0], 403,
          "nor after its name was made to lead here")
finally:
    equal(s.stop(), 0, "the server ends well")
done()
