// Errors as values. `result<T>` is what every boundary of the engine returns: a T, or an `error` that says
// what happened, to what, and what to do about it.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace trainyard {

// What kind of failure; callers branch on this, people read `error::message`.
enum class errc {
    invalid_argument,  // the input is wrong; repeating it cannot help
    not_found,
    already_exists,
    permission,   // credentials or policy refuse
    unreachable,  // no connection: DNS, connect, reset, TLS
    timeout,      // a deadline passed; the effect of the call is unknown
    limit,        // one of our own bounds was reached
    corrupt,      // data that should be well-formed is not
    io,           // the local disk or socket failed
    cancelled,    // shutdown
    internal,
};

std::string_view to_string(errc code);

struct error {
    errc code = errc::internal;
    std::string message;  // one line, names the thing; never contains a secret
};

// The same error with "what: " before its message.
error with_context(error e, std::string_view what);

template <class T>
using result = boost::system::result<T, error>;

// Called by result::value() on a result that holds an error; throws std::runtime_error with the message.
[[noreturn]] void throw_exception_from_error(const error& e, const boost::source_location& where);

}  // namespace trainyard
