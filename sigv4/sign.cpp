#include "sigv4/sign.hpp"

#include <algorithm>
#include <array>

#include "sigv4/canonical.hpp"
#include "sigv4/ecdsa.hpp"
#include "sigv4/header_plan.hpp"
#include "sigv4/key_cache.hpp"

namespace trainyard::sigv4 {
namespace {

constexpr std::array<std::string_view, 8> added_parameters{
    "X-Amz-Algorithm", "X-Amz-Credential",     "X-Amz-Date",       "X-Amz-Expires",
    "X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Region-Set", "X-Amz-SignedHeaders"};

bool is_in(const auto& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

error refuse(std::string message) {
    return {errc::invalid_argument, std::move(message)};
}

// 20150830T123600Z
using date_text = std::array<char, 16>;

date_text basic_iso8601(wall_time when) {
    using namespace std::chrono;
    const auto since = floor<seconds>(when.time_since_epoch());
    const auto day_count = floor<days>(since);
    const year_month_day day{sys_days{day_count}};
    const auto in_day = static_cast<unsigned>((since - day_count).count());
    date_text out;
    const auto put = [&out](std::size_t at, std::size_t digits, unsigned value) {
        for (; digits > 0; value /= 10) out[at + --digits] = static_cast<char>('0' + value % 10);
    };
    put(0, 4, static_cast<unsigned>(static_cast<int>(day.year())));
    put(4, 2, static_cast<unsigned>(day.month()));
    put(6, 2, static_cast<unsigned>(day.day()));
    out[8] = 'T';
    put(9, 2, in_day / 3600);
    put(11, 2, in_day / 60 % 60);
    put(13, 2, in_day % 60);
    out[15] = 'Z';
    return out;
}

}  // namespace

struct signer::impl {
    key_cache keys;
    ecdsa_key_cache ecdsa_keys;
    header_plans plans;
    const header_plan* plan = nullptr;  // of the request at hand
    added_values values;                // of its headers
    query_parameters parameters;
    text_buffer scratch, payload_hash, text, to_sign, hex, out;
    std::array<header_view, added_header_names.size() + 1> added;  // those, and authorization
    date_text date;
    wall_time date_of = wall_time::min();  // the second that `date` tells

    // What one signature is made for.
    struct job {
        const request_view& request;
        const credentials& who;
        const scope& where;
        const options& how;

        std::string_view token() const { return who.session_token.reveal(); }
        bool signs_token() const { return !token().empty() && !how.omit_session_token; }
        bool is_ecdsa() const { return !how.region_set.empty(); }
        std::string_view algorithm() const { return is_ecdsa() ? ecdsa_algorithm : hmac_algorithm; }
        std::string_view amz_date;

        key_identity identity() const {
            return {who.access_key_id, who.secret_access_key.reveal(), amz_date.substr(0, 8), where};
        }
    };

    std::string_view amz_date(wall_time when);
    std::string_view& value_of(added_header h) { return values[static_cast<std::size_t>(h)]; }
    std::optional<error> read(const job& j);
    void hash_payload(const job& j);
    // "AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request", in `scratch` for SigV4a.
    struct key_use {
        const signing_key* hmac = nullptr;
        const ecdsa_key* ecdsa = nullptr;
        std::string_view credential;
        std::string_view scope_text;
    };
    key_use find_key(const job& j, const key_cache::lookup& l);
    // Stage 1, of `plan` and `parameters`.
    void put_canonical_request(const job& j);
    // Stages 2 to 4; the views of `to`.
    void put_signature(const job& j, const mac& canonical_request_hash, const key_use& key,
                       signature_view& to);
    void put_authorization(const job& j, const key_use& key, const signature_view& s);
    std::optional<error> check_presign(duration lifetime);
    void put_presigned_query(const request_view& request, std::span<const header_view> extra,
                             const signature_view& s);
};

std::string_view signer::impl::amz_date(wall_time when) {
    const auto second = std::chrono::floor<std::chrono::seconds>(when);
    if (second != date_of) {
        date = basic_iso8601(second);
        date_of = second;
    }
    return {date.data(), date.size()};
}

std::optional<error> signer::impl::read(const job& j) {
    const auto found = plans.get(j.request.headers, values);
    if (!found) return found.error();
    plan = *found;
    if (!j.request.path.empty() && j.request.path.front() != '/')
        return refuse("the path of a request to sign starts with '/'");
    if (!parameters.read(j.request.query))
        return refuse("the query has a '%' that two hex digits do not follow");
    return std::nullopt;
}

void signer::impl::hash_payload(const job& j) {
    payload_hash.clear();
    switch (j.how.payload) {
        case payload::of_body: return payload_hash.put_hex(sha256_of(j.request.body));
        case payload::of_nothing: return payload_hash.put_hex(sha256_of({}));
        case payload::not_signed: return payload_hash.put(unsigned_payload_text);
    }
}

signer::impl::key_use signer::impl::find_key(const job& j, const key_cache::lookup& l) {
    if (!j.is_ecdsa()) {
        const signing_key& key = keys.finish(l);
        return {&key, nullptr, key.credential(), key.scope_text()};
    }
    const key_identity& who = l.who;
    scratch.clear();
    for (const std::string_view part :
         {who.access_key_id, std::string_view{"/"}, who.date, std::string_view{"/"}, who.where.service,
          std::string_view{"/"}, scope_terminator})
        scratch.put(part);
    const std::string_view credential = scratch.view();
    return {nullptr, &ecdsa_keys.get(who.access_key_id, who.secret_access_key), credential,
            credential.substr(who.access_key_id.size() + 1)};
}

void signer::impl::put_canonical_request(const job& j) {
    text.clear();
    text.put(j.request.method);
    text.put('\n');
    put_path(text, out, j.request.path, j.how.path);
    text.put('\n');
    parameters.sort();
    parameters.put(text);
    text.put('\n');
    plan->put_block(text, j.request.headers, values);
    text.put('\n');
    text.put(plan->signed_headers());
    text.put('\n');
    text.put(payload_hash.view());
}

void signer::impl::put_signature(const job& j, const mac& canonical_request_hash, const key_use& key,
                                 signature_view& to) {
    to_sign.clear();
    put_string_to_sign(to_sign, j.algorithm(), j.amz_date, key.scope_text, canonical_request_hash);
    hex.clear();
    if (key.hmac != nullptr)
        hex.put_hex(key.hmac->sign(to_sign));
    else
        hex.put(key.ecdsa->sign(to_sign.view()));
    to.canonical_request = text.view();
    to.string_to_sign = to_sign.view();
    to.hex = hex.view();
    to.signed_headers = plan->signed_headers();
}

void signer::impl::put_authorization(const job& j, const key_use& key, const signature_view& s) {
    out.clear();
    out.put(j.algorithm());
    out.put(" Credential=");
    out.put(key.credential);
    out.put(", SignedHeaders=");
    out.put(s.signed_headers);
    out.put(", Signature=");
    out.put(s.hex);
}

signer::signer() : impl_(std::make_unique<impl>()) {}
signer::signer(signer&&) noexcept = default;
signer& signer::operator=(signer&&) noexcept = default;
signer::~signer() = default;

result<signature_view> signer::sign(const request_view& request, const credentials& who, const scope& where,
                                    wall_time when, const options& how) {
    impl& me = *impl_;
    const impl::job j{request, who, where, how, me.amz_date(when)};
    __builtin_prefetch(who.access_key_id.data());
    __builtin_prefetch(who.secret_access_key.reveal().data());
    // The key's memory comes while the texts are built and hashed.
    const key_cache::lookup l = me.keys.start(j.identity());
    me.hash_payload(j);
    me.keys.fetch(l);
    me.values = {};
    me.value_of(added_header::date) = j.amz_date;
    if (how.sign_body || how.payload == payload::not_signed)
        me.value_of(added_header::content_sha256) = me.payload_hash.view();
    if (j.is_ecdsa()) me.value_of(added_header::region_set) = how.region_set;
    if (j.signs_token()) me.value_of(added_header::security_token) = j.token();
    if (auto no = me.read(j)) return *std::move(no);

    me.put_canonical_request(j);
    const mac canonical_request_hash = sha256_of_padded(me.text.padded());
    const auto key = me.find_key(j, l);
    signature_view s;
    me.put_signature(j, canonical_request_hash, key, s);
    me.put_authorization(j, key, s);
    if (!j.token().empty()) me.value_of(added_header::security_token) = j.token();
    std::size_t count = 0;
    for (std::size_t i = 0; i < me.values.size(); ++i)
        if (me.values[i].data() != nullptr) me.added[count++] = {added_header_names[i], me.values[i]};
    me.added[count++] = {"authorization", me.out.view()};
    s.headers = std::span{me.added}.first(count);
    return s;
}

std::optional<error> signer::impl::check_presign(duration lifetime) {
    if (lifetime < presign_min || lifetime > presign_max || lifetime % std::chrono::seconds{1} != duration{})
        return refuse("a presigned URL lives for 1 to 604800 whole seconds");
    for (std::size_t i = 0; i < parameters.size(); ++i)
        if (is_in(added_parameters, parameters[i].name))
            return refuse("the query already has the parameter '" + std::string{parameters[i].name} +
                          "', which presigning adds");
    return std::nullopt;
}

result<signature_view> signer::presign(const request_view& request, const credentials& who,
                                       const scope& where, wall_time when, duration lifetime,
                                       const options& how) {
    impl& me = *impl_;
    const impl::job j{request, who, where, how, me.amz_date(when)};
    me.hash_payload(j);
    me.values = {};
    if (auto no = me.read(j)) return *std::move(no);
    if (auto no = me.check_presign(lifetime)) return *std::move(no);
    const auto key = me.find_key(j, me.keys.start(j.identity()));

    signature_view s;
    const std::string expires =
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(lifetime).count());
    std::vector<header_view> extra{{"X-Amz-Algorithm", j.algorithm()},
                                   {"X-Amz-Credential", key.credential},
                                   {"X-Amz-Date", j.amz_date},
                                   {"X-Amz-SignedHeaders", me.plan->signed_headers()},
                                   {"X-Amz-Expires", expires}};
    if (!j.token().empty()) extra.push_back({"X-Amz-Security-Token", j.token()});
    if (j.is_ecdsa()) extra.push_back({"X-Amz-Region-Set", how.region_set});
    for (const auto& [name, value] : extra)
        if (name != "X-Amz-Security-Token" || j.signs_token()) me.parameters.add(name, value);
    me.put_canonical_request(j);
    me.put_signature(j, sha256_of_padded(me.text.padded()), key, s);
    me.put_presigned_query(request, extra, s);
    s.query = me.out.view();
    return s;
}

void signer::impl::put_presigned_query(const request_view& request, std::span<const header_view> extra,
                                       const signature_view& s) {
    out.clear();
    out.put(request.query);
    for (const auto& [name, value] : extra) {
        if (out.size() > 0) out.put('&');
        out.put(name);
        out.put('=');
        for (const char c : value) out.put_percent_encoded(static_cast<unsigned char>(c));
    }
    out.put("&X-Amz-Signature=");
    out.put(s.hex);
}

namespace {

result<signature> owned(const result<signature_view>& from) {
    if (!from) return from.error();
    signature out{std::string{from->canonical_request},
                  std::string{from->string_to_sign},
                  std::string{from->hex},
                  std::string{from->signed_headers},
                  {},
                  std::string{from->query}};
    for (const auto& h : from->headers) out.headers.push_back({std::string{h.name}, std::string{h.value}});
    return out;
}

}  // namespace

result<signature> sign(const request_view& request, const credentials& who, const scope& where,
                       wall_time when, const options& how) {
    signer one;
    return owned(one.sign(request, who, where, when, how));
}

result<signature> presign(const request_view& request, const credentials& who, const scope& where,
                          wall_time when, duration lifetime, const options& how) {
    signer one;
    return owned(one.presign(request, who, where, when, lifetime, how));
}

}  // namespace trainyard::sigv4
