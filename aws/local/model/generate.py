#!/usr/bin/env python3
"""Writes the tables of shapes (*_model.cpp) from AWS's published service models.

    aws/local/model/generate.py MODELS

MODELS is a folder of SERVICE.service-2.json files, the form in which botocore publishes them (Apache License 2.0). Only the
operations that the local AWS knows, and the shapes they reach, are kept; texts of documentation are not.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
IAM = """
AddClientIDToOpenIDConnectProvider AttachRolePolicy AttachUserPolicy CreateAccessKey CreateOpenIDConnectProvider
CreatePolicy CreatePolicyVersion CreateRole CreateUser DeleteAccessKey DeleteOpenIDConnectProvider DeletePolicy
DeletePolicyVersion DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy DeleteUser DeleteUserPermissionsBoundary
DeleteUserPolicy DetachRolePolicy DetachUserPolicy GetOpenIDConnectProvider GetPolicy GetPolicyVersion GetRole
GetRolePolicy GetUser GetUserPolicy ListAccessKeys ListAttachedRolePolicies ListAttachedUserPolicies
ListEntitiesForPolicy ListInstanceProfilesForRole ListOpenIDConnectProviders ListPolicies ListPolicyTags
ListPolicyVersions ListRolePolicies ListRoleTags ListRoles ListUserPolicies ListUserTags ListUsers
PutRolePermissionsBoundary PutRolePolicy PutUserPermissionsBoundary PutUserPolicy
RemoveClientIDFromOpenIDConnectProvider SetDefaultPolicyVersion SimulateCustomPolicy SimulatePrincipalPolicy TagPolicy
TagRole TagUser UntagPolicy UntagRole UntagUser UpdateAccessKey UpdateAssumeRolePolicy
UpdateOpenIDConnectProviderThumbprint UpdateRole UpdateRoleDescription
"""
STS = "AssumeRole AssumeRoleWithWebIdentity GetAccessKeyInfo GetCallerIdentity GetFederationToken GetSessionToken"
EVENTS = """
CreateEventBus DeleteEventBus DeleteRule DescribeEventBus DescribeRule DisableRule EnableRule ListEventBuses
ListRuleNamesByTarget ListRules ListTagsForResource ListTargetsByRule PutEvents PutPermission PutRule PutTargets
RemovePermission RemoveTargets TagResource TestEventPattern UntagResource UpdateEventBus
"""
QUOTAS = """
GetAWSDefaultServiceQuota GetRequestedServiceQuotaChange GetServiceQuota ListAWSDefaultServiceQuotas
ListRequestedServiceQuotaChangeHistory ListRequestedServiceQuotaChangeHistoryByQuota ListServiceQuotas ListServices
ListTagsForResource RequestServiceQuotaIncrease TagResource UntagResource
"""
# file of the model, name of the table, the operations kept (None: all)
SERVICES = [("sqs", "sqs", None), ("sagemaker", "sagemaker", None), ("sts", "sts", STS.split()), ("iam", "iam", IAM.split()),
            ("events", "events", EVENTS.split()), ("service-quotas", "quotas", QUOTAS.split())]
KINDS = {"structure": "structure", "list": "list", "map": "map", "string": "string", "integer": "integer", "long": "long_",
         "float": "floating", "double": "floating", "boolean": "boolean", "timestamp": "timestamp", "blob": "blob"}


def quoted(text):
    return json.dumps(text, ensure_ascii=True).replace("\\u007f", "\\x7f") if text else "{}"


def raw(pattern):
    return f'R"_({pattern})_"' if pattern else "{}"


def bound(value, otherwise):
    return otherwise if value is None else f"{int(value)}"


def reached(model, operations):
    """Shapes by name in a stable order: from each operation's input and output inwards."""
    order, seen = [], set()

    def visit(name):
        if name in seen:
            return
        seen.add(name)
        order.append(name)
        shape = model["shapes"][name]
        for part in [*(shape.get("members") or {}).values(), *(shape[k] for k in ("member", "key", "value") if k in shape)]:
            visit(part["shape"])

    for name in operations:
        for end in ("input", "output"):
            if end in model["operations"][name]:
                visit(model["operations"][name][end]["shape"])
    return order


def parts(shape):
    """(name, shape, required) of what a shape is made of."""
    if shape["type"] == "structure":
        return [(n, m["shape"], n in shape.get("required", [])) for n, m in shape["members"].items()]
    if shape["type"] == "list":
        return [(shape["member"].get("locationName", "member"), shape["member"]["shape"], False)]
    if shape["type"] == "map":
        return [("key", shape["key"]["shape"], True), ("value", shape["value"]["shape"], False)]
    return []


def text_of(model, table, operations):
    names = reached(model, operations)
    number = {name: i for i, name in enumerate(names)}
    shapes, members, values, first_of_enum = [], [], [], {}
    for name in names:
        shape = model["shapes"][name]
        first_member = len(members)
        for part, target, required in parts(shape):
            members.append(f"{{{quoted(part)}, {number[target]}, {str(required).lower()}}},")
        enum = tuple(shape.get("enum", ()))
        if enum not in first_of_enum:
            first_of_enum[enum] = len(values)
            values += enum
        shapes.append(
            f"{{{quoted(name)}, k::{KINDS[shape['type']]}, {str(shape.get('union', False)).lower()}, "
            f"{str(shape.get('sensitive', False)).lower()}, {str(shape.get('flattened', False)).lower()}, "
            f"{bound(shape.get('min'), 'no_minimum')}, {bound(shape.get('max'), 'no_maximum')}, {raw(shape.get('pattern'))}, "
            f"{first_of_enum[enum]}, {len(enum)}, {first_member}, {len(members) - first_member}}},")
    rows = []
    for name in operations:
        op = model["operations"][name]
        ends = [str(number[op[end]["shape"]]) if end in op else "no_shape" for end in ("input", "output")]
        rows.append(f"{{{quoted(name)}, {ends[0]}, {ends[1]}, {quoted(op.get('output', {}).get('resultWrapper', ''))}}},")
    meta = model["metadata"]
    lines = ["// Written by generate.py from AWS's published service model; not edited by hand.",
             "// clang-format off", '#include "aws/local/model/shapes.hpp"', "",
             "namespace trainyard::aws::local::model {", "namespace {", "", "using k = shape_kind;", "",
             "constexpr std::string_view values[] = {", *(f"{quoted(v)}," for v in values or [""]), "};", "",
             "constexpr member members[] = {", *members, "};", "",
             "constexpr shape shapes[] = {", *shapes, "};", "",
             "constexpr operation operations[] = {", *rows, "};", "",
             f"constexpr service_model all{{{quoted(meta.get('signingName', meta['endpointPrefix']))}, "
             f"{quoted(meta.get('targetPrefix', ''))}, {quoted(meta['apiVersion'])}, {quoted(meta.get('xmlNamespace', ''))}, "
             "shapes, members, values, operations};", "", "}  // namespace", "",
             f"const service_model& {table}_model() {{", "    return all;", "}", "",
             "}  // namespace trainyard::aws::local::model", ""]
    return "\n".join(lines)


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    for file, table, kept in SERVICES:
        model = json.loads((pathlib.Path(sys.argv[1]) / f"{file}.service-2.json").read_text())
        operations = sorted(model["operations"] if kept is None else kept)
        (HERE / f"{table}_model.cpp").write_text(text_of(model, table, operations))
    return 0


if __name__ == "__main__":
    sys.exit(main())
