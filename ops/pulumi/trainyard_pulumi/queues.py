"""Queues of the home account: intakes with their dead-letter queues, outlets, and queues of events."""
import json

import pulumi_aws as aws

from . import documents

SECONDS_A_DAY = 86_400
DEAD_LETTER_RETENTION_SECONDS = 14 * SECONDS_A_DAY  # SQS's most; `trainyard doctor` asks for more than the queue's own
INTAKE_RETENTION_SECONDS = OUTLET_RETENTION_SECONDS = 4 * SECONDS_A_DAY
# An old event says where to look, and listing has looked there long since.
EVENT_RETENTION_SECONDS = 3600
VISIBILITY_SECONDS = 60  # a message is deleted as soon as its job is on disk; `trainyard doctor` asks for 30
LONG_POLL_SECONDS = 20


def make_queue(p, at, q, retention, **more):
    kinds = {"fifo_queue": True, "content_based_deduplication": True} if q.fifo else {}
    return aws.sqs.Queue(f"{q.region}-{q.name}", name=q.name, message_retention_seconds=retention,
                         visibility_timeout_seconds=VISIBILITY_SECONDS, receive_wait_time_seconds=LONG_POLL_SECONDS,
                         sqs_managed_sse_enabled=True, **kinds, **more, opts=at.home(q.region))


def keep_to_tls(at, q, made, document="queue", **values):
    aws.sqs.QueuePolicy(f"{q.region}-{q.name}", queue_url=made.url, opts=at.home(q.region), policy=made.arn.apply(
        lambda arn: documents.text(documents.render(document, queue=arn, **values))))


def make_intake(p, at, planned, tags=None):
    """The queue, what its dead letters go to, and that nothing else sends dead letters there."""
    q = planned.queue
    dead = make_queue(p, at, q.__class__(planned.dead_letters, q.region), DEAD_LETTER_RETENTION_SECONDS)
    made = make_queue(p, at, q, INTAKE_RETENTION_SECONDS, tags=tags, redrive_policy=dead.arn.apply(
        lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": p.max_receive_count})))
    aws.sqs.RedriveAllowPolicy(f"{q.region}-{q.name}", queue_url=dead.url, opts=at.home(q.region),
                               redrive_allow_policy=made.arn.apply(lambda arn: json.dumps(
                                   {"redrivePermission": "byQueue", "sourceQueueArns": [arn]})))
    keep_to_tls(at, q, made)
    keep_to_tls(at, q.__class__(planned.dead_letters, q.region), dead)
    return made


def make_rest(p, at):
    """All but the recipe's queue, which is there already. Gives the queues of events by (region, name)."""
    for planned in p.intakes:
        if not planned.queue.owner and planned != p.recipe_queue:
            make_intake(p, at, planned)
    for q in p.outlets:
        if not q.owner:
            keep_to_tls(at, q, make_queue(p, at, q, OUTLET_RETENTION_SECONDS))
    events = {}
    for q in p.event_queues:
        if not q.owner:
            events[q] = made = make_queue(p, at, q, EVENT_RETENTION_SECONDS)
            keep_to_tls(at, q, made, "events-queue", rule=p.rule_arn(q.region))
    return events
