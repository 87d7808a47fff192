// What is signed and verified: a view of the request as it goes on the wire, and where it goes.
#pragma once

#include <span>
#include <string_view>

namespace trainyard::sigv4 {

struct header_view {
    std::string_view name;
    std::string_view value;
};

// `headers` must hold host; every view must outlive the call it is passed to.
struct request_view {
    std::string_view method;
    std::string_view path;   // percent-encoded as sent; empty means "/"
    std::string_view query;  // without '?'; '+' in it is a plus sign
    std::span<const header_view> headers;
    std::string_view body;
};

struct scope {
    std::string_view region;
    std::string_view service;
};

// How the path enters the signature. Both hold for every service but S3, which has neither.
struct path_rule {
    bool normalize = true;     // empty and "." segments go, ".." takes its parent with it
    bool encode_twice = true;  // '%' is escaped too: what is escaped on the wire is escaped once more
};

}  // namespace trainyard::sigv4
