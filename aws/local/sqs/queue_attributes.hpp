// The settable attributes of a queue: names, ranges, defaults and what they mean. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/local/sqs/queue_policy.hpp"
#include "aws/local/sqs/queue_store.hpp"
#include "aws/local/sqs/sqs_error.hpp"

namespace trainyard::aws::local {

using string_map = std::map<std::string, std::string, std::less<>>;

struct redrive_policy {
    std::string target_arn;
    std::uint32_t max_receive_count = 0;
};

// Which queues may name this one as their dead-letter queue.
struct redrive_permission {
    enum class kind : unsigned char { allow_all, deny_all, by_queue };
    kind who = kind::allow_all;
    std::vector<std::string> sources;
};

class queue_attributes {
public:
    // The defaults of a new queue.
    explicit queue_attributes(bool fifo = false);

    // All of `given` or nothing. "" removes Policy, RedrivePolicy, RedriveAllowPolicy and KmsMasterKeyId.
    sqs_result<queue_attributes> with(const string_map& given) const;
    // The first of `given` whose value differs here; a removed attribute equals "".
    std::optional<std::string> first_difference(const string_map& given) const;

    const string_map& values() const { return values_; }  // as GetQueueAttributes shows them
    bool fifo() const { return fifo_; }
    std::int64_t number(std::string_view name) const;  // of an attribute with a range
    bool is(std::string_view name, std::string_view value) const;
    const std::optional<redrive_policy>& redrive() const { return redrive_; }
    const redrive_permission& permission() const { return permission_; }
    const std::optional<queue_policy>& policy() const { return policy_; }
    store_settings store() const;

private:
    sqs_result<void> apply(const std::string& name, const std::string& value);

    bool fifo_;
    string_map values_;
    std::array<std::int64_t, 6> numbers_{};  // of the attributes with a range, read once
    std::optional<redrive_policy> redrive_;
    redrive_permission permission_;
    std::optional<queue_policy> policy_;
};

}  // namespace trainyard::aws::local
