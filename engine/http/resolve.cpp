#include "engine/http/resolve.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "engine/http/race.hpp"
#include "engine/http/watchdog.hpp"

namespace trainyard::http {
namespace {

namespace asio = boost::asio;
using asio::ip::address;
using asio::ip::tcp;
using error_code = boost::system::error_code;

// Asio runs the look-ups of one io_context one after the other in a thread of its own.
task<resolved> ask_system(asio::any_io_executor executor, std::string host, mono_time deadline) {
    resolved out;
    error_code failure;
    tcp::resolver resolver(executor);
    watchdog limit(executor, [&resolver] { resolver.cancel(); });
    limit.arm(deadline);
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    const auto found = co_await resolver.async_resolve(host, "", tcp::resolver::numeric_service, token);
    if (failure)
        out.why = limit.fired() ? "the look-up timed out" : "look-up: " + failure.message();
    else
        for (const auto& entry : found) out.addresses.push_back(entry.endpoint().address());
    co_return out;
}

task<resolved> ask(const client_options& options, std::string host, mono_time deadline) {
    resolved out;
    task<result<std::vector<std::string>>> asking = options.lookup(std::move(host), deadline);
    const auto found = co_await std::move(asking);
    if (!found) {
        out.why = found.error().message;
        co_return out;
    }
    for (const std::string& text : *found) {
        error_code malformed;
        const auto a = asio::ip::make_address(text, malformed);
        if (!malformed) out.addresses.push_back(a);
    }
    co_return out;
}

}  // namespace

std::string address_text(const address& a) {
    if (a.is_v4()) return a.to_string();
    asio::ip::address_v6 six = a.to_v6();
    if (six.is_v4_mapped()) return make_address_v4(asio::ip::v4_mapped, six).to_string();
    six.scope_id(0);
    return six.to_string();
}

task<resolved> resolve(asio::any_io_executor executor, std::string host, const client_options& options,
                       bool may_refuse, mono_time deadline) {
    resolved out;
    error_code is_name;
    const auto literal = asio::ip::make_address(host, is_name);
    if (!is_name)
        out.addresses.push_back(literal);
    else if (options.lookup)
        out = co_await ask(options, host, deadline);
    else
        out = co_await ask_system(executor, host, deadline);
    if (out.addresses.empty()) {
        if (out.why.empty()) out.why = "look-up: the name has no address";
        co_return out;
    }
    std::vector<address> allowed;
    std::string refused;
    for (const address& a : interleave(out.addresses)) {
        const std::string text = address_text(a);
        if (may_refuse && options.refuse_address && options.refuse_address(host, text))
            refused += (refused.empty() ? "" : ", ") + text;
        else if (allowed.size() < addresses_max)
            allowed.push_back(a);
    }
    out.addresses = std::move(allowed);
    if (!refused.empty())
        out.why = fmt::format("{} resolves to {}, where this client may not connect", host, refused);
    co_return out;
}

}  // namespace trainyard::http
