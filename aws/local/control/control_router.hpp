// The control API of the local AWS: JSON under /_trainyard/, for tests and people at this machine, unsigned.
// Requests of web pages are refused: those with an Origin, and those whose Host is no name of the loopback
// address (DNS rebinding).
#pragma once

#include <boost/system/result.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/result.hpp"
#include "engine/http/message.hpp"

namespace trainyard::aws::local {

struct control_error {
    int status = 400;
    std::string pointer;  // RFC 6901, of what is wrong in the body; empty: the body itself, or no body
    std::string reason;
};

// The JSON of a 200 answer.
using control_reply = boost::system::result<std::string, control_error>;
[[noreturn]] void throw_exception_from_error(const control_error& e, const boost::source_location& where);

struct control_call {
    std::string name;  // what stood for * in the path; percent-decoded, never empty there
    json::value body;  // an object or a list; missing without a body
};

// "/probability: must be 0 to 1" as pointer and reason.
control_error control_error_of(const error& e);

class control_router {
public:
    using handler = std::function<control_reply(const control_call&)>;

    // `path` is what follows /_trainyard/; a last segment * takes any name. A part of the local AWS adds its
    // own when the world is made.
    void on(std::string method, std::string path, handler handle);

    http::response handle(const http::request& request) const;

private:
    struct entry {
        std::string method, path;
        handler handle;
    };
    control_reply dispatch(const http::request& request, http::response& out) const;
    std::vector<entry> entries_;
};

// localhost, *.localhost, 127.0.0.0/8 and [::1], with any port.
bool is_loopback_host(std::string_view host);

}  // namespace trainyard::aws::local
