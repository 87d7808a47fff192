"""What the SageMaker parts share: requests that SageMaker accepts, waiting, paging."""
import harness as h
import tally as t

ACCOUNT = "444444444444"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/exec"
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2.4"
ARN = f"arn:aws:sagemaker:{h.REGION}:{ACCOUNT}"
QUICKLY = {"Delay": 0.1, "MaxAttempts": 200}  # of a waiter; SageMaker's seconds pass 3600 times as fast here


class world:
    """A `trainyard local` in which jobs end at once, and one in which they last."""

    def __init__(self):
        self.fast = h.local_aws()
        self.slow = h.local_aws(name="slow", time_scale=1)

    def client(self, account=ACCOUNT, **options):
        return h.client("sagemaker", self.fast.url, account, **options)

    def lasting(self):
        return h.client("sagemaker", self.slow.url, ACCOUNT)

    def tails(self):
        return self.fast.process.tail() + self.slow.process.tail()


def channel(name="train"):
    return {"ChannelName": name, "DataSource": {"S3DataSource": {
        "S3DataType": "S3Prefix", "S3Uri": "s3://bucket/data", "S3DataDistributionType": "FullyReplicated"}}}


def training(name, **more):
    return {"TrainingJobName": name, "RoleArn": ROLE,
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "InputDataConfig": [channel()], "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
            "ResourceConfig": {"InstanceType": h.INSTANCE_TYPE, "InstanceCount": 2, "VolumeSizeInGB": 50},
            "StoppingCondition": {"MaxRuntimeInSeconds": 86400}, **more}


def processing(name, **more):
    return {"ProcessingJobName": name, "RoleArn": ROLE, "AppSpecification": {
        "ImageUri": IMAGE, "ContainerEntrypoint": ["python", "clean.py"], "ContainerArguments": ["--all"]},
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}},
        **more}


def model(name, **more):
    return {"ModelName": name, "ExecutionRoleArn": ROLE,
            "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://bucket/model.tar.gz"}, **more}


def transform(name, model_name, **more):
    return {"TransformJobName": name, "ModelName": model_name,
            "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in"}},
                               "ContentType": "text/csv"},
            "TransformOutput": {"S3OutputPath": "s3://bucket/out"},
            "TransformResources": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}, **more}


def endpoint_config(name, model_name, variants=(("all", 1, 1.0),)):
    return {"EndpointConfigName": name, "ProductionVariants": [
        {"VariantName": v, "ModelName": model_name, "InstanceType": "ml.m5.xlarge", "InitialInstanceCount": count,
         "InitialVariantWeight": weight} for v, count, weight in variants]}


def tuning(name, jobs=4, parallel=2, **more):
    definition = {k: v for k, v in training("x").items() if k != "TrainingJobName"}
    return {"HyperParameterTuningJobName": name, "HyperParameterTuningJobConfig": {
        "Strategy": "Random", "ResourceLimits": {"MaxNumberOfTrainingJobs": jobs, "MaxParallelTrainingJobs": parallel},
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "accuracy"},
        "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "rate", "MinValue": "0.001", "MaxValue": "0.1"}]}},
        "TrainingJobDefinition": {**definition, "StaticHyperParameters": {"epochs": "3"}, "AlgorithmSpecification": {
            **definition["AlgorithmSpecification"],
            "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}]}}, **more}


def wait(sm, waiter, **arguments):
    sm.get_waiter(waiter).wait(**arguments, WaiterConfig=QUICKLY)


def paged(sm, operation, key, size, **arguments):
    """Everything that the paginator gives, and how long its pages were."""
    pages = list(sm.get_paginator(operation).paginate(**arguments, PaginationConfig={"PageSize": size}))
    return [x for p in pages for x in p[key]], [len(p[key]) for p in pages]


def invalid(call, text, **arguments):
    return t.refused(call, "ValidationException", text=text, status=400, **arguments)


def asked_comes_back(answer, request, *but):
    """Describe shows what was asked for, member by member."""
    for key, value in request.items():
        if key not in ("Tags", *but):
            # The key is told also where none was asked for.
            kept = {"KmsKeyId": "", **value} if "TrainingJobArn" in answer and key == "OutputDataConfig" else value
            t.equal(answer.get(key), kept, f"{key} of the description")
