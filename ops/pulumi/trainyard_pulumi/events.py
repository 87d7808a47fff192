"""SageMaker's state changes, from every pool to the queues of events.

Each account and region has a rule that forwards to a bus of the home account, since a queue of another region cannot be a
rule's target; a rule on that bus fills the queues of its region.
"""
import json

import pulumi_aws as aws

from . import documents
from .fleet import role
from .plan import EVENT_TYPES, partition
from .roles import make_role

PATTERN = json.dumps({"source": ["aws.sagemaker"], "detail-type": list(EVENT_TYPES)})


def make_buses(p, at, event_queues):
    """The home account's side. Gives the bus and its policy by region."""
    buses = {}
    for region in p.bus_regions:
        name = p.bus_name()
        bus = aws.cloudwatch.EventBus(f"{region}-{name}", name=name, opts=at.home(region))
        accounts = sorted({f.account for f in p.feeds if f.bus_region == region})
        policy = aws.cloudwatch.EventBusPolicy(
            f"{region}-{name}", event_bus_name=bus.name, opts=at.home(region), policy=bus.arn.apply(
                lambda arn, accounts=accounts: documents.text(documents.render("bus", bus=arn, accounts=[
                    f"arn:{partition(p.home_region)}:iam::{a}:root" for a in accounts]))))
        rule = aws.cloudwatch.EventRule(f"{region}-{name}", name=name, event_bus_name=bus.name, event_pattern=PATTERN,
                                        description="SageMaker's state changes, for the dispatcher", opts=at.home(region))
        for q, queue in event_queues.items():
            if q.region == region:
                group = aws.cloudwatch.EventTargetSqsTargetArgs(message_group_id="events") if q.fifo else None
                aws.cloudwatch.EventTarget(f"{region}-{q.name}", rule=rule.name, event_bus_name=bus.name, arn=queue.arn,
                                           target_id=q.name.removesuffix(".fifo"), sqs_target=group,
                                           opts=at.home(region))
        buses[region] = bus, policy
    return buses


def make_feeds(p, at, buses):
    """The side of the accounts whose jobs change."""
    forwarders = {}
    name = f"trainyard-events-{p.slug}"
    for f in p.feeds:
        if f.account not in forwarders:
            wanted = [p.bus_arn(r) for r in p.bus_regions
                      if any((x.account, x.bus_region) == (f.account, r) for x in p.feeds)]
            forwarders[f.account] = make_role(
                at, f.account, role("", f.account, "/", name),
                documents.text(documents.render("events-trust", account=f.account)),
                {"forward": documents.render("events-forward", buses=wanted)})
        made, attached = forwarders[f.account]
        bus, policy = buses[f.bus_region]
        rule = aws.cloudwatch.EventRule(f"{f.account}-{f.region}-{name}", name=name, event_pattern=PATTERN,
                                        description=f"SageMaker's state changes, for {p.bus_arn(f.bus_region)}",
                                        opts=at.at(f.account, f.region))
        # A target is refused while the bus does not let its account in.
        aws.cloudwatch.EventTarget(f"{f.account}-{f.region}-{name}", rule=rule.name, arn=bus.arn, role_arn=made.arn,
                                   target_id="trainyard",
                                   opts=at.at(f.account, f.region, depends_on=[policy, *attached]))
