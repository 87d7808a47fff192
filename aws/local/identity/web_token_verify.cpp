// Signatures of web identity tokens, with libcrypto.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <optional>

#include "aws/local/identity/web_token.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local {
namespace {

template <auto Free>
struct freed {
    template <class T>
    void operator()(T* p) const {
        Free(p);
    }
};
using key_handle = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY_free>>;
using number = std::unique_ptr<BIGNUM, freed<BN_free>>;

constexpr std::size_t ec_coordinate = 32;  // bytes of a P-256 coordinate

std::optional<std::string> member_bytes(json::value key, std::string_view member) {
    std::string text{key.find(member).string().value_or("")};
    for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
    text.append((4 - text.size() % 4) % 4, '=');
    return from_base64(text);
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

number to_number(std::string_view big_endian) {
    return number{BN_bin2bn(bytes_of(big_endian), static_cast<int>(big_endian.size()), nullptr)};
}

// `type`: "RSA" or "EC". Takes what `build` holds.
key_handle make_key(const char* type, OSSL_PARAM_BLD* build) {
    const std::unique_ptr<OSSL_PARAM, freed<OSSL_PARAM_free>> params{OSSL_PARAM_BLD_to_param(build)};
    const std::unique_ptr<EVP_PKEY_CTX, freed<EVP_PKEY_CTX_free>> context{
        EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)};
    EVP_PKEY* key = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) <= 0 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) <= 0)
        return nullptr;
    return key_handle{key};
}

key_handle read_key(json::value jwk) {
    const std::unique_ptr<OSSL_PARAM_BLD, freed<OSSL_PARAM_BLD_free>> build{OSSL_PARAM_BLD_new()};
    if (jwk.find("kty").string() == "RSA") {
        const auto n = member_bytes(jwk, "n"), e = member_bytes(jwk, "e");
        if (!n || !e || n->empty() || e->empty()) return nullptr;
        const number modulus = to_number(*n),
                     exponent = to_number(*e);  // outlive `build`, which points at them
        OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
        OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
        return make_key("RSA", build.get());
    }
    if (jwk.find("kty").string() != "EC" || jwk.find("crv").string() != "P-256") return nullptr;
    const auto x = member_bytes(jwk, "x"), y = member_bytes(jwk, "y");
    if (!x || !y || x->size() != ec_coordinate || y->size() != ec_coordinate) return nullptr;
    const std::string point = "\x04" + *x + *y;  // uncompressed
    OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    return make_key("EC", build.get());
}

// JWS keeps the two numbers of an ECDSA signature side by side, libcrypto reads them as DER.
std::optional<std::string> to_der(std::string_view signature) {
    if (signature.size() != 2 * ec_coordinate) return std::nullopt;
    const std::unique_ptr<ECDSA_SIG, freed<ECDSA_SIG_free>> pair{ECDSA_SIG_new()};
    number r = to_number(signature.substr(0, ec_coordinate)), s = to_number(signature.substr(ec_coordinate));
    if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return std::nullopt;
    r.release();
    s.release();
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(pair.get(), &der);
    if (size <= 0) return std::nullopt;
    std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return out;
}

bool is_signed_by(EVP_PKEY* key, std::string_view text, std::string_view signature) {
    const std::unique_ptr<EVP_MD_CTX, freed<EVP_MD_CTX_free>> context{EVP_MD_CTX_new()};
    return context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                            text.size()) == 1;
}

}  // namespace

result<void> verify_web_token(const web_token& token, std::string_view key_set) {
    const auto keys = json::document::parse(key_set);
    const bool rsa = token.algorithm == "RS256";
    bool tried = false;
    if (keys && (rsa || token.algorithm == "ES256")) {
        const auto signature = rsa ? std::optional{token.signature} : to_der(token.signature);
        for (const json::value jwk : keys->root().find("keys").elements()) {
            if (jwk.find("kty").string() != (rsa ? "RSA" : "EC")) continue;
            const auto id = jwk.find("kid").string();
            if (id && !token.key_id.empty() && *id != token.key_id) continue;
            const key_handle key = read_key(jwk);
            if (!key) continue;
            tried = true;
            if (signature && is_signed_by(key.get(), token.signed_part, *signature)) return {};
        }
    }
    if (tried) return error{errc::permission, "The signature of the web identity token is not valid"};
    return error{errc::not_found,
                 "Couldn't retrieve verification key from your identity provider, please reference "
                 "AssumeRoleWithWebIdentity documentation for requirements"};
}

}  // namespace trainyard::aws::local
