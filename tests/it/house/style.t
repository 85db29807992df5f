#!/usr/bin/env python3
"""The tree keeps to its own style: formatting, calls, names, scripts.

usage: style.t YORE SOURCE_ROOT
"""
import os, re, shutil, subprocess, sys
sys.path.insert(0, os.path.dirname(__file__))
import house

root = sys.argv[2]
code = [f for f in house.files(root, ".c", ".h") if f.startswith(("src/", "tests/", "bench/"))]


def read(path):
    with open(os.path.join(root, path), errors="replace") as f:
        return f.read()


def bare(text):
    """C without comments and without the inside of strings; lines stay where they are."""
    def blank(m):
        s = m.group(0)
        return ('""' if s[0] == '"' else "''" if s[0] == "'" else " ") + "\n" * s.count("\n")
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text,
                  flags=re.S)


def search(paths, pattern, why):
    for path in paths:
        for n, line in enumerate(bare(read(path)).splitlines(), 1):
            m = re.search(pattern, line)
            if m:
                yield f"{path}:{n}: {m.group(0).strip()}: {why}"


tool = shutil.which("clang-format-14") or shutil.which("clang-format")
version = tool and subprocess.run([tool, "--version"], capture_output=True, text=True).stdout
if not tool or " 14." not in version:
    house.skip("formatting", "no clang-format 14")
else:
    r = subprocess.run([tool, "-n", "--Werror", *code], cwd=root, capture_output=True, text=True)
    house.ok(r.returncode == 0, f"{len(code)} files are as clang-format 14 leaves them",
             [line for line in r.stderr.splitlines() if ": error:" in line])

source = [f for f in code if f.startswith("src/")]
UNBOUNDED = (r"(?<![\w.>])(strcpy|strcat|stpcpy|sprintf|vsprintf|gets|scanf|fscanf|strtok|alloca"
             r"|tmpnam|tempnam|mktemp|getwd|asctime|ctime|gethostbyname|bcopy|bzero)\s*\(")
house.ok(not (bad := list(search(source, UNBOUNDED, "has no bound or no place here"))),
         "no call without a bound", bad)
LAX = r"(?<![\w.>])(atoi|atol|atoll|atof|system|popen|rand|srand|strerror_l)\s*\("
house.ok(not (bad := list(search(source, LAX, "hides errors"))), "no call that hides errors", bad)
LIBRARY = [f for f in source if f.split("/")[1] not in ("cmd", "api", "sensor", "base", "sys")]
PRINTS = r"(?<![\w.>])(printf|puts|putchar|perror|exit|abort|_exit|err|errx|warnx?)\s*\("
house.ok(not (bad := list(search(LIBRARY, PRINTS, "library code returns, it does not print"))),
         "library code neither prints nor ends the program", bad)
CLOCKED = [f for f in source if f.split("/")[1] in
           ("net", "dns", "record", "observe", "gather", "query", "format")]
CLOCK = r"(?<![\w.>])(time|gettimeofday|clock_gettime|localtime|localtime_r)\s*\("
house.ok(not (bad := list(search(CLOCKED, CLOCK, "time comes in as an argument"))),
         "no clock where time is an argument", bad)

bad = [f"{f}: says nothing" for f in source
       if re.search(r"(^|[/_])(util|utils|helper|helpers|misc|common|manager)[_.]", f)]
house.ok(not bad, "file names say what is in them", bad)
bad = [f"{f}: {n} lines" for f in source if (n := read(f).count("\n")) > 800]
house.ok(not bad, "no file is too long to read in one go", bad)
bad = [f"{f}:{n}: blanks at the end of the line" for f in
       house.files(root, ".c", ".h", ".py", ".t", ".sh", ".md", ".build", ".ts", ".css")
       for n, line in enumerate(read(f).split("\n"), 1) if line != line.rstrip() and line != "\f"]
house.ok(not bad, "no blanks at line ends", bad)

# what only one machine knows: its folders, home folders
LOCAL = re.compile(r"/(?:work)/(?:main|wt|shared|\.)|/home/[a-z]+/|/(?:root)/\S")
bad = []
for f in house.files(root):
    if os.path.getsize(os.path.join(root, f)) > 4 << 20:
        continue
    for n, line in enumerate(read(f).splitlines(), 1):
        if LOCAL.search(line):
            bad.append(f"{f}:{n}: {line.strip()[:80]}")
house.ok(not bad, "nothing names the folders of one machine", bad)

scripts = [f for f in house.files(root) if f.endswith(".sh") or (
    "." not in os.path.basename(f).strip(".") and
    re.match(r"#!.*\b(ba)?sh\b", read(f)[:80] if os.path.getsize(os.path.join(root, f)) < 1 << 18
             else ""))]
if not shutil.which("shellcheck"):
    house.skip("shellcheck", "no shellcheck")
elif scripts:
    r = subprocess.run(["shellcheck", "-x", "-f", "gcc", *scripts], cwd=root, capture_output=True,
                       text=True)
    house.ok(r.returncode == 0, f"shellcheck has nothing to say of {len(scripts)} scripts",
             r.stdout.splitlines())
python = [f for f in house.files(root, ".py", ".t")]
bad = []
for f in python:
    try:
        compile(read(f), f, "exec")
    except SyntaxError as e:
        bad.append(f"{f}: {e}")
house.ok(not bad, f"{len(python)} Python files parse", bad)
house.done()
