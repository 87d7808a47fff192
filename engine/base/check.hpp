// Checks for programmer errors. They stay on in release builds: a broken invariant stops the process before
// it can start a job twice. What a peer, a disk or a user can cause is never a check but an error value
// (result.hpp).
#pragma once

#include <source_location>
#include <string_view>

namespace trainyard {

// Prints file, line, the failed expression and the reason to standard error, then aborts.
[[noreturn]] void check_failed(std::string_view expression, std::string_view reason,
                               std::source_location where);

}  // namespace trainyard

#define TY_CHECK(expression, reason) \
    (static_cast<bool>(expression)   \
         ? void(0)                   \
         : ::trainyard::check_failed(#expression, reason, std::source_location::current()))
