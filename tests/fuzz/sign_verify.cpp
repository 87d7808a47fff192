// What the signer signs, the verifier accepts, and nothing else (sigv4). The input is a request: path, query,
// name and value of one header, and body, with NUL between them.
#include "engine/http/framing.hpp"

#include <algorithm>

#include "sigv4/sign.hpp"
#include "sigv4/verify.hpp"
#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

const sigv4::credentials keys{"AKIDEXAMPLE", secret{"wJalrXUtnFEMI"}, secret{"token"}, {}};
const wall_time when = parse_iso8601("20260131T235959Z").value();

// The state of both is kept from input to input, as it is in a program.
bool verifies(const sigv4::request_view& request) {
    static const sigv4::key_record record{keys.secret_access_key, keys.session_token, {}};
    static sigv4::verifier verifier;
    sigv4::expectation expected;
    expected.service = "sqs";
    expected.region = "us-east-1";
    expected.now = when;
    const auto find = [](std::string_view id) { return id == keys.access_key_id ? &record : nullptr; };
    return verifier.verify(request, expected, find).has_value();
}

std::string commas(std::string list) {
    std::replace(list.begin(), list.end(), ';', ',');
    return list;
}

}  // namespace

void run_sign_verify(std::string_view input) {
    const std::string path = "/" + std::string(take_part(input));
    const std::string query(take_part(input)), name(take_part(input)), value(take_part(input));
    std::string body(input);
    // What http::client would not send is not signed either.
    for (const char c : path + query)
        if (c <= ' ' || c > '~') return;
    if (path.find('?') != std::string::npos || !http::is_field_value(value)) return;
    if (!name.empty() && !http::is_token(name)) return;
    std::vector<sigv4::header_view> headers{{"Host", "sqs.us-east-1.amazonaws.com"}};
    if (!name.empty()) headers.push_back({name, value});
    const auto signed_request = [&](std::string_view of) {
        return sigv4::request_view{"POST", path, query, headers, of};
    };
    static sigv4::signer signer;
    const auto signature = signer.sign(signed_request(body), keys, {"us-east-1", "sqs"}, when);
    if (!signature) {
        require(is_one_line(signature.error().message), "a refusal is one line");
        return;
    }
    headers.insert(headers.end(), signature->headers.begin(), signature->headers.end());
    // The verifier takes each header once; the signer joins repeated ones.
    if (http::same_name(name, "host")) return;
    require(verifies(signed_request(body)), "what was signed is accepted");
    body += 'x';
    require(!verifies(signed_request(body)), "another body is not");
    body.pop_back();
    if (name.empty()) return;
    const std::string longer = value + "x";
    headers[1].value = longer;
    // A few that proxies rewrite are left out of the signature on purpose.
    if (http::list_contains(commas(std::string{signature->signed_headers}), name))
        require(!verifies(signed_request(body)), "another value of a signed header is not");
}

}  // namespace trainyard::fuzz
