#include "bench/naive_sign.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <map>
#include <set>
#include <sstream>

#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::bench {
namespace {

std::string hash(const std::string& text) {
    std::array<unsigned char, 32> out{};
    std::size_t size = 0;
    TY_CHECK(EVP_Q_digest(nullptr, "SHA256", nullptr, text.data(), text.size(), out.data(), &size) == 1,
             "SHA-256");
    return to_hex(out);
}

std::string hmac(const std::string& key, const std::string& text) {
    std::array<unsigned char, 32> out{};
    unsigned int size = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
    return {reinterpret_cast<const char*>(out.data()), size};
}

std::vector<std::string> split(const std::string& text, char by) {
    std::vector<std::string> out;
    std::string part;
    std::istringstream in{text};
    while (std::getline(in, part, by)) out.push_back(part);
    return out;
}

std::string path_of(const std::string& path, const sigv4::path_rule& rule) {
    std::vector<std::string> kept;
    for (const auto& segment : split(path.substr(path.empty() ? 0 : 1), '/')) {
        if (rule.normalize && (segment.empty() || segment == ".")) continue;
        if (rule.normalize && segment == "..") {
            if (!kept.empty()) kept.pop_back();
            continue;
        }
        kept.push_back(segment);
    }
    std::string joined;
    for (const auto& segment : kept) joined += "/" + segment;
    if (joined.empty() || path.back() == '/') joined += "/";
    std::string out;
    for (const char c : joined)
        out += c == '/' || (c == '%' && !rule.encode_twice) ? std::string(1, c)
                                                            : percent_encode(std::string_view{&c, 1});
    return out;
}

std::string query_of(const std::string& query) {
    std::multiset<std::pair<std::string, std::string>> sorted;
    for (const auto& part : split(query, '&')) {
        if (part.empty()) continue;
        const auto equals = part.find('=');
        const std::string value = equals == std::string::npos ? "" : part.substr(equals + 1);
        sorted.emplace(percent_encode(percent_decode(part.substr(0, equals)).value()),
                       percent_encode(percent_decode(value).value()));
    }
    std::string out;
    for (const auto& [name, value] : sorted) out += (out.empty() ? "" : "&") + name + "=" + value;
    return out;
}

std::string value_of(const std::string& value) {
    std::istringstream in{value};
    std::string out;
    for (std::string word; in >> word;) out += (out.empty() ? "" : " ") + word;
    return out;
}

}  // namespace

naive_signature naive_sign(const sigv4::request_view& request, const sigv4::credentials& who,
                           const sigv4::scope& where, wall_time when, const sigv4::options& how) {
    static const std::set<std::string> skipped{"connection",
                                               "expect",
                                               "keep-alive",
                                               "proxy-authenticate",
                                               "proxy-authorization",
                                               "te",
                                               "trailer",
                                               "sec-websocket-key",
                                               "sec-websocket-protocol",
                                               "sec-websocket-version",
                                               "transfer-encoding",
                                               "upgrade",
                                               "user-agent",
                                               "x-amzn-trace-id"};
    const std::string date = to_iso8601_basic(when), day = date.substr(0, 8);
    const std::string payload = how.payload == sigv4::payload::not_signed   ? "UNSIGNED-PAYLOAD"
                                : how.payload == sigv4::payload::of_nothing ? hash("")
                                                                            : hash(std::string{request.body});
    std::map<std::string, std::string> headers;
    for (const auto& [given_name, value] : request.headers) {
        std::string name{given_name};
        for (char& c : name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        if (skipped.contains(name)) continue;
        const auto [at, is_new] = headers.emplace(name, value_of(std::string{value}));
        if (!is_new) at->second += "," + value_of(std::string{value});
    }
    headers["x-amz-date"] = date;
    if (!who.session_token.empty() && !how.omit_session_token)
        headers["x-amz-security-token"] = who.session_token.reveal();
    if (how.sign_body || how.payload == sigv4::payload::not_signed) headers["x-amz-content-sha256"] = payload;

    std::string block, names;
    for (const auto& [name, value] : headers) {
        block += name + ":" + value + "\n";
        names += (names.empty() ? "" : ";") + name;
    }
    naive_signature out;
    out.canonical_request =
        std::string{request.method} + "\n" + path_of(std::string{request.path}, how.path) + "\n" +
        query_of(std::string{request.query}) + "\n" + block + "\n" + names + "\n" + payload;
    const std::string scope_text =
        day + "/" + std::string{where.region} + "/" + std::string{where.service} + "/aws4_request";
    out.string_to_sign = "AWS4-HMAC-SHA256\n" + date + "\n" + scope_text + "\n" + hash(out.canonical_request);
    std::string key = "AWS4" + std::string{who.secret_access_key.reveal()};
    for (const std::string& part :
         {day, std::string{where.region}, std::string{where.service}, std::string{"aws4_request"}})
        key = hmac(key, part);
    const std::string raw = hmac(key, out.string_to_sign);
    out.hex = to_hex({reinterpret_cast<const unsigned char*>(raw.data()), raw.size()});
    out.authorization = "AWS4-HMAC-SHA256 Credential=" + who.access_key_id + "/" + scope_text +
                        ", SignedHeaders=" + names + ", Signature=" + out.hex;
    return out;
}

}  // namespace trainyard::bench
