// What is known of a training job's course when it is accepted. Lengths are SageMaker's own seconds; times
// are the clock's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker {

inline constexpr std::chrono::seconds starting_time{2};
inline constexpr std::chrono::milliseconds warm_starting_time{500};  // on the instances of a warm pool
inline constexpr std::chrono::seconds downloading_time{1};
inline constexpr std::chrono::seconds uploading_time{1};    // of a stop too
inline constexpr std::chrono::seconds updating_time{1};     // the algorithm runs on
inline constexpr std::chrono::seconds interrupted_time{5};  // until there is spot capacity again
inline constexpr std::chrono::seconds restarting_time{1};
inline constexpr std::chrono::seconds stop_grace_max{120};   // from SIGTERM to SIGKILL
inline constexpr std::chrono::hours runtime_limit{28 * 24};  // the longest MaxRuntimeInSeconds that AWS knows
inline constexpr std::chrono::hours runtime_default{24};

// A job has another attempt only where RetryStrategy asks for it and the one before ended in an
// InternalServerError.
struct attempt_plan {
    enum class ending : unsigned char {
        completes,
        fails_at_start,  // once Starting is over
        fails_half_way,  // of its run
        fails_at_end,    // of its run
        never_launches,  // spot without capacity: Starting until MaxWaitTimeInSeconds
    };
    ending ends = ending::completes;
    std::string failure_reason{};
    std::vector<duration> interruptions{};  // running time before each; those that it does not reach are void
    duration slow_start{};                  // added to Starting
};

struct job_plan {
    duration training = std::chrono::seconds{60};  // of an attempt that nothing interrupts
    duration max_runtime = runtime_default;        // of the running time of all attempts
    std::optional<duration> max_wait{};            // spot: from the creation to the end, come what may
    std::vector<attempt_plan> attempts{attempt_plan{}};
    bool checkpoints = false;  // an interrupted run goes on where it was; else it begins anew
    bool warm_start = false;
    duration stop_grace = stop_grace_max;  // that the container takes to end after SIGTERM
    // Of a training plan: Pending until the first, stopped at the second and the third while still Pending.
    std::optional<wall_time> launches_at{}, closes_at{}, pending_until{};
};

}  // namespace trainyard::aws::local::sagemaker
