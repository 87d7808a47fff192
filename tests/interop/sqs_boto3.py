#!/usr/bin/env python3
"""SQS by boto3 against `trainyard local`: all 23 operations, the answers and the exception classes that AWS gives.

    tests/interop/sqs_boto3.py [--query]

With --query it is the boto3 of 2023, which speaks the Query protocol.
"""
import harness as h
import tally
from sqs import batches, fifo, messages, permissions, queues, redrive


def main():
    aws = h.local_aws()
    tally.run([part for subject in (queues, permissions, messages, batches, fifo, redrive) for part in subject.PARTS], aws,
              log=aws.process.tail)


if __name__ == "__main__":
    h.main(main)
