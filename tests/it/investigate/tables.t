#!/usr/bin/env python3
"""What others know of an address: MaxMind's files, ranges in CSV with their date, MISP
warninglists, the built-in lists, private suffixes; and every threshold changes a verdict.

usage: tables.t YORE SOURCE_ROOT
"""
import csv, ipaddress, json, os, re, shutil, subprocess, sys, tempfile, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'query'))
from asking import done, ok, skip

yore, root = os.path.abspath(sys.argv[1]), sys.argv[2]
history = os.path.join(os.path.dirname(yore), 'tests', 'it', 'investigate', 'history')
tmp = tempfile.mkdtemp(prefix='yore-tables-')
path = lambda *p: os.path.join(tmp, *p)


def put(name, text):
    os.makedirs(os.path.dirname(path(name)), exist_ok=True)
    with open(path(name), 'w') as f:
        f.write(text)


def make(db, lines):
    subprocess.run([history, path(db)], input='\n'.join(lines) + '\n', text=True, check=True,
                   timeout=60)


def investigate(db, report, *options, case='case', window=('2015-07-01', '2015-07-31')):
    put('report.txt', report + '\n')
    shutil.rmtree(path(case), ignore_errors=True)
    out = subprocess.run([yore, 'investigate', '--db', path(db), '--from', window[0], '--to',
                          window[1], '--case', path(case), *options, path('report.txt')],
                         capture_output=True, text=True, timeout=120, cwd=tmp)
    rows = {}
    if os.path.exists(path(case, 'addresses.csv')):
        with open(path(case, 'addresses.csv'), newline='') as f:
            rows = {(r['name'], r['address']): r for r in csv.DictReader(f)}
    return rows, out


seen = lambda name, value, first='2015-07-02', last='2015-07-19', ttl=300, kind='A': (
    'seen %s %s below %s %s 1 %d %s' % (name, kind, first, last, ttl, value))
WATCH = 'watch edge 2014-01-01 2015-12-31'
make('db', [WATCH, seen('asn-op.com', '198.51.100.5'),
            seen('asn-op.com', '2001:db8:5::1', kind='AAAA'), seen('other-op.com', '203.0.113.9')])

# ---- a MaxMind file ----
script = '''use MaxMind::DB::Writer::Tree;
my $t = MaxMind::DB::Writer::Tree->new(ip_version => 6, record_size => 24,
    database_type => "GeoLite2-ASN", languages => ["en"], description => { en => "test" },
    remove_reserved_networks => 0,
    map_key_type_callback => sub { $_[0] =~ /number/ ? "uint32" : "utf8_string" });
$t->insert_network("198.51.100.0/24", { autonomous_system_number => 64500,
    autonomous_system_organization => "Example Hosting" });
$t->insert_network("2001:db8:5::/48", { autonomous_system_number => 64501,
    autonomous_system_organization => "Six Hosting" });
open my $f, ">", $ARGV[0] or die; $t->write_tree($f);
'''
made = subprocess.run(['perl', '-e', script, path('asn.mmdb')], capture_output=True, text=True) \
    if shutil.which('perl') else None
if made and made.returncode == 0:
    rows, out = investigate('db', 'asn-op[.]com', '--asn', path('asn.mmdb'))
    today = time.strftime('%Y-%m-%d', time.gmtime())
    four, six = (rows.get(('asn-op.com', a), {}).get('evidence', '')
                 for a in ('198.51.100.5', '2001:db8:5::1'))
    ok('AS64500 Example Hosting' in four and 'asn.mmdb of ' + today in four,
       'MaxMind: network, organisation, and the date it was built', four, out.stderr)
    ok('AS64501 Six Hosting' in six, 'MaxMind: IPv6', six)
    data = bytearray(open(path('asn.mmdb'), 'rb').read())
    bad = 0
    for at in range(0, len(data) - 1, max(1, len(data) // 60)):
        broken = bytearray(data)
        broken[at] ^= 0xff
        with open(path('broken.mmdb'), 'wb') as f:
            f.write(broken)
        _, out = investigate('db', 'asn-op[.]com', '--asn', path('broken.mmdb'))
        bad += out.returncode < 0 or 'ERROR: ' in out.stderr
    ok(bad == 0, 'MaxMind: a damaged file harms nobody', bad)
else:
    for text in ('network, organisation, and the date', 'IPv6', 'a damaged file'):
        skip('MaxMind: ' + text, "no MaxMind::DB::Writer")

# ---- ranges in CSV, dated by the file ----
put('asn-ipv4.csv', '198.51.100.0,198.51.100.255,64502,"Hosting, with a comma"\n'
    '203.0.113.0,203.0.113.7,64503,Not there\n')
stamp = time.mktime(time.strptime('2015-06-15', '%Y-%m-%d'))
os.utime(path('asn-ipv4.csv'), (stamp, stamp))
rows, out = investigate('db', 'asn-op[.]com other-op[.]com', '--asn', path('asn-ipv4.csv'))
text = rows['asn-op.com', '198.51.100.5']['evidence']
ok('AS64502 Hosting, with a comma' in text and re.search(r'asn-ipv4.csv of 2015-06-1[45]', text),
   'CSV: network, organisation, date', text)
ok('AS' not in rows['other-op.com', '203.0.113.9']['evidence'], 'CSV: what no range has, has none')
put('bad.csv', '198.51.100.0,198.51.100.255,64502,fine\nnonsense\n')
_, out = investigate('db', 'asn-op[.]com', '--asn', path('bad.csv'))
ok(out.returncode >= 2 and 'line 2' in out.stderr, 'CSV: a broken line is named', out.stderr)

# ---- MISP warninglists ----
put('warn/lists/skip.txt', '')
for folder, name, values in (('cdn', 'List of known Example CDN ranges', ['203.0.113.0/24']),
                             ('sink', 'List of known sinkholes', ['198.51.100.5']),
                             ('top', 'Top 1000 sites', ['asn-op.com'])):
    put('warn/%s/list.json' % folder, json.dumps({
        'name': name, 'version': 20150701, 'type': 'cidr', 'list': values}))
rows, out = investigate('db', 'asn-op[.]com other-op[.]com', '--warninglists', path('warn'))
r = rows['other-op.com', '203.0.113.9']
ok(r['special'] == 'CDN edge' and 'version 20150701' in r['evidence'] and r['verdict'] == 'SKIP',
   'a warninglist of a CDN, with its version', r, out.stderr)
r = rows['asn-op.com', '198.51.100.5']
ok(r['verdict'] == 'VICTIMS', 'a warninglist of sinkholes', r)
put('warn/broken/list.json', '{"name": ')
_, out = investigate('db', 'asn-op[.]com', '--warninglists', path('warn'))
ok(out.returncode >= 2 and out.stderr, 'a broken warninglist is said', out.stderr)
_, out = investigate('db', 'asn-op[.]com', '--warninglists', path('nowhere'))
ok(out.returncode >= 2 and 'nowhere' in out.stderr, 'and a folder that is not there')

# ---- the lists in the project ----
problems, total = [], 0
for name in sorted(os.listdir(os.path.join(root, 'data', 'networks'))):
    source = None
    for i, line in enumerate(open(os.path.join(root, 'data', 'networks', name)), 1):
        if line.startswith('#'):
            if line.startswith('# source:'):
                source = re.search(r'date: \d{4}-\d\d(-\d\d)?$', line.strip())
                if not source:
                    problems.append('%s:%d: a source without a date' % (name, i))
            continue
        if not line.strip():
            continue
        total += 1
        prefix, _, label = line.strip().partition(' ')
        try:
            ipaddress.ip_network(prefix)
        except ValueError:
            if not re.fullmatch(r'[a-z0-9.-]+\.[a-z]+', prefix):
                problems.append('%s:%d: %s' % (name, i, prefix))
        if not label or not source:
            problems.append('%s:%d: no label or no source' % (name, i))
print('# %d lines of networks' % total)
ok(not problems, 'each line of data/networks is a prefix with a label, a source and a date',
   '\n'.join(problems[:20]))
SPECIAL = {'104.16.1.1': 'CDN edge', '151.101.1.1': 'CDN edge', '23.32.5.5': 'CDN edge',
           '13.32.1.1': 'CDN edge', '2606:4700::1': 'CDN edge', '3.1.2.3': 'cloud',
           '34.65.1.1': 'cloud', '20.50.1.1': 'cloud', '5.9.1.1': '', '148.81.111.70': 'sinkhole',
           '8.8.8.8': 'public resolver', '9.9.9.9': 'public resolver', '0.0.0.0': 'not reachable',
           '127.0.0.1': 'not reachable', '10.1.1.1': 'not reachable', '91.195.240.5': 'parking'}
make('special', [WATCH] + [seen('s%d-op.com' % i, a, kind='AAAA' if ':' in a else 'A')
                           for i, a in enumerate(SPECIAL)])
rows, out = investigate('special', ' '.join('s%d-op[.]com' % i for i in range(len(SPECIAL))))
got = {a: r['special'] for (_, a), r in rows.items()}
wrong = {a: (got.get(a), want) for a, want in SPECIAL.items()
         if want not in (got.get(a) or '') or (want == '' and got.get(a))}
ok(not wrong, 'CDN edge and cloud apart, sinkholes, what sleeps', wrong)
ok({r['verdict'] for (_, a), r in rows.items() if SPECIAL[a] == 'cloud'} == {'REVIEW'},
   'a cloud is never skipped for that alone')

# ---- platforms of many people: private suffixes, and many names ----
make('many', [WATCH, seen('evil.blogspot.com', '198.51.100.20'),
              seen('honest.blogspot.com', '198.51.100.21'), seen('evil.github.io', '198.51.100.22'),
              seen('honest.github.io', '198.51.100.23'), seen('bad.pages-op.com', '198.51.100.24')]
     + [seen('u%d.pages-op.com' % i, '198.51.100.%d' % (30 + i)) for i in range(120)])
rows, out = investigate('many', 'evil.blogspot[.]com evil.github[.]io bad.pages-op[.]com')
ok({n for n, _ in rows} == {'evil.blogspot.com', 'evil.github.io', 'bad.pages-op.com'},
   'private suffixes and platforms: only the name itself', sorted(rows)[:9])
ok('120 names' in out.stdout or '121 names' in out.stdout, 'and that is said', out.stdout)
rows, out = investigate('many', 'bad.pages-op[.]com', '--names-at', '500')
ok(len(rows) > 100, '--names-at: all of them', len(rows))

# ---- thresholds ----
lines = [WATCH, seen('few-op.com', '198.51.100.40'), 'state few-op.com A archive 2015-07-02 '
         '2015-07-19 9 198.51.100.40', seen('ttl-op.com', '198.51.100.41', '2015-06-01',
                                            '2015-06-25', 604800),
         seen('probe-op.com', '198.51.100.42', '2015-05-01', '2015-05-05'),
         seen('probe-op.com', '198.51.100.43'),
         seen('flux-op.com', '198.51.100.44', ttl=60)]
lines += [seen('few%d-shop.com' % i, '198.51.100.40', '2014-02-01') for i in range(6)]
lines += [seen('flux-op.com', '%d.1.1.1' % (60 + i), ttl=60) for i in range(6)]
make('limits', lines)
verdict = lambda rows, n, a: (rows[n, a]['verdict'], rows[n, a]['when'], rows[n, a]['whose'])
report = 'few-op[.]com ttl-op[.]com probe-op[.]com flux-op[.]com'
usual, out = investigate('limits', report, '--wide', 'archive')
few, ttl = ('few-op.com', '198.51.100.40'), ('ttl-op.com', '198.51.100.41')
ok(verdict(usual, *few)[2] == 'unknown', 'six others: neither shared nor dedicated',
   verdict(usual, *few))
rows, out = investigate('limits', report, '--wide', 'archive', '--shared-at', '5')
ok(verdict(rows, *few)[2] == 'shared', '--shared-at', verdict(rows, *few))
rows, out = investigate('limits', report, '--wide', 'archive', '--dedicated-at', '6')
ok(verdict(rows, *few)[2] == 'dedicated', '--dedicated-at', verdict(rows, *few))
rows, out = investigate('limits', report, '--wide', 'archive', '--shared-at', '5', '--young',
                        '520d', '--from', '2015-07-01')
ok(verdict(usual, *ttl)[1] == 'CACHED', 'a TTL of a week reaches in', verdict(usual, *ttl))
rows, out = investigate('limits', report, '--max-ttl', '1d')
ok(verdict(rows, *ttl)[1] == 'BEFORE', '--max-ttl', verdict(rows, *ttl))
probe = ('probe-op.com', '198.51.100.42')
ok(usual[probe]['verdict'] == 'SKIP', 'five days are no probe', usual[probe])
rows, out = investigate('limits', report, '--probe', '6d')
ok(rows[probe]['verdict'] == 'REVIEW' and 'probe' in rows[probe]['reason'], '--probe', rows[probe])
rows, out = investigate('limits', report, '--probe', '6d', '--probe-gap', '100d')
ok(rows[probe]['verdict'] == 'SKIP', '--probe-gap', rows[probe])
ok('fast flux' not in usual['flux-op.com', '60.1.1.1']['reason'], 'seven addresses are no flux')
rows, out = investigate('limits', report, '--flux-addresses', '7', '--flux-networks', '3')
ok('fast flux' in rows['flux-op.com', '60.1.1.1']['reason'], '--flux-addresses, --flux-networks',
   rows['flux-op.com', '60.1.1.1'])
replay = subprocess.run([yore, 'investigate', '--replay', path('case')], capture_output=True,
                        text=True, timeout=60, cwd=tmp)
ok('the same to the last byte' in replay.stderr, 'thresholds are in the manifest: the replay is '
   'the same', replay.stderr)
rows, out = investigate('limits', report, '--flux-addresses', '7', '--flux-networks', '3',
                        '--flux-ttl', '30s')
ok('fast flux' not in rows['flux-op.com', '60.1.1.1']['reason'], '--flux-ttl')
rows, out = investigate('limits', report, '--expiry', '2d')
day = lambda d: time.strftime('%Y-%m-%d', time.gmtime(time.time() + d * 86400))
zone = open(path('case', 'block', 'rpz.zone')).read()
ok(day(2) in zone.split('\n')[0], '--expiry', zone.split('\n')[0])
for option in ('shared-at', 'flux-ttl', 'expiry'):
    _, out = investigate('limits', report, '--' + option, 'many')
    ok(out.returncode == 2 and option in out.stderr, '--%s many: usage' % option, out.stderr)
shutil.rmtree(tmp)
done()
