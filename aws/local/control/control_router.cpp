#include "aws/local/control/control_router.hpp"

#include <algorithm>
#include <stdexcept>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::string_view root = "/_trainyard/";

// True when `path` is the entry's; then `name` is what stood for its *.
bool fits(std::string_view entry, std::string_view path, std::string& name) {
    if (!entry.ends_with("/*")) return entry == path;
    entry.remove_suffix(1);
    if (!path.starts_with(entry) || path.size() == entry.size()) return false;
    path.remove_prefix(entry.size());
    if (path.find('/') != std::string_view::npos) return false;
    auto decoded = percent_decode(path, false);
    if (!decoded || !is_utf8(*decoded)) return false;
    name = *std::move(decoded);
    return true;
}

bool is_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_ipv4_loopback(std::string_view text) {
    if (!text.starts_with("127.")) return false;
    int parts = 0;
    while (true) {
        const auto dot = text.find('.');
        const std::string_view part = text.substr(0, dot);
        if (!is_digits(part) || part.size() > 3) return false;
        ++parts;
        if (dot == std::string_view::npos) return parts == 4;
        text.remove_prefix(dot + 1);
    }
}

}  // namespace

void throw_exception_from_error(const control_error& e, const boost::source_location&) {
    throw std::runtime_error(e.pointer + ": " + e.reason);
}

control_error control_error_of(const error& e) {
    const auto colon = e.message.find(": ");
    const bool pointed = e.message.starts_with('/') || colon == 0;
    if (!pointed || colon == std::string::npos) return {400, "", e.message};
    return {400, e.message.substr(0, colon), e.message.substr(colon + 2)};
}

bool is_loopback_host(std::string_view host) {
    std::string_view name = host;
    if (host.starts_with('[')) {
        const auto end = host.find(']');
        if (end == std::string_view::npos) return false;
        name = host.substr(0, end + 1);
        host.remove_prefix(end + 1);
    } else {
        name = host.substr(0, host.find(':'));
        host.remove_prefix(name.size());
    }
    if (!host.empty() && !(host.front() == ':' && is_digits(host.substr(1)))) return false;
    std::string lower{name};
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower == "localhost" || lower.ends_with(".localhost") || lower == "[::1]" ||
           is_ipv4_loopback(lower);
}

void control_router::on(std::string method, std::string path, handler handle) {
    entries_.push_back({std::move(method), std::move(path), std::move(handle)});
}

control_reply control_router::dispatch(const http::request& request, http::response& out) const {
    if (request.fields.has("origin"))
        return control_error{403, "", "requests of web pages (with an Origin) are refused"};
    if (request.fields.count("host") != 1 || !is_loopback_host(request.fields.get("host")))
        return control_error{403, "", "Host must be localhost or an address of the loopback interface"};
    const std::string_view path = request.path().substr(root.size());
    std::string allow;
    for (const entry& e : entries_) {
        control_call call;
        if (!fits(e.path, path, call.name)) continue;
        if (e.method != request.method) {
            allow += (allow.empty() ? "" : ", ") + e.method;
            continue;
        }
        if (request.body.empty()) return e.handle(call);
        const auto body = json::document::parse(request.body);
        if (!body) return control_error{400, "", body.error().message};
        if (!body->root().is_object() && !body->root().is_array())
            return control_error{400, "", "the body must be a JSON object or list"};
        call.body = body->root();
        return e.handle(call);
    }
    if (allow.empty())
        return control_error{404, "", "the control API has no " + printable(request.path(), 128)};
    out.fields.add("Allow", allow);
    return control_error{405, "", "the method must be " + allow};
}

http::response control_router::handle(const http::request& request) const {
    http::response out;
    out.fields.add("Content-Type", "application/json");
    const control_reply reply = dispatch(request, out);
    if (reply) {
        out.body = *reply;
        return out;
    }
    out.status = reply.error().status;
    json::writer w;
    w.begin_object().key("error").begin_object();
    w.member("pointer", reply.error().pointer).member("reason", reply.error().reason);
    w.end_object().end_object();
    out.body = w.take();
    return out;
}

}  // namespace trainyard::aws::local
