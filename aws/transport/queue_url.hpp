// Whether a queue URL from the configuration may be used. Pure.
#pragma once

#include <string>
#include <string_view>

#include "aws/transport/endpoint.hpp"

namespace trainyard::aws {

struct queue_address {
    std::string account;  // 12 digits
    std::string name;     // 1 to 80 of [A-Za-z0-9_-], a FIFO queue's ends in ".fifo" beyond that
};

// A URL of another host would have signed requests sent there, so the URL must stand on `at`, and its path
// must be /<account>/<name> (behind the path of a custom endpoint). `account` is the configured one, or empty
// when none is. errc::invalid_argument says what differs.
result<queue_address> check_queue_url(std::string_view url, const endpoint& at, std::string_view account);

}  // namespace trainyard::aws
