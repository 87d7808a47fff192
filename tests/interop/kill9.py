#!/usr/bin/env python3
"""`trainyard run` is killed with SIGKILL at ten random moments of the Philly run, and started again each time.

At the end nothing is lost and nothing was started twice, by the journal of the local AWS. Moments are drawn as "when so
many jobs have been started, and so many milliseconds later": they fall all over the run however fast the machine is.

    kill9.py [--seed N]
"""
import argparse
import random

import harness as h

KILLS = 10
VISIBILITY_SECONDS = 5  # a message whose receiver was killed comes back after this long
RUN_SECONDS_MAX = 480


def moments(seed, jobs):
    r = random.Random(seed)
    # The last tenth is left out: there the run could end before its kill.
    return sorted((r.randrange(0, jobs * 9 // 10), r.randrange(0, 60) / 1000) for _ in range(KILLS))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    args = parser.parse_args()
    print(f"seed {args.seed}: repeat with kill9.py --seed {args.seed}", flush=True)
    messages = h.philly()
    aws = h.local_aws()
    sqs = h.client("sqs", aws.url)
    queue = h.create_queue(sqs, "jobs", VisibilityTimeout=str(VISIBILITY_SECONDS))
    h.send_with_boto3(sqs, queue, messages)
    fleet = h.write_fleet([queue], h.tenants_of(messages))
    for number, (started, later) in enumerate(moments(args.seed, len(messages)), 1):
        run = h.run_dispatcher(fleet, aws.url, "--until-idle")

        def reached():
            h.expect(run.alive(), f"trainyard run ended by itself before kill {number}\n{run.tail()}")
            return len(aws.journal_file.read_bytes().splitlines()) >= started if aws.journal_file.exists() else not started
        h.until(f"start {started}", reached, RUN_SECONDS_MAX)
        h.expect(not run.pause(later), f"trainyard run ended by itself before kill {number}\n{run.tail()}")
        run.kill9()
        print(f"kill {number} after {len(aws.creates())} starts", flush=True)
    run = h.run_dispatcher(fleet, aws.url, "--until-idle")
    h.expect_equal(run.wait(RUN_SECONDS_MAX), 0, f"exit code of the last run\n{run.tail()}")
    known, creates = h.expect_each_once(aws, fleet, messages)
    h.expect_queue_empty(sqs, queue)
    print(f"{len(known)} jobs, {len(creates)} starts, {KILLS} kills: nothing lost, nothing started twice")


if __name__ == "__main__":
    h.main(main)
