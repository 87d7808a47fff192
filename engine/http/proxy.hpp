// Which proxy a request goes through, and what is said to it. Pure: the composition root hands in the values
// of the environment.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/base/secret.hpp"
#include "engine/http/message.hpp"

namespace trainyard::http {

struct proxy_settings {
    secret https, http;  // the proxy's URL for https:// and for http:// origins; empty: connect directly
    std::string bypass;  // NO_PROXY
};

// From HTTPS_PROXY, HTTP_PROXY and NO_PROXY as botocore (through Python's urllib) reads them: the lower-case
// name wins; HTTP_PROXY in upper case is ignored where REQUEST_METHOD is set, for a CGI server puts a
// request's Proxy header there (CVE-2016-1000110). `get` gives a variable's value, or an empty string.
proxy_settings read_proxy_settings(const std::function<std::string(const std::string&)>& get);

struct proxy {
    std::string host;
    std::uint16_t port = 80;
    secret authorization;  // value of Proxy-Authorization, or empty

    std::string to_string() const;  // host:port, without credentials
};

// Nothing: connect directly. A proxy's URL is [http://][user[:password]@]host[:port]; one that is not gives
// errc::invalid_argument, which names the variable and never quotes it.
// NO_PROXY is a list of names, addresses and networks, separated by commas or spaces: "example.com",
// ".example.com" and "*.example.com" mean that name and all below it, "10.0.0.0/8" a network, "*" everything;
// an entry may end in ":port". As in urllib, loopback has no special place: where HTTP_PROXY is set and a
// local endpoint is used, NO_PROXY has to say so. Link-local addresses (instance and container metadata)
// never go through a proxy: behind it they would name another machine's.
result<std::optional<proxy>> choose_proxy(const origin& to, const proxy_settings& settings);

// A tunnel to `to`. For plain http:// origins too, so that a proxy sees no request; some proxies allow
// tunnels to port 443 alone, and then NO_PROXY is the way out.
secret connect_request(const origin& to, const proxy& via);
// `head` up to and with the empty line.
result<void> check_connect_answer(std::string_view head, const proxy& via);

}  // namespace trainyard::http
