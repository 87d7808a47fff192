// The training jobs of one account and region as a value. No clock and no background work: a job's status is
// computed from its timeline at the time asked for. Creating, stopping, finding and the default listing cost
// O(log n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "aws/local/sagemaker/common/quota_book.hpp"
#include "aws/local/sagemaker/common/resource_index.hpp"
#include "aws/local/sagemaker/training/training_job.hpp"
#include "aws/local/sagemaker/training/training_plan_source.hpp"

namespace trainyard::aws::local::sagemaker {

// Erased jobs whose changes nobody takes; the oldest are forgotten first.
inline constexpr std::size_t gone_max = 10'000;

class training_store {
public:
    using index = resource_index<training_job>;
    struct created {
        const training_job* job;
    };
    struct duplicate {};
    using create_outcome = std::variant<created, duplicate, quota_book::over_limit>;
    struct stop_outcome {
        bool found = false, done = false;
        job_status status{};  // before the call
    };
    enum class erase_outcome : unsigned char { erased, not_found, not_ended, pool_available };
    enum class pool_outcome : unsigned char { changed, no_pool };

    // `quotas` outlives the store. A job is missing from listings for `hidden_for` after it was made.
    training_store(account_id account, region_name region, quota_book& quotas, double time_scale,
                   duration hidden_for);

    // Hears of each job that changed: its request, or only how it goes. Of an erased one, too.
    enum class part : unsigned char { all, course };
    using change_sink = std::function<void(std::string_view name, part)>;
    void on_change(change_sink hear) { hear_ = std::move(hear); }
    // A job of before a restart, and what it holds. False for one that does not fit those that are there.
    bool restore(training_job job);

    // Takes instances of a warm pool that fits, else of the quota. `window`: of the request's training plan,
    // which has at least the job's instances.
    create_outcome create(std::string name, training_request request, wall_time now,
                          const std::optional<training_plan_window>& window = {});
    stop_outcome stop(std::string_view name, wall_time now);
    // Frees the name.
    erase_outcome erase(std::string_view name, wall_time now);
    // Of a job that exists and asked for a pool; 0 ends it.
    pool_outcome set_keep_alive(std::string_view name, duration keep_alive, wall_time now);
    // The request as it is told from now on; the job shows Updating for a moment when `visibly`.
    void update(std::string_view name, std::string body, bool visibly, wall_time now);
    const training_job* find(std::string_view name) const { return jobs_.find(name); }
    // Nothing for a job that does not exist.
    std::map<std::string, std::string>* tags(std::string_view name);

    template <class Also>
    std::optional<index::page> list(const list_query& query, wall_time now, const Also& also) const {
        return jobs_.list(query, now, also);
    }

    template <class Visit>
    void for_each(const Visit& visit) const {
        jobs_.for_each(visit);
    }

    // When the next job has another status or secondary status than was taken.
    std::optional<wall_time> next_change() const;
    struct change {
        const training_job* job;  // until the next call that changes the store
        wall_time when;
        std::size_t step;  // of its timeline; several may have the same time
    };
    // The changes until `now`, each once, in order of their times.
    std::vector<change> take_changes(wall_time now);

    // Instances that jobs use of a training plan.
    std::int64_t plan_usage(const std::string& plan, wall_time now) const;

    void release(wall_time now);                                        // gives back what is no longer in use
    std::map<std::string, std::size_t> count_by_status(wall_time now);  // O(jobs that run)
    std::size_t size() const { return jobs_.size(); }

private:
    struct moment {
        wall_time when;
        training_job* job;
        bool operator<(const moment& other) const {
            return std::pair{when, job->number} < std::pair{other.when, other.job->number};
        }
    };
    void heard(const training_job& job, part what) const {
        if (hear_) hear_(job.name, what);
    }
    training_job* find_pool(const training_request& request, wall_time now);
    std::optional<quota_book::over_limit> take(const training_job& job);
    void give_back(const training_job& job, instance_use use);
    void schedule(training_job& job);
    void schedule_change(training_job& job);
    void unschedule(training_job& job);
    void end_pool(training_job& job, wall_time when);
    std::optional<wall_time> plan_launch(const training_job& job, const training_plan_window& window) const;

    account_id account_;
    region_name region_;
    quota_book& quotas_;
    double time_scale_;
    index jobs_;
    change_sink hear_;
    std::set<moment> ends_;         // of jobs whose instances are in use
    std::set<moment> pools_;        // of Available pools, by when they expire
    std::set<moment> changes_;      // the next one of each job
    std::list<training_job> gone_;  // erased with changes that nobody has taken yet
    std::uint64_t made_ = 0;
    std::map<std::string, std::set<training_job*>> of_plan_;  // that run or wait
    std::map<std::string, std::size_t> finished_;             // by status
};

}  // namespace trainyard::aws::local::sagemaker
