// Stages 1 and 2, which signer and verifier share (AWS: "Create a signed AWS API request"): texts built in
// reused memory. Pure; the key stage is in key_cache.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "sigv4/request.hpp"
#include "sigv4/text_buffer.hpp"

namespace trainyard::sigv4 {

inline constexpr std::string_view hmac_algorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view ecdsa_algorithm = "AWS4-ECDSA-P256-SHA256";
inline constexpr std::string_view unsigned_payload_text = "UNSIGNED-PAYLOAD";

// Stage 1a. Encoded once, only bytes that a wire path cannot hold are: '/' and '%' stay.
void put_path(text_buffer& out, text_buffer& scratch, std::string_view path, const path_rule& rule);

// Stage 1b: parameters decoded, encoded again and sorted by encoded name, then value. Empty parameters
// ("a&&b") are dropped, one without '=' gets it.
class query_parameters {
public:
    // False when a '%' does not start an escape: two readers of such a text differ. Forgets what was read.
    bool read(std::string_view query);
    void add(std::string_view name, std::string_view value);  // neither of them encoded
    void sort();
    // Joined with '&', but for those of the name `without`.
    void put(text_buffer& out, std::string_view without = {}) const;

    struct parameter {
        std::string_view name, value;  // encoded
    };
    std::size_t size() const { return all_.size(); }
    // Valid until the next change.
    parameter operator[](std::size_t i) const;

private:
    struct place {
        std::size_t name, value, end;  // offsets; value begins after name
    };
    text_buffer text_;
    std::vector<place> all_;
};

// Stage 1c. Trimmed, and each inner run of white space (spaces, tabs, line folds) is one space, in quotes
// too.
void put_value(text_buffer& out, std::string_view value);

// ASCII only; header names have no other letters.
inline char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
// Equal but for ASCII case. `lower_name` is lower case.
bool same_name(std::string_view name, std::string_view lower_name);

// Stage 2. `scope_text` is 20150830/us-east-1/sqs/aws4_request.
void put_string_to_sign(text_buffer& out, std::string_view algorithm, std::string_view amz_date,
                        std::string_view scope_text, const mac& canonical_request_hash);

}  // namespace trainyard::sigv4
