#include "sigv4/signing_key.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <functional>

#include "engine/base/check.hpp"
#include "sigv4/canonical.hpp"

namespace trainyard::sigv4 {
namespace {

struct mac_context_free {
    void operator()(EVP_MAC_CTX* c) const { EVP_MAC_CTX_free(c); }
};
using mac_context = std::unique_ptr<EVP_MAC_CTX, mac_context_free>;

// The digest is looked up once here; a later init with a key alone keeps it.
mac_context make_context() {
    static EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    TY_CHECK(algorithm != nullptr, "libcrypto offers no HMAC");
    mac_context context{EVP_MAC_CTX_new(algorithm)};
    std::string digest = "SHA256";
    const std::array<OSSL_PARAM, 2> parameters{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    TY_CHECK(context != nullptr && EVP_MAC_CTX_set_params(context.get(), parameters.data()) == 1,
             "HMAC-SHA256");
    return context;
}

std::string_view as_text(const mac& m) {
    return {reinterpret_cast<const char*>(m.data()), m.size()};
}

std::size_t slot_of(std::string_view access_key_id, std::string_view date, const scope& where) {
    const std::hash<std::string_view> hash;
    std::size_t h = hash(access_key_id);
    for (const std::string_view part : {date, where.region, where.service}) h = h * 31 + hash(part);
    return h % key_cache::slots;
}

}  // namespace

mac hmac_sha256(std::string_view key, std::string_view text) {
    thread_local const mac_context context = make_context();
    mac out{};
    std::size_t size = 0;
    TY_CHECK(EVP_MAC_init(context.get(), reinterpret_cast<const unsigned char*>(key.data()), key.size(),
                          nullptr) == 1,
             "HMAC init");
    TY_CHECK(
        EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1,
        "HMAC update");
    TY_CHECK(EVP_MAC_final(context.get(), out.data(), &size, out.size()) == 1 && size == out.size(),
             "HMAC final");
    return out;
}

signing_key::signing_key(std::string_view secret_access_key, std::string_view date, const scope& where) {
    // In one allocation, so that no copy is left behind by growth.
    std::string start;
    start.reserve(4 + secret_access_key.size());
    start.append("AWS4").append(secret_access_key);
    bytes_ = hmac_sha256(start, date);
    OPENSSL_cleanse(start.data(), start.size());
    for (const std::string_view part : {where.region, where.service, scope_terminator})
        bytes_ = hmac_sha256(as_text(bytes_), part);
}

signing_key::~signing_key() {
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

mac signing_key::sign(std::string_view string_to_sign) const {
    return hmac_sha256(as_text(bytes_), string_to_sign);
}

struct key_cache::entry {
    std::string access_key_id;
    secret secret_access_key;
    std::string date, region, service;
    signing_key key;

    bool is_for(std::string_view id, const secret& s, std::string_view d, const scope& where) const {
        return access_key_id == id && date == d && region == where.region && service == where.service &&
               secret_access_key.equals(s.reveal());
    }
};

void key_cache::entry_free::operator()(entry* e) const {
    delete e;
}

const signing_key& key_cache::get(std::string_view access_key_id, const secret& secret_access_key,
                                  std::string_view date, const scope& where) {
    if (entries_.empty()) entries_.resize(slots);
    auto& slot = entries_[slot_of(access_key_id, date, where)];
    if (slot == nullptr || !slot->is_for(access_key_id, secret_access_key, date, where)) {
        ++derivations_;
        slot.reset(new entry{std::string{access_key_id}, secret_access_key, std::string{date},
                             std::string{where.region}, std::string{where.service},
                             signing_key{secret_access_key.reveal(), date, where}});
    }
    return slot->key;
}

}  // namespace trainyard::sigv4
