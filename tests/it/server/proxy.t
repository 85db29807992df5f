#!/usr/bin/env python3
"""Behind real proxies (nginx with TLS, caddy): who asks is the client, not the proxy;
streams are not held back; and nobody gains anything by writing the header himself."""
import os, shutil, ssl, subprocess, sys
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serving import *

yore, root, seed = sys.argv[1:4]
here = tempfile.mkdtemp(prefix="yore-proxy-")
os.chmod(here, 0o755)
atexit.register(shutil.rmtree, here, True)
keys = os.path.join(here, "keys")
audit = os.path.join(here, "audit.log")


def add(name, *options):
    return subprocess.run([yore, "key", "add", "--keys", keys, *options, name], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True).stdout.strip()


def free_port():
    with socket.socket() as c:
        c.bind(("127.0.0.1", 0))
        return c.getsockname()[1]


def wait_for(port, process):
    end = time.time() + 20
    while time.time() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False


def whole(answer):
    """the body of a chunked answer"""
    out, rest = b"", answer.partition(b"\r\n\r\n")[2]
    while rest:
        n, _, rest = rest.partition(b"\r\n")
        out, rest = out + rest[:int(n, 16)], rest[int(n, 16) + 2:]
    return out


def who(target):
    """the last line of the audit log about this target"""
    end = time.time() + 5
    while time.time() < end:
        for line in reversed(open(audit).read().splitlines()):
            x = json.loads(line)
            if x["target"] == target:
                return x
        time.sleep(0.05)
    return {}


anybody = add("anybody", "--scope", "query,upload")
near = add("near", "--from", "127.0.0.1")
two = add("two", "--from", "127.0.0.2")
other = add("other", "--from", "203.0.113.7")
key = lambda k, **more: {"X-API-Key": k, **{n.replace("_", "-"): v for n, v in more.items()}}
path = "/pdns/query/www.example.com"

# ---- without the option the header means nothing ----
s = Server(yore, "--upload", "--audit", audit, keys=keys)
try:
    s.post_segment(segment(seed, USUAL), headers=key(anybody))
    equal(s.ask(path + "?a", headers=key(other, X_Forwarded_For="203.0.113.7"))[0], 403,
          "no proxy is trusted: an address that is only claimed opens nothing")
    equal((who(path + "?a")["client"], "proxy" in who(path + "?a")), ("127.0.0.1", False),
          "and the audit log has who really asked")
    equal(s.ask(path, headers=key(near, X_Forwarded_For="203.0.113.7"))[0], 200,
          "nor does it close anything")
finally:
    equal(s.stop(), 0, "the server ends well")

for bad in ("proxy.example", "127.0.0.0/99", ""):
    r = subprocess.run([yore, "serve", "--db", "mem:", "--trust-proxy", bad], text=True,
                       timeout=20, stderr=subprocess.PIPE)
    ok(r.returncode == 2 and "--trust-proxy" in r.stderr, f"--trust-proxy '{bad}'", r.stderr)

# ---- with it, header lines by hand ----
s = Server(yore, "--upload", "--audit", audit, "--trust-proxy", "127.0.0.0/31",
           "--trust-proxy", "10.0.0.0/8", keys=keys)
big = rows(*[(f"h{i}.big.example", "TXT", "above", 2, JULY, JULY, 1, '"' + "x" * 200 + '"')
             for i in range(40000)])
proxies = []
try:
    s.post_segment(segment(seed, USUAL + big), headers=key(anybody))

    def lines(*values, k=other):
        with socket.create_connection(("127.0.0.1", s.port), 10) as c:
            c.sendall((f"GET {path}?{'/'.join(values).replace(' ', '')} HTTP/1.1\r\nHost: x\r\n"
                       f"X-API-Key: {k}\r\nConnection: close\r\n" +
                       "".join(f"X-Forwarded-For: {v}\r\n" for v in values) + "\r\n").encode())
            return int(c.recv(100).split()[1])

    equal(lines("203.0.113.7"), 200, "a key for one address, used through a proxy")
    equal(lines("203.0.113.8"), 403, "by another address")
    equal(lines("203.0.113.7, 203.0.113.8"), 403, "who claims to be that one")
    equal(lines("203.0.113.7", "203.0.113.8"), 403, "in a line of its own before the proxy's")
    equal(lines("203.0.113.8", "203.0.113.7"), 200, "the proxy's line is the last")
    equal(lines("203.0.113.7, 10.1.2.3"), 200, "through two proxies")
    equal(lines("203.0.113.7, nonsense"), 403, "nonsense is nobody")
    x = who(path + "?203.0.113.7,10.1.2.3")
    equal((x.get("client"), x.get("proxy")), ("203.0.113.7", "127.0.0.1"),
          "the audit log has both, client and proxy")

    # ---- nginx ----
    text = open(os.path.join(root, "docs/api.md")).read()
    nginx, openssl = shutil.which("nginx") or "/usr/sbin/nginx", shutil.which("openssl")
    if os.path.exists(nginx) and openssl:
        pair = os.path.join(here, "pair")
        subprocess.run([openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=pdns.example.org", "-addext", "subjectAltName=IP:127.0.0.1,IP:127.0.0.2",
                        "-keyout", pair + ".key", "-out", pair + ".crt"],
                       stderr=subprocess.DEVNULL, check=True)
        port = free_port()
        # as docs/api.md says
        location = re.search(r"Behind nginx.*?```\n(.*?)```", text, re.S).group(1)
        location = location.replace("127.0.0.1:8053", f"127.0.0.1:{s.port}")
        with open(f"{here}/nginx.conf", "w") as f:
            f.write(f"""daemon off; pid {here}/nginx.pid; error_log {here}/nginx.err;
worker_processes 1;
events {{ worker_connections 100; }}
http {{
    access_log off;
    client_body_temp_path {here}/b; proxy_temp_path {here}/p; fastcgi_temp_path {here}/f;
    uwsgi_temp_path {here}/u; scgi_temp_path {here}/s;
    server {{
        listen 127.0.0.1:{port} ssl; listen 127.0.0.2:{port} ssl;
        ssl_certificate {pair}.crt; ssl_certificate_key {pair}.key;
        {location}
    }}
}}
""")
        p = subprocess.Popen([nginx, "-c", f"{here}/nginx.conf", "-e", f"{here}/nginx.err"],
                             stderr=subprocess.DEVNULL)
        proxies.append(p)
        ok(wait_for(port, p), "nginx runs", open(f"{here}/nginx.err").read()
           if os.path.exists(f"{here}/nginx.err") else "")
        context = ssl.create_default_context(cafile=pair + ".crt")

        def through(target, headers, source="127.0.0.2"):
            c = http.client.HTTPSConnection("127.0.0.1", port, timeout=20, context=context,
                                            source_address=(source, 0))
            try:
                c.request("GET", target, headers=headers)
                r = c.getresponse()
                return r.status, r.read()
            finally:
                c.close()

        equal(through(path + "?n1", key(two))[0], 200, "TLS at nginx: a key for the client's address")
        equal(through(path + "?n2", key(other, X_Forwarded_For="203.0.113.7"))[0], 403,
              "which the client cannot claim")
        equal(through(path + "?n3", key(near))[0], 403, "nor is the client the proxy")
        x = who(path + "?n2")
        equal((x.get("client"), x.get("proxy")), ("127.0.0.2", "127.0.0.1"),
              "the audit log has the client")
        # the first rows come while the last are not made: nothing is collected in between
        with socket.create_connection(("127.0.0.1", port), 20, ("127.0.0.2", 0)) as tcp:
            with context.wrap_socket(tcp, server_hostname="127.0.0.1") as c:
                c.sendall((f"GET /dnsdb/v2/lookup/rrset/name/*.big.example?limit=0 HTTP/1.1\r\n"
                           f"Host: x\r\nX-API-Key: {anybody}\r\nConnection: close\r\n\r\n").encode())
                got = c.recv(65536)
                while got.count(b'"obj"') < 20:
                    got += c.recv(65536)
                # not read for a while: the server must not have made it all meanwhile
                time.sleep(1)
                made = sum(os.path.getsize(os.path.join(d, x)) for d, _, n in
                           os.walk(f"{here}/p") for x in n)
                ok(made == 0, "nginx keeps nothing of a stream on its disk", made)
                while True:
                    part = c.recv(1 << 16)
                    if not part:
                        break
                    got += part
        got = whole(got)
        equal((got.count(b'"obj"'), b'"succeeded"' in got[-30:]), (40000, True),
              "and all of it comes")
        status, b = through("/lookup/rrset/name/nothing.example", key(two))
        equal((status, b), (404, b"Error: no results found for query.\n"),
              "errors come through as they are")
    else:
        skip("nginx is not installed (apt-get install nginx-light)")

    # ---- caddy ----
    caddy = shutil.which("caddy")
    if caddy:
        port = free_port()
        block = re.search(r"Behind caddy.*?```\n(.*?)```", text, re.S).group(1)
        block = block.replace("127.0.0.1:8053", f"127.0.0.1:{s.port}") \
                     .replace("pdns.example.org", f"http://127.0.0.1:{port}")
        with open(f"{here}/Caddyfile", "w") as f:
            f.write("{\n\tadmin off\n\tauto_https off\n}\n" + block)
        p = subprocess.Popen([caddy, "run", "--config", f"{here}/Caddyfile", "--adapter",
                              "caddyfile"], stderr=open(f"{here}/caddy.err", "w"),
                             env=dict(os.environ, HOME=here, XDG_DATA_HOME=here,
                                      XDG_CONFIG_HOME=here))
        proxies.append(p)
        ok(wait_for(port, p), "caddy runs", open(f"{here}/caddy.err").read())

        def caddied(target, headers):
            c = http.client.HTTPConnection("127.0.0.1", port, timeout=20,
                                           source_address=("127.0.0.2", 0))
            try:
                c.request("GET", target, headers=headers)
                r = c.getresponse()
                return r.status, r.read()
            finally:
                c.close()

        equal((caddied(path, key(two))[0], caddied(path, key(near))[0],
               caddied(path + "?c", key(other, X_Forwarded_For="203.0.113.7"))[0]),
              (200, 403, 403), "behind caddy: a key for the client's address")
        x = who(path + "?c")
        equal((x.get("client"), x.get("proxy")), ("127.0.0.2", "127.0.0.1"),
              "the audit log has the client")
        equal(caddied("/dnsdb/v2/lookup/rrset/name/*.big.example?limit=0",
                      key(anybody))[1].count(b'"obj"'), 40000, "a stream through caddy")
    else:
        skip("caddy is not installed (apt-get install caddy)")
finally:
    for p in proxies:
        p.terminate()
        p.wait(20)
    equal(s.stop(), 0, "the server ends well")

# ---- without keys ----
s = Server(yore, "--trust-proxy", "127.0.0.1")
equal(s.ask("/healthz")[0], 200, "a proxy and no keys")
ok("whom the proxy lets in" in s.said(), "says what that means", s.said())
s.stop()
done()
