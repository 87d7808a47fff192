#include "engine/http/proxy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>

#include "engine/base/encoding.hpp"

namespace trainyard::http {
namespace {

namespace ip = boost::asio::ip;

std::string lower_case(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

std::optional<ip::address> as_address(std::string_view text) {
    boost::system::error_code failure;
    const auto a = ip::make_address(std::string(text), failure);
    if (failure) return std::nullopt;
    if (a.is_v6() && a.to_v6().is_v4_mapped()) return make_address_v4(ip::v4_mapped, a.to_v6());
    return a;
}

template <class Bytes>
bool same_prefix(const Bytes& a, const Bytes& b, std::size_t bits) {
    for (std::size_t i = 0; i < bits; ++i) {
        const unsigned mask = 0x80U >> (i % 8);
        if ((a[i / 8] & mask) != (b[i / 8] & mask)) return false;
    }
    return true;
}

bool in_network(const ip::address& a, const ip::address& network, std::size_t bits) {
    if (a.is_v4() != network.is_v4() || bits > (a.is_v4() ? 32U : 128U)) return false;
    if (a.is_v4()) return same_prefix(a.to_v4().to_bytes(), network.to_v4().to_bytes(), bits);
    return same_prefix(a.to_v6().to_bytes(), network.to_v6().to_bytes(), bits);
}

std::optional<std::size_t> as_number(std::string_view text) {
    std::size_t out = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size())
        return std::nullopt;
    return out;
}

bool link_local(const ip::address& a) {
    return in_network(a, ip::make_address("169.254.0.0"), 16) ||
           in_network(a, ip::make_address("fe80::"), 10) || in_network(a, ip::make_address("fd00:ec2::"), 32);
}

struct target {
    std::string host;  // lower case, without a final dot
    std::optional<ip::address> address;
    std::uint16_t port;
};

bool matches_network(std::string_view entry, const target& to) {
    const auto slash = entry.find('/');
    const auto network = as_address(entry.substr(0, slash));
    const auto bits = as_number(entry.substr(slash + 1));
    return network && bits && to.address && in_network(*to.address, *network, *bits);
}

// `entry` is not empty and in lower case.
bool matches(std::string_view entry, const target& to) {
    if (entry == "*") return true;
    if (entry.find('/') != std::string_view::npos) return matches_network(entry, to);
    // "[::1]:443", "::1", "host:443": a colon parts a port unless there are several and no brackets.
    std::string_view host = entry, port;
    if (entry.front() == '[') {
        const auto close = std::min(entry.find(']'), entry.size());
        host = entry.substr(1, close - 1);
        if (close + 2 < entry.size() && entry[close + 1] == ':') port = entry.substr(close + 2);
    } else if (const auto colon = entry.find(':');
               colon == entry.rfind(':') && colon != std::string_view::npos) {
        host = entry.substr(0, colon);
        port = entry.substr(colon + 1);
    }
    if (!port.empty() && as_number(port) != to.port) return false;
    if (const auto a = as_address(host)) return to.address == a;
    if (host.starts_with("*.")) host.remove_prefix(1);
    while (host.starts_with('.')) host.remove_prefix(1);
    while (host.ends_with('.')) host.remove_suffix(1);
    if (host.empty() || to.address) return false;
    return to.host == host || (to.host.ends_with(host) && to.host[to.host.size() - host.size() - 1] == '.');
}

bool bypassed(std::string_view list, const target& to) {
    const std::string lowered = lower_case(list);
    for (std::string_view rest = lowered; !rest.empty();) {
        const auto end = std::min(rest.find_first_of(", \t"), rest.size());
        if (end > 0 && matches(rest.substr(0, end), to)) return true;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

result<proxy> parse_proxy(std::string_view text, std::string_view variable) {
    const auto refuse = [variable](std::string_view why) {
        return error{errc::invalid_argument,
                     fmt::format("{}: {}; it must be [http://][user[:password]@]host[:port]", variable, why)};
    };
    if (const auto scheme_end = text.find("://"); scheme_end != std::string_view::npos) {
        const std::string scheme = lower_case(text.substr(0, scheme_end));
        if (scheme != "http") return refuse("only proxies that are spoken to over plain HTTP are supported");
        text.remove_prefix(scheme_end + 3);
    } else if (text.starts_with("//")) {
        text.remove_prefix(2);
    }
    proxy out;
    // The last '@', for passwords that hold one.
    if (const auto at = text.rfind('@'); at != std::string_view::npos) {
        const std::string_view info = text.substr(0, at);
        const auto colon = std::min(info.find(':'), info.size());
        const auto user = percent_decode(info.substr(0, colon));
        const auto password = percent_decode(info.substr(std::min(colon + 1, info.size())));
        if (!user || !password) return refuse("its user or password holds a '%' without two hex digits");
        if (user->find(':') != std::string::npos) return refuse("its user name holds a ':'");
        const secret both(*user + ":" + *password);
        out.authorization = secret("Basic " + to_base64(both.reveal()));
        text.remove_prefix(at + 1);
    }
    const auto where = parse_url("http://" + std::string(text));
    if (!where || where->path != "/") return refuse("no host and port can be read from it");
    out.host = where->origin.host;
    out.port = where->origin.port;
    return out;
}

std::string host_and_port(std::string_view host, std::uint16_t port) {
    const bool v6 = host.find(':') != std::string_view::npos;
    return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

}  // namespace

proxy_settings read_proxy_settings(const std::function<std::string(const std::string&)>& get) {
    const auto either = [&get](const char* lower, const char* upper) {
        std::string value = get(lower);
        return value.empty() ? get(upper) : value;
    };
    proxy_settings out;
    out.https = secret(either("https_proxy", "HTTPS_PROXY"));
    out.http = secret(get("REQUEST_METHOD").empty() ? either("http_proxy", "HTTP_PROXY") : get("http_proxy"));
    out.bypass = either("no_proxy", "NO_PROXY");
    return out;
}

std::string proxy::to_string() const {
    return host_and_port(host, port);
}

result<std::optional<proxy>> choose_proxy(const origin& to, const proxy_settings& settings) {
    const secret& url = to.tls ? settings.https : settings.http;
    if (url.empty()) return std::nullopt;
    target where{lower_case(to.host), as_address(to.host), to.port};
    if (where.host.ends_with('.')) where.host.pop_back();
    if (where.address && link_local(*where.address)) return std::nullopt;
    if (bypassed(settings.bypass, where)) return std::nullopt;
    auto parsed = parse_proxy(url.reveal(), to.tls ? "HTTPS_PROXY" : "HTTP_PROXY");
    if (!parsed) return parsed.error();
    return std::optional<proxy>(std::move(*parsed));
}

secret connect_request(const origin& to, const proxy& via) {
    const std::string authority = host_and_port(to.host, to.port);
    std::string out = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
    if (!via.authorization.empty())
        out.append("Proxy-Authorization: ").append(via.authorization.reveal()).append("\r\n");
    return secret(out + "\r\n");
}

result<void> check_connect_answer(std::string_view head, const proxy& via) {
    const auto fail = [&via](std::string_view why) {
        return error{errc::unreachable, fmt::format("the proxy {} {}", via.to_string(), why)};
    };
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const bool is_http =
        line.size() >= 12 && (line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 "));
    const auto status = is_http ? as_number(line.substr(9, 3)) : std::nullopt;
    if (!status || (line.size() > 12 && line[12] != ' '))
        return fail("does not answer in HTTP: " + printable(line, 80));
    if (*status >= 200 && *status < 300) return {};
    if (*status == 407)
        return fail(via.authorization.empty()
                        ? "asks for credentials (407); put user:password@ before its host"
                        : "refused the credentials in its URL (407)");
    return fail(fmt::format("refused the tunnel: {}", printable(line.substr(9), 120)));
}

}  // namespace trainyard::http
