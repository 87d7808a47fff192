#!/usr/bin/env python3
"""ops/pulumi by Pulumi's mocks: what the program makes of a fleet, and which fleets it refuses.

    tests/interop/pulumi_program.py [PART...]
"""
import json
import os
import re
import sys

import yaml

import harness as h
import tally as t
from provisioning import program as p

SPOKES = ("111111111111", "222222222222")


def made_of(value, **settings):
    os.environ.update(p.ENVIRONMENT)
    file = h.folder() / "fleet.yaml"
    file.write_text(json.dumps(value))
    return p.run(file, **settings)


def policy(text):
    return {s["Sid"]: s for s in json.loads(p.plain(text))["Statement"]}


def attached(made, role):
    """The documents of the managed policies attached to a role of this name and account."""
    account, name = role
    policies = {f"arn:aws:iam::{p.place_of(r.provider)[0]}:policy{r.inputs['path']}{r.inputs['name']}": r
                for r in made.of("Policy")}
    return [policies[a.inputs["policyArn"]].inputs["policy"] for a in made.of("RolePolicyAttachment")
            if a.inputs["role"] == name and p.place_of(a.provider)[0] == account]


def role_of(made, account, name):
    found = [r for r in made.of("Role") if r.inputs["name"] == name and p.place_of(r.provider)[0] == account]
    t.equal(len(found), 1, f"roles {name} in {account}")
    return found[0]


def recipe():
    made = made_of(p.example())
    queue = made.one("Queue", name="ai-model-training.fifo")
    t.equal(queue.inputs["fifoQueue"], True, "it is a FIFO queue")
    t.equal(queue.inputs["tags"], {"Purpose": "AIModelTraining"}, "its tags")
    role = role_of(made, p.HOME, "trainyard-pipelines-research")
    trust = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    t.equal([(s["Effect"], s["Principal"], s["Action"]) for s in trust],
            [("Allow", {"Service": "sagemaker.amazonaws.com"}, "sts:AssumeRole")], "who may take the role")
    t.equal(len(attached(made, (p.HOME, "trainyard-pipelines-research"))), 2, "policies of the role")
    pipeline = made.one("Pipeline")
    t.equal(pipeline.inputs["roleArn"], f"arn:aws:iam::{p.HOME}:role/trainyard-pipelines-research", "the pipeline's role")
    definition = json.loads(pipeline.inputs["pipelineDefinition"])
    t.equal([s["Type"] for s in definition["Steps"]], ["Training"], "steps")
    used = set(re.findall(r"Parameters\.(\w+)", pipeline.inputs["pipelineDefinition"]))
    t.equal(used, {x["Name"] for x in definition["Parameters"]}, "parameters that the steps use, and declared ones")
    t.equal(made.exports["queue_url"], f"https://sqs.us-east-1.amazonaws.com/{p.HOME}/ai-model-training.fifo", "queue_url")
    t.equal(made.exports["pipeline_arn"], f"arn:aws:sagemaker:us-east-1:{p.HOME}:pipeline/trainyard-research", "pipeline_arn")


def recipe_in_a_fifo_fleet():
    made = made_of(p.rich())
    t.equal([q.inputs["name"] for q in made.of("Queue") if q.inputs.get("tags") == {"Purpose": "AIModelTraining"}],
            ["ordered.fifo"], "the fleet's FIFO queue is the recipe's")
    t.contains(made.exports["queue_url"], "/ordered.fifo", "queue_url")
    t.equal(len([q for q in made.of("Queue") if q.inputs["name"] == "ordered.fifo"]), 1, "queues ordered.fifo")


def queue_set():
    made = made_of(p.rich())
    t.equal(sorted((p.place_of(q.provider)[1], q.inputs["name"]) for q in made.of("Queue")),
            [("eu-west-1", "sagemaker-events"), ("us-east-1", "ordered-dlq.fifo"), ("us-east-1", "ordered.fifo"),
             ("us-east-1", "sagemaker-events"), ("us-east-1", "training-jobs"), ("us-east-1", "training-jobs-dlq"),
             ("us-east-1", "training-rejected"), ("us-east-1", "training-results")],
            "queues; who names a queue by URL has made it")
    t.equal({p.place_of(q.provider)[0] for q in made.of("Queue")}, {p.HOME}, "accounts with queues")
    t.true(all(q.inputs["sqsManagedSseEnabled"] for q in made.of("Queue")), "every queue is encrypted")


def redrive():
    made = made_of(p.rich())
    queues = {q.inputs["name"]: q for q in made.of("Queue")}
    for name, dead in (("training-jobs", "training-jobs-dlq"), ("ordered.fifo", "ordered-dlq.fifo")):
        to = json.loads(queues[name].inputs["redrivePolicy"])
        t.equal(to, {"deadLetterTargetArn": f"arn:aws:sqs:us-east-1:{p.HOME}:{dead}", "maxReceiveCount": 10}, f"redrive of {name}")
        t.true(queues[dead].inputs["messageRetentionSeconds"] > queues[name].inputs["messageRetentionSeconds"],
               f"{dead} keeps longer than {name}")
        t.equal(queues[dead].inputs.get("fifoQueue", False), queues[name].inputs.get("fifoQueue", False), f"kind of {dead}")
        allow = made.one("RedriveAllowPolicy", queueUrl=f"https://sqs.us-east-1.amazonaws.com/{p.HOME}/{dead}")
        t.equal(json.loads(allow.inputs["redriveAllowPolicy"]),
                {"redrivePermission": "byQueue", "sourceQueueArns": [f"arn:aws:sqs:us-east-1:{p.HOME}:{name}"]},
                f"who may use {dead}")
    t.equal(json.loads(made_of(p.example(), max_receive_count=7).one("Queue", name="training-jobs").inputs["redrivePolicy"])
            ["maxReceiveCount"], 7, "the setting max_receive_count")


def queue_policies():
    made = made_of(p.rich())
    urls = {f"https://sqs.{p.place_of(q.provider)[1]}.amazonaws.com/{p.HOME}/{q.inputs['name']}": q.inputs["name"]
            for q in made.of("Queue")}
    got = {q.inputs["queueUrl"]: policy(q.inputs["policy"]) for q in made.of("QueuePolicy")}
    t.equal(sorted(got), sorted(urls), "queues with a policy: all")
    for url, statements in got.items():
        resources = {s["Resource"] for s in statements.values()}
        region = re.search(r"sqs\.([a-z0-9-]+)\.", url)[1]
        t.equal(resources, {f"arn:aws:sqs:{region}:{p.HOME}:{urls[url]}"}, f"resources in the policy of {url}")
        t.true("TlsOnly" in statements, f"{url} by TLS only")
        allows = [s for s in statements.values() if s["Effect"] == "Allow"]
        if urls[url] != "sagemaker-events":
            t.equal(allows, [], f"nobody is let in by {url}")
            continue
        rule = f"arn:aws:events:{region}:{p.HOME}:rule/trainyard-research/trainyard-research"
        t.equal([(s["Principal"], s["Action"], s["Condition"]) for s in allows],
                [({"Service": "events.amazonaws.com"}, "sqs:SendMessage", {"ArnEquals": {"aws:SourceArn": rule}})],
                f"who sends to {url}")


def event_way():
    made = made_of(p.rich())
    where = {("111111111111", "us-east-1"): "us-east-1", ("111111111111", "us-west-2"): "us-east-1",
             ("222222222222", "us-east-1"): "us-east-1", (p.HOME, "eu-west-1"): "eu-west-1"}
    forward = [r for r in made.of("EventRule") if "eventBusName" not in r.inputs]
    t.equal(sorted(p.place_of(r.provider) for r in forward), sorted(where), "places with a rule on their own bus: all pools")
    for target in made.of("EventTarget"):
        if "eventBusName" in target.inputs:
            continue
        account, region = p.place_of(target.provider)
        t.equal(target.inputs["arn"], f"arn:aws:events:{where[account, region]}:{p.HOME}:event-bus/trainyard-research",
                f"bus of {account}/{region}")
        t.equal(target.inputs["roleArn"], f"arn:aws:iam::{account}:role/trainyard-events-research", f"role of {account}/{region}")
    for region, accounts in (("us-east-1", SPOKES), ("eu-west-1", (p.HOME,))):
        bus = [b for b in made.of("EventBusPolicy") if p.place_of(b.provider) == (p.HOME, region)]
        t.equal([policy(b.inputs["policy"])["SageMakerEventsOfTheFleet"]["Principal"]["AWS"] for b in bus],
                [[f"arn:aws:iam::{a}:root" for a in accounts]], f"accounts that the bus in {region} lets in")
        fills = [x.inputs["arn"] for x in made.of("EventTarget")
                 if "eventBusName" in x.inputs and p.place_of(x.provider) == (p.HOME, region)]
        t.equal(fills, [f"arn:aws:sqs:{region}:{p.HOME}:sagemaker-events"], f"queues that the bus in {region} fills")
    wanted = re.findall(r'\{"(SageMaker [^"]+)"', (p.OPS.parent / "scheduler/lifecycle/event.cpp").read_text())
    t.equal(len(wanted), 6, "kinds of event that the dispatcher reads")
    for rule in made.of("EventRule"):
        t.equal(sorted(json.loads(rule.inputs["eventPattern"])["detail-type"]), sorted(wanted), f"what {rule.name} forwards")


def without_events():
    value = p.example()
    del value["events"]
    made = made_of(value)
    t.equal([r for r in made.made if r.type.startswith("aws:cloudwatch")], [], "nothing of EventBridge without a queue of events")


def hub():
    made = made_of(p.rich(), hub_trust=["ecs-tasks.amazonaws.com", f"arn:aws:iam::{p.HOME}:role/operators"])
    role = role_of(made, p.HOME, "trainyard-hub-research")
    trust = policy(role.inputs["assumeRolePolicy"])
    t.equal([s["Principal"] for s in trust.values()],
            [{"Service": ["ecs-tasks.amazonaws.com"]}, {"AWS": [f"arn:aws:iam::{p.HOME}:role/operators"]}], "who runs the dispatcher")
    t.equal(made.of("InstanceProfile"), [], "no instance profile where no instance runs it")
    documents = [policy(d) for d in attached(made, (p.HOME, "trainyard-hub-research"))]
    statements = {sid: s for d in documents for sid, s in d.items()}
    t.equal(statements["AssumeNamedSpokesOnly"]["Resource"], [f"arn:aws:iam::{a}:role/trainyard-spoke" for a in SPOKES], "spokes")
    t.equal(statements["ReadQueues"]["Resource"],
            [f"arn:aws:sqs:us-east-1:{p.HOME}:training-jobs", f"arn:aws:sqs:us-east-1:{p.HOME}:ordered.fifo",
             "arn:aws:sqs:eu-west-1:333333333333:theirs", f"arn:aws:sqs:us-east-1:{p.HOME}:sagemaker-events",
             f"arn:aws:sqs:eu-west-1:{p.HOME}:sagemaker-events"], "queues that are read")
    t.equal(statements["ReadPayloads"]["Resource"], ["arn:aws:s3:::big-bodies/*"], "payloads that are read")
    t.true("StartTraining" in statements, "jobs at home, without a role of their own, are the hub's to start")
    t.true("StartTraining" not in {sid for d in attached(made_of(p.example()), (p.HOME, "trainyard-hub-research"))
                                   for sid in policy(d)}, "where every account has a role the hub starts nothing")
    profiles = made_of(p.example()).of("InstanceProfile")
    t.equal([x.inputs["role"] for x in profiles], ["trainyard-hub-research"], "an instance profile for EC2")


def spokes():
    made = made_of(p.rich())
    for account in SPOKES:
        role = role_of(made, account, "trainyard-spoke")
        t.true(p.is_secret(role.inputs["assumeRolePolicy"]), "the trust, which holds the ExternalId, is a secret of the stack")
        trust = policy(role.inputs["assumeRolePolicy"])
        t.equal([(s["Principal"], s["Condition"]) for s in trust.values()],
                [({"AWS": f"arn:aws:iam::{p.HOME}:role/trainyard-hub-research"},
                  {"StringEquals": {"sts:ExternalId": p.EXTERNAL_ID}})], f"who becomes the spoke of {account}")
        documents = attached(made, (account, "trainyard-spoke"))
        t.equal(len(documents), 1, f"policies of the spoke of {account}")
        t.true(len(documents[0]) <= 6144, f"{len(documents[0])} characters of the spoke's policy, IAM takes 6,144")
        passed = policy(documents[0])["PassOnlyJobRoles"]["Resource"]
        guests = ["arn:aws:iam::222222222222:role/guest-exec"] if account == "222222222222" else []
        t.equal(passed, [f"arn:aws:iam::{account}:role/ty-exec", *guests], f"roles that jobs in {account} may have")
        t.equal(role_of(made, account, "ty-exec").inputs["path"], "/", "path of the jobs' role")
    t.equal(role_of(made, p.HOME, "ty-exec-home").inputs["path"], "/deep/", "path of the jobs' role at home")
    spoke_roles = [r for r in made.of("Role") if r.inputs["name"] == "trainyard-spoke"]
    t.equal(len(spoke_roles), len(SPOKES), "roles that are assumed: none at home")
    leaks = [r for r in made.made if r not in spoke_roles and p.EXTERNAL_ID in json.dumps(r.inputs)]
    t.equal(leaks, [], "nothing else holds the ExternalId")


def providers():
    made = made_of(p.rich(), provision_role="Builder")
    for provider in made.of("aws"):
        account, region = provider.name.split("-", 1)
        t.equal((provider.inputs["region"], json.loads(provider.inputs["allowedAccountIds"])), (region, [account]), f"place of {provider}")
        t.equal(json.loads(provider.inputs["defaultTags"]), {"tags": {"trainyard:owner": "research"}}, f"tags by {provider}")
        assumed = [r["roleArn"] for r in json.loads(provider.inputs.get("assumeRoles", "[]"))]
        t.equal(assumed, [] if account == p.HOME else [f"arn:aws:iam::{account}:role/Builder"], f"role of {provider}")
    used = {p.place_of(r.provider) for r in made.made if not r.type.startswith("pulumi:")}
    t.equal(used, {tuple(x.name.split("-", 1)) for x in made.of("aws")}, "every provider makes something, and nothing is made without")


def refused(what, change, words, **settings):
    value = p.rich()
    change(value)
    try:
        p.planned(value, **settings)
    except p.fleet.fleet_error as e:
        t.contains(str(e), words, what)
        return
    raise h.mismatch(f"{what} is accepted")


def refusals():
    account = "accounts[0]"
    for what, change, words in [
        ("a misspelt key", lambda v: v["accounts"][0].update(regoins=["x"]), "accounts[0]: unknown key 'regoins'"),
        ("no ExternalId", lambda v: v["accounts"][0].pop("external_id"), f"{account}.external_id: a role that is assumed needs"),
        ("an ExternalId that can be guessed", lambda v: v["accounts"][0].update(external_id="secret"), "openssl rand -hex 16"),
        ("a variable that is not set", lambda v: v["accounts"][0].update(external_id="${env:NOWHERE}"), "'NOWHERE' is not set"),
        ("another account's role", lambda v: v["accounts"][0].update(role="arn:aws:iam::222222222222:role/trainyard-spoke"),
         f"{account}.role: arn:aws:iam::222222222222:role/trainyard-spoke is not of account 111111111111"),
        ("another account's execution role", lambda v: v["accounts"][0].update(execution_role="arn:aws:iam::222222222222:role/x"),
         "is not of account"),
        ("one role for starting and running", lambda v: v["accounts"][0].update(execution_role=v["accounts"][0]["role"]),
         "jobs must not run with the role that starts them"),
        ("a role that is no ARN", lambda v: v["accounts"][0].update(role="trainyard-spoke"), "is not the ARN of a role"),
        ("a wildcard in a role", lambda v: v["accounts"][0].update(role="arn:aws:iam::111111111111:role/*"), "is not the ARN of a role"),
        ("an account of 11 digits", lambda v: v["accounts"][0].update(id="11111111111"), "accounts[0].id: '11111111111'"),
        ("an account twice", lambda v: v["accounts"].append(v["accounts"][0]), "accounts: each account may stand there once"),
        ("no region", lambda v: v["accounts"][0].update(regions=[]), "accounts[0].regions: at least one"),
        ("no limits", lambda v: v["accounts"][0].pop("limits"), "accounts[0].limits: at least one"),
        ("another account without a role", lambda v: v["accounts"][0].pop("role"), "is not the home account"),
        ("a section for another way of provisioning", lambda v: v.update(provision={"hub_role": "x"}),
         "provision: is for `trainyard"),
        ("no queue", lambda v: v.update(queues=[]), "queues: at least one"),
        ("a queue with a name that SQS refuses", lambda v: v["queues"][0].update(name="a/b"), "queues[0].name: 'a/b'"),
        ("a queue with a wildcard", lambda v: v["queues"][0].update(reject_queue="*"), "queues[0].reject_queue: '*'"),
        ("a queue of jobs that is one of events", lambda v: v["queues"][0].update(results_queue="sagemaker-events"),
         "sagemaker-events is no queue of events alone"),
    ]:
        refused(what, change, words)
    refused("too few receives", lambda v: None, "max_receive_count: 4 is below 5", max_receive_count=4)
    refused("anybody as the hub", lambda v: None, "hub_trust: *: neither", hub_trust=("*",))
    refused("nobody as the hub", lambda v: None, "hub_trust", hub_trust=())
    t.equal(p.parse(p.rich()).installation, "research", "and what all of them were made of is accepted")


def many_accounts():
    value = p.example()
    value["accounts"] = [{**value["accounts"][0], "id": f"{i:012}", "role": f"arn:aws:iam::{i:012}:role/trainyard-spoke",
                          "execution_role": f"arn:aws:iam::{i:012}:role/ty-exec"} for i in range(1, 1001)]
    planned = p.planned(value)
    sizes = [len(p.documents.text(d)) for d in planned.hub_documents.values()]
    t.true(max(sizes) <= 6144, f"the hub's policies have at most 6,144 characters: {max(sizes)}")
    t.true(len(sizes) <= 20, f"a role takes 20 policies: {len(sizes)}")
    named = [arn for d in planned.hub_documents.values() for s in d["Statement"] if s["Sid"] == "AssumeNamedSpokesOnly"
             for arn in s["Resource"]]
    t.equal(named, [a["role"] for a in value["accounts"]], "spokes that the hub may become, over all policies")


def names():
    t.equal(p.plan.slug_of("research"), "research", "an installation that AWS takes as it is")
    changed = p.plan.slug_of("team/a"), p.plan.slug_of("team.a"), p.plan.slug_of("x" * 128)
    t.equal(len(set(changed) | {"team-a"}), 4, "installations that differ stay apart")
    t.true(all(re.fullmatch(r"[A-Za-z0-9-]{1,32}", s) for s in changed), f"short enough for every name: {changed}")
    t.equal(p.plan.dead_letter_name("a" * 80), "a" * 76 + "-dlq", "a dead-letter queue of a name of full length")
    t.equal(p.plan.dead_letter_name("a" * 75 + ".fifo"), "a" * 71 + "-dlq.fifo", "the same of a FIFO queue")


def same_keys_as_the_dispatcher():
    """The key lists of scheduler/config/fleet.cpp and of the reader here."""
    source = (p.OPS.parent / "scheduler/config/fleet.cpp").read_text()
    sections = {"read_fleet": "", "read_account": "accounts", "read_tenant": "tenants", "read_queue": "queues",
                "read_events": "events"}
    for function, section in sections.items():
        body = re.search(rf"void {function}\([^)]*\) \{{\n    (?:n|root)\.only\(\{{(.*?)\}}\)", source, re.S)
        t.true(body is not None, f"the keys of {function}")
        keys = set(re.findall(r'"(\w+)"', body[1])) | ({"provision"} if not section else set())
        t.equal(keys, p.fleet.KEYS[section], f"keys of {section or 'the file'}")
    project = yaml.safe_load((p.OPS / "pulumi" / "Pulumi.yaml").read_text())
    t.equal(project["config"]["trainyard:fleet"]["default"], "../fleet.yaml", "where the program looks without a setting")


def templates():
    """Every template is used, and its placeholders are filled: no '{{' is left in any document."""
    made = made_of(p.rich())
    for r in made.made:
        t.true("{{" not in json.dumps(r.inputs), f"{r} is filled in")
    on_disk = {f.name.removesuffix(".json") for f in p.documents.FOLDER.glob("*.json")}
    source = "".join(f.read_text() for f in (p.OPS / "pulumi" / "trainyard_pulumi").glob("*.py"))
    unused = {n for n in on_disk if f'"{n}"' not in source}
    t.equal(unused, {"names-are-forever.scp"}, "templates that the program does not use: what an organisation attaches")
    for bad in ({}, {"queue": "a", "rule": "b"}):
        try:
            p.documents.render("queue", **bad)
            raise h.mismatch(f"render takes {bad}")
        except KeyError as e:
            t.contains(str(e), "queue.json", "a template with values missing or too many")


PARTS = [recipe, recipe_in_a_fifo_fleet, queue_set, redrive, queue_policies, event_way, without_events, hub, spokes, providers,
         refusals, many_accounts, names, same_keys_as_the_dispatcher, templates]


def main():
    wanted = sys.argv[1:]
    t.run([part for part in PARTS if not wanted or part.__name__ in wanted])


if __name__ == "__main__":
    h.main(main)
