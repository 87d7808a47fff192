// How an AWS call can fail, folded into the few outcomes that callers act on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace trainyard::aws {

enum class failure {
    throttled,       // slow down; nothing was done
    quota_exceeded,  // ResourceLimitExceeded: wait for capacity of that resource
    already_exists,  // ResourceInUse, "Cannot create already existing": look at whose it is
    not_found,       // also SageMaker's ValidationException "Requested resource not found."
    conflict,  // the state of the thing, or another change, stands in the way; nothing was done: look again
    invalid_request,  // the request itself is wrong; repeating it cannot help
    access_denied,    // policy refuses these credentials
    bad_credentials,  // unknown key, wrong signature, expired token after one refresh, or no credentials at
                      // all
    service_fault,    // 5xx: the effect is unknown
    unreachable,      // nothing was sent
    effect_unknown,   // sent, but no full answer came: timeout, reset, malformed answer
    cancelled,        // our own shutdown
};
inline constexpr std::size_t failure_kinds = static_cast<std::size_t>(failure::cancelled) + 1;
std::string_view to_string(failure f);

struct api_error {
    failure kind = failure::effect_unknown;
    std::string service, operation;  // "sqs", "ReceiveMessage"
    int http_status = 0;             // 0: no answer
    std::string code;                // AWS's code, without namespace; empty: no answer
    std::string message;
    std::string request_id;

    // True when the operation may have taken effect on the server.
    bool may_have_executed() const {
        return kind == failure::service_fault || kind == failure::effect_unknown;
    }
    // sagemaker CreateTrainingJob: ResourceLimitExceeded: The account-level ... (HTTP 400, request id ...)
    std::string to_string() const;
};
error to_error(const api_error& e);

[[noreturn]] void throw_exception_from_error(const api_error& e, const boost::source_location& where);

template <class T>
using api_result = boost::system::result<T, api_error>;

// The fold: one function for every service, pure. `code` as on the wire, without namespace and suffix.
failure classify(std::string_view service, int http_status, std::string_view code, std::string_view message);

}  // namespace trainyard::aws
