// The Authorization header of a peer that knows no key (sigv4/verify.hpp). The input is the header's value.
#include "sigv4/verify.hpp"
#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

void check_claims(const sigv4::claims& c) {
    require(!c.access_key_id.empty() && !c.region.empty() && !c.service.empty(),
            "no part of the scope is empty");
    require(c.date.size() == 8 && c.date.find_first_not_of("0123456789") == std::string::npos,
            "a date is 8 digits");
    require(
        c.signature.size() == 64 && c.signature.find_first_not_of("0123456789abcdef") == std::string::npos,
        "a signature is 64 hexadecimal digits");
    std::size_t count = 0;
    std::string_view before;
    for (std::string_view rest = c.signed_headers;;) {
        const std::string_view name = rest.substr(0, rest.find(';'));
        require(!name.empty(), "a signed header has a name");
        require(before < name, "signed headers are sorted, each once");
        before = name;
        ++count;
        if (name.size() == rest.size()) break;
        rest.remove_prefix(name.size() + 1);
    }
    require(count <= 100, "at most 100 signed headers");
}

std::string render(const sigv4::claims& c) {
    std::string out = "AWS4-HMAC-SHA256 Credential=";
    for (const std::string_view part : {c.access_key_id, c.date, c.region, c.service})
        out.append(part).append("/");
    out.append("aws4_request, SignedHeaders=").append(c.signed_headers);
    return out.append(", Signature=").append(c.signature);
}

}  // namespace

void run_authorization(std::string_view input) {
    const auto request_with = [](std::vector<sigv4::header_view>& headers, std::string_view value) {
        headers = {{"Host", "sqs.us-east-1.amazonaws.com"},
                   {"X-Amz-Date", "20260131T235959Z"},
                   {"X-Amz-Security-Token", "token"},
                   {"Authorization", value}};
        return sigv4::request_view{"POST", "/", "", headers, "{}"};
    };
    std::vector<sigv4::header_view> headers;
    const auto request = request_with(headers, input);
    const auto claims = sigv4::parse_authorization(request);
    if (!claims) {
        require(is_one_line(claims.error().message) && !claims.error().message.empty(),
                "a refusal is one line");
    } else {
        check_claims(*claims);
        const std::string rendered = render(*claims);
        std::vector<sigv4::header_view> again_headers;
        const auto again = sigv4::parse_authorization(request_with(again_headers, rendered));
        require(again.has_value() && again->access_key_id == claims->access_key_id &&
                    again->date == claims->date && again->region == claims->region &&
                    again->service == claims->service && again->signed_headers == claims->signed_headers &&
                    again->signature == claims->signature,
                "what was rendered claims the same");
    }
    sigv4::expectation expected;
    expected.service = "sqs";
    expected.now = parse_iso8601("20260131T235959Z").value();
    static const sigv4::key_record record{
        secret{"a secret that the peer does not know"}, secret{"token"}, {}};
    static sigv4::verifier verifier;
    const auto verdict = verifier.verify(request, expected, [](std::string_view) { return &record; });
    require(!verdict.has_value(), "no header is a signature by chance");
    require(is_one_line(verdict.error().message), "a refusal is one line");
}

}  // namespace trainyard::fuzz
