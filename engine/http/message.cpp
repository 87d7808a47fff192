#include "engine/http/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/swar.hpp"

namespace trainyard::http {
namespace {

constexpr std::size_t bytes_max = 1U << 30U;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower_case(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

bool host_character(char c) {
    c = lower(c);
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool address_character(char c) {
    c = lower(c);
    return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
}

error bad_url(std::string_view text, std::string_view why) {
    // What stands before an '@' may be a password, however malformed the rest is.
    const auto at = text.rfind('@');
    const std::string shown =
        at == std::string_view::npos ? printable(text) : "..." + printable(text.substr(at));
    return {errc::invalid_argument, fmt::format("URL '{}': {}", shown, why)};
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    std::size_t i = 0;
    for (; a.size() - i >= swar::word_bytes; i += swar::word_bytes) {
        const std::uint64_t differ = swar::load(a.data() + i) ^ swar::load(b.data() + i);
        if (differ == 0) continue;
        // Upper and lower case differ in this bit alone; so do some that are no letters.
        if ((differ & ~(swar::ones * 0x20)) != 0) return false;
        for (std::size_t k = i; k < i + swar::word_bytes; ++k)
            if (lower(a[k]) != lower(b[k])) return false;
    }
    for (; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

fields::fields(std::initializer_list<field> list) {
    for (const field& f : list) append(f.name, f.value);
}

field fields::at(std::size_t i) const {
    const entry& e = list_[i];
    const char* const text = text_.data() + e.begin;
    return {{text, e.name_size}, {text + e.name_size, e.value_size}};
}

void fields::append(std::string_view name, std::string_view value) {
    TY_CHECK(name.size() < bytes_max && value.size() < bytes_max && text_.size() < bytes_max,
             "a list of header fields beyond 1 GiB");
    list_.push_back({static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.size())});
    text_.append(name).append(value);
}

void fields::add(std::string_view name, std::string_view value) {
    append(name, value);
}

void fields::set(std::string_view name, std::string_view value) {
    std::size_t first = 0;
    while (first < list_.size() && !same_name(at(first).name, name)) ++first;
    if (first == list_.size()) return append(name, value);
    // The new text goes to the end of the block; what it replaces stays there unused, which a request's few
    // changes can afford.
    const auto begin = static_cast<std::uint32_t>(text_.size());
    const std::string kept(at(first).name);
    append(kept, value);
    list_[first] = {begin, static_cast<std::uint32_t>(kept.size()), static_cast<std::uint32_t>(value.size())};
    list_.pop_back();
    for (std::size_t i = list_.size(); --i > first;)
        if (same_name(at(i).name, name)) list_.erase(list_.begin() + static_cast<std::ptrdiff_t>(i));
}

std::string_view fields::get(std::string_view name) const {
    for (const entry& e : list_)
        if (e.name_size == name.size() && same_name({text_.data() + e.begin, e.name_size}, name))
            return {text_.data() + e.begin + e.name_size, e.value_size};
    return {};
}

std::size_t fields::count(std::string_view name) const {
    std::size_t n = 0;
    for (const entry& e : list_)
        n += e.name_size == name.size() && same_name({text_.data() + e.begin, e.name_size}, name) ? 1 : 0;
    return n;
}

void fields::reserve(std::size_t fields_expected, std::size_t bytes_expected) {
    list_.reserve(fields_expected);
    text_.reserve(bytes_expected);
}

void fields::clear() {
    list_.clear();
    text_.clear();
}

std::string_view request::path() const {
    const std::string_view all = target;
    return all.substr(0, all.find('?'));
}

std::string_view request::query() const {
    const auto mark = target.find('?');
    return mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
}

std::string origin::authority() const {
    std::string out = host.find(':') == std::string::npos ? lower_case(host) : "[" + lower_case(host) + "]";
    if (port != (tls ? 443 : 80)) out += ":" + std::to_string(port);
    return out;
}

std::string origin::to_string() const {
    const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return fmt::format("{}://{}:{}", tls ? "https" : "http", shown, port);
}

result<url> parse_url(std::string_view text) {
    url out;
    for (const char c : text)
        if (c <= ' ' || c > '~')
            return bad_url(text, "it holds a space, a control character or a byte outside ASCII");
    const auto scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) return bad_url(text, "it must begin with http:// or https://");
    const std::string scheme = lower_case(text.substr(0, scheme_end));
    if (scheme != "http" && scheme != "https") return bad_url(text, "it must begin with http:// or https://");
    if (text.find('#') != std::string_view::npos) return bad_url(text, "a fragment is not accepted");
    out.origin.tls = scheme == "https";
    out.origin.port = out.origin.tls ? 443 : 80;

    const std::string_view rest = text.substr(scheme_end + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    std::string_view path = rest.substr(authority.size());
    path = path.substr(0, path.find('?'));
    out.path = path.empty() ? "/" : std::string(path);

    if (authority.find('@') != std::string_view::npos)
        return error{errc::invalid_argument,
                     "a URL with user info is not accepted; remove everything up to '@'"};
    std::string_view host = authority, port;
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == std::string_view::npos) return bad_url(text, "']' is missing");
        host = authority.substr(1, close - 1);
        port = authority.substr(close + 1);
        if (host.find(':') == std::string_view::npos ||
            !std::all_of(host.begin(), host.end(), address_character))
            return bad_url(text, "only an IPv6 address may stand in brackets");
    } else {
        host = authority.substr(0, authority.find(':'));
        port = authority.substr(host.size());
        if (host.empty() || !std::all_of(host.begin(), host.end(), host_character))
            return bad_url(text, "the host name is missing or malformed");
    }
    if (!port.empty()) {
        unsigned value = 0;
        const char* const end = port.data() + port.size();
        const auto parsed = std::from_chars(port.data() + 1, end, value);
        if (port[0] != ':' || parsed.ec != std::errc{} || parsed.ptr != end || value == 0 || value > 65535)
            return bad_url(text, "the port must be a number from 1 to 65535");
        out.origin.port = static_cast<std::uint16_t>(value);
    }
    out.origin.host = lower_case(host);
    return out;
}

}  // namespace trainyard::http
