// STS as typed calls (Query protocol).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "aws/transport/transport.hpp"

namespace trainyard::aws::sts {

struct caller_identity {
    std::string account, arn, user_id;
};

struct assume_role_request {
    std::string role_arn;
    std::string session_name;  // 2..64 of [\w+=,.@-]
    secret external_id;        // empty: none
    int duration_seconds = 3600;
};

inline constexpr std::size_t web_identity_token_bytes_max = 20'000;  // what STS accepts

struct web_identity_request {
    std::string role_arn, session_name;
    std::string token_file;
    int duration_seconds = 3600;
};

class client {
public:
    client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who);
    task<api_result<caller_identity>> get_caller_identity(mono_time deadline);
    // Up to three attempts.
    task<api_result<sigv4::credentials>> assume_role(assume_role_request request, mono_time deadline);
    // Once; the caller repeats it in its turn. Where the transport itself asks again (the base credentials
    // expired, the clocks differ), `turn_of_repeat` says when it may.
    task<api_result<sigv4::credentials>> assume_role_once(assume_role_request request, mono_time deadline,
                                                          std::function<mono_time()> turn_of_repeat);

private:
    task<api_result<sigv4::credentials>> send_assume_role(assume_role_request request, mono_time deadline,
                                                          int attempts_max,
                                                          std::function<mono_time()> turn_of_repeat);

    transport* transport_;
    endpoint where_;
    std::shared_ptr<credentials_provider> who_;
};

}  // namespace trainyard::aws::sts
