"""Models, endpoint configurations, endpoints."""
import harness as h
import tally as t

from .base import ARN, asked_comes_back, endpoint_config, invalid, model, paged, wait


def models(aws):
    sm = aws.client()
    request = model("net", Tags=[{"Key": "team", "Value": "vision"}])
    t.equal(sm.create_model(**request)["ModelArn"], f"{ARN}:model/net", "ModelArn")
    shown = sm.describe_model(ModelName="net")
    t.equal((shown["ModelName"], shown["ExecutionRoleArn"]), ("net", request["ExecutionRoleArn"]), "model")
    for key, value in request["PrimaryContainer"].items():
        t.equal(shown["PrimaryContainer"][key], value, f"{key} of the container")
    invalid(sm.create_model, f'Cannot create already existing model "{ARN}:model/net".', **model("net"))
    invalid(sm.describe_model, f'Could not find model "{ARN}:model/none".', ModelName="none")
    for i in range(4):
        sm.create_model(**model(f"listed-{i}"))
    found, sizes = paged(sm, "list_models", "Models", 3, NameContains="listed-", SortBy="Name", SortOrder="Ascending")
    t.equal((sizes, [m["ModelName"] for m in found]), ([3, 1], [f"listed-{i}" for i in range(4)]), "pages")
    t.equal(found[0]["ModelArn"], f"{ARN}:model/listed-0", "ARN in the list")
    sm.delete_model(ModelName="listed-0")
    invalid(sm.describe_model, f'Could not find model "{ARN}:model/listed-0".', ModelName="listed-0")
    invalid(sm.delete_model, f'Could not find model "{ARN}:model/listed-0".', ModelName="listed-0")


def configurations(aws):
    sm = aws.client()
    sm.create_model(**model("served"))
    request = endpoint_config("split", "served", [("a", 2, 3.0), ("b", 1, 1.0)])
    t.equal(sm.create_endpoint_config(**request)["EndpointConfigArn"], f"{ARN}:endpoint-config/split", "EndpointConfigArn")
    asked_comes_back(sm.describe_endpoint_config(EndpointConfigName="split"), request)
    invalid(sm.create_endpoint_config, f'Cannot create already existing endpoint configuration "{ARN}:endpoint-config/split".',
            **request)
    invalid(sm.describe_endpoint_config, f'Could not find endpoint configuration "{ARN}:endpoint-config/none".',
            EndpointConfigName="none")
    invalid(sm.create_endpoint_config, f'Could not find model "{ARN}:model/none".', **endpoint_config("bad", "none"))
    for i in range(3):
        sm.create_endpoint_config(**endpoint_config(f"listed-{i}", "served"))
    found, sizes = paged(sm, "list_endpoint_configs", "EndpointConfigs", 2, NameContains="listed-")
    t.equal((sizes, {c["EndpointConfigName"] for c in found}), ([2, 1], {f"listed-{i}" for i in range(3)}), "pages")
    sm.delete_endpoint_config(EndpointConfigName="listed-0")
    invalid(sm.describe_endpoint_config, f'Could not find endpoint configuration "{ARN}:endpoint-config/listed-0".',
            EndpointConfigName="listed-0")


def endpoints(aws):
    sm = aws.client()
    sm.create_model(**model("live"))
    sm.create_endpoint_config(**endpoint_config("one", "live", [("a", 2, 3.0), ("b", 1, 1.0)]))
    sm.create_endpoint_config(**endpoint_config("two", "live", [("a", 1, 1.0)]))
    arn = sm.create_endpoint(EndpointName="front", EndpointConfigName="one")["EndpointArn"]
    t.equal(arn, f"{ARN}:endpoint/front", "EndpointArn")
    wait(sm, "endpoint_in_service", EndpointName="front")
    live = sm.describe_endpoint(EndpointName="front")
    t.equal((live["EndpointStatus"], live["EndpointConfigName"]), ("InService", "one"), "in service")
    t.equal([(v["VariantName"], v["CurrentInstanceCount"], v["CurrentWeight"]) for v in live["ProductionVariants"]],
            [("a", 2, 3.0), ("b", 1, 1.0)], "variants")
    invalid(sm.create_endpoint, f'Cannot create already existing endpoint "{arn}".', EndpointName="front",
            EndpointConfigName="one")
    invalid(sm.describe_endpoint, f'Could not find endpoint "{ARN}:endpoint/none".', EndpointName="none")
    invalid(sm.create_endpoint, f'Could not find endpoint configuration "{ARN}:endpoint-config/none".', EndpointName="bad",
            EndpointConfigName="none")
    t.equal(sm.update_endpoint_weights_and_capacities(EndpointName="front", DesiredWeightsAndCapacities=[
        {"VariantName": "b", "DesiredWeight": 2.0, "DesiredInstanceCount": 3}])["EndpointArn"], arn, "weights")
    wait(sm, "endpoint_in_service", EndpointName="front")
    (b,) = [v for v in sm.describe_endpoint(EndpointName="front")["ProductionVariants"] if v["VariantName"] == "b"]
    t.equal((b["CurrentWeight"], b["CurrentInstanceCount"]), (2.0, 3), "changed variant")
    t.equal(sm.update_endpoint(EndpointName="front", EndpointConfigName="two")["EndpointArn"], arn, "update")
    wait(sm, "endpoint_in_service", EndpointName="front")
    live = sm.describe_endpoint(EndpointName="front")
    t.equal((live["EndpointConfigName"], [v["VariantName"] for v in live["ProductionVariants"]]), ("two", ["a"]), "updated")
    for i in range(3):
        sm.create_endpoint(EndpointName=f"listed-{i}", EndpointConfigName="two")
    found, sizes = paged(sm, "list_endpoints", "Endpoints", 2, NameContains="listed-")
    t.equal((sizes, {e["EndpointName"] for e in found}), ([2, 1], {f"listed-{i}" for i in range(3)}), "pages")
    t.equal([e["EndpointName"] for e in sm.list_endpoints(NameContains="front", StatusEquals="InService")["Endpoints"]],
            ["front"], "by status")
    sm.delete_endpoint(EndpointName="front")
    wait(sm, "endpoint_deleted", EndpointName="front")
    invalid(sm.describe_endpoint, f'Could not find endpoint "{arn}".', EndpointName="front")
    slow = aws.lasting()
    slow.create_model(**model("live"))
    slow.create_endpoint_config(**endpoint_config("one", "live"))
    slow.create_endpoint(EndpointName="young", EndpointConfigName="one")
    t.equal(slow.describe_endpoint(EndpointName="young")["EndpointStatus"], "Creating", "an endpoint takes its time")


PARTS = (models, configurations, endpoints)
