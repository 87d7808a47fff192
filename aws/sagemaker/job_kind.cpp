#include "aws/sagemaker/job_kind.hpp"

namespace trainyard::aws::sagemaker {
namespace {

constexpr std::array<job_words, job_kinds> table{{
    {"CreateTrainingJob", "DescribeTrainingJob", "ListTrainingJobs", "StopTrainingJob", "TrainingJobName",
     "TrainingJobName", "TrainingJobArn", "TrainingJobStatus", "TrainingJobSummaries", "TrainingStartTime",
     "TrainingEndTime"},
    {"CreateHyperParameterTuningJob", "DescribeHyperParameterTuningJob", "ListHyperParameterTuningJobs",
     "StopHyperParameterTuningJob", "HyperParameterTuningJobName", "HyperParameterTuningJobName",
     "HyperParameterTuningJobArn", "HyperParameterTuningJobStatus", "HyperParameterTuningJobSummaries", "",
     "HyperParameterTuningEndTime"},
    {"CreateProcessingJob", "DescribeProcessingJob", "ListProcessingJobs", "StopProcessingJob",
     "ProcessingJobName", "ProcessingJobName", "ProcessingJobArn", "ProcessingJobStatus",
     "ProcessingJobSummaries", "ProcessingStartTime", "ProcessingEndTime"},
    {"CreateTransformJob", "DescribeTransformJob", "ListTransformJobs", "StopTransformJob",
     "TransformJobName", "TransformJobName", "TransformJobArn", "TransformJobStatus", "TransformJobSummaries",
     "TransformStartTime", "TransformEndTime"},
    {"StartPipelineExecution", "DescribePipelineExecution", "ListPipelineExecutions", "StopPipelineExecution",
     "PipelineExecutionDisplayName", "PipelineExecutionArn", "PipelineExecutionArn",
     "PipelineExecutionStatus", "PipelineExecutionSummaries", "", ""},
    {"CreateEndpoint", "DescribeEndpoint", "ListEndpoints", "DeleteEndpoint", "EndpointName", "EndpointName",
     "EndpointArn", "EndpointStatus", "Endpoints", "", ""},
}};

}  // namespace

const job_words& words_of(job_kind k) {
    return table.at(static_cast<std::size_t>(k));
}

}  // namespace trainyard::aws::sagemaker
