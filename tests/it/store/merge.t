"""What comes with another history: not its rows alone, but what it knows to be missing."""
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'query'))
from asking import done, ok, root, run, same

folder = tempfile.mkdtemp(prefix='yore-merge-')


def at(name):
    return os.path.join(folder, name)


pcap, name = at('sample.pcap'), 'bank-login.example'
subprocess.run([sys.executable, os.path.join(root, 'demo', 'story.py'), pcap], check=True,
               stdout=subprocess.DEVNULL)


def log(file, *hosts):
    with open(at(file), 'w') as f:
        for n, host in enumerate(hosts):
            f.write(f'{1430000000 + n}.0||192.0.2.1||198.51.100.53||IN||{host}.||A||203.0.113.9||300||1\n')
    return at(file)


def made(db, *files, more=()):
    for one in files:
        same(run('import', '-q', '--db', at(db), *more, one)[0], 0, f'{os.path.basename(one)} into {db}')
    return at(db)


def erases(db, *args):
    status, out, err = run('db', 'erase', '--db', db, *args)
    same(status, 0, f'{args[0]} is erased in {os.path.basename(db)}')


def says(what, db, want, text, *args):
    status, out, err = run('query', '--db', db, '--minimal', *args)
    ok(status == want and text in err + out, f'{what}: {want}, "{text}"', status, out, err)


def read(path):
    with open(path) as f:
        return f.read()


ERASED, UNITED = 'it was erased from this history', 'suppressed: 1 term erased there, left out here from now on\n'
log('a.log', 'a.example', 'never.example')
log('again.log', name, 'c.example')

# ---- what was erased there
a, b = made('a', at('a.log')), made('b', pcap)
erases(b, '*.' + name)
says('there', b, 4, ERASED, name)
status, out, err = run('db', 'merge', '--db', a, b)
ok(status == 0 and out.startswith(UNITED) and 'y2015\n' in out and err == '', 'merged: its list comes, too', status, out, err)
says('and here, now', a, 4, ERASED, 'www.' + name)
made('a', at('again.log'))
says('what comes later comes without it', a, 4, ERASED, name)
says('and with all else', a, 0, '203.0.113.9', 'c.example')
same(run('db', 'merge', '--db', a, b)[:2], (0, ''), 'once more: nothing to add')

# ---- rows of it that are here stay: nobody asked to remove them
both = made('both', pcap)
before = run('query', '--db', both, name)
status, out, err = run('db', 'merge', '--db', both, b)
same((status, out, err), (0, UNITED, ''), 'where all else is here already the list comes alone')
same(run('query', '--db', both, name), before, 'what is here of it stays')
same(read(os.path.join(both, 'suppressed')), f'yore suppressed 1\nzone {name}.\n', 'it is on the list')
same(run('db', 'verify', '--db', both)[0], 0, 'verified')
erases(both, '*.' + name)
says('it goes when it is erased', both, 4, ERASED, name)

# ---- a list that is longer here
erases(both, 'shop.example', '203.0.113.11')
status, out, err = run('db', 'merge', '--db', both, b)
ok(status == 0 and out == '' and 'nothing to add' in err, 'nothing that is not on it', status, out, err)
erases(b, 'shop.example', 'news.example', '198.51.100.7')
same(run('db', 'merge', '--db', both, b)[1], 'suppressed: 2 terms erased there, left out here from now on\n', 'what is new on theirs')
same(read(os.path.join(both, 'suppressed')), f'yore suppressed 1\nzone {name}.\nname shop.example.\n'
     'range 203.0.113.11-203.0.113.11\nname news.example.\nrange 198.51.100.7-198.51.100.7\n', 'each once')

# ---- beside a writer
held = made('held', at('a.log'))
with open(os.path.join(held, 'LOCK')) as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    status, out, err = run('db', 'merge', '--db', held, b)
    ok(status != 0 and not out and err.count('\n') == 1, 'a list that grows needs the lock', status, out, err)
ok(not os.path.exists(os.path.join(held, 'suppressed')) and not os.path.exists(os.path.join(held, 'y2016')),
   'and nothing was done')

# ---- a list that cannot be read
known = read(os.path.join(b, 'suppressed'))
for heading, why in ('yore suppressed 2', 'a newer program wrote this list'), ('yore suppressed x', 'a line is none of'):
    with open(os.path.join(b, 'suppressed'), 'w') as f:
        f.write(known.replace('yore suppressed 1', heading))
    status, out, err = run('db', 'merge', '--db', held, b)
    ok(status in (5, 6) and why in err and err.count('\n') == 1 and not out, heading + ': refused', status, out, err)
    ok(not os.path.exists(os.path.join(held, 'y2016')), 'and nothing was done')
with open(os.path.join(b, 'suppressed'), 'w') as f:
    f.write(known)

# ---- what expired there
GONE = 'records of type A that were last seen before 2015-01-01T00:00:00Z were removed here'
old, into = made('old', pcap), made('into', at('a.log'))
run('db', 'expire', '--db', old, '--before', '2015', '--type', 'A')
run('db', 'expire', '--db', old, '--before', '2015', '--type', 'A', '--shelf', 'negative')
ok(GONE in run('query', '--db', old, 'absent.example')[2], 'there it is said')
with open(os.path.join(old, 'expired'), 'a') as f:
    f.write('before 1420070400 NS - negative\n')
with open(os.path.join(into, 'expired'), 'w') as f:
    f.write('yore expired 1\nbefore 1388534400 A - -\nbefore 1388534400 MX - -\n')
same(run('db', 'merge', '--db', into, old)[0], 0, 'merged')
says('and here', into, 4, GONE, 'absent.example', '-t', 'A', '--to', '2014-06')
same(read(os.path.join(into, 'expired')), 'yore expired 1\nbefore 1388534400 MX - -\nbefore 1420070400 A - -\n',
     'the later time of each; private shelves stay apart')
with open(os.path.join(old, 'expired'), 'w') as f:
    f.write('yore expired 2\nbefore 1420070400 NS - -\n')
status, out, err = run('db', 'merge', '--db', at('fresh'), old)
ok(status == 6 and 'a newer program wrote this list' in err and not out, 'a list that cannot be read: refused', status, out, err)
ok(not os.path.exists(at('fresh/y2014')), 'and nothing was done')

# ---- segments that wait to be taken in
late, target = made('late', at('a.log')), made('target', at('again.log'))
log('killed.log', 'killed.example')
crash = {**os.environ, 'YORE_CRASH_AT': 'segment-renamed'}
same(run('import', '-q', '--db', late, at('killed.log'), env=crash)[0], -9, 'an import is killed')
status, out, err = run('db', 'merge', '--db', target, late)
ok(status == 5 and '1 segment waits' in err and f'yore db compact --db {late}' in err and err.count('\n') == 1 and not out,
   'a merge does not leave it out', status, out, err)
same(run('query', '--db', target, 'a.example')[:2], (1, ''), 'nothing was done')
status, out, err = run('db', 'backup', '--db', late, at('late copy'))
ok(status == 0 and '1 segment waits in ' in err and 'not in the copy' in err and err.count('\n') == 1, 'a backup says so', status, err)
ok('killed.example' not in run('export', '--db', at('late copy'))[1], 'it is not in the copy')
same(run('db', 'compact', '--db', late), (0, '', ''), 'as advised')
same(run('db', 'merge', '--db', target, late), (0, 'y2015\n', ''), 'merged')
for host in 'a.example', 'killed.example', 'c.example':
    says('all of it', target, 0, '203.0.113.9', host)
same(run('db', 'backup', '--db', late, at('late copy')), (0, '', ''), 'and copied')
says('all of it', at('late copy'), 0, '203.0.113.9', 'killed.example')

# ---- a stage
main = made('main', at('a.log'))
made('main', pcap, more=('--stage', 'z'))
erases(main, '--stage', 'z', '*.' + name)
status, out, err = run('db', 'promote', '--db', main, 'z')
ok(status == 0 and out.startswith(UNITED), 'a stage from which something was erased becomes part of it', status, out, err)
says('and the history says so', main, 4, ERASED, name)

# ---- something is missing there
hurt = made('hurt', pcap)
table = next(os.path.join(hurt, 'y2015', x) for x in os.listdir(os.path.join(hurt, 'y2015')) if x.endswith('.sst'))
with open(table, 'r+b') as f:
    f.seek(200)
    octets = f.read(30)
    f.seek(200)
    f.write(bytes(x ^ 0x55 for x in octets))
same(run('db', 'repair', '--db', hurt)[0], 0, 'set aside')
status, out, err = run('db', 'merge', '--db', at('whole'), hurt)
ok(status == 6 and 'nothing of y2015 was added' in err and '--forget' in err and err.count('\n') == 1,
   'a year of which something is missing is not taken for whole', status, out, err)
same(run('db', 'repair', '--db', hurt, '--forget', 'y2015')[0], 0, 'as advised')
same(run('db', 'merge', '--db', at('rest'), hurt)[0], 0, 'then what is left is')

shutil.rmtree(folder)
done()
