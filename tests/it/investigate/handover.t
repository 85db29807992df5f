#!/usr/bin/env python3
"""What a case hands over, read by others' programs: nfdump, tcpdump, Suricata's own rule
parser, BIND and Unbound that load the zone and answer; and, where no program of theirs is
at hand, by small readers written to their grammars (Zeek's intelligence files, Arkime's
expressions, MISP, STIX).

usage: handover.t YORE SOURCE_ROOT
"""
import ipaddress, json, os, re, shutil, socket, struct, subprocess, sys, tempfile, time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'query'))
from asking import done, ok, skip

yore, root = os.path.abspath(sys.argv[1]), sys.argv[2]
history = os.path.join(os.path.dirname(yore), 'tests', 'it', 'investigate', 'history')
tmp = tempfile.mkdtemp(prefix='yore-handover-')
path = lambda *p: os.path.join(tmp, *p)


day = lambda back: time.strftime('%Y-%m-%d', time.gmtime(time.time() - back * 86400))
lines = ['watch edge %s %s' % (day(90), day(1))]
for name, kind, value in (
        ('fresh-op.com', 'A', '198.51.100.40'), ('fresh-op.com', 'AAAA', '2001:db8:0:1::40'),
        ('six-op.com', 'AAAA', '2001:db8:1:2:3:4:5:6'), ('edge-op.com', 'A', '203.0.113.40'),
        ('cloud-op.com', 'A', '198.51.100.200')):
    lines.append('seen %s %s below %s %s 1 300 %s' % (name, kind, day(20), day(2), value))
    lines.append('state %s %s archive %s %s 4 %s' % (name, kind, day(20), day(2), value))
lines.append('seen stale-op.com A below %s %s 1 300 198.51.100.41' % (day(59), day(45)))
lines.append('state stale-op.com A archive %s %s 4 198.51.100.41' % (day(59), day(45)))
lines.append('seen sink-op.com A below %s %s 1 300 192.0.2.250' % (day(20), day(2)))
for i in range(30):
    lines.append('seen shop%d.com A below %s %s 2 300 198.51.100.60' % (i, day(80), day(2)))
lines.append('seen shared-op.com A below %s %s 1 300 198.51.100.60' % (day(20), day(2)))
for i in range(6):
    lines.append('seen in-range%d.net A below %s %s 2 300 198.51.100.%d'
                 % (i, day(40), day(2), 100 + i))
subprocess.run([history, path('db')], input='\n'.join(lines) + '\n', text=True, check=True,
               timeout=60)
for name, text in (('cdn.txt', '203.0.113.0/24 An edge\n'), ('sink.txt', '192.0.2.248/29 A sink\n'),
                   ('report.txt', 'fresh-op[.]com six-op[.]com edge-op[.]com stale-op[.]com '
                    'sink-op[.]com\nshared-op[.]com cloud-op[.]com xn--bcher-op-65a[.]com\n'
                    '*.zone-op[.]net evil-shop.blogspot[.]com hxxp://under_score.op-host[.]com/x\n'
                    '198.51.100.101-198.51.100.105 198.51.100.112/30 files.corp.internal\n')):
    with open(path(name), 'w') as f:
        f.write(text)
out = subprocess.run([yore, 'investigate', '--db', path('db'), '--wide', 'archive', '--network',
                      'cdn=' + path('cdn.txt'), '--network', 'sinkhole=' + path('sink.txt'),
                      '--from', day(60), '--to', day(1), '--case', path('case'),
                      path('report.txt')], capture_output=True, text=True, timeout=60, cwd=tmp)
ok(out.returncode == 0, 'a case is made', out.stdout, out.stderr)
read = lambda *p: open(path('case', *p), encoding='utf-8').read()
HUNTED = {'198.51.100.40', '2001:db8:0:1::40', '2001:db8:1:2:3:4:5:6', '198.51.100.41',
          '198.51.100.200', '192.0.2.250'}
# the range that the report names, as prefixes; the prefix
RANGES = {'198.51.100.101/32', '198.51.100.102/31', '198.51.100.104/31', '198.51.100.112/30'}


# ---- flows and packets ----
flows = [x for x in read('hunt', 'nfdump.sh').splitlines() if x.startswith('nfdump ')]
found = {m.group(1) for x in flows for m in [re.search(r"'(?:ip|net) (\S+)'$", x)]}
ok(found >= HUNTED and not found & {'198.51.100.60', '203.0.113.40'},
   'nfdump: each address that is hunted, no other', found)
ok(subprocess.run(['sh', '-n', path('case', 'hunt', 'nfdump.sh')]).returncode == 0,
   'nfdump.sh is a script')
wide = [x for x in flows if day(60).replace('-', '/') in x and not re.search('198.51.100.1', x)]
ok(not wide, 'each only in the interval of its verdict', wide)
if shutil.which('nfdump'):
    bad = [f for x in flows for f in [x.split("'")[1]]
           if subprocess.run(['nfdump', '-Z', f], capture_output=True).returncode]
    ok(flows and not bad, 'nfdump takes every filter', bad)
else:
    skip('nfdump takes every filter', 'no nfdump')
if shutil.which('tcpdump'):
    bpf = subprocess.run(['tcpdump', '-d', '-y', 'EN10MB', '-F', path('case', 'hunt', 'bpf.txt')],
                         capture_output=True, text=True)
    ok(bpf.returncode == 0 and bpf.stdout.count('jeq') > 10, 'tcpdump compiles the filter',
       bpf.stderr)
else:
    skip('tcpdump compiles the filter', 'no tcpdump')


# ---- Zeek: its ASCII input reader: a #fields line, tabs, '-' for nothing ----
def zeek_intel(text):
    rows = text.split('\n')
    fields = rows[0].split('\t')
    assert fields[0] == '#fields' and rows[-1] == '', rows[0]
    for row in rows[1:-1]:
        v = row.split('\t')
        assert len(v) == len(fields) - 1 and all(v), row
        r = dict(zip(fields[1:], v))
        kind, what = r['indicator_type'], r['indicator']
        if kind == 'Intel::ADDR':
            ipaddress.ip_address(what)
        elif kind == 'Intel::SUBNET':
            ipaddress.ip_network(what)
        else:
            assert kind == 'Intel::DOMAIN' and re.fullmatch(r'[a-z0-9_.-]+', what), row
        yield kind, what


try:
    rows, why = list(zeek_intel(read('hunt', 'zeek.intel'))), ''
except (AssertionError, ValueError) as e:
    rows, why = [], repr(e)
ok({w for k, w in rows if k == 'Intel::ADDR'} >= HUNTED, "Zeek's file has its form", why, rows)
ok({w for k, w in rows if k == 'Intel::DOMAIN'} >= {'fresh-op.com', 'zone-op.net'}
   and len(set(rows)) == len(rows), 'with the names, each once', rows)


# ---- Arkime: its grammar, (e), &&, ||, STR OP VALUE; a time without a zone is the viewer's
def arkime(text):
    words = re.findall(r'"(?:\\.|[^"])*"|[-+a-zA-Z0-9_.@:*?/$]+|<=|>=|==|\|\||&&|[()]|\S', text)
    at = 0

    def value():
        nonlocal at
        if words[at] == '(':
            at += 1
            v = either()
            assert words[at] == ')', words[at]
            at += 1
            return v
        field, op, v = words[at:at + 3]
        assert field in ('ip', 'starttime') and op in ('==', '<=', '>='), (field, op)
        if field == 'ip':
            v = ipaddress.ip_network(v)
        else:
            v = time.strptime(v.strip('"'), '%Y/%m/%d %H:%M:%S %z')
        at += 3
        return [(field, op, v)]

    def both():
        nonlocal at
        v = value()
        while at < len(words) and words[at] == '&&':
            at += 1
            v = v + value()
        return v

    def either():
        nonlocal at
        v = [both()]
        while at < len(words) and words[at] == '||':
            at += 1
            v.append(both())
        return v

    v = either()
    assert at == len(words), words[at]
    return v


expression, _, link = read('hunt', 'arkime.txt').strip().split('\n')
try:
    parsed, why = arkime(expression), ''
except (AssertionError, ValueError, IndexError) as e:
    parsed, why = [], repr(e)
flat = [c[0] if len(c) == 1 else c for c in parsed]
nets = {str(ip.network_address) for c in flat for f, _, ip in c if f == 'ip' and ip.num_addresses == 1}
ok(nets >= HUNTED and all([f for f, _, _ in c] == ['ip', 'starttime', 'starttime'] for c in flat),
   "Arkime's grammar takes the expression, every address with its two times", why, expression)
asked = urllib.parse.parse_qs(urllib.parse.urlsplit(link).query)
ok(asked['expression'] == [expression] and asked['startTime'] < asked['stopTime'],
   'and the link asks the same', link)

# ---- Suricata: the parser that its own update tool has ----
rules = read('block', 'rules.suricata')
sys.path.append('/usr/lib/python3/dist-packages')
try:
    from suricata.update import rule as suricata
except ImportError:
    suricata = None
text_of = [x for x in rules.splitlines() if x.startswith('alert')]
sids = [int(re.search(r'sid:(\d+);', x).group(1)) for x in text_of]
ok(len(set(sids)) == len(sids) and all(1000000 <= s < 2000000 for s in sids),
   'Suricata: numbers that are for local rules, each once', sids)
if suricata:
    got = [suricata.parse(x) for x in text_of]
    ok(all(got) and all(r.action == 'alert' and r.enabled and r.msg and r.sid for r in got),
       "Suricata's parser reads every rule", text_of)
    ok([r.sid for r in got] == sids and all(
        any(m.startswith('expires ') and m[8:] > day(0) for m in r.metadata) for r in got),
       'each with the day when it expires', [r.metadata for r in got])
    options = lambda x: [o.split(':')[0] for o in re.findall(r'(?:[^;"]|"[^"]*")+(?=;)',
                                                             x.split('(', 1)[1])]
    questions = [x for x in text_of if x.startswith('alert dns any any -> any any (')]
    names = {re.search(r'content:"\.([^"]*)"', x).group(1) for x in questions}
    ok({'fresh-op.com', 'shared-op.com', 'zone-op.net', 'under_score.op-host.com'} <= names
       and not {n for n in names if 'internal' in n or n == 'blogspot.com'},
       'the names that the report means, and no other', names)
    ok(all([o.strip() for o in options(x)][1:6] == ['dns.query', 'dotprefix', 'content', 'nocase',
                                                    'endswith'] for x in questions),
       'the buffer first, then what changes and searches it')
    to = {x.split()[5] for x in text_of if x.startswith('alert ip')}
    ok(to == {'198.51.100.40', '2001:db8:0:1::40', '2001:db8:1:2:3:4:5:6', '198.51.100.200'},
       'addresses: dedicated and seen lately; no edge of a CDN, no sinkhole, nothing shared, '
       'nothing old', to)
else:
    for _ in range(5):
        skip("Suricata's parser reads every rule", 'no suricata-update')

# ---- RPZ: loaded and answered from ----
zone = read('block', 'rpz.zone')
ok('203.0.113' not in zone and '40.113.0.203' not in zone and '250.2.0.192' not in zone
   and '41.100.51.198' not in zone and '60.100.51.198' not in zone and 'internal' not in zone,
   'RPZ: never a CDN, a sinkhole, what is shared or old, our own', zone)
ok('\n*.blogspot.com' not in zone and '\nevil-shop.blogspot.com CNAME .' in zone,
   'RPZ: a platform of many names stays')


def ask(port, name, kind=1):
    q = b''.join(bytes([len(p)]) + p.encode() for p in name.split('.')) + b'\0'
    q = struct.pack('>HHHHHH', 7, 0x100, 1, 0, 0, 0) + q + struct.pack('>HH', kind, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        for _ in range(30):
            try:
                s.sendto(q, ('127.0.0.1', port))
                return s.recv(4096)[3] & 15
            except OSError:
                time.sleep(0.2)
    return None


def free():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def put(name, text):
    with open(path(name), 'w') as f:
        f.write(text)
    os.chmod(path(name), 0o644)


# what a resolver would be told without the policy: an authority of our own
auth = free()
put('auth.zone', '$TTL 60\n@ SOA ns. root. 1 60 60 60 60\n@ NS ns.op-auth.test.\n'
    'ns.op-auth.test. A 127.0.0.1\n'
    'fresh-op.com. A 9.9.9.1\nwww.fresh-op.com. A 9.9.9.2\ninnocent.org. A 9.9.9.3\n'
    'other-name.org. A 198.51.100.40\nsix-name.org. AAAA 2001:db8:0:1::40\n'
    'evil-shop.blogspot.com. A 9.9.9.4\nhonest.blogspot.com. A 9.9.9.5\n'
    'edge.org. A 203.0.113.40\n')
WANT = [('fresh-op.com', 1, 3), ('www.fresh-op.com', 1, 3), ('innocent.org', 1, 0),
        ('other-name.org', 1, 3), ('six-name.org', 28, 3), ('evil-shop.blogspot.com', 1, 3),
        ('honest.blogspot.com', 1, 0), ('edge.org', 1, 0)]
os.chmod(tmp, 0o755)
if shutil.which('named') and shutil.which('named-checkzone'):
    check = subprocess.run(['named-checkzone', '-k', 'fail', 'rpz.example',
                            path('case', 'block', 'rpz.zone')], capture_output=True, text=True)
    ok(check.returncode == 0, 'BIND takes the zone', check.stdout)
    port = free()
    # as one server: the root zone is its own, so no other server is asked
    put('named.conf', 'options { directory "%s"; pid-file none; session-keyfile none; '
        'listen-on port %d { 127.0.0.1; }; listen-on-v6 { none; }; dnssec-validation no; '
        'recursion yes; allow-query { any; }; '
        'response-policy { zone "rpz.example"; } qname-wait-recurse no recursive-only no; };\n'
        'controls { };\n'
        'zone "." { type primary; file "%s"; };\n'
        'zone "rpz.example" { type primary; file "%s"; };\n'
        % (tmp, port, path('auth.zone'), path('case', 'block', 'rpz.zone')))
    with open(path('named.log'), 'w') as log:
        p = subprocess.Popen(['named', '-g', '-c', path('named.conf')], stdout=log, stderr=log)
    got = [(n, k, ask(port, n, k)) for n, k, _ in WANT]
    p.terminate()
    p.wait(20)
    ok(got == WANT, 'BIND blocks the names and what answers with the addresses, nothing else',
       got, open(path('named.log')).read()[-2500:])
else:
    skip('BIND takes the zone', 'no BIND')
    skip('BIND blocks the names', 'no BIND')
if shutil.which('unbound') and shutil.which('unbound-checkconf'):
    port = free()
    put('unbound.conf', 'server:\n module-config: "respip iterator"\n use-syslog: no\n chroot: ""\n'
        ' username: ""\n directory: "%s"\n pidfile: "%s"\n interface: 127.0.0.1@%d\n'
        ' do-not-query-localhost: no\n logfile: "%s"\n verbosity: 2\n'
        'auth-zone:\n name: "."\n zonefile: "%s"\n for-upstream: yes\n for-downstream: no\n'
        'rpz:\n name: rpz.example\n zonefile: "%s"\n'
        % (tmp, path('unbound.pid'), port, path('unbound.log'), path('auth.zone'),
           path('case', 'block', 'rpz.zone')))
    check = subprocess.run(['unbound-checkconf', path('unbound.conf')], capture_output=True,
                           text=True)
    ok(check.returncode == 0, 'Unbound takes the zone', check.stderr)
    p = subprocess.Popen(['unbound', '-d', '-c', path('unbound.conf')],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    got = [(n, k, ask(port, n, k)) for n, k, _ in WANT]
    p.terminate()
    p.wait(20)
    ok(got == WANT, 'Unbound blocks the same', got, open(path('unbound.log')).read()[-2500:])
else:
    skip('Unbound takes the zone', 'no Unbound')
    skip('Unbound blocks the same', 'no Unbound')

# ---- MISP and STIX ----
event = json.loads(read('misp.json'))['Event']
values = [a['value'] for a in event.get('Attribute', [])]
values += [a['value'] for o in event['Object'] for a in o['Attribute']]
kinds = {a['type'] for o in event['Object'] for a in o['Attribute']}
kinds |= {a['type'] for a in event.get('Attribute', [])}
ok(kinds <= {'domain', 'hostname', 'ip-dst', 'ip-src', 'datetime', 'text', 'domain|ip', 'link',
             'comment'}, 'MISP: types that it has', kinds)


def address(text):
    try:
        return bool(ipaddress.ip_network(text))
    except ValueError:
        return False


bad = [a['value'] for o in event['Object'] for a in o['Attribute']
       if a['type'].startswith('ip-') and not address(a['value'])]
bad += [a['value'] for a in event.get('Attribute', [])
        if a['type'].startswith('ip-') and not address(a['value'])]
ok(not bad, 'MISP: addresses and prefixes, no ranges', bad)
iso = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)')
ok(all(iso.fullmatch(o['first_seen']) and iso.fullmatch(o['last_seen'])
       and o['first_seen'] <= o['last_seen'] for o in event['Object'] if o.get('first_seen')),
   'MISP: first and last seen are times')
stix = json.loads(read('stix.json'))
ok(stix['type'] == 'bundle' and all(re.fullmatch(o['type'] + r'--[0-9a-f]{8}-[0-9a-f]{4}-[45]'
                                                 r'[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}',
                                                 o['id']) for o in stix['objects']),
   'STIX: identifiers are of the kind of their objects')
import uuid
own = uuid.UUID('00abedb4-aa42-466c-9c01-fed23315a9b7') # the standard's own, for observables
wrong = [o['id'] for o in stix['objects'] if o['type'] in ('ipv4-addr', 'ipv6-addr', 'domain-name')
         and o['id'].split('--')[1] != str(uuid.uuid5(own, json.dumps(
             {'value': o['value']}, separators=(',', ':'), ensure_ascii=False)))]
ok(not wrong, 'STIX: identifiers of observables as the standard derives them', wrong[:5])
bad = [o['value'] for o in stix['objects'] if o['type'] in ('ipv4-addr', 'ipv6-addr')
       and not address(o['value'])]
ok(not bad, 'STIX: addresses and prefixes, no ranges', bad)
lacking = [o['id'] for o in stix['objects'] if o.get('spec_version') != '2.1' or
           ('created' in o) != ('modified' in o) or
           o['type'] == 'indicator' and not ({'pattern', 'pattern_type', 'valid_from'} <= set(o))]
ok(not lacking, 'STIX: what 2.1 wants of each object', lacking)

# ---- hostile names and texts ----
HOSTILE = ['<img/src=x>.fresh-op.com', '"><svg/onload=a>.fresh-op.com', '\\027[31mred.fresh-op.com',
           '`|[x](y).fresh-op.com', '=cmd.fresh-op.com', '\\226\\128\\174bidi.fresh-op.com']
more = lines + ['seen %s A below %s %s 1 300 198.51.100.40' % (n, day(20), day(2)) for n in HOSTILE]
made = subprocess.run([history, path('hostile')], input='\n'.join(more) + '\n', text=True,
                      capture_output=True, timeout=60)
ok(made.returncode == 0, 'hostile names are in a history', made.stderr)
evil = 'a <script>&"\'b.txt'
with open(path(evil), 'w') as f:
    f.write('fresh-op[.]com and <script>alert(1)</script> stale-op[.]com\n')
out = subprocess.run([yore, 'investigate', '--db', path('hostile'), '--wide', 'archive', '--from',
                      day(60), '--to', day(1), '--case', path('evil'), path(evil)],
                     capture_output=True, text=True, timeout=60, cwd=tmp)
ok(out.returncode == 0 and out.stdout.count('fresh-op.com') > len(HOSTILE)
   and '\x1b' not in out.stdout and '\u202e' not in out.stdout,
   'the screen shows them, and no terminal obeys', out.stdout, out.stderr)
from html.parser import HTMLParser


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.wrong, self.text = [], [], ''

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.wrong += [(tag, a) for a, v in attributes
                       if a.startswith('on') or a in ('src', 'href') or 'url(' in (v or '')]

    def handle_data(self, data):
        self.text += data


page = Page()
html = open(path('evil', 'report.html'), encoding='utf-8').read()
page.feed(html)
ok(not page.wrong and not {'script', 'img', 'iframe', 'link', 'a', 'object'} & set(page.tags),
   'report.html: nothing of theirs is markup, nothing is fetched', page.wrong, set(page.tags))
ok('<img/src=x>' in page.text and evil in page.text, 'but their text is there')
ok('lang="en"' in html and '<title>' in html and 'name="viewport"' in html
   and html.count('<h1>') == 1 and 'th scope' in html and html.count('role="img"><title>') > 5
   and "default-src 'none'" in html,
   'a title, a language, headers of tables, words for every drawing')
rows = open(path('evil', 'addresses.csv'), newline='').read()
ok('\n=cmd' not in rows and ',=cmd' not in rows and '\x1b' not in rows,
   'a spreadsheet gets no formula')
json.load(open(path('evil', 'misp.json')))
json.load(open(path('evil', 'stix.json')))
if shutil.which('named-checkzone'):
    check = subprocess.run(['named-checkzone', '-k', 'ignore', 'rpz.example',
                            path('evil', 'block', 'rpz.zone')], capture_output=True, text=True)
    ok(check.returncode == 0, 'the zone still loads', check.stdout)
else:
    skip('the zone still loads', 'no BIND')
shutil.rmtree(tmp)
done()
