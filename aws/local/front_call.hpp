// A routed request as the operation's JSON input, and its JSON output as the client's protocol has it. Pure.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

#include "aws/local/front_protocol.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local {

// What the client asked; the input is a JSON object whatever the client speaks.
boost::system::result<json::document, service_error> read_input(const route& where,
                                                                const http::request& request);

// The body of the answer. A Query service says of an operation that it does not have what
// unknown_operation() says, however it named that itself.
service_reply write_output(const route& where, service_reply reply, std::string_view request_id);

}  // namespace trainyard::aws::local
