#!/usr/bin/env python3
"""Trainyard against a foreign AWS: moto's server as SQS, STS and SageMaker, 50 jobs.

What this shows: our requests are what a server that others wrote expects, and its answers are what we can read.
What it does not: moto completes every job at once, checks no signature, enforces no quota and cannot stop a job.
"""
import socket

import harness as h

JOBS = 50
RUN_SECONDS_MAX = 120
BIND_ATTEMPTS = 5


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(port):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex(("127.0.0.1", port)) == 0


def start_moto():
    """moto_server takes no port 0: another process may win the port between asking and binding, so try again."""
    for _ in range(BIND_ATTEMPTS):
        port = free_port()
        server = h.process("moto", [h.FOREIGN / "venv" / "bin" / "moto_server", "-H", "127.0.0.1", "-p", str(port)])
        h.until("moto_server", lambda: not server.alive() or answers(port), 60)
        if server.alive():
            return f"http://127.0.0.1:{port}"
    raise h.mismatch(f"moto_server could not bind a port\n{server.tail()}")


def main():
    url = start_moto()
    sqs = h.client("sqs", url)
    queue = h.create_queue(sqs, "jobs", VisibilityTimeout="30")
    messages = [h.training_message(f"moto-{i}", ("vision", "speech")[i % 2], seconds=60) for i in range(JOBS)]
    h.send_with_boto3(sqs, queue, messages)
    fleet = h.write_fleet([queue], ["vision", "speech"])
    run = h.run_dispatcher(fleet, url, "--until-idle")
    h.expect_equal(run.wait(RUN_SECONDS_MAX), 0, f"exit code of trainyard run\n{run.tail()}")
    known = h.jobs(fleet, url)
    h.expect_equal(sorted(j["name"] for j in known), sorted(m["name"] for m in messages), "jobs that Trainyard knows")
    h.expect_equal({j["state"] for j in known}, {"succeeded"}, "states of the jobs")
    h.expect_equal({j["attempts"] for j in known}, {1}, "attempts of the jobs")
    h.expect_queue_empty(sqs, queue)
    listed = []
    for account in h.SPOKES:
        # moto tells accounts apart by the credentials that its AssumeRole gave out.
        who = h.client("sts", url).assume_role(RoleArn=f"arn:aws:iam::{account}:role/trainyard-spoke",
                                               RoleSessionName="look")["Credentials"]
        for region in h.REGIONS:
            import boto3
            sm = boto3.client("sagemaker", endpoint_url=url, region_name=region, aws_access_key_id=who["AccessKeyId"],
                              aws_secret_access_key=who["SecretAccessKey"], aws_session_token=who["SessionToken"])
            for page in sm.get_paginator("list_training_jobs").paginate():
                listed += [s["TrainingJobName"] for s in page["TrainingJobSummaries"]]
    h.expect_equal(sorted(listed), sorted(j["sagemaker_name"] for j in known), "jobs that moto has")
    print(f"{len(known)} jobs through moto")


if __name__ == "__main__":
    h.main(main)
