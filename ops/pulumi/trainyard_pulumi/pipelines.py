"""The recipe this grew from: a FIFO queue, a role that SageMaker takes, what it may do, and a pipeline that trains."""
import json

import pulumi_aws as aws

from .queues import make_intake
from .roles import make_execution

QUEUE_TAGS = {"Purpose": "AIModelTraining"}
VOLUME_GB = 50
RUNTIME_SECONDS_MAX = 86_400


def definition(role_arn):
    """One training step; what to train, where and on what are parameters of each execution."""
    parameters = {"TrainingImage": None, "OutputPath": None, "InstanceType": "ml.m5.xlarge", "InstanceCount": 1}

    def get(name):
        return {"Get": f"Parameters.{name}"}
    return json.dumps({
        "Version": "2020-12-01",
        "Parameters": [{"Name": name, "Type": "Integer" if isinstance(value, int) else "String",
                        **({} if value is None else {"DefaultValue": value})} for name, value in parameters.items()],
        "Steps": [{"Name": "train", "Type": "Training", "Arguments": {
            "AlgorithmSpecification": {"TrainingImage": get("TrainingImage"), "TrainingInputMode": "File"},
            "OutputDataConfig": {"S3OutputPath": get("OutputPath")}, "RoleArn": role_arn,
            "ResourceConfig": {"InstanceType": get("InstanceType"), "InstanceCount": get("InstanceCount"),
                               "VolumeSizeInGB": VOLUME_GB},
            "StoppingCondition": {"MaxRuntimeInSeconds": RUNTIME_SECONDS_MAX}}}]})


def make_recipe(p, at):
    """Gives the queue and the pipeline."""
    queue = make_intake(p, at, p.recipe_queue, QUEUE_TAGS)
    role, attached = make_execution(at, p.home_account, p.recipe_role, p.recipe_documents)
    pipeline = aws.sagemaker.Pipeline(p.pipeline_name, pipeline_name=p.pipeline_name, pipeline_display_name=p.pipeline_name,
                                      role_arn=role.arn, pipeline_definition=role.arn.apply(definition),
                                      opts=at.home(depends_on=attached))
    return queue, pipeline
