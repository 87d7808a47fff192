// SQS requests and answers as values (model 2012-11-05, AWS JSON 1.0).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace trainyard::aws::sqs {

inline constexpr std::size_t batch_entries_max = 10;
inline constexpr std::size_t batch_bytes_max = 1U << 20U;

struct attribute_value {
    std::string data_type;  // String, Number, Binary, each with an optional .label
    std::string value;      // text, or the raw bytes of a Binary
};
using attribute_map = std::map<std::string, attribute_value>;

struct message {
    std::string message_id;
    std::string receipt_handle;
    std::string body;
    std::map<std::string, std::string> system_attributes;  // ApproximateReceiveCount, SentTimestamp, ...
    attribute_map attributes;
};

struct receive_options {
    int max_messages = 10;                  // 1..10
    int wait_seconds = 20;                  // 0..20
    std::optional<int> visibility_timeout;  // seconds, 0..43200; absent: the queue's
    std::string receive_attempt_id;         // FIFO only; empty: none
};

struct send_entry {
    std::string id;  // unique in its batch
    std::string body;
    std::optional<int> delay_seconds;
    attribute_map attributes;
    std::string group_id;          // FIFO; empty: none
    std::string deduplication_id;  // FIFO; empty: none
};
struct sent {
    std::string id, message_id, sequence_number;
};

struct delete_entry {
    std::string id, receipt_handle;
};
struct visibility_entry {
    std::string id, receipt_handle;
    int timeout_seconds = 0;
};

struct failed_entry {
    std::string id, code, message;
    bool sender_fault = false;
};

// Every id that was asked for is in exactly one of the two: an id that the answer leaves out counts as failed
// with code "Missing".
template <class Success>
struct batch_result {
    std::vector<Success> successful;
    std::vector<failed_entry> failed;
};

}  // namespace trainyard::aws::sqs
