"""What a backup takes away from an earlier one: nothing that this database did not have."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'query'))
from asking import done, ok, root, run, same

folder = tempfile.mkdtemp(prefix='yore-backup-')


def at(name):
    return os.path.join(folder, name)


def log(name, *seen):
    with open(at(name), 'w') as f:
        for host, when in seen:
            f.write(f'{when}.0||192.0.2.1||198.51.100.53||IN||{host}.||A||203.0.113.9||300||1\n')
    return at(name)


def made(name, *logs):
    for one in logs:
        same(run('import', '-q', '--db', at(name), at(one))[0], 0, f'{one} into {name}')
    return at(name)


def export(where):
    status, out, err = run('export', '--db', where, '--view', 'month')
    return out if status == 0 else err


def backup(db, copy):
    return run('db', 'backup', '--db', db, copy)


def takes(what, db, copy):
    same(backup(db, copy), (0, '', ''), what)
    same(export(copy), export(db), 'the copy is as the database')


def files(where):
    return sorted((os.path.relpath(os.path.join(d, f), where), os.stat(os.path.join(d, f)).st_ino)
                  for d, _, fs in os.walk(where) for f in fs)


def refuses(what, db, copy, *says):
    before = files(copy)
    status, out, err = backup(db, copy)
    ok(status in (5, 6) and not out and err.count('\n') == 1 and 'nothing was written' in err and
       all(x in err for x in says), what + ': refused in a line that says why', status, out, err)
    same(files(copy), before, 'the copy is as it was')


def write(path, text):
    with open(path, 'w') as f:
        f.write(text)


Y2014, Y2015, Y2016 = 1400000000, 1430000000, 1460000000
log('a.log', ('a.example', Y2015))
log('b.log', ('b.example', Y2016))
log('c.log', ('c.example', Y2014))

# ---- an older state over a copy that has a newer year
db, old, copy = made('db', 'a.log'), at('old'), at('copy')
takes('a backup', db, old)
made('db', 'b.log')
takes('another one, a year later', db, copy)
shutil.rmtree(db)
takes('the older one is restored', old, db)
refuses('over the copy with a newer year', db, copy, 'y2016')
shutil.rmtree(db)
takes('the newer one is restored', copy, db)
made('db', 'c.log')
takes('an older year came to it', db, copy)
refuses('over the copy with an older and a newer year', old, copy, 'y2016')

# ---- years that expired here go there, too
run('db', 'expire', '--db', db, '--before', '2015')
ok(not os.path.exists(os.path.join(db, 'y2014')), 'the oldest year expires')
takes('and goes from the copy', db, copy)
other = made('other', 'a.log', 'b.log')
shutil.rmtree(os.path.join(other, 'y2015'))
refuses('the same captures in a database that had not that year', other, copy, 'y2015')
run('db', 'expire', '--db', db, '--before', '2016')
log('d.log', ('d.example', Y2016 + 86400))
made('db', 'd.log')
takes('the next one, while the last year grows', db, copy)
run('db', 'expire', '--db', db, '--before', '2017')
log('e.log', ('e.example', 1490000000))
made('db', 'e.log')
refuses('once no year is the same', db, copy, 'no year in common', 'another one, or all of its years were dropped here')
takes('into another folder', db, at('fresh'))

# ---- one file that grows is all there is; and what came by merging
seen = [('g.example', Y2014 + n) for n in range(3)] + [('g.example', Y2015 + n) for n in range(3)]
log('grows.log', *seen)
grows, growing = made('grows', 'grows.log'), at('growing')
takes('a backup', grows, growing)
log('grows.log', *seen, ('h.example', Y2015 + 9))
made('grows', 'grows.log')
run('db', 'expire', '--db', grows, '--before', '2015')
takes('once it grew and its first year expired', grows, growing)
merged = at('merged')
for one in made('part', 'a.log', 'c.log'), made('parts', 'b.log'):
    same(run('db', 'merge', '--db', merged, one)[0], 0, 'merged')
takes('a backup of it', merged, at('of merged'))
run('db', 'expire', '--db', merged, '--before', '2015')
takes('and once its first year expired', merged, at('of merged'))

# ---- a year on a disk that is away
moved = made('moved', 'a.log', 'c.log')
takes('a backup', moved, at('of moved'))
os.rename(os.path.join(moved, 'y2014'), at('y2014'))
os.symlink(at('y2014'), os.path.join(moved, 'y2014'))
takes('a year moved to another place', moved, at('of moved'))
os.rename(at('y2014'), at('away'))
refuses('while it is away', moved, at('of moved'), 'y2014 cannot be reached')

# ---- what cannot be read is not overwritten
one, two = made('one', 'a.log', 'b.log'), made('two', 'a.log')
kept = at('kept')
takes('a backup of one', one, kept)
for text, why in ('yore database 3\n', 'format is 3'), ('yore databas', 'damaged'), ('', 'damaged'):
    write(os.path.join(kept, 'FORMAT'), text)
    refuses(f'FORMAT says {text!r}: another database', two, kept, why)
    refuses('and the same', one, kept, why)
os.unlink(os.path.join(kept, 'FORMAT'))
refuses('without a FORMAT', two, kept, 'cannot be told')
write(os.path.join(kept, 'FORMAT'), 'yore database 2\n')
takes('mended', one, kept)
journal = os.path.join(kept, 'y2015', 'CURRENT')
text = open(journal).read()
os.unlink(journal)
write(journal, 'MANIFEST-000419\n')
refuses('a year whose ledger cannot be read', two, kept, 'y2015')
refuses('and the same', one, kept, 'y2015')
os.unlink(journal)
write(journal, text)
takes('mended', one, kept)

# ---- a first one that did not end
half = at('half')
os.mkdir(half)
write(os.path.join(half, 'BACKUP'), 'not finished\n')
takes('a first one that did not end is begun anew', one, half)
shutil.rmtree(half)
status, out, err = run('db', 'backup', '--db', one, half, env={**os.environ, 'YORE_CRASH_AT': 'backup-exchanged'})
same((status, sorted(x for x in os.listdir(half) if x[0] == 'y')), (-9, ['y2015']), 'a first one is killed behind the first year')
refuses('it is somebody\'s', made('third', 'b.log'), half)
status, out, err = run('query', '--db', half, 'b.example')
ok(status == 4 and 'not finished' in err, 'it tells what it has, and nothing to be absent', status, out, err)
takes('and goes on', one, half)
write(os.path.join(half, 'BACKUP'), 'not finished\n')
refuses('a later one that did not end is somebody\'s', made('three', 'c.log'), half)
takes('and goes on', one, half)
same(open(os.path.join(half, 'BACKUP')).read(), 'whole\n', 'it is whole')

# ---- one that is killed between two years says that it is not finished
broken, late = made('broken', 'a.log', 'c.log'), at('late')
takes('a backup of 2014 and 2015', broken, late)
log('both.log', ('new.example', Y2014 + 5), ('newer.example', Y2015 + 5))
made('broken', 'both.log')
status, out, err = run('db', 'backup', '--db', broken, late, env={**os.environ, 'YORE_CRASH_AT': 'backup-exchanged'})
ok(status == -9 and 'new.example' in export(late) and 'newer.example' not in export(late), 'half of it', status, out, err)
same(open(os.path.join(late, 'BACKUP')).read(), 'not finished\n', 'it says so')
SAYS = 'is a backup that is not finished'
status, out, err = run('query', '--db', late, 'newer.example')
ok(status == 4 and SAYS in err and 'may have been there' in err and not out, 'and nothing is said to be absent', status, out, err)
status, out, err = run('query', '--db', late, '--minimal', 'new.example')
ok(status == 0 and out == '203.0.113.9\n' and SAYS in err and err.count('\n') == 1, 'what is there is told, with a word', status, out, err)
status, out, err = run('db', 'verify', '--db', late)
ok(status == 6 and SAYS in err and 'nothing is wrong' not in out, 'verify names it', status, out, err)
status, out, err = run('db', 'merge', '--db', at('into'), late)
ok(status == 5 and SAYS in err and not out, 'it is not merged', status, out, err)
status, out, err = backup(late, at('later'))
ok(status == 0 and SAYS in err and SAYS in run('db', 'verify', '--db', at('later'))[2], 'a copy of it says so, too', status, err)
takes('once more', broken, late)
same(run('db', 'verify', '--db', late)[::2], (0, ''), 'it is whole')
same(run('query', '--db', late, '--minimal', 'newer.example'), (0, '203.0.113.9\n', ''), 'and has it')

shutil.rmtree(folder)
done()
