#!/usr/bin/env python3
"""What an operator asks of a running dispatcher: explain, cancel, pools, tenants, queues, pause, resume.

    console.py TRAINYARD

A fleet runs against the local AWS, through a restart while it is paused. Needs Python's standard library alone.
"""
import json
import pathlib
import signal
import socket
import subprocess
import sys
import time
import unittest
import urllib.request

import running
from running import SECONDS_MAX

HUB, POOL = "000000000000", "111111111111/us-east-1"
FLEET = """installation: test
ledger: ledger.db
admin: 127.0.0.1:0
reconcile_seconds: 0.1
accounts:
  - id: "111111111111"
    role: arn:aws:iam::111111111111:role/spoke
    execution_role: arn:aws:iam::111111111111:role/exec
    bucket: s3://b
    regions: [us-east-1]
    limits: {ml.m5.xlarge: 2}
    api_rates: {create: 100, stop: 100, describe: 100, list: 100}
tenants:
  - name: vision
  - name: speech
queues:
  - {name: vision-jobs, region: us-east-1, tenants: [vision]}
  - {name: speech-jobs, region: us-east-1, tenants: [speech]}
"""
# Of the local AWS's time, which runs a thousand times faster: long enough not to end by itself.
LONG, SHORT = "400000", "1"


def job(name, seconds):
    return json.dumps({"kind": "training", "name": name, "request": {
        "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
        "RoleArn": "${pool.execution_role}", "OutputDataConfig": {"S3OutputPath": "${pool.bucket}/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 432000},
        "HyperParameters": {"trainyard-local-seconds": seconds}}})


class Console(running.RunningProgram):
    def setUp(self):
        super().setUp()
        self.environment.update(HOME=str(self.folder))
        (self.folder / "fleet.yaml").write_text(FLEET)
        self.local("--no-verify")
        for queue in ("vision-jobs", "speech-jobs"):
            self.make_queue(queue)

    def make_queue(self, name):
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        request = urllib.request.Request(self.environment["AWS_ENDPOINT_URL"], json.dumps({"QueueName": name}).encode(), {
            "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.CreateQueue", "X-Amz-Date": now,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={HUB}/{now[:8]}/us-east-1/sqs/aws4_request, "
                             f"SignedHeaders=host, Signature={'0' * 64}"})
        with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
            self.assertIn("QueueUrl", json.load(answer))

    def run_dispatcher(self):
        run = self.start("run", "-c", "fleet.yaml", "--poll-wait", "1")
        address = self.line(run.stderr, r"admin on http://(\S+):(\d+)")
        self.admin = (address.group(1), int(address.group(2)))
        return run

    def call(self, *arguments, expect=0, text=""):
        done = subprocess.run([self.PROGRAM, *arguments], cwd=self.folder, env=self.environment, input=text,
                              capture_output=True, text=True, timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, expect, f"{arguments}\n{done.stdout}\n{done.stderr}")
        return done

    def ask(self, *arguments, expect=0):
        """A command's JSON; a list where it gives lines."""
        lines = self.call(*arguments, "-c", "fleet.yaml", "--json", expect=expect).stdout.splitlines()
        return [json.loads(line) for line in lines]

    def submit(self, queue, *jobs):
        self.call("submit", "-c", "fleet.yaml", "--queue", queue, "-", text="\n".join(jobs))

    def states(self):
        return {j["name"]: j["state"] for j in self.ask("jobs")}

    def wait_for(self, **states):
        """Until the jobs are in these states; the program tells no event of it."""
        deadline = time.monotonic() + SECONDS_MAX
        while {n: s for n, s in self.states().items() if n in states} != states:
            self.assertLess(time.monotonic(), deadline, (self.states(), states))

    def send(self, head, body=b""):
        """One raw request; status and body of the answer."""
        with socket.create_connection(self.admin, SECONDS_MAX) as s:
            s.sendall(head.encode() + b"Connection: close\r\n\r\n" + body)
            answer = b""
            while block := s.recv(65536):
                answer += block
        return int(answer.split(b" ", 2)[1]), answer.partition(b"\r\n\r\n")[2].decode()

    def test_explain_cancel_and_what_is_in_use(self):
        for command in (["explain", "x"], ["cancel", "x"], ["pools"], ["tenants"], ["queues"], ["pause"], ["resume"]):
            done = self.call(*command, "-c", "fleet.yaml", expect=3)
            self.assertIn("trainyard run -c", done.stderr)
        run = self.run_dispatcher()
        self.submit("vision-jobs", job("one", LONG), job("two", LONG))
        self.wait_for(one="running", two="running")
        self.submit("speech-jobs", job("three", SHORT), job("same", SHORT), job("same", SHORT))
        deadline = time.monotonic() + SECONDS_MAX
        while len(self.ask("jobs")) < 5:
            self.assertLess(time.monotonic(), deadline)

        why, = self.ask("explain", "three")
        self.assertEqual(why["pools"], {POOL: "ml.m5.xlarge: 2 of 2 in use, 1 needed"})
        self.assertEqual((why["state"], why["attempts"], why["ahead"], why["open_pools"]), ("pending", 0, 0, []))
        self.assertIn("expected to start at", why["summary"])
        self.assertEqual(self.ask("explain", why["job"])[0]["name"], "three")
        text = self.call("explain", "three", "-c", "fleet.yaml").stdout
        self.assertRegex(text, rf"pool +{POOL}  ml.m5.xlarge: 2 of 2 in use, 1 needed")
        self.assertRegex(text, r"expected start +20\d\d-")
        self.assertIn("2 jobs have the name 'same'; give the id", self.call("explain", "same", "-c", "fleet.yaml", expect=1).stderr)
        for hostile in ("nobody", "../../healthz", "a b%00", "x" * 3000, "\u00fc\n"):
            self.assertIn("no job has the id or the name", self.call("explain", hostile, "-c", "fleet.yaml", expect=1).stderr)

        pool, = self.ask("pools")[0]["pools"]
        self.assertEqual((pool["pool"], pool["running"], pool["max_jobs"], pool["paused"]), (POOL, 2, None, False))
        self.assertEqual(pool["resources"], [{"resource": "ml.m5.xlarge", "limit": 2, "source": "file", "in_use": 2}])
        self.assertGreater(pool["budgets"]["training"]["create"]["per_second"], 0)
        tenants = {t["tenant"]: (t["running"], t["pending"]) for t in self.ask("tenants")[0]["tenants"]}
        self.assertEqual(tenants, {"vision": (2, 0), "speech": (0, 3)})
        queue = next(q for q in self.ask("queues")[0]["queues"] if q["queue"] == "speech-jobs")
        self.assertEqual((queue["received"], queue["recorded"]), (3, 3))
        self.assertLess(queue["seconds_since_last_poll"], SECONDS_MAX)
        for command, heading in (("pools", "POOL +PAUSED +RUNNING"), ("tenants", "TENANT +PAUSED"), ("queues", "QUEUE +PAUSED")):
            self.assertRegex(self.call(command, "-c", "fleet.yaml").stdout, heading)

        # What runs is stopped, what waits never starts, and again is not twice.
        done = self.call("cancel", "-c", "fleet.yaml", "--json", "three", "one", "nobody", expect=1)
        first, second = map(json.loads, done.stdout.splitlines())
        self.assertEqual((first["was"], first["state"], first["changed"]), ("pending", "cancelled", True))
        self.assertEqual((second["was"], second["state"], second["changed"]), ("running", "stopping", True))
        self.assertIn("no job has the id or the name 'nobody'", done.stderr)
        self.wait_for(one="cancelled", three="cancelled", same="succeeded")
        again, = self.ask("cancel", "three")
        self.assertEqual((again["state"], again["changed"]), ("cancelled", False))
        self.assertIn("it had ended before", self.call("cancel", "one", "-c", "fleet.yaml").stdout)
        self.assertEqual(self.ask("explain", "one")[0]["summary"], "It is cancelled: cancelled.")
        run.kill()
        run.wait()
        self.assertIn("if it was killed", self.call("explain", "one", "-c", "fleet.yaml", expect=3).stderr)
        run = self.run_dispatcher()
        self.assertEqual(self.states()["three"], "cancelled", "what was answered is durable")
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(SECONDS_MAX), 0)

    def test_pauses_outlive_a_restart(self):
        run = self.run_dispatcher()
        self.assertIn("what has started goes on", self.call("pause", "-c", "fleet.yaml", "--tenant", "vision").stdout)
        self.assertIn("has been paused since 20", self.call("pause", "-c", "fleet.yaml", "--tenant", "vision").stdout)
        for wrong, said in ((["--tenant", "nobody"], "the fleet has no tenant 'nobody'"), (["--pool", "x"], "no pool 'x'")):
            self.assertIn(said, self.call("pause", "-c", "fleet.yaml", *wrong, expect=1).stderr)
        for wrong in (["--tenant", "vision", "--pool", POOL], ["--tenant", ""]):
            self.call("pause", "-c", "fleet.yaml", *wrong, expect=2)
        self.submit("vision-jobs", job("held", SHORT))
        self.submit("speech-jobs", job("free", SHORT))
        self.wait_for(held="pending", free="succeeded")
        self.assertEqual(self.ask("explain", "held")[0]["tenant_reason"], "tenant vision is paused")
        self.call("pause", "-c", "fleet.yaml", "--queue", "speech-jobs")
        self.call("pause", "-c", "fleet.yaml", "--pool", POOL)

        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(SECONDS_MAX), 0)
        self.submit("speech-jobs", job("unread", SHORT))
        run = self.run_dispatcher()
        # What comes later through the other queue is recorded while this one is not read.
        self.submit("vision-jobs", job("later", SHORT))
        self.wait_for(held="pending", later="pending")
        why = self.ask("explain", "held")[0]
        self.assertEqual((why["tenant_reason"], why["pools"]), ("tenant vision is paused", {POOL: "the pool is paused"}))
        self.assertNotIn("unread", self.states())
        paused = {q["queue"]: (q["paused"], q["received"]) for q in self.ask("queues")[0]["queues"]}
        self.assertEqual(paused, {"speech-jobs": (True, 0), "vision-jobs": (False, 1)})

        self.assertEqual(self.ask("resume", "--tenant", "vision")[0]["changed"], True)
        self.assertEqual(self.ask("resume", "--tenant", "vision")[0]["changed"], False)
        self.assertEqual(self.ask("explain", "held")[0]["pools"], {POOL: "the pool is paused"})
        self.call("pause", "-c", "fleet.yaml")
        self.call("resume", "-c", "fleet.yaml", "--pool", POOL)
        self.assertEqual(self.ask("explain", "held")[0]["tenant_reason"], "all starts are paused")
        self.assertEqual(self.states(), {"held": "pending", "later": "pending", "free": "succeeded"})
        self.assertEqual(self.ask("tenants")[0]["starts_paused"], True)
        self.call("resume", "-c", "fleet.yaml")
        self.call("resume", "-c", "fleet.yaml", "--queue", "speech-jobs")
        self.wait_for(held="succeeded", later="succeeded", unread="succeeded")
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(SECONDS_MAX), 0)

    def test_strangers_change_nothing(self):
        self.run_dispatcher()
        self.submit("vision-jobs", job("one", LONG))
        self.wait_for(one="running")
        ours = "Host: 127.0.0.1\r\nX-Trainyard: t\r\nContent-Length: 0\r\n"
        for path in ("pause", "resume", "jobs/one/cancel", "backup"):
            for head, status in (("Host: evil.example\r\nX-Trainyard: t\r\nContent-Length: 0\r\n", 403),
                                 ("Host: 127.0.0.1\r\nContent-Length: 0\r\n", 403),
                                 (ours + "X-Trainyard-Installation: another\r\n", 421)):
                self.assertEqual(self.send(f"POST /api/v1/{path} HTTP/1.1\r\n{head}")[0], status, (path, head))
            self.assertIn(self.send(f"GET /api/v1/{path} HTTP/1.1\r\n{ours}")[0], (404, 405))
            self.assertEqual(self.send(f"DELETE /api/v1/{path} HTTP/1.1\r\n{ours}")[0], 405)
        for query in ("tenant=vision&pool=x", "tenant=", "everything", "tenant=%zz", "fleet=", "tenant=vision&tenant=speech"):
            self.assertEqual(self.send(f"POST /api/v1/pause?{query} HTTP/1.1\r\n{ours}")[0], 400, query)
        self.assertEqual(self.send(f"POST /api/v1/pause?tenant={'x' * 5000} HTTP/1.1\r\n{ours}")[0], 404)
        for path in ("jobs//cancel", "jobs/cancel", "jobs/%2e%2e/cancel", "jobs/one%00/cancel", "jobs/" + "9" * 4000 + "/cancel"):
            self.assertIn(self.send(f"POST /api/v1/{path} HTTP/1.1\r\n{ours}")[0], (404, 405), path)
        self.assertEqual(self.states(), {"one": "running"})
        self.assertEqual(self.ask("tenants")[0]["starts_paused"], False)
        self.assertEqual(self.send(f"POST /api/v1/jobs/one/cancel HTTP/1.1\r\n{ours}")[0], 200)
        self.wait_for(one="cancelled")


if __name__ == "__main__":
    running.RunningProgram.PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=1)
