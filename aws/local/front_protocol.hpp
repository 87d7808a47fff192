// What the front knows of AWS's protocols: which service a request is for, and how each one tells an error.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/local/base/query_text.hpp"
#include "aws/local/base/service.hpp"
#include "aws/local/front_services.hpp"
#include "engine/http/message.hpp"
#include "sigv4/verify.hpp"

namespace trainyard::aws::local {

enum class protocol : unsigned char { json, query };

struct route {
    service_name service = service_name::other;
    local::protocol protocol = protocol::json;
    std::string operation;  // after the dot of X-Amz-Target, or the form's Action; may be unknown or empty
    // Query only: the fields of the query string and of the body; none when they are no well-formed form.
    std::optional<query_parameters> form{};
};

// By X-Amz-Target; else by the form's Version; else by `scope_service`, the service of the credential scope.
// SQS answers a GET and a form by its old Query protocol, all else by JSON. A form of no service is STS's.
route find_route(const http::request& request, std::string_view scope_service);

// Why a signature was refused, as the service tells it.
service_error refusal_error(const route& where, const sigv4::refused& why);
// The same for what AWS's framework refuses: "SerializationException", "UnknownOperationException".
service_error framework_error(const route& where, std::string_view type, std::string message);

// The service does not have the operation, or has none.
service_error unknown_operation(const route& where);

// What IAM's policies do not allow.
service_error access_denied(const route& where, std::string message);

// The answer to `request`, with content type and request id.
http::response render(const route& where, const http::request& request, service_reply reply,
                      std::string_view request_id);

// scheme://host:port as the client wrote it in Host.
std::string base_url(const http::request& request);
// us-east-1 and the like; other scopes are refused.
bool is_region(std::string_view text);

}  // namespace trainyard::aws::local
