"""Backups, stages and merges as somebody calls them who types the wrong thing."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'query'))
from asking import done, ok, root, run, same

folder = tempfile.mkdtemp(prefix='yore-wrong-')


def at(name):
    return os.path.join(folder, name)


db, copy = at('db'), at('copy')
pcap = at('sample.pcap')
subprocess.run([sys.executable, os.path.join(root, 'demo', 'story.py'), pcap], check=True,
               stdout=subprocess.DEVNULL)


def log(name, host, when):
    with open(at(name), 'w') as f:
        f.write(f'{when}.0||192.0.2.1||198.51.100.53||IN||{host}.||A||203.0.113.9||300||1\n')
    return at(name)


def export(where, *more):
    return run('export', '--db', where, '--view', 'month', *more)[1]


def refused(what, want, *args, says=()):
    """One line that says what, and a status."""
    before = export(db)
    status, out, err = run(*args)
    ok(status == want and not out and err.count('\n') == 1 and all(x in err for x in says), f'{what}: {want}, and why',
       status, out, err)
    same(export(db), before, 'the history is as it was')


run('import', '-q', '--db', db, pcap)
whole = export(db)

# ---- where a backup may go
for place in (at('db/copy'), db, at('db/../db/deep/er'), at('db/stage/x')):
    refused(f'a backup into {os.path.relpath(place, folder)}', 5, 'db', 'backup', '--db', db, place,
            says=('inside the database', 'nothing was written'))
ok(not os.path.exists(at('db/copy')) and not os.path.exists(at('db/deep')), 'nothing was made there')
same(run('db', 'backup', '--db', db, copy)[0], 0, 'a backup outside')
other = at('other')
run('import', '-q', '--db', other, log('other.log', 'other.example', 1430000000))
refused('another database over it', 5, 'db', 'backup', '--db', other, copy,
        says=('holds what this database does not', 'nothing was written', 'another folder'))
same(export(copy), whole, 'the copy holds what it held')
last = at('last')
run('import', '-q', '--db', last, log('last.log', 'last.example', 1730000000))
refused('a database of other years over it', 5, 'db', 'backup', '--db', last, copy, says=('no year in common',))
same(export(copy), whole, 'the copy holds what it held')
refused('a copy over itself', 5, 'db', 'backup', '--db', copy, copy)
old = at('old')
same(run('db', 'backup', '--db', copy, old)[0], 0, 'a copy of a copy')
run('import', '-q', '--db', db, log('new.log', 'new.example', 1430000000))
same(run('db', 'backup', '--db', db, copy)[0], 0, 'the copy is brought up to date')
newer = export(db)
refused('an older state over the newer copy', 5, 'db', 'backup', '--db', old, copy, says=('newer', 'new.log'))
same(export(copy), newer, 'the copy holds what it held')
same(run('db', 'compact', '--db', db)[0], 0, 'compacted')
same(run('db', 'backup', '--db', db, copy)[0], 0, 'and once more, files are all others now')
same(export(copy), newer, 'the same history')
run('db', 'expire', '--db', db, '--before', '2015')
same(run('db', 'backup', '--db', db, copy)[0], 0, 'after a year was dropped')
same(export(copy), export(db), 'it is not in the copy either')
back = at('back')
same(run('db', 'backup', '--db', copy, back)[0], 0, 'restored: a copy of the copy in a new place')
same(export(back), export(db), 'with the same history')

# ---- what was erased stays erased in what is copied, and in what stands apart
name = 'bank-login.example'
run('db', 'erase', '--db', db, '*.' + name)
same(run('db', 'backup', '--db', db, copy)[0], 0, 'a backup after erasing')
status, out, err = run('query', '--db', copy, name)
ok(status == 4 and 'erased' in err, 'asked for it, the copy says that it was erased', status, err)
run('import', '-q', '--db', copy, '--sensor', 'again', pcap)
ok(name not in export(copy) and len(export(copy)) > 5000, 'and what comes into the copy comes without it')
run('import', '-q', '--db', db, '--stage', 'later', '--sensor', 'again', pcap)
staged = export(db, '--stage', 'later')
ok(staged and name not in staged, 'nor does a stage hold it that is made later')
status, out, err = run('query', '--db', db, '--stage', 'later', name)
ok(status == 4 and 'erased' in err, 'and it says so', err)

# ---- stages and merges that are not there
ok('stages kept apart: later\n' in run('db', 'stat', '--db', db)[1], 'stat names the stages')
refused('a stage that is not there', 6, 'query', '--db', db, '--stage', 'latr', name, says=("no stage 'latr'", 'later'))
refused('a stage where there is none', 6, 'query', '--db', other, '--stage', 'x', name, says=('nor any other',))
refused('to promote one', 6, 'db', 'promote', '--db', db, 'latr', says=("no stage 'latr'", 'later'))
refused('to drop one', 6, 'db', 'drop', '--db', db, 'latr', says=("no stage 'latr'",))
refused('a name that is none', 2, 'db', 'drop', '--db', db, '../db', says=('no name of a stage',))
refused('to merge with itself', 2, 'db', 'merge', '--db', db, at('other/../db'), says=('the database itself',))
refused('to merge what is not there', 6, 'db', 'merge', '--db', db, at('nothing'), says=('nothing was done',))
same(run('db', 'merge', '--db', at('typo'), at('nothing'))[0], 6, 'in a database that is not there either')
ok(not os.path.exists(at('typo')), 'which is not made for nothing')
third = at('third')
run('db', 'backup', '--db', db, third)
status, out, err = run('db', 'merge', '--db', db, third)
ok(status == 0 and out == '' and 'nothing to add' in err, 'all of it is here: says so', status, out, err)
with open(pcap, 'rb') as f:
    cut = f.read(300000)
with open(at('cut.pcap'), 'wb') as f:
    f.write(cut)
run('import', '-q', '--db', at('part'), '--sensor', 'again', at('cut.pcap'))
run('import', '-q', '--db', db, '--sensor', 'again', pcap)
refused('part of what is here', 5, 'db', 'merge', '--db', db, at('part'), says=('count twice', 'Nothing was done', 'import'))
status, out, err = run('db', 'promote', '--db', db, 'later')
ok(status == 0 and 'nothing to add' in err and not os.path.exists(at('db/stage/later')),
   'a stage whose capture was imported meanwhile: nothing to add, and it is gone', status, out, err)

# ---- what is no folder
os.symlink('not-there', at('dangling'))
for verb in (['import', '-q', at('other.log')], ['query', 'other.example'], ['db', 'stat']):
    for place, says in (at('other.log'), 'is a file'), (at('dangling'), 'is a link, and what it points to is not there'):
        refused(f'{verb[0]} with --db {os.path.basename(place)}', 6, *verb[:1 + (verb[0] == 'db')], '--db', place,
                *verb[1 + (verb[0] == 'db'):], says=(place + ' ' + says, 'names another'))

# ---- a stage inside a stage
run('import', '-q', '--db', db, '--stage', 'outer', log('outer.log', 'outer.example', 1430000000))
outer = at('db/stage/outer')
refused('to import into one', 2, 'import', '-q', '--db', outer, '--stage', 'inner', at('outer.log'), says=('a stage has no stage',))
ok(not os.path.exists(outer + '/stage'), 'nothing was made')
shutil.copytree(outer, at('inner'))
shutil.copytree(at('inner'), outer + '/stage/inner') # as an earlier program would have
for verb in 'promote', 'drop':
    refused(f'to {verb} what has one', 6, 'db', verb, '--db', db, 'outer', says=('stages of its own', 'nothing was done', outer))
status, out, err = run('db', 'erase', '--db', db, '-n', 'never.example')
ok(status == 5 and 'stage outer' in err and 'not looked through' in err and err.count('\n') == 1, 'erase says that it did not look', status, err)
same(run('db', 'drop', '--db', outer, 'inner')[0], 0, 'the inner one is dropped')
same(run('db', 'drop', '--db', db, 'outer')[0], 0, 'and then the outer one')

# ---- to erase too much by a slip
for term in '*', '*.com', '*.co.uk', '0.0.0.0/0', '10.0.0.0/7', '::/0', '10.0.0.0-12.0.0.0':
    refused(f'to erase {term}', 2, 'db', 'erase', '--db', db, term, 'other.example', says=('nothing was erased', '--wide'))
for term in (name + '/A', '192.0.2.66/A', '192.0.2.80:53', 'user@' + name, 'http://' + name + '/x', 'shop[.]example'):
    refused(f'to erase {term}', 2, 'db', 'erase', '--db', db, term, says=('nothing was erased', 'write only that'))
refused('with a spool that is not there', 2, 'db', 'erase', '--db', db, 'shop.example', '--spool', at('none'),
        says=('no spool', 'nothing was erased'))
refused('no name', 2, 'db', 'erase', '--db', db, 'a..b', says=("term 'a..b'",))
with open(os.path.join(db, 'suppressed')) as f:
    same(f.read(), f'yore suppressed 1\nzone {name}.\n', 'nothing of it is on the list')
with open(os.path.join(db, 'suppressed')) as f:
    known = f.read()
for heading, status, says in (('yore suppressed 2', None, 'a newer program wrote this list'),
                              ('yore suppressed x', None, 'nothing can be written until it is mended')):
    with open(os.path.join(db, 'suppressed'), 'w') as f:
        f.write(known.replace('yore suppressed 1', heading))
    status, out, err = run('db', 'erase', '--db', db, 'other.example')
    ok(status not in (0, 1) and says in err and err.count('\n') == 1, heading + ': refused', status, out, err)
with open(os.path.join(db, 'suppressed'), 'w') as f:
    f.write(known)
status, out, err = run('db', 'erase', '--db', db, '--wide', '*.com', '10.0.0.0/7')
ok((status, out) == (0, '0 rows erased\n') and 'not looked through' in err and err.count('\n') == 1, 'where it is meant', err)

# ---- to expire too much by a slip
shutil.copytree(db, at('expiring'))
os.makedirs(at('expiring/who-2015-04'))
for what, args, says in (('no shelf', ['--shelf', ''], "'' is no shelf"), ('type 0', ['--type', 'TYPE0'], 'is no type'),
                         ('no type', ['--type', ''], 'is no type'), ('no source', ['--source', ''], 'is no source'),
                         ('a path', ['--shelf', '../db'], 'is no shelf'),
                         ('who asked', ['--shelf', 'who-2015-04'], '--who-asked')):
    had = export(at('expiring'))
    refused(f'to expire: {what}', 2, 'db', 'expire', '--db', at('expiring'), '--before', '2017', *args, says=(says,))
    same(export(at('expiring')), had, 'nothing went')

# ---- a year that lies on another disk: what goes from it would stay there
big = at('big')
shutil.copytree(at('expiring'), at('linked'))
shutil.rmtree(at('linked/who-2015-04'))
same(run('import', '-q', '--db', at('linked'), log('early.log', 'early.example', 1400000000))[0], 0, 'a year to move')
os.mkdir(big)
shutil.move(at('linked/y2014'), big)
os.symlink('../big/y2014', at('linked/y2014'))
run('import', '-q', '--db', at('linked'), '--stage', 'far', log('far.log', 'far.example', 1430000000))
shutil.move(at('linked/stage/far'), big)
os.symlink('../../big/far', at('linked/stage/far'))
had, files = export(at('linked')), lambda: sorted(os.path.join(d, f) for d, _, fs in os.walk(big) for f in fs)
ok('early.example' in had, 'it is read through the link')
listed = files(), open(at('linked/suppressed')).read()
for verb in (['erase', 'early.example'], ['erase', '-n', 'early.example'], ['expire', '--before', '2015'],
             ['expire', '--before', '2015', '-n'], ['expire', '--before', '2015', '--type', 'A']):
    refused(f'{" ".join(verb)} through a link', 5, 'db', verb[0], '--db', at('linked'), *verb[1:],
            says=('y2014 is a link', 'nothing was removed', 'move the folder back'))
for verb in 'promote', 'drop':
    refused(f'{verb} of a stage through a link', 6, 'db', verb, '--db', at('linked'), 'far', says=('far is a link', 'nothing was done'))
same((export(at('linked')), files(), open(at('linked/suppressed')).read()), (had, *listed), 'all of it is as it was')
same(run('import', '-q', '--db', at('linked'), log('more.log', 'more.example', 1400000001))[0], 0, 'importing goes through links')
ok('more.example' in export(at('linked')) and run('db', 'compact', '--db', at('linked'))[0] == 0, 'and so does compaction')
same(run('db', 'expire', '--db', at('linked'), '--before', '2018', '--shelf', 'intervals')[0], 6, 'a shelf that is not there is no link')

# ---- a stage that a newer program made
run('import', '-q', '--db', db, '--stage', 'odd', log('odd.log', 'odd.example', 1430000000))
with open(at('db/stage/odd/FORMAT'), 'w') as f:
    f.write('yore database 3\n')
status, out, err = run('db', 'erase', '--db', db, 'bank-login.example')
ok(status == 6 and 'format is 3' in err and 'the history is done' in err and err.count('\n') == 1,
   'the history forgets, and what does not is said', status, out, err)
ok('bank-login.example"' not in export(db), 'it does')
same(run('db', 'drop', '--db', db, 'odd')[0], 0, 'the stage can be thrown away')
status, out, err = run('db', 'erase', '--db', db, 'bank-login.example')
same((status, out), (0, '0 rows erased\n'), 'and once more is all of it')

shutil.rmtree(folder)
done()
