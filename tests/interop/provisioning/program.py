"""Runs the Pulumi program of ops/pulumi without Pulumi's engine: Pulumi's mocks take what it would make."""
import json
import pathlib
import re
import runpy
import sys

import pulumi
import yaml

OPS = pathlib.Path(__file__).resolve().parents[3] / "ops"
sys.path.insert(0, str(OPS / "pulumi"))

from trainyard_pulumi import documents, fleet, plan  # noqa: E402,F401  (the tests take them from here)

HOME = "999999999999"
EXTERNAL_ID = "5f1d8a3cbb0e4f6d9f0c2a7e81b34c56"
ENVIRONMENT = {"TRAINYARD_EXTERNAL_ID": EXTERNAL_ID}


def example():
    """ops/fleet.example.yaml as a value, with the ExternalIds that it leaves to the operator."""
    value = yaml.load((OPS / "fleet.example.yaml").read_text(), Loader=yaml.BaseLoader)
    for account in value["accounts"]:
        account["external_id"] = "${env:TRAINYARD_EXTERNAL_ID}"
    return value


def rich():
    """Every way in which a fleet may differ from the example: FIFO, URLs, jobs at home, tenants' roles, payloads."""
    value = example()
    value["accounts"].append({
        "id": HOME, "execution_role": f"arn:aws:iam::{HOME}:role/deep/ty-exec-home", "bucket": f"s3://training-{HOME}/in",
        "regions": ["eu-west-1"], "limits": {"ml.m5.xlarge": "4"}})
    value["tenants"].append({"name": "guest", "roles": ["arn:aws:iam::222222222222:role/guest-exec"]})
    value["queues"] += [
        {"name": "ordered.fifo", "region": "us-east-1", "tenants": ["guest"], "payload_buckets": ["big-bodies"],
         "reject_queue": "training-rejected"},
        {"url": "https://sqs.eu-west-1.amazonaws.com/333333333333/theirs", "region": "eu-west-1", "tenants": ["guest"]}]
    value["events"].append({"name": "sagemaker-events", "region": "eu-west-1"})
    return value


def parse(value, environment=None):
    return fleet.parse(json.dumps(value), "fleet.yaml", ENVIRONMENT if environment is None else environment)


def planned(value, **settings):
    return plan.make(parse(value), plan.settings(HOME, **settings))


class resource:
    def __init__(self, args):
        self.type, self.name, self.inputs, self.provider = args.typ, args.name, args.inputs, args.provider

    def __repr__(self):
        return f"{self.type} {self.name}"


def place_of(provider):
    """(account, region) of a provider's reference, which ends in NAME::ID."""
    match = re.search(r"::(\d{12})-([a-z0-9-]+)::", provider)
    return (match[1], match[2]) if match else None


class recorder(pulumi.runtime.Mocks):
    """Answers as AWS would: ARNs and URLs of what is asked for, in the account and region of the provider."""

    def __init__(self):
        self.made = []

    def new_resource(self, args):
        self.made.append(resource(args))
        return f"{args.name}-id", {**args.inputs, **self.outputs(args)}

    def outputs(self, args):
        if args.typ.startswith("pulumi:"):
            return {}
        account, region = place_of(args.provider)
        i = args.inputs
        arns = {
            "aws:sqs/queue:Queue": lambda: f"arn:aws:sqs:{region}:{account}:{i['name']}",
            "aws:iam/role:Role": lambda: f"arn:aws:iam::{account}:role{i['path']}{i['name']}",
            "aws:iam/policy:Policy": lambda: f"arn:aws:iam::{account}:policy{i['path']}{i['name']}",
            "aws:cloudwatch/eventBus:EventBus": lambda: f"arn:aws:events:{region}:{account}:event-bus/{i['name']}",
            "aws:sagemaker/pipeline:Pipeline": lambda: f"arn:aws:sagemaker:{region}:{account}:pipeline/{i['pipelineName']}",
        }
        out = {"arn": arns[args.typ]()} if args.typ in arns else {}
        if args.typ == "aws:sqs/queue:Queue":
            out["url"] = f"https://sqs.{region}.amazonaws.com/{account}/{i['name']}"
        return out

    def call(self, args):
        raise AssertionError(f"the program asks AWS ({args.token}); a plan must not depend on what is there")


class run_result:
    def __init__(self, made, exports):
        self.made, self.exports = made, exports

    def of(self, type_):
        return [r for r in self.made if r.type.endswith(":" + type_)]

    def one(self, type_, **inputs):
        found = [r for r in self.of(type_) if all(r.inputs.get(k) == v for k, v in inputs.items())]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} {type_} with {inputs}: {self.of(type_)}")
        return found[0]


def run(fleet_file, mocks=None, **settings):
    """The whole program, __main__.py included, with the settings as a stack would give them."""
    mocks = mocks or recorder()
    exports = {}
    settings = {"fleet": str(fleet_file), "home_account": HOME, **settings}
    pulumi.runtime.set_all_config({f"trainyard:{k}": v if isinstance(v, str) else json.dumps(v)
                                   for k, v in settings.items()})
    pulumi.runtime.set_mocks(mocks, project="trainyard", stack="test", preview=False)
    real_export = pulumi.export

    def program():
        pulumi.export = lambda name, value: pulumi.Output.from_input(value).apply(
            lambda v: exports.__setitem__(name, v)) and None
        try:
            runpy.run_path(str(OPS / "pulumi" / "__main__.py"), run_name="__main__")
        finally:
            pulumi.export = real_export

    @pulumi.runtime.test
    def whole():
        program()
    whole()
    return run_result(mocks.made, exports)


def is_secret(value):
    """The mark that Pulumi puts on secrets on the wire."""
    return isinstance(value, dict) and value.get("4dabf18193072939515e22adb298388d") == "1b47061264138c4ac30d75fd1eb44270"


def plain(value):
    return value["value"] if is_secret(value) else value
