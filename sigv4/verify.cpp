#include "sigv4/verify.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "engine/base/encoding.hpp"
#include "sigv4/authorization.hpp"
#include "sigv4/canonical.hpp"
#include "sigv4/key_cache.hpp"
#include "sigv4/signed_shape.hpp"

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

}  // namespace

struct verifier::impl {
    key_cache keys;  // of requests that were right
    signing_key fresh;
    std::size_t fresh_derivations = 0;
    signed_shapes shapes;
    std::string well_formed_names;  // the latest list of signed headers that was taken
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
        claims c{};
        const signed_shape* shape = nullptr;
        std::string_view amz_date{}, token{};
        bool query_is_whole = false;

        std::string_view value_at(std::optional<std::size_t> i) const {
            return i ? request.headers[*i].value : std::string_view{};
        }
    };

    std::optional<refused> read(job& j);
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
    auto claimed = parse_authorization(j.request, well_formed_names);
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
    const auto shape =
        shapes.get({j.request.headers, j.c.signed_headers, j.c.presigned, j.expected.must_be_signed});
    if (!shape) return shape.error();
    j.shape = *shape;
    if (j.c.signed_headers != well_formed_names) well_formed_names = j.c.signed_headers;
    j.amz_date = j.c.presigned ? presigned.amz_date : j.value_at(j.shape->date);
    j.token = j.c.presigned ? presigned.token : j.value_at(j.shape->security_token);
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
    const std::string_view claimed = j.value_at(j.shape->content_sha256);
    const bool says_unsigned = j.shape->content_sha256_is_signed && claimed == unsigned_payload_text;
    if (j.expected.allow_unsigned_payload && (j.c.presigned || says_unsigned)) {
        payload_hash.put(unsigned_payload_text);
        return !j.shape->content_sha256 || says_unsigned;
    }
    payload_hash.put_hex(sha256_of(j.request.body));
    return !j.shape->content_sha256 || claimed == payload_hash.view();
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
    j.shape->put_block(text, j.request.headers);
    text.put('\n');
    text.put(j.c.signed_headers);
    text.put('\n');
    text.put(payload_hash.view());
    scratch.clear();
    for (const std::string_view part : {j.c.date, std::string_view{"/"}, j.c.region, std::string_view{"/"},
                                        j.c.service, std::string_view{"/"}, scope_terminator})
        scratch.put(part);
    to_sign.clear();
    put_string_to_sign(to_sign, hmac_algorithm, j.amz_date, scratch.view(), sha256_of_padded(text.padded()));
}

bool verifier::impl::matches(const job& j, const signing_key& key) {
    // A path that does not start with '/' normalises to one that does: its first byte could change unseen.
    const bool whole = j.query_is_whole && (j.request.path.empty() || j.request.path.front() == '/');
    const mac ours = key.sign(to_sign);
    const auto given = read_hex(j.c.signature);
    return given && CRYPTO_memcmp(ours.data(), given->data(), ours.size()) == 0 && whole;
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
    impl::job j{request, expected, {}};
    if (auto no = me.read(j)) return *std::move(no);
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
        // What a key that is not cached has cost already: a look-up in vain, and the derivation.
        if (cached != nullptr) {
            me.keys.find({who.access_key_id, stand_in_secret, who.date, who.where});
            me.derive_fresh(who);
        }
    } else if (cached == nullptr) {
        me.keys.add(who);
    }
    if (no || cached == nullptr) me.fresh.wipe();
    if (no) return *std::move(no);
    return j.c;
}

}  // namespace trainyard::sigv4
