#include "aws/local/sqs/sqs_error.hpp"

#include <fmt/format.h>

#include "aws/local/policy/pattern.hpp"

namespace trainyard::aws::local::sqs_error {

namespace {

service_error framework(std::string_view shape, std::string_view code, int status, std::string message) {
    return {status, fmt::format("com.amazon.coral.service#{}", shape), std::string(code), std::move(message),
            true};
}

}  // namespace

service_error modelled(std::string_view shape, std::string message) {
    return {400, fmt::format("com.amazonaws.sqs#{}", shape), fmt::format("AWS.SimpleQueueService.{}", shape),
            std::move(message), true};
}

service_error plain(std::string_view shape, int status, std::string message) {
    return {status, fmt::format("com.amazonaws.sqs#{}", shape), std::string(shape), std::move(message), true};
}

service_error invalid_parameter(std::string message) {
    return framework("InvalidParameterValueException", "InvalidParameterValue", 400, std::move(message));
}

service_error invalid_value(std::string_view value, std::string_view name, std::string_view reason) {
    return invalid_parameter(
        fmt::format("Value {} for parameter {} is invalid. Reason: {}", value, name, reason));
}

service_error missing_parameter(std::string_view name) {
    return framework("MissingRequiredParameterException", "MissingParameter", 400,
                     fmt::format("The request must contain the parameter {}.", name));
}

service_error malformed_input(std::string message) {
    return framework("SerializationException", "SerializationException", 400, std::move(message));
}

service_error unknown_operation(std::string_view operation) {
    return framework("UnknownOperationException", "InvalidAction", 400,
                     fmt::format("The action {} is not valid for this endpoint.", operation));
}

service_error access_denied(const principal& who, access what, const access_decision& denied) {
    what.action = lower(what.action);  // as SQS tells it
    return framework("AccessDeniedException", "AccessDenied", 403, denial_text(who, what, denied));
}

service_error queue_does_not_exist() {
    return {400, "com.amazonaws.sqs#QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue",
            "The specified queue does not exist.", true};
}

service_error unknown_attribute(std::string_view name) {
    return plain("InvalidAttributeName", 400, fmt::format("Unknown Attribute {}.", name));
}

service_error invalid_attribute_value(std::string_view name) {
    return plain("InvalidAttributeValue", 400, fmt::format("Invalid value for the parameter {}.", name));
}

}  // namespace trainyard::aws::local::sqs_error
