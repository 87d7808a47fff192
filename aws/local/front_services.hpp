// The services behind the front, in one table, and how each is called. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <string_view>

#include "aws/local/base/service.hpp"
#include "aws/local/model/shapes.hpp"
#include "engine/io/task.hpp"

namespace trainyard::aws::local {

enum class service_name : unsigned char { sqs, sagemaker, sts, iam, events, quotas, other };
inline constexpr std::size_t services_known = 6;  // all but `other`

// Signing name, target prefix, API version, XML namespace and operations are the model's.
struct service_row {
    service_name name;
    const model::service_model& (*model)();
    std::string_view json_version;  // of application/x-amz-json-; empty: the Query protocol only
    bool query;                     // answers forms
    std::string_view full_name;     // as its framework calls it
    // The shapes whose text is the member "Message"; every other error says "message".
    std::span<const std::string_view> capital_message;
    // Called without a signature, as a web identity is before it has keys. The caller is then empty.
    std::span<const std::string_view> unsigned_operations;
};

// In the order of service_name.
std::span<const service_row, services_known> service_table();
// Nothing for `other`.
const service_row* find_row(service_name s);
std::string_view to_string(service_name s);  // the signing name; "other"

service_name by_signing_name(std::string_view name);
service_name by_target_prefix(std::string_view prefix);
// The service that speaks the Query protocol in that version.
service_name by_query_version(std::string_view version);

// A service answers at once or, where it may wait for something, by a coroutine. It gets JSON and gives JSON
// whatever the client speaks; SQS alone is told so by its own translation of the Query protocol.
struct service_handler {
    std::function<service_reply(const operation_call&)> at_once;
    std::function<task<service_reply>(operation_call)> awaited;
};

// By service_name. A service without a handler answers every operation as unknown.
using service_handlers = std::array<service_handler, services_known>;

}  // namespace trainyard::aws::local
