#!/usr/bin/env python3
"""The SageMaker Python SDK (version 2) against `trainyard local`: what people write in notebooks.

    tests/interop/sagemaker_sdk.py [PART...]

Waiting by the SDK's own `wait` looks every 5 to 30 seconds; but for one job these tests look oftener, through
the same functions of its session. Nothing here needs S3 or CloudWatch Logs: inputs and outputs are named by URI, no source code is uploaded, and `logs` is off.
"""
import json
import os
import sys

import harness as h
import tally as t

ACCOUNT = "444444444444"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/exec"
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2.4"
ARN = f"arn:aws:sagemaker:{h.REGION}:{ACCOUNT}"


OFTEN = 0.2  # seconds between two looks


class notebook:
    """A session of the SDK, and boto3 to look at what it did."""

    def __init__(self, aws):
        import boto3
        import sagemaker
        os.environ.update(h.aws_environment(aws.url, ACCOUNT))
        self.client = h.client("sagemaker", aws.url, ACCOUNT)
        self.session = sagemaker.Session(boto3.Session(region_name=h.REGION), sagemaker_client=self.client,
                                         default_bucket="bucket")

    def estimator(self, **more):
        from sagemaker.estimator import Estimator
        return Estimator(image_uri=IMAGE, role=ROLE, instance_count=1, instance_type=h.INSTANCE_TYPE,
                         output_path="s3://bucket/out", sagemaker_session=self.session, disable_profiler=True, **more)

    def processor(self):
        from sagemaker.processing import Processor
        return Processor(role=ROLE, image_uri=IMAGE, instance_count=1, instance_type="ml.m5.xlarge",
                         entrypoint=["python", "clean.py"], env={"A": "1"}, sagemaker_session=self.session)


def estimators(nb):
    estimator = nb.estimator(hyperparameters={"epochs": 3}, max_run=3600, tags=[{"Key": "team", "Value": "vision"}])
    estimator.fit({"train": "s3://bucket/train"}, job_name="fitted", logs=False)
    job = nb.client.describe_training_job(TrainingJobName="fitted")
    t.equal(job["TrainingJobStatus"], "Completed", "fit waits for the end")
    t.equal(job["HyperParameters"], {"epochs": "3"}, "hyperparameters")
    t.equal(job["StoppingCondition"]["MaxRuntimeInSeconds"], 3600, "max_run")
    t.equal(job["InputDataConfig"][0]["ChannelName"], "train", "channel")
    t.equal(estimator.latest_training_job.name, "fitted", "the latest job")
    t.equal(estimator.model_data, "s3://bucket/out/fitted/output/model.tar.gz", "model_data")
    t.equal(nb.client.list_tags(ResourceArn=f"{ARN}:training-job/fitted")["Tags"], [{"Key": "team", "Value": "vision"}],
            "tags")
    from sagemaker.exceptions import UnexpectedStatusException
    failing = nb.estimator(hyperparameters={"trainyard-local-outcome": "Failed: AlgorithmError: no data"})
    failing.fit(job_name="failing", wait=False)
    try:
        nb.session.wait_for_job("failing", poll=OFTEN)
        raise h.mismatch("waiting for a failing job did not raise")
    except UnexpectedStatusException as e:
        t.equal(e.actual_status, "Failed", "status of the exception")
        t.contains(str(e), "AlgorithmError: no data", "the reason")
    spot = nb.estimator(use_spot_instances=True, max_run=600, max_wait=1200)
    spot.fit(job_name="spot", wait=False)
    job = nb.client.describe_training_job(TrainingJobName="spot")
    t.equal((job["EnableManagedSpotTraining"], job["StoppingCondition"]["MaxWaitTimeInSeconds"]), (True, 1200), "spot")


def attaching(nb):
    from sagemaker.estimator import Estimator
    nb.estimator(hyperparameters={"epochs": 3}).fit(job_name="attached", wait=False)
    nb.session.wait_for_job("attached", poll=OFTEN)
    again = Estimator.attach("attached", sagemaker_session=nb.session)
    t.equal(again.hyperparameters()["epochs"], "3", "attach reads the job back")
    t.equal(again.model_data, "s3://bucket/out/attached/output/model.tar.gz", "with its artefacts")


def processors(nb):
    processor = nb.processor()
    processor.run(job_name="cleaned", arguments=["--all"], wait=False, logs=False)
    nb.session.wait_for_processing_job("cleaned", poll=OFTEN)
    job = nb.client.describe_processing_job(ProcessingJobName="cleaned")
    t.equal(job["ProcessingJobStatus"], "Completed", "processing job")
    t.equal(job["AppSpecification"]["ContainerArguments"], ["--all"], "arguments")
    t.equal(processor.latest_job.describe()["Environment"], {"A": "1"}, "environment")


def tuners(nb):
    from sagemaker.tuner import ContinuousParameter, HyperparameterTuner
    tuner = HyperparameterTuner(nb.estimator(), "accuracy", {"rate": ContinuousParameter(0.001, 0.1)},
                                metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
                                max_jobs=4, max_parallel_jobs=2)
    tuner.fit({"train": "s3://bucket/train"}, job_name="tuned", wait=False)
    nb.session.wait_for_tuning_job("tuned", poll=OFTEN)
    t.equal(tuner.describe()["HyperParameterTuningJobStatus"], "Completed", "tuning job")
    t.equal(tuner.describe()["TrainingJobStatusCounters"]["Completed"], 4, "training jobs")
    t.true(len(tuner.best_training_job()) > 0, "the best training job has a name")


def models(nb):
    from sagemaker.model import Model
    model = Model(image_uri=IMAGE, model_data="s3://bucket/model.tar.gz", role=ROLE, name="scorer",
                  sagemaker_session=nb.session)
    transformer = model.transformer(instance_count=1, instance_type="ml.m5.xlarge", output_path="s3://bucket/out")
    transformer.transform("s3://bucket/in", content_type="text/csv", job_name="scored", wait=False)
    nb.session.wait_for_transform_job("scored", poll=OFTEN)
    t.equal(nb.client.describe_model(ModelName="scorer")["ExecutionRoleArn"], ROLE, "model")
    job = nb.client.describe_transform_job(TransformJobName="scored")
    t.equal((job["TransformJobStatus"], job["ModelName"]), ("Completed", "scorer"), "transform job")
    predictor = model.deploy(1, "ml.m5.xlarge", endpoint_name="live", wait=False)
    nb.session.wait_for_endpoint("live", poll=OFTEN)
    t.equal(nb.client.describe_endpoint(EndpointName="live")["EndpointStatus"], "InService", "deployed")
    t.equal(predictor, None, "a model without a predictor class gives none")
    nb.session.delete_endpoint("live")
    nb.client.get_waiter("endpoint_deleted").wait(EndpointName="live", WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
    t.refused(nb.client.describe_endpoint, "ValidationException", EndpointName="live",
              text=f'Could not find endpoint "{ARN}:endpoint/live".')


def pipelines(nb):
    from sagemaker.inputs import TrainingInput
    from sagemaker.workflow.parameters import ParameterInteger, ParameterString
    from sagemaker.workflow.pipeline import Pipeline
    from sagemaker.workflow.steps import ProcessingStep, TrainingStep
    count, data = ParameterInteger("count", 1), ParameterString("data", "s3://bucket/train")
    clean = ProcessingStep("clean", processor=nb.processor())
    train = TrainingStep("train", estimator=nb.estimator(), inputs={"train": TrainingInput(data)}, depends_on=[clean])
    pipeline = Pipeline("flow", parameters=[count, data], steps=[clean, train], sagemaker_session=nb.session)
    t.equal(pipeline.upsert(role_arn=ROLE)["PipelineArn"], f"{ARN}:pipeline/flow", "upsert creates")
    t.equal(pipeline.upsert(role_arn=ROLE)["PipelineArn"], f"{ARN}:pipeline/flow", "and updates")
    execution = pipeline.start(parameters={"data": "s3://bucket/other"})
    execution.wait(delay=1, max_attempts=60)
    t.equal(execution.describe()["PipelineExecutionStatus"], "Succeeded", "execution")
    steps = {s["StepName"]: s for s in execution.list_steps()}
    t.equal({n: s["StepStatus"] for n, s in steps.items()}, {"clean": "Succeeded", "train": "Succeeded"}, "steps")
    job = steps["train"]["Metadata"]["TrainingJob"]["Arn"].rsplit("/", 1)[1]
    source = nb.client.describe_training_job(TrainingJobName=job)["InputDataConfig"][0]["DataSource"]["S3DataSource"]
    t.equal(source["S3Uri"], "s3://bucket/other", "the parameter reached the job")


PARTS = (estimators, attaching, processors, tuners, models, pipelines)


def main():
    aws = h.local_aws()
    # Else the SDK reports each call to its maker.
    settings = h.folder() / "config.yaml"
    settings.write_text(json.dumps({"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {
        "TelemetryOptOut": True}}}}))
    os.environ.update(HOME=str(h.folder()), SAGEMAKER_USER_CONFIG_OVERRIDE=str(settings), no_proxy="127.0.0.1")
    nb = notebook(aws)
    t.run([p for p in PARTS if len(sys.argv) == 1 or p.__name__ in sys.argv[1:]], nb, log=aws.process.tail)


if __name__ == "__main__":
    h.main(main)
