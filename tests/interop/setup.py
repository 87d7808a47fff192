#!/usr/bin/env python3
"""Puts one kind of foreign client into a folder, and compiles the programs that use it.

    tests/interop/setup.py FOLDER SIDE

SIDE is a key of SIDES below. Exit code 77 when a registry cannot be reached or a tool is missing; the reason is printed.
A program that does not compile is a failure. What is complete is left alone.

Python and JavaScript take what is newest, since these tests exist to meet what clients send today; only the boto3 that
speaks the Query protocol of SQS is fixed, and what ops/pulumi is written for. Go and Maven want versions in their files: go.mod, pom.xml.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PROVISIONING = HERE.parents[1] / "ops" / "pulumi" / "requirements.txt"
PIP_PACKAGES = {
    # moto[server] brings forty more for services unused here. Of the AWS CLI the registry has version 1 alone.
    "venv": ["boto3", "moto", "flask", "flask-cors", "awscli"],
    "venv-query": ["boto3==1.28.80", "botocore==1.31.80"],  # botocore 1.31.81 went over to JSON
    "venv-celery": ["celery[sqs]"],
    "venv-sagemaker": ["sagemaker<3"],  # Estimator and its kind; version 3 is another library
    "venv-pulumi": [*PROVISIONING.read_text().split(), "boto3"],
}
NODE_PACKAGES = {
    "js": ["@aws-sdk/client-sqs", "sqs-consumer"],
    "js-policies": ["@cloud-copilot/iam-simulate"],
}
NODE_MAJOR_MIN = 18  # the SDK's own floor may be higher; then npm or the import says so
INSTALL_SECONDS_MAX = 540


class unavailable(Exception):
    """Why this machine cannot have the clients."""


def run(*command, **options):
    return subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=INSTALL_SECONDS_MAX, start_new_session=True, **options)


def need(*tools):
    if missing := [t for t in tools if not shutil.which(t)]:
        raise unavailable(f"{' and '.join(missing)} not installed")


def end_of(done):
    return (done.stderr or done.stdout).strip()[-300:]


def once(folder, wanted, install):
    """Installs into the folder unless the same was installed before."""
    complete = folder / "complete"
    if complete.exists() and complete.read_text() == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    install()
    complete.write_text(wanted)


def compiled(what, done):
    if done.returncode:
        print(f"{what} does not compile:\n{done.stdout}{done.stderr}")
        sys.exit(1)


def python_side(venv):
    wanted = PIP_PACKAGES[venv.name]

    def install():
        if (made := run(sys.executable, "-m", "venv", venv)).returncode:
            raise unavailable(f"python3 -m venv failed ({end_of(made)})")
        got = run(venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check",
                  "--retries", "2", *wanted)
        if got.returncode:
            raise unavailable(f"pip could not install {' '.join(wanted)}: {end_of(got)}")
    once(venv, " ".join(wanted), install)


def node_side(js):
    wanted = NODE_PACKAGES[js.name]
    need("node", "npm")
    version = run("node", "--version").stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < NODE_MAJOR_MIN:
        raise unavailable(f"node {version} is older than {NODE_MAJOR_MIN}")

    def install():
        (js / "package.json").write_text(json.dumps({"private": True, "type": "module"}))
        got = run("npm", "install", "--silent", "--no-audit", "--no-fund", *wanted, cwd=js)
        if got.returncode:
            raise unavailable(f"npm could not install {' '.join(wanted)}: {end_of(got)}")
        loads = ";".join(f"await import('{p}')" for p in wanted)
        works = run("node", "--input-type=module", "-e", loads, cwd=js)
        if works.returncode:
            raise unavailable(f"what npm installed does not load under node {version}: {end_of(works)}")
    once(js, f"{version} {' '.join(wanted)}", install)


def go_side(folder):
    need("go")
    source = HERE / "go"
    env = {**os.environ, "GOPATH": str(folder / "path"), "GOCACHE": str(folder / "cache"), "GOFLAGS": "-modcacherw",
           "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}

    def install():
        got = run("go", "mod", "download", cwd=source, env=env)
        if got.returncode:
            raise unavailable(f"go could not fetch the modules: {end_of(got)}")
    once(folder, (source / "go.sum").read_text(), install)
    # Programs that run for a second need no optimiser, which would take a quarter of the time.
    compiled("tests/interop/go", run("go", "build", "-gcflags=all=-N -l", "-o", f"{folder / 'bin'}/", "./...", cwd=source,
                                     env=env))


def java_side(folder):
    need("java", "javac", "mvn")
    source, classes = HERE / "java", folder / "classes"

    def install():
        # The plugin's version is fixed: Maven's own default is older than the JDK.
        got = run("mvn", "-q", "-B", f"-Dmaven.repo.local={folder / 'm2'}", "-f", source / "pom.xml",
                  "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath",
                  f"-Dmdep.outputFile={folder / 'classpath'}")
        if got.returncode:
            raise unavailable(f"Maven could not fetch the Java SDK: {(got.stdout + got.stderr).strip()[-300:]}")
    once(folder, (source / "pom.xml").read_text(), install)
    compiled("tests/interop/java", run("javac", "--release", "17", "-Xlint:all", "-d", classes, "-cp",
                                       (folder / "classpath").read_text().strip(), *sorted(source.glob("*.java"))))


SIDES = {"python": ("venv", python_side), "query": ("venv-query", python_side), "celery": ("venv-celery", python_side),
         "sagemaker": ("venv-sagemaker", python_side), "pulumi": ("venv-pulumi", python_side),
         "js": ("js", node_side), "policies": ("js-policies", node_side), "go": ("go", go_side), "java": ("java", java_side)}


def main():
    name, install = SIDES[sys.argv[2]]
    try:
        install(pathlib.Path(sys.argv[1]).resolve() / name)
    except unavailable as why:
        print(f"skipped: {why}")
        sys.exit(77)


if __name__ == "__main__":
    main()
