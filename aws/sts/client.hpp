// STS as typed calls (Query protocol), and roles assumed through it as a credentials provider.
#pragma once

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
    std::string external_id;   // empty: none
    int duration_seconds = 3600;
};

class client {
public:
    client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who);
    task<api_result<caller_identity>> get_caller_identity(mono_time deadline);
    task<api_result<sigv4::credentials>> assume_role(assume_role_request request, mono_time deadline);

private:
    transport* transport_;
    endpoint where_;
    std::shared_ptr<credentials_provider> who_;
};

// Assumes the role at the first get() and again before it expires: single flight, refreshes at max(5 min, 20
// % of its life) before expiry with jitter, keeps the last good set while a refresh fails and the set lives.
// `t` and the io_context of its client outlive the provider.
std::shared_ptr<credentials_provider> make_assumed_role_provider(transport& t, endpoint where,
                                                                 std::shared_ptr<credentials_provider> base,
                                                                 assume_role_request request,
                                                                 std::uint64_t seed);

}  // namespace trainyard::aws::sts
