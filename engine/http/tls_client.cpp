#include "engine/http/tls_client.hpp"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <boost/asio/ip/address.hpp>

#include "engine/base/check.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::http {
namespace {

namespace ssl = boost::asio::ssl;

// What a connection's SSL object carries so that its tickets find their place.
struct session_owner {
    std::shared_ptr<tls_session_cache> cache;
    origin to;
};

void free_owner(void* /*parent*/, void* owner, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*argl*/,
                void* /*argp*/) {
    delete static_cast<session_owner*>(owner);
}

int owner_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_owner);
    return index;
}

// OpenSSL calls this for each ticket it reads. What is kept is a copy: freeing a connection that ended
// without close_notify marks its own session as not resumable.
int keep_session(SSL* of, SSL_SESSION* session) {
    const auto* const owner = static_cast<const session_owner*>(SSL_get_ex_data(of, owner_index()));
    tls_session copy(owner ? SSL_SESSION_dup(session) : nullptr);
    if (copy) owner->cache->put(owner->to, std::move(copy), io::real_clock().mono());
    return 0;  // the reference stays OpenSSL's
}

bool is_address(const std::string& host) {
    error_code is_name;
    boost::asio::ip::make_address(host, is_name);
    return !is_name;
}

// A final dot says "absolute" to a resolver and is no part of the name in certificates and hellos (RFC 6066
// 3).
std::string certificate_name(const origin& to) {
    return to.host.ends_with('.') ? to.host.substr(0, to.host.size() - 1) : to.host;
}

// Names in the subject are not looked at (RFC 9525 6.3), "*" stands for one whole label.
constexpr unsigned name_rules = X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS;

bool certificate_fits(const SSL* of, const origin& to) {
    X509* const peer = SSL_get0_peer_certificate(of);
    if (!peer || X509_cmp_current_time(X509_get0_notAfter(peer)) < 0) return false;
    const std::string name = certificate_name(to);
    if (is_address(name)) return X509_check_ip_asc(peer, name.c_str(), 0) == 1;
    return X509_check_host(peer, name.c_str(), name.size(), name_rules, nullptr) == 1;
}

}  // namespace

tls_client::tls_client()
    : context_(ssl::context::tls_client), sessions_(std::make_shared<tls_session_cache>()) {
    SSL_CTX* const raw = context_.native_handle();
    SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
    SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);  // an idle connection keeps no record buffers
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(raw, keep_session);
}

result<std::unique_ptr<tls_client>> tls_client::make(const std::string& ca_bundle) {
    std::unique_ptr<tls_client> out(new tls_client);
    error_code failure;
    if (ca_bundle.empty())
        out->context_.set_default_verify_paths(failure);
    else
        out->context_.load_verify_file(ca_bundle, failure);
    if (failure)
        return error{errc::invalid_argument,
                     fmt::format("CA bundle '{}' cannot be loaded ({}); it must be a readable PEM file",
                                 ca_bundle.empty() ? "of the system" : ca_bundle, failure.message())};
    return out;
}

std::string tls_client::prepare(connection& c, const origin& to) {
    c.tls = std::make_unique<tls_stream>(c.socket, context_);
    SSL* const raw = c.tls->native_handle();
    const std::string name = certificate_name(to);
    c.tls->set_verify_mode(ssl::verify_peer);
    SSL_set_hostflags(raw, name_rules);
    if (is_address(name)) {
        // Server Name Indication is for names only (RFC 6066 section 3).
        if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(raw), name.c_str()) != 1)
            return "the address cannot be looked for in a certificate";
    } else if (SSL_set_tlsext_host_name(raw, name.c_str()) != 1 || SSL_set1_host(raw, name.c_str()) != 1) {
        return "the host name does not fit into a TLS hello";
    }
    static const unsigned char http_1_1[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    TY_CHECK(SSL_set_alpn_protos(raw, http_1_1, sizeof http_1_1) == 0, "out of memory");
    auto owner = std::make_unique<session_owner>(session_owner{sessions_, to});
    TY_CHECK(SSL_set_ex_data(raw, owner_index(), owner.get()) == 1, "out of memory");
    owner.release();
    if (const tls_session known = sessions_->take(to, io::real_clock().mono()))
        SSL_set_session(raw, known.get());
    return {};
}

std::string tls_client::verdict(connection& c, const origin& to, const error_code& handshake) {
    SSL* const raw = c.tls->native_handle();
    std::string why;
    if (const long verdict = SSL_get_verify_result(raw); verdict != X509_V_OK)
        why = fmt::format("the server's certificate was refused: {}", X509_verify_cert_error_string(verdict));
    else if (handshake)
        why = handshake.message();
    else if (!certificate_fits(raw, to))
        why = "the server's certificate was refused: the resumed session is for another name or has expired";
    if (!why.empty()) sessions_->forget(to);
    return why;
}

bool resumed(const connection& c) {
    return c.tls && SSL_session_reused(c.tls->native_handle()) == 1;
}

}  // namespace trainyard::http
