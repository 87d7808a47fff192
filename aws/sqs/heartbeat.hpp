// Keeps received messages invisible while their consumer works on them. Pure: which visibility timeouts to
// move on and when; the driver sends them, ten to a call.
//
// SQS hides a message for at most 12 hours from the moment it was received, whatever is asked for. When that
// time draws near the message is handed off: the consumer has to make it durable elsewhere, because it comes
// back to others.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"

namespace trainyard::aws::sqs {

inline constexpr std::chrono::hours invisible_max{12};  // from receive on; SQS developer guide

struct heartbeat_options {
    duration visibility = std::chrono::seconds{120};  // of each extension, and of the receive
    duration margin = std::chrono::seconds{60};       // extended when so much is left; below `visibility`
    duration retry = std::chrono::seconds{2};         // after a failed extension
};

class heartbeat {
public:
    using key = std::uint64_t;  // the consumer's own

    struct beat {
        key message = 0;
        std::string receipt_handle;
        int timeout_seconds = 0;  // from now on
    };
    struct commands {
        std::vector<beat> extend;   // the one that becomes visible first comes first
        std::vector<key> hand_off;  // told once each; these are not extended any more
        std::vector<key> lost;      // visible to others by now: no longer ours, forgotten
    };

    explicit heartbeat(heartbeat_options options);

    // `received`: when the receive was asked for, which is the latest time its clock can have begun.
    void hold(key message, std::string receipt_handle, mono_time received);
    // Deleted, given back, or done with.
    void forget(key message);

    // At most `most` extensions; each must be answered by extended() or failed() before it is given again.
    commands take(mono_time now, std::size_t most);
    void extended(key message, mono_time asked);
    // `sender_fault`: SQS no longer knows the handle, so the message is lost.
    void failed(key message, bool sender_fault, mono_time now);

    std::optional<mono_time> next_due() const;
    std::size_t held() const { return messages_.size(); }

private:
    struct message {
        std::string receipt_handle;
        mono_time received{}, hidden_until{};
        mono_time act_at{};  // its place in order_
        bool in_flight = false, handed_off = false;
    };
    void place(key k, message& m, mono_time at);
    void place_after_success(key k, message& m);

    heartbeat_options options_;
    std::map<key, message> messages_;
    std::set<std::pair<mono_time, key>> order_;  // of those that wait
    std::vector<key> lost_;                      // found lost between two calls of take()
};

}  // namespace trainyard::aws::sqs
