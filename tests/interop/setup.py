#!/usr/bin/env python3
"""Puts the foreign clients into a folder: a Python environment with boto3 and moto, one with the last boto3 that speaks
the Query protocol of SQS, and the JavaScript SDK for SQS.

    tests/interop/setup.py FOLDER

Only that boto3 has a fixed version: these tests exist to meet what clients send today. Exit code 77 when a registry cannot be reached
or a tool is missing; the reason is printed. A folder that is complete is left alone.
"""
import json
import pathlib
import shutil
import subprocess
import sys

# moto[server] brings forty more for services unused here. Of the AWS CLI the registry has version 1 alone.
PYTHON_PACKAGES = ["boto3", "moto", "flask", "flask-cors", "awscli"]
QUERY_PACKAGES = ["boto3==1.28.80", "botocore==1.31.80"]  # botocore 1.31.81 went over to JSON
NODE_PACKAGES = ["@aws-sdk/client-sqs"]
NODE_MAJOR_MIN = 18  # the SDK's own floor may be higher; then npm or the import says so


def run(*command, **options):
    return subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=540, start_new_session=True, **options)


def python_side(venv, wanted):
    complete, packages = venv / "complete", " ".join(wanted)
    if complete.exists() and complete.read_text() == packages:
        return None
    shutil.rmtree(venv, ignore_errors=True)
    if (made := run(sys.executable, "-m", "venv", venv)).returncode:
        return f"python3 -m venv failed ({(made.stdout + made.stderr).strip()[:200]})"
    got = run(venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check",
              "--retries", "2", *wanted)
    if got.returncode:
        return f"pip could not install {packages}: {got.stderr.strip()[-300:]}"
    complete.write_text(packages)
    return None


def node_side(folder):
    js = folder / "js"
    if (js / "complete").exists():
        return None
    if not shutil.which("node") or not shutil.which("npm"):
        return "node or npm is not installed"
    version = run("node", "--version").stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < NODE_MAJOR_MIN:
        return f"node {version} is older than {NODE_MAJOR_MIN}"
    js.mkdir(parents=True, exist_ok=True)
    (js / "package.json").write_text(json.dumps({"private": True, "type": "module"}))
    got = run("npm", "install", "--silent", "--no-audit", "--no-fund", *NODE_PACKAGES, cwd=js)
    if got.returncode:
        return f"npm could not install {' '.join(NODE_PACKAGES)}: {(got.stderr or got.stdout).strip()[-300:]}"
    works = run("node", "-e", "import('@aws-sdk/client-sqs').then(m => new m.SQSClient({}))", cwd=js)
    if works.returncode:
        return f"the JavaScript SDK does not load under node {version}: {works.stderr.strip()[-300:]}"
    (js / "complete").touch()
    return None


def main():
    folder = pathlib.Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    reasons = [r for r in (python_side(folder / "venv", PYTHON_PACKAGES),
                           python_side(folder / "venv-query", QUERY_PACKAGES), node_side(folder)) if r]
    for r in reasons:
        print(f"skipped: {r}")
    return 77 if reasons else 0


if __name__ == "__main__":
    sys.exit(main())
