// Message bodies: what any producer may put into a queue (scheduler/lifecycle/admission.hpp and request.hpp).
#include <algorithm>
#include <deque>
#include <map>

#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"
#include "scheduler/lifecycle/admission.hpp"
#include "scheduler/lifecycle/request.hpp"
#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

using namespace lifecycle;

queue_rules make_rules() {
    queue_rules r;
    r.queue = "jobs";
    r.tenants = {"vision", "speech"};
    r.rules["vision"] = {{"111111111111/us-east-1", "222222222222/us-east-1"},
                         {"111111111111", "222222222222"},
                         {"arn:aws:iam::111111111111:role/trainer"}};
    r.rules["speech"] = {{"222222222222/us-east-1"}, {"222222222222"}, {}};
    r.priorities = {{"low", 0}, {"normal", 100}, {"high", 200}};
    r.default_priority = "normal";
    r.priority_cap = 100;
    return r;
}

template <class List>
bool contains(const List& list, std::string_view x) {
    return std::find(list.begin(), list.end(), x) != list.end();
}

std::string_view arn_part(std::string_view arn, int index) {
    for (; index > 0; --index) take_part(arn, ':');
    return take_part(arn, ':');
}

bool is_account(std::string_view text) {
    return text.size() == 12 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Read anew, from what would go to SageMaker: no text names a role or an account of somebody else.
void check_text(std::string_view text, const tenant_rules& tenant, const pool_values& pool) {
    require(text.find("${") == std::string_view::npos, "no placeholder is left");
    if (!text.starts_with("arn:")) return;
    if (arn_part(text, 2) == "iam")
        require(text == pool.execution_role || contains(tenant.roles, text), "no role of somebody else");
    const std::string_view account = arn_part(text, 4);
    require(!is_account(account) || contains(tenant.accounts, account), "no account of somebody else");
}

void check_request(std::string_view text, const admission& a, const tenant_rules& tenant,
                   const pool_values& pool) {
    const auto document = json::document::parse(text, {16U << 20U, 64, 10'100, 2U << 20U});
    require(document.has_value() && document->root().is_object(), "a request is a JSON object");
    const kind_row& row = row_of(kind_of(a.facts));
    const auto name = document->root().find(row.name_member).string();
    require(name && name->size() <= row.name_max && name->starts_with("ty-") &&
                name->find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") ==
                    std::string_view::npos,
            "a job's name is one that SageMaker takes");
    std::map<std::string, std::string> own_tags;
    for (const json::value t : document->root().find("Tags").elements())
        if (const auto key = t.find("Key").string(); key && key->starts_with("trainyard:"))
            require(own_tags.emplace(*key, t.find("Value").string().value_or("")).second, "each tag once");
    if (!row.tagged)
        own_tags = tags_of_description(*document->root().find("PipelineExecutionDescription").string());
    require(own_tags == owner_tags("installation", a.facts, 1),
            "the proof of ownership is Trainyard's alone");
    std::deque<json::value> todo{document->root()};
    while (!todo.empty()) {
        const json::value v = todo.front();
        todo.pop_front();
        if (const auto s = v.string()) check_text(*s, tenant, pool);
        for (const json::value e : v.elements()) todo.push_back(e);
        for (const json::value m : v.members()) todo.push_back(m);
    }
}

void check_admitted(const admission& a, const queue_rules& rules) {
    const job_facts& f = a.facts;
    require(contains(rules.tenants, f.tenant), "the tenant is one of the queue's");
    const tenant_rules& tenant = rules.rules.at(f.tenant);
    for (const auto& p : f.pools) require(contains(tenant.pools, p), "a pool is one of the tenant's");
    require(f.priority <= rules.priority_cap, "the priority is at most the queue's");
    require(!f.demand.empty() && f.max_attempts >= 1 && f.max_attempts <= attempts_limit,
            "demand and attempts");
    require(f.max_runtime_seconds >= 1 && f.max_runtime_seconds <= 28 * 86400, "the run time is bounded");
    for (const auto& d : f.demand) require(d.instances >= 1, "demand is positive");
    require(!f.name.empty() && f.name.size() <= 63 && is_one_line(f.name), "a name is a name");
    for (const auto& account : tenant.accounts) {
        const pool_values pool{account + "/us-east-1", account, "us-east-1",
                               "arn:aws:iam::" + account + ":role/ty-exec-default", "s3://bucket-" + account};
        const auto built = build_request(a.request, f, 1, "installation", pool);
        require(built.has_value(), "what was admitted can be sent");
        check_request(*built, a, tenant, pool);
    }
}

}  // namespace

void run_message(std::string_view input) {
    static const queue_rules rules = make_rules();
    incoming_message m;
    m.queue = "jobs";
    m.message_id = "11111111-2222-3333-4444-555555555555";
    m.body = std::string(input);
    const admission a = admit(m, rules);
    require(a.facts.dedup_key == dedup_key(m) && a.facts.message_id == m.message_id,
            "even a refusal is remembered");
    if (!a.refused) return check_admitted(a, rules);
    require(!a.refused->reason.empty() && is_one_line(a.refused->reason),
            "a refusal has a reason, of one line");
    require(a.refused->pointer.empty() || a.refused->pointer.starts_with('/'),
            "a pointer is one of RFC 6901");
    require(is_utf8(a.refused->reason), "a reason can be shown");
}

}  // namespace trainyard::fuzz
