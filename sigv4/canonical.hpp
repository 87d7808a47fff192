// The stages that signer and verifier share (AWS: "Create a signed AWS API request"). Pure; the key stage is
// in signing_key.hpp.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sigv4/sign.hpp"

namespace trainyard::sigv4 {

inline constexpr std::string_view algorithm_name = "AWS4-HMAC-SHA256";
inline constexpr std::string_view scope_terminator = "aws4_request";

// Stage 1a. With `normalize`, empty and "." segments go, ".." takes its parent with it, and every byte
// outside A-Za-z0-9-._~/ is encoded, '%' too: what is escaped on the wire is escaped twice here. Without it
// (S3) segments and escapes stay as they are and only bytes that a wire path cannot hold are encoded.
std::string canonical_path(std::string_view path, bool normalize);

// Stage 1b. Parameters decoded, encoded again and sorted by encoded name, then value; empty parameters
// ("a&&b") are dropped, one without '=' gets it. Nothing when a '%' does not start an escape: two readers of
// such a text differ.
std::optional<std::string> canonical_query(std::string_view query);

// Stage 1c. Trimmed, and each inner run of white space (spaces, tabs, line folds) is one space, in quotes
// too.
std::string canonical_value(std::string_view value);

// A header that will be signed; `name` is lower case.
struct canonical_header {
    std::string name;
    std::string_view value;
};

// Sorts by name; values of one name keep their order and are joined with ','. `block` ends with a line feed.
struct canonical_headers {
    std::string block;
    std::string names;  // joined with ';'
};
canonical_headers canonicalize(std::vector<canonical_header> headers);

// Stage 1. `payload_hash` is the hex SHA-256 of the body. Nothing when the query has a broken escape or the
// path does not start with '/': its first byte could change unseen.
std::optional<std::string> canonical_request(const request_view& request, const canonical_headers& headers,
                                             std::string_view payload_hash, bool normalize);

// Stage 2. `amz_date` is 20150830T123600Z.
std::string credential_scope(std::string_view date, const scope& where);
std::string string_to_sign(std::string_view amz_date, std::string_view credential_scope,
                           std::string_view canonical_request);

// ASCII only; header names have no other letters.
std::string lower(std::string_view text);

}  // namespace trainyard::sigv4
