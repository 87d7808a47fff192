#include "sigv4/verify.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <vector>

#include "engine/base/encoding.hpp"
#include "sigv4/authorization.hpp"
#include "sigv4/canonical.hpp"
#include "sigv4/key_cache.hpp"

namespace trainyard::sigv4 {
namespace {

constexpr std::string_view invalid_token_text = "The security token included in the request is invalid.";
constexpr std::string_view does_not_match_text =
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key "
    "and signing method. Consult the service documentation for details.";

// As long as AWS's secrets, so that deriving a key from it costs the same.
constexpr std::string_view stand_in_secret = "stands in for a key that is not known...";

refused refuse(refusal why, std::string message) {
    return {why, std::move(message)};
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

refused must_be_signed(std::string_view name) {
    return incomplete(fmt::format("'{}' must be a 'SignedHeader' in the AWS Authorization.", name));
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

// `lifetime`: how long after its date the signature holds.
std::optional<refused> check_skew(const expectation& expected, wall_time at, std::string_view amz_date,
                                  duration lifetime) {
    const auto minutes = [](duration d) {
        return std::chrono::duration_cast<std::chrono::minutes>(d).count();
    };
    if (at < expected.now - lifetime)
        return refuse(refusal::signature_expired,
                      fmt::format("Signature expired: {} is now earlier than {} ({} - {} min.)", amz_date,
                                  to_iso8601_basic(expected.now - lifetime), to_iso8601_basic(expected.now),
                                  minutes(lifetime)));
    if (at > expected.now + expected.skew_max)
        return refuse(refusal::signature_not_yet_current,
                      fmt::format("Signature not yet current: {} is still later than {} ({} + {} min.)",
                                  amz_date, to_iso8601_basic(expected.now + expected.skew_max),
                                  to_iso8601_basic(expected.now), minutes(expected.skew_max)));
    return std::nullopt;
}

// The basic form only; parse_iso8601 reads others too.
std::optional<wall_time> parse_basic(std::string_view amz_date) {
    if (amz_date.size() != 16) return std::nullopt;
    const auto at = parse_iso8601(amz_date);
    if (!at || to_iso8601_basic(*at) != amz_date) return std::nullopt;
    return *at;
}

bool signature_is(std::string_view hex, const mac& ours) {
    const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
    mac given;
    for (std::size_t i = 0; i < given.size(); ++i)
        given[i] = static_cast<unsigned char>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    return CRYPTO_memcmp(ours.data(), given.data(), ours.size()) == 0;
}

}  // namespace

struct verifier::impl {
    key_cache keys;  // of requests that were right
    signing_key fresh;
    std::size_t fresh_derivations = 0;
    std::vector<header_view> headers;  // those signed: lower-case names, sorted, each once
    query_parameters parameters;
    presigned_query presigned;
    text_buffer payload_hash, text, to_sign, scratch;
    // The latest date read, which is that of most requests of the same second.
    std::string known_date;
    wall_time known_time{};

    // What one call works on.
    struct job {
        const request_view& request;
        const expectation& expected;
        claims c;
        std::string_view amz_date, token;
        bool query_is_whole = false;
    };

    bool is_signed(std::string_view name) const {
        return std::any_of(headers.begin(), headers.end(), [name](const auto& h) { return h.name == name; });
    }
    std::optional<refused> read(job& j);
    std::optional<refused> check_headers(const job& j);
    std::optional<refused> check_time(const job& j);
    bool payload_is_right(const job& j);
    void put_texts(const job& j);
    bool matches(const job& j, const signing_key& key);
    std::optional<refused> decide(const job& j, const key_record* record, bool right) const;
    void derive_fresh(const key_identity& who) {
        fresh.set(who);
        ++fresh_derivations;
    }
};

// Fills in the claims, the date and the token.
std::optional<refused> verifier::impl::read(job& j) {
    j.query_is_whole = parameters.read(j.request.query);
    auto claimed = parse_authorization(j.request);
    bool has_signature = false;
    for (std::size_t i = 0; i < parameters.size(); ++i)
        has_signature = has_signature || parameters[i].name == signature_parameter;
    if (j.expected.allow_presigned && j.query_is_whole && has_signature) {
        if (claimed || claimed.error().why != refusal::missing_token)
            return incomplete("The request has an Authorization header and a presigned query.");
        claimed = parse_presigned(parameters, presigned);
    }
    if (!claimed) return claimed.error();
    j.c = *claimed;
    j.amz_date = j.c.presigned ? presigned.amz_date : find_header(j.request, "x-amz-date").value;
    j.token = j.c.presigned ? presigned.token : find_header(j.request, "x-amz-security-token").value;
    return std::nullopt;
}

// Every signed header stands there once, and what must be signed is.
std::optional<refused> verifier::impl::check_headers(const job& j) {
    headers.clear();
    auto no = for_each_part(j.c.signed_headers, ';', [&](std::string_view name) -> std::optional<refused> {
        const occurrence found = find_header(j.request, name);
        if (found.count != 1)
            return incomplete(
                fmt::format("The signed header '{}' must be in the request exactly once, not {} times.",
                            printable(name, 64), found.count));
        headers.push_back({name, found.value});
        return std::nullopt;
    });
    if (no) return no;
    if (!is_signed("host")) return must_be_signed("host");
    for (const std::string_view name : j.expected.must_be_signed)
        if (!is_signed(name)) return must_be_signed(name);
    if (!j.c.presigned && !is_signed("x-amz-date"))
        return incomplete("Authorization header requires existence of a signed 'X-Amz-Date' header.");
    const std::size_t tokens = find_header(j.request, "x-amz-security-token").count;
    if (j.c.presigned && tokens > 0)
        return incomplete("A presigned URL has its session token in the query, not in a header.");
    if (tokens > 1 || (tokens == 1 && !is_signed("x-amz-security-token")))
        return must_be_signed("x-amz-security-token");
    return std::nullopt;
}

std::optional<refused> verifier::impl::check_time(const job& j) {
    if (j.amz_date != known_date || known_date.empty()) {
        const auto at = parse_basic(j.amz_date);
        if (!at)
            return incomplete(
                fmt::format("Date must be in ISO-8601 'basic format'. Got '{}'.", printable(j.amz_date, 64)));
        known_date = j.amz_date;
        known_time = *at;
    }
    if (auto no = check_scope(j.expected, j.c, j.amz_date)) return no;
    return check_skew(j.expected, known_time, j.amz_date,
                      j.c.presigned ? presigned.lifetime : j.expected.skew_max);
}

// Leaves what stands for the payload in `payload_hash`. False when x-amz-content-sha256 says otherwise.
bool verifier::impl::payload_is_right(const job& j) {
    payload_hash.clear();
    const auto claimed = find_header(j.request, "x-amz-content-sha256");
    const bool says_unsigned =
        claimed.count == 1 && claimed.value == unsigned_payload_text && is_signed("x-amz-content-sha256");
    if (j.expected.allow_unsigned_payload && (j.c.presigned || says_unsigned)) {
        payload_hash.put(unsigned_payload_text);
        return claimed.count == 0 || says_unsigned;
    }
    payload_hash.put_hex(sha256_of(j.request.body));
    return claimed.count == 0 || (claimed.count == 1 && claimed.value == payload_hash.view());
}

// Stages 1 and 2.
void verifier::impl::put_texts(const job& j) {
    text.clear();
    text.put(j.request.method);
    text.put('\n');
    put_path(text, scratch, j.request.path, j.expected.path);
    text.put('\n');
    parameters.sort();
    parameters.put(text, j.c.presigned ? signature_parameter : std::string_view{});
    text.put('\n');
    for (const auto& [name, value] : headers) {
        text.put(name);
        text.put(':');
        put_value(text, value);
        text.put('\n');
    }
    text.put('\n');
    text.put(j.c.signed_headers);
    text.put('\n');
    text.put(payload_hash.view());
    scratch.clear();
    for (const std::string_view part : {j.c.date, std::string_view{"/"}, j.c.region, std::string_view{"/"},
                                        j.c.service, std::string_view{"/"}, scope_terminator})
        scratch.put(part);
    to_sign.clear();
    put_string_to_sign(to_sign, hmac_algorithm, j.amz_date, scratch.view(), text);
}

bool verifier::impl::matches(const job& j, const signing_key& key) {
    // A path that does not start with '/' normalises to one that does: its first byte could change unseen.
    const bool whole = j.query_is_whole && (j.request.path.empty() || j.request.path.front() == '/');
    return signature_is(j.c.signature, key.sign(to_sign)) && whole;
}

// `right`: signature and payload. Nothing: the request is right.
std::optional<refused> verifier::impl::decide(const job& j, const key_record* record, bool right) const {
    const bool tells = j.expected.tell_unknown_keys;
    if (record == nullptr && tells) return refuse(refusal::unknown_key, std::string{invalid_token_text});
    if (record == nullptr || (!tells && !right))
        return refuse(refusal::does_not_match, std::string{does_not_match_text});
    if (!record->session_token.equals(j.token))
        return refuse(refusal::invalid_token, std::string{invalid_token_text});
    if (record->expires_at && *record->expires_at <= j.expected.now)
        return refuse(refusal::expired_token, "The security token included in the request is expired");
    if (!right) return refuse(refusal::does_not_match, std::string{does_not_match_text});
    return std::nullopt;
}

verifier::verifier() : impl_(std::make_unique<impl>()) {}
verifier::verifier(verifier&&) noexcept = default;
verifier& verifier::operator=(verifier&&) noexcept = default;
verifier::~verifier() = default;

std::size_t verifier::derivations() const {
    return impl_->fresh_derivations + impl_->keys.derivations();
}
std::size_t verifier::cached_keys() const {
    return impl_->keys.size();
}

boost::system::result<claims, refused> verifier::verify(const request_view& request,
                                                        const expectation& expected,
                                                        const key_finder& find_key) {
    impl& me = *impl_;
    impl::job j{request, expected, {}, {}, {}};
    if (auto no = me.read(j)) return *std::move(no);
    if (auto no = me.check_headers(j)) return *std::move(no);
    if (auto no = me.check_time(j)) return *std::move(no);
    const bool payload_right = me.payload_is_right(j);
    me.put_texts(j);

    const key_record* const record = find_key(j.c.access_key_id);
    const key_identity who{j.c.access_key_id,
                           record != nullptr ? record->secret_access_key.reveal() : stand_in_secret,
                           j.c.date,
                           {j.c.region, j.c.service}};
    const signing_key* const cached = me.keys.find(who);
    if (cached == nullptr) me.derive_fresh(who);
    const bool right = me.matches(j, cached != nullptr ? *cached : me.fresh) && payload_right;
    auto no = me.decide(j, record, right);
    if (no) {
        // What a key that is not cached has cost already.
        if (cached != nullptr) me.derive_fresh(who);
    } else if (cached == nullptr) {
        me.keys.add(who);
    }
    if (no || cached == nullptr) me.fresh.wipe();
    if (no) return *std::move(no);
    return j.c;
}

}  // namespace trainyard::sigv4
