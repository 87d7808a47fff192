#!/usr/bin/env python3
"""The commands that a README shows work: runs every ```sh block, in order, as one shell session per block.

    tests/tidy/readme_commands.py --build DIR [README.md ...]

Blocks run in a temporary folder that persists from block to block, with the build's `trainyard` first in PATH. Scripts
that .ci/run itself runs (ops/quickstart, ops/test, .ci/run) and cloning are left out; anything else must succeed.
A block that needs a real AWS account is not `sh` but ```console in the README: shown, not run.
"""
import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

TIMEOUT_SECONDS = 120
RUN_ELSEWHERE = re.compile(r"^\s*(?:sudo\s+)?(?:\./)?(?:ops/quickstart|ops/test|\.ci/run|git clone|cd [\w./-]+$)")


def blocks(text):
    """(line, commands) of every ```sh block, less what runs elsewhere."""
    found = []
    for m in re.finditer(r"^```sh\n(.*?)^```$", text, re.M | re.S):
        commands = "".join(line + "\n" for line in m.group(1).splitlines() if not RUN_ELSEWHERE.match(line))
        if re.sub(r"#.*", "", commands).strip():
            found.append((text.count("\n", 0, m.start()) + 2, commands))
    return found


def run(script, cwd, env):
    """Exit code and output; the whole process group is gone afterwards."""
    p = subprocess.Popen(["bash", "-euo", "pipefail", "-c", script], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        output, _ = p.communicate(timeout=TIMEOUT_SECONDS)
        return p.returncode, output
    except subprocess.TimeoutExpired:
        return None, f"not done after {TIMEOUT_SECONDS} s"
    finally:
        try:
            os.killpg(p.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("readme", nargs="*", default=["README.md"], help="by their path from the top")
    args = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parents[2]
    return max(run_readme(root, name, args.build) for name in args.readme)


def run_readme(root, name, build):
    todo = blocks((root / name).read_text())
    if not todo:
        print(f"{name} shows no command to run")
        return 1
    env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    env["PATH"] = f"{build.resolve() / 'bin'}:{env['PATH']}"
    env["AWS_EC2_METADATA_DISABLED"] = "true"
    with tempfile.TemporaryDirectory() as folder:
        env["HOME"] = folder
        # Blocks may name files of the checkout by their path from the top.
        for entry in root.iterdir():
            if not entry.name.startswith("."):
                (pathlib.Path(folder) / entry.name).symlink_to(entry)
        (pathlib.Path(folder) / ".build").mkdir()
        (pathlib.Path(folder) / ".build" / "release").symlink_to(build.resolve())
        for line, script in todo:
            code, output = run(script, folder, env)
            print(f"{name}:{line}: {'ok' if code == 0 else f'exit {code}'}")
            if code != 0:
                print(f"{script}\n{output[-4000:]}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
