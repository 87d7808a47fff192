#!/usr/bin/env python3
"""Runs a program that is not in Python against a `trainyard local` of its own; its last line is `N assertions`.

    tests/interop/program.py js|go|java PROGRAM

The program gets the endpoint through AWS's own environment variables, as any user's would.
"""
import re
import subprocess
import sys

import harness as h

ACCOUNT = "444444444444"
SECONDS_MAX = 90


def command(language, name):
    home = h.FOREIGN / language
    if language == "js":
        # Node resolves packages from the folder of the program.
        for source in (h.HERE / "js").glob("*.mjs"):
            (home / source.name).write_text(source.read_text())
        return ["node", home / f"{name}.mjs"]
    if language == "go":
        return [home / "bin" / name]
    # Two cores and a second or two of life: what the JVM would compile in that time is not worth it.
    return ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp",
            f"{home / 'classes'}:{(home / 'classpath').read_text().strip()}", name]


def main():
    local = h.local_aws()
    done = subprocess.run([str(c) for c in command(*sys.argv[1:3])], stdin=subprocess.DEVNULL, text=True, cwd=h.folder(),
                          env={**h.clean_environment(), **h.aws_environment(local.url, ACCOUNT)}, capture_output=True,
                          timeout=SECONDS_MAX)
    print(done.stdout, end="")
    h.expect_equal(done.returncode, 0, f"exit code\n{done.stderr.strip()[-3000:]}\n{local.process.tail()}")
    h.expect(re.search(r"^[1-9][0-9]* assertions\n\Z", done.stdout, re.M), "the program ended before its last line")


if __name__ == "__main__":
    h.main(main)
