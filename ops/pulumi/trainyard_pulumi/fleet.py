"""fleet.yaml, as far as it says what has to exist in AWS. Pure.

The dispatcher's reader (scheduler/config) is the authority: keys, placeholders and defaults here are the same. What only
schedules is not looked at.
"""
from __future__ import annotations

import dataclasses
import re

import yaml

KEYS = {
    "": {"installation", "ledger", "admin", "reconcile_seconds", "retention_days", "receivers_per_queue", "limits",
         "discover_seconds", "accounts", "tenants", "queues", "events", "priorities", "default_priority", "policy", "provision"},
    "accounts": {"id", "role", "external_id", "execution_role", "bucket", "regions", "limits", "max_jobs", "api_rates",
                 "preference", "prices", "order", "backfill"},
    "tenants": {"name", "weight", "quota", "max_jobs", "pools", "roles", "order", "preempt_within", "preempt_reclaim"},
    "queues": {"name", "url", "region", "tenants", "max_priority", "kind", "reject_queue", "results_queue", "weight",
               "payload_buckets", "group_order"},
    "events": {"name", "url", "region"},
}
ANY_TYPE = "ml.*"
ROLE_ARN = re.compile(r"arn:(aws|aws-cn|aws-us-gov):iam::(\d{12}):role(/(?:[!-~]+/)?)([\w+=,.@-]{1,64})")
QUEUE_NAME = re.compile(r"(?=.{1,80}\Z)[A-Za-z0-9_-]+(\.fifo)?")
QUEUE_URL = re.compile(r"https?://[^/]+/(\d{12})/([A-Za-z0-9_-]+(?:\.fifo)?)")
# 128 bits are 22 characters of base64; with fewer a stranger could try them all.
EXTERNAL_ID_CHARACTERS_MIN, EXTERNAL_ID_CHARACTERS_MAX = 22, 1224


class fleet_error(ValueError):
    """What is wrong in the fleet file, where, and what to do."""


@dataclasses.dataclass(frozen=True)
class role:
    arn: str
    account: str
    path: str
    name: str


@dataclasses.dataclass(frozen=True)
class account:
    id: str
    role: role | None  # none: the hub's own credentials
    external_id: str
    execution_role: role | None
    bucket: str  # its name; empty: none
    regions: tuple[str, ...]
    instance_types: tuple[str, ...]  # patterns, for accounts that discover their limits


@dataclasses.dataclass(frozen=True)
class queue:
    """One that the fleet file names; of a URL the account is known, and somebody else makes it."""
    name: str
    region: str
    owner: str = ""  # empty: the home account, and it is made here

    @property
    def fifo(self):
        return self.name.endswith(".fifo")


@dataclasses.dataclass(frozen=True)
class intake:
    queue: queue
    reject: queue | None
    results: queue | None
    payload_buckets: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class fleet:
    installation: str
    accounts: tuple[account, ...]
    intakes: tuple[intake, ...]
    events: tuple[queue, ...]
    tenant_roles: tuple[role, ...]


class reader:
    """A node of the document with its path, for errors that say where."""

    def __init__(self, value, path, file, environment):
        self.value, self.path, self.file, self.environment = value, path, file, environment

    def fail(self, why):
        raise fleet_error(f"{self.file}: {self.path + ': ' if self.path else ''}{why}")

    def __getitem__(self, key):
        value = self.value.get(key) if isinstance(self.value, dict) else None
        return reader(value, f"{self.path}.{key}" if self.path else key, self.file, self.environment)

    def only(self, section):
        if not isinstance(self.value, dict):
            self.fail("must be a mapping of keys to values")
        for key in self.value:
            if key not in KEYS[section]:
                self.fail(f"unknown key '{key}'; known keys are {', '.join(sorted(KEYS[section]))}")

    def items(self):
        if self.value in (None, ""):
            return []
        if not isinstance(self.value, list):
            self.fail("must be a list")
        return [reader(v, f"{self.path}[{i}]", self.file, self.environment) for i, v in enumerate(self.value)]

    def keys(self):
        if self.value in (None, ""):
            return []
        if not isinstance(self.value, dict):
            self.fail("must be a mapping of keys to values")
        return list(self.value)

    def text(self):
        if self.value is None:
            return ""
        if not isinstance(self.value, str):
            self.fail("must be a text")

        def variable(match):
            if match[1] not in self.environment:
                self.fail(f"the environment variable '{match[1]}' is not set")
            return self.environment[match[1]]
        return re.sub(r"\$\{env:([^}]*)\}", variable, self.value)

    def required(self):
        return self.text() or self.fail("is required")

    def role(self):
        text = self.text()
        if not text:
            return None
        match = ROLE_ARN.fullmatch(text)
        if not match:
            self.fail(f"'{text}' is not the ARN of a role (arn:aws:iam::ACCOUNT:role/NAME)")
        return role(text, match[2], match[3], match[4])

    def queue(self, region):
        """By name or by URL."""
        text = self.text()
        if match := QUEUE_URL.fullmatch(text):
            return queue(match[2], region, match[1])
        if not QUEUE_NAME.fullmatch(text):
            self.fail(f"'{text}' is neither a queue's name (80 letters, digits, '-', '_', perhaps '.fifo') nor its URL")
        return queue(text, region)


def discovers(limits):
    if not isinstance(limits.value, str) or not limits.value:
        return False
    return limits.value == "discover" or limits.fail("must be discover, or a limit for each instance type")


def read_types(limits, fleet_discovers):
    """What may be started there: what the file names, or anything where the account's quotas say how much."""
    if discovers(limits):
        return (ANY_TYPE,)
    stated = dict(limits.value) if limits.keys() else {}
    if stated.pop("discover", "true" if fleet_discovers else "false") == "true":
        return (ANY_TYPE,)
    types = tuple(dict.fromkeys(k.removesuffix(":spot") for k in stated))
    return types or limits.fail("at least one instance type with its limit is required, or discover")


def read_account(n, fleet_discovers):
    n.only("accounts")
    id_ = n["id"].required()
    if not re.fullmatch(r"\d{12}", id_):
        n["id"].fail(f"'{id_}' is not a 12-digit account id")
    spoke, execution, external_id = n["role"].role(), n["execution_role"].role(), n["external_id"].text()
    for key, r in (("role", spoke), ("execution_role", execution)):
        if r and r.account != id_:
            n[key].fail(f"{r.arn} is not of account {id_}")
    if spoke and not EXTERNAL_ID_CHARACTERS_MIN <= len(external_id) <= EXTERNAL_ID_CHARACTERS_MAX:
        n["external_id"].fail(f"a role that is assumed needs one of at least {EXTERNAL_ID_CHARACTERS_MIN} characters; "
                              "make it with 'openssl rand -hex 16', write ${env:NAME} here and set the variable for "
                              "the dispatcher and for Pulumi")
    if execution and spoke and execution.arn == spoke.arn:
        n["execution_role"].fail("jobs must not run with the role that starts them")
    regions = tuple(r.required() for r in n["regions"].items())
    if not regions:
        n["regions"].fail("at least one region is required")
    types = read_types(n["limits"], fleet_discovers)
    bucket = n["bucket"].text().removeprefix("s3://").split("/")[0]
    return account(id_, spoke, external_id, execution, bucket, regions, types)


def read_queue(n, section):
    n.only(section)
    region = n["region"].required()
    at = n["url"] if n["url"].text() else n["name"]
    if not at.text():
        n.fail("a queue needs a name or a url")
    return at.queue(region)


def read_intake(n):
    made = read_queue(n, "queues")
    beside = [n[key].queue(made.region) if n[key].text() else None for key in ("reject_queue", "results_queue")]
    return intake(made, *beside, tuple(b.required() for b in n["payload_buckets"].items()))


def read_tenant_roles(n):
    n.only("tenants")
    return [r.role() or r.fail("is required") for r in n["roles"].items()]


def parse(text, file, environment):
    """`file` only names the source in errors. A fleet_error says what is wrong."""
    try:
        # Every scalar is text, as the dispatcher reads it: 012345678901 stays an account id.
        document = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as e:
        raise fleet_error(f"{file}: not YAML: {e}") from e
    root = reader(document, "", file, environment)
    root.only("")
    if root["provision"].value:
        root["provision"].fail("is for `trainyard provision`, which gives some things other names; one of the two "
                               "provisions a fleet: take the section out, and use Pulumi's settings")
    out = fleet(root["installation"].required(),
                tuple(read_account(n, discovers(root["limits"])) for n in root["accounts"].items()),
                tuple(read_intake(n) for n in root["queues"].items()),
                tuple(read_queue(n, "events") for n in root["events"].items()),
                tuple(r for n in root["tenants"].items() for r in read_tenant_roles(n)))
    for key, items in (("accounts", out.accounts), ("queues", out.intakes)):
        if not items:
            root[key].fail("at least one is required")
    ids = [a.id for a in out.accounts]
    if len(set(ids)) != len(ids):
        root["accounts"].fail("each account may stand there once; give all its regions in one entry")
    return out
