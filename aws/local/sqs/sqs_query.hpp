// SQS's old Query protocol, translated: a form becomes the JSON input that the operations take, their JSON
// output and errors become XML. Pure; the names are in sqs_query_table.
#pragma once

#include <string>
#include <string_view>

#include "aws/local/base/query_text.hpp"
#include "aws/local/sqs/sqs_error.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local {

inline constexpr std::string_view sqs_query_version = "2012-11-05";

struct query_call {
    std::string operation;
    std::string input;  // a JSON object
};

// `path` is / or a queue's; the latter is its QueueUrl when the form names none. Fields that the operation
// does not know are left out, as on AWS.
sqs_result<query_call> read_sqs_query(const query_parameters& form, std::string_view path);

bool is_queue_path(std::string_view path);  // /123456789012/name

// For parsing query_call::input. A form holds longer texts than JSON requests may, and their escapes grow.
json::limits query_input_limits();

// The document of a 200 answer; `output` as the operation gave it, empty when it has none.
std::string sqs_query_answer(std::string_view operation, std::string_view output,
                             std::string_view request_id);

service_error malformed_query_string();
// What AWS answers a GET without an action, whoever asks.
service_error no_query_action();

// The document of an error, with the code and text of the Query protocol.
std::string sqs_query_error(const service_error& e, std::string_view request_id);

}  // namespace trainyard::aws::local
