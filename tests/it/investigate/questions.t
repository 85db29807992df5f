#!/usr/bin/env python3
"""yore pivot, diff, first-seen and shared over one generated history."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from tap import done, ok

yore, root = os.path.abspath(sys.argv[1]), sys.argv[2]
history = os.path.join(os.path.dirname(yore), 'tests', 'it', 'investigate', 'history')
tmp = tempfile.mkdtemp(prefix='yore-questions-')
db = os.path.join(tmp, 'db')


def ask(*args):
    out = subprocess.run([yore, args[0], '--db', db, '--json', *args[1:]], capture_output=True,
                         text=True, timeout=60)
    return [json.loads(x) for x in out.stdout.splitlines()], out


lines = '''
watch edge 2015-01-01 2015-12-31
seen www.start-op.com CNAME below 2015-03-01 2015-03-20 1 300 target.cloud-op.net.
seen www.other-op.com CNAME below 2015-03-01 2015-03-20 1 300 target.cloud-op.net.
seen start-op.com NS below 2015-03-01 2015-03-20 1 300 ns1.same-host.net.
seen other-op.com NS below 2015-03-01 2015-03-20 1 300 ns1.same-host.net.
seen start-op.com MX below 2015-03-01 2015-03-20 1 300 10 mx.post-op.net.
seen mailer-op.com MX below 2015-03-01 2015-03-20 1 300 20 mx.post-op.net.
seen start-op.com TXT below 2015-03-01 2015-03-20 1 300 "verification=8f2c77aa12"
seen text-op.com TXT below 2015-04-01 2015-04-20 1 300 "verification=8f2c77aa12"
seen start-op.com SOA below 2015-03-01 2015-03-20 1 300 ns1.same-host.net. boss.hand-op.net. 1 2 3 4 5
seen soa-op.com SOA below 2015-03-01 2015-03-20 1 300 ns9.else-host.net. boss.hand-op.net. 9 2 3 4 5
seen www.start-op.com A below 2015-03-01 2015-03-20 1 300 198.51.100.7
seen addr-op.com A below 2015-03-01 2015-03-20 1 300 198.51.100.7
seen deep.start-op.com A below 2015-03-01 2015-03-20 1 300 198.51.100.8
seen move-op.com A below 2015-03-01 2015-04-20 1 300 198.51.100.20
seen move-op.com A below 2015-06-01 2015-06-20 1 300 198.51.100.21
seen move-op.com A below 2015-02-01 2015-02-05 1 300 198.51.100.22
seen move-op.com A below 2015-06-10 2015-06-20 1 300 198.51.100.22
seen move-op.com A below 2015-02-01 2015-06-20 1 300 198.51.100.23
seen late.start-op.com A below 2015-09-02 2015-09-20 1 300 198.51.100.30
seen brand-new.com A below 2015-09-02 2015-09-20 1 300 198.51.100.31
seen brand-new.com NS below 2015-09-02 2015-09-20 1 300 ns1.fresh-host.net.
'''
for i in range(15):
    lines += 'seen shop%d-store.com A below 2015-02-01 2015-10-20 5 300 198.51.100.60\n' % i
subprocess.run([history, db], input=lines, text=True, check=True, timeout=60)

WANT = {'cname': {'www.other-op.com'}, 'mx': {'mailer-op.com'}, 'txt': {'text-op.com'},
        'ns-set': {'other-op.com'}, 'soa': {'soa-op.com'}, 'addr': {'addr-op.com'},
        'sub': {'deep.start-op.com', 'late.start-op.com', 'start-op.com'}}
for via, want in WANT.items():
    rows, out = ask('pivot', '--via', via, 'www.start-op.com')
    got = {r['name'] for r in rows} - ({'start-op.com'} if via != 'sub' else set())
    ok(got == want, 'pivot via ' + via, rows, out.stderr)
rows, out = ask('pivot', 'www.start-op.com')
ok({r['via'] for r in rows} == set(WANT), 'pivot along all edges', rows)
rows, out = ask('pivot', '--via', 'nonsense', 'www.start-op.com')
ok(out.returncode == 2, 'an edge that does not exist', out.stderr)
rows, out = ask('pivot', '--to', '2015-01-15', 'www.start-op.com')
ok(rows == [] and out.returncode == 1, 'a fence is kept', rows)

for args in (('move-op.com', '--between', '2015-03', '2015-06'),
             ('--between', '2015-03', '2015-06', 'move-op.com'),
             ('--between', '2015-03..2015-06', 'move-op.com')):
    rows, out = ask('diff', *args)
    ok({(r['change'], r['rdata']) for r in rows} == {
        ('vanished', '198.51.100.20'), ('appeared', '198.51.100.21'),
        ('came back', '198.51.100.22')}, 'diff ' + ' '.join(args), rows, out.stderr)
ok('1 as before' in out.stderr and out.stderr.count('watched wholly') == 2,
   'diff says what stayed and what was watched', out.stderr)
rows, out = ask('diff', '198.51.100.0/27', '--between', '2015-03', '2015-06', '-t', 'A')
ok(len(rows) > 3, 'diff of a prefix', rows)
rows, out = ask('diff', 'move-op.com', '--between', '2013-03', '2013-06')
ok(rows == [] and out.returncode == 4, 'diff of what nobody watched', out.returncode)

rows, out = ask('diff', '*.start-op.com', '--between', '2015-03', '2015-09', '-t', 'A')
ok({(r['change'], r['rrname']) for r in rows} == {
    ('vanished', 'www.start-op.com'), ('vanished', 'deep.start-op.com'),
    ('appeared', 'late.start-op.com')}, 'diff of a zone', rows)


def draw(*args):
    out = subprocess.run([yore, 'timeline', '--db', db, *args], capture_output=True, text=True,
                         timeout=60, env=dict(os.environ, LC_ALL='C'))
    return out.stdout.split('\n')


def bars(text):
    return {x.split('  ')[0] for x in text if '#' in x and 'seen' not in x}


ok(bars(draw('move-op.com', '-t', 'A')) == {'A 198.51.100.%d' % i for i in (20, 21, 22, 23)},
   'a timeline has a bar for each record')
got = draw('--by', 'address', '198.51.100.7')
ok(bars(got) == {'A 198.51.100.7'}, 'by address: one, whatever names had it', '\n'.join(got))
got = draw('--by', 'network', 'move-op.com')
ok(bars(got) == {'198.51.100.0/24'}, 'by network', '\n'.join(got))
first, last = (draw('move-op.com', '-t', 'A', '--by', 'network')[1].split('  ')[-1][i] for i in (0, -1))
ok((first, last) == ('#', '#'), 'and its bar has all days of its addresses', got)
got = draw('--by', 'month', 'move-op.com')
months = {x.split()[0]: x.split('below')[1].strip() for x in got if ' below ' in x}
ok(months['2015-02'] == 'A 198.51.100.22, A 198.51.100.23' or
   set(months['2015-02'].split(', ')) == {'A 198.51.100.22', 'A 198.51.100.23'},
   'by month: what was seen in it', '\n'.join(got))
ok(set(months) == {'2015-0%d' % i for i in range(2, 7)}, 'each month with anything in it, no other', months)
got = draw('--by', 'month', 'move-op.com', '--from', '2015-04-10', '--to', '2015-04-20')
ok([x[:7] for x in got if ' below ' in x] == ['2015-04'], 'only months asked about', '\n'.join(got))
subprocess.run([history, db], input='state move-op.com A archive 2015-03-10 2015-05-10 5 198.51.100.99\n',
               text=True, check=True, timeout=60)
got = draw('--by', 'month', 'move-op.com', '--source', 'archive')
ok([x.split()[0] for x in got if '(A 198.51.100.99)' in x] == ['2015-03', '2015-04', '2015-05'],
   'what is only stated stands in brackets', '\n'.join(got))
ok(draw('--by', 'week', 'move-op.com') == [''], 'another --by is refused')

rows, out = ask('first-seen', '--since', '2015-09-01')
ok({r['name'] for r in rows} == {'late.start-op.com', 'brand-new.com'}, 'new names', rows,
   out.stderr)
ok('the history begins on 2015-01-01' in out.stderr, 'where the history begins', out.stderr)
rows, out = ask('first-seen', '--since', '2015-09-01', '--what', 'domains')
ok([r['name'] for r in rows] == ['brand-new.com'], 'new registered domains', rows)
rows, out = ask('first-seen', '--since', '2015-09-01', '--what', 'servers')
ok([r['name'] for r in rows] == ['ns1.fresh-host.net'], 'new name servers', rows)
rows, out = ask('first-seen', '--since', '2015-01-10')
ok('may only be new to it' in out.stderr, 'a young history warns', out.stderr)

rows, out = ask('shared', '198.51.100.60', '--from', '2015-07-01', '--to', '2015-07-31')
ok(len(rows) == 15 and 'is shared' in out.stderr, 'shared', out.stderr)
rows, out = ask('shared', '198.51.100.31')
ok('is unknown' in out.stderr and 'lower bound' in out.stderr, 'not known', out.stderr)
rows, out = ask('shared', '8.8.8.8')
ok('public resolver' in out.stderr, 'special', out.stderr)

shutil.rmtree(tmp)
done()
