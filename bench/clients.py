#!/usr/bin/env python3
"""Receive 10 + delete 10 by other SQS clients and ours, against one `trainyard local`, in turns: client CPU a message.

    bench/clients.py [--build DIR] [--clients go,js,...] [--rounds N] [--messages N] [--json]

The clients (bench/clients/) are installed into DIR/bench-clients, once: boto3 by pip, JavaScript by npm, Go and Rust by
their own tools, Java by Maven. One that cannot be had is named and left out. CPU time is the client's whole process, user
and system; ours is the thread that does it. Each is warm before the first round. Java also deletes at 5,000 messages/s
through its batch manager: how full its batches are, beside ours with the same linger.
"""
import argparse
import contextlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys

from foreign import run, unavailable

HERE = pathlib.Path(__file__).resolve().parent
ROUND_SECONDS_MAX = 600
PACED_RATE, PACED_MESSAGES = 5000, 25_000
ENVIRONMENT = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
               "AWS_EC2_METADATA_DISABLED": "true"}
for variable in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"):
    ENVIRONMENT.pop(variable, None)


def copied(name, folder):
    shutil.copytree(HERE / "clients" / name, folder, dirs_exist_ok=True)


def python(folder):
    interpreter = folder / "bin" / "python"
    if not interpreter.exists():
        run(sys.executable, "-m", "venv", folder)
        run(interpreter, "-m", "pip", "install", "--quiet", "boto3")
    version = run(interpreter, "-c", "import boto3; print(boto3.__version__)")
    return [interpreter, HERE / "clients" / "python" / "client.py"], f"boto3 {version}"


def js(folder):
    copied("js", folder)
    package = folder / "node_modules" / "@aws-sdk" / "client-sqs" / "package.json"
    if not package.exists():
        (folder / "package.json").write_text('{"private": true, "type": "module"}')
        run("npm", "install", "--silent", "--no-audit", "--no-fund", "@aws-sdk/client-sqs", cwd=folder)
    return ["node", folder / "client.mjs"], f"JavaScript SDK {json.loads(package.read_text())['version']}"


def go(folder):
    copied("go", folder)
    environment = {**os.environ, "GOPATH": str(folder / "path"), "GOCACHE": str(folder / "cache"),
                   "GOFLAGS": "-modcacherw -mod=mod", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    run("go", "build", "-o", "client", ".", cwd=folder, env=environment)
    version = run("go", "list", "-m", "-f", "{{.Version}}", "github.com/aws/aws-sdk-go-v2/service/sqs", cwd=folder,
                  env=environment)
    return [folder / "client"], f"Go SDK v2 (sqs {version})"


def java(folder):
    copied("java", folder)
    classpath = folder / "classpath"
    if not classpath.exists():
        run("mvn", "-q", "-B", f"-Dmaven.repo.local={folder / 'm2'}", "-f", folder / "pom.xml",
            "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath", f"-Dmdep.outputFile={classpath}")
    run("javac", "--release", "17", "-d", folder, "-cp", classpath.read_text().strip(), folder / "Client.java")
    version = (folder / "pom.xml").read_text().split("<version>")[2].split("<")[0]
    return ["java", "-cp", f"{classpath.read_text().strip()}:{folder}", "Client"], f"Java SDK {version}, batch manager"


def rust(folder):
    copied("rust", folder)
    run("cargo", "build", "--release", "--quiet", cwd=folder, env={**os.environ, "CARGO_HOME": str(folder.parent / "cargo")})
    lock = (folder / "Cargo.lock").read_text().split('name = "aws-sdk-sqs"\nversion = "')[1].split('"')[0]
    return [folder / "target" / "release" / "client"], f"Rust aws-sdk-sqs {lock}"


# How to get each, and how many messages make it warm and a round: slow ones get fewer.
CLIENTS = {"go": (go, 20_000, 1.0), "js": (js, 60_000, 1.0), "python": (python, 3_000, 0.2), "rust": (rust, 20_000, 1.0),
           "java": (java, 20_000, 1.0)}


class server:
    """`trainyard local` on a free port."""

    def __init__(self, build):
        self.process = subprocess.Popen([build / "bin" / "trainyard", "local", "--port", "0"], text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env={})
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            sys.exit(f"trainyard local does not listen: {line}")
        self.endpoint = line.split()[2]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class harness:
    """trainyard-bench queue on one queue of the server."""

    def __init__(self, build, endpoint):
        self.program, self.endpoint = build / "bin" / "trainyard-bench", endpoint
        self.queue = self.run("--mode", "fill", "--messages", "10")["manifest"]["parameters"]["queue url"]
        self.drain("consumer", 1000)

    def run(self, *arguments):
        done = subprocess.run([self.program, "queue", "--json", "--endpoint", self.endpoint, *map(str, arguments)],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, env=ENVIRONMENT,
                              timeout=ROUND_SECONDS_MAX)
        if done.returncode:
            raise unavailable(f"trainyard-bench failed: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def figure(self, name, *arguments):
        found = [f for f in self.run(*arguments)["figures"] if f["name"].startswith(name)]
        return found[0]["value"]

    def fill(self, messages):
        self.run("--mode", "fill", "--messages", messages, "--queue-url", self.queue)

    def drain(self, client, messages):
        """CPU microseconds a message."""
        return self.figure("client CPU a message", "--mode", "delete", "--client", client, "--messages", messages,
                           "--connections", 8, "--rounds", 1, "--duration", 60, "--warmup", 1, "--queue-url", self.queue,
                           "--force")


class foreign:
    """A client of another SDK, which waits for commands."""

    def __init__(self, command, endpoint, queue, log):
        self.process = subprocess.Popen([str(c) for c in [*command, endpoint, queue]], text=True, env=ENVIRONMENT,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)

    def ask(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise unavailable("it ended; see its log")
        return json.loads(line)

    def drain(self, messages):
        got = self.ask(f"drain {messages}")
        return got["cpu_seconds"] * 1e6 / got["messages"]

    def close(self):
        self.process.kill()
        self.process.wait()


def spread(values):
    if len(values) < 2:
        return 0
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2 / middle


def figure(name, values, unit, ours=None):
    out = {"name": name, "value": statistics.median(values), "unit": unit, "spread": spread(values), "rounds": values,
           "better": "larger" if unit == "of 10" else "smaller"}
    if ours:
        ratios = [v / o for v, o in zip(values, ours)]
        out |= {"floor": statistics.median(ours), "ratio": statistics.median(ratios), "spread": spread(ratios),
                "floor_rounds": ours[:len(values)]}
    return out


def measure(arguments, ours, running):
    """CPU a message by contender, round by round."""
    found = {"ours, consumer": [], "ours, calls": [], **{title: [] for title, _, _ in running}}
    for title, client, name in running:
        ours.fill(CLIENTS[name][1])
        client.drain(CLIENTS[name][1])
        print(f"{title} is warm", file=sys.stderr)
    for number in range(arguments.rounds):
        print(f"round {number + 1}/{arguments.rounds}", file=sys.stderr)
        for kind in ("consumer", "calls"):
            found[f"ours, {kind}"].append(ours.drain(kind, arguments.messages))
        for title, client, name in running:
            count = int(arguments.messages * CLIENTS[name][2])
            ours.fill(count)
            found[title].append(client.drain(count))
    return found


def batch_fill(ours, running):
    """Messages a DeleteMessageBatch at a paced rate."""
    out = [figure(f"delete batch fill at {PACED_RATE}/s: ours",
                  [ours.figure("delete batch fill", "--mode", "roundtrip", "--rate", PACED_RATE, "--linger-ms", 10,
                               "--duration", PACED_MESSAGES / PACED_RATE, "--queue-url", ours.queue, "--force")],
                  "of 10")]
    for title, client, name in running:
        if name == "java":
            ours.fill(PACED_MESSAGES)
            got = client.ask(f"paced {PACED_RATE} {PACED_MESSAGES}")
            out.append(figure(f"delete batch fill at {PACED_RATE}/s: {title}", [got["messages"] / got["delete_calls"]],
                              "of 10"))
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / ".build" / "release")
    parser.add_argument("--clients", default=",".join(CLIENTS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=20_000, help="of one round; boto3 gets a fifth")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    arguments = parser.parse_args()
    arguments.build = arguments.build.resolve()
    with contextlib.ExitStack() as stack:
        running, versions = [], {}
        at = stack.enter_context(server(arguments.build))
        ours = harness(arguments.build, at.endpoint)
        for name in filter(None, arguments.clients.split(",")):
            if name not in CLIENTS:
                parser.error(f"no client is called {name}: {', '.join(CLIENTS)}")
            folder = arguments.build / "bench-clients" / name
            folder.mkdir(parents=True, exist_ok=True)
            try:
                command, title = CLIENTS[name][0](folder)
            except (unavailable, subprocess.TimeoutExpired) as why:
                print(f"without {name}: {why}", file=sys.stderr)
                continue
            client = foreign(command, at.endpoint, ours.queue, stack.enter_context(open(folder / "log", "w")))
            stack.callback(client.close)
            running.append((title, client, name))
            versions[name] = title
        found = measure(arguments, ours, running)
        base = found["ours, consumer"]
        figures = [figure(f"{title}: client CPU a message", values, "us", base if title in versions.values() else None)
                   for title, values in found.items()]
        try:
            figures += batch_fill(ours, running)
        except unavailable as why:
            print(f"without the batch fill: {why}", file=sys.stderr)
    if arguments.json:
        manifest = {"version": "", "machine": os.uname().machine, "parameters": {
            "rounds": str(arguments.rounds), "messages": str(arguments.messages), **versions}, "seed": 1}
        print(json.dumps({"bench": "clients", "manifest": manifest, "figures": figures}))
        return
    for f in figures:
        beside = f"{f['ratio']:.1f} times ours" if "ratio" in f else ""
        print(f"{f['name']:<66} {f['value']:>9.2f} {f['unit']:<6} {100 * f['spread']:>5.1f}%  {beside}")


if __name__ == "__main__":
    main()
