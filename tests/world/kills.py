#!/usr/bin/env python3
"""kill -9 of the dispatcher under load, again and again: no message is lost, no job is started twice.

    kills.py TRAINYARD

TRAINYARD_KILLS: how often (200); 10000 is what a release is held to. TRAINYARD_SEED: of what is random (1). Jobs are sent
all the while, Creates take up to 40 ms, so a kill meets messages that are received and not recorded, recorded and not
deleted, and Creates whose answer nobody takes. Judges are the local AWS's own journal of accepted Creates and, at the
end, `trainyard audit` of the ledger against the local AWS's jobs.
"""
import bisect
import collections
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

import stops

KILLS = int(os.environ.get("TRAINYARD_KILLS", "200"))
SEED = int(os.environ.get("TRAINYARD_SEED", "1"))
# Of a dispatcher's life after it says that it serves; and how many are killed while they still start.
LIFE_SECONDS = (0.0, 0.3)
KILLED_STARTING = 0.15
START_SECONDS = (0.0, 0.06)
END_SECONDS = 120
VISIBILITY_SECONDS = "2"  # what a killed dispatcher had received comes back while others live

FLEET = stops.FLEET.replace("installation: stops", "installation: kills").replace("reconcile_seconds: 1", "reconcile_seconds: 0.1")
FLEET = FLEET.replace("ml.m5.xlarge: 1}", "ml.m5.xlarge: 1000}").replace(
    "create: 1, stop: 1, describe: 1, list: 1", "create: 1000, stop: 1000, describe: 1000, list: 1000")
FAULTS = [{"name": "slow-creates", "service": "sagemaker", "operation": "CreateTrainingJob", "latency_ms": [0, 40]},
          {"name": "slow-deletes", "service": "sqs", "operation": "DeleteMessage*", "latency_ms": [0, 20]}]
NAME = re.compile(r"ty-(m-\d+)-([0-9a-z]{13})-(\d+)")


class Sender(threading.Thread):
    """Ten messages at a time, each job with a name of its own, until it is told to stop."""

    def __init__(self, endpoint):
        super().__init__(daemon=True)
        self.queue, self.count, self.enough, self.wanted = stops.Queue(endpoint), 0, False, threading.Semaphore(0)
        self.queue.call("SetQueueAttributes", QueueUrl=self.queue.url, Attributes={"VisibilityTimeout": VISIBILITY_SECONDS})
        self.sent, self.failure = {}, None  # message ids by the name of the job

    def run(self):
        try:
            while True:
                self.wanted.acquire()
                if self.enough:
                    return
                entries = []
                for i in range(10):
                    job = json.loads(stops.JOB)
                    job["name"] = f"m-{self.count + i}"
                    job["request"]["HyperParameters"] = {"trainyard-local-seconds": "60"}
                    entries.append({"Id": str(i), "MessageBody": json.dumps(job)})
                done = self.queue.call("SendMessageBatch", QueueUrl=self.queue.url, Entries=entries)
                assert len(done["Successful"]) == 10, done
                self.sent.update((f"m-{self.count + int(e['Id'])}", e["MessageId"]) for e in done["Successful"])
                self.count += 10
        except Exception as e:  # told by the main thread: an exception of a thread fails nothing by itself
            self.failure = e

    def finish(self):
        self.enough = True
        self.wanted.release()
        self.join(stops.PATIENCE)
        assert not self.is_alive() and self.failure is None, f"messages could not be sent: {self.failure}"


class Journal:
    """Accepted Creates as the local AWS wrote them down, read as they come."""

    def __init__(self, path):
        self.file, self.rest, self.starts = open(path, "rb"), b"", collections.Counter()

    def look(self):
        *lines, self.rest = (self.rest + self.file.read()).split(b"\n")
        for line in lines:
            entry = json.loads(line)
            if entry["op"] != "create":
                continue
            found = NAME.fullmatch(entry["name"])
            assert found, f"a job that nobody sent: {line}"
            self.starts[found.group(1)] += 1
            assert self.starts[found.group(1)] == 1, f"started twice: {line}"


def in_doubt(folder, kills):
    """How many starts were recorded before a kill and known to have happened only after it."""
    with contextlib.closing(sqlite3.connect(f"file:{folder}/ledger.db?mode=ro", uri=True)) as db:
        rows = db.execute("select job, state, at from transitions where state in ('starting','running') order by seq").fetchall()
    began, count = {}, 0
    for job, state, at in rows:
        if state == "starting":
            began[job] = at
        elif bisect.bisect(kills, began[job]) < bisect.bisect(kills, at):
            count += 1
    return count


def set_aside(folder):
    """Messages that the program took for poison. There must be none: a kill from outside is no crash of a reading."""
    with contextlib.closing(sqlite3.connect(f"file:{folder}/ledger.db?mode=ro", uri=True)) as db:
        rejected = db.execute("select message_id, reason from jobs where state = 'rejected'").fetchall()
    for message, reason in rejected:
        assert re.search(r"ended \d+ times while it read this message", reason), f"rejected for another reason: {reason}"
    return {message for message, _ in rejected}


def kill_again_and_again(program, folder, start, environment):
    (folder / "faults.json").write_text(json.dumps(FAULTS))
    (folder / "fleet.yaml").write_text(FLEET)
    local = start("local", "--port", "0", "--no-verify", "--time-scale", "1000", "--journal", "journal",
                  "--faults", "faults.json")
    environment["AWS_ENDPOINT_URL"] = stops.line(local, local.stdout, r"listening on (http://\S+)").group(1)
    sender = Sender(environment["AWS_ENDPOINT_URL"])
    sender.start()
    journal, luck, kills, progress = Journal(folder / "journal"), random.Random(SEED), [], 0
    began = time.monotonic()
    for round_number in range(KILLS):
        run = start("run", "-c", "fleet.yaml", "--fast")
        sender.wanted.release()
        if luck.random() < KILLED_STARTING:
            time.sleep(luck.uniform(*START_SECONDS))
        else:
            stops.line(run, run.stderr, r"serving 1 queues")
            sender.wanted.release()
            time.sleep(luck.uniform(*LIFE_SECONDS))
        assert run.poll() is None, f"round {round_number}: it ended by itself: {run.stderr.read().decode()}"
        run.kill()
        run.wait(stops.PATIENCE)
        run.stdout.close()
        run.stderr.close()
        kills.append(time.time() * 1000)
        before = len(journal.starts)
        journal.look()
        progress += len(journal.starts) > before
        assert sender.failure is None, f"messages could not be sent: {sender.failure}"
        if sys.stderr.isatty() and round_number % 20 == 19:
            print(f"{round_number + 1}/{KILLS} kills, {sender.count} sent, {len(journal.starts)} started", file=sys.stderr)
    seconds = time.monotonic() - began
    sender.finish()
    done = subprocess.run([program, "run", "-c", "fleet.yaml", "--until-idle", "--fast", "--json"], cwd=folder, env=environment,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=END_SECONDS + KILLS / 10)
    assert done.returncode == 0, f"the last run: exit {done.returncode}: {done.stderr}"
    journal.look()
    aside = set_aside(folder)
    missing = [name for name, message in sender.sent.items() if name not in journal.starts and message not in aside]
    assert not missing, f"{len(missing)} of {sender.count} messages were lost: {missing[:10]}"
    both = [name for name, message in sender.sent.items() if name in journal.starts and message in aside]
    assert not both, f"set aside unread, and started: {both[:10]}"
    started = sender.count - len(aside)
    assert len(journal.starts) == started, f"{len(journal.starts)} starts, {len(aside)} set aside, of {sender.count}"
    audit = subprocess.run([program, "audit", "ledger.db", "--fleet", "fleet.yaml", "--json"], cwd=folder, env=environment,
                           stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=END_SECONDS + KILLS / 10)
    assert audit.returncode == 0, f"audit: exit {audit.returncode}: {audit.stdout}{audit.stderr}"
    found = json.loads(audit.stdout)
    states = {"succeeded": started, **({"rejected": len(aside)} if aside else {})}
    assert (found["jobs"], found["states"]) == (sender.count, states), found
    assert found["sagemaker"]["listed"] == started, found
    doubtful = in_doubt(folder, kills)
    print(f"{KILLS} kills in {seconds:.1f} s, {sender.count} messages, {sum(journal.starts.values())} starts, 0 lost, 0 twice; "
          f"{progress} dispatchers started something before they died, {doubtful} starts were in doubt, "
          f"{len(aside)} messages set aside unread")
    # A gate that kills idle programs holds nobody to anything.
    assert progress >= KILLS / 4, "too few dispatchers came to work; give them longer"
    assert not aside, "messages were taken for poison that never ended the program"
    assert doubtful >= KILLS / 10, "too few kills met a Create under way"


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-kills-"))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    environment.update(AWS_ACCESS_KEY_ID="000000000000", AWS_SECRET_ACCESS_KEY="test", AWS_REGION="us-east-1",
                       AWS_EC2_METADATA_DISABLED="true")
    children = []

    def start(*arguments):
        children[:] = [c for c in children if c.poll() is None]
        child = subprocess.Popen([program, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        children.append(child)
        return child
    try:
        kill_again_and_again(program, folder, start, environment)
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
            child.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
