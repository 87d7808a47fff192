// The statuses of a training job. SageMaker API reference: SecondaryStatus of DescribeTrainingJob.
#pragma once

#include <string_view>

namespace trainyard::aws::local::sagemaker {

enum class job_status : unsigned char { in_progress, completed, failed, stopping, stopped };
std::string_view to_string(job_status s);  // InProgress, Completed, ...
bool is_terminal(job_status s);

enum class job_phase : unsigned char {
    starting,
    pending,
    downloading,
    training,
    updating,
    interrupted,
    restarting,
    uploading,
    stopping,
    completed,
    failed,
    stopped,
    max_runtime_exceeded,
    max_wait_time_exceeded,
};
std::string_view to_string(job_phase p);       // the SecondaryStatus: Starting, MaxRuntimeExceeded, ...
std::string_view status_message(job_phase p);  // of a SecondaryStatusTransition, unless there is a better one
job_status status_of(job_phase p);
bool has_container(job_phase p);  // the algorithm runs and is told to stop by a signal

}  // namespace trainyard::aws::local::sagemaker
