#!/usr/bin/env python3
"""Celery with kombu's SQS transport: 200 tasks and more by a worker with two processes, judged by what the tasks did.

Its worker receives through pycurl with requests that kombu signs itself, beside boto3 for everything else.
"""
import os
import pathlib
import sys
import time

import harness as h
import tally as t

ACCOUNT = "444444444444"
ADDS, SLOWS, FLAKIES, LATERS = 120, 40, 20, 20
LATE_SECONDS = 1.5


def start_worker(name, env, *options):
    worker = h.process(name, [sys.executable, "-B", "-m", "celery", "--app", "celery_app", "worker", "--hostname", name,
                              "--loglevel", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat", *options],
                       env)
    h.until(f"{name} to be ready", lambda: "ready." in worker.log.read_text() or not worker.alive())
    h.expect(worker.alive(), f"{name} ended\n{worker.tail()}")
    return worker


def effects(kind):
    file = pathlib.Path(os.environ["TRAINYARD_EFFECTS"])
    lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
    return [words[1:] for words in lines if words[0] == kind]


def tasks(sqs, env):
    from celery_app import add, doomed, flaky, later, slow, snow
    sent = [add.delay(n) for n in range(ADDS)] + [slow.delay(n) for n in range(SLOWS)]
    sent += [flaky.delay(n) for n in range(FLAKIES)]
    due = time.time() + LATE_SECONDS
    sent += [later.apply_async((n,), countdown=LATE_SECONDS) for n in range(LATERS)]
    doomed.delay(0)
    text = snow.apply_async(("☃&<é>",), {"numbers": list(range(500)), "flag": True})
    t.equal(len({s.id for s in sent}), ADDS + SLOWS + FLAKIES + LATERS, "ids of tasks")
    queues = sqs.list_queues(QueueNamePrefix="interop-")["QueueUrls"]
    t.equal(sorted(q.rsplit("/", 1)[1] for q in queues), ["interop-celery", "interop-slow"], "queues that Celery made")
    for q in queues:
        t.equal(sqs.get_queue_attributes(QueueUrl=q, AttributeNames=["VisibilityTimeout"])["Attributes"],
                {"VisibilityTimeout": "4"}, "their visibility timeout")
    worker = start_worker("worker", env, "--pool", "prefork", "--concurrency", "2", "--queues", "celery,slow")
    h.until("all tasks", lambda: len(effects("later")) >= LATERS and len(effects("add")) >= ADDS and
            len(effects("slow")) >= SLOWS and len(effects("flaky")) >= 3 * FLAKIES and len(effects("doomed")) >= 2, 60)
    t.equal(sorted(int(n) for n, in effects("add")), list(range(ADDS)), "each task ran once")
    t.equal(sorted(int(n) for n, in effects("slow")), list(range(SLOWS)), "each task of the second queue ran once")
    t.equal(sorted((int(n), int(r)) for n, r in effects("flaky")), [(n, r) for n in range(FLAKIES) for r in range(3)],
            "each of these was retried twice")
    t.equal(sorted(int(n) for n, _ in effects("later")), list(range(LATERS)), "each delayed task ran once")
    t.true(all(float(at) >= due - 0.1 for _, at in effects("later")), "none of them early")
    t.equal(effects("doomed"), [["0", "0"], ["0", "1"]], "a task that always fails is retried once")
    t.equal(effects("snow"), [["☃&<é>", str(sum(range(500))), "True", text.id]], "arguments arrive as they were sent")
    # What the workers took is deleted, so nothing is left to come again.
    for q in queues:
        h.until(f"{q} to be empty", lambda: all(v == "0" for v in sqs.get_queue_attributes(QueueUrl=q, AttributeNames=[
            "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"])["Attributes"].values()), 20)
    t.equal(len(effects("add")), ADDS, "and nothing did")
    worker.popen.terminate()
    t.equal(worker.wait(20), 0, "exit code of a worker that is asked to end")


def redelivery(sqs, env):
    """A worker that dies in a task: with late acknowledgement the message comes again after its visibility timeout."""
    from celery_app import hang
    hang.delay(1)
    first = start_worker("first", env, "--pool", "solo", "--queues", "slow")
    h.until("the task to begin", lambda: effects("hang"), 20)
    first.kill9()
    pathlib.Path(os.environ["TRAINYARD_EFFECTS"] + ".second").touch()
    started = time.monotonic()
    second = start_worker("second", env, "--pool", "solo", "--queues", "slow")
    h.until("the task to run again", lambda: effects("hung"), 30)
    t.equal(len({pid for _, pid in effects("hang")}), 2, "two workers began it")
    t.equal(effects("hung"), [["1"]], "the second ended it")
    t.true(time.monotonic() - started < 20, "soon after its visibility timeout of 4 s")
    second.popen.terminate()
    t.equal(second.wait(20), 0, "exit code of the second worker")


def main():
    local = h.local_aws()
    os.environ["TRAINYARD_EFFECTS"] = str(h.folder() / "effects")
    os.environ["TRAINYARD_BROKER"] = local.url.replace("http://", f"sqs://{ACCOUNT}:test@") + "//"
    sqs = h.client("sqs", local.url, ACCOUNT)
    # pycurl would ask the proxy of this machine, if it has one, for an address on loopback.
    env = {"PYTHONPATH": str(h.HERE), "no_proxy": "127.0.0.1", "AWS_EC2_METADATA_DISABLED": "true"}
    t.run((tasks, redelivery), sqs, env, log=local.process.tail)


if __name__ == "__main__":
    h.main(main)
