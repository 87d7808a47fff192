// What of SQS outlives the process: queues, messages and where they stand, deduplication, move tasks, and
// names that must still rest. Receive attempts (ReceiveRequestAttemptId) are forgotten.
//
// Keys, with the id of the queue and the number of the message in 16 hex digits each:
//   1queue/Q  2last/Q  3message/Q/N  4state/Q/N  5deduplication/Q/KEY  6moves/Q  7deleted/ARN
// A message stands apart from its state, so that a receive does not write its body again.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "aws/local/base/durable.hpp"
#include "aws/local/sqs/queue_moves.hpp"
#include "aws/local/sqs/queue_registry.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local {

class sqs_durable final : public durable {
public:
    // Both outlive it.
    sqs_durable(queue_registry& queues, queue_moves& moves) : registry_(queues), moves_(moves) {}

    std::string_view part() const override { return "sqs"; }
    void keep_changes() override;
    bool changed() const override { return registry_.changed() || moves_.changed(); }
    void take_changes(std::vector<durable_change>& into) override;
    result<void> restore(std::string_view key, std::string_view value) override;
    result<void> restored() override;

private:
    void take_store(queue& q, std::vector<durable_change>& into);
    void take_last(const queue& q, std::vector<durable_change>& into);
    bool restore_one(std::string_view kind, const std::shared_ptr<queue>& q, std::string_view rest,
                     json::value v);

    queue_registry& registry_;
    queue_moves& moves_;
    // Numbers are reserved in blocks, so that not every message writes the last one.
    std::unordered_map<std::uint64_t, std::uint64_t> reserved_;
    // While it is restored.
    std::map<std::uint64_t, std::shared_ptr<queue>> queues_;
    std::unordered_map<std::uint64_t, std::unordered_map<std::uint64_t, queue_message>> messages_;
    std::vector<std::pair<std::uint64_t, kept_deduplication>> deduplication_;
};

}  // namespace trainyard::aws::local
