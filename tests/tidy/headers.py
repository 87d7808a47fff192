#!/usr/bin/env python3
"""Every header compiles alone: `-fsyntax-only` with the flags of a source file of its folder.

    tests/tidy/headers.py --build DIR

Headers that a source file includes before anything else, in a target without precompiled header, are left out: the build
has compiled them alone already.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

import check


def flags_of(command):
    """Flags of one compile command that matter to a header: no output, input, dependency file or precompiled header."""
    words, out, skip = shlex.split(command["command"]), [], 0
    while words and not os.path.basename(words[0]).startswith(("c++", "g++", "clang++")):
        words.pop(0)  # ccache and its environment
    for i, w in enumerate(words):
        if skip:
            skip -= 1
        elif w in ("-o", "-c", "-MF", "-MT", "-MQ", "-include"):
            skip = 1
        elif w == "-Xclang" or w.startswith(("-MD", "-MMD", "-Winvalid-pch", "-fpch")):
            continue
        elif i and ("cmake_pch" in w or w.endswith((".cpp", ".cxx"))):
            continue
        else:
            out.append(w)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    args = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parents[2]
    commands = json.loads((args.build / "compile_commands.json").read_text())
    tree = check.read_tree(root)
    by_folder, proven = {}, set()
    for c in commands:
        path = check.compiled_sources(root, c)[0]
        by_folder.setdefault(os.path.dirname(path), (c["directory"], flags_of(c)))
        first = next(check.includes(tree.get(path, "")), None)
        if first and first[2] and "cmake_pch" not in c["command"]:
            proven.add(first[1])
    headers = [p for p in tree if p.endswith(".hpp") and p not in proven]
    anyone = by_folder.get("scheduler/cli") or next(iter(by_folder.values()))

    def compile_alone(path):
        directory, flags = by_folder.get(os.path.dirname(path), anyone)
        # Through standard input: as a main file, a header's own #pragma once is a warning.
        done = subprocess.run([*flags, "-fsyntax-only", "-x", "c++", "-"], input=f'#include "{root / path}"\n',
                              cwd=directory, capture_output=True, text=True)
        return path, done.returncode, done.stderr

    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, code, message in pool.map(compile_alone, headers):
            if code:
                bad += 1
                print(f"{path} does not compile alone:\n{message[:2000]}")
    print(f"{len(headers)} headers compiled, {len(proven)} proven by the build, {bad} not self-contained")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
