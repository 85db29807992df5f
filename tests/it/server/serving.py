"""What the server's tests share: TAP, a running server, records to put into it."""
import atexit, hashlib, http.client, json, os, re, signal, socket, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from scratch import folder
from tap import done, ok, skip

JULY = 1435708800  # 2015-07-01


def equal(got, want, text):
    return ok(got == want, text, f"got  {got!r}", f"want {want!r}")


class Server:
    def __init__(self, yore, *args, db="mem:", keys=None, env=None, listen="127.0.0.1:0"):
        self.dir = folder("serve")
        self.errors = os.path.join(self.dir, "stderr")
        self.db = db
        command = [yore, "serve", "--db", db, "--listen", listen, *args]
        environment = dict(os.environ, HOME=self.dir, TMPDIR=self.dir, **(env or {}))
        environment.pop("XDG_CONFIG_HOME", None)
        environment.pop("YORE_KEYS", None)
        if keys:
            command += ["--keys", keys]
        with open(self.errors, "wb") as err:
            self.process = subprocess.Popen(command, stderr=err, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, env=environment)
        atexit.register(self.end)
        self.port = None
        end = time.time() + 20
        while time.time() < end and self.process.poll() is None:
            m = re.search(r"listening on \w+://.*:(\d+)", self.said())
            if m:
                self.port = int(m.group(1))
                break
            time.sleep(0.02)
        if self.port is None:
            raise RuntimeError("the server did not start: " + self.said())
        self.url = f"http://127.0.0.1:{self.port}"

    def end(self):
        self.process.kill()
        self.process.wait()

    def said(self):
        with open(self.errors, errors="replace") as f:
            return f.read()

    def ask(self, target, headers=None, method="GET", body=None, timeout=30):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            c.request(method, target, body=body, headers=headers or {})
            r = c.getresponse()
            return r.status, {k.lower(): v for k, v in r.getheaders()}, r.read()
        finally:
            c.close()

    def text(self, target, **more):
        return self.ask(target, **more)[2].decode()

    def lines(self, target, **more):
        return [json.loads(x) for x in self.text(target, **more).splitlines()]

    def post_segment(self, segment, headers=None):
        name = hashlib.sha256(segment).hexdigest()
        s, h, b = self.ask(f"/api/v1/segments?name={name}", method="POST", body=segment,
                           headers=headers)
        return s, json.loads(b)

    def rss(self):
        with open(f"/proc/{self.process.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self, how=signal.SIGTERM, wait=20):
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(wait)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None


def rows(*list_of):
    """(owner, type, source, bailiwick, first, last, count, rdata...) -> text for seed"""
    return "".join("\t".join(str(x) for x in r[:7]) + "\t" + "|".join(r[7:]) + "\n"
                   for r in list_of)


def segment(seed, text, year=2015, number=1, begin=0, end=1):
    return subprocess.run([seed, str(year), str(number), str(begin), str(end)],
                          input=text.encode(), stdout=subprocess.PIPE, check=True).stdout


USUAL = rows(
    ("example.com", "A", "above", 2, JULY + 60, JULY + 7200, 5, "192.0.2.10"),
    ("example.com", "A", "above", 2, JULY + 86400 * 40, JULY + 86400 * 41, 2, "192.0.2.10"),
    ("example.com", "A", "above", 1, JULY, JULY + 10, 1, "192.0.2.11", "192.0.2.12"),
    ("example.com", "NS", "above", 1, JULY, JULY + 10, 9, "ns1.example.com.", "ns2.example.net."),
    ("example.com", "MX", "above", 2, JULY + 5, JULY + 50, 3, "10 mail.example.com."),
    ("example.com", "TXT", "above", 2, JULY + 5, JULY + 50, 3, '"a \\"b\\" =c"'),
    ("example.com", "DNSKEY", "above", 2, JULY + 5, JULY + 50, 3, "257 3 8 AwEAAQ=="),
    ("example.com", "TYPE65280", "above", "-", JULY + 5, JULY + 50, 3, "\\# 2 abcd"),
    ("www.example.com", "A", "above", 2, JULY + 7, JULY + 86400, 4, "192.0.2.10"),
    ("www.example.com", "AAAA", "below", "-", JULY + 7, JULY + 8, 4, "2001:db8::10"),
    ("www.example.org", "CNAME", "above", 2, JULY + 9, JULY + 9, 1, "www.example.com."),
    ("mail.example.com", "A", "above", 2, JULY + 9, JULY + 9, 1, "198.51.100.25"),
)
MANY = rows(*[("many.example.net", "A", "above", 2, JULY + i, JULY + i + 5, 1 + i,
               f"203.0.113.{i + 1}") for i in range(40)])
