#include "support.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"
#include "sigv4/canonical.hpp"

namespace trainyard::sigv4::testing {
namespace {

struct view {
    std::vector<header_view> headers;
    request_view request;

    explicit view(const message& m) {
        for (const auto& [name, value] : m.headers) headers.push_back({name, value});
        request = {m.method, m.path, m.query, headers, m.body};
    }
};

std::string text_of(json::value object, std::string_view key) {
    const auto text = object.find(key).string();
    if (!text) throw std::runtime_error("no text at " + std::string{key});
    return std::string{*text};
}

bool flag(json::value object, std::string_view key) {
    return object.find(key).boolean().value_or(false);
}

std::array<unsigned char, 32> coordinate(json::value key, std::string_view name) {
    const std::string bytes = from_hex(text_of(key, name)).value();
    std::array<unsigned char, 32> out{};
    std::copy_n(bytes.begin(), out.size(), out.begin());
    return out;
}

stages read_stages(json::value files, const std::string& form) {
    return {text_of(files, form + "-canonical-request.txt"), text_of(files, form + "-string-to-sign.txt"),
            text_of(files, form + "-signature.txt"),
            parse_message(text_of(files, form + "-signed-request.txt"))};
}

vector_case read_case(std::string_view name, json::value files) {
    vector_case c;
    c.name = name;
    const json::value context = files.find("context.json");
    const json::value keys = context.find("credentials");
    c.who.access_key_id = text_of(keys, "access_key_id");
    c.who.secret_access_key = secret{text_of(keys, "secret_access_key")};
    if (keys.find("token").exists()) c.who.session_token = secret{text_of(keys, "token")};
    c.region = text_of(context, "region");
    c.service = text_of(context, "service");
    c.when = parse_iso8601(text_of(context, "timestamp")).value();
    c.lifetime = std::chrono::seconds{context.find("expiration_in_seconds").integer().value()};
    const bool body = flag(context, "sign_body");
    c.how.path.normalize = flag(context, "normalize");
    c.how.payload = body ? payload::of_body : payload::of_nothing;
    c.how.sign_body = body;
    c.how.omit_session_token = flag(context, "omit_session_token");
    c.request = parse_message(text_of(files, "request.txt"));
    c.header = read_stages(files, "header");
    c.query = read_stages(files, "query");
    if (const json::value key = files.find("public-key.json"); key.exists())
        c.key = public_key{coordinate(key, "X"), coordinate(key, "Y")};
    if (c.key) c.how.region_set = "us-east-1";
    return c;
}

std::vector<vector_case> read_all(std::string_view suite) {
    std::ifstream file{TRAINYARD_SOURCE_DIR "/tests/golden/sigv4_vectors.json"};
    std::stringstream text;
    text << file.rdbuf();
    const auto document = json::document::parse(text.str());
    if (!document) throw std::runtime_error(document.error().message);
    std::vector<vector_case> out;
    const auto cases = document->root().find(suite).members();
    for (auto i = cases.begin(); i != cases.end(); ++i) out.push_back(read_case(i.key(), *i));
    return out;
}

verdict owned(const boost::system::result<claims, refused>& r) {
    if (!r) return r.error();
    return owned_claims{std::string{r->access_key_id},
                        std::string{r->date},
                        std::string{r->region},
                        std::string{r->service},
                        std::string{r->signed_headers},
                        std::string{r->signature},
                        r->presigned};
}

}  // namespace

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out) c = sigv4::lower(c);
    return out;
}

std::string* message::header(std::string_view name) {
    for (auto& [n, value] : headers)
        if (lower(n) == name) return &value;
    return nullptr;
}

void message::add(const std::vector<signed_header>& more) {
    for (const auto& h : more) headers.emplace_back(h.name, h.value);
}

void message::remove(std::string_view name) {
    std::erase_if(headers, [&](const auto& h) { return lower(h.first) == name; });
}

result<signature> sign(const message& m, const credentials& who, const scope& where, wall_time when,
                       const options& how) {
    return sigv4::sign(view{m}.request, who, where, when, how);
}

result<message> presign(const message& m, const credentials& who, const scope& where, wall_time when,
                        duration lifetime, const options& how) {
    const auto s = sigv4::presign(view{m}.request, who, where, when, lifetime, how);
    if (!s) return s.error();
    message out = m;
    out.query = s->query;
    return out;
}

verdict verify(verifier& by, const message& m, const expectation& expected,
               const std::optional<key_record>& record) {
    const view v{m};
    return owned(by.verify(v.request, expected, [&](std::string_view id) {
        return id == "AKIDEXAMPLE" && record ? &*record : nullptr;
    }));
}

verdict verify(const message& m, const expectation& expected, const std::optional<key_record>& record) {
    verifier by;
    return verify(by, m, expected, record);
}

verdict parse_authorization(const message& m) {
    const view v{m};
    return owned(sigv4::parse_authorization(v.request));
}

const std::vector<vector_case>& vectors() {
    static const std::vector<vector_case> all = read_all("v4");
    return all;
}

const std::vector<vector_case>& ecdsa_vectors() {
    static const std::vector<vector_case> all = read_all("v4a");
    return all;
}

result<signature> presign_stages(const vector_case& c) {
    // The body enters a presigned signature where the suite signs it; no header tells its hash.
    return sigv4::presign(view{c.request}.request, c.who, {c.region, c.service}, c.when, c.lifetime, c.how);
}

message parse_message(std::string_view text) {
    message m;
    const auto line_end = text.find('\n');
    const std::string_view first = text.substr(0, line_end);
    const auto method_end = first.find(' '), target_end = first.rfind(' ');
    m.method = first.substr(0, method_end);
    const std::string_view target = first.substr(method_end + 1, target_end - method_end - 1);
    const auto question = target.find('?');
    m.path = target.substr(0, question);
    if (question != std::string_view::npos) m.query = target.substr(question + 1);
    std::size_t at = line_end + 1;
    while (at < text.size() && text[at] != '\n') {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string_view line = text.substr(at, end - at);
        if (line.front() == ' ') {
            m.headers.back().second.append("\n").append(line);  // a folded value
        } else {
            const auto colon = line.find(':');
            m.headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
        }
        at = end + 1;
    }
    if (at + 1 < text.size()) m.body = text.substr(at + 1);
    return m;
}

}  // namespace trainyard::sigv4::testing
