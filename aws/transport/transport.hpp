// One AWS call: sign, send, classify, retry. Every service client goes through here.
#pragma once

#include <memory>
#include <string>

#include "aws/credentials/provider.hpp"
#include "aws/transport/endpoint.hpp"
#include "aws/transport/error.hpp"
#include "engine/base/rng.hpp"
#include "engine/http/client.hpp"
#include "engine/metrics/registry.hpp"

namespace trainyard::aws {

struct call {
    std::string service;    // signing name
    std::string operation;  // for messages and metrics
    aws::endpoint endpoint;
    http::fields fields;  // content-type, x-amz-target, ...
    std::string body;
    http::lane lane = http::lane::control;
    mono_time deadline;                                   // bounds all attempts together
    duration attempt_timeout = std::chrono::seconds{10};  // of one attempt, within the deadline
    int attempts_max = 3;  // 1: the caller deals with failures itself (Create: the effect must be examined)
    bool retry_unknown_effect = true;  // false where a repeat is not idempotent
};

class transport {
public:
    // `client`, `time` and `registry` outlive the transport. Used from the client's thread.
    transport(http::client& client, const clock& time, metrics::registry& registry, std::uint64_t seed);
    ~transport();
    transport(const transport&) = delete;
    transport& operator=(const transport&) = delete;

    // Standard retry mode with its token bucket (500 tokens; 5 a retry, 10 after a timeout). An expired token
    // is refreshed and tried once more. 2xx answers only; everything else is an api_error.
    task<api_result<http::response>> send(call what, std::shared_ptr<credentials_provider> who);

    const clock& time() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

// How every JSON-protocol service is called: `target` is "AmazonSQS.SendMessage", `version` "1.0" or "1.1".
call make_json_call(std::string service, std::string_view target, std::string_view version,
                    aws::endpoint endpoint, std::string body, mono_time deadline);

}  // namespace trainyard::aws
