// The world outside: one SQS queue and SageMaker in every pool, made of the local AWS's own stores, and what
// an observer who sees everything knows of them.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/sagemaker/sagemaker_service.hpp"
#include "aws/local/sqs/queue_store.hpp"
#include "scheduler/lifecycle/event.hpp"
#include "scheduler/sim/agenda.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/trace.hpp"
#include "tests/simulation/verdict.hpp"

namespace trainyard::simulation {

using sim::agenda;

// An answer as it stands on the wire; status 0: none came.
struct answer {
    int status = 200;
    std::string code, message;
    std::string body;
    bool sent = true;  // false: the request never left
};

struct message_copy {
    std::string id, group_id, deduplication_id, body, handle;
    int receive_count;
};

class cloud {
public:
    cloud(const plan& p, agenda& time, trace& told, verdict& judge);

    wall_time wall() const { return epoch_ + time_.now() - before_; }
    void heal();  // from now on queue and events forget nothing

    // SQS.
    void send(std::size_t number, std::string body);
    void receive(std::size_t max, duration wait, std::function<void(std::vector<message_copy>)> reply);
    // For each handle: whether it is gone.
    std::vector<bool> remove(const std::vector<std::string>& handles);
    std::size_t messages_left() { return queue_.size(); }
    std::size_t messages_sent() const { return sent_; }

    // The message groups, each with the ids of its messages in the order in which they were sent.
    const std::map<std::string, std::vector<std::string>>& groups() const { return groups_; }

    // SageMaker.
    answer call(std::size_t pool, std::string_view operation, std::string_view input);
    // What EventBridge tells, as far as it does.
    void tell(std::function<void(const lifecycle::job_event&)> listener) { listener_ = std::move(listener); }
    // Called with each of ours that is about to be counted as started.
    struct started;
    void observe_starts(std::function<void(const started&)> observer) { observer_ = std::move(observer); }
    // Somebody who is not Trainyard makes something of that name.
    void strange(std::size_t pool, lifecycle::kind k, std::string_view name);
    // Their endpoints would serve, and hold their limits, for ever.
    void strangers_leave();

    struct started {      // what was accepted from somebody
        std::string job;  // of ours; empty: a stranger's
        int attempt = 0;
        lifecycle::kind kind = lifecycle::kind::training;
        std::size_t place = 0;        // the pool
        std::string pool, name, key;  // key: what Describe takes
        std::string resource;         // as the configuration names it
        std::int64_t instances = 0;
    };
    // Somebody deletes one of our training jobs, if it has ended and `may_go`.
    void erase_something(rng& dice, const std::function<bool(const started&)>& may_go);
    // Ours of that name; null when there never was one. Names tell the kinds apart, for the job ids in them
    // do.
    const started* find(const std::string& pool, const std::string& name) const;
    // Nothing when it is gone, or not to be seen yet.
    std::optional<std::string> status(const started& s) const;
    bool lives(const started& s) const;
    // FailureReason of a training job; empty when there is none.
    std::string failure(const started& s) const;
    const std::vector<started>& starts() const { return starts_; }
    // When Creates were refused for want of quota, whoever sent them.
    const std::vector<duration>& refusals() const { return refusals_; }
    // Of on-demand training, as Service Quotas does it when it approves an increase.
    void set_quota(std::size_t pool, std::int64_t instances);

private:
    struct waiting {
        std::size_t max;
        duration until;
        std::function<void(std::vector<message_copy>)> reply;
    };
    std::vector<message_copy> take(std::size_t max);
    void serve();
    void wake_later();
    void prepare(std::size_t pool);
    void watch(std::size_t pool, lifecycle::kind k, json::value request, std::string_view arn);
    void judge_start(const started& s);
    void pump();
    aws::local::operation_call make(std::size_t pool, std::string_view operation, json::value input) const;

    const plan& plan_;
    agenda& time_;
    trace& trace_;
    verdict& verdict_;
    rng dice_, ids_, events_;
    fault_plan faults_;
    wall_time epoch_;
    duration before_{};  // how long ago the accounts are prepared
    aws::local::queue_store queue_;
    std::list<waiting> polls_;
    std::optional<duration> wake_, event_wake_;
    std::size_t sent_ = 0;
    aws::local::job_journal journal_;
    mutable aws::local::sagemaker_service sagemaker_;
    std::function<void(const lifecycle::job_event&)> listener_;
    std::function<void(const started&)> observer_;
    std::map<std::string, std::vector<std::string>> groups_;
    std::vector<started> starts_;
    std::vector<duration> refusals_;
    std::multimap<std::pair<std::string, std::string>, std::size_t> by_name_;  // pool and name
};

}  // namespace trainyard::simulation
