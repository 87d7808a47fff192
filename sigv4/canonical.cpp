#include "sigv4/canonical.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::sigv4 {
namespace {

constexpr std::string_view white_space = " \t\r\n";

std::string normalized(std::string_view path) {
    std::vector<std::string_view> kept;
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string_view segment = path.substr(at, end - at);
        if (segment == "..") {
            if (!kept.empty()) kept.pop_back();
        } else if (!segment.empty() && segment != ".") {
            kept.push_back(segment);
        }
        at = end + 1;
    }
    std::string out;
    out.reserve(path.size() + 1);
    for (const std::string_view segment : kept) out.append("/").append(segment);
    if (kept.empty() || path.back() == '/') out.push_back('/');
    return out;
}

// `kept` are reserved characters that stay.
std::string encode_path(std::string_view path, std::string_view kept) {
    std::string out;
    out.reserve(path.size() + 16);
    for (std::size_t at = 0; at < path.size();) {
        const std::size_t end = std::min(path.find_first_of(kept, at), path.size());
        out += percent_encode(path.substr(at, end - at));
        if (end < path.size()) out.push_back(path[end]);
        at = end + 1;
    }
    return out;
}

}  // namespace

std::string canonical_path(std::string_view path, bool normalize) {
    if (path.empty() || path == "/") return "/";
    return normalize ? encode_path(normalized(path), "/") : encode_path(path, "/%");
}

std::optional<std::string> canonical_query(std::string_view query) {
    if (query.empty()) return std::string{};
    std::vector<std::pair<std::string, std::string>> parameters;
    for (std::size_t at = 0; at <= query.size();) {
        const std::size_t end = std::min(query.find('&', at), query.size());
        const std::string_view parameter = query.substr(at, end - at);
        at = end + 1;
        if (parameter.empty()) continue;
        const std::size_t equals = std::min(parameter.find('='), parameter.size());
        const auto name = percent_decode(parameter.substr(0, equals));
        const auto value = percent_decode(parameter.substr(std::min(equals + 1, parameter.size())));
        if (!name || !value) return std::nullopt;
        parameters.emplace_back(percent_encode(*name), percent_encode(*value));
    }
    // After encoding: '%' sorts before the letters that it replaces.
    std::sort(parameters.begin(), parameters.end());
    std::string out;
    out.reserve(query.size() + 16);
    for (const auto& [name, value] : parameters) {
        if (!out.empty()) out.push_back('&');
        out.append(name).append("=").append(value);
    }
    return out;
}

std::string canonical_value(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    for (std::size_t at = value.find_first_not_of(white_space); at < value.size();) {
        const std::size_t end = std::min(value.find_first_of(white_space, at), value.size());
        if (!out.empty()) out.push_back(' ');
        out.append(value.substr(at, end - at));
        at = value.find_first_not_of(white_space, end);
    }
    return out;
}

canonical_headers canonicalize(std::vector<canonical_header> headers) {
    // Insertion sort: stable, and without the buffer of std::stable_sort for a dozen headers.
    const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
    for (auto i = headers.begin(); i != headers.end(); ++i)
        std::rotate(std::upper_bound(headers.begin(), i, *i, by_name), i, std::next(i));
    canonical_headers out;
    for (std::size_t i = 0; i < headers.size(); ++i) {
        if (i > 0 && headers[i].name == headers[i - 1].name) {
            out.block.back() = ',';
        } else {
            out.block.append(headers[i].name).append(":");
            if (i > 0) out.names.push_back(';');
            out.names.append(headers[i].name);
        }
        out.block.append(canonical_value(headers[i].value)).append("\n");
    }
    return out;
}

std::optional<std::string> canonical_request(const request_view& request, const canonical_headers& headers,
                                             std::string_view payload_hash, bool normalize) {
    if (!request.path.empty() && request.path.front() != '/') return std::nullopt;
    const auto query = canonical_query(request.query);
    if (!query) return std::nullopt;
    std::string out;
    out.reserve(request.method.size() + request.path.size() + query->size() + headers.block.size() +
                headers.names.size() + payload_hash.size() + 16);
    out.append(request.method).append("\n");
    out.append(canonical_path(request.path, normalize)).append("\n");
    out.append(*query).append("\n");
    out.append(headers.block).append("\n");
    out.append(headers.names).append("\n");
    out.append(payload_hash);
    return out;
}

std::string credential_scope(std::string_view date, const scope& where) {
    std::string out{date};
    out.append("/")
        .append(where.region)
        .append("/")
        .append(where.service)
        .append("/")
        .append(scope_terminator);
    return out;
}

std::string string_to_sign(std::string_view amz_date, std::string_view credential_scope,
                           std::string_view canonical_request) {
    std::string out{algorithm_name};
    out.append("\n").append(amz_date).append("\n").append(credential_scope).append("\n");
    out.append(sha256_hex(canonical_request));
    return out;
}

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

}  // namespace trainyard::sigv4
