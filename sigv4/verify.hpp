// AWS Signature Version 4, the verifying side: what a server does with the Authorization header of a request.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/secret.hpp"
#include "sigv4/sign.hpp"

namespace trainyard::sigv4 {

// What the Authorization header claims, before anything is checked but its form.
struct claims {
    std::string access_key_id;
    std::string date;  // YYYYMMDD
    std::string region;
    std::string service;
    std::vector<std::string> signed_headers;  // lower case, sorted, unique
    std::string signature;                    // 64 hex digits
};

enum class refusal {
    missing_token,         // no Authorization header
    incomplete_signature,  // not of the form AWS documents, a duplicated header, or a required header not
                           // signed
    unknown_key,
    invalid_token,  // session token missing, wrong, or not of this key
    expired_token,
    signature_expired,  // too old
    signature_not_yet_current,
    wrong_scope,  // region or service of the scope is not the endpoint's, or its date is not the request's
    does_not_match,
};

struct refused {
    refusal why;
    std::string message;  // AWS's wording
};

// Strict parse of the one Authorization header.
boost::system::result<claims, refused> parse_authorization(const request_view& request);

struct key_record {
    secret secret_access_key;
    secret session_token;  // empty for long-term keys
    std::optional<wall_time> expires_at;
};

struct expectation {
    std::string_view service;  // the scope must name it
    std::string_view region;   // empty: any
    wall_time now;
    duration skew_max = std::chrono::minutes{15};
    std::vector<std::string_view> must_be_signed = {
        "host"};  // beside x-amz-date and, when present, the token
};

// Checks everything; `find_key` gives the record of an access key id, or nothing. The time an unknown key
// takes is that of a wrong signature.
boost::system::result<claims, refused> verify(
    const request_view& request, const expectation& expected,
    const std::function<std::optional<key_record>(std::string_view access_key_id)>& find_key);

}  // namespace trainyard::sigv4
