#include "sigv4/canonical.hpp"

#include <algorithm>
#include <cstring>

namespace trainyard::sigv4 {
namespace {

constexpr std::string_view white_space = " \t\r\n";

// Whether every byte is above the space: nothing to trim or to fold. Eight at a time.
bool has_no_space(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101010101010101U;
    constexpr std::size_t step = sizeof ones;
    // Bit 7 of each byte that is below 0x21 (and of no byte when there is none such).
    const auto spaces_in = [](const char* at, std::size_t n) {
        std::uint64_t word = ones * '!';
        std::memcpy(&word, at, n);
        return (word - ones * 0x21) & ~word & (ones * 0x80);
    };
    std::uint64_t found = 0;
    if (text.size() < step) {
        for (const char c : text) found |= static_cast<unsigned char>(c) < 0x21 ? 1U : 0U;
    } else {
        for (std::size_t i = 0; i + step <= text.size(); i += step) found |= spaces_in(text.data() + i, step);
        found |= spaces_in(text.data() + text.size() - step, step);  // the rest, and some again
    }
    return found == 0;
}

void put_normalized(text_buffer& out, std::string_view path) {
    const std::size_t start = out.size();
    for (std::size_t at = 0; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string_view segment = path.substr(at, end - at);
        if (segment == "..") {
            const auto parent = out.view_from(start).rfind('/');
            if (parent != std::string_view::npos) out.shrink_to(start + parent);
        } else if (!segment.empty() && segment != ".") {
            out.put('/');
            out.put(segment);
        }
        at = end + 1;
    }
    if (out.size() == start || path.back() == '/') out.put('/');
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// What stands between two '&', or on one side of a '=': decoded, and encoded again.
bool put_recoded(text_buffer& out, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto byte = static_cast<unsigned char>(text[i]);
        if (byte == '%') {
            if (text.size() - i < 3) return false;
            const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return false;
            byte = static_cast<unsigned char>(high * 16 + low);
            i += 2;
        }
        out.put_percent_encoded(byte);
    }
    return true;
}

}  // namespace

void put_path(text_buffer& out, text_buffer& scratch, std::string_view path, const path_rule& rule) {
    if (path.empty() || path == "/") return out.put('/');
    if (rule.normalize) {
        scratch.clear();
        put_normalized(scratch, path);
        path = scratch.view();
    }
    for (const char c : path) {
        if (c == '/' || (c == '%' && !rule.encode_twice))
            out.put(c);
        else
            out.put_percent_encoded(static_cast<unsigned char>(c));
    }
}

bool query_parameters::read(std::string_view query) {
    text_.clear();
    all_.clear();
    for (std::size_t at = 0; at < query.size();) {
        const std::size_t end = std::min(query.find('&', at), query.size());
        const std::string_view part = query.substr(at, end - at);
        at = end + 1;
        if (part.empty()) continue;
        const std::size_t equals = std::min(part.find('='), part.size());
        place p{text_.size(), 0, 0};
        if (!put_recoded(text_, part.substr(0, equals))) return false;
        p.value = text_.size();
        if (!put_recoded(text_, part.substr(std::min(equals + 1, part.size())))) return false;
        p.end = text_.size();
        all_.push_back(p);
    }
    return true;
}

void query_parameters::add(std::string_view name, std::string_view value) {
    place p{text_.size(), 0, 0};
    for (const char c : name) text_.put_percent_encoded(static_cast<unsigned char>(c));
    p.value = text_.size();
    for (const char c : value) text_.put_percent_encoded(static_cast<unsigned char>(c));
    p.end = text_.size();
    all_.push_back(p);
}

query_parameters::parameter query_parameters::operator[](std::size_t i) const {
    const place& p = all_.at(i);
    const std::string_view text = text_.view();
    return {text.substr(p.name, p.value - p.name), text.substr(p.value, p.end - p.value)};
}

void query_parameters::sort() {
    const std::string_view text = text_.view();
    // After encoding: '%' sorts before the letters that it replaces.
    std::sort(all_.begin(), all_.end(), [text](const place& a, const place& b) {
        const int names =
            text.substr(a.name, a.value - a.name).compare(text.substr(b.name, b.value - b.name));
        return names != 0 ? names < 0
                          : text.substr(a.value, a.end - a.value) < text.substr(b.value, b.end - b.value);
    });
}

void query_parameters::put(text_buffer& out, std::string_view without) const {
    bool first = true;
    for (std::size_t i = 0; i < all_.size(); ++i) {
        const parameter p = (*this)[i];
        if (!without.empty() && p.name == without) continue;
        if (!first) out.put('&');
        first = false;
        out.put(p.name);
        out.put('=');
        out.put(p.value);
    }
}

void put_value(text_buffer& out, std::string_view value) {
    if (has_no_space(value)) return out.put(value);
    bool first = true;
    for (std::size_t at = value.find_first_not_of(white_space); at < value.size();) {
        const std::size_t end = std::min(value.find_first_of(white_space, at), value.size());
        if (!first) out.put(' ');
        first = false;
        out.put(value.substr(at, end - at));
        at = value.find_first_not_of(white_space, end);
    }
}

bool same_name(std::string_view name, std::string_view lower_name) {
    if (name.size() != lower_name.size()) return false;
    if (name == lower_name) return true;
    for (std::size_t i = 0; i < name.size(); ++i)
        if (lower(name[i]) != lower_name[i]) return false;
    return true;
}

void put_string_to_sign(text_buffer& out, std::string_view algorithm, std::string_view amz_date,
                        std::string_view scope_text, const mac& canonical_request_hash) {
    out.put(algorithm);
    out.put('\n');
    out.put(amz_date);
    out.put('\n');
    out.put(scope_text);
    out.put('\n');
    out.put_hex(canonical_request_hash);
}

}  // namespace trainyard::sigv4
