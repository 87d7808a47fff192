// What one AWS call consists of.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "aws/transport/endpoint.hpp"
#include "engine/base/time.hpp"
#include "engine/http/client.hpp"

namespace trainyard::aws {

struct call {
    std::string service;    // signing name
    std::string operation;  // for messages and metrics
    aws::endpoint endpoint;
    std::string method = "POST";
    std::string target;   // path[?query], percent-encoded as on the wire; empty: the endpoint's path
    http::fields fields;  // content-type, x-amz-target, ...
    std::string body;
    http::lane lane = http::lane::control;
    mono_time deadline;                                   // bounds all attempts together
    duration attempt_timeout = std::chrono::seconds{10};  // of one attempt, within the deadline
    // 0: as the transport is set (AWS_MAX_ATTEMPTS). 1: the caller deals with failures itself (Create: the
    // effect must be examined).
    int attempts_max = 0;
    bool retry_unknown_effect = true;  // false where a repeat is not idempotent
    // False: the HTTP client must not write this request once more when a reused connection closes before an
    // answer began. Operations that repeat.hpp does not know as harmless are not sent twice either way.
    bool resend_when_stale = true;
    // Where the caller has a limit of its own: when an attempt beyond the first may go out, a refreshed or
    // re-dated one too. Empty: at once.
    std::function<mono_time()> turn_of_repeat{};
};

// What to ask of the HTTP client for this call.
bool may_resend(const call& what);

// How every JSON-protocol service is called: `target` is "AmazonSQS.SendMessage", `version` "1.0" or "1.1".
call make_json_call(std::string service, std::string_view target, std::string_view version,
                    aws::endpoint endpoint, std::string body, mono_time deadline);

}  // namespace trainyard::aws
