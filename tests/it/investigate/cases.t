#!/usr/bin/env python3
"""The article's case, and every case meant to fool an investigation, over one generated
history: the expected verdict of each line, the files of the case, and their replay."""
import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from tap import done, ok, skip

yore, root = os.path.abspath(sys.argv[1]), sys.argv[2]
history = os.path.join(os.path.dirname(yore), 'tests', 'it', 'investigate', 'history')
tmp = tempfile.mkdtemp(prefix='yore-investigate-')


def path(*parts):
    return os.path.join(tmp, *parts)


LINES = '''
watch edge 2014-01-01 2015-12-31
# the article's own case
seen mail.mirror-truecrypt.com A below 2014-03-01 2014-09-30 3 300 203.0.113.10
seen mail.mirror-truecrypt.com A below 2014-10-01 2015-06-10 3 300 203.0.113.11
seen mail.mirror-truecrypt.com A below 2014-12-01 2015-12-30 3 300 203.0.113.12
seen mail.mirror-truecrypt.com A below 2014-02-10 2014-02-11 1 300 198.51.100.7
seen mail.mirror-truecrypt.com A below 2015-07-03 2015-07-19 1 300 198.51.100.91
seen mail.mirror-truecrypt.com A below 2015-07-20 2015-07-29 1 300 192.0.2.45
seen mail.mirror-truecrypt.com A below 2015-06-12 2015-06-30 1 300 8.8.8.8
seen mail.mirror-truecrypt.com A below 2015-08-05 2015-12-20 2 300 148.81.111.70
state mail.mirror-truecrypt.com A archive 2015-07-02 2015-07-19 55 198.51.100.91
state mail.mirror-truecrypt.com A archive 2015-07-20 2015-07-30 12 192.0.2.45
# a dedicated server in a CDN's range
state cdn-hidden.com A archive 2015-06-20 2015-08-19 55 203.0.113.200
seen cdn-hidden.com A below 2015-07-02 2015-07-19 1 300 203.0.113.200
# later reused for hosting
seen reused-later.com A below 2015-07-02 2015-07-19 1 300 198.51.100.50
state reused-later.com A archive 2015-07-01 2015-07-20 9 198.51.100.50
# a sinkhole in the window
seen sunk-early.com A below 2015-07-05 2015-07-20 1 300 148.81.111.71
# the report names a shared host; another stands at a shared host it does not name
seen named-shared.com A below 2015-07-02 2015-07-19 1 300 198.51.100.60
seen plain-shared.com A below 2015-07-02 2015-07-19 1 300 198.51.100.61
# the only domain that this history knows there
seen lonely-local.com A below 2015-07-02 2015-07-19 1 300 198.51.100.70
# thirty young domains at the actor's address
state farm-master.com A archive 2015-07-01 2015-07-20 9 198.51.100.71
# just before the window, two days of TTL
seen cached-op.com A below 2015-06-20 2015-06-30 1 172800 198.51.100.72
state cached-op.com A archive 2015-06-20 2015-06-29 5 198.51.100.72
# one date, after it
state single-date.com A virustotal - 2015-09-09 0 198.51.100.73
# an alias chain through a CDN
seen www.chain-op.com CNAME below 2015-07-02 2015-07-19 1 300 step.chain-cdn.com.
seen step.chain-cdn.com CNAME below 2015-07-02 2015-07-19 1 300 d1.cloudfront.net.
seen d1.cloudfront.net A below 2015-07-02 2015-07-19 1 300 198.51.100.80
# an alias that ended before the window
seen www.old-alias.com CNAME below 2014-07-02 2014-07-19 1 300 host.elsewhere-op.net.
seen host.elsewhere-op.net A below 2014-07-01 2015-07-30 1 300 198.51.100.81
state host.elsewhere-op.net A archive 2014-07-01 2015-07-30 1 198.51.100.81
# our own rewriting
seen rewritten-op.com A below 2015-07-02 2015-07-19 1 300 192.0.2.66
# IPv6
seen six-op.com AAAA below 2015-07-02 2015-07-19 1 300 2001:db8:7::9
state six-op.com AAAA archive 2015-07-02 2015-07-19 5 2001:db8:7::9
# leaks of an origin: mail., SPF, MX
seen leak-op.com A below 2015-07-02 2015-07-19 1 300 203.0.113.13
seen mail.leak-op.com A below 2015-07-02 2015-07-19 1 300 198.51.100.83
state mail.leak-op.com A archive 2015-07-02 2015-07-19 5 198.51.100.83
seen leak-op.com TXT below 2015-07-02 2015-07-19 1 300 "v=spf1 ip4:198.51.100.84 -all"
seen leak-op.com MX below 2015-07-02 2015-07-19 1 300 10 mx.leak-mail.net.
seen mx.leak-mail.net A below 2015-07-02 2015-07-19 1 300 198.51.100.85
# name servers that changed after a silence
seen broken-op.com NS below 2014-03-01 2014-06-01 3 300 ns1.old-host.net.
seen broken-op.com NS below 2015-07-01 2015-07-30 3 300 ns1.new-host.net.
seen broken-op.com A below 2015-07-02 2015-07-19 1 300 198.51.100.86
# a sighting that is only a year later than the report's address
seen other-name.com A below 2015-07-02 2015-07-19 1 300 62.76.42.14
'''.strip().split('\n')
for i in range(40):
    LINES.append('seen reuse%d-site.com A below 2015-09-01 2015-12-01 9 300 198.51.100.50' % i)
    for last in (60, 61):
        LINES.append('seen shop%d-%d.com A below 2014-06-01 2015-12-01 9 300 198.51.100.%d'
                     % (i, last, last))
for i in range(30):
    LINES.append('seen farm%d-login.com A below 2015-06-%02d 2015-07-25 5 300 198.51.100.71'
                 % (i, i % 20 + 5))
    LINES.append('state farm%d-login.com A archive 2015-06-%02d 2015-07-25 5 198.51.100.71'
                 % (i, i % 20 + 5))
for i in range(12):
    LINES.append('seen flux-op.com A below 2015-07-%02d 2015-07-%02d 1 120 %d.%d.7.9'
                 % (i + 2, i + 3, 101 + i, 20 + i))

REPORT = '''# Operation Mirror
By the research team, https://www.welivesecurity.com/2015/07/30/operation/

    mail.mirror-truecrypt[.]com  cdn-hidden[.]com  reused-later[.]com  sunk-early[.]com
    named-shared[.]com  plain-shared[.]com  lonely-local[.]com  farm-master[.]com
    cached-op[.]com  single-date[.]com  www.chain-op[.]com  www.old-alias[.]com
    rewritten-op[.]com  six-op[.]com  leak-op[.]com  broken-op[.]com
    flux-op[.]com  never-seen-op[.]com
    198.51.100[.]60  62.76.42[.]14  198.51.100.250
    files01.corp.internal was the first victim
'''

WANT = [  # name, address, verdict, when, whose
    ('mail.mirror-truecrypt.com', '198.51.100.91', 'HUNT', 'SEEN', 'dedicated'),
    ('mail.mirror-truecrypt.com', '192.0.2.45', 'HUNT', 'SEEN', 'dedicated'),
    ('mail.mirror-truecrypt.com', '148.81.111.70', 'VICTIMS', 'AFTER', 'unknown'),
    ('mail.mirror-truecrypt.com', '198.51.100.7', 'REVIEW', 'BEFORE', 'unknown'),
    ('mail.mirror-truecrypt.com', '203.0.113.10', 'SKIP', 'BEFORE', 'unknown'),
    ('mail.mirror-truecrypt.com', '203.0.113.11', 'SKIP', 'BEFORE', 'unknown'),
    ('mail.mirror-truecrypt.com', '203.0.113.12', 'SKIP', 'SEEN', 'unknown'),
    ('mail.mirror-truecrypt.com', '8.8.8.8', 'SKIP', 'BEFORE', 'unknown'),
    ('cdn-hidden.com', '203.0.113.200', 'REVIEW', 'SEEN', 'dedicated'),
    ('reused-later.com', '198.51.100.50', 'HUNT', 'SEEN', 'dedicated'),
    ('sunk-early.com', '148.81.111.71', 'VICTIMS', 'SEEN', 'unknown'),
    ('named-shared.com', '198.51.100.60', 'REVIEW', 'SEEN', 'shared'),
    ('', '198.51.100.60', 'REVIEW', 'SEEN', 'shared'),
    ('plain-shared.com', '198.51.100.61', 'SKIP', 'SEEN', 'shared'),
    ('lonely-local.com', '198.51.100.70', 'REVIEW', 'SEEN', 'unknown'),
    ('farm-master.com', '198.51.100.71', 'HUNT', 'SEEN', 'dedicated'),
    ('cached-op.com', '198.51.100.72', 'HUNT', 'CACHED', 'dedicated'),
    ('single-date.com', '198.51.100.73', 'SKIP', 'AFTER', 'unknown'),
    ('d1.cloudfront.net', '198.51.100.80', 'SKIP', 'SEEN', 'unknown'),
    ('host.elsewhere-op.net', '198.51.100.81', 'SKIP', 'BEFORE', 'dedicated'),
    ('rewritten-op.com', '192.0.2.66', 'SKIP', 'SEEN', 'unknown'),
    ('six-op.com', '2001:db8:7::9', 'HUNT', 'SEEN', 'dedicated'),
    ('leak-op.com', '203.0.113.13', 'SKIP', 'SEEN', 'unknown'),
    ('mail.leak-op.com', '198.51.100.83', 'HUNT', 'SEEN', 'dedicated'),
    ('leak-op.com', '198.51.100.84', 'REVIEW', 'SEEN', 'unknown'),
    ('mx.leak-mail.net', '198.51.100.85', 'REVIEW', 'SEEN', 'unknown'),
    ('broken-op.com', '198.51.100.86', 'REVIEW', 'SEEN', 'unknown'),
    ('flux-op.com', '101.20.7.9', 'SKIP', 'SEEN', 'unknown'),
    ('', '62.76.42.14', 'HUNT', 'SEEN', 'unknown'),
    ('', '198.51.100.250', 'REVIEW', '', 'unknown'),
]


def run(*args, **kw):
    return subprocess.run([yore, *args], capture_output=True, text=True, timeout=120,
                          cwd=tmp, **kw)


def verdicts(case):
    rows = {}
    with open(path(case, 'addresses.csv'), newline='') as f:
        for r in csv.DictReader(f):
            rows[r['name'], r['address']] = r
    return rows


made = subprocess.run([history, path('db')], input='\n'.join(LINES) + '\n', text=True,
                      capture_output=True, timeout=120)
ok(made.returncode == 0, 'a history is made', made.stderr)
with open(path('report.md'), 'w') as f:
    f.write(REPORT)
with open(path('cdn.txt'), 'w') as f:
    f.write('203.0.113.0/24 Example Edge\n')
COMMON = ['--wide', 'archive', '--network', 'cdn=' + path('cdn.txt'),
          '--rewriting', '192.0.2.66', '--db', path('db')]
JULY = ['--from', '2015-07-01', '--to', '2015-07-31']
out = run('investigate', *COMMON, *JULY, 'report.md')
ok(out.returncode == 0, 'it runs, and found something', out.stderr, out.stdout)
got = verdicts('case')
for name, address, verdict, when, whose in WANT:
    r = got.get((name, address))
    ok(r and (r['verdict'], r['when'], r['whose']) == (verdict, when, whose),
       '%s %s: %s %s %s' % (name or 'the report\'s', address, verdict, when, whose), r)
# the cases meant to fool it, by name; the rest of them: a window without coverage and a
# warm resolver below, an internal name in outside.t, a second client in watch.t
for text, name, address in (
        ('a CDN range with a dedicated server in it', 'cdn-hidden.com', '203.0.113.200'),
        ('a dedicated address later reused for hosting', 'reused-later.com', '198.51.100.50'),
        ('a sinkhole in the window', 'sunk-early.com', '148.81.111.71'),
        ('an indicator that is itself shared hosting', '', '198.51.100.60'),
        ('one local domain on what is really a shared host', 'lonely-local.com', '198.51.100.70'),
        ("thirty young domains on the actor's address", 'farm-master.com', '198.51.100.71'),
        ('a sighting just before the window with a two-day TTL', 'cached-op.com', '198.51.100.72'),
        ("a provider's single date after it", 'single-date.com', '198.51.100.73'),
        ('an alias chain through a CDN', 'd1.cloudfront.net', '198.51.100.80'),
        ('our own RPZ answer in the window', 'rewritten-op.com', '192.0.2.66'),
        ('IPv6', 'six-op.com', '2001:db8:7::9')):
    want = [w[2:] for w in WANT if w[:2] == (name, address)]
    r = got.get((name, address), {})
    ok(want == [(r.get('verdict'), r.get('when'), r.get('whose'))], 'meant to fool: ' + text, r)
extra = [k for k, r in got.items()
         if r['verdict'] == 'HUNT' and k not in {(w[0], w[1]) for w in WANT}]
ok(not extra, 'nothing else is hunted', extra)
ok(got['farm-master.com', '198.51.100.71']['evidence'].find('farm') > 0, 'a farm is called one')
ok(got['flux-op.com', '101.20.7.9']['reason'] == 'fast flux: hunt by name',
   'fast flux is hunted by name')
first = out.stdout.split('\n')
ok(first[0] == 'window    2015-07-01T00:00:00Z .. 2015-07-31T23:59:59Z',
   'the window as understood is the first line', first[0])
ok(first[1].startswith('coverage  watched wholly'), 'and then the coverage', first[1])
ok('name servers changed from ns1.old-host.net. to ns1.new-host.net.' in out.stdout,
   'a break is pointed out', out.stdout)
ok('possible probe: 198.51.100.7 on 2014-02-10' in out.stdout, 'a probe is pointed out')
ok('never-seen-op.com: no record' in out.stdout, 'what has no record is said')
ok('exit status 0' in out.stdout, 'the last line has the exit status')
ok(out.stdout.split('SKIP ', 1)[1].split('\n')[0].count(',') >= 4,
   'skipped ones are counted by reason')

# ---- one verdict in full ----
why = run('investigate', *COMMON, *JULY, '--case', 'none', '--why', '198.51.100.91', 'report.md')
ok('2015-07 days 3 4 5' in why.stdout and 'source archive' in why.stdout, '--why shows it all',
   why.stdout)

# ---- the window that nobody watched ----
dark = run('investigate', *COMMON, '--from', '2016-03-01', '--to', '2016-03-31', '--case', 'dark',
           '--no-subdomains', 'report.md')
ok(dark.returncode == 4, 'nothing found where nobody watched: status 4', dark.stdout)
got = verdicts('dark')
r = got['lonely-local.com', '198.51.100.70']
ok((r['verdict'], r['when']) == ('REVIEW', 'UNWATCHED'),
   'meant to fool: a window without coverage: the line says UNWATCHED', r)
wrong = [k for k, r in got.items() if r['when'] in ('SEEN', 'BEFORE', 'AFTER') and
         r['source'] == 'below' and r['source_when'] != 'UNWATCHED']
ok(not wrong, 'and so does every other line of ours', wrong)

# ---- a first import from a warm resolver: everything is new on the first day ----
warm = ['watch edge 2015-06-01 2015-12-31',
        'seen warm-op.com A below 2015-07-02 2015-07-19 1 300 198.51.100.90']
warm += ['seen warm%d-shop.com A below 2015-06-02 2015-07-25 9 300 198.51.100.90' % i
         for i in range(30)]
subprocess.run([history, path('warm')], input='\n'.join(warm) + '\n', text=True, check=True,
               timeout=60)
with open(path('warm.txt'), 'w') as f:
    f.write('warm-op[.]com\n')
run('investigate', '--db', path('warm'), *JULY, '--case', 'warmcase', 'warm.txt')
r = verdicts('warmcase')['warm-op.com', '198.51.100.90']
ok((r['verdict'], r['whose']) == ('SKIP', 'shared'), 'meant to fool: a first import from a warm resolver makes no farm', r)

# ---- overrides ----
with open(path('case', 'overrides.csv'), 'w') as f:
    f.write('name,address,verdict,who\nlonely-local.com,,SKIP,our own test server\n')
again = run('investigate', *COMMON, *JULY, 'report.md')
r = verdicts('case')['lonely-local.com', '198.51.100.70']
ok(r['verdict'] == 'SKIP' and 'our own test server' in r['reason'], 'overrides are honoured', r)

# ---- replay ----
replay = run('investigate', '--replay', 'case')
ok(replay.returncode == 0 and 'the same to the last byte' in replay.stderr,
   '--replay gives the same bytes', replay.stderr)
shutil.move(path('db'), path('elsewhere'))
replay = run('investigate', '--replay', 'case', '--case', 'copy')
os.remove(path('case', 'overrides.csv'))
diff = subprocess.run(['diff', '-r', path('case'), path('copy')], capture_output=True, text=True)
ok(diff.returncode == 0, 'also without the database', diff.stdout, replay.stderr)
with open(path('case', 'report.md'), 'a') as f:
    f.write('x')
replay = run('investigate', '--replay', 'case')
ok(replay.returncode != 0 and 'report.md' in replay.stderr, 'a changed file is named',
   replay.stderr)
shutil.move(path('elsewhere'), path('db'))
run('investigate', *COMMON, *JULY, 'report.md')

# ---- what is handed over ----
manifest = json.load(open(path('case', 'manifest.json')))
wrong = [p for p, h in manifest['files'].items()
         if hashlib.sha256(open(path('case', p), 'rb').read()).hexdigest() != h]
ok(not wrong and len(manifest['files']) == 14, 'the hashes of the manifest are right', wrong)
ok(any(q['question'].startswith('name mail.mirror-truecrypt.com') for q in manifest['questions']),
   'the manifest has the questions')
html = open(path('case', 'report.html')).read()
ok('<script' not in html and 'http' not in html.replace('http-equiv', '')
   and html.count('<svg') > 20, 'report.html is whole in itself')
ok('mail.mirror-truecrypt.com' not in html.split('Questions')[0],
   'names in the report are defanged')
records = [json.loads(x) for x in open(path('case', 'records.ndjson'))]
ok(any(r['rrname'] == 'single-date.com' and 'time_first' not in r for r in records),
   'a first that nobody said is not invented')
misp = json.load(open(path('case', 'misp.json')))['Event']
objects = [o for o in misp['Object'] if o['first_seen'] and o['last_seen']]
ok(len(objects) > 5 and all(a['object_relation'] in ('domain', 'ip', 'first-seen', 'last-seen')
                            for o in objects for a in o['Attribute']), 'MISP objects')
stix = json.load(open(path('case', 'stix.json')))
ids = [o['id'] for o in stix['objects']]
refs = [o[k] for o in stix['objects'] for k in ('source_ref', 'target_ref') if k in o]
ok(len(ids) == len(set(ids)) and set(refs) <= set(ids), 'STIX: unique ids, no loose references')
ok('ipv6-addr' in {o['type'] for o in stix['objects']}, 'STIX has the IPv6 address')
zeek = [x.split('\t') for x in open(path('case', 'hunt', 'zeek.intel')).read().splitlines()]
ok(all(len(x) == (5 if x[0] == '#fields' else 4) for x in zeek), 'Zeek: tabs as they must be')
ok('nfdump -R "$FLOWS" -t 2015/07/02.00:00:00-2015/07/19.23:59:59 \'ip 198.51.100.91\''
   in open(path('case', 'hunt', 'nfdump.sh')).read(), 'nfdump: the interval of the verdict')
if shutil.which('tcpdump'):
    bpf = subprocess.run(['tcpdump', '-d', '-y', 'EN10MB', '-F', path('case', 'hunt', 'bpf.txt')],
                         capture_output=True)
    ok(bpf.returncode == 0, 'BPF compiles')
else:
    skip('no tcpdump')

# ---- blocks: an address that is dedicated and seen lately ----
import time  # noqa: E402
day = lambda back: time.strftime('%Y-%m-%d', time.gmtime(time.time() - back * 86400))
current = '''watch edge %s %s
seen fresh-op.com A below %s %s 1 300 198.51.100.40
seen fresh-op.com AAAA below %s %s 1 300 2001:db8:0:1::40
seen fresh-op.com A below %s %s 1 300 203.0.113.40
state fresh-op.com A archive %s %s 4 198.51.100.40
state fresh-op.com AAAA archive %s %s 4 2001:db8:0:1::40
''' % ((day(60), day(1)) + (day(20), day(2)) * 5)
subprocess.run([history, path('now')], input=current, text=True, check=True, timeout=60)
with open(path('fresh.txt'), 'w') as f:
    f.write('fresh-op[.]com\n')
out = run('investigate', *COMMON[:-2], '--db', path('now'), '--from', day(30), '--case', 'fresh',
          'fresh.txt')
rpz = open(path('fresh', 'block', 'rpz.zone')).read()
ok('fresh-op.com CNAME .' in rpz and '32.40.100.51.198.rpz-ip CNAME .' in rpz
   and '128.40.zz.1.0.db8.2001.rpz-ip CNAME .' in rpz, 'RPZ: the name and its addresses', rpz,
   out.stdout)
ok('40.113.0.203' not in rpz, 'RPZ: never a CDN')
if shutil.which('named-checkzone'):
    check = subprocess.run(['named-checkzone', '-k', 'fail', 'rpz.example',
                            path('fresh', 'block', 'rpz.zone')], capture_output=True, text=True)
    ok(check.returncode == 0, 'BIND loads the zone', check.stdout)
else:
    skip('no BIND')
if shutil.which('unbound-checkconf') and shutil.which('unbound'):
    with open(path('unbound.conf'), 'w') as f:
        f.write('server:\n module-config: "respip iterator"\n use-syslog: no\n chroot: ""\n'
                ' username: ""\n directory: "%s"\n pidfile: "%s"\n interface: 127.0.0.1@45353\n'
                ' do-not-query-localhost: no\n logfile: "%s"\n verbosity: 2\n'
                'rpz:\n name: rpz.example\n zonefile: "%s"\n'
                % (tmp, path('pid'), path('unbound.log'), path('fresh', 'block', 'rpz.zone')))
    check = subprocess.run(['unbound-checkconf', path('unbound.conf')], capture_output=True,
                           text=True)
    ok(check.returncode == 0, 'Unbound takes its configuration', check.stderr)
    import socket
    import struct
    server = subprocess.Popen(['unbound', '-d', '-c', path('unbound.conf')],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    rcode = None
    query = struct.pack('>HHHHHH', 7, 0x100, 1, 0, 0, 0) + b'\x08fresh-op\x03com\0\0\1\0\1'
    for _ in range(50):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(0.2)
        try:
            s.sendto(query, ('127.0.0.1', 45353))
            rcode = s.recv(512)[3] & 15
            break
        except OSError:
            time.sleep(0.1)
        finally:
            s.close()
    server.terminate()
    server.wait(10)
    log = open(path('unbound.log')).read() if os.path.exists(path('unbound.log')) else ''
    ok(rcode == 3, 'Unbound answers NXDOMAIN from the zone', rcode, log[-1500:])
else:
    skip('no Unbound')

shutil.rmtree(tmp)
done()
