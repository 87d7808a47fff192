// What every service of the local AWS offers to the front: one operation in, one answer out.
#pragma once

#include <boost/system/result.hpp>
#include <string>

#include "engine/base/json.hpp"
#include "engine/base/time.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local {

// Who signed the request, as verified by the front.
struct principal {
    account_id account;
    std::string arn;  // arn:aws:iam::123456789012:user/local, or arn:aws:sts::...:assumed-role/role/session
    std::string user_id;          // SenderId: AIDA..., or AROA...:session
    std::string role_arn{};       // of a role's session: the role with its path; else empty
    std::string access_key_id{};  // with which the request was signed
};

// One call of a JSON-protocol service.
struct operation_call {
    std::string operation;  // "SendMessage"
    json::value input;      // an object; outlives the call
    principal who;
    region_name region;          // from the credential scope
    std::string base_url;        // scheme://host:port as the client wrote it; queue URLs start with it
    wall_time now{};             // when the request arrived
    std::string trace_header{};  // the X-Amzn-Trace-Id of the HTTP request
};

struct service_error {
    int status = 400;
    std::string type;        // full __type: "com.amazonaws.sqs#QueueDoesNotExist", "ValidationException"
    std::string query_code;  // for x-amzn-query-error, "AWS.SimpleQueueService.NonExistentQueue"; empty: no
                             // such header
    std::string message;
    bool sender_fault = true;
};

// The JSON body of a 200 answer; empty for operations without output.
using service_reply = boost::system::result<std::string, service_error>;

[[noreturn]] void throw_exception_from_error(const service_error& e, const boost::source_location& where);

}  // namespace trainyard::aws::local
