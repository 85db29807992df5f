"""Erasing and expiring where one year cannot be read: the others are done, and what is not is said."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'query'))
from asking import done, ok, root, run, same

folder = tempfile.mkdtemp(prefix='yore-partial-')
name = 'bank-login.example'


def at(path):
    return os.path.join(folder, path)


subprocess.run([sys.executable, os.path.join(root, 'demo', 'story.py'), at('sample.pcap')], check=True,
               stdout=subprocess.DEVNULL)
run('import', '-q', '--db', at('whole'), at('sample.pcap'))
run('import', '-q', '--db', at('whole'), '--stage', 'apart', at('sample.pcap'))
years = sorted(x for x in os.listdir(at('whole')) if x.startswith('y'))
same(years, ['y2014', 'y2015', 'y2016'], 'three years')


def rows(out):
    """{shelf: how many}"""
    return {x: int(n) for x, n in re.findall(r'^(y\d+): (\d+) rows', out, re.M)}


def hurt(db):
    shutil.copytree(at('whole'), at(db))
    year = at(db + '/y2015')
    path = max((os.path.join(year, x) for x in os.listdir(year) if x.endswith('.sst')), key=os.path.getsize)
    with open(path, 'r+b') as f:
        f.seek(200)
        f.write(b'\xa5' * 30)
    return at(db)


def not_done(what, status, err, word):
    ok(status == 6 and err.count('\n') == 1 and f'{word}: y2015; ' in err and 'yore db repair' in err,
       f'{what}: y2015 is not, and what to do', status, err)


erase, expire = ('erase', name), ('expire', '--before', '2017', '--type', 'A')
for verb in erase, expire:
    shutil.copytree(at('whole'), at('undamaged'))
    all_of = rows(run('db', verb[0], '--db', at('undamaged'), *verb[1:])[1])
    same(sorted(all_of), years, f'{verb[0]}: all years have something')
    shutil.rmtree(at('undamaged'))
    want = {x: n for x, n in all_of.items() if x != 'y2015'}
    db = hurt(verb[0])
    status, out, err = run('db', verb[0], '--db', db, '-n', *verb[1:])
    not_done(f'{verb[0]} --dry-run', status, err, 'not looked through')
    same(rows(out), want, 'the others are counted')
    ok(not os.path.exists(at(db + '/expired')) and not os.path.exists(at(db + '/suppressed')), 'nothing is noted')
    status, out, err = run('db', verb[0], '--db', db, *verb[1:])
    not_done(verb[0], status, err, 'not done')
    same(rows(out), want, 'the others are done')
    ok(f'{sum(want.values())} rows ' in out, 'and added up', out)
    ok(os.path.exists(at(db + '/expired')) == (verb is expire), 'what expired is noted')
    same(run('db', 'repair', '--db', db)[0], 0, 'repaired')
    status, out, err = run('db', verb[0], '--db', db, *verb[1:])
    ok(status == 0 and list(rows(out)) == ['y2015'], 'once more: the rest', status, out, err)

with open(at('erase/erasures')) as f:
    log = f.read().splitlines()
ok(len(log) == 2 and re.fullmatch(r'\d+ 1 term: \d+ rows erased, \d+ rows of stages.*', log[0]),
   'the log has both, and the stage was looked through the first time', log)
status, out, err = run('query', '--db', at('erase'), name)
ok(status == 4 and 'erased' in err and not out, 'nothing of it is left', status, out, err)

shutil.rmtree(folder)
done()
