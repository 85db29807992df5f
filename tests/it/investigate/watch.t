#!/usr/bin/env python3
"""Watching: alerts from the history and from what is taken in, once each, over restarts,
torn files, changed lists and webhooks that are not there."""
import http.server
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from tap import done, ok

yore, root = os.path.abspath(sys.argv[1]), sys.argv[2]
history = os.path.join(os.path.dirname(yore), 'tests', 'it', 'investigate', 'history')
tmp = tempfile.mkdtemp(prefix='yore-watch-')


def path(*parts):
    return os.path.join(tmp, *parts)


def run(*args):
    return subprocess.run([yore, *args], capture_output=True, text=True, timeout=60, cwd=tmp)


def watch(*args):
    out = run('watch', '--db', path('db'), *args, 'list.txt')
    return [json.loads(x) for x in out.stdout.splitlines()], out


def put(name, text):
    with open(path(name), 'w') as f:
        f.write(text)


def told(alerts):
    return sorted((a['indicator'], a['rrname'], a['rdata']) for a in alerts)


subprocess.run([history, path('db')], check=True, timeout=60, text=True, input='''
watch edge 2015-01-01 2015-12-31
seen c2.bad-op.com A below 2015-03-01 2015-03-20 1 300 198.51.100.7
seen www.zone-op.net A below 2015-03-01 2015-03-20 1 300 198.51.100.8
seen www.zone-op.net A below 2015-09-01 2015-09-20 1 300 198.51.100.9
seen honest.org A below 2015-03-01 2015-03-20 1 300 203.0.113.77
seen alias.org CNAME below 2015-03-01 2015-03-20 1 300 c2.bad-op.com.
seen mail7.some.org A below 2015-03-01 2015-03-20 1 300 192.0.2.1
''')
put('list.txt', 'c2.bad-op[.]com # the loader\n*.zone-op.net to=2015-06-30\n203.0.113.0/24\n'
    '/^mail[0-9]\\./\n')
alerts, out = watch()
ok(told(alerts) == [
    ('*.zone-op.net', 'www.zone-op.net', '198.51.100.8'),
    ('/^mail[0-9]\\./', 'mail7.some.org', '192.0.2.1'),
    ('203.0.113.0/24', 'honest.org', '203.0.113.77'),
    ('c2.bad-op[.]com', 'alias.org', 'c2.bad-op.com.'),
    ('c2.bad-op[.]com', 'c2.bad-op.com', '198.51.100.7')],
   'the history is hunted, with validity and along aliases', told(alerts), out.stderr)
ok(all(a['retro'] and a['outcome'] == 'answered' for a in alerts), 'they say that it is old')
ok([a['label'] for a in alerts if 'label' in a] == ['the loader'] * 2, 'the label is told')
alerts, out = watch('--all')
ok(alerts == [], 'nothing is alerted twice', alerts)
put('list.txt', open(path('list.txt')).read() + '198.51.100.9\n')
alerts, out = watch()
ok(told(alerts) == [('198.51.100.9', 'www.zone-op.net', '198.51.100.9')],
   'a list that grew hunts for what is new', told(alerts))
ok('1 hunted for' in out.stderr, 'and for nothing else', out.stderr)

# a crash tears the last line: its alert comes again, the others do not
journal = path('db', 'watch', 'alerts.ndjson')
whole = open(journal, 'rb').read()
with open(journal, 'wb') as f:
    f.write(whole[:-20])
alerts, out = watch('--all')
ok(told(alerts) == [('198.51.100.9', 'www.zone-op.net', '198.51.100.9')],
   'a torn line is raised again, and only it', told(alerts))
ok(all(json.loads(x) for x in open(journal)), 'the file is whole again')
put('list.txt', 'a.com\nb.com nonsense\n')
alerts, out = watch()
ok(out.returncode != 0 and 'line 2' in out.stderr, 'a broken list is named with its line',
   out.stderr)


# ---- while a capture is imported ----
def capture(name, queries):
    """DNS over UDP below a resolver: (seconds, client, name, address or None)."""
    def qname(text):
        return b''.join(bytes([len(p)]) + p.encode() for p in text.split('.')) + b'\0'

    def frame(src, dst, sport, dport, payload):
        a = bytes(int(x) for x in src.split('.')) + bytes(int(x) for x in dst.split('.'))
        udp = struct.pack('>HHHH', sport, dport, 8 + len(payload), 0) + payload
        ip = struct.pack('>BBHHHBBH', 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0) + a
        s = sum(struct.unpack('>10H', ip))
        s = (s & 0xffff) + (s >> 16)
        ip = ip[:10] + struct.pack('>H', ~s & 0xffff) + ip[12:]
        return b'\2\0\0\0\0\1\2\0\0\0\0\2\x08\0' + ip + udp
    with open(name, 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for i, (t, client, name_, address) in enumerate(queries):
            q = qname(name_) + struct.pack('>HH', 1, 1)
            flags = 0x8180 if address else 0x8183
            answer = b''
            if address:
                answer = b'\xc0\x0c' + struct.pack('>HHIH', 1, 1, 300, 4)
                answer += bytes(int(x) for x in address.split('.'))
            for k, data in enumerate((
                    frame(client, '10.0.0.53', 40000 + i, 53,
                          struct.pack('>6H', i, 0x100, 1, 0, 0, 0) + q),
                    frame('10.0.0.53', client, 53, 40000 + i,
                          struct.pack('>6H', i, flags, 1, int(bool(address)), 0, 0) + q
                          + answer))):
                f.write(struct.pack('<IIII', t, k * 1000, len(data), len(data)) + data)


capture(path('a.pcap'), [(1435752000 + i * 60, '10.0.0.%d' % (7 + i % 3), name, address)
                         for i, (name, address) in enumerate([
                             ('www.fine.com', '203.0.112.1'), ('c2.bad-op.com', '198.51.100.7'),
                             ('new.bad-op.com', '198.51.100.77'),
                             ('new.bad-op.com', '198.51.100.77')])])
put('live.txt', '*.bad-op.com # ours\n')
out = run('import', '--db', path('live'), '--vantage', 'below', '--watch', 'live.txt', 'a.pcap')
lines = [json.loads(x) for x in open(path('live', 'watch', 'alerts.ndjson'))]
ok(told(lines) == [('*.bad-op.com', 'c2.bad-op.com', '198.51.100.7'),
                   ('*.bad-op.com', 'new.bad-op.com', '198.51.100.77')],
   'an import alerts, once for each record', lines, out.stderr)
ok(all(not a['retro'] for a in lines) and '2 alerts' in out.stderr, 'and says how many',
   out.stderr)
out = run('import', '--db', path('live'), '--vantage', 'below', '--watch', 'live.txt', 'a.pcap')
ok(len(open(path('live', 'watch', 'alerts.ndjson')).readlines()) == 2,
   'the same capture again alerts nothing', out.stderr)
# who asked: each client and day, also for what does not exist
capture(path('b.pcap'), [
    (1435752000, '10.0.0.7', 'c2.bad-op.com', '198.51.100.7'),
    (1435752060, '10.0.0.7', 'c2.bad-op.com', '198.51.100.7'),
    (1435752120, '10.0.0.8', 'c2.bad-op.com', '198.51.100.7'),
    (1435752180, '10.0.0.9', 'gone.bad-op.com', None),
    (1435752240, '10.0.0.9', 'www.fine.com', '203.0.112.1')])
out = run('watch', '--db', path('live'), 'live.txt', 'b.pcap')
clients = [json.loads(x) for x in out.stdout.splitlines()]
ok([(a['client'], a['rrname'], a['outcome']) for a in clients] == [
    ('10.0.0.7', 'c2.bad-op.com', 'answered'), ('10.0.0.8', 'c2.bad-op.com', 'answered'),
    ('10.0.0.9', 'gone.bad-op.com', 'nxdomain')],
   'meant to fool: a second client on an old record alerts', clients, out.stderr)
out = run('watch', '--db', path('live'), 'live.txt', 'b.pcap')
ok(out.stdout == '', 'once a day', out.stdout)
out = run('import', '--db', path('live'), '--vantage', 'below', '--watch', 'live.txt', 'b.pcap')
lines = [json.loads(x) for x in open(path('live', 'watch', 'alerts.ndjson'))][-1]
ok((lines['rrname'], lines['outcome'], 'client' in lines) ==
   ('gone.bad-op.com', 'negative', False), 'a name that does not exist alerts, too', lines)
# the same in an investigation: activity, and then no such name
capture(path('c.pcap'), [(1435752000 + 86400 * 9, '10.0.0.9', 'new.bad-op.com', None)])
run('import', '--db', path('live'), '--vantage', 'below', 'c.pcap')
put('report.txt', 'new.bad-op[.]com\n')
out = run('investigate', '--db', path('live'), '--from', '2015-07-01', '--to', '2015-07-31',
          '--case', 'none', 'report.txt')
ok('take-down: did not exist any more on 2015-07-10' in out.stdout, 'a take-down is pointed out',
   out.stdout, out.stderr)
# a crash between the alert and the commit
for step in ('segment-rows', 'ingest-done', 'ingest-removed'):
    shutil.rmtree(path('live'))
    env = dict(os.environ, YORE_CRASH_AT=step)
    subprocess.run([yore, 'import', '--db', path('live'), '--vantage', 'below', '--watch',
                    path('live.txt'), path('a.pcap')], env=env, capture_output=True, timeout=60)
    run('import', '--db', path('live'), '--vantage', 'below', '--watch', 'live.txt', 'a.pcap')
    lines = open(path('live', 'watch', 'alerts.ndjson')).readlines()
    ok(len(lines) == 2, 'nothing twice and nothing lost over a crash at ' + step, lines)


# ---- a webhook: what it did not take waits ----
class Hook(http.server.BaseHTTPRequestHandler):
    status, got = 500, []

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        if Hook.status == 200:
            Hook.got += [json.loads(x) for x in body.splitlines()]
        self.send_response(Hook.status)
        self.send_header('Content-Length', '0')
        self.end_headers()

    def log_message(self, *a):
        pass


server = http.server.HTTPServer(('127.0.0.1', 0), Hook)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = 'http://127.0.0.1:%d/in' % server.server_port
put('list.txt', 'c2.bad-op[.]com\n')
hook = ('watch', '--db', path('live'), '--webhook', url, 'live.txt')
out = run(*hook)
ok(out.returncode == 3 and 'they wait' in out.stderr, 'a webhook that fails is told',
   out.stderr, out.returncode)
Hook.status = 200
out = run(*hook)
ok(out.returncode == 0 and told(Hook.got) == [
    ('*.bad-op.com', 'c2.bad-op.com', '198.51.100.7'),
    ('*.bad-op.com', 'new.bad-op.com', '198.51.100.77')], 'and gets them later', Hook.got,
   out.stderr)
out = run(*hook)
ok(len(Hook.got) == 2, 'once', Hook.got)
server.shutdown()

shutil.rmtree(tmp)
done()
