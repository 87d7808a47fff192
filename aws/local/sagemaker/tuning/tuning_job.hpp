// One tuning job and the training jobs it has started. Pure: who runs it tells it what has become of them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/sagemaker/training/training_starter.hpp"
#include "aws/local/sagemaker/tuning/tuning_plan.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker {

enum class tuning_status : unsigned char { in_progress, completed, failed, stopping, stopped };
std::string_view to_string(tuning_status s);  // InProgress

struct trial {
    std::string name;  // of its training job
    parameter_values values;
    double quality = 0;      // 0 to 1
    final_metric metric{};   // told when it has completed
    training_state state{};  // as last seen
    bool stop_asked = false;
    std::optional<wall_time> stops_early_at{};

    bool succeeded() const { return state.status == "Completed"; }
};

// Failures of the machinery, not of the algorithm.
bool is_retryable(const trial& t);

struct trial_counts {
    std::int64_t completed = 0, in_progress = 0, retryable_error = 0, non_retryable_error = 0, stopped = 0;
    std::int64_t objective_succeeded = 0, objective_pending = 0, objective_failed = 0;
};

// AWS gives up when so many training jobs, or all of them, have failed and none has succeeded.
inline constexpr std::size_t hopeless_after = 5;
// A trial is stopped early only when so many have completed, and half-way.
inline constexpr std::size_t early_stop_from = 3;

struct tuning_job {
    std::string name;
    std::string arn;
    std::string body;  // the request
    std::map<std::string, std::string> tags;
    tuning_plan plan;
    wall_time created{};

    std::vector<trial> trials;  // in the order of their start
    // Trials of the parents of a warm start, as positions in the first definition's space.
    std::vector<observation> inherited;
    std::optional<wall_time> max_runtime_at{};
    tuning_status is = tuning_status::in_progress;
    tuning_status ends_as = tuning_status::completed;  // once no training job runs any more
    bool closing = false;                              // starts no more training jobs
    std::string failure_reason{};
    wall_time modified{};
    std::optional<wall_time> ended{};
    std::optional<wall_time> retry_at{};  // a training job found no quota
    std::optional<wall_time> due{};       // when it has to be looked at again

    // What resource_index asks for.
    std::string_view status(wall_time) const { return to_string(is); }
    wall_time last_modified(wall_time) const { return modified; }

    bool over() const { return ended.has_value(); }
    std::size_t running() const;
    trial_counts count() const;
    // The one with the best metric so far; of trials with several objectives only those with the first one's.
    const trial* best() const;
    std::vector<observation> observations(const tuned_definition& of) const;  // inherited ones included
    // Trials that completed since the best one did.
    std::uint64_t not_improving() const;
    const tuned_definition& definition_of(const trial& t) const;

    // The next trial's values.
    parameter_values next_values() const;
    // NAME-007-0123abcd.
    std::string next_name(std::uint64_t attempt) const;
};

// Why no more training jobs are to be started; nothing: go on. A failure if there is one, else the name of a
// completion criterion.
struct verdict {
    bool failed = false;
    std::string reason;
};
std::optional<verdict> judge(const tuning_job& job);

// Those which are not worth their time: worse than half of the completed ones, and through with half of their
// own run. Marks them with the time of that.
void mark_early_stops(tuning_job& job);

}  // namespace trainyard::aws::local::sagemaker
