// The instances that a training job leaves behind for the next one alike. SageMaker Developer Guide, "Train
// Using SageMaker AI Managed Warm Pools".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aws/local/sagemaker/training/training_job.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::sagemaker {

// A pool and its successors live no longer than this, in SageMaker's time.
inline constexpr std::chrono::hours pool_chain_limit{28 * 24};

// What a CreateTrainingJob input and the one that left the pool must have alike; empty for instance groups.
std::string pool_shape(json::value input);

// Whether the instances are kept once the job has ended: not after internal and capacity errors.
bool leaves_pool(const training_job& job);
// When the pool ends if nobody reuses it; of a job that leaves one.
wall_time pool_expiry(const training_job& job, double time_scale);

struct pool_view {
    std::string_view status;  // InUse, Available, Reused, Terminated
    std::string_view reused_by;
    std::optional<std::int64_t> retained_seconds;  // in SageMaker's time, once the pool has ended
};
// Nothing for a job that asked for no pool.
std::optional<pool_view> view_pool(const training_job& job, double time_scale, wall_time now);
void write_pool(json::writer& out, const pool_view& pool);

}  // namespace trainyard::aws::local::sagemaker
