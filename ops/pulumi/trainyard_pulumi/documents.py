"""The policy documents of ops/policies, filled in. Pure but for reading the templates.

A text that is nothing but {{name}} becomes the value, which may be a list; inside a longer text the value must be a text.
In a list, a list's elements are spliced in. A statement whose Resource or Principal has no element left is dropped: IAM
refuses it, and nothing is what it would allow.
"""
import functools
import json
import pathlib
import re

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "policies"
PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


@functools.cache
def template(name):
    return (FOLDER / f"{name}.json").read_text()


def placeholders(name):
    return set(PLACEHOLDER.findall(template(name)))


def filled(node, values):
    if isinstance(node, dict):
        return {key: filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        out = []
        for element in node:
            made = filled(element, values)
            out += made if isinstance(made, list) else [made]
        return out
    if not isinstance(node, str):
        return node
    if whole := PLACEHOLDER.fullmatch(node):
        value = values[whole[1]]
        return list(value) if isinstance(value, (list, tuple)) else value
    return PLACEHOLDER.sub(lambda m: values[m[1]], node)


def is_empty(statement):
    resource, principal = statement.get("Resource"), statement.get("Principal")
    return resource == [] or (isinstance(principal, dict) and all(v == [] for v in principal.values()))


def render(name, **values):
    """The document as a value. Every placeholder has a value and every value a place, or it is a KeyError."""
    if (wanted := placeholders(name)) != set(values):
        raise KeyError(f"{name}.json: missing {sorted(wanted - set(values))}, unknown {sorted(set(values) - wanted)}")
    document = filled(json.loads(template(name)), values)
    document["Statement"] = [s for s in document["Statement"] if not is_empty(s)]
    return document


def text(document):
    """As short as JSON goes: IAM counts characters."""
    return json.dumps(document, separators=(",", ":"))
