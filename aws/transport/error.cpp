#include "aws/transport/error.hpp"

#include <stdexcept>

#include "engine/base/encoding.hpp"

namespace trainyard::aws {

std::string_view to_string(failure f) {
    switch (f) {
        case failure::throttled: return "throttled";
        case failure::quota_exceeded: return "quota_exceeded";
        case failure::already_exists: return "already_exists";
        case failure::not_found: return "not_found";
        case failure::conflict: return "conflict";
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
        case failure::already_exists:
        case failure::conflict: code = errc::already_exists; break;
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

}  // namespace trainyard::aws
