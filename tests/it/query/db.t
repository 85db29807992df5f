"""yore db: stat, verify, compact, backup, expire, as an operator calls them."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from asking import done, ok, root, run, same, yore

folder = tempfile.mkdtemp(prefix='yore-db-')
db, copy = os.path.join(folder, 'db'), os.path.join(folder, 'copy')
pcap = os.path.join(folder, 'sample.pcap')
subprocess.run([sys.executable, os.path.join(root, 'demo', 'story.py'), pcap], check=True,
               stdout=subprocess.DEVNULL)
run('import', '-q', '--db', db, pcap)


def export(where):
    status, out, err = run('export', '--db', where, '--view', 'month')
    return status, out


whole = export(db)
same(whole[0], 0, 'there is a history')

status, out, err = run('db', 'stat', '--db', db)
ok(status == 0 and [x.split()[0] for x in out.splitlines()] == ['shelf', 'y2014', 'y2015', 'y2016', 'all'],
   'stat: a line for each year', out, err)
shelves = [json.loads(x) for x in run('db', 'stat', '--db', db, '--json')[1].splitlines()]
months = [json.loads(x) for x in whole[1].splitlines()]
same(sum(s['rrsets'] for s in shelves), len(months), 'stat --json: its rows are those of the month view')
ok(all(s['octets'] > 0 and s['ledger'] > 0 for s in shelves), 'stat --json: sizes and ledgers')
status, out, err = run('db', 'stat', '--db', db, '--owners', '3')
names = {}
for m in months:
    names.setdefault(m['rrname'], set()).add((m['rrtype'], tuple(m['rdata'])))
top = sorted((len(v) for v in names.values()), reverse=True)[:3]
same([int(x.split()[0]) for x in out.splitlines()[1:]], top, 'stat --owners: those with the most sets')
same(run('db', 'stat', '--db', db, '--owners', '100000')[0], 2, 'stat --owners has a ceiling')

status, out, err = run('db', 'verify', '--db', db)
same((status, err), (0, ''), 'verify: nothing is wrong')
same(run('db', 'backup', '--db', db, copy)[0], 0, 'backup')
same(export(copy), whole, 'the copy holds the same')
same(run('db', 'compact', '--db', db)[0], 0, 'compact')
same(export(db), whole, 'and after it the history is the same')

status, out, err = run('db', 'expire', '--db', copy)
same(status, 2, 'expire asks for a time')
same(run('db', 'expire', '--db', copy, '--before', 'someday')[0], 2, 'expire wants a time')
status, out, err = run('db', 'expire', '--db', copy, '--before', '2014-12-31')
same((status, out), (0, '0 shelves dropped\n'), 'expire: a year that has not ended by then stays')
status, out, err = run('db', 'expire', '--db', copy, '--before', '2015', '-n')
same((status, out), (0, 'y2014\n1 shelf would go\n'), 'expire --dry-run: the year before')
same(export(copy), whole, 'and it stays')
status, out, err = run('db', 'expire', '--db', copy, '--before', '2015')
same((status, out), (0, 'y2014\n1 shelf dropped\n'), 'expire: the year before')
kept = [x for x in whole[1].splitlines() if json.loads(x)['month'] >= '2015']
same(export(copy)[1].splitlines(), kept, 'and only that year is gone')
status, out, err = run('query', '--db', copy, 'bank-login.example', '--to', '2014-06-30')
same(status, 4, 'what was dropped counts as not watched')

for where, folders, files in os.walk(os.path.join(copy, 'y2016')):
    for name in files:
        if name.endswith('.sst'):
            with open(os.path.join(where, name), 'r+b') as f:
                f.seek(200)
                f.write(b'X' * 8)
status, out, err = run('db', 'verify', '--db', copy)
ok(status == 6 and 'y2016' in out and err.count('\n') == 1, 'verify: damage is named, 6', status, out, err)
status, out, err = run('export', '--db', copy)
ok(status == 3 and 'y2016' in err and out, 'export: the rest is given, and said to be incomplete: 3', status, err)


# ---- damage is set aside, named, and what was in it may come anew
broken = os.path.join(folder, 'broken')
run('import', '-q', '--db', broken, pcap)
sst = [os.path.join(broken, 'y2015', x) for x in os.listdir(os.path.join(broken, 'y2015')) if x.endswith('.sst')][0]
with open(sst, 'r+b') as f:
    f.seek(-5, 2)
    f.write(b'XXXXX')
status, out, err = run('export', '--db', broken)
ok(status == 3 and out and 'y2015' in err, 'a file without its footer: the other years answer, a reader is told', err)
status, out, err = run('db', 'repair', '--db', broken)
ok((status, out) == (0, '1 loss set aside\n') and err.startswith('y2015: file') and err.count('\n') == 1, 'repair', out, err)
status, out, err = run('export', '--db', broken)
ok(status == 3 and 'y2015: file 0' in err and 'tables' in err and 'keys' in err,
   'from now on the loss is named: file, tables, keys', err)
ok(any(x.startswith('y2015-') and x.endswith('.sst') for x in os.listdir(os.path.join(broken, 'damaged'))),
   'the file is kept')
status, out, err = run('db', 'verify', '--db', broken)
ok(status == 6 and out.count('\n') == 1 and out.startswith('y2015: file'), 'verify has this to say and no more', out)
status, out, err = run('import', '-q', '--db', broken, pcap)
same((status, err), (0, ''), 'the year takes the capture again')
status, out, err = run('export', '--db', broken, '--view', 'month')
ok(status == 3 and out == whole[1], 'what was lost is there, and the loss is still told', err)
same(run('db', 'repair', '--forget', 'y2015', '--db', broken)[:2], (0, '1 loss forgotten\n'), 'it is accepted')
same(run('export', '--db', broken, '--view', 'month'), (0, whole[1], ''), 'then the history is whole')
same(run('db', 'verify', '--db', broken)[0], 0, 'and verified')
same(run('db', 'repair', '--forget', '../x', '--db', broken)[0], 2, 'a path is no shelf')

somebody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']
can = os.geteuid() == 0 and shutil.which('setpriv') and \
    subprocess.run(somebody + [yore, 'version'], stdout=subprocess.DEVNULL).returncode == 0
os.chmod(folder, 0o755)
answers = run('query', '--db', db, 'bank-login.example')[1].splitlines()
for what, path, mode in ('a folder', db, 0o700), ('a year', os.path.join(db, 'y2015'), 0o700):
    if not can:
        ok(True, 'permission # SKIP not root, or the program is not for everybody')
        continue
    subprocess.run(['chmod', '-R', 'a+rX', db])
    os.chmod(path, mode)
    for args in (['query', 'bank-login.example'], ['query', 'never.example'], ['db', 'verify'], ['db', 'stat']):
        p = subprocess.run(somebody + [yore, *args, '--db', db], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        told = b'Permission denied' in p.stdout + p.stderr
        if what == 'a folder' or args[0] == 'db':
            ok(p.returncode == 6 and told and p.stderr.count(b'\n') == 1,
               '%s: %s that may not be read: 6, and why' % (' '.join(args), what), p.returncode, p.stdout, p.stderr)
        else:
            ok(p.returncode == 3 and told and b'y2015' in p.stderr and
               (len(p.stdout.splitlines()) in range(1, len(answers)) if 'bank' in args[1] else not p.stdout),
               '%s: %s that may not be read is named, the rest answers: 3' % (' '.join(args), what),
               p.returncode, p.stdout, p.stderr)
        if args == ['db', 'verify'] and what == 'a year':
            ok(b'this user' in p.stderr and b'repair' not in p.stderr, 'and repair would not help', p.stderr)
        if args == ['db', 'stat'] and what == 'a year':
            ok([x.split()[0] for x in p.stdout.decode().splitlines()] == ['shelf', 'y2014', 'y2016'],
               'stat: figures of the others', p.stdout)

for args in ('stat',), ('verify',), ('compact',), ('backup', copy + '2'), ('expire', '--before', '2000'):
    status, out, err = run('db', args[0], '--db', os.path.join(folder, 'none'), *args[1:])
    ok(status == 6 and 'there is no database' in err and err.count('\n') == 1, 'db %s without a database: 6' % args[0],
       status, err)
same(run('db', 'backup', '--db', db)[0], 2, 'backup asks where to')
same(run('db', 'nosuch')[0], 2, 'no such verb: 2')
same(run('db')[0], 2, 'no verb: 2')
same(run('db', '--help')[0], 0, 'db --help: 0')

shutil.rmtree(folder)
done()
