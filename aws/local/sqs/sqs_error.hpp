// The errors of SQS as it answers them: __type, legacy code of the Query protocol, status and text.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

#include "aws/local/base/service.hpp"
#include "aws/local/policy/authorizer.hpp"

namespace trainyard::aws::local {

// Never of a number or bool: those would also convert to the `status` of an error.
template <class T>
using sqs_result = boost::system::result<T, service_error>;

namespace sqs_error {

// com.amazonaws.sqs#<shape> with the code AWS.SimpleQueueService.<shape>, status 400.
service_error modelled(std::string_view shape, std::string message);
// com.amazonaws.sqs#<shape> with the code <shape>.
service_error plain(std::string_view shape, int status, std::string message);

service_error invalid_parameter(
    std::string message);  // com.amazon.coral.service#InvalidParameterValueException
// "Value <value> for parameter <name> is invalid. Reason: <reason>"
service_error invalid_value(std::string_view value, std::string_view name, std::string_view reason);
service_error missing_parameter(std::string_view name);
service_error malformed_input(std::string message);  // SerializationException
service_error unknown_operation(std::string_view operation);
// No policy allows it, or one denies it.
service_error access_denied(const principal& who, access what, const access_decision& denied);

service_error queue_does_not_exist();
service_error unknown_attribute(std::string_view name);
service_error invalid_attribute_value(std::string_view name);

}  // namespace sqs_error
}  // namespace trainyard::aws::local
