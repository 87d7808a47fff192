#include "aws/local/sagemaker/tuning/tuning_job.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/rng.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

bool better(const tuned_definition& d, double a, double b) {
    return d.objective.maximize ? a > b : a < b;
}

std::size_t index_of(const tuning_job& job, const trial& t) {
    return static_cast<std::size_t>(&t - job.trials.data());
}

}  // namespace

std::string_view to_string(tuning_status s) {
    switch (s) {
        case tuning_status::in_progress: return "InProgress";
        case tuning_status::completed: return "Completed";
        case tuning_status::failed: return "Failed";
        case tuning_status::stopping: return "Stopping";
        case tuning_status::stopped: return "Stopped";
    }
    return {};
}

bool is_retryable(const trial& t) {
    return t.state.failure_reason.starts_with("InternalServerError") ||
           t.state.failure_reason.starts_with("CapacityError");
}

std::size_t tuning_job::running() const {
    return static_cast<std::size_t>(
        std::count_if(trials.begin(), trials.end(), [](const trial& t) { return !t.state.ended; }));
}

trial_counts tuning_job::count() const {
    trial_counts out;
    for (const trial& t : trials) {
        if (!t.state.ended) {
            ++out.in_progress;
            ++out.objective_pending;
        } else if (t.succeeded()) {
            ++out.completed;
            ++out.objective_succeeded;
        } else {
            ++out.objective_failed;
            ++(t.state.status == "Stopped" ? out.stopped
               : is_retryable(t)           ? out.retryable_error
                                           : out.non_retryable_error);
        }
    }
    return out;
}

const tuned_definition& tuning_job::definition_of(const trial& t) const {
    return plan.definition_of(index_of(*this, t));
}

const trial* tuning_job::best() const {
    const trial* out = nullptr;
    for (const trial& t : trials) {
        const tuned_definition& d = definition_of(t);
        if (!t.succeeded() || d.objective.metric != plan.definitions.front().objective.metric) continue;
        if (!out || better(d, t.metric.value, out->metric.value)) out = &t;
    }
    return out;
}

std::vector<observation> tuning_job::observations(const tuned_definition& of) const {
    std::vector<observation> out;
    if (&of == &plan.definitions.front()) out = inherited;
    for (const trial& t : trials)
        if (t.succeeded() && &definition_of(t) == &of)
            out.push_back({of.space.positions_of(t.values), t.quality});
    return out;
}

std::uint64_t tuning_job::not_improving() const {
    const trial* const top = best();
    if (!top) return 0;
    const wall_time since = top->state.training_end.value_or(top->state.created);
    return static_cast<std::uint64_t>(std::count_if(trials.begin(), trials.end(), [&](const trial& t) {
        return t.succeeded() && &t != top && t.state.training_end.value_or(t.state.created) >= since;
    }));
}

parameter_values tuning_job::next_values() const {
    const std::uint64_t number = trials.size();
    const tuned_definition& d = plan.definition_of(number);
    return d.space.values_at(
        next_trial(plan.strategy, d.space, plan.seed, plan.turn_of(number), observations(d)));
}

std::string tuning_job::next_name(std::uint64_t attempt) const {
    rng chance = rng{plan.seed, attempt}.split(arn + std::to_string(trials.size()));
    return fmt::format("{}-{:03}-{:08x}", name, trials.size() + 1, chance.next_u32());
}

std::optional<verdict> judge(const tuning_job& job) {
    const trial_counts n = job.count();
    const auto ended =
        static_cast<std::size_t>(n.completed + n.retryable_error + n.non_retryable_error + n.stopped);
    const bool no_more = job.trials.size() >= job.plan.trials && n.in_progress == 0;
    if (n.completed == 0 && ended > 0 && (ended >= hopeless_after || no_more))
        return verdict{true,
                       fmt::format("No training job succeeded after {} attempts. Please take a look at the "
                                   "training job failures to get more details.",
                                   ended)};
    const trial* const top = job.best();
    if (job.plan.target && top) {
        const bool up = job.definition_of(*top).objective.maximize;
        if (up ? top->metric.value >= *job.plan.target : top->metric.value <= *job.plan.target)
            return verdict{false, "TargetObjectiveMetricValue"};
    }
    if (job.plan.not_improving_max && job.not_improving() >= *job.plan.not_improving_max)
        return verdict{false, "BestObjectiveNotImproving"};
    return std::nullopt;
}

void mark_early_stops(tuning_job& job) {
    if (!job.plan.early_stopping) return;
    for (trial& t : job.trials) {
        if (t.state.ended || t.stop_asked || t.stops_early_at || !t.state.training_start ||
            t.state.secondary_status != "Training" || !t.state.next_change)
            continue;
        std::vector<double> known;
        for (const observation& o : job.observations(job.definition_of(t))) known.push_back(o.quality);
        if (known.size() < early_stop_from) continue;
        const auto middle = known.begin() + static_cast<std::ptrdiff_t>(known.size() / 2);
        std::nth_element(known.begin(), middle, known.end());
        if (t.quality < *middle)
            t.stops_early_at = *t.state.training_start + (*t.state.next_change - *t.state.training_start) / 2;
    }
}

}  // namespace trainyard::aws::local::sagemaker
