"""yore query and export, as people and scripts call them: exit status, what goes where,
every option of time and choice, batches, wrong input of every kind, broken outputs."""
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from asking import done, ok, on_terminal, root, run, same, yore

folder = tempfile.mkdtemp(prefix='yore-query-')
db = os.path.join(folder, 'db')
pcap = os.path.join(folder, 'sample.pcap')
subprocess.run([sys.executable, os.path.join(root, 'demo', 'story.py'), pcap], check=True,
               stdout=subprocess.DEVNULL)
status, out, err = run('import', '--db', db, pcap)
same((status, err), (0, ''), 'import: done, nothing to complain about')
ok('7856 packets' in out and ' 0  ' not in out, 'import: a summary without zeros', out)
status, out, err = run('import', '--db', db, '-q', pcap)
same((status, out, err), (0, '', ''), 'import -q: silent')


def query(*args, **kw):
    return run('query', '--db', db, *args, **kw)


def rows(*args):
    status, out, err = query(*args)
    return [json.loads(line) for line in out.splitlines()]


def rdata(*args):
    return [x for r in rows(*args) for x in r['rdata']]


# ---- exit status ----
NAME = 'bank-login.example'
cases = [
    (0, (NAME,), 'found and complete'),
    (1, ('never.example',), 'not seen, watched'),
    (1, (NAME, '--on', '2014-12-31'), 'not seen that day, watched'),
    (4, (NAME, '--to', '2013'), 'nobody watched'),
    (4, ('never.example', '--from', '2015-12', '--to', '2017'), 'watched in parts'),
    (2, (), 'no term'),
    (2, ('not..a.name',), 'no name'),
    (2, ('/(/',), 'broken pattern'),
    (2, ('192.0.2.0/33',), 'no prefix'),
    (2, ('192.0.2.0/24x',), 'a prefix and more'),
    (2, ('192.0.2.0/24,2015-01-01',), 'a prefix and a time'),
    (2, ('raw:abc',), 'odd hex'),
    (2, (NAME, '-t', 'NOTYPE'), 'no type'),
    (2, (NAME, '--from', 'yesterdayish'), 'no time'),
    (2, (NAME, '--from', '2015', '--to', '2014'), 'turned time'),
    (2, (NAME, '-A', '2015', '-B', '2014'), 'turned bounds'),
    (2, (NAME, '-c'), '-c alone'),
    (2, (NAME, '--on', '2014', '--to', '2015'), '--on with --to'),
    (2, (NAME, '--tz', 'Nowhere/City'), 'no zone'),
    (2, (NAME, '--tz', '../../etc/passwd'), 'no zone, but a path'),
    (2, (NAME, '-p', 'nosuch'), 'no format'),
    (2, (NAME, '--view', 'nosuch'), 'no view'),
    (2, (NAME, '--sort', 'nosuch'), 'no sort key'),
    (2, (NAME, '--limit', '-1'), 'no number'),
    (2, (NAME, '--limit', '99999999999999999999'), 'too large a number'),
    (2, (NAME, '--source', 'no such!'), 'no source'),
    (2, (NAME, '--bailiwick', 'a..b'), 'no bailiwick'),
    (2, (NAME, '--nosuch'), 'no option'),
    (2, (NAME, '-Z'), 'no letter'),
    (2, (NAME, '--limit'), 'an argument is missing'),
    (2, (NAME, '-s', '-S'), 'both ways'),
    (2, ('-r', 'a.example', '-n', 'b.example'), 'both sides'),
    (2, (NAME, '-f', '/dev/null'), 'terms twice'),
    (2, (NAME, '--negative', '--suspicious'), 'two shelves'),
    (2, (NAME, '--hops', '1000'), 'too many hops'),
    (5, ('-f', '/nonexistent/list'), 'no list'),
]
for want, args, what in cases:
    status, out, err = query(*args)
    one_line = err.count('\n') == (0 if want == 0 else 1 + (': time 2' in err or ': time since' in err or ': time until' in err))
    ok(status == want and one_line and (want == 0 or out == ''),
       '%d: %s%s' % (want, what, '' if want == 0 else ', one line on stderr, nothing on stdout'),
       status, err, out[:200])
    if want == 2:
        ok('see yore help query' in err, '... which points at the help', err)

status, out, err = query('x\x1b[31m\n.example', '-t', 'A')
ok('\x1b' not in err, 'what is quoted in messages is safe for terminals', repr(err))
status, out, err = query(NAME, '--limit', '\x1b[31m\n9')
ok(status == 2 and '\x1b' not in err and err.count('\n') == 1, '... from options, too', repr(err))

# ---- databases ----
status, out, err = run('query', '--db', os.path.join(folder, 'none'), NAME)
ok(status == 6 and 'there is no database' in err and err.count('\n') == 1, 'no database: 6, and what to do', err)
ok(not os.path.exists(os.path.join(folder, 'none')), 'asking makes no database')
status, out, err = run('query', '--db', pcap, NAME)
ok(status == 6 and err.count('\n') == 1, 'a file is no database: 6', status, err)
broken = os.path.join(folder, 'broken')
shutil.copytree(db, broken)
for where, folders, files in os.walk(broken):
    for name in files:
        if name.startswith('MANIFEST'):
            with open(os.path.join(where, name), 'r+b') as f:
                f.truncate(7)
status, out, err = run('query', '--db', broken, NAME)
ok(status in (3, 6) and err, 'a damaged database: 3 or 6, and said', status, err)
env = dict(os.environ, YORE_DB=db)
status, out, err = run('query', NAME, env=env)
ok(status == 0 and out, '$YORE_DB is the database')
env = {k: v for k, v in os.environ.items() if k not in ('YORE_DB', 'HOME', 'XDG_DATA_HOME')}
status, out, err = run('query', NAME, env=env)
ok(status == 2 and '--db' in err, 'without any place: 2, and what to give', err)

# ---- broken outputs ----
p = subprocess.run(['bash', '-c', '"$0" export --db "$1" >&-', yore, db], stderr=subprocess.PIPE)
ok(p.returncode == 7 and p.stderr.count(b'\n') == 1, 'closed stdout: 7, one line', p.returncode, p.stderr)
with open('/dev/full', 'wb') as full:
    status, out, err = run('export', '--db', db, stdout=full)
ok(status == 7 and 'No space' in err and err.count('\n') == 1, 'full disk: 7, one line', status, err)
p = subprocess.run(['bash', '-c', '"$0" export --db "$1" -q --view month | head -1; echo ${PIPESTATUS[0]}', yore, db],
                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
ok(p.stderr == b'' and p.stdout.splitlines()[-1] == b'0', 'a reader that goes away: quiet', p.stderr, p.stdout)

# ---- what is printed where ----
status, out, err = query(NAME, '--from', '2014-10-01', '--to', '2014-10-31')
ok(all(json.loads(line) for line in out.splitlines()), 'a pipe gets JSON lines')
ok('2014-10-01T00:00:00Z .. 2014-10-31T23:59:59Z' in err, 'the time as understood is on stderr, in UTC', err)
screen = on_terminal('query', '--db', db, NAME).decode()
ok('FIRST SEEN' in screen and all(len(x) <= 80 for x in re.sub('\x1b\\[[0-9]*m', '', screen).splitlines()),
   'a terminal gets a table of 80 columns', screen)
ok('\x1b[' in screen, '... in colour')
ok('+1' in on_terminal('query', '--db', db, 'www.' + NAME).decode(), '... with aliases followed')
ok('+1' not in on_terminal('query', '--db', db, 'www.' + NAME, '--no-follow').decode(), '... unless not wanted')
status, out, err = query('www.' + NAME, '--text', '--colour', 'always')
ok('\x1b[' in out, '--colour always colours a pipe, too')
status, out, err = query('never.example', '--from', '2014-06-01', '--to', '2014-07-01')
ok('watched wholly' in err and 'sample.pcap' in err, 'nothing found says who watched', err)
status, out, err = query(NAME, '--coverage', '--limit', '1')
ok('watched wholly' in err and 'there is more' in err, '--coverage, and a cut answer says so', err)
status, out, err = query('never.example', '-q', '--to', '2013')
same((status, out, err), (4, '', ''), '-q is silent')

# ---- what was not believed ----
sys.path.insert(0, os.path.join(root, 'demo'))
import story  # noqa: E402
capture = story.Capture(1)
story.Resolver(capture).resolve(story.day('2015-05-05'), 'good.example', story.OWN_NS, 'www.good.example', 'A',
                                [('www.good.example', 'A', 300, '198.51.100.9')])
capture.ask(story.day('2015-05-06'), story.OWN_NS[1], 'x.good.example', 'A',
            [('x.good.example', 'A', 300, '198.51.100.9'), ('www.bank.example', 'A', 300, '203.0.113.66')])
capture.write(os.path.join(folder, 'poison.pcap'))
poisoned = os.path.join(folder, 'poisoned')
run('import', '-q', '--db', poisoned, os.path.join(folder, 'poison.pcap'))
status, out, err = run('query', '--db', poisoned, 'www.bank.example')
ok(status == 1 and '1 record was not believed: --suspicious shows it' in err,
   'nothing found says what was hidden', status, err)
status, out, err = run('query', '--db', poisoned, 'www.bank.example', '--suspicious')
ok(status == 0 and '203.0.113.66' in out, '--suspicious shows it', status, err)
ok('203.0.113.66' not in run('export', '--db', poisoned)[1], 'and export leaves it out')

# ---- choosing ----
ADDRESSES = ['192.0.2.66', '8.8.8.8', '198.51.100.77', '198.51.100.23']
same(rdata(NAME, '-t', 'A'), ADDRESSES, 'addresses, last seen first')
same(rdata(NAME, '-t', 'a', '--sort', 'first'), [ADDRESSES[i] for i in (1, 3, 2, 0)], '--sort first')
same(rdata(NAME, '-t', 'A', '-k', 'first', '-S'), [ADDRESSES[i] for i in (0, 2, 3, 1)], '-k first -S')
same(rdata(NAME, '-t', 'A', '--sort', '-count'), [ADDRESSES[i] for i in (2, 3, 0, 1)], '--sort -count')
same({r['rrtype'] for r in rows(NAME)}, {'A', 'MX', 'NS'}, 'all types')
same(len(rows('*.' + NAME)), len(rows(NAME, '--subdomains')), '--subdomains is *.zone')
same(rdata('-r', NAME + '/A/' + NAME), ADDRESSES, '-r NAME/TYPE/BAILIWICK')
same({r['rrname'] for r in rows('-n', 'ns1.sinkhole.example/NS')}, {NAME, 'pay-update.example'}, '-n NAME/TYPE')
same(rdata('-i', '198.51.100.77'), ['198.51.100.77'] * 2, '-i ADDRESS')
same({r['rrname'] for r in rows('198.51.100.70-198.51.100.80')}, {NAME, 'pay-update.example'}, 'a range')
same({r['rrname'] for r in rows('hxxp://198.51.100[.]77/x')}, {NAME, 'pay-update.example'}, 'a defanged URL')
same({r['rrname'] for r in rows('bank-login.*')}, {NAME, 'bank-login.edge.cdn.example'}, 'name.*')
same({r['rrname'] for r in rows('*.' + NAME, '-t', 'A')}, {NAME, 'mail.' + NAME}, '*.zone')
same({r['rrname'] for r in rows('/^(shop|news)\\.edge\\./')}, {'shop.edge.cdn.example', 'news.edge.cdn.example'},
     '/regex/')
same({r['rrname'] for r in rows('?ews.e*.example')}, {'news.edge.cdn.example'}, 'a glob')
same({r['rrname'] for r in rows('2001:db8::/48')}, {'news.example'}, 'a prefix of IPv6')
same({r['rrname'] for r in rows('raw:c633644d')}, {NAME, 'pay-update.example'}, 'raw rdata')
same({r['rrname'] for r in rows('BANK-login.EXAMPLE.', '-t', 'MX')}, {NAME}, 'case and a final dot do not matter')
same({r['rrtype'] for r in rows('news.example', '-t', 'TXT,AAAA')}, {'TXT', 'AAAA'}, 'several types')
same(rows(NAME, '--source', 'below'), [], '--source')
same(rows(NAME, '--sensor', 'other'), [], '--sensor')
same(len(rows(NAME, '--bailiwick', NAME)), 5, '--bailiwick')

# ---- names that look like something else ----
odd = os.path.join(folder, 'odd')
ODD = ['a\\@b.com', 'b.com', '1.0/25.2.0.192.in-addr.arpa', 'a\\;b.example', 'a,b.example']
lines = ''.join(json.dumps({'rrname': name, 'rrtype': 'PTR', 'rdata': ['h%d.%s.' % (i, name)], 'count': 1,
                            'time_first': 1435708800, 'time_last': 1435808800}) + '\n' for i, name in enumerate(ODD))
run('import', '-q', '--db', odd, '--format', 'cof', '--source', 'x', '-', input=lines.encode())


def owners(*args):
    return {json.loads(x)['rrname'] for x in run('query', '--db', odd, '--no-follow', *args)[1].splitlines()}


for i, name in enumerate(ODD):
    same([owners(name), owners('*.' + name, '-t', 'PTR')], [{name}] * 2, name + ' asks for itself')
    same([owners('-r', name + '/PTR'), owners('-r', name + '/A'), owners('-n', 'h%d.%s/PTR' % (i, name))],
         [{name}, set(), {name}], '... with a type')
with open(os.path.join(folder, 'odd.list'), 'w') as f:
    f.write('1.0/25.2.0.192.in-addr.arpa\nrrset/name/1.0/25.2.0.192.in-addr.arpa/PTR\na\\;b.example\n')
same([x.split('\t')[:2] for x in run('query', '--db', odd, '-f', os.path.join(folder, 'odd.list'))[2].splitlines()],
     [['found', '1']] * 3, '... and in lists')

# ---- time ----
same(rdata(NAME, '-t', 'A', '--from', '2014-10-01', '--to', '2014-10-31'), [ADDRESSES[1], ADDRESSES[3]], 'overlap')
same(rdata(NAME, '-t', 'A', '--from', '2014-05-01', '--to', '2014-12-31', '--strict'), [ADDRESSES[3]], '--strict')
same(rdata(NAME, '-t', 'A', '--from', '2014-10-01', '--to', '2014-10-31', '--seen'), [ADDRESSES[3]], '--seen')
same(rdata(NAME, '-t', 'A', '--on', '2014-05-13'), [ADDRESSES[3]], '--on DAY')
same(rdata(NAME, '-t', 'A', '--on', '2015-07'), [ADDRESSES[1]], '--on MONTH')
same(rdata(NAME, '-t', 'A', '-A', '2015-09-01'), [ADDRESSES[0]], '-A')
same(rdata(NAME, '-t', 'A', '-B', '2014-03-01'), [ADDRESSES[1]], '-B')
same(rdata(NAME, '-t', 'A', '-c', '-A', '2015-01-01', '-B', '2015-07-01'), [ADDRESSES[2]], '-c')
same(rdata(NAME, '-t', 'A', '--from', '1431500000', '--to', '1431600000'), [ADDRESSES[1], ADDRESSES[2]], 'epoch')
status, out, err = query(NAME, '--from', '2014-07-01', '--tz', 'Europe/Berlin')
ok('2014-06-30T22:00:00Z' in err, '--tz of the summer', err)
status, out, err = query(NAME, '--from', '2014-01-10', '--to', '2014-07-01', '--tz', 'Europe/Berlin')
ok('2014-01-09T23:00:00Z .. 2014-07-01T21:59:59Z' in err, '--tz that changes between the ends', err)
status, out, err = query(NAME, '--from', '2014-01-10', '--tz', '+05:30')
ok('2014-01-09T18:30:00Z' in err, '--tz as an offset', err)
whole = rows(NAME, '-t', 'A', '--on', '2015-07')[0]['count']
month = rows(NAME, '-t', 'A', '--on', '2015-07', '--by-month')[0]['count']
ok(whole == 16 and 0 < month < whole, '--by-month counts only that month', whole, month)

# ---- views, pages ----
months = rows(NAME, '-t', 'A', '--view', 'month', '--limit', '0')
for address in ADDRESSES:
    total = sum(r['count'] for r in months if r['rdata'] == [address])
    same(total, sum(r['count'] for r in rows(NAME, '-t', 'A') if r['rdata'] == [address]),
         'the months of %s sum up to its record' % address)
ok(all(len(r['days']) <= r['count'] for r in months), 'no more days than sightings')
same(len(rows(NAME, '-g', '-t', 'A')), len(months), '-g is --view month')
days = rows(NAME, '-t', 'A', '--days')[0]['months']
same(sum(len(d) for d in days.values()), 26, '--days names every day')
everything = [json.dumps(r) for r in rows('*.example', '--sort', 'none')]
pages = []
for offset in range(0, len(everything) + 7, 7):
    pages += [json.dumps(r) for r in rows('*.example', '--sort', 'none', '--limit', '7', '--offset', str(offset))]
same(pages, everything, 'pages of 7 put together are the whole')
status, out, err = run('export', '--db', db, '*.example')
same([json.dumps(json.loads(line)) for line in out.splitlines()], everything, 'export gives the same')
sets = [json.loads(line) for line in run('export', '--db', db, '--json')[1].splitlines()]
singles = [json.loads(line) for line in run('export', '--db', db, '--view', 'rr', '--json')[1].splitlines()]
ok({(r['rrname'], r['rrtype'], x) for r in sets for x in r['rdata']} ==
   {(r['rrname'], r['rrtype'], x) for r in singles for x in r['rdata']}, 'sets and single records hold the same')
ok(all(len(r['rdata']) == 1 for r in singles), '--view rr: one each')

# ---- following ----
hops = rows('www.' + NAME, '--follow', '--on', '2014-10-14')
same([(r.get('hop', 0), r.get('via')) for r in hops], [(1, 'www.' + NAME), (0, None)], '--follow, with hops')
same({r['rrname'] for r in rows('203.0.113.10', '--follow') if r.get('hop')},
     {'www.%s.example' % n for n in ('shop', 'news', 'weather', 'bank-login')}, '--follow from an address back')
dnames = os.path.join(folder, 'dnames')
with open(dnames + '.ndjson', 'w') as f:
    for owner, kind, rdata in (('old.example', 'DNAME', 'new.example.'), ('a.new.example', 'A', '192.0.2.1'),
                               ('b.new.example', 'A', '192.0.2.2'), ('c.example', 'CNAME', 'old.example.')):
        f.write(json.dumps({'rrname': owner, 'rrtype': kind, 'rdata': [rdata], 'count': 1,
                            'time_first': 1430000000, 'time_last': 1430000900}) + '\n')
run('import', '-q', '--db', dnames, '--source', 'dnames', dnames + '.ndjson')
for args, want in ((['a.old.example', 'b.old.example'], 'old a.new b.new'),
                   (['old.example', 'a.old.example', 'b.old.example'], 'old a.new b.new'),
                   (['a.old.example', 'old.example'], 'old a.new'), (['*.old.example', 'b.old.example'], 'old b.new'),
                   (['*.example', 'a.old.example'], 'old a.new b.new c'), (['c.example', 'a.old.example'], 'c old a.new'),
                   (['a.old.example', 'c.example', '-t', 'A'], 'c old a.new'),
                   (['-n', 'a.new.example', '-n', 'b.new.example'], 'old'),
                   (['-n', 'new.example', '-n', 'a.new.example'], 'old'),
                   (['-n', 'new.example', '-n', 'a.new.example', '-t', 'A'], 'old'),
                   (['192.0.2.0/30'], 'a.new b.new old')):
    for view in ('rrset', 'rr', 'month'):
        got = run('query', '--db', dnames, '--follow', '--json', '--view', view, *args)[1].splitlines()
        same(sorted(json.loads(x)['rrname'] for x in got), sorted(x + '.example' for x in want.split()),
             f'--follow, each DNAME once: {view} {" ".join(args)}')
same(run('query', '--db', dnames, '--follow', '--count', 'a.old.example', 'b.old.example')[1], '3\n', '... and counted once')

# ---- batches ----
lists = os.path.join(folder, 'list')
with open(lists, 'w') as f:
    f.write('# comment\n\n%s\n198.51.100.77 2015-03-01 2015-03-31\nnever.example\t2015-01-01\n'
            'never.example,2000,2001\nnever.example;2015-12;2017\nnot..a.name\nbad.example 2015-13-99\n'
            'rrset/name/%s/MX\nrdata/name/ns1.sinkhole.example/NS\nrdata/ip/8.8.8.8\n'
            '/^(club|choir)\\. ?/ 2014-01-10\n' % (NAME, NAME))
status, out, err = query('-f', lists, '--csv')
states = [line.split('\t') for line in err.splitlines() if '\t' in line]
same([(s[0], s[1]) for s in states],
     [('found', '7'), ('found', '2'), ('none', '0'), ('unwatched', '0'), ('partly', '0'), ('bad', '0'), ('bad', '0'),
      ('found', '1'), ('found', '2'), ('found', '1'), ('found', '4')], 'a status for each line')
same(status, 3, 'bad lines make it incomplete')
ok('line 8: ' in err and 'line 9: ' in err, 'and are named', err)
table = list(csv.reader(io.StringIO(out)))
same(len(table), 1 + 17, 'one header, all rows')
LISTED = [  # (line, term as it was understood, found or not)
    ('2001:db8::/32,2015,2016', '2001:db8::/32', 'found'), ('2001:db8::/32,1999,2000', '2001:db8::/32', 'unwatched'),
    ('2001:db8::,32', '2001:db8::,32', 'found'), ('2001:db8::,32,2015', '2001:db8::,32', 'found'),
    ('2001:db8::99,1999,2000', '2001:db8::99', 'unwatched'), ('8.8.8.8,2015-01-01', '8.8.8.8', 'found'),
    ('8.8.8.0,24', '8.8.8.0,24', 'found'), ('8.8.8.0,24,1999,2000', '8.8.8.0,24', 'unwatched'),
    ('rdata/ip/8.8.8.0,24', '8.8.8.0,24', 'found'), ('8.8.8.0/24,2015,2016', '8.8.8.0/24', 'found'),
    ('2001:db8::99,2015-01-01', '2001:db8::99', 'none'), ('8.8.8.0/24;2015;2016', '8.8.8.0/24', 'found'),
]
status, out, err = query('-f', '-', '-q', '--status', os.path.join(folder, 'status'),
                         input=''.join(x[0] + '\n' for x in LISTED).encode())
same([x.split('\t')[::2] for x in open(os.path.join(folder, 'status')).read().splitlines()],
     [[what, term] for line, term, what in LISTED], 'a comma before a year begins a time, and else a prefix length')
status, out, err = query('-f', '-', '--status', os.path.join(folder, 'status'), '--minimal',
                         input=b'8.8.8.8\nnever.example\n')
same((status, out, err), (0, NAME + '\n', ''), 'a list from stdin')
same(open(os.path.join(folder, 'status')).read(), 'found\t1\t8.8.8.8\nnone\t0\tnever.example\n', 'status in a file')
status, out, err = query('-f', '-', '-q', input=b'never.example\n')
same(status, 1, 'a list of which nothing was seen')
status, out, err = query('-f', '-', '-q', input=b'never.example\nnever.example 2000 2001\n')
same(status, 4, 'a list of which something was not watched')
status, out, err = query('-f', '-', '--text', '-q', input=b'8.8.8.8\nnever.example\n192.0.2.80\n')
same([x for x in out.splitlines() if x.startswith('# ')], ['# 8.8.8.8', '# never.example', '# 192.0.2.80'],
     'a table for each, with a heading')
status, out, err = query('-f', '-', '-p', 'xml', '-q', input=b'8.8.8.8\n192.0.2.80\n')
same((out.count('<records>'), out.count('<record>')), (1, 4), 'one document for all')
status, out, err = query('-f', '-', input=b'a' * 70000 + b'\n8.8.8.8\n')
ok(status == 5 and 'longer than' in err, 'a line of 70,000 octets ends it, and says where', status, err)

# ---- what a record stands under, and what it does not: no term takes a record from another one
many = os.path.join(folder, 'many.ndjson')
hints = ','.join(f'10.0.0.{n}' for n in range(1, 41))
with open(many, 'w') as f:
    for name, kind, rdata in (('g.example', 'HTTPS', [f'1 . ipv4hint={hints}']),
                              ('h.example', 'HTTPS', [f'1 . ipv4hint={hints}', '2 . ipv4hint=10.0.0.40']),
                              ('null.example', 'MX', ['0 .', '10 mail.example.']), ('ok.example', 'MX', ['10 mail.example.'])):
        f.write(json.dumps({'rrname': name, 'rrtype': kind, 'rdata': rdata, 'time_first': 1435708800,
                            'time_last': 1435808800, 'count': 3}) + '\n')
wide = os.path.join(folder, 'many')
run('import', '-q', '--db', wide, '--source', 'x', many)


def owners(*args):
    return sorted(set(run('query', '--db', wide, '--no-follow', '--minimal', *args)[1].split()))


for args, want in ((['10.0.0.0/30'], 'gh'), (['10.0.0.36/30', '10.0.0.0/30'], 'gh'), (['10.0.0.40', '10.0.0.1'], 'gh'),
                   (['10.0.0.40'], 'h'), (['10.0.0.40', '--view', 'rrset'], 'h')):
    same(owners(*args), [x + '.example' for x in want], 'more addresses than rows: ' + ' '.join(args))
for args in ['*.example'], ['*.'], ['*.example', '-n', '*.'], ['mail.example', '-n', '*.']:
    same(owners('-n', *args, '--view', 'rrset', '-t', 'MX'), ['null.example', 'ok.example'],
         'a target that is the root: ' + ' '.join(args))

# ---- help ----
names = run('help', '--list')[1].split()
ok(len(names) > 8, 'there are commands')
for name in names:
    status, out, err = run(name, '--help')
    ok(status == 0 and out.startswith('usage: yore ' + name) and not err, 'yore %s --help' % name, err)
    ok(run('help', name)[1] == out, 'yore help %s is the same' % name)
same(run()[0], 2, 'no command at all: 2')
status, out, err = run('nosuch')
ok(status == 2 and err == "yore: there is no command 'nosuch' (see yore help)\n", 'no such command: 2, one line', err)
ok('\x1b' not in run('\x1b[31m')[2], '... and safe for terminals')
for words, meant in ((['qurey'], 'yore query?'), (['evil.example'], 'yore query evil.example?'),
                     (['db', 'compcat'], 'compact?'), (['help', 'covrage'], 'yore coverage?'),
                     (['query', '--formt', 'cof', 'x.example'], '--format?')):
    status, out, err = run(*words)
    ok(status == 2 and meant in err and err.count('\n') == 1, 'a slip: ' + ' '.join(words), err)
ok(run('--version')[1] == run('version')[1] != '', '--version')
p = subprocess.run(['bash', '-n'], input=run('help', '--completion')[1].encode(), stderr=subprocess.PIPE)
same((p.returncode, p.stderr), (0, b''), 'the completion is bash')
script = run('help', '--completion')[1] + '''
COMP_WORDS=(yore query --vi); COMP_CWORD=2; _yore; echo "${COMPREPLY[@]}"
COMP_WORDS=(yore query --view r); COMP_CWORD=3; _yore; echo "${COMPREPLY[@]}"
COMP_WORDS=(yore db ver); COMP_CWORD=2; _yore; echo "${COMPREPLY[@]}"
COMP_WORDS=(yore que); COMP_CWORD=1; _yore; echo "${COMPREPLY[@]}"
'''
p = subprocess.run(['bash', '-c', script], stdout=subprocess.PIPE)
same(p.stdout.decode().split('\n')[:4], ['--view', 'rrset rr', 'verify', 'query'], 'and completes')

shutil.rmtree(folder)
done()
