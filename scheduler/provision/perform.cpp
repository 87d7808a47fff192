#include "scheduler/provision/perform.hpp"

#include "engine/io/real_clock.hpp"

namespace trainyard::provision {
namespace {

constexpr duration call_patience = std::chrono::seconds{60};
using done = aws::api_result<void>;
using texts = std::map<std::string, std::string>;

mono_time soon() {
    return io::real_clock().mono() + call_patience;
}

// The rest of an attribute's name behind `prefix`; empty: it has another.
std::string behind(const std::string& attribute, std::string_view prefix) {
    return attribute.starts_with(prefix) ? attribute.substr(prefix.size()) : std::string{};
}

texts tags_in(const std::vector<change>& changes) {
    texts out;
    for (const change& c : changes)
        if (const std::string key = behind(c.attribute, "tag:"); !key.empty() && c.after) out[key] = *c.after;
    return out;
}

texts tags_of_new(const step& s, const std::string& installation) {
    texts out = tags_in(s.changes);
    out[std::string{owner_tag}] = installation;
    return out;
}

std::string text_of(const attributes& a, const std::string& name) {
    const auto found = a.find(name);
    return found == a.end() ? std::string{} : found->second;
}

// The trust policy with its external id, whose characters need no escape in JSON.
std::string whole_trust(const attributes& a) {
    std::string out = text_of(a, "trust");
    const auto at = out.find(external_id_place);
    if (at != std::string::npos) out.replace(at, external_id_place.size(), text_of(a, "external_id"));
    return out;
}

aws::api_error unusable(const resource_id& id, const error& e) {
    aws::api_error out;
    out.kind = aws::failure::invalid_request;
    out.service = to_string(id.kind);
    out.message = e.message;
    return out;
}

task<done> perform_queue(clients& c, const step& s, const observed_resource& seen,
                         const std::string& installation) {
    auto queues = c.queues(s.id);
    auto sqs = c.sqs(s.id);
    if (!queues) co_return unusable(s.id, queues.error());
    if (!sqs) co_return unusable(s.id, sqs.error());
    const mono_time until = soon();
    if (s.action == action::destroy) co_return co_await sqs->delete_queue(seen.url, until);
    texts settings;
    for (const change& x : s.changes)
        if (!x.attribute.starts_with("tag:") && x.after) settings[x.attribute] = *x.after;
    if (s.action == action::create) {
        texts tags = tags_of_new(s, installation);
        const auto url = co_await queues->create(s.id.name, settings, tags, until);
        if (!url) co_return url.error();
        co_return done{};
    }
    if (!settings.empty()) {
        auto set = co_await queues->set_attributes(seen.url, settings, until);
        if (!set) co_return set;
    }
    texts tags = tags_in(s.changes);
    if (!tags.empty()) co_return co_await queues->tag(seen.url, tags, until);
    co_return done{};
}

task<done> change_role_part(aws::iam::client& iam, const std::string& role, const change& x,
                            mono_time until) {
    if (const std::string policy = behind(x.attribute, "policy:"); !policy.empty()) {
        if (!x.after) co_return co_await iam.delete_policy(role, policy, until);
        co_return co_await iam.put_policy(role, policy, *x.after, until);
    }
    if (const std::string arn = behind(x.attribute, "attached:"); !arn.empty()) {
        if (!x.after) co_return co_await iam.detach(role, arn, until);
        co_return co_await iam.attach(role, arn, until);
    }
    co_return done{};
}

task<done> perform_role(clients& c, const step& s, const attributes& wanted,
                        const std::string& installation) {
    auto iam = c.iam(s.id);
    if (!iam) co_return unusable(s.id, iam.error());
    const mono_time until = soon();
    if (s.action == action::create) {
        aws::iam::role fresh{s.id.name, text_of(wanted, "path"), "", whole_trust(wanted),
                             tags_of_new(s, installation)};
        std::string description = "Made by trainyard provision";
        auto created = co_await iam->create_role(std::move(fresh), std::move(description), until);
        if (!created) co_return created;
    }
    bool trust = false;
    for (const change& x : s.changes) {
        auto changed = co_await change_role_part(*iam, s.id.name, x, until);
        if (!changed && !(s.action == action::destroy && changed.error().kind == aws::failure::not_found))
            co_return changed;
        trust = trust || x.attribute == "trust" || x.attribute == "external_id";
    }
    if (s.action == action::destroy) co_return co_await iam->delete_role(s.id.name, until);
    if (s.action == action::create) co_return done{};
    if (trust) {
        std::string document = whole_trust(wanted);
        auto changed = co_await iam->update_trust(s.id.name, std::move(document), until);
        if (!changed) co_return changed;
    }
    texts tags = tags_in(s.changes);
    if (!tags.empty()) co_return co_await iam->tag_role(s.id.name, std::move(tags), until);
    co_return done{};
}

aws::events::target read_target(const std::string& id, const std::string& text) {
    const auto as = text.find(" as ");
    if (as == std::string::npos) return {id, text, ""};
    return {id, text.substr(0, as), text.substr(as + 4)};
}

task<done> perform_rule(clients& c, const step& s, const attributes& wanted, const observed_resource& seen,
                        const std::string& installation) {
    auto events = c.events(s.id);
    if (!events) co_return unusable(s.id, events.error());
    const mono_time until = soon();
    std::vector<aws::events::target> targets;
    std::vector<std::string> gone;
    bool itself = s.action == action::create;
    for (const change& x : s.changes) {
        const std::string id = behind(x.attribute, "target:");
        itself = itself || x.attribute == "pattern" || x.attribute == "state";
        if (id.empty()) continue;
        if (x.after)
            targets.push_back(read_target(id, *x.after));
        else
            gone.push_back(id);
    }
    if (itself && s.action != action::destroy) {
        aws::events::rule rule{s.id.name, "", text_of(wanted, "pattern"), true};
        texts tags;
        if (s.action == action::create) tags = tags_of_new(s, installation);
        auto put = co_await events->put_rule(std::move(rule), std::move(tags), until);
        if (!put) co_return put;
    }
    if (!gone.empty()) {
        auto removed = co_await events->remove_targets(s.id.name, std::move(gone), until);
        if (!removed) co_return removed;
    }
    if (s.action == action::destroy) co_return co_await events->delete_rule(s.id.name, until);
    if (!targets.empty()) {
        auto put = co_await events->put_targets(s.id.name, std::move(targets), until);
        if (!put) co_return put;
    }
    texts tags = tags_in(s.changes);
    if (s.action == action::update && !tags.empty())
        co_return co_await events->tag(seen.arn, std::move(tags), until);
    co_return done{};
}

task<done> perform_pipeline(clients& c, const step& s, const attributes& wanted,
                            const observed_resource& seen, const std::string& installation) {
    auto pipelines = c.pipelines(s.id);
    auto sagemaker = c.sagemaker(s.id);
    if (!pipelines) co_return unusable(s.id, pipelines.error());
    if (!sagemaker) co_return unusable(s.id, sagemaker.error());
    const mono_time until = soon();
    if (s.action == action::destroy) co_return co_await pipelines->remove(s.id.name, until);
    aws::sagemaker::pipeline p{s.id.name, "", text_of(wanted, "definition"), text_of(wanted, "role")};
    if (s.action == action::create) {
        texts tags = tags_of_new(s, installation);
        const auto arn = co_await pipelines->create(std::move(p), std::move(tags), until);
        if (!arn) co_return arn.error();
        co_return done{};
    }
    texts tags = tags_in(s.changes);
    if (tags.size() < s.changes.size()) {
        auto updated = co_await pipelines->update(std::move(p), until);
        if (!updated) co_return updated;
    }
    if (!tags.empty()) co_return co_await sagemaker->add_tags(seen.arn, std::move(tags), until);
    co_return done{};
}

}  // namespace

task<done> perform(clients& c, step s, attributes wanted, observed_resource seen, std::string installation) {
    switch (s.id.kind) {
        case kind::queue: co_return co_await perform_queue(c, s, seen, installation);
        case kind::role: co_return co_await perform_role(c, s, wanted, installation);
        case kind::rule: co_return co_await perform_rule(c, s, wanted, seen, installation);
        case kind::pipeline: break;
    }
    co_return co_await perform_pipeline(c, s, wanted, seen, installation);
}

}  // namespace trainyard::provision
