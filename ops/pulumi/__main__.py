"""Makes what a fleet file needs. README.md says which settings there are."""
import os
import pathlib

import pulumi

from trainyard_pulumi import events, fleet, pipelines, plan, queues, roles
from trainyard_pulumi.places import places


def read_settings(config):
    """A setting that is not set keeps plan.settings's own value; a name that is no setting would do nothing unnoticed."""
    readers = {str: config.get, int: config.get_int, tuple: config.get_object}
    out = {}
    for name, default in {**vars(plan.settings("")), "home_account": ""}.items():
        value = readers[type(default)](name)
        if value is not None:
            out[name] = tuple(value) if isinstance(default, tuple) else value
    return plan.settings(**{"home_account": config.require("home_account"), **out})


def read_fleet(config):
    file = pathlib.Path(__file__).resolve().parent / config.require("fleet")
    return fleet.parse(file.read_text(), str(file), os.environ)


config = pulumi.Config("trainyard")
p = plan.make(read_fleet(config), read_settings(config))
at = places(p)

queue, pipeline = pipelines.make_recipe(p, at)
pulumi.export("queue_url", queue.url)
pulumi.export("pipeline_arn", pipeline.arn)

hub = roles.make_hub(p, at)
roles.make_spokes(p, at, hub)
event_queues = queues.make_rest(p, at)
events.make_feeds(p, at, events.make_buses(p, at, event_queues))
pulumi.export("hub_role_arn", hub.arn)
