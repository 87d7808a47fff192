#!/usr/bin/env python3
"""SageMaker by boto3 against `trainyard local`: 60 operations, the answers and the exception classes that AWS gives.

    tests/interop/sagemaker_boto3.py [PART...]

PART is a function of sm/*.py; without any all of them are run.
"""
import sys

import harness as h
import tally
from sm import base, finding, jobs, pipelines, serving, tuning


def main():
    aws = base.world()
    parts = [part for subject in (jobs, tuning, serving, pipelines, finding) for part in subject.PARTS]
    tally.run([p for p in parts if len(sys.argv) == 1 or p.__name__ in sys.argv[1:]], aws, log=aws.tails)


if __name__ == "__main__":
    h.main(main)
