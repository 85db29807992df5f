"""Damage as somebody meets it who asks, imports, compacts and repairs: it is said once, it stays
where it is, and each line of advice is true."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'query'))
from asking import done, ok, root, run, same

folder = tempfile.mkdtemp(prefix='yore-mend-')


def at(name):
    return os.path.join(folder, name)


def log(host, when):
    with open(at(host + '.log'), 'w') as f:
        f.write(f'{when}.0||192.0.2.1||198.51.100.53||IN||{host}.||A||203.0.113.9||300||1\n')
    return at(host + '.log')


def fresh():
    """The database as it was, whole."""
    shutil.rmtree(at('db'), ignore_errors=True)
    shutil.copytree(at('whole'), at('db'))
    return at('db')


def files(shelf):
    """Its sorted files, the largest first."""
    where = os.path.join(at('db'), shelf)
    return sorted((os.path.join(where, x) for x in os.listdir(where) if x.endswith('.sst')),
                  key=os.path.getsize, reverse=True)


def damage(path, first, count):
    """Zeros from an octet on, or, negative, from so many before the end."""
    size = os.path.getsize(path)
    with open(path, 'r+b') as f:
        f.seek(first if first >= 0 else size + first)
        f.write(bytes(count))


pcap = at('sample.pcap')
subprocess.run([sys.executable, os.path.join(root, 'demo', 'story.py'), pcap], check=True,
               stdout=subprocess.DEVNULL)
whole = at('whole')
for what in pcap, log('a.example', 1430000000), log('b.example', 1460000000):
    same(run('import', '-q', '--db', whole, what)[0], 0, 'imported')
years = sorted(x for x in os.listdir(whole) if x.startswith('y'))
same(years, ['y2014', 'y2015', 'y2016'], 'three years')

# ---- a shelf that cannot be opened is told once, and not tried again and again
for what, hit in (('a file of a shelf is missing', lambda db: [os.unlink(x) for x in files('y2015')]),
                  ('CURRENT names what is not there',
                   lambda db: open(db + '/y2015/CURRENT', 'w').write('MANIFEST-000419\n'))):
    db = fresh()
    hit(db)
    began = time.monotonic()
    status, out, err = run('query', '--db', db, '-j', '/login/')
    took = time.monotonic() - began
    ok(status == 3 and out.count('\n') > 5 and took < 20, what + ': a pattern is answered soon', status, err, took)
    ok('1 damaged stretch was left out' in err and 'y2015' in err, 'and it is one damage', err)

# ---- a file of which a part answers, and one of which nothing does
db = fresh()
damage(files('y2016')[0], 1724, 64)
status, out, err = run('db', 'repair', '--db', db)
ok(status == 0 and out.endswith('1 loss set aside\n') and 'y2016: file 0' in out and 'tables ' in out,
   'repair sets a file aside and goes on', status, out, err)
same(run('db', 'repair', '--db', db)[:2], (0, '0 losses set aside\n'), 'once')

# ---- what opening sets aside is said, and counts
for args in (['db', 'repair'], ['db', 'compact'], ['import', '-q', log('c.example', 1400000000)]):
    db = fresh()
    damage(files('y2014')[0], -300, 240)
    status, out, err = run(*args, '--db', db)
    ok(status in (0, 5) and err.count('y2014: file 0') == 1 and 'set aside' in err,
       ' '.join(args[:2]) + ' says what opening set aside', status, out, err)
    if 'repair' in args:
        same(out, '1 loss set aside\n', 'and repair counts it')

# ---- one bit, and the engine does not say in which file
db = fresh()
path = files('y2015')[-1]
with open(path, 'rb') as f:
    good = f.read()
begin = good.index(b'rocksdb.block.based')
for i in range(400):
    with open(path, 'wb') as f:
        f.write(good[:begin + i] + bytes([good[begin + i] ^ 1 << i % 8]) + good[begin + i + 1:])
    err = run('query', '--db', db, 'a.example')[2]
    if 'y2015' in err and '.sst' not in err:
        break
ok('.sst' not in err, 'a bit is found', err)
status, out, err = run('db', 'repair', '--db', db)
ok(status == 0 and out == '1 loss set aside\n' and os.path.basename(path) in err, 'repair finds the file', status, out, err)
ok(len(files('y2015')) == 1 and os.listdir(db + '/incoming') == [], 'the other one stays, and nothing else is left')

# ---- a shelf that cannot be opened does not stop the others
c15, c14 = log('c.example', 1430000100), log('d.example', 1400000100)


def manifests(shelf):
    where = os.path.join(at('db'), shelf)
    return [os.path.join(where, x) for x in os.listdir(where) if x.startswith('MANIFEST-')]


def found(name, status=0):
    return run('query', '--db', at('db'), name)[0] == status


db = fresh()
for path in manifests('y2014'):
    os.rename(path, at('kept'))
status, out, err = run('import', '-q', '--db', db, c15)
same((status, err), (0, ''), 'another year takes what comes')
ok('c.example' in run('query', '--db', db, 'c.example')[1], 'and answers with it')
status, out, err = run('import', '-q', '--db', db, c14)
ok(status == 0 and err.count('\n') == 1 and 'y2014' in err and 'restore' in err and 'waits in' in err,
   'what comes for it waits, and that is said once', status, out, err)
same(len(os.listdir(db + '/incoming')), 1, 'in incoming/')
ok(found('d.example', 3), 'the answer is not whole')
status, out, err = run('db', 'repair', '--db', db)
ok(status == 6 and 'y2014' in err and 'restore' in err and err.count('\n') == 1, 'repair says what to do', status, out, err)
before = files('y2016')
status, out, err = run('db', 'compact', '--db', db)
ok(status == 6 and 'y2014' in err and err.count('\n') == 1 and files('y2016') != before, 'compact does the others', status, err)
os.rename(at('kept'), path)
same(run('import', '-q', '--db', db, log('e.example', 1460000200))[0], 0, 'when it is back and somebody writes')
ok(os.listdir(db + '/incoming') == [] and found('d.example') and found('e.example'), 'what waited is in')

for what, text in (('empty', ''), ('of another time', 'MANIFEST-000419\n'), ('cut', 'MANIF'), ('gone', None)):
    db = fresh()
    current = db + '/y2015/CURRENT'
    with open(current) as f:
        good = f.read()
    if text is None:
        os.unlink(current)
    else:
        open(current, 'w').write(text)
    ok(found('a.example', 3), 'CURRENT ' + what + ': a question is told that a shelf cannot be read')
    what = run('db', 'repair', '--db', db) if text else run('import', '-q', '--db', db, c14)
    ok(what[0] == 0 and 'CURRENT' in what[2] and 'made anew' in what[2], 'who writes makes it anew', what)
    ok(found('a.example') and run('db', 'verify', '--db', db)[0] == 0, 'and all of it is there')
db = fresh()
other = files('y2015')[0].replace('0000', '0900')
shutil.copy(files('y2015')[0], other)
open(db + '/y2015/CURRENT', 'w').write('')
status, out, err = run('db', 'repair', '--db', db)
ok(status == 6 and 'restore' in err and os.path.exists(other) and open(db + '/y2015/CURRENT').read() == '',
   'not where the journal does not know all files', status, out, err)

# ---- each line of advice is true
def verified():
    status, out, err = run('db', 'verify', '--db', db)
    ok(status == 6 and out.count('\n') == 1 and err.count('\n') == 1, 'one finding, and advice', status, out, err)
    return out + err


db = fresh()
damage(files('y2015')[0], 200, 30)
said = verified()
ok('db repair' in said and '--forget' not in said, 'damage: repair', said)
same(run('db', 'repair', '--db', db)[0], 0, 'it was')
said = verified()
ok('yore db repair --forget y2015' in said and 'restore ' in said and 'set what' not in said, 'set aside: forget', said)
same(run('db', 'repair', '--db', db)[1], '0 losses set aside\n', 'repair has no more to do')
same(run('db', 'repair', '--db', db, '--forget', 'y2015')[:2], (0, '1 loss forgotten\n'), 'accepted')
same(run('db', 'verify', '--db', db)[0], 0, 'it is quiet')
status, out, err = run('db', 'repair', '--db', db, '--forget', 'nope')
ok(status == 6 and out == '' and "no shelf 'nope'" in err and err.count('\n') == 1, 'a shelf that is not there', status, out, err)
same(run('db', 'repair', '--db', db, '--forget', 'y2014')[:2], (0, '0 losses forgotten\n'), 'one that misses nothing')

# ---- a year comes back from a backup, or its captures do
db = fresh()
export = ['export', '--db', db, '--view', 'month']
all_of_it = run(*export)
same(run('db', 'backup', '--db', db, at('copy'))[0], 0, 'a backup')
shutil.copytree(at('copy'), at('far'))  # on another disk: here its files are the same
damage(files('y2015')[0], 200, 30)
same(run('db', 'repair', '--db', db)[0], 0, 'damaged and repaired')
shutil.rmtree(db + '/y2015')
shutil.copytree(at('far/y2015'), db + '/y2015')
ok(run(*export)[1] == all_of_it[1] and run('db', 'verify', '--db', db)[0] == 6, 'restored: all is there, and the loss is still told')
same(run('db', 'repair', '--db', db, '--forget', 'y2015')[0], 0, 'forgotten')
ok(run(*export) == all_of_it and run('db', 'verify', '--db', db)[0] == 0, 'then it is whole')
shutil.rmtree(db + '/y2015')
same(run('import', '-q', '--db', db, pcap, at('a.example.log'))[0], 0, 'without a backup the captures are imported again')
ok(run(*export) == all_of_it, 'and it is whole')

# ---- a list that cannot be read is no proof of absence
LISTS = (('expired', '', 'empty'), ('expired', 'yore expired 1\nbefor 1420070400 - - -\n', 'damaged'),
         ('expired', 'before 1420070400 - - -\nbefore 14200', 'cut'), ('suppressed', '', 'empty'),
         ('suppressed', 'yore suppressed 1\nnam x.example\n', 'a line is none of'))
for name, text, says in LISTS:
    db = fresh()
    with open(os.path.join(db, name), 'w') as f:
        f.write(text)
    status, out, err = run('query', '--db', db, 'never.example')
    ok(status != 1 and 'watched wholly' not in err and 'may have been there' in err, f'{name}, {says}: nothing is claimed', status, err)
    said = verified()
    ok(os.path.join(db, name) in said and says in said and 'repair' not in said, 'verify names it', said)
    args = ['erase', 'x.example'] if name == 'suppressed' else ['expire', '--before', '2015-02', '--type', 'A']
    status, out, err = run('db', *args, '--db', db)
    ok(status not in (0, 1) and err.count('\n') == 1 and open(os.path.join(db, name)).read() == text,
       'nothing is written over it', status, out, err)
with open(os.path.join(db, 'suppressed'), 'w') as f:
    f.write('name x.example.\n')
with open(os.path.join(db, 'expired'), 'w') as f:
    f.write('before 1420070400 A - y2014\n')
same(run('db', 'verify', '--db', db)[0], 0, 'lists without a heading are read as ever')
ok('was erased' in run('query', '--db', db, 'x.example')[2], 'and say what they say')

# ---- years without FORMAT are not taken for nothing, nor for a database of this format
db = fresh()
os.rename(db + '/FORMAT', at('kept'))
for args in (['query', 'a.example'], ['db', 'verify'], ['db', 'repair'], ['db', 'stat'], ['import', '-q', c14],
             ['db', 'upgrade'], ['db', 'backup', at('copy2')], ['query', '--stage', 'x', 'a.example']):
    status, out, err = run(*args, '--db', db)
    if '--stage' in args:
        ok(status == 6 and 'no stage' in err, 'a stage of it is not there', status, err)
    else:
        ok(status == 6 and not out and err.count('\n') == 1 and 'FORMAT is missing' in err and 'y201' in err and
           "'yore database 2'" in err, ' '.join(args[:2]) + ': refused', status, out, err)
ok(not os.path.exists(db + '/FORMAT'), 'and nothing is made up')
os.rename(at('kept'), db + '/FORMAT')
ok(found('a.example'), 'with it all is there')
same(run('import', '-q', '--db', at('new'), c14)[0], 0, 'where there is nothing a database is made')

shutil.rmtree(folder)
done()
