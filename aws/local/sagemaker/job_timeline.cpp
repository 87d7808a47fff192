#include "aws/local/sagemaker/job_timeline.hpp"

#include <cmath>

#include "engine/base/check.hpp"

namespace trainyard::aws::local {
namespace {

// Whole milliseconds, the precision of AWS's timestamps: what a client reads back is what is compared here.
duration scaled(duration d, double time_scale) {
    const double millis = std::chrono::duration<double, std::milli>{d}.count() / time_scale;
    return std::chrono::milliseconds{std::llround(millis)};
}

}  // namespace

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

std::string_view to_string(job_phase p) {
    switch (p) {
        case job_phase::starting: return "Starting";
        case job_phase::downloading: return "Downloading";
        case job_phase::training: return "Training";
        case job_phase::uploading: return "Uploading";
        case job_phase::stopping: return "Stopping";
        case job_phase::completed: return "Completed";
        case job_phase::failed: return "Failed";
        case job_phase::stopped: return "Stopped";
        case job_phase::max_runtime_exceeded: return "MaxRuntimeExceeded";
    }
    return {};
}

std::string_view status_message(job_phase p) {
    switch (p) {
        case job_phase::starting: return "Launching requested ML instances";
        case job_phase::downloading: return "Downloading input data";
        case job_phase::training: return "Training image download completed. Training in progress.";
        case job_phase::uploading: return "Uploading generated training model";
        case job_phase::stopping: return "Stopping the training job";
        case job_phase::completed: return "Training job completed";
        case job_phase::failed: return "Training job failed";
        case job_phase::stopped: return "Training job stopped";
        case job_phase::max_runtime_exceeded:
            return "Training job runtime exceeded MaxRuntimeInSeconds provided";
    }
    return {};
}

job_status status_of(job_phase p) {
    switch (p) {
        case job_phase::stopping: return job_status::stopping;
        case job_phase::completed: return job_status::completed;
        case job_phase::failed: return job_status::failed;
        case job_phase::stopped:
        case job_phase::max_runtime_exceeded: return job_status::stopped;
        default: return job_status::in_progress;
    }
}

job_timeline::job_timeline(const job_plan& plan, wall_time created, double time_scale)
    : upload_(scaled(uploading_time, time_scale)) {
    TY_CHECK(time_scale > 0, "the time scale is above 0");
    wall_time t = created;
    add(job_phase::starting, t);
    t += scaled(starting_time, time_scale);
    if (plan.failure_reason.starts_with("CapacityError")) {
        add(job_phase::failed, t);
        return;
    }
    add(job_phase::downloading, t);
    t += scaled(downloading_time, time_scale);
    add(job_phase::training, t);
    if (plan.training > plan.max_runtime) {
        t += scaled(plan.max_runtime, time_scale);
        add(job_phase::stopping, t);
        add(job_phase::max_runtime_exceeded, t + upload_);
        return;
    }
    t += scaled(plan.training, time_scale);
    if (!plan.failure_reason.empty()) {
        add(job_phase::failed, t);
        return;
    }
    add(job_phase::uploading, t);
    add(job_phase::completed, t + upload_);
}

void job_timeline::stop(wall_time when) {
    const std::size_t current = at(when);
    TY_CHECK(status_of(steps_[current].phase) == job_status::in_progress,
             "only a running job can be stopped");
    size_ = current + 1;
    add(job_phase::stopping, when);
    add(job_phase::stopped, when + upload_);
}

std::size_t job_timeline::at(wall_time now) const {
    std::size_t i = size_ - 1;
    while (i > 0 && steps_[i].start > now) --i;
    return i;
}

std::optional<wall_time> job_timeline::training_start() const {
    for (const step& s : steps())
        if (s.phase == job_phase::training) return s.start;
    return std::nullopt;
}

}  // namespace trainyard::aws::local
