#!/usr/bin/env python3
"""SIGTERM under load, again and again: no message is invisible and unrecorded afterwards, and the exit is quick.

    stops.py TRAINYARD

TRAINYARD_STOPS: how often (25). Every round sends jobs while `trainyard run --fast` works and stops it at a time of its
own. Then whatever the queue still hides must be in the ledger: such a message was recorded and its delete did not get
out. At the end one run empties the queue, and every job was recorded once.
"""
import contextlib
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROUNDS = int(os.environ.get("TRAINYARD_STOPS", "25"))
SEED = int(os.environ.get("TRAINYARD_SEED", "1"))
FAST_SECONDS = 2.0
# What a machine under other load may add to it.
SLACK = float(os.environ.get("TRAINYARD_SLACK", "1.0"))
PATIENCE = 60
BATCHES = 12  # of ten, in each round

FLEET = """installation: stops
ledger: ledger.db
admin: off
reconcile_seconds: 1
accounts:
  - id: "111111111111"
    role: arn:aws:iam::111111111111:role/spoke
    execution_role: arn:aws:iam::111111111111:role/exec
    bucket: s3://b
    regions: [us-east-1]
    limits: {ml.m5.xlarge: 1}
    api_rates: {create: 1, stop: 1, describe: 1, list: 1}
tenants:
  - name: vision
queues:
  - {name: jobs, region: us-east-1, tenants: [vision]}
"""
JOB = json.dumps({"kind": "training", "name": "one", "request": {
    "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"}, "RoleArn": "${pool.execution_role}",
    "OutputDataConfig": {"S3OutputPath": "${pool.bucket}/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600}}})


class Queue:
    def __init__(self, endpoint):
        self.endpoint, self.sent = endpoint, []
        self.url = self.call("CreateQueue", QueueName="jobs", Attributes={"VisibilityTimeout": "600"})["QueueUrl"]

    def call(self, operation, **members):
        scope = "000000000000/20260101/us-east-1/sqs/aws4_request"
        request = urllib.request.Request(self.endpoint, json.dumps(members).encode(), {
            "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS." + operation,
            "x-amz-date": "20260101T000000Z",
            "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.loads(answer.read() or b"{}")

    def send(self, batches):
        for _ in range(batches):
            entries = [{"Id": str(i), "MessageBody": JOB} for i in range(10)]
            done = self.call("SendMessageBatch", QueueUrl=self.url, Entries=entries)
            self.sent += [e["MessageId"] for e in done["Successful"]]

    def numbers(self):
        a = self.call("GetQueueAttributes", QueueUrl=self.url, AttributeNames=["All"])["Attributes"]
        return int(a["ApproximateNumberOfMessages"]), int(a["ApproximateNumberOfMessagesNotVisible"])


def line(child, pipe, pattern):
    deadline, seen = time.monotonic() + PATIENCE, ""
    while not (m := re.search(pattern, seen)):
        assert select.select([pipe], [], [], max(0, deadline - time.monotonic()))[0], f"no {pattern}: {seen}"
        got = os.read(pipe.fileno(), 65536).decode(errors="replace")
        assert got, f"ended before {pattern}: {seen}"
        seen += got
    return m


def recorded(folder):
    with contextlib.closing(sqlite3.connect(f"file:{folder}/ledger.db?mode=ro", uri=True)) as db:
        return db.execute("select count(*) from jobs").fetchone()[0]


def main():
    program = str(pathlib.Path(sys.argv[1]).resolve())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-stops-"))
    children = []
    try:
        stop_again_and_again(program, folder, children)
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
            child.wait()
        shutil.rmtree(folder, ignore_errors=True)


def stop_again_and_again(program, folder, children):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    environment.update(AWS_ACCESS_KEY_ID="000000000000", AWS_SECRET_ACCESS_KEY="test", AWS_REGION="us-east-1",
                       AWS_EC2_METADATA_DISABLED="true")

    def start(*arguments):
        child = subprocess.Popen([program, *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        children.append(child)
        return child

    local = start("local", "--port", "0", "--no-verify")
    environment["AWS_ENDPOINT_URL"] = line(local, local.stdout, r"listening on (http://\S+)").group(1)
    (folder / "fleet.yaml").write_text(FLEET)
    queue = Queue(environment["AWS_ENDPOINT_URL"])
    luck = random.Random(SEED)
    exits, hidden_rounds = [], 0
    for round_number in range(ROUNDS):
        run = start("run", "-c", "fleet.yaml", "--fast")
        line(run, run.stderr, r"serving 1 queues")
        sender = threading.Thread(target=queue.send, args=(BATCHES,))
        sender.start()
        time.sleep(luck.uniform(0, 0.3))
        begin = time.monotonic()
        run.send_signal(signal.SIGTERM)
        code = run.wait(PATIENCE)
        exits.append(time.monotonic() - begin)
        sender.join()
        children.remove(run)
        assert code == 0, f"round {round_number}: exit {code}: {run.stderr.read().decode()}"
        run.stdout.close()
        run.stderr.close()
        visible, hidden = queue.numbers()
        unrecorded = len(queue.sent) - recorded(folder)
        # Nothing is in two places, so what is hidden must be among the recorded.
        assert visible >= unrecorded, (f"round {round_number}: {unrecorded} messages are not recorded, but {visible} are "
                                       f"visible and {hidden} hidden")
        hidden_rounds += hidden > 0
    longest = max(exits)
    print(f"{ROUNDS} stops, {len(queue.sent)} messages; exit after {sorted(exits)[len(exits) // 2]:.2f} s (median), "
          f"{longest:.2f} s (longest); rounds that left recorded messages hidden: {hidden_rounds}")
    assert longest <= FAST_SECONDS * SLACK, f"an exit took {longest:.2f} s"
    run = start("run", "-c", "fleet.yaml", "--fast")
    line(run, run.stderr, r"serving 1 queues")
    deadline = time.monotonic() + PATIENCE
    while queue.numbers()[0] > 0:
        assert time.monotonic() < deadline, f"the last run leaves {queue.numbers()}"
        time.sleep(0.1)
    run.send_signal(signal.SIGTERM)
    code = run.wait(PATIENCE)
    assert code == 0, f"the last run: exit {code}: {run.stderr.read().decode()}"
    assert recorded(folder) == len(queue.sent), f"{recorded(folder)} jobs of {len(queue.sent)} messages"


if __name__ == "__main__":
    main()
