// The only place where the pure core meets AWS: receives, commits, performs, tracks. It decides nothing; what
// to do and when is in core, lifecycle and policy.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/io/event.hpp"
#include "engine/io/task_group.hpp"
#include "engine/metrics/registry.hpp"
#include "scheduler/dispatcher/core.hpp"
#include "scheduler/dispatcher/links.hpp"
#include "scheduler/ledger/ledger.hpp"

namespace trainyard::dispatcher {

struct driver_options {
    int poll_wait_seconds = 20;
    bool until_idle = false;  // stop by itself once the queues are empty and every job is terminal
    duration ack_linger = std::chrono::milliseconds{10};  // how long a delete waits for company
    duration call_timeout = std::chrono::seconds{30};
    duration shutdown_grace = std::chrono::seconds{25};
};

struct driver_state {
    bool running = false;
    bool stopping = false;
    std::string failure;                         // why it had to stop; empty: nothing went wrong
    std::map<std::string, mono_time> last_poll;  // of each queue: the last successful receive
};

// Lives on one io_context and is used from its thread only.
class driver {
public:
    // Everything referred to outlives the driver. `links` are connected.
    driver(boost::asio::io_context& io, const clock& time, core& decisions, ledger::ledger_thread& ledger,
           links& aws, const config::fleet& fleet, const driver_options& options,
           metrics::registry& registry);
    ~driver();
    driver(const driver&) = delete;
    driver& operator=(const driver&) = delete;

    // Completes after stop(), when idle (if asked for), or with the error that made going on unsafe. On the
    // way out: no new polls, running ones finish, what was received is recorded, deletes are flushed.
    task<result<void>> run();
    void stop();
    void cancel_job(lifecycle::job_id id);

    const driver_state& state() const { return state_; }

private:
    struct acks {  // deletes of one queue that wait for company
        explicit acks(boost::asio::io_context& io) : changed(io) {}
        io::event changed;
        std::vector<aws::sqs::delete_entry> waiting;
        mono_time oldest{};
        std::size_t in_flight = 0;
    };

    instant now() const { return {time_.wall(), time_.mono()}; }
    mono_time deadline() const { return time_.mono() + options_.call_timeout; }
    bool overloaded() const;
    void fail(const error& e);

    // driver.cpp: the turn and the commit
    task<void> turns();
    void commit(lifecycle::batch b);
    void committed(const result<void>& outcome);
    void perform(std::vector<lifecycle::effect_t> effects);
    task<void> watch_idle();
    task<bool> queues_are_empty();

    // driver_intake.cpp
    task<void> receive_steadily(std::string queue);
    task<void> receive_backlog(std::string queue);
    task<bool> receive_once(queue_link& q, int wait_seconds);
    task<void> acknowledge(std::string queue);
    task<void> delete_some(std::string queue, std::vector<aws::sqs::delete_entry> entries);
    task<void> copy_rejected(lifecycle::effect::copy_rejected what);

    // driver_outlets.cpp: what a queue's reject queue and results queue are told
    task<void> tell(lifecycle::effect::tell what);
    task<bool> send_copy(queue_link& q, const std::string& url, std::string body, std::string reason,
                         std::string job, std::string group);

    // driver_effects.cpp
    task<void> create(lifecycle::effect::create what);
    task<std::optional<lifecycle::create_outcome>> create_config(lifecycle::effect::create what,
                                                                 lifecycle::job_facts facts, std::string body,
                                                                 std::string& detail);
    task<void> verify(lifecycle::effect::verify what);
    task<void> describe(lifecycle::effect::describe what);
    task<void> stop_job(lifecycle::effect::stop what);
    task<bool> wait_for(std::string pool, lifecycle::kind k, budget pool_budgets::* which);
    task<std::optional<lifecycle::sighting>> find_execution(lifecycle::effect::attempt_ref what,
                                                            aws::sagemaker::tags& tags, bool& failed);
    void answered();
    task<result<std::string>> read_body(lifecycle::job_id id);
    // Lets the budget learn from an answer.
    template <class T>
    void count(const std::string& pool, lifecycle::kind k, budget pool_budgets::* which,
               const aws::api_result<T>& answer) {
        budget& b = core_.budgets(pool, k).*which;
        if (answer) {
            b.succeeded();
        } else if (answer.error().kind == aws::failure::throttled) {
            b.throttled(time_.mono());
        }
    }

    // driver_tracking.cpp
    task<void> track();
    task<void> list_page(lifecycle::page_request what);
    task<void> receive_events(event_link& from);
    task<bool> receive_some_events(event_link& from);

    boost::asio::io_context& io_;
    const clock& time_;
    core& core_;
    ledger::ledger_thread& ledger_;
    links& aws_;
    const config::fleet& fleet_;
    driver_options options_;
    driver_state state_;
    io::event work_;     // something for a turn
    io::event stopped_;  // stop() was called
    io::event drained_;  // a commit or an ack was finished
    io::event pages_;    // a page or an event came: more may be due
    std::map<std::string, std::unique_ptr<io::event>>
        busy_;  // by queue: a full receive, so there may be more
    std::map<std::string, std::unique_ptr<acks>> acks_;
    std::deque<std::vector<lifecycle::effect_t>> uncommitted_;  // effects by batch, in commit order
    std::size_t uncommitted_records_ = 0;
    std::size_t effects_running_ = 0;
    bool intake_closed_ = false;  // nothing new will be received
    bool finished_ = false;       // turns() and acknowledge() may leave
    io::task_group receivers_;
    io::task_group workers_;
    io::task_group trackers_;
    metrics::counter received_, deleted_, delete_failures_, rejected_copies_;
    metrics::histogram commit_seconds_;
};

}  // namespace trainyard::dispatcher
