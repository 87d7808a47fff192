// Every queue of every account and region: creation, deletion, names, attributes and tags. Pure: time is an
// argument.
#pragma once

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/sqs/queue_attributes.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local {

// A name is free again, and a purge may be repeated, after this long.
inline constexpr std::chrono::seconds queue_settle_time{60};
inline constexpr std::size_t max_queue_tags = 50;
inline constexpr std::size_t max_list_page = 1000;

struct queue_key {
    account_id account;
    region_name region;
    std::string name;
    std::string arn() const;
    friend auto operator<=>(const queue_key&, const queue_key&) = default;
};

// The inverse of queue_key::arn().
std::optional<queue_key> parse_queue_arn(std::string_view arn);

struct queue {
    queue_key key;
    std::uint64_t id = 0;  // unlike the name, never used twice
    queue_attributes attributes;
    string_map tags;
    wall_time created{}, modified{};
    std::optional<wall_time> purged;
    bool deleted = false;  // still held by someone who waits on it
    queue_store store;
};

// What became different in a registry since it was asked last.
struct registry_changes {
    std::map<std::uint64_t, std::shared_ptr<queue>> queues;  // by id: made, described anew, or deleted
    std::map<std::uint64_t, queue*> stores;                  // with changes to take; no deleted ones
    std::set<queue_key> names;                               // that were taken back or may be used again
};

class queue_registry {
public:
    // `random` marks the receipt handles of each queue.
    explicit queue_registry(rng random) : random_(random) {}

    // Gives the existing queue when every given attribute equals its own.
    sqs_result<std::shared_ptr<queue>> create(const queue_key& key, const string_map& attributes,
                                              const string_map& tags, wall_time now);
    std::shared_ptr<queue> find(const queue_key& key) const;  // null when there is none
    void remove(const queue_key& key, wall_time now);
    sqs_result<void> set_attributes(queue& q, const string_map& attributes, wall_time now);
    sqs_result<void> purge(queue& q, wall_time now);
    sqs_result<void> tag(queue& q, const string_map& tags);
    void untag(queue& q, const std::vector<std::string>& keys);

    struct page {
        std::vector<std::shared_ptr<queue>> queues;
        bool more = false;
    };
    // In the order of names, after `after`, of one account and region.
    page list(const account_id& account, const region_name& region, std::string_view prefix,
              std::string_view after, std::size_t max) const;

    // Receives from `q` under its redrive policy and puts dead letters into their queue, which is returned
    // when it got any. Without that queue the policy rests.
    struct received {
        queue_store::received batch;
        std::shared_ptr<queue> dead_letter_queue;
    };
    received receive(queue& q, receive_request request, wall_time now, rng& random);

    // Queues whose redrive policy names `q`.
    std::vector<std::shared_ptr<queue>> dead_letter_sources(const queue& q) const;
    std::size_t messages() const;
    queue_store::counts counts(wall_time now) const;  // of every queue together

    // Changes of queues and their stores are remembered from now on.
    void keep_changes();
    bool changed() const;
    registry_changes take_changes();
    // When a name was taken back; nothing when it may be used again.
    std::optional<wall_time> deleted_at(const queue_key& key) const;
    // Into a registry that nothing else was done to.
    void restore(std::shared_ptr<queue> q);
    void restore_deleted(const queue_key& key, wall_time when) { deleted_.insert_or_assign(key, when); }

private:
    void mark(const queue_key& key);
    void keep_changes_of(queue& q);
    sqs_result<void> check_redrive(const queue_key& source, const queue_attributes& attributes) const;

    rng random_;
    std::uint64_t last_id_ = 0;
    std::map<queue_key, std::shared_ptr<queue>> queues_;
    std::map<queue_key, wall_time> deleted_;
    std::unique_ptr<registry_changes> changes_;  // null: nobody wants to know
};

}  // namespace trainyard::aws::local
