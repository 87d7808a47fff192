#include "aws/local/sagemaker/training/job_phase.hpp"

namespace trainyard::aws::local::sagemaker {

std::string_view to_string(job_status s) {
    switch (s) {
        case job_status::in_progress: return "InProgress";
        case job_status::completed: return "Completed";
        case job_status::failed: return "Failed";
        case job_status::stopping: return "Stopping";
        case job_status::stopped: return "Stopped";
    }
    return {};
}

bool is_terminal(job_status s) {
    return s != job_status::in_progress && s != job_status::stopping;
}

std::string_view to_string(job_phase p) {
    switch (p) {
        case job_phase::starting: return "Starting";
        case job_phase::pending: return "Pending";
        case job_phase::downloading: return "Downloading";
        case job_phase::training: return "Training";
        case job_phase::updating: return "Updating";
        case job_phase::interrupted: return "Interrupted";
        case job_phase::restarting: return "Restarting";
        case job_phase::uploading: return "Uploading";
        case job_phase::stopping: return "Stopping";
        case job_phase::completed: return "Completed";
        case job_phase::failed: return "Failed";
        case job_phase::stopped: return "Stopped";
        case job_phase::max_runtime_exceeded: return "MaxRuntimeExceeded";
        case job_phase::max_wait_time_exceeded: return "MaxWaitTimeExceeded";
    }
    return {};
}

std::string_view status_message(job_phase p) {
    switch (p) {
        case job_phase::starting: return "Launching requested ML instances";
        case job_phase::pending: return "Waiting for the capacity of the training plan";
        case job_phase::downloading: return "Downloading input data";
        case job_phase::training: return "Training image download completed. Training in progress.";
        case job_phase::updating: return "Updating the training job";
        case job_phase::interrupted: return "Managed Spot Training was interrupted";
        case job_phase::restarting: return "Restarting the training job after an internal error";
        case job_phase::uploading: return "Uploading generated training model";
        case job_phase::stopping: return "Stopping the training job";
        case job_phase::completed: return "Training job completed";
        case job_phase::failed: return "Training job failed";
        case job_phase::stopped: return "Training job stopped";
        case job_phase::max_runtime_exceeded:
            return "Training job runtime exceeded MaxRuntimeInSeconds provided";
        case job_phase::max_wait_time_exceeded:
            return "Training job waited longer than the MaxWaitTimeInSeconds provided";
    }
    return {};
}

job_status status_of(job_phase p) {
    switch (p) {
        case job_phase::stopping: return job_status::stopping;
        case job_phase::completed: return job_status::completed;
        case job_phase::failed: return job_status::failed;
        case job_phase::stopped:
        case job_phase::max_runtime_exceeded:
        case job_phase::max_wait_time_exceeded: return job_status::stopped;
        default: return job_status::in_progress;
    }
}

bool has_container(job_phase p) {
    return p == job_phase::training || p == job_phase::updating;
}

}  // namespace trainyard::aws::local::sagemaker
