#!/usr/bin/env python3
"""A sensor that watches for a list, on a wire: every kind of indicator, what does not
exist or is not believed, aliases; the list changed under the sandbox; syslog; a webhook
that is away; two processes with one file of alerts.

usage: alerts.t YORE SOURCE_ROOT
"""
import http.server, json, os, shutil, signal, socket, subprocess, sys, tempfile, threading, time

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
sys.path.insert(0, os.path.join(here, '..', 'sense'))
from sensor import Sensor
import watched
from tap import done, ok, skip

yore, root = os.path.abspath(sys.argv[1]), sys.argv[2]


if 'INSIDE_NETNS' not in os.environ:
    if not shutil.which('tcpreplay') or not shutil.which('ip'):
        print('1..0 # SKIP tcpreplay or iproute2 is missing')
        sys.exit(0)
    # mounts of its own, too: /dev/log is replaced by the test's
    how = ['unshare', '-n', '-m'] if os.geteuid() == 0 else ['unshare', '-r', '-n', '-m']
    if subprocess.run(how + ['true'], stderr=subprocess.DEVNULL).returncode != 0:
        print('1..0 # SKIP network namespaces are not allowed here')
        sys.exit(0)
    os.environ['INSIDE_NETNS'] = '1'
    os.execvp(how[0], how + [sys.executable, *sys.argv])


def ip(*words):
    subprocess.run(['ip', *words], check=True)


ip('link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1')
for name in ('v0', 'v1', 'lo'):
    path = f'/proc/sys/net/ipv6/conf/{name}/disable_ipv6'
    if os.path.exists(path):
        with open(path, 'w') as f:
            f.write('1')
    ip('link', 'set', name, 'up')

tmp = tempfile.mkdtemp(prefix='yore-alerts-')
path = lambda *p: os.path.join(tmp, *p)


def put(name, text):
    with open(path(name + '.new'), 'w') as f:
        f.write(text)
    os.rename(path(name + '.new'), path(name)) # as editors do


def send(exchanges):
    watched.capture(path('wire.pcap'), exchanges)
    subprocess.run(['tcpreplay', '-q', '--pps=2000', '-i', 'v0', path('wire.pcap')], check=True,
                   capture_output=True, timeout=60)


def alerts(db='db'):
    name = path(db, 'watch', 'alerts.ndjson')
    return [json.loads(x) for x in open(name)] if os.path.exists(name) else []


def told(rows):
    return sorted((a['indicator'], a['rrname'], a.get('rdata', ''), a['outcome']) for a in rows)


def wait(condition, seconds=20):
    for _ in range(seconds * 10):
        if condition():
            return True
        time.sleep(0.1)
    return False


now = int(time.time())
day = lambda d: time.strftime('%Y-%m-%d', time.gmtime(now + d * 86400))
put('list.txt', '''exact.bad-op[.]com          # a name
*.zone-op.net               # a zone
198.51.100.7                # an address
203.0.113.0/24              # a prefix
2001:db8:bad::/48           # a prefix of IPv6
192.0.2.10-192.0.2.12       # a range
/^dga[0-9]+\\./             # a pattern
mx*.glob-op.org             # a glob
old-op.com to=%s
coming-op.com from=%s
now-op.com from=%s to=%s
gone-op.com
''' % (day(-3), day(3), day(-1), day(1)))
s = Sensor(yore, path('db'), '-i', 'v1', '--vantage', 'below', '--commit', '3600s', '--watch',
           path('list.txt'))
ok(s.ready(), 'a sensor with a list begins', s.errors())
A, AAAA, CNAME = 1, 28, 5
EXCHANGES = [
    ('exact.bad-op.com', [('exact.bad-op.com', A, '45.9.9.1')]),
    ('not-exact.bad-op.com', [('not-exact.bad-op.com', A, '45.9.9.2')]),
    ('deep.in.zone-op.net', [('deep.in.zone-op.net', A, '45.9.9.3')]),
    ('zone-op.net', [('zone-op.net', A, '45.9.9.3')]),
    ('at-addr.org', [('at-addr.org', A, '198.51.100.7')]),
    ('in-prefix.org', [('in-prefix.org', A, '203.0.113.200')]),
    ('in-six.org', [('in-six.org', AAAA, '2001:db8:bad:1::5')]),
    ('in-range.org', [('in-range.org', A, '192.0.2.11')]),
    ('off-range.org', [('off-range.org', A, '192.0.2.13')]),
    ('dga77.any.org', [('dga77.any.org', A, '45.9.9.4')]),
    ('mx7.glob-op.org', [('mx7.glob-op.org', A, '45.9.9.5')]),
    ('old-op.com', [('old-op.com', A, '45.9.9.6')]),
    ('coming-op.com', [('coming-op.com', A, '45.9.9.7')]),
    ('now-op.com', [('now-op.com', A, '45.9.9.8')]),
    # an alias chain: the name asked for is honest, its end is not
    ('www.honest.org', [('www.honest.org', CNAME, 'edge.honest.org'),
                        ('edge.honest.org', CNAME, 'exact.bad-op.com'),
                        ('exact.bad-op.com', A, '45.9.9.1')]),
    ('gone-op.com', None), # does not exist
    ('private.org', [('private.org', A, '203.0.113.67'), ('private.org', A, '10.0.0.1')]),
    # a second, other answer to one question
    ('twice.org', [('twice.org', A, '45.9.9.9')], [('twice.org', A, '203.0.113.66')]),
]
send(EXCHANGES)
time.sleep(1)
ok(alerts() == [], 'nothing before the commit')
ok(s.reload(), 'SIGHUP commits')
WANT = sorted([
    ('exact.bad-op[.]com', 'exact.bad-op.com', '45.9.9.1', 'answered'),
    ('*.zone-op.net', 'deep.in.zone-op.net', '45.9.9.3', 'answered'),
    ('*.zone-op.net', 'zone-op.net', '45.9.9.3', 'answered'),
    ('198.51.100.7', 'at-addr.org', '198.51.100.7', 'answered'),
    ('203.0.113.0/24', 'in-prefix.org', '203.0.113.200', 'answered'),
    ('2001:db8:bad::/48', 'in-six.org', '2001:db8:bad:1::5', 'answered'),
    ('192.0.2.10-192.0.2.12', 'in-range.org', '192.0.2.11', 'answered'),
    ('/^dga[0-9]+\\./', 'dga77.any.org', '45.9.9.4', 'answered'),
    ('mx*.glob-op.org', 'mx7.glob-op.org', '45.9.9.5', 'answered'),
    ('now-op.com', 'now-op.com', '45.9.9.8', 'answered'),
    ('exact.bad-op[.]com', 'edge.honest.org', 'exact.bad-op.com.', 'answered'),
    ('gone-op.com', 'gone-op.com', '', 'negative'),
    ('203.0.113.0/24', 'twice.org', '203.0.113.66', 'answered'),
    ('203.0.113.0/24', 'private.org', '203.0.113.67', 'answered')])
wait(lambda: len(alerts()) >= len(WANT))
ok(told(alerts()) == WANT, 'every kind of indicator, valid today, also what does not exist, a '
   'second answer, and along aliases', set(told(alerts())) ^ set(WANT), s.errors())
ok({a.get('label') for a in alerts()} >= {'a name', 'a zone', 'a range'}, 'with their labels')
ok(not [a for a in alerts() if a['retro'] or 'client' in a], 'of now, and without clients')

# the same again, in the same run: nothing
send(EXCHANGES)
time.sleep(0.5)
s.reload()
time.sleep(0.5)
ok(len(alerts()) == len(WANT), 'the same records again alert nothing',
   told(alerts())[len(WANT):])

# the list changes: the history is hunted at once, what comes is looked at with it
put('list.txt', 'off-range.org # grown\n')
s.reload()
ok(wait(lambda: len(alerts()) == len(WANT) + 1), 'a new entry finds what is in the history '
   'already, behind the sandbox', s.errors())
ok(alerts()[-1]['rrname'] == 'off-range.org' and alerts()[-1]['retro'], 'and says that it is old',
   alerts()[-1])
send([('sub.off-range.org', [('sub.off-range.org', A, '45.9.9.10')]),
      ('off-range.org', [('off-range.org', A, '45.9.9.11')])])
time.sleep(0.5)
s.reload()
ok(wait(lambda: told(alerts())[-1:] and any(a.get('rdata') == '45.9.9.11' for a in alerts())),
   'and what comes is looked at with the new list', alerts()[-2:], s.errors())
put('list.txt', 'a.org\nb.org nonsense\n')
s.reload()
ok(wait(lambda: 'line 2' in s.errors()), 'a broken list is named with its line', s.errors())
before = len(alerts())
send([('off-range.org', [('off-range.org', A, '45.9.9.12')])])
time.sleep(0.5)
s.reload()
ok(wait(lambda: len(alerts()) == before + 1), 'and the one before stays', alerts()[before:])
put('list.txt', 'off-range.org\n*.zone-op.net\n')
code = s.end()
ok(code == 0 and 'alerts' in s.errors(), 'it ends in order and says how many', code, s.errors())
s.close()

# killed in the middle, started again: nothing lost, nothing twice
s = Sensor(yore, path('db2'), '-i', 'v1', '--vantage', 'below', '--commit', '1s', '--watch',
           path('list.txt'))
s.ready()
for i in range(4):
    send([('k%d-%d.zone-op.net' % (i, n), [('k%d-%d.zone-op.net' % (i, n), A, '45.8.%d.%d'
                                            % (i, n))]) for n in range(30)])
    if i == 1:
        time.sleep(1.5)
        s.end(signal.SIGKILL)
        s.close()
        s = Sensor(yore, path('db2'), '-i', 'v1', '--vantage', 'below', '--commit', '1s',
                   '--watch', path('list.txt'))
        s.ready()
time.sleep(0.5)
code = s.end()
s.close()
rows = alerts('db2')
kept = subprocess.run([yore, 'query', '--db', path('db2'), '*.zone-op.net', '-t', 'A', '--json',
                       '--limit', '0'],
                      capture_output=True, text=True, timeout=60)
names = {json.loads(x)['rrname'] for x in kept.stdout.splitlines()}
ok(len({a['key'] for a in rows}) == len(rows), 'over a kill: nothing twice', len(rows))
ok(names and names <= {a['rrname'] for a in rows}, 'and what is in the history has its alert',
   names - {a['rrname'] for a in rows}, kept.stderr)
ok({n for n in names if n.startswith(('k2', 'k3'))} ==
   {'k%d-%d.zone-op.net' % (i, n) for i in (2, 3) for n in range(30)},
   'the second run lost nothing', len(names))


# ---- syslog ----
def run(*args):
    return subprocess.run([yore, 'watch', '--db', path('db2'), *args, path('list.txt')],
                          capture_output=True, text=True, timeout=60, cwd=tmp)


log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind(path('log'))
log.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
log.settimeout(0.5)
got = []


def listen():
    while True:
        try:
            got.append(log.recv(65536))
        except TimeoutError:
            if ended.is_set():
                return
        except OSError:
            return


ended = threading.Event()
put('empty', '')
mounted = os.path.exists('/dev/log') or os.access('/dev', os.W_OK)
made = False
if not os.path.exists('/dev/log'):
    # a place for it in a /dev that only this namespace has
    mounted = subprocess.run(['mount', '-t', 'tmpfs', 'none', '/dev'],
                             capture_output=True).returncode == 0
    if mounted:
        os.symlink(path('log'), '/dev/log')
        for name in ('null', 'urandom', 'shm'):
            os.path.exists('/dev/' + name) or open('/dev/' + name, 'w').close()
else:
    mounted = subprocess.run(['mount', '--bind', path('log'), '/dev/log'],
                             capture_output=True).returncode == 0
if mounted:
    threading.Thread(target=listen, daemon=True).start()
    out = run('--syslog')
    wait(lambda: len(got) >= len(rows), 5)
    lines = [json.loads(x[x.index(b'{'):]) for x in got]
    ok(out.returncode == 0 and {a['key'] for a in lines} == {a['key'] for a in rows}
       and len(lines) == len(rows), 'syslog gets each alert once', len(lines), len(rows),
       out.stderr)
    ok(all(x.startswith(b'<81>') and b'yore[' in x for x in got), 'as authpriv.alert', got[:1])
    out = run('--syslog')
    time.sleep(0.7)
    ok(len(got) == len(rows), 'and not again', len(got))
    ended.set()
else:
    for text in ('syslog gets each alert once', 'as authpriv.alert', 'and not again'):
        skip(text, 'no mount for /dev/log')


# ---- a webhook that is away, and comes back while yore watch --follow runs ----
class Hook(http.server.BaseHTTPRequestHandler):
    got, refuse = [], 2

    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        if Hook.refuse:
            Hook.refuse -= 1
            self.send_response(503)
        else:
            Hook.got += [json.loads(x) for x in body.splitlines()]
            self.send_response(204)
        self.send_header('Content-Length', '0')
        self.end_headers()

    def log_message(self, *a):
        pass


server = http.server.HTTPServer(('127.0.0.1', 0), Hook)
threading.Thread(target=server.serve_forever, daemon=True).start()
url = 'http://127.0.0.1:%d/' % server.server_port
follow = [yore, 'watch', '--db', path('db2'), '--follow', '--every', '1s', '--webhook', url, '-q',
          path('list.txt')]
p = subprocess.Popen(follow, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
ok(wait(lambda: len(Hook.got) == len(rows)), 'a webhook that was away gets them when it is back',
   len(Hook.got), len(rows))
# a sensor and the follower have one file of alerts between them
s = Sensor(yore, path('db2'), '-i', 'v1', '--vantage', 'below', '--commit', '1s', '--watch',
           path('list.txt'))
s.ready()
send([('both%d.zone-op.net' % n, [('both%d.zone-op.net' % n, A, '45.7.0.%d' % n)])
      for n in range(20)])
both = lambda rows: [a['rrname'] for a in rows if a['rrname'].startswith('both')]
wait(lambda: len(both(alerts('db2'))) >= 20 and len(both(Hook.got)) >= 20)
time.sleep(2.5)
ok(sorted(both(alerts('db2'))) == sorted('both%d.zone-op.net' % n for n in range(20)),
   'a sensor and yore watch beside it: each alert once', len(both(alerts('db2'))))
ok(sorted(both(Hook.got)) == sorted('both%d.zone-op.net' % n for n in range(20)),
   'and the webhook gets each once', len(both(Hook.got)))
p.send_signal(signal.SIGTERM)
p.wait(20)
out = subprocess.run([a for a in follow if a not in ('--follow', '--every', '1s')],
                     capture_output=True, text=True, timeout=60)
ok(len(both(Hook.got)) == 20 and out.returncode == 0, 'also over a restart', out.stderr)
s.end()
s.close()
server.shutdown()
shutil.rmtree(tmp)
done()
