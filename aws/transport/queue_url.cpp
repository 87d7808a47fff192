#include "aws/transport/queue_url.hpp"

#include <algorithm>

#include "engine/base/encoding.hpp"

namespace trainyard::aws {

namespace {

constexpr std::size_t account_digits = 12;
constexpr std::size_t name_max = 80;

bool is_account(std::string_view s) {
    return s.size() == account_digits &&
           std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_queue_name(std::string_view s) {
    constexpr std::string_view fifo = ".fifo";
    if (s.size() > fifo.size() && s.substr(s.size() - fifo.size()) == fifo) s.remove_suffix(fifo.size());
    return !s.empty() && s.size() <= name_max && std::all_of(s.begin(), s.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
}

error refuse(std::string_view url, const std::string& why) {
    return {errc::invalid_argument, "queue url " + printable(url, 300) + ": " + why};
}

}  // namespace

result<queue_address> check_queue_url(std::string_view url, const endpoint& at, std::string_view account) {
    const auto parsed = http::parse_url(url);
    if (!parsed) return parsed.error();
    if (parsed->origin != at.origin)
        return refuse(url, "it is on " + parsed->origin.to_string() + ", but SQS in " + at.signing_region +
                               " is at " + at.origin.to_string() +
                               "; correct the url, the region or the endpoint");
    std::string_view path = parsed->path;
    const std::string prefix = at.path.substr(0, at.path.find_last_not_of('/') + 1);
    const bool below = path.substr(0, prefix.size()) == prefix;
    if (below) path.remove_prefix(prefix.size());
    const auto slash = path.find('/', 1);
    if (!below || url.find('?') != std::string_view::npos || path.empty() || path.front() != '/' ||
        slash == std::string_view::npos || !is_account(path.substr(1, slash - 1)) ||
        !is_queue_name(path.substr(slash + 1)))
        return refuse(url, "its path must be " + prefix +
                               "/<account of 12 digits>/<name of up to 80 letters, digits, _ and ->");
    queue_address out{std::string{path.substr(1, slash - 1)}, std::string{path.substr(slash + 1)}};
    if (!account.empty() && out.account != account)
        return refuse(url, "it is of account " + out.account + ", but account " + printable(account, 20) +
                               " is configured");
    return out;
}

}  // namespace trainyard::aws
