"""A fake of every provider on loopback, with TLS, and a certificate made for the test.

The shape of what they say is that of the providers' documents; the data is our own. What
a fake does is chosen by the term asked for: NAME.fail-403.example.com is refused,
NAME.slow.example.com is slow, and so on (see MOODS).
"""
import base64, gzip, hashlib, http.server, json, os, ssl, subprocess, threading, time, urllib.parse

A = 1435708800          # 2015-07-01
B = 1438387199          # 2015-07-31 23:59:59
USER, PASSWORD, KEY = "me", "pass word", "k3y&=/secret"

MOODS = ("status-401", "status-403", "status-404", "status-412", "status-429", "status-500",
         "status-503", "truncated", "no-end", "bad-json", "slow", "hostile", "elsewhere",
         "here", "empty", "retry", "huge", "bomb", "closed", "limited", "paged")


class Fake(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, certificate=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []          # (method, path, headers, body)
        self.lock = threading.Lock()
        self.tries = {}
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate[0], certificate[1])
            self.socket = context.wrap_socket(self.socket, server_side=True,
                                              do_handshake_on_connect=False)
        self.scheme = "https" if certificate else "http"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    @property
    def url(self):
        return f"{self.scheme}://localhost:{self.port}"

    def handle_error(self, request, client_address):
        pass                     # clients that refuse our certificate

    def paths(self):
        with self.lock:
            return [a[1] for a in self.asked]

    def forget(self):
        with self.lock:
            self.asked.clear()
            self.tries.clear()


def certificate(folder, name="localhost"):
    """-> (certificate, key), self-signed for name, valid for a day."""
    pem, key = os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", pem,
                    "-days", "2", "-subj", f"/CN={name}", "-addext",
                    f"subjectAltName=DNS:{name}"], check=True, capture_output=True)
    return pem, key


def is_address(term):
    return ":" in term or term.replace(".", "").isdigit()


def pairs(term):
    """What every fake knows: (owner, type, rdata, first, last, count)."""
    if ".big" in term or term == "198.51.100.99":
        return [(f"h{i}.hosted.example.com", "A", "198.51.100.99", A, B, 1)
                for i in range(80)]
    if is_address(term):
        kind = "AAAA" if ":" in term else "A"
        return [("www.example.com", kind, term, A, B, 17),
                ("c2.example.net", kind, term, A + 86400, A + 172800, 2)]
    return [(term, "A", "192.0.2.10", A, B, 17),
            (term, "A", "192.0.2.11", A + 86400, A + 172800, 2),
            (term, "NS", "ns1.example.com", A, B, 17)]


def lines(objects):
    return "".join(json.dumps(o) + "\n" for o in objects).encode()


def cof(term, dot=""):
    return [{"rrname": o + dot, "rrtype": t, "rdata": r + (dot if t == "NS" else ""),
             "time_first": f, "time_last": l, "count": c}
            for o, t, r, f, l, c in pairs(term)]


HOSTILE = [
    {"rrname": "\x1b]0;owned\x07.example.com", "rrtype": "A", "rdata": "192.0.2.66"},
    {"rrname": "t.example.com", "rrtype": "TXT", "rdata": "=cmd|' /C calc'!A0 \x1b[31m"},
    {"rrname": "../../../etc/passwd", "rrtype": "A", "rdata": "192.0.2.66"},
    {"rrname": "a.example.com", "rrtype": "A", "rdata": "not an address"},
    {"rrname": "a.example.com", "rrtype": "OPT", "rdata": "x"},
    {"rrname": "x" * 70 + ".example.com", "rrtype": "A", "rdata": "192.0.2.66"},
    {"rrname": "a.example.com", "rrtype": "A", "rdata": ["192.0.2.66"] * 5000},
    {"rrname": "ok.example.com", "rrtype": "A", "rdata": "192.0.2.77", "count": 2 ** 62},
]


# what formats trip over; all of it can be a domain name
ODD = ["a&b<c>\"d'e,f", "p\\\"q\\;r.example", "=cmd|'/C-calc'!A0.example", "x\\010y.example", "'--].example",
       "-- \"];}.example", "<![CDATA[x]]>.example", "{%x}.example", "#c: !!int.example"]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20
    disable_nagle_algorithm = True  # head and body leave by two calls

    def log_message(self, *a):
        pass

    def send(self, body, status=200, headers=()):
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
        self.send_response(status)
        for k, v in headers:
            self.send_header(k, v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.do_GET()

    def do_GET(self):
        n = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(n) if n else b""
        with self.server.lock:
            self.server.asked.append((self.command, self.path, dict(self.headers), body))
        path = urllib.parse.unquote(self.path)
        mood = next((m for m in MOODS if "." + m + "." in path or "/" + m + "." in path), None)
        try:
            if not self.badly(mood):
                self.well(path, body, mood)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass

    def badly(self, mood):
        if mood is None:
            return False
        if mood.startswith("status-"):
            self.send(b"no\n", int(mood[7:]))
        elif mood == "retry":
            with self.server.lock:
                n = self.server.tries[self.path] = self.server.tries.get(self.path, 0) + 1
            if n > 2:
                return False
            self.send(b"", 429, [("Retry-After", "1")])
        elif mood == "truncated":
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b'{"cond":"begin"}\n' + lines(cof("cut.example.com")) + b'{"rrn')
            self.close_connection = True
        elif mood == "closed":
            self.close_connection = True
        elif mood == "bad-json":
            self.send(b'{"data": [{"a": ')
        elif mood == "slow":
            time.sleep(3)
            self.send(b"")
        elif mood == "elsewhere":
            self.send(b"", 302, [("Location", "https://127.0.0.1:1/stolen")])
        elif mood == "here":
            self.send(b"", 302, [("Location", self.path.replace(".here.", ".found."))])
        elif mood == "bomb":
            self.send(gzip.compress(bytes(256 << 20), 1), 200, [("Content-Encoding", "gzip")])
        elif mood == "huge":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            block = b"x" * 65536
            for _ in range(2000):
                self.wfile.write(b"10000\r\n" + block + b"\r\n")
        else:
            return False
        return True

    def well(self, path, body, mood):
        part = path.split("?")[0].strip("/").split("/")
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        getattr(self, "do_" + part[0], self.do_none)(path, part[1:], query, body, mood)

    def do_none(self, path, part, query, body, mood):
        self.send(b"there is nothing here\n", 404)

    def basic(self):
        want = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") == want:
            return True
        self.send(b"who?\n", 401)
        return False

    def key(self, header):
        if self.headers.get(header) == KEY:
            return True
        self.send(b"bad key\n", 403)
        return False

    # /circl/VALUE
    def do_circl(self, path, part, query, body, mood):
        term = part[0]
        if not self.basic():
            return
        if mood == "empty":
            self.send(b"")
        elif mood == "hostile":
            self.send(lines(HOSTILE))
        elif ".odd." in term:
            self.send(lines([dict(cof(term)[0], rrtype="CNAME", rdata=x) for x in ODD]))
        elif mood == "paged":
            at = int(self.headers.get("dribble-paginate-cursor") or 0)
            head = [("x-dribble-cursor", str(at + 1))] if at < 3 else []
            self.send(lines([dict(cof(term)[0], rdata=f"192.0.2.{100 + at}")]), 200, head)
        elif mood == "limited":
            self.send(lines(cof(term)), 200, [("x-dribble-errors", '{"limit": "reached"}')])
        else:
            self.send(lines(cof(term)))

    # /cof/VALUE
    def do_cof(self, path, part, query, body, mood):
        if mood == "empty":
            self.send(b"nothing\n", 404)
        else:
            self.send(lines(HOSTILE if mood == "hostile" else cof(part[0])))

    # /dnsdb/v2/lookup/rrset/name/VALUE, /rdata/ip/VALUE
    def do_dnsdb(self, path, part, query, body, mood):
        if not self.key("X-API-Key"):
            return
        if part[1] == "rate_limit":
            self.send({"rate": {"reset": 1900000000, "limit": 1000, "remaining": 998}})
            return
        term = part[4].replace("*.", "x.")
        if ".months." in term:
            times = [(1425168000, 1425513600, 3), (1433894400, 1434067200, 4)]
            if query.get("aggr") != ["f"]:
                times = [(times[0][0], times[1][1], 7)]
            self.send(lines([{"cond": "begin"}] + [
                {"obj": {"rrname": term + ".", "rrtype": "A", "bailiwick": "example.com.",
                         "rdata": ["192.0.2.10"], "time_first": f, "time_last": l, "count": c}}
                for f, l, c in times] + [{"cond": "succeeded"}]))
            return
        objects = [] if mood == "empty" else HOSTILE if mood == "hostile" else cof(term, ".")
        for o in objects:
            if not isinstance(o["rdata"], list):
                o["rdata"] = [o["rdata"]]
        end = {"cond": "limited", "msg": "Result limit reached"} if mood == "limited" else \
            {"cond": "succeeded"}
        text = lines([{"cond": "begin"}] + [{"obj": o} for o in objects])
        self.send(text if mood == "no-end" else text + lines([end]))

    # /vt/domains/VALUE/resolutions
    def do_vt(self, path, part, query, body, mood):
        if not self.key("x-apikey"):
            return
        data = [{"type": "resolution", "attributes": {"date": l, "host_name": o,
                                                      "ip_address": r}}
                for o, t, r, f, l, c in pairs(part[1]) if t in ("A", "AAAA")]
        if mood == "hostile":
            data = [{"attributes": {"date": B, "host_name": o["rrname"],
                                    "ip_address": "192.0.2.66"}} for o in HOSTILE] + [7, None]
        if mood == "empty":
            data = []
        meta = {}
        if mood == "paged":
            at = int(query.get("cursor", ["0"])[0])
            data = [dict(data[0], attributes=dict(data[0]["attributes"],
                                                  ip_address=f"192.0.2.{100 + at}"))]
            meta = {"cursor": str(at + 1)} if at < 3 else {}
        self.send({"data": data, "meta": meta})

    # /mnemonic/VALUE
    def do_mnemonic(self, path, part, query, body, mood):
        data = [{"rrclass": "in", "rrtype": t.lower(), "query": o, "answer": r, "maxTtl": 300,
                 "minTtl": 60, "firstSeenTimestamp": f * 1000, "lastSeenTimestamp": l * 1000,
                 "times": c, "tlp": "red" if ".marked." in part[0] and r.endswith(".11") else "white"} for o, t, r, f, l, c in pairs(part[0])]
        if mood == "empty":
            data = []
        at, all_ = int(query["offset"][0]), len(data)
        if mood == "paged":
            data = data[at:at + 1]
        self.send({"responseCode": 200, "count": all_, "size": len(data), "data": data})

    # /pt?query=VALUE
    def do_pt(self, path, part, query, body, mood):
        if not self.headers.get("Authorization"):
            self.send(b"who?\n", 401)
            return
        term = query["query"][0]
        stamp = lambda s: time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(s))
        rows = [{"firstSeen": stamp(f), "lastSeen": stamp(l), "resolve":
                 o if is_address(term) else r, "value": term, "recordType": t,
                 "source": ["riskiq"]} for o, t, r, f, l, c in pairs(term)]
        self.send({"queryValue": term, "totalRecords": len(rows), "results": rows})

    # /cn360/api/rrset/keyword/VALUE/count/N/
    def do_cn360(self, path, part, query, body, mood):
        signed = self.path[len("/cn360"):]
        token = hashlib.md5((signed + KEY).encode()).hexdigest()
        if self.headers.get("X-BashToken") != token:
            self.send({"err": "token"})
            return
        self.send([{"rrname": part[3], "rrtype": "A", "rdata": "192.0.2.10;192.0.2.11;",
                    "time_first": A, "time_last": B, "count": 5}])

    # /st/history/VALUE/dns/TYPE
    def do_st(self, path, part, query, body, mood):
        if not self.key("APIKEY"):
            return
        if part[0] == "domains":
            self.send({"records": [{"hostname": "www.example.com"}]})
        elif part[3] == "a":
            at = int(query["page"][0])
            self.send({"pages": 2, "records": [{"values": [{"ip": f"192.0.2.{at}"}],
                                                "first_seen": "2015-07-01",
                                                "last_seen": "2015-07-31"}]})
        else:
            self.send({"message": "no"}, 404)
