"""boto3; see README.md."""
import json
import resource
import sys
import time

import boto3

endpoint, queue = sys.argv[1:3]
sqs = boto3.client("sqs", endpoint_url=endpoint, region_name="us-east-1")


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def drain(wanted):
    deleted = 0
    while deleted < wanted:
        got = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(got.get("Messages", []))]
        if entries:
            deleted += len(sqs.delete_message_batch(QueueUrl=queue, Entries=entries)["Successful"])
    return deleted


for line in sys.stdin:
    command, count = line.split()
    if command != "drain":
        sys.exit(f"cannot {line}")
    before, began = cpu(), time.monotonic()
    messages = drain(int(count))
    print(json.dumps({"messages": messages, "seconds": time.monotonic() - began, "cpu_seconds": cpu() - before}),
          flush=True)
