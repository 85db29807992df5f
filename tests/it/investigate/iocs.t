#!/usr/bin/env python3
"""Indicators out of real reports: precision and recall of each file against what the
report's own structure says (its sections and tables, or the typed fields of MISP)."""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..'))
from tap import done, ok

yore, root = sys.argv[1], sys.argv[2]
corpus = os.environ.get('YORE_CORPUS', os.path.join(root, '..', 'shared', 'corpus'))
ioc = os.path.join(corpus, 'samples', 'ioc')
if not os.path.isdir(ioc):
    print('1..0 # SKIP no corpus of reports')
    sys.exit(0)

ADDRESS = r'\d{1,3}(?:\.\d{1,3}){3}'
HOST = r'(?:[A-Za-z0-9_-]+\.)+(?:xn--[a-z0-9]+|[A-Za-z]{2,})'


def refang(s):
    return s.replace('[.]', '.').replace('\\https', 'https')


def section(lines, heading):
    """Lines below headings that match, up to the next heading."""
    inside = False
    for line in lines:
        if re.match(r'(=+ |\*[^*]+\*$)', line):
            inside = bool(re.search(heading, line))
        elif inside:
            yield refang(line)


def hosts(lines, keep=lambda line: line):
    found = set()
    for line in lines:
        line = keep(line)
        for url in re.findall(r'https?://[^\s`|]+', line):
            line = line.replace(url, url.split('/')[2].split(':')[0])
        line = re.sub(r'[A-Za-z0-9._]+@', '', line)
        braces = re.search(r'(\S*)\{(\d+),(\d+)\}(\S+)', line)
        if braces:
            a, lo, hi, b = braces.groups()
            found |= {a + str(n) + b for n in range(int(lo), int(hi) + 1)}
            continue
        line = re.sub(r'\S*\[[a-z_]+\]\.', '*.', line)
        for zone in re.findall(r'\*\.(' + HOST + ')', line):
            found.add('*.' + zone.lower())
            line = line.replace('*.' + zone, '')
        found |= set(re.findall(r'(?<![\d.])' + ADDRESS + r'(?![\d.])', line))
        found |= {h.lower() for h in re.findall(r'(?<![\w./])' + HOST + r'(?![\w\\])', line)}
    return found


def misp(path):
    found = set()

    def walk(v):
        if isinstance(v, dict):
            t, value = v.get('type'), v.get('value')
            if t in ('domain', 'hostname', 'ip-src', 'ip-dst', 'domain|ip', 'ip-dst|port',
                     'ip-src|port'):
                found.update(x for x in value.split('|') if not x.isdigit())
            if t in ('url', 'uri') and v.get('category') != 'External analysis':
                found.add(re.sub(r'^\w+://', '', value).split('/')[0].split(':')[0])
            if t in ('email-src', 'email-dst'):
                found.add(value.split('@')[1])
            for x in v.values():
                walk(x)
        elif isinstance(v, list):
            for x in v:
                walk(x)
    walk(json.load(open(path)))
    return {x.lower() for x in found}


MAIL_FOR_ALL = {'seznam.cz', 'gmail.com', 'gmx.com', 'yahoo.com', 'mail.ru', 'ukr.net'}
SECTIONS = {
    'potao/README.adoc': r'Domain names|IP addresses',
    'glupteba/README.adoc': r'C&C servers',
    'groundbait/README.adoc': r'C&C servers|Servers used',
    'invisimole/README.adoc': r'IP addresses|[Dd]omain names|C&C|[Dd]omains',
    'machete/README.adoc': r'Domain names|Server IPs',
    'mozi/README.adoc': r'Network Indicators',
    'operation_texonto/README.adoc': r'Network Indicators|Email addresses',
    'powerpool/README.adoc': r'C&C|Network|[Dd]omain|IP|Email',
    'sednit/lojax.adoc': r'C&C server',
    'sednit/part1.adoc': r'Domain Names|domain|Domain|C&C',
    'sednit/part2.adoc': r'Domain Names|domain|Domain|IP|C&C',
    'sednit/part3.adoc': r'Domain Names|domain|Domain|IP|C&C',
    'sednit/2018-11-20_Zebrocy.adoc': r'URL|Email|C&C|Network|mail',
    'spalax/README.adoc': r'[Dd]omain|IP|C&C|[Nn]etwork',
    'xdspy/README.adoc': r'Used in 2019|network infrastructure',
    'winnti_group/README.adoc': r'C&C|IP|[Dd]omain|[Nn]etwork|payload|Payload|samples',
}
FILES = [os.path.join(d, f) for d in sorted(os.listdir(ioc))
         if os.path.isdir(os.path.join(ioc, d))
         for f in sorted(os.listdir(os.path.join(ioc, d))) if f.endswith('.json')]


def run(path):
    out = subprocess.run([yore, 'investigate', '--indicators', path], capture_output=True,
                         text=True, timeout=60)
    assert out.returncode == 0, out.stderr
    rows = [line.split('\t') for line in out.stdout.splitlines()]
    return ({r[1] for r in rows if r[0] == 'indicator'},
            {r[1] for r in rows if r[0] == 'reference'})


print('# %-42s %5s %5s %9s %7s' % ('report', 'found', 'truth', 'precision', 'recall'))
for name in list(SECTIONS) + FILES:
    path = os.path.join(ioc, name)
    if name.endswith('.json'):
        want = misp(path)
    else:
        lines = open(path, encoding='utf-8').read().split('\n')
        want = hosts(section(lines, SECTIONS[name]))
    got, references = run(path)
    want -= MAIL_FOR_ALL
    want = {w for w in want if w not in references or w in got}
    right = len(got & want)
    precision = right / len(got) if got else 1.0
    recall = right / len(want) if want else 1.0
    print('# %-42s %5d %5d %9.3f %7.3f' % (name, len(got), len(want), precision, recall))
    for x in sorted(got - want)[:8]:
        print('#   not in the truth: ' + x)
    for x in sorted(want - got)[:8]:
        print('#   missed: ' + x)
    ok(precision >= 0.99 and recall >= 0.99, '%s: precision and recall' % name)

got, _ = run(os.path.join(ioc, 'potao/README.adoc'))
ok(sum(1 for g in got if re.fullmatch(ADDRESS, g)) == 38 and len(got) == 44,
   'potao: exactly 6 domains and 38 addresses')
done()
