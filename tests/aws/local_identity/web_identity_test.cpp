// Web identity tokens, really signed, and the roles they open.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <memory>

#include "aws/local/identity/web_token.hpp"
#include "tests/aws/local_identity/iam_fixture.hpp"

namespace trainyard::aws::local {
namespace {

std::string base64url(std::string_view bytes) {
    std::string out = to_base64(bytes);
    while (out.ends_with('=')) out.pop_back();
    for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return out;
}

// A key pair and what its owner publishes of it.
class signing_key {
public:
    static signing_key rsa() { return {EVP_RSA_gen(2048), true}; }
    static signing_key ec() { return {EVP_EC_gen("P-256"), false}; }

    std::string jwk(const std::string& id) const {
        if (rsa_)
            return fmt::format(R"({{"kty":"RSA","kid":"{}","n":"{}","e":"{}"}})", id,
                               number(OSSL_PKEY_PARAM_RSA_N, 0), number(OSSL_PKEY_PARAM_RSA_E, 0));
        return fmt::format(R"({{"kty":"EC","crv":"P-256","kid":"{}","x":"{}","y":"{}"}})", id,
                           number(OSSL_PKEY_PARAM_EC_PUB_X, 32), number(OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    }
    std::string token(const std::string& id, const std::string& claims) const {
        const std::string head = fmt::format(R"({{"alg":"{}","kid":"{}"}})", rsa_ ? "RS256" : "ES256", id);
        const std::string text = base64url(head) + "." + base64url(claims);
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                              EVP_MD_CTX_free};
        std::string signature(512, '\0');
        std::size_t size = signature.size();
        EXPECT_EQ(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()), 1);
        EXPECT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                                 reinterpret_cast<const unsigned char*>(text.data()), text.size()),
                  1);
        signature.resize(size);
        return text + "." + base64url(rsa_ ? signature : side_by_side(signature));
    }

private:
    signing_key(EVP_PKEY* key, bool rsa) : key_(key, EVP_PKEY_free), rsa_(rsa) {}

    std::string number(const char* name, int width) const {
        BIGNUM* n = nullptr;
        EXPECT_EQ(EVP_PKEY_get_bn_param(key_.get(), name, &n), 1);
        return base64url(bytes(n, width, true));
    }
    static std::string bytes(BIGNUM* n, int width, bool free) {
        std::string out(static_cast<std::size_t>(std::max(width, BN_num_bytes(n))), '\0');
        BN_bn2binpad(n, reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size()));
        if (free) BN_free(n);
        return out;
    }
    static std::string side_by_side(const std::string& der) {
        const auto* at = reinterpret_cast<const unsigned char*>(der.data());
        const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair{
            d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free};
        return bytes(const_cast<BIGNUM*>(ECDSA_SIG_get0_r(pair.get())), 32, false) +
               bytes(const_cast<BIGNUM*>(ECDSA_SIG_get0_s(pair.get())), 32, false);
    }

    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
    bool rsa_;
};

class web_identity_test : public iam_fixture {
protected:
    const std::string issuer = "https://token.example.com/ci", role = "arn:aws:iam::111122223333:role/ci";

    std::string claims(const std::string& subject = "repo:a/b:main",
                       const std::string& audience = "\"sts.amazonaws.com\"",
                       const std::string& more = "") const {
        return fmt::format(R"({{"iss":"{}","sub":"{}","aud":{},"exp":{}{}}})", issuer, subject, audience,
                           to_unix_millis(now) / 1000 + 600, more);
    }
    static std::string assume(const std::string& token) {
        return R"({"RoleArn":"arn:aws:iam::111122223333:role/ci","RoleSessionName":"ci","WebIdentityToken":")" +
               token + "\"}";
    }
    // Not signed by anybody.
    static std::string bare(const std::string& claims) {
        return base64url(R"({"alg":"RS256"})") + "." + base64url(claims) + "." + base64url("x");
    }
    void provide() {
        ok("CreateOpenIDConnectProvider",
           R"({"Url":")" + issuer + R"(","ClientIDList":["sts.amazonaws.com"]})");
        create_role(
            "ci",
            policy(R"({"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:oidc-provider/)"
                   R"(token.example.com/ci"},"Action":"sts:AssumeRoleWithWebIdentity","Condition":{)"
                   R"("StringEquals":{"token.example.com/ci:aud":"sts.amazonaws.com"},)"
                   R"("StringLike":{"token.example.com/ci:sub":"repo:a/b:*"}}})"));
    }
    std::string answer_to(const std::string& token) {
        return refused("AssumeRoleWithWebIdentity", assume(token));
    }
};

TEST_F(web_identity_test, claims_decide) {
    provide();
    const auto answer = ok("AssumeRoleWithWebIdentity", assume(bare(claims())));
    EXPECT_EQ(text(answer, {"SubjectFromWebIdentityToken"}), "repo:a/b:main");
    EXPECT_EQ(text(answer, {"Provider"}), "arn:aws:iam::111122223333:oidc-provider/token.example.com/ci");
    EXPECT_EQ(text(answer, {"Audience"}), "sts.amazonaws.com");
    EXPECT_EQ(text(answer, {"AssumedRoleUser", "Arn"}), "arn:aws:sts::111122223333:assumed-role/ci/ci");
    EXPECT_TRUE(identities.find(text(answer, {"Credentials", "AccessKeyId"})));
    const std::string refusal = "403 AccessDenied Not authorized to perform sts:AssumeRoleWithWebIdentity";
    EXPECT_EQ(answer_to(bare(claims("repo:a/c:main"))), refusal);
    EXPECT_EQ(answer_to(bare(claims("repo:a/b:x", R"(["other","sts.amazonaws.com"])"))), "");
    EXPECT_EQ(answer_to(bare(claims("repo:a/b:x", "\"other\""))),
              "400 InvalidIdentityToken Incorrect token audience");
    EXPECT_EQ(answer_to(bare(claims("repo:a/b:x", "\"sts.amazonaws.com\"", R"(,"azp":"app")"))),
              "400 InvalidIdentityToken Incorrect token audience");
    EXPECT_EQ(answer_to(bare(claims("repo:a/b:x", "\"sts.amazonaws.com\"", R"(,"nbf":4000000000)"))),
              "400 InvalidIdentityToken Token is not yet valid");
    const std::string token = bare(claims());
    now += 600s;
    EXPECT_EQ(answer_to(token),
              "400 ExpiredTokenException Token expired: current date/time 1764000600 must be before the "
              "expiration date/time 1764000600");
    ok("DeleteOpenIDConnectProvider",
       R"({"OpenIDConnectProviderArn":"arn:aws:iam::111122223333:oidc-provider/token.example.com/ci"})");
    EXPECT_EQ(answer_to(bare(claims())),
              "400 InvalidIdentityToken No OpenIDConnect provider found in your account for "
              "https://token.example.com/ci");
}

TEST_F(web_identity_test, roles_that_nobody_created) {
    EXPECT_EQ(answer_to(bare(claims())), "");
    options.strict_roles = true;
    EXPECT_EQ(answer_to(bare(claims())).substr(0, 16), "403 AccessDenied");
}

TEST_F(web_identity_test, what_is_no_token) {
    const std::string no_token =
        "400 InvalidIdentityToken The ID Token provided is not a valid JWT. (You may see this error "
        "if you sent an Access Token)";
    const std::string head = base64url(R"({"alg":"RS256"})"), body = base64url(claims());
    for (const std::string& text :
         {std::string("abcd"), head + "." + body, head + "." + body + ".x.y", head + ".!!." + head,
          "e30=." + body + ".eA", head + "." + base64url("[]") + ".eA"})
        EXPECT_EQ(answer_to(text), no_token) << text;
    for (const char* claim : {"iss", "sub", "aud", "exp"}) {
        std::string without = claims();
        without.replace(without.find(claim), 3, "x-x");
        EXPECT_EQ(answer_to(bare(without)),
                  std::string("400 InvalidIdentityToken Missing a required claim: ") + claim);
    }
}

TEST_F(web_identity_test, known_issuers_have_to_sign) {
    provide();
    const std::string no_key =
        "400 InvalidIdentityToken Couldn't retrieve verification key from your identity provider, "
        "please reference AssumeRoleWithWebIdentity documentation for requirements";
    const std::string forged =
        "400 InvalidIdentityToken The signature of the web identity token is not valid";
    const signing_key rsa = signing_key::rsa(), ec = signing_key::ec(), other = signing_key::rsa(),
                      stranger = signing_key::ec();
    options.issuer_keys[issuer] = R"({"keys":[)" + rsa.jwk("1") + "," + ec.jwk("2") + "]}";
    EXPECT_EQ(answer_to(rsa.token("1", claims())), "");
    EXPECT_EQ(answer_to(ec.token("2", claims())), "");
    EXPECT_EQ(answer_to(rsa.token("9", claims())), no_key);
    EXPECT_EQ(answer_to(other.token("1", claims())), forged);
    EXPECT_EQ(answer_to(stranger.token("2", claims())), forged);
    EXPECT_EQ(answer_to(bare(claims())), forged);
    EXPECT_EQ(answer_to(base64url(R"({"alg":"none"})") + "." + base64url(claims()) + "."), no_key);
    EXPECT_EQ(answer_to(base64url(R"({"alg":"HS256","kid":"1"})") + "." + base64url(claims()) + ".eA"),
              no_key);
    // Another subject under the same signature.
    const std::string good = rsa.token("1", claims()), evil = base64url(claims("repo:a/b:evil"));
    const auto first = good.find('.'), second = good.find('.', first + 1);
    EXPECT_EQ(answer_to(good.substr(0, first + 1) + evil + good.substr(second)), forged);
}

}  // namespace
}  // namespace trainyard::aws::local
