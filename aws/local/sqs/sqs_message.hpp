// Messages between the JSON of SQS and the store: reading and checking what is sent, digests, writing what is
// received. Pure. Rules: SendMessage and ReceiveMessage of the SQS API reference; "Message attribute MD5
// digest calculation" of the developer guide.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/sqs/queue_attributes.hpp"
#include "aws/local/sqs/queue_store.hpp"
#include "aws/local/sqs/sqs_error.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local {

// Body and attributes of one message, and of all messages of one batch.
inline constexpr std::size_t max_payload = 1'048'576;
inline constexpr std::size_t max_attributes = 10;

struct outgoing_message {
    queue_message message;
    std::optional<std::chrono::seconds> delay;
};

// `in_batch` changes two texts and one code, as on AWS. The digest of the body is left to the caller, who may
// have several to compute. On an error `out` is of no use.
sqs_result<void> read_message(json::value entry, const queue_attributes& queue, bool in_batch,
                              outgoing_message& out);

// What counts against the size limits: body, and name, type and value of every user attribute.
std::size_t payload_size(json::value entry);

// 32 lower-case hex digits.
std::string md5_of_attributes(const message_attributes& attributes);
std::string md5_of_trace_header(const std::string& header);  // the system attribute AWSTraceHeader

// Which attributes a receiver asked for.
struct attribute_filter {
    std::vector<std::string> system, user;
};

void write_received(json::writer& out, const queue_message& m, std::string_view handle,
                    const attribute_filter& want);

// What the sender checks its message with. Of what came with the call, also when that repeats an earlier
// message.
struct message_digests {
    std::string body, attributes, trace_header;  // empty: there is none
};
message_digests digests_of(const queue_message& m);
// The members of SendMessage's answer, without the braces.
void write_sent(json::writer& out, const message_digests& d, const queue_store::sent& s);

// An X-Ray trace header, as far as SQS looks.
bool is_trace_header(std::string_view text);

}  // namespace trainyard::aws::local
