#include "sigv4/authorization.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

#include "engine/base/encoding.hpp"
#include "sigv4/key_cache.hpp"
#include "sigv4/sign.hpp"

namespace trainyard::sigv4 {
namespace {

// Which bytes are one of `allowed`.
constexpr std::array<bool, 256> set_of(std::string_view allowed) {
    std::array<bool, 256> out{};
    for (const char c : allowed) out[static_cast<unsigned char>(c)] = true;
    return out;
}
// Field names (RFC 9110 5.6.2) in lower case, and what stands between them.
constexpr auto name_list_bytes = set_of("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~;");
constexpr auto digit_bytes = set_of("0123456789");

bool consists_of(std::string_view text, const std::array<bool, 256>& set) {
    bool all = true;
    for (const char c : text) all &= set[static_cast<unsigned char>(c)];
    return all;
}

// All above the space and below DEL. Eight at a time.
bool is_printable(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101010101010101U, high = ones * 0x80;
    std::uint64_t found = 0;
    while (text.size() >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data(), 8);
        // Bit 7 of some byte: it is below 0x21, or 0x7f, or has that bit.
        found |= ((word - ones * 0x21) | (word + ones) | word) & high;
        text.remove_prefix(8);
    }
    for (const char c : text) found |= c > ' ' && c < '\x7f' ? 0U : 1U;
    return found == 0;
}

std::optional<refused> read_credential(std::string_view text, claims& out) {
    std::array<std::string_view, 5> parts;
    std::size_t count = 0;
    bool empty_part = false;
    for_each_part(text, '/', [&](std::string_view part) -> std::optional<refused> {
        if (count < parts.size()) parts[count] = part;
        ++count;
        empty_part = empty_part || part.empty();
        return std::nullopt;
    });
    if (count != parts.size() || empty_part || !is_printable(text))
        return incomplete(
            fmt::format("Credential must have exactly 5 slash-delimited elements, e.g. "
                        "keyid/date/region/service/term, got '{}'",
                        printable(text, 128)));
    if (parts[4] != scope_terminator)
        return incomplete(
            fmt::format("Credential should be scoped with a valid terminator: 'aws4_request', not '{}'.",
                        printable(parts[4], 64)));
    if (parts[1].size() != 8 || !consists_of(parts[1], digit_bytes))
        return incomplete("Credential should be scoped to a date of the form YYYYMMDD.");
    out.access_key_id = parts[0];
    out.date = parts[1];
    out.region = parts[2];
    out.service = parts[3];
    return std::nullopt;
}

std::optional<refused> read_signed_headers(std::string_view text, claims& out) {
    if (!text.empty() && text == std::exchange(out.signed_headers, text)) return std::nullopt;
    const auto refuse = [] {
        return incomplete("'SignedHeaders' must be lower-case header names, sorted, each once.");
    };
    if (!consists_of(text, name_list_bytes)) return refuse();
    std::size_t count = 0;
    std::string_view before;
    return for_each_part(text, ';', [&](std::string_view name) -> std::optional<refused> {
        if (++count > signed_headers_max)
            return incomplete(
                fmt::format("Authorization header names more than {} SignedHeaders.", signed_headers_max));
        if (name <= before) return refuse();  // an empty one too
        before = name;
        return std::nullopt;
    });
}

std::optional<refused> read_signature(std::string_view text, claims& out) {
    if (!read_hex(text)) return incomplete("'Signature' must be 64 lower-case hexadecimal digits.");
    out.signature = text;
    return std::nullopt;
}

std::optional<refused> read_lifetime(std::string_view text, presigned_query& out) {
    std::int64_t seconds = 0;
    const bool digits = !text.empty() && text.size() <= 6 && consists_of(text, digit_bytes);
    if (digits) std::from_chars(text.data(), text.data() + text.size(), seconds);
    out.lifetime = std::chrono::seconds{seconds};
    if (out.lifetime < presign_min || out.lifetime > presign_max)
        return incomplete(fmt::format("X-Amz-Expires must be a number of seconds from {} to {}.",
                                      presign_min.count(), presign_max.count()));
    return std::nullopt;
}

}  // namespace

refused incomplete(std::string message) {
    return {refusal::incomplete_signature, std::move(message)};
}

boost::system::result<claims, refused> parse_authorization(const request_view& request) {
    return parse_authorization(request, {});
}

boost::system::result<claims, refused> parse_authorization(const request_view& request,
                                                           std::string_view well_formed) {
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
    if (text.substr(0, space) != hmac_algorithm)
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
    out.signed_headers = well_formed;  // until those of the request are read
    auto no = for_each_part(text.substr(space), ',', [&](std::string_view part) -> std::optional<refused> {
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
        return f->read(part.substr(equals + 1), out);
    });
    if (no) return *std::move(no);
    std::string missing;
    for (const field& f : fields)
        if (!f.seen)
            missing += fmt::format("{}Authorization header requires '{}' parameter.",
                                   missing.empty() ? "" : " ", f.name);
    if (!missing.empty()) return incomplete(std::move(missing));
    return out;
}

boost::system::result<claims, refused> parse_presigned(const query_parameters& query, presigned_query& out) {
    std::string algorithm, lifetime;
    struct wanted {
        std::string_view name;
        std::string* to;
        std::size_t count = 0;
    };
    std::array<wanted, 7> all{{{"X-Amz-Algorithm", &algorithm},
                               {"X-Amz-Credential", &out.credential},
                               {"X-Amz-Date", &out.amz_date},
                               {"X-Amz-Expires", &lifetime},
                               {"X-Amz-SignedHeaders", &out.signed_headers},
                               {signature_parameter, &out.signature},
                               {"X-Amz-Security-Token", &out.token}}};
    for (const wanted& w : all) w.to->clear();
    for (std::size_t i = 0; i < query.size(); ++i)
        for (wanted& w : all)
            if (query[i].name == w.name) {
                ++w.count;
                // What was encoded by us decodes.
                *w.to = percent_decode(query[i].value).value_or("");
            }
    for (const wanted& w : all) {
        const bool optional = w.name == "X-Amz-Security-Token";
        if (w.count > 1 || (w.count == 0 && !optional) || w.to->size() > authorization_bytes_max)
            return incomplete(fmt::format(
                "A presigned URL must have the parameter '{}' {}, not {} times, and not longer "
                "than {} bytes.",
                w.name, optional ? "at most once" : "exactly once", w.count, authorization_bytes_max));
    }
    if (algorithm != hmac_algorithm)
        return incomplete(fmt::format("Unsupported AWS 'algorithm': '{}'.", printable(algorithm, 64)));
    claims c;
    c.presigned = true;
    if (auto no = read_credential(out.credential, c)) return *std::move(no);
    if (auto no = read_signed_headers(out.signed_headers, c)) return *std::move(no);
    if (auto no = read_signature(out.signature, c)) return *std::move(no);
    if (auto no = read_lifetime(lifetime, out)) return *std::move(no);
    return c;
}

}  // namespace trainyard::sigv4
