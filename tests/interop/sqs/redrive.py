"""Dead-letter queues, who may use one, and tasks that move messages back."""
import json

import harness as h
import tally as t

from .base import arn_of, attributes, bodies, client, counts, receive, url_of


def policy(target, receives):
    return json.dumps({"deadLetterTargetArn": arn_of(target), "maxReceiveCount": receives})


def dead_letters(aws):
    sqs = client(aws)
    dead = h.create_queue(sqs, "dead")
    url = h.create_queue(sqs, "source", VisibilityTimeout="0", RedrivePolicy=policy("dead", "2"))
    sent = sqs.send_message(QueueUrl=url, MessageBody="poison", MessageAttributes={
        "a": {"DataType": "String", "StringValue": "kept"}})
    for n in (1, 2):
        t.equal(bodies(receive(sqs, url)), ["poison"], f"receive {n}")
    t.equal(receive(sqs, url), [], "receive 3 finds nothing")
    (got,) = receive(sqs, dead, MessageSystemAttributeNames=["All"], MessageAttributeNames=["All"])
    t.equal((got["Body"], got["MessageId"]), ("poison", sent["MessageId"]), "the same message in the dead-letter queue")
    t.equal(got["MessageAttributes"]["a"]["StringValue"], "kept", "with its attributes")
    t.equal(got["Attributes"]["DeadLetterQueueSourceArn"], arn_of("source"), "where it came from")
    t.equal(got["Attributes"]["ApproximateReceiveCount"], "3", "the receive count goes on")
    for i in range(3):
        h.create_queue(sqs, f"source-{i}", RedrivePolicy=policy("dead", 10))
    pages = list(sqs.get_paginator("list_dead_letter_source_queues").paginate(
        QueueUrl=dead, PaginationConfig={"PageSize": 3}))
    t.equal([len(p["queueUrls"]) for p in pages], [3, 1], "pages of sources")
    t.equal(sorted(u for p in pages for u in p["queueUrls"]),
            sorted(url_of(aws, n) for n in ("source", "source-0", "source-1", "source-2")), "sources")
    t.equal(sqs.list_dead_letter_source_queues(QueueUrl=url).get("queueUrls", []), [], "sources of a plain queue")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": ""})
    t.true("RedrivePolicy" not in attributes(sqs, url), "an empty policy is none")
    for bad in ('{"maxReceiveCount":1}', "nonsense", policy("dead", 0), policy("dead", 1001), policy("nowhere", 1)):
        t.refused(sqs.set_queue_attributes, "InvalidParameterValue", QueueUrl=url, Attributes={"RedrivePolicy": bad})
    h.create_queue(sqs, "dead.fifo", FifoQueue="true")
    t.refused(sqs.set_queue_attributes, "InvalidParameterValue", QueueUrl=url,
              Attributes={"RedrivePolicy": policy("dead.fifo", 1)})  # both of one type


def who_may(aws):
    sqs = client(aws)
    h.create_queue(sqs, "picky", RedriveAllowPolicy=json.dumps(
        {"redrivePermission": "byQueue", "sourceQueueArns": [arn_of("friend")]}))
    friend, foe = h.create_queue(sqs, "friend"), h.create_queue(sqs, "foe")
    sqs.set_queue_attributes(QueueUrl=friend, Attributes={"RedrivePolicy": policy("picky", 1)})
    t.equal(json.loads(attributes(sqs, friend, "RedrivePolicy")["RedrivePolicy"]),
            {"deadLetterTargetArn": arn_of("picky"), "maxReceiveCount": 1}, "the friend's policy")
    t.refused(sqs.set_queue_attributes, "InvalidParameterValue", QueueUrl=foe,
              Attributes={"RedrivePolicy": policy("picky", 1)})
    for bad in ({"redrivePermission": "some"}, {"redrivePermission": "byQueue"},
                {"redrivePermission": "denyAll", "sourceQueueArns": [arn_of("friend")]},
                {"redrivePermission": "byQueue", "sourceQueueArns": [arn_of(f"q{i}") for i in range(11)]}):
        t.refused(sqs.set_queue_attributes, "InvalidParameterValue", QueueUrl=foe,
                  Attributes={"RedriveAllowPolicy": json.dumps(bad)})


def bury(sqs, dead, source, count):
    """A dead-letter queue with `count` messages that came from the source."""
    target = h.create_queue(sqs, dead)
    url = h.create_queue(sqs, source, VisibilityTimeout="0", RedrivePolicy=policy(dead, 1))
    for i in range(count):
        sqs.send_message(QueueUrl=url, MessageBody=f"m{i:02}")
    h.until("all dead", lambda: (receive(sqs, url), counts(sqs, target)[0] == count)[1])
    return target, url


def tasks_of(sqs, name, most=10):
    return sqs.list_message_move_tasks(SourceArn=arn_of(name), MaxResults=most).get("Results", [])


def moves(aws):
    sqs = client(aws)
    dead, url = bury(sqs, "buried", "origin", 5)
    t.equal(tasks_of(sqs, "buried"), [], "no task yet")
    ids = {m["MessageId"] for m in receive(sqs, dead, VisibilityTimeout=0)}
    t.true(len(sqs.start_message_move_task(SourceArn=arn_of("buried"))["TaskHandle"]) > 0, "a handle")
    h.until("the move", lambda: tasks_of(sqs, "buried")[0]["Status"] == "COMPLETED")
    (task,) = tasks_of(sqs, "buried")
    t.equal((task["ApproximateNumberOfMessagesMoved"], task["ApproximateNumberOfMessagesToMove"]), (5, 5), "moved")
    t.equal(task["SourceArn"], arn_of("buried"), "source")
    t.true("DestinationArn" not in task and "TaskHandle" not in task, "no destination was given; no handle when done")
    t.true(task["StartedTimestamp"] > 1.6e12, "the start is in milliseconds")
    t.equal((counts(sqs, dead), counts(sqs, url)), ((0, 0, 0), (5, 0, 0)), "back where they came from")
    back = receive(sqs, url)
    t.equal(sorted(bodies(back)), [f"m{i:02}" for i in range(5)], "the messages")
    t.true(ids.isdisjoint(m["MessageId"] for m in back), "moved messages are new ones")
    t.refused(sqs.start_message_move_task, "InvalidParameterValue", SourceArn=arn_of("origin"),
              text="Source queue must be configured as a Dead Letter Queue.")
    t.refused(sqs.start_message_move_task, "ResourceNotFoundException", shape="ResourceNotFoundException", status=404,
              SourceArn=arn_of("nowhere"),
              text="The resource that you specified for the SourceArn parameter doesn't exist.")
    t.refused(sqs.start_message_move_task, "ResourceNotFoundException", SourceArn=arn_of("buried"),
              DestinationArn=arn_of("nowhere"),
              text="The resource that you specified for the DestinationArn parameter doesn't exist.")
    for bad in (0, 501):
        t.refused(sqs.start_message_move_task, "InvalidParameterValue", SourceArn=arn_of("buried"),
                  MaxNumberOfMessagesPerSecond=bad)
    t.refused(sqs.list_message_move_tasks, "InvalidParameterValue", SourceArn=arn_of("buried"), MaxResults=11)
    t.refused(sqs.cancel_message_move_task, "InvalidParameterValue", TaskHandle="nonsense",
              text="Value for parameter TaskHandle is invalid.")


def cancelling(aws):
    sqs = client(aws)
    dead, _ = bury(sqs, "grave", "lost", 6)
    elsewhere = h.create_queue(sqs, "elsewhere")
    handle = sqs.start_message_move_task(SourceArn=arn_of("grave"), DestinationArn=arn_of("elsewhere"),
                                         MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    (task,) = tasks_of(sqs, "grave")
    t.equal((task["Status"], task["TaskHandle"], task["DestinationArn"], task["MaxNumberOfMessagesPerSecond"]),
            ("RUNNING", handle, arn_of("elsewhere"), 1), "a running task")
    t.refused(sqs.start_message_move_task, "InvalidParameterValue", SourceArn=arn_of("grave"),
              text="There is already a task running. Only one active task is allowed for a source queue arn at a given "
                   "time.")
    moved = sqs.cancel_message_move_task(TaskHandle=handle)["ApproximateNumberOfMessagesMoved"]
    t.true(1 <= moved < 6, "the first message moves at once, then one a second")
    h.until("the cancellation", lambda: tasks_of(sqs, "grave")[0]["Status"] == "CANCELLED")
    t.equal(counts(sqs, dead)[0] + counts(sqs, elsewhere)[0], 6, "nothing is lost")
    t.refused(sqs.cancel_message_move_task, "InvalidParameterValue", TaskHandle=handle)
    sqs.start_message_move_task(SourceArn=arn_of("grave"), DestinationArn=arn_of("elsewhere"))
    h.until("the second move", lambda: tasks_of(sqs, "grave")[0]["Status"] == "COMPLETED")
    t.equal([x["Status"] for x in tasks_of(sqs, "grave")], ["COMPLETED", "CANCELLED"], "the newest task first")
    t.equal(len(tasks_of(sqs, "grave", most=1)), 1, "MaxResults")
    t.equal(counts(sqs, elsewhere), (6, 0, 0), "all at the destination")


PARTS = (dead_letters, who_may, moves, cancelling)
