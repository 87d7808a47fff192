// Queues, messages, deduplication and move tasks as JSON documents, and back. Pure.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "aws/local/sqs/queue_moves.hpp"
#include "aws/local/sqs/queue_registry.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::sqs_documents {

// A document may be a message of 1 MiB with every byte escaped.
json::limits read_limits();

std::string write_queue(const queue& q);
std::shared_ptr<queue> read_queue(std::uint64_t id, json::value v);  // null: it is none

// The message as it was sent; what receives change stands in its state.
std::string write_message(const queue_message& m);
std::optional<queue_message> read_message(json::value v);

std::string write_state(const kept_message& k, const queue_message& m);
// Fills what stands in the state.
std::optional<kept_message> read_state(std::uint64_t number, json::value v, queue_message& m);

std::string write_deduplication(const kept_deduplication& k);
std::optional<kept_deduplication> read_deduplication(std::string_view key, json::value v);

std::string write_moves(const std::deque<move_task>& tasks);
std::optional<std::deque<move_task>> read_moves(const std::shared_ptr<queue>& source, json::value v);

}  // namespace trainyard::aws::local::sqs_documents
