#include "aws/transport/error.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "engine/base/encoding.hpp"

namespace trainyard::aws {

std::string_view to_string(failure f) {
    switch (f) {
        case failure::throttled: return "throttled";
        case failure::quota_exceeded: return "quota_exceeded";
        case failure::already_exists: return "already_exists";
        case failure::not_found: return "not_found";
        case failure::invalid_request: return "invalid_request";
        case failure::access_denied: return "access_denied";
        case failure::bad_credentials: return "bad_credentials";
        case failure::service_fault: return "service_fault";
        case failure::unreachable: return "unreachable";
        case failure::effect_unknown: return "effect_unknown";
        case failure::cancelled: return "cancelled";
    }
    return "unknown";
}

std::string api_error::to_string() const {
    std::string out = service + " " + operation + ": ";
    out += code.empty() ? std::string{trainyard::aws::to_string(kind)} : printable(code, 100);
    if (!message.empty()) out += ": " + printable(message, 1000);
    if (http_status == 0) return out;
    out += " (HTTP " + std::to_string(http_status);
    if (!request_id.empty()) out += ", request id " + printable(request_id, 100);
    return out + ")";
}

error to_error(const api_error& e) {
    errc code = errc::internal;
    switch (e.kind) {
        case failure::throttled:
        case failure::quota_exceeded: code = errc::limit; break;
        case failure::already_exists: code = errc::already_exists; break;
        case failure::not_found: code = errc::not_found; break;
        case failure::invalid_request: code = errc::invalid_argument; break;
        case failure::access_denied:
        case failure::bad_credentials: code = errc::permission; break;
        case failure::unreachable: code = errc::unreachable; break;
        case failure::service_fault:
        case failure::effect_unknown: code = errc::timeout; break;
        case failure::cancelled: code = errc::cancelled; break;
    }
    return {code, e.to_string()};
}

void throw_exception_from_error(const api_error& e, const boost::source_location&) {
    throw std::runtime_error(e.to_string());
}

namespace {

struct row {
    std::string_view code;
    failure kind;
};

// Facts: AWS error tables of the SQS, SageMaker and STS models, and botocore's throttling list.
constexpr std::array table{
    row{"Throttling", failure::throttled},
    row{"ThrottlingException", failure::throttled},
    row{"ThrottledException", failure::throttled},
    row{"RequestThrottledException", failure::throttled},
    row{"RequestThrottled", failure::throttled},
    row{"TooManyRequestsException", failure::throttled},
    row{"ProvisionedThroughputExceededException", failure::throttled},
    row{"TransactionInProgressException", failure::throttled},
    row{"RequestLimitExceeded", failure::throttled},
    row{"BandwidthLimitExceeded", failure::throttled},
    row{"LimitExceededException", failure::throttled},
    row{"SlowDown", failure::throttled},
    row{"PriorRequestNotComplete", failure::throttled},
    row{"EC2ThrottledException", failure::throttled},
    row{"KMS.ThrottlingException", failure::throttled},
    row{"KmsThrottled", failure::throttled},
    row{"ResourceLimitExceeded", failure::quota_exceeded},
    // SQS: too many messages in flight. Waiting does not free them, deleting does, so it is a quota and not a
    // rate.
    row{"OverLimit", failure::quota_exceeded},
    row{"ResourceInUse", failure::already_exists},
    row{"QueueAlreadyExists", failure::already_exists},
    row{"QueueNameExists", failure::already_exists},
    row{"ResourceNotFound", failure::not_found},
    row{"ResourceNotFoundException", failure::not_found},
    row{"QueueDoesNotExist", failure::not_found},
    row{"AWS.SimpleQueueService.NonExistentQueue", failure::not_found},
    row{"AccessDenied", failure::access_denied},
    row{"AccessDeniedException", failure::access_denied},
    row{"InvalidSecurity", failure::access_denied},
    row{"KMS.AccessDeniedException", failure::access_denied},
    row{"KmsAccessDenied", failure::access_denied},
    row{"OptInRequired", failure::access_denied},
    row{"RegionDisabledException", failure::access_denied},
    row{"MissingAuthenticationToken", failure::bad_credentials},
    row{"MissingAuthenticationTokenException", failure::bad_credentials},
    row{"UnrecognizedClientException", failure::bad_credentials},
    row{"InvalidClientTokenId", failure::bad_credentials},
    row{"InvalidSignatureException", failure::bad_credentials},
    row{"SignatureDoesNotMatch", failure::bad_credentials},
    row{"ExpiredToken", failure::bad_credentials},
    row{"ExpiredTokenException", failure::bad_credentials},
    row{"IncompleteSignature", failure::bad_credentials},
    row{"IncompleteSignatureException", failure::bad_credentials},
    row{"RequestExpired", failure::bad_credentials},
    row{"RequestTimeTooSkewed", failure::bad_credentials},
    row{"RequestInTheFuture", failure::bad_credentials},
    row{"AuthFailure", failure::bad_credentials},
    row{"InternalFailure", failure::service_fault},
    row{"InternalError", failure::service_fault},
    row{"InternalServerError", failure::service_fault},
    row{"ServiceUnavailable", failure::service_fault},
    row{"RequestTimeout", failure::service_fault},
    row{"RequestTimeoutException", failure::service_fault},
    row{"IDPCommunicationError", failure::service_fault},
};

bool begins(std::string_view s, std::string_view with) {
    return s.substr(0, with.size()) == with;
}

}  // namespace

failure classify(std::string_view service, int http_status, std::string_view code, std::string_view message) {
    if (code == "ValidationException" && service == "sagemaker") {
        if (begins(message, "Requested resource not found") || begins(message, "Could not find"))
            return failure::not_found;
        if (begins(message, "Cannot create already existing")) return failure::already_exists;
    }
    const auto* found =
        std::find_if(table.begin(), table.end(), [code](const row& r) { return r.code == code; });
    if (found != table.end()) return found->kind;
    if (http_status >= 500) return failure::service_fault;
    if (http_status == 429) return failure::throttled;
    // A proxy's 408 says nothing about what reached the service.
    if (http_status == 408) return failure::effect_unknown;
    if (code.empty() && http_status == 401) return failure::bad_credentials;
    if (code.empty() && http_status == 403) return failure::access_denied;
    if (code.empty() && http_status == 404) return failure::not_found;
    if (http_status >= 400) return failure::invalid_request;
    return failure::effect_unknown;
}

}  // namespace trainyard::aws
