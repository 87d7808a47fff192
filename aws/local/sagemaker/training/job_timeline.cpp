#include "aws/local/sagemaker/training/job_timeline.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

#include "aws/local/sagemaker/training/timeline_builder.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

constexpr std::string_view never_free =
    "The capacity of the training plan was not free within MaxPendingTimeInSeconds";
constexpr std::string_view plan_over = "The training plan has ended";

}  // namespace

duration scaled(duration sagemaker_time, double time_scale) {
    const double millis = std::chrono::duration<double, std::milli>{sagemaker_time}.count() / time_scale;
    return std::chrono::milliseconds{std::llround(millis)};
}

job_timeline::job_timeline(const job_plan& plan, wall_time created, double time_scale)
    : upload_(scaled(uploading_time, time_scale)),
      grace_(scaled(plan.stop_grace, time_scale)),
      update_(scaled(updating_time, time_scale)) {
    TY_CHECK(time_scale > 0, "the time scale is above 0");
    TY_CHECK(!plan.attempts.empty(), "a job has an attempt");
    timeline_builder{*this, plan, created, time_scale}.build();
    // The earliest first: what is over by then is left alone.
    const bool waits = plan.launches_at && plan.pending_until && *plan.pending_until < *plan.launches_at;
    if (waits) cut(*plan.pending_until, job_phase::stopped, never_free);
    if (plan.closes_at) cut(*plan.closes_at, job_phase::stopped, plan_over);
    if (plan.max_wait) cut(created + scaled(*plan.max_wait, time_scale), job_phase::max_wait_time_exceeded);
    TY_CHECK(is_terminal(status_of(outcome())), "a job that never launches has a MaxWaitTimeInSeconds");
}

std::string_view job_timeline::literal(std::string_view message) {
    // The program's own texts: there are few.
    static std::set<std::string, std::less<>> known;
    const auto found = known.find(message);
    return found != known.end() ? *found : *known.emplace(message).first;
}

void job_timeline::add(job_phase phase, wall_time start, std::string_view message) {
    steps_.push_back({phase, start, message.empty() ? status_message(phase) : message});
}

void job_timeline::cut(wall_time when, job_phase outcome, std::string_view message) {
    const std::size_t current = at(when);
    const job_phase phase = steps_[current].phase;
    if (status_of(phase) != job_status::in_progress || phase == job_phase::uploading) return;
    when = std::max(when, steps_[current].start);
    steps_.resize(current + 1);
    add(job_phase::stopping, when);
    add(outcome, when + (has_container(phase) ? grace_ : duration{}) + upload_, message);
}

void job_timeline::stop(wall_time when) {
    const std::size_t current = at(when);
    TY_CHECK(status_of(steps_[current].phase) == job_status::in_progress,
             "only a running job can be stopped");
    if (steps_[current].phase != job_phase::uploading) return cut(when, job_phase::stopped);
    // The work is done; it completes as it would have.
    steps_.insert(steps_.begin() + static_cast<std::ptrdiff_t>(current) + 1,
                  step{job_phase::stopping, when, status_message(job_phase::stopping)});
}

void job_timeline::update(wall_time when) {
    const std::size_t current = at(when);
    if (steps_[current].phase != job_phase::training || steps_[current + 1].start <= when + update_) return;
    const auto after = steps_.begin() + static_cast<std::ptrdiff_t>(current) + 1;
    const step two[] = {{job_phase::updating, when, status_message(job_phase::updating)},
                        {job_phase::training, when + update_, steps_[current].message}};
    steps_.insert(after, std::begin(two), std::end(two));
}

std::size_t job_timeline::at(wall_time now) const {
    std::size_t i = steps_.size() - 1;
    while (i > 0 && steps_[i].start > now) --i;
    return i;
}

std::optional<wall_time> job_timeline::training_start() const {
    for (const step& s : steps_)
        if (s.phase == job_phase::training) return s.start;
    return std::nullopt;
}

duration job_timeline::training_time(wall_time now) const {
    duration out{};
    bool trained = false;
    for (std::size_t i = 0; i + 1 < steps_.size() && steps_[i].start <= now; ++i) {
        const job_phase p = steps_[i].phase;
        trained = trained || p == job_phase::training;
        // A job that is stopped while Interrupted or Starting has no instances by then.
        const bool runs =
            has_container(p) || p == job_phase::uploading ||
            (p == job_phase::stopping && i > 0 &&
             (has_container(steps_[i - 1].phase) || steps_[i - 1].phase == job_phase::uploading));
        if (trained && runs) out += std::min(now, steps_[i + 1].start) - steps_[i].start;
    }
    return out;
}

}  // namespace trainyard::aws::local::sagemaker
