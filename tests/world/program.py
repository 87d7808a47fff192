#!/usr/bin/env python3
"""The finished program as a user meets it: exit codes, messages, signals, admin pages.

    program.py TRAINYARD

Needs Python's standard library alone; promtool is used where it is installed.
"""
import http.client
import json
import os
import pathlib
import re
import select
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.error
import urllib.request

import running
from running import FLEET, JOB, SECONDS_MAX


class Program(running.FleetProgram):
    def test_usage_errors(self):
        for arguments in ([], ["bake"], ["run"], ["run", "-c"], ["demo", "--jobs", "many"], ["local", "--port", "x"], ["doctor"]):
            self.assertEqual(self.call(*arguments).returncode, 2, arguments)
        self.assertEqual(self.call("--help").returncode, 0)
        self.assertEqual(json.loads(self.call("version", "--json").stdout).keys(), {"version", "compiler"})

    def test_fleet_file_errors(self):
        self.fleet(change=lambda text: text.replace("regions:", "reigons:"))
        done = self.call("run", "-c", "fleet.yaml")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"fleet\.yaml:10:5: accounts\[0\]: unknown key 'reigons'; known keys are id, role")
        done = self.call("run", "-c", "absent.yaml")
        self.assertEqual(done.returncode, 2)
        self.assertIn("cannot read absent.yaml: No such file", done.stderr)

    def test_nothing_answers(self):
        done = self.call("run", "-c", "fleet.yaml")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("127.0.0.1:1", done.stderr)

    def test_queue_that_does_not_exist(self):
        self.local()
        done = self.call("run", "-c", "fleet.yaml")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("queue jobs in us-east-1 does not exist: create it, or correct its name", done.stderr)

    def test_wrong_secret(self):
        self.local()
        self.environment["AWS_SECRET_ACCESS_KEY"] = "not-the-secret"
        done = self.call("run", "-c", "fleet.yaml")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("check the credentials", done.stderr)
        self.assertNotIn("not-the-secret", done.stderr)

    def test_no_credentials(self):
        self.environment.pop("AWS_SECRET_ACCESS_KEY")
        self.environment.pop("AWS_ACCESS_KEY_ID")
        self.environment["HOME"] = str(self.folder)
        done = subprocess.run([self.PROGRAM, "run", "-c", "fleet.yaml"], cwd=self.folder, env=self.environment,
                              capture_output=True, text=True, timeout=SECONDS_MAX)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("AWS_ACCESS_KEY_ID", done.stderr)

    def test_stop_while_credentials_come(self):
        for key in ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"):
            self.environment.pop(key)
        os.mkfifo(self.folder / "began")
        program = self.folder / "program"
        program.write_text(f"#!/bin/sh\necho now > {self.folder}/began\nexec sleep 1000\n")
        program.chmod(0o700)
        (self.folder / "config").write_text(f"[default]\ncredential_process = {program}\n")
        (self.folder / "config").chmod(0o600)
        self.environment["AWS_CONFIG_FILE"] = str(self.folder / "config")
        self.environment["HOME"] = str(self.folder)
        child = self.start("run", "-c", "fleet.yaml")
        began = os.open(self.folder / "began", os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, began)
        self.assertTrue(select.select([began], [], [], SECONDS_MAX)[0], "the program was not run")
        child.terminate()
        self.assertEqual(child.wait(SECONDS_MAX), 0, child.stderr.read())

    def test_port_in_use(self):
        self.local()
        port = self.environment["AWS_ENDPOINT_URL"].rsplit(":", 1)[1]
        done = self.call("local", "--port", port)
        self.assertEqual(done.returncode, 2)
        self.assertIn(f"port {port}", done.stderr)
        self.assertIn("--port", done.stderr)

    def test_submit_checks_before_it_sends(self):
        for body, pointer in (("{", "fleet"), ('{"kind":"baking","request":{}}', "/kind"), (json.dumps({**JOB, "x": 1}), "/x")):
            done = self.call("submit", "-c", "fleet.yaml", "-", text=body)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertTrue(pointer in done.stderr or "not JSON" in done.stderr, done.stderr)

    def test_submit_tells_the_schema(self):
        done = self.call("submit", "--schema")
        self.assertEqual(done.returncode, 0, done.stderr)
        schema = json.loads(done.stdout)
        published = pathlib.Path(__file__).resolve().parents[2] / "ops" / "message.schema.json"
        self.assertEqual(done.stdout, published.read_text())
        done = self.call("submit", "-c", "fleet.yaml", "-", text=json.dumps(dict(JOB, color="red")))
        known = re.search(r"known are (.*); nothing was sent", done.stderr).group(1).split(", ")
        self.assertEqual(sorted(schema["properties"]), sorted(known), "the schema has what admission takes")

    def test_submit_sweeps_are_checked(self):
        for arguments, text, why in [
                (["--sweep", "lr"], "{}", "write NAME=VALUE,VALUE"),
                (["--sweep", "index=1"], "{}", "is not 'index'"),
                (["--sweep", "a=1"], json.dumps(dict(JOB, name="${sweep.b}")), "no --sweep gives"),
                (["--sweep", "a=x"], json.dumps(dict(JOB, max_attempts="${sweep.a:json}")), "'x' is not JSON"),
                (["--sweep", "a=" + ",".join("1" * 101), "--sweep", "b=" + ",".join("1" * 101)], json.dumps(JOB),
                 "more than 10000 messages"),
                (["--sweep", "a=0,1"], json.dumps(dict(JOB, max_attempts="${sweep.a:json}")),
                 "message 1: /max_attempts")]:
            done = self.call("submit", "-c", "fleet.yaml", "-", *arguments, text=text)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(why, done.stderr)

    def test_submit_waits(self):
        self.local()
        self.make_queue()
        done = self.call("submit", "-c", "fleet.yaml", "--wait", "-", text=json.dumps(JOB))
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("nothing was sent", done.stderr)
        run = self.start("run", "-c", "fleet.yaml", "--poll-wait", "1")
        self.line(run.stderr, r"admin on (http://\S+)")
        one = dict(JOB, name="sweep", max_attempts="${sweep.n:json}", comment="${sweep.lr} ${sweep.index}")
        (self.folder / "one.json").write_text(json.dumps(one))
        (self.folder / "two.jsonl").write_text(json.dumps(JOB) + "\n" + json.dumps(JOB) + "\n")
        done = self.call("submit", "-c", "fleet.yaml", "--wait", "--sweep", "lr=0.1,0.2", "--sweep", "n=1,2,3",
                         "one.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("sent 6 to jobs", done.stdout)
        self.assertIn("6 of 6 succeeded", done.stdout)
        done = self.call("submit", "-c", "fleet.yaml", "--wait", "--json", "two.jsonl")
        self.assertEqual(json.loads(done.stdout.splitlines()[-1]), {"jobs": 2, "succeeded": 2})
        jobs = [json.loads(line) for line in self.call("jobs", "-c", "fleet.yaml", "--json").stdout.splitlines()]
        self.assertEqual(sorted(j["name"] for j in jobs if j["name"].startswith("sweep")),
                         [f"sweep-{n}" for n in range(1, 7)])
        hopeless = json.loads(json.dumps(JOB))
        hopeless["request"]["HyperParameters"] = {"trainyard-local-outcome": "Failed: AlgorithmError: x"}
        done = self.call("submit", "-c", "fleet.yaml", "--wait", "-", text=json.dumps(hopeless))
        self.assertEqual(done.returncode, 1, done.stderr)
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(SECONDS_MAX), 0)

    def get(self, url):
        try:
            with urllib.request.urlopen(url, timeout=SECONDS_MAX) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as e:
            with e:
                return e.code, e.read().decode()

    def test_a_day_in_its_life(self):
        self.local()
        self.make_queue()
        done = self.call("submit", "-c", "fleet.yaml", "--json", "-", text=json.dumps(JOB) + "\n" + json.dumps(JOB))
        self.assertEqual((done.returncode, json.loads(done.stdout)), (0, {"queue": "jobs", "sent": 2}), done.stderr)
        run = self.start("run", "-c", "fleet.yaml", "--poll-wait", "1")
        admin = self.line(run.stderr, r"admin on (http://\S+)").group(1)
        self.assertEqual(self.get(admin + "/healthz"), (200, "ok\n"))
        deadline = time.monotonic() + SECONDS_MAX
        while True:
            jobs = [json.loads(line) for line in self.call("jobs", "-c", "fleet.yaml", "--json").stdout.splitlines()]
            if [j["state"] for j in jobs] == ["succeeded"] * 2:
                break
            self.assertLess(time.monotonic(), deadline, jobs)
        self.assertEqual(self.get(admin + "/readyz"), (200, "ready\n"))
        self.assertEqual(self.get(admin + "/nothing")[0], 404)
        self.assertEqual(self.get(admin + "/api/v1/jobs/" + jobs[0]["job"])[0], 200)
        metrics = self.get(admin + "/metrics")[1]
        self.assertIn('trainyard_jobs{state="succeeded"} 2', metrics)
        if promtool := shutil.which("promtool"):
            checked = subprocess.run([promtool, "check", "metrics"], input=metrics, capture_output=True, text=True)
            self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))
        table = self.call("jobs", "-c", "fleet.yaml").stdout
        self.assertRegex(table, r"JOB +NAME +TENANT +PRIORITY +STATE")
        taken = admin.rsplit(":", 1)[1]
        other = self.folder / "other.yaml"
        other.write_text(FLEET.format(admin=f"127.0.0.1:{taken}").replace("ledger.db", "other.db"))
        done = self.call("run", "-c", "other.yaml")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("choose another address with admin:", done.stderr)
        done = self.call("run", "-c", "fleet.yaml")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("in use by another process", done.stderr)
        run.send_signal(signal.SIGTERM)
        self.assertEqual(run.wait(SECONDS_MAX), 0)
        self.assertEqual(self.call("jobs", "-c", "fleet.yaml", "--json").stdout.count("succeeded"), 2)

    def test_doctor_examines_queues(self):
        done = self.call("doctor", "-c", "fleet.yaml")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.local()
        done = self.call("doctor", "-c", "fleet.yaml")
        self.assertEqual(done.returncode, 2, done.stderr)
        self.make_queue()
        done = self.call("doctor", "-c", "fleet.yaml", "--json")
        self.assertEqual(done.returncode, 4, done.stderr)
        queue, = json.loads(done.stdout)["queues"]
        self.assertEqual((queue["queue"], [f["rule"] for f in queue["findings"]], queue["error"]),
                         ("jobs", ["no-dead-letter-queue"], None))
        done = self.call("doctor", "-c", "fleet.yaml")
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertIn("queue jobs: it has no dead-letter queue (no-dead-letter-queue)", done.stdout)
        self.assertEqual(self.call("doctor", "-c", "fleet.yaml", "--credentials").returncode, 2)

    def aws(self, service, target, body):
        """The answer of a service of a local AWS that runs with --no-verify."""
        now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        credential = f"111122223333/{now[:8]}/us-east-1/{service}/aws4_request"
        request = urllib.request.Request(self.environment["AWS_ENDPOINT_URL"], json.dumps(body).encode(), {
            "Content-Type": f"application/x-amz-json-1.{int(service != 'sqs')}", "X-Amz-Target": target, "X-Amz-Date": now,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature={'0' * 64}"})
        with urllib.request.urlopen(request, timeout=SECONDS_MAX) as answer:
            return json.loads(answer.read() or b"{}")

    def test_local_aws_is_killed(self):
        """With SIGKILL amid creates and sends, again and again: what was answered is there, and jobs go on."""
        local = self.local("--data", "world.db", "--no-verify")
        self.aws("sqs", "AmazonSQS.CreateQueue", {"QueueName": "q"})
        jobs, messages = [], set()

        def work(name, enough):
            for n in range(1000000):
                try:
                    self.aws("sagemaker", "SageMaker.CreateTrainingJob", {
                        "TrainingJobName": f"{name}-{n}", "RoleArn": "arn:aws:iam::111122223333:role/r",
                        "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
                        "OutputDataConfig": {"S3OutputPath": "s3://b/o"}, "StoppingCondition": {"MaxRuntimeInSeconds": 9999},
                        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1}})
                    jobs.append(f"{name}-{n}")
                    messages.add(self.aws("sqs", "AmazonSQS.SendMessage", {"QueueUrl": "q", "MessageBody": "x"})["MessageId"])
                except (OSError, http.client.HTTPException):
                    return  # killed
                if n == 20:
                    enough.set()

        for turn in range(4):
            enough = threading.Event()
            workers = [threading.Thread(target=work, args=(f"j{turn}-{w}", enough)) for w in range(4)]
            for w in workers:
                w.start()
            self.assertTrue(enough.wait(SECONDS_MAX))
            local.kill()
            for w in workers:
                w.join(SECONDS_MAX)
            local = self.local("--data", "world.db", "--no-verify")
        self.assertGreaterEqual(len(jobs), 80)
        deadline = time.monotonic() + SECONDS_MAX
        for job in jobs:
            while True:
                seen = self.aws("sagemaker", "SageMaker.DescribeTrainingJob", {"TrainingJobName": job})["TrainingJobStatus"]
                if seen == "Completed":
                    break
                self.assertEqual(seen, "InProgress")
                self.assertLess(time.monotonic(), deadline)
        while messages:
            got = self.aws("sqs", "AmazonSQS.ReceiveMessage", {"QueueUrl": "q", "MaxNumberOfMessages": 10}).get("Messages", [])
            self.assertTrue(got, f"lost {messages}")
            messages -= {m["MessageId"] for m in got}

    def test_demo(self):
        done = self.call("demo", "--jobs", "60", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        summary = json.loads(done.stdout)
        self.assertEqual((summary["jobs"], summary["lost"], summary["duplicated"]), (60, 0, 0))
        self.assertEqual(summary["succeeded"] + summary["failed"] + summary["rejected"], 60)
        self.assertEqual(summary["requests"], summary["signatures_verified"])


if __name__ == "__main__":
    running.RunningProgram.PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=1)
