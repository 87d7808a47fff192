#!/usr/bin/env python3
"""2,000 jobs of a real cluster trace, sent by a foreign SDK, each brought to its end once.

    philly.py --sender boto3|js

The account of what happened comes from three sides: the journal of the local AWS, `trainyard jobs`, and what boto3 reads
back from SQS and SageMaker.
"""
import argparse
import json
import random
import subprocess
import time

import harness as h

SEED = 20171001
SAMPLE = 20  # jobs that are also read back one by one
RUN_SECONDS_MAX = 420


def send_with_javascript(aws, queue, messages):
    js = h.FOREIGN / "js"
    if not (js / "complete").exists():
        h.skip("the JavaScript SDK is not installed; interop.setup_js says why")
    # Node resolves packages from the folder of the program.
    program = js / "send.mjs"
    program.write_text((h.HERE / "js" / "send.mjs").read_text())
    done = subprocess.run(["node", str(program), aws.url, queue], input="\n".join(map(json.dumps, messages)), text=True,
                          env={**h.clean_environment(), **h.aws_environment(aws.url)}, capture_output=True, timeout=120)
    h.expect_equal(done.returncode, 0, f"exit code of send.mjs ({done.stderr.strip()[-1500:]})")
    h.expect_equal(json.loads(done.stdout), {
        "sent": len(messages), "protocols": ["application/x-amz-json-1.0 AmazonSQS.SendMessageBatch"]}, "what send.mjs did")


def read_back(aws, creates):
    """boto3's view of the jobs: samples by name, and all of them through the paginator."""
    for c in random.Random(SEED).sample(creates, SAMPLE):
        sm = h.client("sagemaker", aws.url, account=c["account"], region=c["region"])
        job = sm.describe_training_job(TrainingJobName=c["name"])
        h.expect_equal(job["TrainingJobStatus"], "Completed", f"status of {c['name']}")
        h.expect_equal(job["RoleArn"], f"arn:aws:iam::{c['account']}:role/ty-exec-default", f"role of {c['name']}")
        h.expect(job["TrainingStartTime"] <= job["TrainingEndTime"], f"times of {c['name']}")
    listed = set()
    for account in h.SPOKES:
        for region in h.REGIONS:
            sm = h.client("sagemaker", aws.url, account=account, region=region)
            for page in sm.get_paginator("list_training_jobs").paginate(PaginationConfig={"PageSize": 100}):
                listed |= {(account, region, s["TrainingJobName"]) for s in page["TrainingJobSummaries"]}
    h.expect_equal(listed, {(c["account"], c["region"], c["name"]) for c in creates}, "jobs that list_training_jobs pages")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sender", choices=["boto3", "js"], required=True)
    args = parser.parse_args()
    messages = h.philly()
    aws = h.local_aws()
    sqs = h.client("sqs", aws.url)
    queue = h.create_queue(sqs, "jobs", VisibilityTimeout="30")
    if args.sender == "js":
        send_with_javascript(aws, queue, messages)
    else:
        h.send_with_boto3(sqs, queue, messages)
    fleet = h.write_fleet([queue], h.tenants_of(messages))
    began = time.monotonic()
    run = h.run_dispatcher(fleet, aws.url, "--until-idle")
    h.expect_equal(run.wait(RUN_SECONDS_MAX), 0, f"exit code of trainyard run\n{run.tail()}")
    seconds = time.monotonic() - began
    known, creates = h.expect_each_once(aws, fleet, messages)
    h.expect_queue_empty(sqs, queue)
    h.expect(len({(c["account"], c["region"]) for c in creates}) == len(h.SPOKES) * len(h.REGIONS), "a pool was left idle")
    read_back(aws, creates)
    print(f"{len(known)} jobs of {len(h.tenants_of(messages))} tenants, each started once, in {seconds:.1f} s")


if __name__ == "__main__":
    h.main(main)
