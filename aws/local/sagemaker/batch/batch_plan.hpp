// What becomes of a processing or transform job and when: a pure function of its request, the time it was
// accepted and the time it was stopped. Statuses: SageMaker API reference, ProcessingJobStatus and
// TransformJobStatus.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/local/sagemaker/common/job_rules.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker {

enum class batch_status : unsigned char { in_progress, completed, failed, stopping, stopped };
std::string_view to_string(batch_status s);  // InProgress, ...

// In SageMaker's own seconds; divided by the time scale.
inline constexpr std::chrono::seconds batch_starting_time{2};
inline constexpr std::chrono::seconds batch_uploading_time{1};
inline constexpr std::chrono::seconds batch_stopping_time{1};
inline constexpr std::chrono::seconds batch_running_time{60};   // where nobody says otherwise
inline constexpr std::chrono::hours batch_runtime_default{24};  // MaxRuntimeInSeconds when absent

struct batch_plan {
    duration running = batch_running_time;
    std::optional<duration>
        max_runtime;  // from the start of running; none: a transform job has no such limit
    job_fate fate;
};

class batch_timeline {
public:
    batch_timeline() = default;
    // `time_scale` above 0.
    batch_timeline(const batch_plan& plan, wall_time created, double time_scale);

    // False once it is stopping or over.
    bool stop(wall_time now);

    batch_status at(wall_time now) const;
    wall_time last_modified(wall_time now) const;
    std::optional<wall_time> started(wall_time now) const;
    std::optional<wall_time> ended(wall_time now) const;
    batch_status outcome() const { return outcome_; }
    // When it is, or would be, stopping; nothing: it goes straight to its end.
    const std::optional<wall_time>& stopping() const { return stopping_; }
    wall_time end() const { return end_; }

    template <class Fields>
    friend void fields(Fields& f, batch_timeline& t) {
        f("time_scale", t.time_scale_), f("created", t.created_), f("start", t.start_), f("end", t.end_);
        f("stopping", t.stopping_), f("outcome", t.outcome_);
    }

private:
    duration scaled(duration d) const;

    double time_scale_ = 1;
    wall_time created_{}, start_{}, end_{};
    std::optional<wall_time> stopping_;
    batch_status outcome_ = batch_status::completed;
};

}  // namespace trainyard::aws::local::sagemaker
