#include "aws/transport/answer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <pugixml.hpp>

#include "engine/base/json.hpp"

namespace trainyard::aws {

namespace {

constexpr std::array signature_codes{"AuthFailure",          "InvalidSignatureException",
                                     "RequestExpired",       "RequestInTheFuture",
                                     "RequestTimeTooSkewed", "SignatureDoesNotMatch"};

std::string text_of(json::value v) {
    const auto s = v.string();
    return s ? std::string{*s} : std::string{};
}

bool read_json(const http::response& answer, api_error& out) {
    const auto parsed = json::document::parse(answer.body);
    if (!parsed || !parsed->root().is_object()) return false;
    const auto root = parsed->root();
    out.code = text_of(root.find("__type"));
    if (out.code.empty()) out.code = answer.fields.get("x-amzn-errortype");
    if (out.code.empty()) out.code = text_of(root.find("code"));
    out.message = text_of(root.find("message"));
    if (out.message.empty()) out.message = text_of(root.find("Message"));
    return true;
}

bool read_xml(const http::response& answer, api_error& out) {
    pugi::xml_document xml;
    if (!xml.load_buffer(answer.body.data(), answer.body.size(), pugi::parse_default, pugi::encoding_utf8))
        return false;
    const auto root = xml.document_element();
    // S3's errors have no envelope.
    const auto e = std::string_view{root.name()} == "Error" ? root : root.child("Error");
    if (!e) return false;
    out.code = e.child_value("Code");
    out.message = e.child_value("Message");
    if (out.request_id.empty()) out.request_id = root.child_value("RequestId");
    if (out.request_id.empty()) out.request_id = root.child_value("RequestID");
    return true;
}

// Digits only, at most nine of them: a year in milliseconds has eleven.
std::optional<std::int64_t> whole_number(std::string_view text) {
    if (text.empty() || text.size() > 9) return {};
    std::int64_t out = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size() || out < 0) return {};
    return out;
}

}  // namespace

std::string_view plain_code(std::string_view code) {
    code = code.substr(0, code.find(':'));
    const auto hash = code.rfind('#');
    return hash == std::string_view::npos ? code : code.substr(hash + 1);
}

api_error read_error(std::string_view service, std::string_view operation, const http::response& answer) {
    api_error out;
    out.service = service;
    out.operation = operation;
    out.http_status = answer.status;
    out.request_id = request_id_of(answer);
    if (!read_json(answer, out) && !read_xml(answer, out)) {
        out.code = answer.fields.get("x-amzn-errortype");
        out.message = answer.body.substr(0, 200);
    }
    const auto legacy = answer.fields.get("x-amzn-query-error");
    out.code = std::string{plain_code(out.code)};
    if (const auto code = legacy.substr(0, legacy.find(';')); !code.empty()) out.code = code;
    out.kind = classify(service, answer.status, out.code, out.message);
    return out;
}

api_error malformed_answer(std::string_view service, std::string_view operation, const http::response& answer,
                           std::string_view why) {
    api_error out;
    out.kind = failure::effect_unknown;
    out.service = service;
    out.operation = operation;
    out.http_status = answer.status;
    out.message = "unusable answer: " + std::string{why};
    out.request_id = request_id_of(answer);
    return out;
}

std::string request_id_of(const http::response& answer) {
    std::string out{answer.fields.get("x-amzn-requestid")};
    if (out.empty()) out = answer.fields.get("x-amz-request-id");
    if (const auto second = answer.fields.get("x-amz-id-2"); !second.empty())
        out.append(out.empty() ? "" : "/").append(second);
    return out;
}

std::optional<duration> retry_after(const http::response& answer) {
    if (const auto ms = whole_number(answer.fields.get("x-amz-retry-after")))
        return std::chrono::milliseconds{*ms};
    if (const auto s = whole_number(answer.fields.get("retry-after"))) return std::chrono::seconds{*s};
    return {};
}

bool is_expired_token(std::string_view code, bool temporary_credentials) {
    if (code == "ExpiredToken" || code == "ExpiredTokenException") return true;
    return temporary_credentials && (code == "InvalidClientTokenId" || code == "UnrecognizedClientException");
}

std::optional<duration> skew_from(const api_error& e, const http::response& answer, wall_time sent,
                                  duration current_offset) {
    if (std::find(signature_codes.begin(), signature_codes.end(), e.code) == signature_codes.end()) return {};
    const auto date = parse_http_date(answer.fields.get("date"));
    if (!date) return {};
    const duration ahead = *date - sent;
    if (std::chrono::abs(ahead - current_offset) < std::chrono::minutes{5}) return {};
    if (std::chrono::abs(ahead) > std::chrono::hours{24}) return {};
    return ahead;
}

}  // namespace trainyard::aws
