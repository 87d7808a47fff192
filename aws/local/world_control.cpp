#include "aws/local/world_control.hpp"

#include <fmt/format.h>

#include <cmath>

namespace trainyard::aws::local {
namespace {

control_reply show_clock(const world_clock& time) {
    json::writer out;
    out.begin_object().member("now", to_unix_seconds(time.wall()));
    out.member("now_text", to_iso8601(time.wall()));
    out.member("skipped_seconds", std::chrono::duration<double>(time.skipped()).count()).end_object();
    return out.take();
}

control_reply advance_clock(world_clock& time, json::value body) {
    const auto members = body.members();
    for (auto m = members.begin(); m != members.end(); ++m)
        if (m.key() != "seconds")
            return control_error{400, "/" + json::pointer_token(m.key()), "is not \"seconds\""};
    const auto seconds = body.find("seconds").number();
    const double most = std::chrono::duration<double>(skip_max).count();
    if (!seconds || !(*seconds >= 0 && *seconds <= most) ||
        !time.skip(std::chrono::milliseconds{std::llround(*seconds * 1000)}))
        return control_error{400, "/seconds", fmt::format("must be a number from 0; {:.0f} in all", most)};
    return show_clock(time);
}

void write_counts(json::writer& out, const std::map<std::string, std::size_t>& counts) {
    out.begin_object();
    for (const auto& [name, n] : counts) out.member(name, n);
    out.end_object();
}

control_reply show_counts(const world_stats& s) {
    json::writer out;
    const auto number = [](std::uint64_t n) { return static_cast<std::int64_t>(n); };
    out.begin_object().member("requests", number(s.requests));
    out.member("signatures_verified", number(s.signatures_verified));
    out.member("signatures_refused", number(s.signatures_refused));
    out.member("creates_accepted", number(s.creates_accepted));
    out.member("creates_duplicate", number(s.creates_duplicate));
    out.member("creates_over_limit", number(s.creates_over_limit));
    out.member("polls", s.polls).key("messages");
    write_counts(out, s.messages_by_state);
    out.key("jobs");
    write_counts(out, s.jobs_by_status);
    out.end_object();
    return out.take();
}

}  // namespace

void add_world_control(control_router& router, world_controls controls) {
    world_clock& time = controls.time;
    router.on("GET", "clock", [&time](const auto&) { return show_clock(time); });
    router.on("POST", "clock/advance", [&time](const auto& call) { return advance_clock(time, call.body); });
    router.on("GET", "counts", [stats = controls.stats](const auto&) { return show_counts(stats()); });
    router.on("POST", "reset", [reset = controls.reset](const auto&) -> control_reply {
        reset();
        return std::string{"{}"};
    });
}

http::response no_control() {
    http::response out;
    out.status = 404;
    out.fields.add("Content-Type", "application/json");
    out.body = R"({"error":{"pointer":"","reason":"the control API is off; start with --control"}})";
    return out;
}

}  // namespace trainyard::aws::local
