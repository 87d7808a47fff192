// The only place where the pure core meets AWS: receives, commits, performs, tracks. It decides nothing; what
// to do and when is in core, lifecycle and policy.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "aws/sqs/consumer.hpp"
#include "aws/sqs/extended_payload.hpp"
#include "engine/io/event.hpp"
#include "engine/io/task_group.hpp"
#include "engine/metrics/registry.hpp"
#include "scheduler/dispatcher/core.hpp"
#include "scheduler/dispatcher/links.hpp"
#include "scheduler/dispatcher/pages.hpp"
#include "scheduler/ledger/ledger.hpp"
#include "scheduler/ledger/reading_slot.hpp"

namespace trainyard::dispatcher {

struct driver_options {
    int poll_wait_seconds = 20;  // of a long poll
    // Polls of a second at most, so that a stop need not wait longer: idle queues cost 20 times the calls.
    bool fast = false;
    bool until_idle = false;  // stop by itself once the queues are empty and every job is terminal
    duration ack_linger = std::chrono::milliseconds{10};  // how long a delete waits for company
    duration call_timeout = std::chrono::seconds{30};
    // Told, in a sentence, of what an operator may want to act on. Empty: nobody is.
    std::function<void(const std::string&)> on_note;
    // From stop() until everything has to be put away; polls, commits, deletes and running calls share it.
    duration stop_within() const {
        return fast ? std::chrono::milliseconds{1'800} : std::chrono::seconds{23};
    }
};

struct driver_state {
    bool running = false;
    bool stopping = false;
    std::string failure;  // why it had to stop; empty: nothing went wrong
};

// Lives on one io_context and is used from its thread only.
class driver : private aws::sqs::message_handler {
public:
    // Everything referred to outlives the driver. `links` are connected.
    driver(boost::asio::io_context& io, const clock& time, core& decisions, ledger::ledger_thread& ledger,
           const ledger::reading_slot& reading, links& aws, const config::fleet& fleet,
           const driver_options& options, metrics::registry& registry);
    ~driver() override;
    driver(const driver&) = delete;
    driver& operator=(const driver&) = delete;

    // Completes after stop(), when idle (if asked for), or with the error that made going on unsafe. On the
    // way out: no new polls, running ones finish, what was received is recorded, deletes are flushed.
    task<result<void>> run();
    void stop();
    void cancel_job(lifecycle::job_id id);
    result<bool> set_paused(const lifecycle::pause& which, bool paused);
    // Completes once everything that was decided up to now is durable.
    task<result<void>> recorded();

    const driver_state& state() const { return state_; }
    // Of each queue: its last successful receive, at first the driver's start.
    std::map<std::string, mono_time> last_polls() const;
    std::map<std::string, queue_report> queue_reports() const;

private:
    struct intake {  // the consumer's numbers of a queue and of its reject queue
        aws::sqs::queue_number queue = 0;
        std::optional<aws::sqs::queue_number> rejects;
        std::uint64_t recorded = 0;  // jobs that are durable
        bool paused = false;
        std::optional<mono_time> resumed;  // polled anew since then
    };

    // Received and not yet on disk: beyond it nothing is received, so a slow disk never piles up invisible
    // messages.
    static constexpr std::size_t uncommitted_records_max = 5'000;
    // Bodies of jobs that have come and not been started yet, so that a job that starts at once is not read
    // back from the disk.
    static constexpr std::size_t fresh_bodies_bytes_max = 16U << 20U;

    instant now() const { return {time_.wall(), time_.mono()}; }
    mono_time deadline() const { return time_.mono() + options_.call_timeout; }
    void fail(const error& e);

    // driver.cpp: the turn and the commit
    task<void> turns();
    void turn(instant at);
    void commit(lifecycle::batch b);
    void committed(const result<void>& outcome);
    void count_recorded(const std::map<std::string, std::uint64_t>& by_queue);
    void perform(std::vector<lifecycle::effect_t> effects);
    task<void> watch_idle();
    task<bool> queues_are_empty();

    // driver_intake.cpp
    void open_queues();
    void follow_pauses();
    void deliver(const aws::sqs::delivery& what) override;
    void abandoned(const aws::sqs::abandoned_entry& what) override;
    void take_message(const std::string& queue, aws::sqs::message_ref ref,
                      const lifecycle::incoming_message& in);
    task<void> fetch_payload(std::string queue, aws::sqs::message_ref ref, lifecycle::incoming_message in,
                             aws::sqs::payload_pointer at);
    void delete_message(const lifecycle::effect::delete_message& what);
    void copy_rejected(lifecycle::effect::copy_rejected what);
    task<void> copy_alone(std::string queue, aws::sqs::send_entry copy, std::string job);
    void copied(const std::string& job, bool done);
    void follow_consumer();

    // driver_outlets.cpp: what a queue's reject queue and results queue are told
    task<void> tell(lifecycle::effect::tell what);
    static aws::sqs::send_entry make_copy(const std::string& url, std::string body, std::string reason,
                                          const std::string& job, const std::string& group);
    task<bool> send_copy(queue_link& q, std::string url, aws::sqs::send_entry copy);

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
    void keep_fresh_bodies(const std::vector<lifecycle::record>& records);
    std::optional<std::string> take_fresh_body(lifecycle::job_id id);
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
    task<void> help_with_events(event_link& from);
    task<std::optional<std::size_t>> receive_some_events(event_link& from, int wait_seconds);

    // driver_quotas.cpp
    task<void> discover();
    task<void> read_quotas(std::string pool);
    task<aws::api_result<std::vector<aws::quotas::quota>>> defaults_of(pool_link& pool, mono_time until);

    boost::asio::io_context& io_;
    const clock& time_;
    core& core_;
    ledger::ledger_thread& ledger_;
    const ledger::reading_slot& reading_;
    links& aws_;
    const config::fleet& fleet_;
    driver_options options_;
    driver_state state_;
    io::event work_;     // something for a turn
    io::event stopped_;  // stop() was called
    io::event drained_;  // a commit or an ack was finished
    io::event pages_;    // a page or an event came: more may be due
    io::event quotas_;   // a pool has told its limits: others may be asked
    std::map<std::string, std::vector<aws::quotas::quota>> quota_defaults_;  // by region
    aws::sqs::consumer consumer_;
    std::map<std::string, intake> intakes_;  // by queue name
    std::vector<std::string> queue_names_;   // by the consumer's number; empty: a reject queue
    aws::sqs::consumer_counts shown_;        // what the counters have of the consumer's
    mono_time started_{};
    std::deque<std::vector<lifecycle::effect_t>> uncommitted_;  // effects by batch, in commit order
    std::size_t uncommitted_records_ = 0;
    std::size_t effects_running_ = 0;
    std::unordered_map<lifecycle::job_id, std::string> fresh_bodies_;  // order-free: looked up only
    std::size_t fresh_bodies_bytes_ = 0;
    bool finished_ = false;  // turns() may leave
    io::task_group receivers_;
    io::task_group workers_;
    io::task_group trackers_;
    metrics::counter received_, deleted_, delete_failures_, rejected_copies_, failed_copies_;
    metrics::histogram commit_seconds_;
};

}  // namespace trainyard::dispatcher
