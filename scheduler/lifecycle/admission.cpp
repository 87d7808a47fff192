#include "scheduler/lifecycle/admission.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"
#include "scheduler/lifecycle/admission_checks.hpp"

namespace trainyard::lifecycle {
namespace {

bool is_job_name(std::string_view s) {
    const auto alnum = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !s.empty() && s.size() <= 63 && alnum(s.front()) && alnum(s.back()) &&
           std::all_of(s.begin(), s.end(), [&](char c) { return alnum(c) || c == '-'; });
}

std::string_view choose(json::value body, std::string_view key, const incoming_message& m) {
    if (const auto text = body.find(key).string()) return *text;
    const auto found = m.attributes.find("trainyard." + std::string{key});
    return found == m.attributes.end() ? std::string_view{} : std::string_view{found->second};
}

refused read_scheduling(json::value body, const std::string& kind_word, const incoming_message& m,
                        const queue_rules& rules, job_facts& facts) {
    facts.kind = kind_word;
    if (!parse_kind(kind_word))
        return refuse("/kind", fmt::format("'{}' is not one of training, tuning, processing, transform, "
                                           "pipeline, endpoint",
                                           printable(facts.kind, 64)));
    const std::string_view tenant = choose(body, "tenant", m);
    facts.tenant = tenant.empty() ? rules.tenants.front() : std::string{tenant};
    if (!contains(rules.tenants, facts.tenant))
        return refuse("/tenant", fmt::format("'{}' is not a tenant of queue {}", printable(facts.tenant, 64),
                                             rules.queue));
    const std::string_view priority = choose(body, "priority", m);
    facts.priority_class = priority.empty() ? rules.default_priority : std::string{priority};
    const auto found = rules.priorities.find(facts.priority_class);
    if (found == rules.priorities.end())
        return refuse("/priority",
                      fmt::format("there is no priority class '{}'", printable(facts.priority_class, 64)));
    facts.priority = found->second;
    if (!priority.empty() && facts.priority > rules.priority_cap)
        return refuse("/priority",
                      fmt::format("'{}' is above what queue {} allows", facts.priority_class, rules.queue));
    facts.priority = std::min(facts.priority, rules.priority_cap);
    return {};
}

refused read_name(json::value body, json::value request, const std::string& at, job_facts& facts) {
    facts.name = "job";
    const bool own = !body.find("name").is_null();
    const std::string member{row_of(kind_of(facts)).name_member};
    const json::value v = own ? body.find("name") : request.find(member);
    if (v.is_null()) return {};
    if (!v.string() || !is_job_name(*v.string()))
        return refuse(own ? "/name" : at + "/" + member, "must be 1 to 63 letters, digits and inner hyphens");
    facts.name = std::string{*v.string()};
    return {};
}

std::string without_name(json::value request, std::string_view name_member) {
    json::writer w;
    w.begin_object();
    for (auto i = request.members().begin(); i != request.members().end(); ++i)
        if (i.key() != name_member) w.key(i.key()).copy(*i);
    w.end_object();
    return w.take();
}

// A body without envelope is the SageMaker request itself, so that existing producers need no change. Its
// kind shows in a member that no other kind has.
std::optional<kind> kind_of_bare(json::value body) {
    if (body.find("request").exists()) return {};
    for (std::size_t i = 0; i < kind_count; ++i)
        if (body.find(row_of(static_cast<kind>(i)).mark).exists()) return static_cast<kind>(i);
    return {};
}

refused read_body(json::value body, const incoming_message& m, const queue_rules& rules, admission& a) {
    if (!body.is_object()) return refuse("", "the body must be a JSON object");
    const auto bare = kind_of_bare(body);
    const json::value envelope = bare ? json::value{} : body;
    const json::value request = bare ? body : body.find("request");
    const std::string at = bare ? "" : "/request";
    std::string word{choose(envelope, "kind", m)};
    if (word.empty()) word = bare ? std::string{to_string(*bare)} : rules.default_kind;
    if (auto r = read_scheduling(envelope, word, m, rules, a.facts)) return r;
    if (auto r = read_envelope(envelope, rules, a.facts)) return r;
    if (!request.is_object()) return refuse("/request", "is required: the SageMaker request as an object");
    if (auto r = read_name(envelope, request, at, a.facts)) return r;
    if (contains(a.facts.terms.depends_on.jobs, a.facts.name))
        return refuse("/depends_on", "the job would wait for itself");
    if (auto r = read_request(envelope, request, at, rules.rules.at(a.facts.tenant), a.facts)) return r;
    a.request = without_name(request, row_of(kind_of(a.facts)).name_member);
    a.facts.spec_hash = sha256_hex(a.request);
    return {};
}

}  // namespace

std::string dedup_key(const incoming_message& m) {
    // The prefix keeps a deduplication id that looks like a message id apart from one.
    return m.queue + (m.deduplication_id.empty() ? "\nm:" + m.message_id : "\nd:" + m.deduplication_id);
}

admission admit(const incoming_message& m, const queue_rules& rules) {
    admission a;
    a.facts.queue = m.queue;
    a.facts.message_id = m.message_id;
    a.facts.dedup_key = dedup_key(m);
    if (!m.group_id.empty() && rules.group_order != group_rule::none)
        a.facts.terms.turn = {rules.group_order, m.group_id};
    if (!m.unreadable.empty()) {
        a.refused = rejection{m.unreadable, ""};
        return a;
    }
    const auto document = json::document::parse(m.body);
    if (!document) {
        a.refused = rejection{document.error().message, ""};
    } else {
        a.refused = read_body(document->root(), m, rules, a);
    }
    return a;
}

}  // namespace trainyard::lifecycle
