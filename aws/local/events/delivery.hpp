// Brings matched events to their targets: when, how often, again after a failure, and into the dead-letter
// queue in the end. Pure: it says what to enqueue at which time and is told how that went.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-event-delivery.html
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "aws/local/base/kept_part.hpp"
#include "aws/local/events/delivery_faults.hpp"
#include "aws/local/events/event.hpp"
#include "aws/local/events/target.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::aws::local::events {

// Waiting at one time, of all accounts together; more are dropped and counted.
inline constexpr std::size_t max_pending_deliveries = 200'000;

// One event on its way to one target.
struct delivery {
    std::string rule_arn, target_arn;
    account_id rule_account;
    target_kind kind = target_kind::queue;
    std::shared_ptr<const event> what;  // also what a dead-letter queue gets
    std::string body;                   // what the target gets
    std::string group_id, dead_letter_arn;
    retry_policy retry;
    bool forwarded = false;  // the event came from another bus
};

struct delivery_outcome {
    enum class kind : unsigned char {
        done,
        refused,  // repeating it cannot help: no such queue, not allowed
        failed,   // may go better later
    };
    kind what = kind::done;
    std::string code{}, message{};  // "NO_PERMISSIONS", as dead letters tell
};

// What the driver is to do now, and to report on by `number`.
struct delivery_command {
    std::uint64_t number = 0;
    bool dead_letter = false;  // to the dead-letter queue, with these attributes
    delivery what;
    std::map<std::string, std::string> attributes{};
};

class delivery_machine final : public kept_part {
public:
    struct counts {
        std::uint64_t matched = 0;        // events accepted, one for each target
        std::uint64_t duplicated = 0;     // second copies of them
        std::uint64_t lost = 0;           // by the fault
        std::uint64_t delivered = 0;      // copies
        std::uint64_t retries = 0;        // attempts after the first
        std::uint64_t dead_lettered = 0;  // copies, as are the next two
        std::uint64_t dropped = 0;        // given up without a dead-letter queue that took them
        std::uint64_t overflowed = 0;     // beyond max_pending_deliveries
    };

    explicit delivery_machine(const delivery_faults& faults);

    void accept(delivery d, wall_time now);
    // What is due, in the order of its time. Nothing is due before next().
    std::vector<delivery_command> take(wall_time now);
    void report(std::uint64_t number, const delivery_outcome& how, wall_time now);

    std::optional<wall_time> next() const;
    // For what is accepted from now on; what waits keeps its time.
    void set_faults(const delivery_faults& faults);
    const delivery_faults& faults() const { return faults_; }
    const counts& counted() const { return counts_; }
    // matched + duplicated = lost + delivered + dead_lettered + dropped + overflowed + pending
    std::size_t pending() const { return pending_.size(); }

private:
    struct entry {
        delivery what;
        wall_time born{}, due{};
        unsigned attempts = 0;  // made
        bool dead_letter = false;
        std::map<std::string, std::string> attributes{};
    };
    std::optional<std::string> document(std::string_view key) override;
    bool take_back(std::string_view key, json::value v) override;
    void touched(std::uint64_t number);
    template <class Fields>
    friend void fields(Fields& f, entry& e);
    void schedule(delivery d, wall_time now);
    void wait(std::uint64_t number, entry& e, wall_time due);
    void fail(std::uint64_t number, const delivery_outcome& how, wall_time now);
    void give_up(std::uint64_t number, const delivery_outcome& how, std::string_view exhausted,
                 wall_time now);

    delivery_faults faults_;
    rng random_;
    counts counts_;
    std::uint64_t last_ = 0;
    std::unordered_map<std::uint64_t, entry> pending_;
    std::set<std::pair<wall_time, std::uint64_t>> due_;  // those not handed out
    std::map<std::string, wall_time> latest_;            // by target, of what keeps its order
};

}  // namespace trainyard::aws::local::events
