#include "sigv4/verify.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>

#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"
#include "sigv4/authorization.hpp"
#include "sigv4/canonical.hpp"
#include "sigv4/signing_key.hpp"

namespace trainyard::sigv4 {
namespace {

constexpr std::string_view invalid_token_text = "The security token included in the request is invalid.";
constexpr std::string_view does_not_match_text =
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key "
    "and signing method. Consult the service documentation for details.";

refused refuse(refusal why, std::string message) {
    return {why, std::move(message)};
}
refused does_not_match() {
    return refuse(refusal::does_not_match, std::string{does_not_match_text});
}
refused invalid_token() {
    return refuse(refusal::invalid_token, std::string{invalid_token_text});
}

std::optional<refused> incomplete(std::string message) {
    return refuse(refusal::incomplete_signature, std::move(message));
}

bool is_signed(const claims& c, std::string_view name) {
    return std::binary_search(c.signed_headers.begin(), c.signed_headers.end(), name, std::less<>{});
}

// The value of a header, and how often it stands there.
struct occurrence {
    std::string_view value;
    std::size_t count = 0;
};

occurrence find_header(const request_view& request, std::string_view name) {
    occurrence out;
    for (const auto& h : request.headers)
        if (same_name(h.name, name) && ++out.count == 1) out.value = h.value;
    return out;
}

// Every signed header stands there once, and what must be signed is.
std::optional<refused> check_headers(const request_view& request, const expectation& expected,
                                     const claims& c) {
    for (const auto& name : c.signed_headers) {
        const std::size_t count = find_header(request, name).count;
        if (count != 1)
            return incomplete(
                fmt::format("The signed header '{}' must be in the request exactly once, not {} times.",
                            printable(name, 64), count));
    }
    for (const std::string_view name : expected.must_be_signed)
        if (!is_signed(c, name))
            return incomplete(fmt::format("'{}' must be a 'SignedHeader' in the AWS Authorization.", name));
    if (!is_signed(c, "x-amz-date"))
        return incomplete("Authorization header requires existence of a signed 'X-Amz-Date' header.");
    for (const std::string_view name : {"x-amz-security-token", "x-amz-content-sha256"}) {
        const std::size_t count = find_header(request, name).count;
        if (count > 1 || (count == 1 && name == "x-amz-security-token" && !is_signed(c, name)))
            return incomplete(fmt::format("'{}' must be a 'SignedHeader' in the AWS Authorization.", name));
    }
    return std::nullopt;
}

std::optional<refused> check_scope(const expectation& expected, const claims& c, std::string_view amz_date) {
    if (c.date != amz_date.substr(0, 8))
        return refuse(
            refusal::wrong_scope,
            fmt::format("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
                        "HTTP: '{}' != '{}', from '{}'.",
                        c.date, amz_date.substr(0, 8), amz_date));
    if (!expected.region.empty() && c.region != expected.region)
        return refuse(refusal::wrong_scope, "Credential should be scoped to a valid region.");
    if (c.service != expected.service)
        return refuse(refusal::wrong_scope,
                      fmt::format("Credential should be scoped to correct service: '{}'.", expected.service));
    return std::nullopt;
}

std::optional<refused> check_skew(const expectation& expected, wall_time at, std::string_view amz_date) {
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(expected.skew_max).count();
    if (at < expected.now - expected.skew_max)
        return refuse(refusal::signature_expired,
                      fmt::format("Signature expired: {} is now earlier than {} ({} - {} min.)", amz_date,
                                  to_iso8601_basic(expected.now - expected.skew_max),
                                  to_iso8601_basic(expected.now), minutes));
    if (at > expected.now + expected.skew_max)
        return refuse(refusal::signature_not_yet_current,
                      fmt::format("Signature not yet current: {} is still later than {} ({} + {} min.)",
                                  amz_date, to_iso8601_basic(expected.now + expected.skew_max),
                                  to_iso8601_basic(expected.now), minutes));
    return std::nullopt;
}

// Always five HMACs: a cached key would tell a known access key from an unknown one by the time it takes.
bool signature_matches(const request_view& request, const claims& c, std::string_view amz_date,
                       std::string_view payload_hash, std::string_view secret_access_key) {
    std::vector<canonical_header> headers;
    headers.reserve(c.signed_headers.size());
    for (const auto& name : c.signed_headers) headers.push_back({name, find_header(request, name).value});
    const auto text = canonical_request(request, canonicalize(std::move(headers)), payload_hash, true);
    const auto given = from_hex(c.signature);
    if (!text || !given || given->size() != mac{}.size()) return false;
    const scope where{c.region, c.service};
    const std::string to_sign = string_to_sign(amz_date, credential_scope(c.date, where), *text);
    const mac ours = signing_key{secret_access_key, c.date, where}.sign(to_sign);
    return CRYPTO_memcmp(ours.data(), given->data(), ours.size()) == 0;
}

}  // namespace

boost::system::result<claims, refused> verify(
    const request_view& request, const expectation& expected,
    const std::function<std::optional<key_record>(std::string_view access_key_id)>& find_key) {
    auto parsed = parse_authorization(request);
    if (!parsed) return parsed.error();
    const claims& c = *parsed;
    if (auto no = check_headers(request, expected, c)) return *std::move(no);

    const std::string_view amz_date = find_header(request, "x-amz-date").value;
    const auto at = parse_iso8601(amz_date);
    // The basic form only; parse_iso8601 reads others too.
    if (!at || amz_date.size() != 16 || to_iso8601_basic(*at) != amz_date)
        return *incomplete(
            fmt::format("Date must be in ISO-8601 'basic format'. Got '{}'.", printable(amz_date, 64)));
    if (auto no = check_scope(expected, c, amz_date)) return *std::move(no);
    if (auto no = check_skew(expected, *at, amz_date)) return *std::move(no);

    const std::string payload_hash = sha256_hex(request.body);
    const auto record = find_key(c.access_key_id);
    const bool matches =
        signature_matches(request, c, amz_date, payload_hash,
                          record ? record->secret_access_key.reveal() : "no such access key");
    if (!record) return refuse(refusal::unknown_key, std::string{invalid_token_text});
    if (!record->session_token.equals(find_header(request, "x-amz-security-token").value))
        return invalid_token();
    if (record->expires_at && *record->expires_at <= expected.now)
        return refuse(refusal::expired_token, "The security token included in the request is expired");
    // UNSIGNED-PAYLOAD and streamed payloads end here: no service spoken to takes them.
    const auto claimed_hash = find_header(request, "x-amz-content-sha256");
    if (!matches || (claimed_hash.count == 1 && claimed_hash.value != payload_hash)) return does_not_match();
    return std::move(*parsed);
}

}  // namespace trainyard::sigv4
