#include "aws/local/sagemaker/training/timeline_builder.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

constexpr std::string_view no_capacity =
    "Insufficient capacity error from EC2 while launching instances, retrying!";
constexpr std::string_view warm_launch = "Starting on the instances of a warm pool";

}  // namespace

void timeline_builder::pass(job_phase phase, duration d, std::string_view message) {
    out_.add(phase, now_, message);
    now_ += scaled(d, scale_);
}

void timeline_builder::build() {
    if (plan_.launches_at && *plan_.launches_at > now_) {
        out_.add(job_phase::pending, now_);
        now_ = *plan_.launches_at;
    }
    bool first = true;
    for (const attempt_plan& a : plan_.attempts) {
        if (!first) pass(job_phase::restarting, restarting_time);
        first = false;
        if (attempt(a) == next::over) return;
    }
    out_.add(job_phase::failed, now_);
}

// Goes on where the attempt failed: the next one follows, or the failure.
timeline_builder::next timeline_builder::attempt(const attempt_plan& a) {
    const bool first = &a == &plan_.attempts.front();
    if (launch(a, first && plan_.warm_start, a.slow_start) == next::over) return next::over;
    if (a.ends == attempt_plan::ending::fails_at_start) return next::goes_on;
    if (run(a) == next::over) return next::over;
    if (a.ends != attempt_plan::ending::completes) return next::goes_on;
    pass(job_phase::uploading, uploading_time);
    out_.add(job_phase::completed, now_);
    return next::over;
}

timeline_builder::next timeline_builder::launch(const attempt_plan& a, bool warm, duration slow_start) {
    using ending = attempt_plan::ending;
    if (a.ends == ending::never_launches) {
        out_.add(job_phase::starting, now_, no_capacity);
        return next::over;
    }
    const duration length = warm ? duration{warm_starting_time} : duration{starting_time};
    pass(job_phase::starting, length + slow_start, warm ? warm_launch : std::string_view{});
    if (a.ends != ending::fails_at_start) pass(job_phase::downloading, downloading_time);
    return next::goes_on;
}

timeline_builder::next timeline_builder::run(const attempt_plan& a) {
    const bool half = a.ends == attempt_plan::ending::fails_half_way;
    const duration whole = half ? plan_.training / 2 : plan_.training;
    duration left = whole;
    for (const duration after : a.interruptions) {
        if (after >= left) break;
        if (train(after) == next::over) return next::over;
        pass(job_phase::interrupted, interrupted_time);
        left = plan_.checkpoints ? left - after : whole;
        if (launch(a, false, {}) == next::over) return next::over;
    }
    return train(left);
}

timeline_builder::next timeline_builder::train(duration d) {
    out_.add(job_phase::training, now_);
    if (d <= plan_.max_runtime - ran_) {
        ran_ += d;
        now_ += scaled(d, scale_);
        return next::goes_on;
    }
    now_ += scaled(plan_.max_runtime - ran_, scale_);
    out_.add(job_phase::stopping, now_);
    out_.add(job_phase::max_runtime_exceeded, now_ + out_.grace_ + out_.upload_);
    return next::over;
}

}  // namespace trainyard::aws::local::sagemaker
