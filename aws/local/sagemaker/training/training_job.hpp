// One training job: what was asked, and how it goes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/sagemaker/common/quota_book.hpp"
#include "aws/local/sagemaker/training/job_timeline.hpp"
#include "aws/local/sagemaker/training/training_starter.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker {

struct training_request {
    instance_counts instances{};  // instance groups added up; none for a serverless job
    bool spot = false;
    job_plan plan{};
    std::string body{};  // the input of CreateTrainingJob, as JSON, to be told again
    std::map<std::string, std::string> tags{};
    // Of a warm pool: how long it is kept (SageMaker's time), and what a later job must have alike.
    duration keep_alive{};
    std::string pool_shape{};
    std::string training_plan{};      // its ARN; empty: none
    duration max_pending = 28 * 24h;  // while the training plan is Active
    std::string tuning_job_arn{};
    std::vector<final_metric> metrics{};
};

struct training_job {
    std::string name;
    training_request request;
    wall_time created{};  // the members that resource_index asks for: this, name, status, last_modified
    job_timeline timeline{};
    std::optional<wall_time> updated{};
    // The warm pool that the job leaves: begun with this job or before, and ended by whom.
    wall_time pool_begun{};
    std::string reused_by{};
    std::optional<wall_time> pool_ended{};
    std::size_t told = 0;      // steps of the timeline that are state changes of the past
    std::uint64_t number = 0;  // in order of creation

    job_phase phase(wall_time now) const { return timeline[timeline.at(now)].phase; }
    std::string_view status(wall_time now) const { return to_string(status_of(phase(now))); }
    wall_time last_modified(wall_time now) const {
        const wall_time step = timeline[timeline.at(now)].start;
        return updated && *updated <= now ? std::max(step, *updated) : step;
    }
    instance_use use() const { return request.spot ? instance_use::spot_training : instance_use::training; }
    // Instances of a training plan are reserved and count against no quota.
    bool counts_against_quota() const { return request.training_plan.empty(); }
};

}  // namespace trainyard::aws::local::sagemaker
