// An HTTP/1.1 message as the rest of the program sees it: plain data, no library types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace trainyard::http {

struct field {
    std::string name;
    std::string value;
};

// Header fields in wire order. Names compare without case, as RFC 9110 5.1 has it.
class fields {
public:
    fields() = default;
    fields(std::initializer_list<field> list) : list_(list) {}

    void add(std::string name, std::string value);       // keeps what is there
    void set(std::string_view name, std::string value);  // replaces every field of that name
    // The first value of that name; empty and present are told apart by has().
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const { return count(name) > 0; }
    std::size_t count(std::string_view name) const;

    auto begin() const { return list_.begin(); }
    auto end() const { return list_.end(); }
    std::size_t size() const { return list_.size(); }

private:
    std::vector<field> list_;
};

bool same_name(std::string_view a, std::string_view b);  // ASCII case-insensitive

struct request {
    std::string method = "POST";
    std::string target = "/";  // origin form, exactly as on the wire: path[?query]
    http::fields fields;
    std::string body;

    std::string_view path() const;   // target up to '?'
    std::string_view query() const;  // after '?', or empty
};

struct response {
    int status = 200;
    http::fields fields;
    std::string body;
};

// Where a connection goes. Connections are pooled by this.
struct origin {
    bool tls = true;
    std::string host;  // name or IP literal, IPv6 without brackets
    std::uint16_t port = 443;

    // host[:port] as the Host header (and SigV4) needs it: no default port, IPv6 in brackets, lower case.
    std::string authority() const;
    std::string to_string() const;  // https://host:port
    friend auto operator<=>(const origin&, const origin&) = default;
};

struct url {
    http::origin origin;
    std::string path;  // begins with '/', without query; "/" when the URL has none
};

// http:// or https:// only; refuses user info, fragments and control characters.
result<url> parse_url(std::string_view text);

}  // namespace trainyard::http
