#include "scheduler/provision/wanted.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "aws/transport/arn.hpp"
#include "aws/transport/partition.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/json.hpp"
#include "scheduler/provision/canonical.hpp"
#include "scheduler/provision/documents.hpp"

namespace trainyard::provision {
namespace {

// Queues before who may use them, the hub before who trusts it, roles before what works as them.
enum rank : int { other_queues, job_queues, hub, execution_roles, spokes, pipelines, rules };

constexpr std::string_view inline_name = "policy:trainyard";

struct role_name {
    std::string account, path, name;
};

result<role_name> read_role(const std::string& text, const std::string& account) {
    const auto parsed = aws::parse_arn(text);
    if (!parsed || !aws::is_role(*parsed))
        return error{errc::invalid_argument, fmt::format("'{}' is not the ARN of a role", text)};
    if (parsed->account != account)
        return error{errc::invalid_argument,
                     fmt::format("{} is not a role of account {}, in which it is to be used", text, account)};
    const std::string rest = parsed->resource.substr(4);  // role/path/name
    const auto slash = rest.rfind('/');
    return role_name{parsed->account, rest.substr(0, slash + 1), rest.substr(slash + 1)};
}

std::string base_name(const std::string& queue) {
    return queue.ends_with(".fifo") ? queue.substr(0, queue.size() - 5) : queue;
}

bool is_fifo(const std::string& queue) {
    return queue.ends_with(".fifo");
}

// https://host/123456789012/name; empty: no account in it.
std::string account_of_url(const std::string& url) {
    const auto last = url.rfind('/');
    if (last == std::string::npos || last == 0) return {};
    const auto before = url.rfind('/', last - 1);
    return before == std::string::npos ? "" : url.substr(before + 1, last - before - 1);
}

class builder {
public:
    builder(const config::fleet& f, const surroundings& s) : f_(f), s_(s) {
        partition_ = std::string{aws::partition_of(f.pools.front().region).id};
        rule_name_ = name_for(f.installation, "", 64);
        events_role_ = name_for(f.installation, "-events", 64);
        reach_.partition = partition_;
    }

    result<wanted_fleet> build() {
        collect_pools();
        for (const config::queue& q : f_.queues) add_queue(q);
        for (const config::event_queue& e : f_.events) add_events(e);
        add_execution_roles();
        add_spokes();
        add_hub();
        add_pipelines();
        if (problem_) return *problem_;
        out_.partition = partition_;
        return std::move(out_);
    }

private:
    struct account {
        std::set<std::string> regions, instance_types;
        bool any_type = false;                                         // its quotas say which
        std::map<std::string, std::set<std::string>> execution_roles;  // ARN to buckets
        std::map<std::string, secret> roles;                           // ARN to the fleet's external id
        bool own = false;  // has pools without a role: the process's own credentials
    };

    void fail(errc code, std::string message) {
        if (!problem_) problem_ = error{code, std::move(message)};
    }
    bool is_kept_elsewhere(const std::string& name) const {
        const auto& e = f_.provision.existing;
        return std::find(e.begin(), e.end(), name) != e.end();
    }
    std::string queue_arn(const std::string& region, const std::string& name) const {
        return arn_of(partition_, {kind::queue, s_.hub_account, region, name});
    }
    void add(resource_id id, int order, attributes a) {
        for (const auto& [key, value] : f_.provision.tags) a["tag:" + key] = value;
        // Several queues may name one reject queue.
        for (const wanted_resource& w : out_.resources)
            if (w.id == id) return;
        out_.resources.push_back({std::move(id), order, std::move(a)});
    }
    void add_policy(attributes& a, std::string_view of, std::string document) {
        if (document.size() > inline_policy_max)
            fail(errc::limit, fmt::format("the policy of {} would have {} bytes, and IAM allows {}", of,
                                          document.size(), inline_policy_max));
        a[std::string{inline_name}] = std::move(document);
    }

    void collect_pools() {
        for (const config::pool& p : f_.pools) {
            account& a = accounts_[p.account];
            a.regions.insert(p.region);
            if (!p.execution_role.empty()) a.execution_roles[p.execution_role].insert(p.bucket);
            if (p.role.empty())
                a.own = true;
            else
                a.roles.emplace(p.role, p.external_id);
            for (const auto& c : f_.policy.pools)
                if (c.name == p.name) {
                    a.any_type = a.any_type || c.discovers;
                    for (const auto& [resource, limit] : c.limits)
                        a.instance_types.insert(resource.substr(0, resource.find(':')));
                }
        }
    }

    attributes plain_queue(const std::string& name, int retention) const {
        attributes a{{"MessageRetentionPeriod", std::to_string(retention)},
                     {"VisibilityTimeout", std::to_string(visibility_seconds)}};
        if (is_fifo(name)) {
            a["FifoQueue"] = "true";
            // Producers that give deduplication ids are not affected.
            a["ContentBasedDeduplication"] = "true";
        }
        return a;
    }
    // A queue beside another, by its name or URL; its ARN.
    std::string add_beside(const std::string& region, const std::string& named) {
        const bool url = named.find("://") != std::string::npos;
        const std::string name = url ? named.substr(named.rfind('/') + 1) : named;
        if (url && account_of_url(named) != s_.hub_account) {
            out_.notes.push_back(fmt::format("queue {} is another account's and is left alone", named));
            return fmt::format("arn:{}:sqs:{}:{}:{}", partition_, region, account_of_url(named), name);
        }
        if (!is_kept_elsewhere(name))
            add({kind::queue, s_.hub_account, region, name}, other_queues,
                plain_queue(name, longest_retention_seconds));
        return queue_arn(region, name);
    }
    void add_queue(const config::queue& q) {
        const std::string name = q.url.empty() ? q.name : q.url.substr(q.url.rfind('/') + 1);
        for (const std::string* other : {&q.reject_queue, &q.results_queue})
            if (!other->empty()) reach_.sent_to.push_back(add_beside(q.region, *other));
        for (const std::string& b : q.payload_buckets) reach_.payload_buckets.push_back(b);
        if (!q.url.empty() && account_of_url(q.url) != s_.hub_account) {
            out_.notes.push_back(fmt::format("queue {} is another account's and is left alone", q.url));
            reach_.consumed.push_back(
                fmt::format("arn:{}:sqs:{}:{}:{}", partition_, q.region, account_of_url(q.url), name));
            return;
        }
        reach_.consumed.push_back(queue_arn(q.region, name));
        if (is_kept_elsewhere(name)) return;
        const std::string dead = base_name(name) + "-dlq" + (is_fifo(name) ? ".fifo" : "");
        add({kind::queue, s_.hub_account, q.region, dead}, other_queues,
            plain_queue(dead, longest_retention_seconds));
        attributes a = plain_queue(name, job_retention_seconds);
        json::writer w;
        w.begin_object().member("deadLetterTargetArn", queue_arn(q.region, dead));
        a["RedrivePolicy"] = w.member("maxReceiveCount", receives_max).end_object().take();
        if (!f_.provision.senders.empty())
            a["Policy"] = senders_policy(queue_arn(q.region, name), partition_, f_.provision.senders);
        add({kind::queue, s_.hub_account, q.region, name}, job_queues, std::move(a));
    }

    void add_events(const config::event_queue& e) {
        const std::string name = e.url.empty() ? e.name : e.url.substr(e.url.rfind('/') + 1);
        const std::string arn = queue_arn(e.region, name);
        reach_.consumed.push_back(arn);
        if (is_fifo(name))
            return fail(errc::invalid_argument,
                        fmt::format("the queue of events {} is a FIFO queue: events come in any order and "
                                    "more than once, take a standard one",
                                    name));
        if (!e.url.empty() && account_of_url(e.url) != s_.hub_account) {
            out_.notes.push_back(fmt::format("queue {} is another account's and is left alone", e.url));
            return;
        }
        if (!served_.insert(e.region).second) {
            out_.notes.push_back(
                fmt::format("{} already has a queue of events: {} gets no rules", e.region, name));
            return;
        }
        std::vector<std::string> sources, roles;
        for (const auto& [id, a] : accounts_) {
            if (!a.regions.contains(e.region)) continue;
            sources.push_back(arn_of(partition_, {kind::rule, id, e.region, rule_name_}));
            std::string role;
            if (id != s_.hub_account) {
                role = arn_of(partition_, {kind::role, id, "", events_role_});
                roles.push_back(role);
                event_targets_[id].push_back(arn);
            }
            add_rule(id, e.region, arn, role);
        }
        if (is_kept_elsewhere(name)) return;
        attributes a = plain_queue(name, job_retention_seconds);
        if (!sources.empty()) {
            a["Policy"] = events_queue_policy(arn, sources, roles);
            if (a["Policy"].size() > queue_policy_max)
                fail(errc::limit, fmt::format("the policy of queue {} would name {} rules and have {} bytes, "
                                              "and SQS allows {}: list the queue under provision.existing "
                                              "and give it a policy over aws:PrincipalOrgID",
                                              name, sources.size(), a["Policy"].size(), queue_policy_max));
        }
        add({kind::queue, s_.hub_account, e.region, name}, other_queues, std::move(a));
    }
    void add_rule(const std::string& id, const std::string& region, const std::string& queue,
                  const std::string& role) {
        attributes rule{{"state", "ENABLED"}};
        json::writer w;
        w.begin_object().key("source").begin_array().string("aws.sagemaker").end_array();
        w.key("detail-type").begin_array();
        for (const std::string_view what :
             {"SageMaker Training Job State Change", "SageMaker HyperParameter Tuning Job State Change",
              "SageMaker Processing Job State Change", "SageMaker Transform Job State Change",
              "SageMaker Model Building Pipeline Execution Status Change", "SageMaker Endpoint State Change"})
            w.string(what);
        rule["pattern"] = w.end_array().end_object().take();
        rule["target:hub"] = role.empty() ? queue : queue + " as " + role;
        add({kind::rule, id, region, rule_name_}, rules, std::move(rule));
    }

    void add_execution_roles() {
        for (const auto& [id, a] : accounts_) {
            for (const auto& [arn, buckets] : a.execution_roles) {
                if (is_kept_elsewhere(arn)) continue;
                const auto role = read_role(arn, id);
                if (!role) return fail(role.error().code, role.error().message);
                attributes r{{"path", role->path}, {"trust", execution_trust(id)}};
                if (f_.provision.managed_policies.empty())
                    add_policy(r, arn,
                               execution_policy(
                                   {partition_, id, arn, *buckets.begin(), !f_.provision.pipelines.empty()}));
                for (const std::string& p : f_.provision.managed_policies) r["attached:" + p] = "yes";
                add({kind::role, id, "", role->name}, execution_roles, std::move(r));
            }
            if (const auto to = event_targets_.find(id); to != event_targets_.end()) {
                attributes r{{"path", "/"}, {"trust", events_trust(id)}};
                add_policy(r, events_role_, events_policy(to->second));
                add({kind::role, id, "", events_role_}, execution_roles, std::move(r));
            }
        }
    }

    void add_spokes() {
        std::vector<std::string> who = f_.provision.hub_principals;
        if (!f_.provision.hub_role.empty())
            who = {arn_of(partition_, {kind::role, s_.hub_account, "", f_.provision.hub_role})};
        for (const auto& [id, a] : accounts_)
            for (const auto& [arn, external_id] : a.roles) {
                reach_.spokes.push_back(arn);
                if (is_kept_elsewhere(arn)) continue;
                const auto role = read_role(arn, id);
                if (!role) return fail(role.error().code, role.error().message);
                attributes r{{"path", role->path}, {"trust", trust_of(who, partition_, true)}};
                add_policy(r, arn, spoke_policy(spoke_of(id, a)));
                add({kind::role, id, "", role->name}, spokes, std::move(r));
                out_.guarded.push_back({{kind::role, id, "", role->name}, arn, external_id});
            }
    }
    void add_hub() {
        if (f_.provision.hub_role.empty()) return;
        const std::string arn = arn_of(partition_, {kind::role, s_.hub_account, "", f_.provision.hub_role});
        if (is_kept_elsewhere(arn)) return;
        std::vector<std::string> who = f_.provision.hub_principals;
        if (who.empty()) who = {s_.hub_account};
        attributes r{{"path", "/"}, {"trust", trust_of(who, partition_, false)}};
        add_policy(r, arn, hub_policy(reach_));
        if (const auto own = accounts_.find(s_.hub_account); own != accounts_.end() && own->second.own)
            r["policy:trainyard-jobs"] = spoke_policy(spoke_of(s_.hub_account, own->second));
        add({kind::role, s_.hub_account, "", f_.provision.hub_role}, hub, std::move(r));
    }

    void add_pipelines() {
        for (const config::pipeline& p : f_.provision.pipelines)
            for (const config::pool& pool : f_.pools) {
                const bool here =
                    p.pools.empty() || std::find(p.pools.begin(), p.pools.end(), pool.name) != p.pools.end();
                if (!here) continue;
                if (pool.execution_role.empty())
                    return fail(errc::invalid_argument,
                                fmt::format("pipeline {} needs an execution_role in account {}", p.name,
                                            pool.account));
                const auto text = s_.definitions.find(p.definition_file);
                if (text == s_.definitions.end())
                    return fail(errc::invalid_argument,
                                fmt::format("the definition of pipeline {} was not read", p.name));
                attributes a{{"definition", fill(text->second, pool)}, {"role", pool.execution_role}};
                add({kind::pipeline, pool.account, pool.region, p.name}, pipelines, std::move(a));
            }
    }
    static std::string fill(std::string text, const config::pool& pool) {
        const std::pair<std::string_view, const std::string*> places[] = {
            {"${pool.execution_role}", &pool.execution_role},
            {"${pool.bucket}", &pool.bucket},
            {"${pool.account}", &pool.account},
            {"${pool.region}", &pool.region}};
        for (const auto& [place, value] : places)
            for (auto at = text.find(place); at != std::string::npos; at = text.find(place, at))
                text.replace(at, place.size(), *value), at += value->size();
        return text;
    }

    spoke_reach spoke_of(const std::string& id, const account& a) const {
        spoke_reach r{partition_, id, f_.installation, a.regions, a.instance_types, {}};
        if (a.any_type) r.instance_types.clear();
        for (const auto& [arn, buckets] : a.execution_roles) r.passed_roles.push_back(arn);
        // Roles that tenants may name themselves.
        for (const config::tenant& t : f_.tenants)
            for (const std::string& role : t.roles)
                if (role.find(":" + id + ":") != std::string::npos) r.passed_roles.push_back(role);
        return r;
    }

    const config::fleet& f_;
    const surroundings& s_;
    std::string partition_, rule_name_, events_role_;
    std::map<std::string, account> accounts_;
    std::map<std::string, std::vector<std::string>> event_targets_;  // queues, by account of the rule
    std::set<std::string> served_;                                   // regions that have a queue of events
    hub_reach reach_;
    wanted_fleet out_;
    std::optional<error> problem_;
};

}  // namespace

result<wanted_fleet> want(const config::fleet& f, const surroundings& s) {
    return builder{f, s}.build();
}

void put_external_ids(wanted_fleet& w) {
    for (const guarded_role& g : w.guarded)
        for (wanted_resource& r : w.resources)
            if (r.id == g.id) r.attributes["external_id"] = std::string{g.external_id.reveal()};
}

std::string arn_of(const std::string& partition, const resource_id& id, const std::string& path) {
    switch (id.kind) {
        case kind::queue:
            return fmt::format("arn:{}:sqs:{}:{}:{}", partition, id.region, id.account, id.name);
        case kind::role: return fmt::format("arn:{}:iam::{}:role{}{}", partition, id.account, path, id.name);
        case kind::rule:
            return fmt::format("arn:{}:events:{}:{}:rule/{}", partition, id.region, id.account, id.name);
        case kind::pipeline: {
            std::string name = id.name;  // SageMaker writes it so
            for (char& c : name)
                if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
            return fmt::format("arn:{}:sagemaker:{}:{}:pipeline/{}", partition, id.region, id.account, name);
        }
    }
    return {};
}

std::string name_for(const std::string& installation, std::string_view suffix, std::size_t most) {
    std::string name = "trainyard-" + installation;
    for (char& c : name)
        if (c == '/') c = '-';
    const bool changed = name.substr(10) != installation || name.size() + suffix.size() > most;
    if (!changed) return name + std::string{suffix};
    constexpr std::size_t digits = 8;
    name.resize(std::min(name.size(), most - suffix.size() - digits - 1));
    return name + "-" + sha256_hex(installation).substr(0, digits) + std::string{suffix};
}

}  // namespace trainyard::provision
