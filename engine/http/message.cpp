#include "engine/http/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/base/encoding.hpp"

namespace trainyard::http {
namespace {

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
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

void fields::add(std::string name, std::string value) {
    list_.push_back({std::move(name), std::move(value)});
}

void fields::set(std::string_view name, std::string value) {
    const auto has_name = [name](const field& f) { return same_name(f.name, name); };
    const auto first = std::find_if(list_.begin(), list_.end(), has_name);
    if (first == list_.end()) return add(std::string(name), std::move(value));
    first->value = std::move(value);
    list_.erase(std::remove_if(first + 1, list_.end(), has_name), list_.end());
}

std::string_view fields::get(std::string_view name) const {
    for (const field& f : list_)
        if (same_name(f.name, name)) return f.value;
    return {};
}

std::size_t fields::count(std::string_view name) const {
    return static_cast<std::size_t>(std::count_if(
        list_.begin(), list_.end(), [name](const field& f) { return same_name(f.name, name); }));
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
