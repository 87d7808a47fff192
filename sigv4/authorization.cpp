#include "sigv4/authorization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/encoding.hpp"
#include "sigv4/canonical.hpp"
#include "sigv4/verify.hpp"

namespace trainyard::sigv4 {
namespace {

refused incomplete(std::string message) {
    return {refusal::incomplete_signature, std::move(message)};
}

std::vector<std::string_view> split(std::string_view text, char by) {
    std::vector<std::string_view> out;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(by, at), text.size());
        out.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

// A field name (RFC 9110 5.6.2) in lower case.
bool is_lower_name(std::string_view name) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~";
    return !name.empty() && name.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::optional<refused> read_credential(std::string_view text, claims& out) {
    const auto parts = split(text, '/');
    if (parts.size() != 5 || !is_printable(text) || std::find(parts.begin(), parts.end(), "") != parts.end())
        return incomplete(
            fmt::format("Credential must have exactly 5 slash-delimited elements, e.g. "
                        "keyid/date/region/service/term, got '{}'",
                        printable(text, 128)));
    if (parts[4] != scope_terminator)
        return incomplete(
            fmt::format("Credential should be scoped with a valid terminator: 'aws4_request', not '{}'.",
                        printable(parts[4], 64)));
    if (parts[1].size() != 8 || parts[1].find_first_not_of("0123456789") != std::string_view::npos)
        return incomplete("Credential should be scoped to a date of the form YYYYMMDD.");
    out.access_key_id = parts[0];
    out.date = parts[1];
    out.region = parts[2];
    out.service = parts[3];
    return std::nullopt;
}

std::optional<refused> read_signed_headers(std::string_view text, claims& out) {
    for (const std::string_view name : split(text, ';')) {
        if (out.signed_headers.size() == signed_headers_max)
            return incomplete(
                fmt::format("Authorization header names more than {} SignedHeaders.", signed_headers_max));
        if (!is_lower_name(name) || (!out.signed_headers.empty() && name <= out.signed_headers.back()))
            return incomplete("'SignedHeaders' must be lower-case header names, sorted, each once.");
        out.signed_headers.emplace_back(name);
    }
    return std::nullopt;
}

std::optional<refused> read_signature(std::string_view text, claims& out) {
    if (text.size() != 64 || text.find_first_not_of("0123456789abcdef") != std::string_view::npos)
        return incomplete("'Signature' must be 64 lower-case hexadecimal digits.");
    out.signature = text;
    return std::nullopt;
}

}  // namespace

bool same_name(std::string_view name, std::string_view lower_name) {
    return std::equal(name.begin(), name.end(), lower_name.begin(), lower_name.end(), [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
    });
}

boost::system::result<claims, refused> parse_authorization(const request_view& request) {
    std::string_view text;
    std::size_t count = 0;
    for (const auto& h : request.headers)
        if (same_name(h.name, "authorization") && ++count == 1) text = h.value;
    if (count == 0) return refused{refusal::missing_token, "Request is missing Authentication Token"};
    if (count > 1) return incomplete("The request has more than one Authorization header.");
    if (text.size() > authorization_bytes_max)
        return incomplete(
            fmt::format("Authorization header is longer than {} bytes.", authorization_bytes_max));

    const std::size_t space = std::min(text.find(' '), text.size());
    if (text.substr(0, space) != algorithm_name)
        return incomplete(
            fmt::format("Unsupported AWS 'algorithm': '{}'.", printable(text.substr(0, space), 64)));

    struct field {
        std::string_view name;
        std::optional<refused> (*read)(std::string_view, claims&);
        bool seen = false;
    };
    std::array<field, 3> fields{{{"Credential", read_credential},
                                 {"SignedHeaders", read_signed_headers},
                                 {"Signature", read_signature}}};
    claims out;
    for (std::string_view part : split(text.substr(space), ',')) {
        part.remove_prefix(std::min(part.find_first_not_of(' '), part.size()));
        const std::size_t equals = std::min(part.find('='), part.size());
        const auto f = std::find_if(fields.begin(), fields.end(),
                                    [&](const field& x) { return x.name == part.substr(0, equals); });
        if (equals == part.size() || f == fields.end() || f->seen)
            return incomplete(
                fmt::format("'{}' not a valid key=value pair (missing equal-sign) in Authorization header, "
                            "or not one of its three, or there twice.",
                            printable(part.substr(0, equals), 32)));
        f->seen = true;
        if (auto no = f->read(part.substr(equals + 1), out)) return *std::move(no);
    }
    std::string missing;
    for (const field& f : fields)
        if (!f.seen)
            missing += fmt::format("{}Authorization header requires '{}' parameter.",
                                   missing.empty() ? "" : " ", f.name);
    if (!missing.empty()) return incomplete(std::move(missing));
    return out;
}

}  // namespace trainyard::sigv4
