#!/usr/bin/env python3
"""`trainyard provision` against moto's server: a fleet is made, nothing is left to do, and it is gone again.

What this shows: our requests of SQS, IAM, EventBridge and STS are what a server that others wrote expects, and what it
gives back compares equal. What it does not: moto checks no policy and lets anybody assume any role.
"""
import json
import subprocess

import against_moto
import harness as h


def provision(verb, fleet, url, expect, *options):
    done = subprocess.run([h.BIN, "provision", verb, "-c", str(fleet), *options], cwd=h.folder(), capture_output=True,
                          text=True, timeout=120, stdin=subprocess.DEVNULL,
                          env={**h.clean_environment(), **h.aws_environment(url, account="test")})
    h.expect_equal(done.returncode, expect, f"exit code of provision {verb}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def main():
    url = against_moto.start_moto()
    fleet = h.write_fleet([], ["vision"])
    text = json.loads(fleet.read_text())
    text["queues"] = [{"name": n, "region": h.REGION, "tenants": ["vision"], "reject_queue": "rejected"}
                      for n in ("jobs", "jobs.fifo")]
    text["events"] = [{"name": "events", "region": h.REGION}]
    text["provision"] = {"tags": {"Purpose": "AIModelTraining"}, "senders": ["333333333333"]}
    fleet.write_text(json.dumps(text))
    provision("plan", fleet, url, 4)
    made = json.loads(provision("apply", fleet, url, 0, "--json"))
    h.expect_equal(sorted(made["queue_urls"]), sorted(f"{h.REGION}/{n}" for n in (
        "events", "jobs", "jobs-dlq", "jobs.fifo", "jobs-dlq.fifo", "rejected")), "queues")
    tags = h.client("sqs", url, "test").list_queue_tags(QueueUrl=made["queue_urls"][f"{h.REGION}/jobs.fifo"])["Tags"]
    h.expect_equal(tags, {"Purpose": "AIModelTraining", "trainyard:owner": "interop"}, "tags of a queue")
    h.expect_equal(provision("plan", fleet, url, 0), "nothing to do\n", "plan after apply")
    provision("destroy", fleet, url, 0, "--yes")
    h.expect_equal(h.client("sqs", url, "test").list_queues().get("QueueUrls", []), [], "queues after destroy")
    h.expect_equal(provision("destroy", fleet, url, 0, "--yes"), "nothing to do\n", "destroy twice")
    print("made, nothing left to do, gone")


if __name__ == "__main__":
    h.main(main)
