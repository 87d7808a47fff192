#!/usr/bin/env python3
"""trainyard-bench server beside other SQS servers: installs them, starts them on free ports, measures, stops them.

    bench/peers.py [--build DIR] [--peers fauxqs,elasticmq,moto] [arguments of trainyard-bench server]

They go into DIR/bench-peers, once: fauxqs through npm, ElasticMQ through Maven, moto through pip. A peer that cannot
be had here is named and left out.
"""
import argparse
import contextlib
import os
import pathlib
import socket
import subprocess
import sys
import time

from foreign import run, unavailable

HERE = pathlib.Path(__file__).resolve().parent
ELASTICMQ = "1.6.14"
START_SECONDS_MAX = 60
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>trainyard</groupId><artifactId>peers</artifactId><version>1</version><dependencies><dependency>
<groupId>org.elasticmq</groupId><artifactId>elasticmq-server_2.13</artifactId><version>%s</version>
</dependency></dependencies></project>
"""


def fauxqs(folder, port):
    """The command that serves it, and the environment it wants."""
    program = folder / "node_modules" / "fauxqs" / "dist" / "cli.js"
    if not program.exists():
        run("npm", "install", "--silent", "--prefix", folder, "fauxqs")
    return ["node", str(program)], {"FAUXQS_PORT": str(port), "FAUXQS_LOGGER": "false"}


def elasticmq(folder, port):
    classpath = folder / "classpath.txt"
    if not classpath.exists():
        (folder / "pom.xml").write_text(POM % ELASTICMQ)
        run("mvn", "-q", "-B", "dependency:build-classpath", "-Dmdep.outputFile=classpath.txt", cwd=folder)
    address = f"-Drest-sqs.bind-port={port}", f"-Dnode-address.port={port}", "-Drest-sqs.bind-hostname=127.0.0.1"
    return ["java", *address, "-Drest-stats.enabled=false", "-cp", classpath.read_text(),
            "org.elasticmq.server.Main"], {}


def moto(folder, port):
    program = folder / "bin" / "moto_server"
    if not program.exists():
        run(sys.executable, "-m", "venv", folder)
        run(folder / "bin" / "pip", "install", "--quiet", "moto", "flask", "flask-cors")
    return [str(program), "-H", "127.0.0.1", "-p", str(port)], {}


PEERS = {"fauxqs": fauxqs, "elasticmq": elasticmq, "moto": moto}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def serving(name, folder):
    """(port, pid) while it runs."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command, environment = PEERS[name](folder, port)
    with open(folder / "log", "w") as log:
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                  env={**os.environ, **environment})
    try:
        until = time.monotonic() + START_SECONDS_MAX
        while not listens(port):
            if server.poll() is not None or time.monotonic() > until:
                raise unavailable(f"it does not listen; see {folder / 'log'}")
            time.sleep(0.1)
        yield port, server.pid
    finally:
        server.kill()
        server.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / ".build" / "release")
    parser.add_argument("--peers", default=",".join(PEERS))
    arguments, rest = parser.parse_known_args()
    command = [str(arguments.build / "bin" / "trainyard-bench"), "server", *rest]
    with contextlib.ExitStack() as running:
        for name in filter(None, arguments.peers.split(",")):
            if name not in PEERS:
                parser.error(f"no peer is called {name}: {', '.join(PEERS)}")
            try:
                folder = arguments.build / "bench-peers" / name
                port, pid = running.enter_context(serving(name, folder))
            except (unavailable, subprocess.TimeoutExpired) as why:
                print(f"without {name}: {why}", file=sys.stderr)
                continue
            command += ["--peer", f"{name}=http://127.0.0.1:{port}", "--peer-pid", f"{name}={pid}"]
        return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
