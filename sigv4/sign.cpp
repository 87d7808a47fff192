#include "sigv4/sign.hpp"

#include <algorithm>
#include <array>

#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"
#include "sigv4/canonical.hpp"
#include "sigv4/signing_key.hpp"

namespace trainyard::sigv4 {
namespace {

// What proxies and HTTP libraries change on the way is not signed (the lists of botocore and aws-c-auth).
constexpr std::array<std::string_view, 14> never_signed{"connection",
                                                        "expect",
                                                        "keep-alive",
                                                        "proxy-authenticate",
                                                        "proxy-authorization",
                                                        "sec-websocket-key",
                                                        "te",
                                                        "trailer",
                                                        "transfer-encoding",
                                                        "sec-websocket-protocol",
                                                        "sec-websocket-version",
                                                        "upgrade",
                                                        "user-agent",
                                                        "x-amzn-trace-id"};

constexpr std::array<std::string_view, 5> added_by_signing{
    "authorization", "x-amz-content-sha256", "x-amz-date", "x-amz-region-set", "x-amz-security-token"};

bool is_in(const auto& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

error refuse(std::string message) {
    return {errc::invalid_argument, std::move(message)};
}

// The request's own headers that will be signed.
result<std::vector<canonical_header>> signable(const request_view& request) {
    std::vector<canonical_header> out;
    out.reserve(request.headers.size() + 3);
    std::size_t hosts = 0;
    for (const auto& h : request.headers) {
        std::string name = lower(h.name);
        if (is_in(added_by_signing, name))
            return refuse("the request already has the header '" + name + "', which signing adds");
        if (is_in(never_signed, name)) continue;
        hosts += name == "host" ? 1 : 0;
        out.push_back({std::move(name), h.value});
    }
    if (hosts != 1) return refuse("a request to sign needs exactly one host header");
    return out;
}

}  // namespace

result<signature> sign(const request_view& request, const credentials& who, const scope& where,
                       wall_time when, const options& how) {
    auto headers = signable(request);
    if (!headers) return headers.error();
    const std::string amz_date = to_iso8601_basic(when);
    const std::string_view date = std::string_view{amz_date}.substr(0, 8);
    const std::string payload_hash = sha256_hex(how.hash_body ? request.body : std::string_view{});
    const std::string_view token = who.session_token.reveal();

    headers->push_back({"x-amz-date", amz_date});
    if (!token.empty() && !how.omit_session_token) headers->push_back({"x-amz-security-token", token});
    if (how.sign_body) headers->push_back({"x-amz-content-sha256", payload_hash});
    canonical_headers canonical = canonicalize(std::move(*headers));

    auto text = canonical_request(request, canonical, payload_hash, how.normalize_path);
    if (!text)
        return refuse(
            "the path does not start with '/', or the query has a '%' that two hex digits do not follow");

    signature s;
    s.canonical_request = std::move(*text);
    const std::string scope_text = credential_scope(date, where);
    s.string_to_sign = string_to_sign(amz_date, scope_text, s.canonical_request);
    // Per thread: no lock on the path of every request.
    thread_local key_cache keys;
    const signing_key& key = keys.get(who.access_key_id, who.secret_access_key, date, where);
    s.hex = to_hex(key.sign(s.string_to_sign));
    s.signed_headers = std::move(canonical.names);

    std::string authorization{algorithm_name};
    authorization.append(" Credential=").append(who.access_key_id).append("/").append(scope_text);
    authorization.append(", SignedHeaders=").append(s.signed_headers).append(", Signature=").append(s.hex);
    s.headers.push_back({"x-amz-date", amz_date});
    if (!token.empty()) s.headers.push_back({"x-amz-security-token", std::string{token}});
    if (how.sign_body) s.headers.push_back({"x-amz-content-sha256", payload_hash});
    s.headers.push_back({"authorization", std::move(authorization)});
    return s;
}

}  // namespace trainyard::sigv4
