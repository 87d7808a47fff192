#include "aws/local/sagemaker/batch/batch_plan.hpp"

#include "engine/base/check.hpp"

namespace trainyard::aws::local::sagemaker {

std::string_view to_string(batch_status s) {
    switch (s) {
        case batch_status::in_progress: return "InProgress";
        case batch_status::completed: return "Completed";
        case batch_status::failed: return "Failed";
        case batch_status::stopping: return "Stopping";
        case batch_status::stopped: return "Stopped";
    }
    return {};
}

batch_timeline::batch_timeline(const batch_plan& plan, wall_time created, double time_scale)
    : time_scale_(time_scale), created_(created) {
    TY_CHECK(time_scale > 0, "the time scale is above 0");
    start_ = created + scaled(batch_starting_time + plan.fate.slow_start);
    const bool fails = !plan.fate.failure_reason.empty();
    if (fails && plan.fate.fails_at_start) {
        outcome_ = batch_status::failed;
        end_ = start_;
        return;
    }
    const duration running = fails && plan.fate.fails_half_way ? plan.running / 2 : plan.running;
    if (plan.max_runtime && running > *plan.max_runtime) {
        outcome_ = batch_status::stopped;
        stopping_ = start_ + scaled(*plan.max_runtime);
        end_ = *stopping_ + scaled(batch_stopping_time);
        return;
    }
    outcome_ = fails ? batch_status::failed : batch_status::completed;
    end_ = start_ + scaled(fails ? running : running + batch_uploading_time);
}

duration batch_timeline::scaled(duration d) const {
    return std::chrono::duration_cast<duration>(std::chrono::duration<double>(d) / time_scale_);
}

bool batch_timeline::stop(wall_time now) {
    if (at(now) != batch_status::in_progress) return false;
    outcome_ = batch_status::stopped;
    stopping_ = now;
    end_ = now + scaled(batch_stopping_time);
    return true;
}

batch_status batch_timeline::at(wall_time now) const {
    if (now >= end_) return outcome_;
    return stopping_ && now >= *stopping_ ? batch_status::stopping : batch_status::in_progress;
}

wall_time batch_timeline::last_modified(wall_time now) const {
    if (now >= end_) return end_;
    if (stopping_ && now >= *stopping_) return *stopping_;
    return now >= start_ ? start_ : created_;
}

std::optional<wall_time> batch_timeline::started(wall_time now) const {
    // Stopped or failed before it ran.
    const bool ran = start_ < end_ && !(stopping_ && *stopping_ <= start_);
    return ran && now >= start_ ? std::optional{start_} : std::nullopt;
}

std::optional<wall_time> batch_timeline::ended(wall_time now) const {
    return now >= end_ ? std::optional{end_} : std::nullopt;
}

}  // namespace trainyard::aws::local::sagemaker
