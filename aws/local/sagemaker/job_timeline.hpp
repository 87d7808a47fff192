// What becomes of a training job and when: a pure function of the request, the time it was accepted, and the
// time it was stopped. Rules: SageMaker API reference, "SecondaryStatus" of DescribeTrainingJob.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/time.hpp"

namespace trainyard::aws::local {

enum class job_status : unsigned char { in_progress, completed, failed, stopping, stopped };
std::string_view to_string(job_status s);  // InProgress, Completed, ...

enum class job_phase : unsigned char {
    starting,
    downloading,
    training,
    uploading,
    stopping,
    completed,
    failed,
    stopped,
    max_runtime_exceeded,
};
std::string_view to_string(job_phase p);       // the SecondaryStatus: Starting, MaxRuntimeExceeded, ...
std::string_view status_message(job_phase p);  // of a SecondaryStatusTransition
job_status status_of(job_phase p);

// In SageMaker's own seconds; the timeline divides them by the time scale.
inline constexpr std::chrono::seconds starting_time{2};
inline constexpr std::chrono::seconds downloading_time{1};
inline constexpr std::chrono::seconds uploading_time{1};     // of a stop too
inline constexpr std::chrono::hours runtime_limit{28 * 24};  // the longest MaxRuntimeInSeconds that AWS knows

struct job_plan {
    duration training = std::chrono::seconds{60};
    duration max_runtime = std::chrono::hours{24};  // counts from the start of Training
    std::string failure_reason;                     // empty: completes
};

class job_timeline {
public:
    struct step {
        job_phase phase = job_phase::starting;
        wall_time start{};
    };

    // `time_scale` above 0. A "CapacityError" fails at the end of Starting, every other reason at the end of
    // Training.
    job_timeline(const job_plan& plan, wall_time created, double time_scale);

    // Stopping from `when` on, and Stopped once the artefacts are uploaded. Only while in progress.
    void stop(wall_time when);

    // Index of the step that holds at `now`.
    std::size_t at(wall_time now) const;
    std::span<const step> steps() const { return {steps_.data(), size_}; }
    const step& operator[](std::size_t i) const { return steps_[i]; }
    wall_time end() const { return steps_[size_ - 1].start; }
    job_phase outcome() const { return steps_[size_ - 1].phase; }
    std::optional<wall_time> training_start() const;

private:
    void add(job_phase phase, wall_time start) { steps_[size_++] = {phase, start}; }
    std::array<step, 6> steps_{};
    std::size_t size_ = 0;
    duration upload_{};
};

}  // namespace trainyard::aws::local
