#include "scheduler/lifecycle/result_message.hpp"

#include "engine/base/json.hpp"
#include "scheduler/lifecycle/kinds.hpp"

namespace trainyard::lifecycle {

std::string result_message(const job& j) {
    const job_facts& f = j.facts;
    const auto text = [](const std::string& s) { return std::string_view{s}; };
    json::writer w;
    w.begin_object();
    w.member("id", std::string_view{to_text(f.id) + "-" + std::string{to_string(j.state)}});
    w.member("job", std::string_view{to_text(f.id)}).member("state", to_string(j.state));
    w.member("reason", text(j.reason)).member("queue", text(f.queue));
    w.member("message_id", text(f.message_id)).member("tenant", text(f.tenant));
    w.member("kind", text(f.kind)).member("name", text(f.name));
    w.member("attempts", j.attempt).member("charged_attempts", j.attempt - j.progress.uncharged);
    w.member("pool", text(j.pool)).member("sagemaker_name", text(j.sagemaker_name));
    if (!j.progress.arn.empty()) w.member("arn", text(j.progress.arn));
    if (!j.progress.output.empty()) w.member("output", text(j.progress.output));
    w.member("billable_seconds", j.progress.billable_seconds);
    w.member("accepted", std::string_view{to_iso8601(f.accepted)});
    w.member("ended", std::string_view{to_iso8601(j.updated)});
    return w.end_object().take();
}

std::string reject_copy(const job& j, std::string_view body) {
    if (j.state == state::rejected && j.facts.spec_hash.empty()) return std::string{body};
    const auto request = json::document::parse(body);
    if (!request) return std::string{body};
    const job_facts& f = j.facts;
    json::writer w;
    w.begin_object().member("kind", std::string_view{f.kind}).member("name", std::string_view{f.name});
    w.member("tenant", std::string_view{f.tenant}).member("priority", std::string_view{f.priority_class});
    w.member("max_attempts", f.max_attempts);
    if (f.preemptible) w.member("preemptible", true);
    if (!f.pools.empty()) {
        w.key("pools").begin_array();
        for (const std::string& p : f.pools) w.string(p);
        w.end_array();
    }
    if (f.terms.retry_user_failures) w.member("retry_user_failures", true);
    if (f.terms.lifetime_seconds > 0) w.member("lifetime_seconds", f.terms.lifetime_seconds);
    if (const auto k = parse_kind(f.kind); k && row_of(*k).stated_demand) {
        w.key("resources").begin_object();
        for (const demand_item& d : f.demand) w.member(d.resource, d.instances);
        w.end_object();
    }
    w.member("request", request->root());
    return w.end_object().take();
}

}  // namespace trainyard::lifecycle
