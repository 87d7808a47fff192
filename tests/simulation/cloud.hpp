// The world outside: one SQS queue and SageMaker in every pool, made of the local AWS's own stores, and what
// an observer who sees everything knows of them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/sagemaker/sagemaker_service.hpp"
#include "aws/local/sqs/queue_store.hpp"
#include "tests/simulation/agenda.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/trace.hpp"
#include "tests/simulation/verdict.hpp"

namespace trainyard::simulation {

// An answer as it stands on the wire; status 0: none came.
struct answer {
    int status = 200;
    std::string code, message;
    std::string body;
    bool sent = true;  // false: the request never left
};

struct message_copy {
    std::string id, deduplication_id, group, body, handle;
};

class cloud {
public:
    cloud(const plan& p, agenda& time, trace& told, verdict& judge);

    wall_time wall() const { return epoch_ + time_.now(); }

    // SQS.
    void send(std::size_t number, std::string body);
    void receive(std::size_t max, duration wait, std::function<void(std::vector<message_copy>)> reply);
    // For each handle: whether it is gone.
    std::vector<bool> remove(const std::vector<std::string>& handles);
    void heal();  // from now on the queue forgets nothing
    std::size_t messages_left() { return queue_.size(); }
    std::size_t messages_sent() const { return sent_; }

    // SageMaker.
    struct started {  // an accepted create of ours
        std::string job;
        int attempt = 0;
        std::string pool, name;
        std::string resource;  // as the configuration names it
        std::int64_t instances = 0;
        bool stranger = false;
    };
    answer call(std::size_t pool, std::string_view operation, std::string_view input);
    // Somebody who is not Trainyard makes a job of that name.
    void strange(std::size_t pool, std::string_view name);
    // Somebody deletes one of our jobs, if it has ended and `may_go`.
    void erase_something(rng& dice, const std::function<bool(const started&)>& may_go);
    // Nothing when there is no such job, or it is not ours.
    std::optional<std::string> status(const std::string& pool, const std::string& name) const;
    const std::map<std::pair<std::string, std::string>, started>& starts() const { return starts_; }
    std::uint64_t accepted() const { return accepted_; }

private:
    struct waiting {
        std::size_t max;
        duration until;
        std::function<void(std::vector<message_copy>)> reply;
    };
    std::vector<message_copy> take(std::size_t max);
    void serve();
    void wake_later();
    void watch(const started& s);
    aws::local::operation_call make(std::size_t pool, std::string_view operation, json::value input) const;

    const plan& plan_;
    agenda& time_;
    trace& trace_;
    verdict& verdict_;
    rng dice_, ids_;
    fault_plan faults_;
    wall_time epoch_;
    aws::local::queue_store queue_;
    std::list<waiting> polls_;
    std::optional<duration> wake_;
    std::size_t sent_ = 0;
    aws::local::job_journal journal_;
    mutable aws::local::sagemaker_service sagemaker_;
    std::map<std::pair<std::string, std::string>, started> starts_;  // by pool and name
    std::uint64_t accepted_ = 0;
};

}  // namespace trainyard::simulation
