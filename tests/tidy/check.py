#!/usr/bin/env python3
"""The repository checks itself: layers, banned calls, sizes, dead files, Markdown.

    tests/tidy/check.py [--build DIR]

Every rule is a function from a `tree` (path -> text) to findings, so check_test.py can plant an offender for each.
With --build, every .cpp must also stand in that build's compile_commands.json. Exit code 1: there are findings.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
from typing import NamedTuple


class finding(NamedTuple):
    path: str
    line: int  # 1-based; 0: the file as a whole
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}" if self.line else f"{self.path}: {self.message}"


CPP = (".cpp", ".hpp")


def is_cpp(path):
    return path.endswith(CPP)


def code_of(text):
    """The text without comments and with empty string literals; lines keep their numbers, includes stay."""
    token = re.compile(
        r'R"(?P<d>[^()\s\\]{0,16})\((?:.|\n)*?\)(?P=d)"|//[^\n]*|/\*(?:.|\n)*?\*/'
        r"|\"(?:\\.|[^\"\\\n])*\"|(?<![0-9a-zA-Z_])'(?:\\.|[^'\\\n])+'")

    def blank(m):
        s = m.group(0)
        if s.startswith("/"):
            return "\n" * s.count("\n")
        before = text.rfind("\n", 0, m.start()) + 1
        if s.startswith('"') and text[before:m.start()].lstrip().startswith("#"):
            return s
        return '""' + "\n" * s.count("\n")

    return token.sub(blank, text)


# --- layers ---------------------------------------------------------------------------------------------------------

ENGINE = ["engine/base", "engine/io", "engine/metrics", "engine/http"]
PURE_SCHEDULER = ["scheduler/policy", "scheduler/lifecycle"]
AWS_CLIENTS = ["aws/credentials", "aws/transport", "aws/sqs", "aws/s3", "aws/sagemaker", "aws/sts", "aws/iam",
               "aws/events", "aws/identity", "aws/quotas"]
# A folder for each kind of resource; what they share is in common.
SAGEMAKER_PARTS = [
    "aws/local/sagemaker/common",
    "aws/local/sagemaker/pipelines",
    "aws/local/sagemaker/resources",
    "aws/local/sagemaker/search",
    "aws/local/sagemaker/training",
    "aws/local/sagemaker/batch",
    "aws/local/sagemaker/tuning",
    "aws/local/sagemaker/plans",
]
LOCAL_PARTS = [
    "aws/local/base",
    "aws/local/model",
    "aws/local/policy",
    "aws/local/gate",
    "aws/local/control",
    "aws/local/durable",
    "aws/local/sqs",
    "aws/local/sagemaker",
    "aws/local/identity",
    "aws/local/events",
    "aws/local/quotas",
] + SAGEMAKER_PARTS
BEFORE_CLI = ENGINE + ["sigv4"] + AWS_CLIENTS + PURE_SCHEDULER + ["scheduler/ledger", "scheduler/config",
                                                                  "scheduler/dispatcher"]
# folder -> the folders it may include, beside itself. Order of the house: engine, sigv4 -> aws -> scheduler -> bench.
LAYERS = {
    "engine/base": [],
    "engine/sqlite": ["engine/base"],
    "engine/report": ["engine/base"],
    "engine/io": ["engine/base"],
    "engine/metrics": ["engine/base"],
    "engine/http": ["engine/base", "engine/io", "engine/metrics"],
    "sigv4": ["engine/base"],
    "aws/credentials": ENGINE + ["sigv4"],
    "aws/transport": ENGINE + ["sigv4", "aws/credentials"],
    "aws/sqs": ENGINE + ["sigv4", "aws/credentials", "aws/transport"],
    "aws/s3": ENGINE + ["sigv4", "aws/credentials", "aws/transport"],
    "aws/sagemaker": ENGINE + ["sigv4", "aws/credentials", "aws/transport"],
    "aws/sts": ENGINE + ["sigv4", "aws/credentials", "aws/transport"],
    "aws/iam": ENGINE + ["sigv4", "aws/credentials", "aws/transport"],
    "aws/events": ENGINE + ["sigv4", "aws/credentials", "aws/transport"],
    "aws/quotas": ENGINE + ["sigv4", "aws/credentials", "aws/transport"],
    "aws/identity": ENGINE + ["sigv4", "aws/credentials", "aws/transport", "aws/sts"],
    "aws/local/base": ["engine/base"],
    "aws/local/model": ["engine/base", "aws/local/base"],
    "aws/local/policy": ["engine/base", "aws/local/base"],
    "aws/local/gate": ["engine/base", "aws/local/base"],
    "aws/local/durable": ["engine/base", "engine/io", "engine/sqlite", "aws/local/base"],
    "aws/local/control": ["engine/base", "engine/http", "aws/local/base", "aws/local/gate"],
    "aws/local/sqs": ["engine/base", "engine/io", "aws/local/base", "aws/local/model", "aws/local/policy"],
    "aws/local/sagemaker/common": ["engine/base", "aws/local/base", "aws/local/model"],
    "aws/local/sagemaker/pipelines": ["engine/base", "aws/local/base", "aws/local/sagemaker/common"],
    "aws/local/sagemaker/resources": ["engine/base", "aws/local/base", "aws/local/sagemaker/common", "aws/local/sagemaker/training"],
    "aws/local/sagemaker/search": ["engine/base", "aws/local/base", "aws/local/model"],
    "aws/local/sagemaker/training": ["engine/base", "aws/local/base", "aws/local/model", "aws/local/sagemaker/common"],
    "aws/local/sagemaker/plans": ["engine/base", "aws/local/base", "aws/local/model", "aws/local/sagemaker/common", "aws/local/sagemaker/training"],
    "aws/local/sagemaker/tuning": ["engine/base", "aws/local/base", "aws/local/sagemaker/common", "aws/local/sagemaker/training"],
    "aws/local/sagemaker/batch": ["engine/base", "aws/local/base", "aws/local/model", "aws/local/sagemaker/common"],
    "aws/local/sagemaker": ["engine/base", "aws/local/base", "aws/local/model"] + SAGEMAKER_PARTS,
    "aws/local/identity": ["engine/base", "sigv4", "aws/local/base", "aws/local/model", "aws/local/policy"],
    "aws/local/events": ["engine/base", "engine/io", "aws/local/base", "aws/local/model", "aws/local/policy"],
    "aws/local/quotas": ["engine/base", "aws/local/base", "aws/local/model"],
    "aws/local": ENGINE + ["sigv4"] + LOCAL_PARTS,
    "scheduler/policy": ["engine/base"],
    "scheduler/lifecycle": ["engine/base"],
    "scheduler/sim": ["engine/base"] + PURE_SCHEDULER,
    "scheduler/ledger": ["engine/base", "engine/sqlite", "scheduler/lifecycle"],
    "scheduler/config": ["engine/base", "scheduler/policy", "scheduler/lifecycle"],
    "scheduler/dispatcher": ENGINE + ["sigv4"] + AWS_CLIENTS + PURE_SCHEDULER + ["scheduler/ledger",
                                                                               "scheduler/config"],
    "scheduler/provision": ENGINE + ["sigv4"] + AWS_CLIENTS + ["scheduler/config", "scheduler/policy"],
    "scheduler/cli": BEFORE_CLI + ["scheduler/provision", "aws/local", "engine/report", "scheduler/sim"],
    "bench": BEFORE_CLI + ["aws/local", "aws/local/gate", "engine/report", "scheduler/sim"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.M)


def includes(text):
    """(line, path, in quotes) of every include."""
    for m in INCLUDE.finditer(text):
        yield text.count("\n", 0, m.start()) + 1, m.group(1) or m.group(2), m.group(1) is not None


def layers(tree):
    found = []
    for path, text in tree.items():
        if not is_cpp(path) or path.startswith("tests/"):
            continue
        folder = os.path.dirname(path)
        if folder not in LAYERS:
            found.append(finding(path, 0, f"folder {folder} has no entry in LAYERS of tests/tidy/check.py"))
            continue
        for line, target, quoted in includes(text):
            if not quoted:
                continue
            if target not in tree:
                found.append(finding(path, line, f'"{target}" is no file of the tree; quote paths from the top'))
                continue
            to = os.path.dirname(target)
            if to != folder and to not in LAYERS[folder]:
                found.append(finding(path, line, f"{folder} may not use {to}"))
    return found


def layer_table_cycles(table):
    """Folders that reach themselves through the table."""
    def reach(start):
        seen, todo = set(), list(table.get(start, []))
        while todo:
            f = todo.pop()
            if f not in seen:
                seen.add(f)
                todo += table.get(f, [])
        return seen
    return sorted(f for f in table if f in reach(f))


# --- banned calls ---------------------------------------------------------------------------------------------------

class ban(NamedTuple):
    pattern: str
    instead: str
    allowed: tuple  # path prefixes


BANS = [
    ban(r"_clock::now\s*\(|\b(?:gettimeofday|clock_gettime|timespec_get)\s*\(|(?<![\w.>])(?:std::|::)?time\s*\(\s*(?:0|NULL|nullptr|&)",
        "take the time as an argument; drivers use io::real_clock()",
        # The ledger times its own fsync for a metric; no decision reads it.
        ("engine/io/real_clock.cpp", "scheduler/ledger/ledger.cpp", "bench/", "tests/")),
    ban(r"(?<![\w.>])(?:std::|::)?s?rand\s*\(|\brandom_device\b|\bmt19937|\bdefault_random_engine\b",
        "use a seeded trainyard::rng that is passed in", ("engine/base/rng",)),
    ban(r"\basio::detached\b", "spawn through io::task_group", ("engine/io/task_group.cpp",)),
    ban(r"(?<![\w.>])(?:std::|::)?(?:u|nano)?sleep\s*\(|\bthis_thread::sleep_(?:for|until)\b",
        "wait for an event (io::event, a manual clock, a condition)", ()),
    ban(r"(?<![\w.>])(?:std::|::)?(?:secure_)?getenv\s*\(|(?<![\w.>])(?:::)?environ\b",
        "take aws::environment as an argument",
        ("aws/credentials/", "scheduler/cli/", "scheduler/config/environment", "tests/")),
    ban(r"(?<![\w.>])(?:std::|::)?(?:f|v|vf)?printf\s*\(|\bstd::(?:cout|cerr|clog)\b|(?<![\w.>])(?:std::)?f?puts\s*\(",
        "return what happened; only the command line prints",
        ("scheduler/cli/", "bench/", "engine/base/check.cpp", "tests/")),
    ban(r"\bnew\s+[A-Za-z_:]+\s*\[|\bmalloc\s*\(|\bstrcpy\s*\(|\bsprintf\s*\(", "use a container or a string",
        ("tests/support/allocations/", "bench/allocations.cpp")),
]


def banned_calls(tree):
    found = []
    for path, text in tree.items():
        if not is_cpp(path):
            continue
        code = code_of(text)
        for b in BANS:
            if path.startswith(b.allowed):
                continue
            for m in re.finditer(b.pattern, code):
                found.append(finding(path, code.count("\n", 0, m.start()) + 1,
                                     f"{m.group(0).strip()} is banned here: {b.instead}"))
    return found


HEAVY = ("boost/asio", "boost/beast", "rapidjson/", "sqlite3.h", "yaml-cpp/", "prometheus/", "CLI/", "spdlog/",
         "pugixml", "openssl/")
# Light parts: a declaration, or the coroutine type itself.
LIGHT = ("boost/asio/awaitable.hpp", "boost/asio/io_context.hpp", "boost/asio/any_io_executor.hpp")


def resolve(tree, path, target):
    """The file that `#include "target"` in `path` names: from the top, or beside the includer."""
    beside = os.path.join(os.path.dirname(path), target)
    return beside if target not in tree and beside in tree else target


def heavy_headers(tree):
    """A header that only its own folder includes may include what that folder wraps; every other may not."""
    foreign = set()
    for path, text in tree.items():
        if is_cpp(path):
            for _, target, quoted in includes(text):
                to = resolve(tree, path, target)
                # Tests look inside; what they include does not spread.
                if quoted and os.path.dirname(to) != os.path.dirname(path) and not path.startswith("tests/"):
                    foreign.add(to)
    found = []
    for path, text in tree.items():
        if not path.endswith(".hpp") or path not in foreign:
            continue
        for line, target, quoted in includes(text):
            if not quoted and target.startswith(HEAVY) and target not in LIGHT:
                found.append(finding(path, line, f"<{target}> in a header that other folders include: declare what is "
                                                 "needed, and include it in the .cpp"))
    return found


def header_form(tree):
    found = []
    for path, text in tree.items():
        if not path.endswith(".hpp"):
            continue
        code = code_of(text)
        if "#pragma once" not in code:
            found.append(finding(path, 0, "has no #pragma once"))
        for m in re.finditer(r"\busing\s+namespace\s+([\w:]+)", code):
            if m.group(1).endswith("chrono_literals") and path == "engine/base/time.hpp":
                continue
            found.append(finding(path, code.count("\n", 0, m.start()) + 1, "using namespace in a header"))
    return found


def unordered_in_pure_core(tree):
    """A decision must not depend on the order of a hash table."""
    found = []
    for path, text in tree.items():
        if not is_cpp(path) or not path.startswith(("scheduler/policy/", "scheduler/lifecycle/")):
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if "std::unordered_" in line and "// order-free:" not in line:
                found.append(finding(path, number, "std::unordered_ in a decision: use std::map, or say why order "
                                                   "does not matter with '// order-free: REASON' on the line"))
    return found


# --- text and size --------------------------------------------------------------------------------------------------

OPEN_ENDS = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX)\b")
MACHINE_PATH = re.compile(r"(?<![\w.}>])/(?:work|root|farm)(?:/|\b)")
TEXT = CPP + (".py", ".mjs", ".sh", ".md", ".txt", ".cmake", ".json", ".yaml", ".yml")


def is_text(path):
    return path.endswith(TEXT) or "." not in os.path.basename(path)


def texts(tree):
    found = []
    for path, text in tree.items():
        if not is_text(path) or path == "LICENSE":
            continue
        for number, line in enumerate(text.split("\n"), 1):
            if m := OPEN_ENDS.search(line):
                found.append(finding(path, number, f"{m.group(0)}: finish it or leave it out"))
            if m := MACHINE_PATH.search(line):
                found.append(finding(path, number, f"{m.group(0)} is a path of one machine"))
            if line != line.rstrip():
                found.append(finding(path, number, "space at the end of the line"))
        if text and not text.endswith("\n") and not path.startswith("tests/golden/"):
            found.append(finding(path, 0, "does not end with a newline"))
    return found


LINES_MAX = 500
COLUMNS_MAX = 120
# Files above LINES_MAX and how long they are today: they may shrink, never grow.
RATCHET = {}


def sizes(tree):
    found = []
    for path, text in tree.items():
        # Tables that a script writes are data.
        if not is_cpp(path) or text.startswith("// Written by generate.py"):
            continue
        lines = text.split("\n")
        limit = RATCHET.get(path, LINES_MAX)
        if len(lines) - 1 > limit:
            found.append(finding(path, 0, f"{len(lines) - 1} lines, {limit} allowed: split it by subject"))
        for number, line in enumerate(lines, 1):
            # A raw string is data: what it holds cannot be broken over lines.
            if len(line) > COLUMNS_MAX and 'R"' not in line:
                found.append(finding(path, number, f"{len(line)} columns, {COLUMNS_MAX} allowed"))
    for path in RATCHET:
        if path not in tree:
            found.append(finding(path, 0, "stands in RATCHET of tests/tidy/check.py but is gone"))
    return found


# --- dead files -----------------------------------------------------------------------------------------------------

TOP_LEVEL = {"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "engine", "sigv4", "aws", "scheduler",
             "bench", "tests", "ops"}


def top_level(tree):
    tops = {p.split("/")[0] for p in tree}
    return [finding(t, 0, "is no entry of the house; its top level is fixed")
            for t in sorted(tops) if t not in TOP_LEVEL and not t.startswith(".")]


def unused_headers(tree):
    used = set()
    for path, text in tree.items():
        if is_cpp(path):
            used |= {resolve(tree, path, target) for _, target, quoted in includes(text) if quoted} - {path}
    return [finding(p, 0, "nobody includes it") for p in sorted(tree) if p.endswith(".hpp") and p not in used]


def unbuilt_sources(tree, compiled):
    """`compiled`: paths in compile_commands.json, or None when there is no build to ask."""
    found = []
    for path in sorted(tree):
        if not path.endswith(".cpp"):
            continue
        if path.startswith("bench/"):  # built on request
            if os.path.basename(path) not in tree.get("bench/CMakeLists.txt", ""):
                found.append(finding(path, 0, "bench/CMakeLists.txt does not name it"))
        elif compiled is not None and path not in compiled:
            found.append(finding(path, 0, "no target of the build compiles it"))
    return found


def unnamed_scripts(tree):
    """A script that no other file names is one that nobody runs."""
    found = []
    for path in sorted(tree):
        name = os.path.basename(path)
        script = path.endswith((".py", ".mjs", ".sh")) or (path.startswith("ops/") and "." not in name)
        if script and not any(re.search(rf"(?<![\w-]){re.escape(name.removesuffix('.py'))}(?![\w-])", text)
                              for other, text in tree.items() if other != path and is_text(other)):
            found.append(finding(path, 0, "no other file names it"))
    return found


# --- Markdown -------------------------------------------------------------------------------------------------------

def outside_fences(text):
    fenced = False
    for number, line in enumerate(text.split("\n"), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith("    "):
            yield number, line


def markdown(tree):
    found = []
    folders = {os.path.dirname(p) for p in tree}
    for path, text in tree.items():
        if not path.endswith(".md"):
            continue
        titles = [n for n, line in outside_fences(text) if line.startswith("# ")]
        if len(titles) != 1 or titles[0] != 1:
            found.append(finding(path, 0, f"needs exactly one title, in its first line; it has {len(titles)}"))
        for number, line in outside_fences(text):
            for target in re.findall(r"\]\(([^)\s]+)\)", line):
                if re.match(r"[a-z]+:", target) or target.startswith("#"):
                    continue
                to = os.path.normpath(os.path.join(os.path.dirname(path), target.split("#")[0]))
                if to not in tree and to not in folders and not any(f.startswith(to + "/") for f in folders):
                    found.append(finding(path, number, f"link to {target}, which does not exist"))
    return found


SOURCE_FILES_WITHOUT_README = 4


def readmes(tree):
    count = {}
    for path in tree:
        if is_cpp(path) or path.endswith((".py", ".mjs")):
            folder = os.path.dirname(path)
            count[folder] = count.get(folder, 0) + 1
    def explained(folder):
        parent, name = os.path.split(folder)
        return f"{folder}/README.md" in tree or re.search(rf"\b{name}\b", tree.get(f"{parent}/README.md", ""))
    # A program of tests is explained by the folder that it mirrors.
    return [finding(f, 0, f"{n} source files, and neither a README.md nor a word in that of the folder above")
            for f, n in sorted(count.items()) if n > SOURCE_FILES_WITHOUT_README and not explained(f)
            and (not f.startswith("tests/") or f == "tests/interop")]


RULES = [layers, banned_calls, heavy_headers, header_form, unordered_in_pure_core, texts, sizes, top_level,
         unused_headers, unnamed_scripts, markdown, readmes]


def read_tree(root):
    listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z"], check=True,
                            capture_output=True).stdout.decode().split("\0")
    tree = {}
    for path in filter(None, listed):
        file = root / path
        if file.is_file():
            tree[path] = file.read_text(encoding="utf-8", errors="surrogateescape")
    return tree


def compiled_sources(root, command):
    """Paths that one entry of compile_commands.json compiles: itself, or what a generated file includes together."""
    file = pathlib.Path(command["directory"], command["file"])
    if file.parent.name != "Unity":
        return [os.path.relpath(file, root)]
    return [os.path.relpath(f, root) for f in re.findall(r'^#include "(.+\.cpp)"$', file.read_text(), re.M)]


def read_compiled(root, build):
    commands = json.loads((build / "compile_commands.json").read_text())
    return {path for c in commands for path in compiled_sources(root, c)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, help="a configured build directory")
    args = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parents[2]
    tree = read_tree(root)
    found = [f for rule in RULES for f in rule(tree)]
    found += unbuilt_sources(tree, read_compiled(root, args.build) if args.build else None)
    for f in sorted(found):
        print(f)
    print(f"{len(tree)} files, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
