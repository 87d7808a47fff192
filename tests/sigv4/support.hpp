// The vector file, and requests in a form that a test can change and sign.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sigv4/ecdsa.hpp"
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

std::string lower(std::string_view text);

// Calls that need a request_view of a message; what they give owns its bytes.
result<signature> sign(const message& m, const credentials& who, const scope& where, wall_time when,
                       const options& how = {});
// The message with the query that presigning gives.
result<message> presign(const message& m, const credentials& who, const scope& where, wall_time when,
                        duration lifetime, const options& how = {});

struct owned_claims {
    std::string access_key_id, date, region, service, signed_headers, signature;
    bool presigned = false;
};
using verdict = boost::system::result<owned_claims, refused>;
// `record` is that of AKIDEXAMPLE, the one key there may be.
verdict verify(verifier& by, const message& m, const expectation& expected,
               const std::optional<key_record>& record);
verdict verify(const message& m, const expectation& expected, const std::optional<key_record>& record);
verdict parse_authorization(const message& m);

// What a case of the published suite expects of one form.
struct stages {
    std::string canonical_request, string_to_sign, signature;
    message signed_request;
};
struct vector_case {
    std::string name;
    message request;
    credentials who;
    std::string region, service;
    wall_time when;
    duration lifetime;
    options how;
    stages header, query;
    std::optional<public_key> key;  // SigV4a
};

// The cases of tests/golden/sigv4_vectors.json; throws when the file cannot be used.
const std::vector<vector_case>& vectors();
const std::vector<vector_case>& ecdsa_vectors();

// A case presigned, with every stage.
result<signature> presign_stages(const vector_case& c);

message parse_message(std::string_view text);

}  // namespace trainyard::sigv4::testing
