// The errors of EventBridge as it answers them.
#pragma once

#include <boost/system/result.hpp>
#include <string>

#include "aws/local/base/service.hpp"
#include "aws/local/base/validation.hpp"

namespace trainyard::aws::local::events {

// Never of a number or bool: those would also convert to the `status` of an error.
template <class T>
using events_result = boost::system::result<T, service_error>;

inline service_error events_error(std::string type, std::string message) {
    return {400, std::move(type), "", std::move(message), true};
}
inline service_error not_found(std::string message) {
    return events_error("ResourceNotFoundException", std::move(message));
}
inline service_error already_exists(std::string message) {
    return events_error("ResourceAlreadyExistsException", std::move(message));
}
inline service_error limit_exceeded(std::string message) {
    return events_error("LimitExceededException", std::move(message));
}
inline service_error invalid_pattern(const std::string& reason) {
    return events_error("InvalidEventPatternException", "Event pattern is not valid. Reason: " + reason);
}

}  // namespace trainyard::aws::local::events
