// AWS's Query protocol by the model: form fields to a JSON input, a JSON output to XML. Pure.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/local/base/query_text.hpp"
#include "aws/local/base/service.hpp"
#include "aws/local/model/shapes.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::model {

// The fields of a form as the JSON object that a JSON service would have got: lists from "Tags.member.1.Key",
// numbers and booleans by their shape. Fields that the operation does not know are left out. 400
// MalformedInput for a number or boolean that is none, for an index outside 1 to 999999 and for a nesting
// deeper than the model's.
boost::system::result<std::string, service_error> input_of_form(const service_model& service,
                                                                const operation& o,
                                                                const query_parameters& form);

// The whole answer: <OpResponse xmlns=...><OpResult>...</OpResult><ResponseMetadata>. `output` is the object
// that a JSON service would have answered, or empty for none; timestamps are numbers there and ISO 8601 here.
std::string answer_of_output(const service_model& service, const operation& o, const std::string& output,
                             std::string_view request_id);

// <ErrorResponse xmlns=...><Error><Type>Sender</Type>...
std::string error_answer(const service_model& service, const service_error& e, std::string_view request_id);

}  // namespace trainyard::aws::local::model
