// The vector file, and requests in a form that a test can change and sign.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sigv4/sign.hpp"
#include "sigv4/verify.hpp"

namespace trainyard::sigv4::testing {

// A request that owns its bytes.
struct message {
    std::string method, path, query, body;
    std::vector<std::pair<std::string, std::string>> headers;

    std::string* header(std::string_view name);  // the first of that name, in any case
    void add(const std::vector<signed_header>& more);
    void remove(std::string_view name);
};

// Calls that need a request_view of a message.
result<signature> sign(const message& m, const credentials& who, const scope& where, wall_time when,
                       const options& how = {});
boost::system::result<claims, refused> verify(const message& m, const expectation& expected,
                                              const std::optional<key_record>& record);
boost::system::result<claims, refused> parse_authorization(const message& m);

struct vector_case {
    std::string name;
    message request;
    credentials who;
    std::string region, service;
    wall_time when;
    options how;
    std::string canonical_request, string_to_sign, signature;
    message signed_request;
};

// The header-signing cases of tests/golden/sigv4_vectors.json; throws when the file cannot be used.
const std::vector<vector_case>& vectors();

message parse_message(std::string_view text);

}  // namespace trainyard::sigv4::testing
