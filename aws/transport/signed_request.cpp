#include "aws/transport/signed_request.hpp"

#include <boost/container/small_vector.hpp>

namespace trainyard::aws {

namespace {

// host, x-amz-date, x-amz-security-token, x-amz-content-sha256, authorization, user-agent.
constexpr std::size_t fields_added = 6;
constexpr std::size_t field_bytes_expected = 768;  // a session token may have more

}  // namespace

result<http::request> make_signed_request(sigv4::signer& signer, const call& what,
                                          const sigv4::credentials& keys, wall_time when) {
    http::request out;
    out.method = what.method;
    out.target = what.endpoint.path.empty() ? "/" : what.endpoint.path;
    if (!what.target.empty()) out.target = what.target;
    out.body = what.body;
    // Room for what is added, so that a request costs the same few allocations whatever it carries.
    out.fields.reserve(what.fields.size() + fields_added, field_bytes_expected);
    for (const auto& f : what.fields) out.fields.add(f.name, f.value);
    out.fields.set("host", what.endpoint.origin.authority());
    boost::container::small_vector<sigv4::header_view, 16> headers;
    for (const auto& f : out.fields) headers.push_back({f.name, f.value});
    const std::span<const sigv4::header_view> shown{headers.data(), headers.size()};
    const sigv4::request_view view{out.method, out.path(), out.query(), shown, out.body};
    const sigv4::scope where{what.endpoint.signing_region, what.service};
    sigv4::options how;
    if (what.service == "s3") {
        how.path = {.normalize = false, .encode_twice = false};
        how.sign_body = true;
    }
    const auto signature = signer.sign(view, keys, where, when, how);
    if (!signature) return signature.error();
    // None of them is there yet: the signer refuses a request that has one.
    for (const auto& h : signature->headers) out.fields.add(h.name, h.value);
    // Unsigned on purpose: proxies rewrite it.
    out.fields.set("user-agent", "trainyard/" TRAINYARD_VERSION);
    return out;
}

}  // namespace trainyard::aws
