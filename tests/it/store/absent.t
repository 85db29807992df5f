"""What was erased or expired is never told to be "not seen", whoever asks and however."""
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'query'))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'server'))
from asking import done, ok, root, run, same, yore
from described import Described

described = Described(root)
folder = tempfile.mkdtemp(prefix='yore-absent-')


def at(name):
    return os.path.join(folder, name)


db, pcap = at('db'), at('sample.pcap')
subprocess.run([sys.executable, os.path.join(root, 'demo', 'story.py'), pcap], check=True,
               stdout=subprocess.DEVNULL)
run('import', '-q', '--db', db, pcap)
with open(at('list'), 'w') as f:
    f.write('bank-login.example\n')
run('investigate', '--db', db, at('list'), '--from', '2014', '--to', '2016', '--case', at('earlier'))
run('db', 'backup', '--db', db, at('backup'))
told = run('db', 'erase', '--db', db, '*.bank-login.example', '203.0.113.11')[2]
ok(told.count('\n') == 1 and 'not looked through: backups, exports, cases' in told, 'erase says what it does not reach', told)
with open(at('earlier/records.ndjson')) as f:
    ok('bank-login' in f.read(), 'a case goes on saying what it said')
ERASED = 'it was erased from this history'


def says(what, want, text, *args, out=''):
    status, got, err = run(args[0], '--db', db, *args[1:])
    ok(status == want and text in err and got == out, f'{what}: {want}, "{text[:40]}"', status, got, err)


NAME = 'bank-login.example'
says('query', 4, ERASED, 'query', NAME)
says('query of the zone', 4, ERASED, 'query', '*.' + NAME)
says('query by rdata', 4, ERASED, 'query', '-n', NAME)
says('query of the address', 4, ERASED, 'query', '203.0.113.11')
says('--count', 4, ERASED, 'query', '--count', NAME, out='0\n')
says('--estimate', 0, ERASED, 'query', '--estimate', NAME, out='about 0 rows, 0 KiB on disk, 3 shelves\n')
says('timeline', 4, ERASED, 'timeline', NAME)
says('export', 4, ERASED, 'export', NAME)
says('diff', 4, ERASED, 'diff', NAME, '--between', '2014', '2015')
says('pivot', 4, ERASED, 'pivot', NAME)
says('shared', 4, ERASED, 'shared', '203.0.113.11')
ok('erased' in run('first-seen', '--db', db, '--since', '2014')[2], 'first-seen: its list lacks what was erased')
status, out, err = run('pivot', '--db', db, 'never.example')
ok(status == 1 and 'erased' not in err, 'pivot of what was never there does not say so', status, err)
with open(at('list'), 'w') as f:
    f.write(f'{NAME}\nnever.example\n203.0.113.11\nnews.example\n')
run('query', '--db', db, '-f', at('list'), '--status', at('status'))
with open(at('status')) as f:
    same([x.split('\t')[0] for x in f.read().splitlines()], ['erased', 'none', 'erased', 'found'], 'a list: a word for each')
case = at('case')
out = run('investigate', '--db', db, at('list'), '--from', '2014', '--to', '2016', '--case', case)[1]
ok(out.count('it was erased from the history: nothing can be said') == 2, 'investigate: both', out)
again = run('investigate', '--replay', case)[1]
ok(again.count('it was erased from the history') == 2, 'and its replay without the database', again)


# ---- who asked
w = at('who')
with open(at('who.log'), 'w') as f:
    now = int(time.time()) - 3600
    for n, host in enumerate((NAME, 'other.example')):
        f.write(f'{now + n}.0||192.0.2.{n + 1}||198.51.100.53||IN||{host}.||A||203.0.113.9||300||1\n')
same(run('import', '-q', '--db', w, '--who-asked', '--who-retention', '30d', at('who.log'))[0], 0, 'who asked is kept')
run('db', 'erase', '--db', w, NAME, '192.0.2.2')
for what, args in ('a name', [NAME]), ('a client', ['--client', '192.0.2.2']):
    status, out, err = run('query', '--db', w, '--who-asked', '--reason', 'test', *args)
    ok(status == 4 and ERASED in err and not out, f'who asked, of {what}: erased', status, out, err)

# ---- over HTTP
server = subprocess.Popen([yore, 'serve', '--db', db, '--listen', '127.0.0.1:0'], stderr=subprocess.PIPE, text=True)
place = server.stderr.readline().split()[2]


def fetch(path, body=None):
    with urllib.request.urlopen(place + path, data=body, timeout=20) as reply:
        kind, text = reply.headers['Content-Type'].split(';')[0], reply.read().decode()
    for complaint in described.answer('post' if body else 'get', path, 200, kind, text):
        ok(False, complaint)
    return [json.loads(x) for x in text.splitlines()]


try:
    end = fetch('/api/v1/records?term=' + NAME)[-1]['end']
    ok(end['erased'] is True and end['status'] == 'unwatched', 'HTTP: the last line', end)
    lines = fetch('/api/v1/records', f'{NAME}\nnever.example\n'.encode())
    ok(lines[0].get('erased') is True and lines[0]['status'] == 'unwatched' and lines[1]['status'] == 'none' and
       'erased' not in lines[1], 'HTTP: a list', lines)
    ok(fetch('/api/v1/summary?term=' + NAME)[0].get('erased') is True, 'HTTP: a summary')

    # ---- rows that expired
    status, out, err = run('db', 'expire', '--db', db, '--before', '2015', '--type', 'NS')
    ok(status == 0 and not out.endswith('\n0 rows removed\n'), 'rows of a type expire', out)
    GONE = 'records of type NS that were last seen before 2015-01-01T00:00:00Z were removed here'
    says('of that type and time', 4, GONE, 'query', 'never.example', '-t', 'NS', '--to', '2014-06')
    says('of any type', 4, GONE, 'query', 'never.example')
    says('of another type', 1, 'watched wholly', 'query', 'never.example', '-t', 'A')
    says('of a later time', 1, 'nothing found', 'query', 'never.example', '-t', 'NS', '--from', '2015', '--to', '2015')
    run('query', '--db', db, '-f', at('list'), '--status', at('status'))
    with open(at('status')) as f:
        same([x.split('\t')[0] for x in f.read().splitlines()], ['erased', 'expired', 'erased', 'found'], 'in a list')
    end = fetch('/api/v1/records?term=never.example&type=NS')[-1]['end']
    ok(end.get('expired') is True and end['status'] == 'unwatched', 'HTTP: the last line', end)
finally:
    server.terminate()
    server.wait(20)

copy = at('copy')
run('db', 'backup', '--db', db, copy)
ok(GONE in run('query', '--db', copy, 'never.example')[2], 'a backup knows it')
with open(os.path.join(db, 'expired')) as f:
    same(f.read(), 'yore expired 1\nbefore 1420070400 NS - -\n', 'one line for it, below the heading')
run('db', 'expire', '--db', db, '--before', '2013', '--type', 'NS')
run('db', 'expire', '--db', db, '--before', '2016', '--type', 'SOA', '--source', 'nobody')
with open(os.path.join(db, 'expired')) as f:
    same(f.read(), 'yore expired 1\nbefore 1420070400 NS - -\n', 'an earlier time, and what was not there, change nothing')


# ---- lists of other programs
def list_says(text):
    with open(os.path.join(db, 'expired'), 'w') as f:
        f.write(text)


list_says('before 1420070400 NS - -\n')
ok(GONE in run('query', '--db', db, 'never.example')[2], 'a list of the time before, without a heading, is read')
run('db', 'expire', '--db', db, '--before', '2015-02-01', '--type', 'NS')
with open(os.path.join(db, 'expired')) as f:
    got = f.read()
ok(got in ('yore expired 1\nbefore 1422748800 NS - -\n', 'before 1420070400 NS - -\n'), 'and written anew with one, or left', got)
for heading, why in ('yore expired 2', 'a newer program wrote this list of what expired'), ('yore expired x', 'first line'):
    list_says(heading + '\nbefore 1420070400 NS - - something\n')
    before = run('export', '--db', db)[1]
    status, out, err = run('db', 'expire', '--db', db, '--before', '2016', '--type', 'A')
    ok(status == 6 and why in err and err.count('\n') == 1 and not out, heading + ': nothing expires, in one line', status, out, err)
    status, out, err = run('query', '--db', db, 'never.example')
    ok(status == 4 and why in err and 'may have been there' in err and err.count('\n') == 1 and not out,
       'nor is anything said to be absent', status, out, err)
    status, out, err = run('query', '--db', db, '-f', at('list'), '--status', at('status'))
    with open(at('status')) as f:
        got = [x.split('\t')[0] for x in f.read().splitlines()]
    ok('unknown' in got and 'none' not in got, 'in a list', got)
    same(run('export', '--db', db)[1], before, 'what is there is there')
    with open(os.path.join(db, 'expired')) as f:
        same(f.read(), heading + '\nbefore 1420070400 NS - - something\n', 'the list stays as it is')
list_says('yore expired 1\nbefore 1420070400 NS - -\n')

# ---- whole years
two = at('two')
with open(at('two.log'), 'w') as f:
    for host, when in ('a', 1400000000), ('b', 1460000000):
        f.write(f'{when}.0||192.0.2.1||198.51.100.53||IN||{host}.example.||A||203.0.113.9||300||1\n')
run('import', '-q', '--db', two, at('two.log'))
with open(os.path.join(two, 'LOCK')) as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    ok(run('db', 'expire', '--db', two, '--before', '2015')[0] != 0, 'not while somebody writes')
ok(not os.path.exists(os.path.join(two, 'expired')), 'and then nothing is noted')
run('db', 'expire', '--db', two, '--before', '2015', '-n')
ok(not os.path.exists(os.path.join(two, 'expired')), 'nor where it is only asked what would go')
same(run('db', 'expire', '--db', two, '--before', '2015')[:2], (0, 'y2014\n1 shelf dropped\n'), 'a year expires')
with open(os.path.join(two, 'expired')) as f:
    same(f.read(), 'yore expired 1\nbefore 1420070400 - - y2014\n', 'a line for it')
status, out, err = run('query', '--db', two, 'a.example')
ok(status == 4 and 'records that were last seen before 2015-01-01T00:00:00Z were removed here' in err and 'watched wholly' not in err,
   'what was seen in it is not said to be never seen', status, err)
status, out, err = run('query', '--db', two, 'a.example', '--from', '2016')
ok(status != 4 or 'removed' not in err, 'of the years that stay nothing is missing', status, err)
status, out, err = run('query', '--db', two, '--negative', 'a.example')
ok('removed' not in err, 'nor of a private shelf', status, err)
ok(run('query', '--db', two, 'b.example')[0] == 0, 'the other year is there')

# ---- times and shelves
for args in (['--before', '2999'], ['--before', 'x'], ['--older-than', '90'], ['--older-than', '-90d'],
             ['--older-than', '90d', '--before', '2015'], [], ['--before', '2015', '--type', 'NOTYPE'],
             ['--before', '2015', '--source', 'no/such'], ['--older-than', '1y', '--who-asked']):
    before = run('export', '--db', db)[1]
    status, out, err = run('db', 'expire', '--db', db, *args)
    ok(status == 2 and err.count('\n') == 1 and not out, f'expire {" ".join(args)}: 2', status, out, err)
    same(run('export', '--db', db)[1], before, 'and nothing went')
status, out, err = run('db', 'expire', '--db', db, '--before', '2015', '--shelf', 'nothing')
ok(status == 6 and "no shelf 'nothing'" in err, 'a shelf that is not there: 6', status, err)
status, out, err = run('db', 'expire', '--db', db, '--before', '2014')
ok((status, out) == (0, '0 shelves dropped\n') and 'no year has ended' in err, 'nothing to drop: says why', err)
lines = at('lines')
with open(lines, 'w') as f:
    for year in range(2010, 2020):
        f.write(json.dumps({'rrname': f'y{year}.partner.example.', 'rrtype': 'A', 'rdata': ['198.51.100.9'], 'count': 1,
                            'time_first': 1262304000 + (year - 2010) * 31557600, 'time_last':
                            1262304000 + (year - 2010) * 31557600}) + '\n')
run('import', '-q', '--db', db, '--source', 'partner', lines)
years = run('export', '--db', db, '--source', 'above')[1]
status, out, err = run('db', 'expire', '--db', db, '--before', '2015-06', '--shelf', 'intervals')
ok(status == 0 and 'intervals' in out and 'y20' not in out, 'rows of one shelf', out, err)
left = run('query', '--db', db, '--minimal', '-t', 'A', '--both', '--view', 'rr', '-n', '198.51.100.9')[1]
same(sorted(left.split()), sorted(f'y{year}.partner.example' for year in range(2016, 2020)), 'the late ones stay')
same(run('query', '--db', db, '/^y201[0-5]\\.partner/')[1], '', 'the others are no names any more')
same(run('export', '--db', db, '--source', 'above')[1], years, 'other shelves are untouched')
same(run('db', 'verify', '--db', db)[0], 0, 'verified')

# ---- taking an erase back: what docs/privacy.md says of it
def count(db, name=NAME):
    return int(run('query', '--db', db, '--count', name)[1])


before = count(at('backup'))
ok(before > 3 and 'erased' not in run('query', '--db', at('backup'), NAME)[2], 'a backup from before has it', before)
run('import', '-q', '--db', at('backup'), pcap)
same(count(at('backup')), before, 'and its captures once more add nothing')
run('import', '-q', '--db', at('anew'), pcap)
same(count(at('anew')), before, 'a new database from the captures has it')
undone = at('undone')
run('db', 'backup', '--db', db, undone)
with open(os.path.join(undone, 'suppressed')) as f:
    left = [x for x in f.read().splitlines() if 'bank-login' not in x]
with open(os.path.join(undone, 'suppressed'), 'w') as f:
    f.write('\n'.join(left) + '\n')
run('import', '-q', '--db', undone, pcap)
same(count(undone), 0, 'without its line what was erased does not come back')
with open(at('new.ndjson'), 'w') as f:
    f.write(json.dumps({'rrname': NAME, 'rrtype': 'A', 'rdata': ['198.51.100.8'], 'count': 1, 'time_first': 1500000000,
                        'time_last': 1500000000}) + '\n')
for where, want in (undone, 1), (db, 0):
    run('import', '-q', '--db', where, '--source', 'partner', at('new.ndjson'))
    same(count(where), want, f'and what is seen from then on {"is" if want else "is not"} kept')

# ---- names whose last set went are none any more
bare = at('bare')
with open(lines, 'w') as f:
    for n in range(300):
        for kind, rdata in (('TXT', '"t"'), ('A', '198.51.100.9')):
            if kind == 'TXT' or n % 3 == 0: # two of three have nothing else
                f.write(json.dumps({'rrname': f'n{n}.bare.example.', 'rrtype': kind, 'rdata': [rdata], 'count': 1,
                                    'time_first': 1400000000, 'time_last': 1400000000}) + '\n')
run('import', '-q', '--db', bare, '--source', 'partner', lines)


def names_in(db):
    return int(run('db', 'stat', '--db', db)[1].split()[-1])


same(names_in(bare), 300, 'so many names')
run('db', 'expire', '--db', bare, '--before', '2013', '--type', 'TXT')
same(names_in(bare), 300, 'and as many, where nothing is so old')
run('db', 'expire', '--db', bare, '--before', '2015', '--type', 'TXT')
same(names_in(bare), 100, 'two of three went with their TXT records')
found = [json.loads(x)['rrname'] for x in run('query', '--db', bare, '--json', '/^n[0-9]+\\.bare/')[1].splitlines()]
same(sorted(found), sorted(f'n{n}.bare.example' for n in range(0, 300, 3)), 'a pattern finds the others')
same(run('db', 'verify', '--db', bare)[0], 0, 'verified')
run('db', 'expire', '--db', bare, '--before', '2015', '--source', 'partner')
same(names_in(bare), 0, 'all of a source: no name is left')

shutil.rmtree(folder)
done()
