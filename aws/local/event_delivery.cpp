#include "aws/local/event_delivery.hpp"

#include <cmath>

#include "aws/local/sqs/sqs_operations.hpp"

namespace trainyard::aws::local {
namespace {

using events::delivery_faults;
using events::delivery_machine;
using events::delivery_outcome;

double milliseconds(duration d) {
    return std::chrono::duration<double, std::milli>(d).count();
}

control_reply show(const delivery_machine& machine) {
    const delivery_faults& f = machine.faults();
    const delivery_machine::counts& c = machine.counted();
    json::writer out;
    out.begin_object().member("loss", f.loss).member("duplicate", f.duplicate).member("failure", f.failure);
    out.member("reorder", f.reorder).key("delay_ms").begin_array();
    out.number(milliseconds(f.delay_low)).number(milliseconds(f.delay_high)).end_array();
    out.member("seed", static_cast<std::int64_t>(f.seed)).key("counts").begin_object();
    const auto count = [&](std::string_view name, std::uint64_t n) {
        out.member(name, static_cast<std::int64_t>(n));
    };
    count("matched", c.matched), count("duplicated", c.duplicated), count("lost", c.lost);
    count("delivered", c.delivered), count("retries", c.retries), count("dead_lettered", c.dead_lettered);
    count("dropped", c.dropped), count("overflowed", c.overflowed), count("pending", machine.pending());
    out.end_object().end_object();
    return out.take();
}

// What is absent is perfect.
boost::system::result<delivery_faults, control_error> read(json::value body) {
    delivery_faults out;
    const auto wrong = [](std::string_view member, std::string reason) {
        return control_error{400, "/" + json::pointer_token(std::string{member}), std::move(reason)};
    };
    const auto members = body.members();
    for (auto m = members.begin(); m != members.end(); ++m) {
        const std::string_view name = m.key();
        const json::value v = *m;
        double* const chance = name == "loss"        ? &out.loss
                               : name == "duplicate" ? &out.duplicate
                               : name == "failure"   ? &out.failure
                               : name == "reorder"   ? &out.reorder
                                                     : nullptr;
        if (chance != nullptr) {
            const auto p = v.number();
            if (!p || !(*p >= 0 && *p <= 1)) return wrong(name, "must be 0 to 1");
            *chance = *p;
        } else if (name == "seed") {
            const auto seed = v.integer();
            if (!seed || *seed < 0) return wrong(name, "must be a number from 0");
            out.seed = static_cast<std::uint64_t>(*seed);
        } else if (name == "delay_ms") {
            const auto low = v.at(0).number(), high = v.at(1).number();
            const double most = milliseconds(events::max_delivery_delay);
            if (v.size() != 2 || !low || !high || !(*low >= 0 && *low <= *high && *high <= most))
                return wrong(name, "must be [least, most], up to an hour");
            out.delay_low = duration{std::llround(*low * 1e6)};
            out.delay_high = duration{std::llround(*high * 1e6)};
        } else {
            return wrong(name, "is none of loss, duplicate, failure, reorder, delay_ms and seed");
        }
    }
    return out;
}

}  // namespace

delivery_outcome deliver_event(sqs_service& to, const events::delivery_command& command, wall_time now) {
    using kind = delivery_outcome::kind;
    const events::delivery& d = command.what;
    service_message m{command.dead_letter ? d.dead_letter_arn : d.target_arn,
                      command.dead_letter ? events::to_json(*d.what) : d.body,
                      command.dead_letter ? std::string{} : d.group_id,
                      "events.amazonaws.com",
                      d.rule_arn,
                      d.rule_account};
    for (const auto& [name, value] : command.attributes)
        m.attributes.emplace(name, message_attribute{"String", value});
    const service_reply reply = to.send_from_service(m, now);
    if (reply) return {};
    const service_error& e = reply.error();
    const bool missing = e.type.ends_with("QueueDoesNotExist"), denied = e.status == 403;
    return {kind::refused,
            missing  ? "NO_RESOURCE"
            : denied ? "NO_PERMISSIONS"
                     : "SDK_CLIENT_ERROR",
            e.message};
}

void add_delivery_control(control_router& router, const delivery_controls& controls) {
    const auto machine = controls.machine;
    router.on("GET", "events/delivery", [machine](const auto&) { return show(machine()); });
    router.on("PUT", "events/delivery", [machine](const control_call& call) -> control_reply {
        const auto faults = read(call.body);
        if (!faults) return faults.error();
        machine().set_faults(*faults);
        return show(machine());
    });
}

}  // namespace trainyard::aws::local
