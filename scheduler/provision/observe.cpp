#include "scheduler/provision/observe.hpp"

#include "engine/io/real_clock.hpp"
#include "scheduler/provision/canonical.hpp"

namespace trainyard::provision {
namespace {

constexpr duration call_patience = std::chrono::seconds{60};
using seen = result<std::optional<observed_resource>>;

mono_time soon() {
    return io::real_clock().mono() + call_patience;
}

seen judge(const resource_id& id, const aws::api_error& e) {
    if (e.kind == aws::failure::not_found) return std::optional<observed_resource>{};
    return with_context(aws::to_error(e), to_string(id));
}

void put_tags(observed_resource& out, const std::map<std::string, std::string>& tags) {
    for (const auto& [key, value] : tags)
        if (key == owner_tag)
            out.owner = value;
        else
            out.attributes["tag:" + key] = value;
}

task<seen> observe_queue(clients& c, const resource_id& id) {
    auto sqs = c.sqs(id);
    auto queues = c.queues(id);
    if (!sqs) co_return sqs.error();
    if (!queues) co_return queues.error();
    const std::string owner;
    const std::vector<std::string> all{"All"};
    const mono_time until = soon();
    const auto url = co_await sqs->get_queue_url(id.name, owner, until);
    if (!url) co_return judge(id, url.error());
    const auto attributes = co_await sqs->get_queue_attributes(*url, all, until);
    if (!attributes) co_return judge(id, attributes.error());
    const auto tags = co_await queues->list_tags(*url, until);
    if (!tags) co_return judge(id, tags.error());
    observed_resource out;
    out.url = *url;
    out.attributes = *attributes;
    const auto arn = out.attributes.find("QueueArn");
    if (arn != out.attributes.end()) out.arn = arn->second;
    put_tags(out, *tags);
    co_return std::optional{std::move(out)};
}

task<seen> observe_role(clients& c, const resource_id& id, const std::string& installation) {
    auto iam = c.iam(id);
    if (!iam) co_return iam.error();
    const mono_time until = soon();
    const auto role = co_await iam->get_role(id.name, until);
    if (!role) co_return judge(id, role.error());
    observed_resource out;
    out.arn = role->arn;
    put_tags(out, role->tags);
    if (out.owner != installation) co_return std::optional{std::move(out)};
    out.attributes["path"] = role->path;
    auto trust = split_external_id(role->trust);
    out.attributes["trust"] = std::move(trust.document);
    if (!trust.external_id.empty()) out.attributes["external_id"] = std::move(trust.external_id);
    const auto names = co_await iam->list_policies(id.name, until);
    if (!names) co_return judge(id, names.error());
    for (const std::string& name : *names) {
        auto document = co_await iam->get_policy(id.name, name, until);
        if (!document) co_return judge(id, document.error());
        out.attributes["policy:" + name] = std::move(*document);
    }
    const auto attached = co_await iam->list_attached(id.name, until);
    if (!attached) co_return judge(id, attached.error());
    for (const std::string& arn : *attached) out.attributes["attached:" + arn] = "yes";
    co_return std::optional{std::move(out)};
}

task<seen> observe_rule(clients& c, const resource_id& id) {
    auto events = c.events(id);
    if (!events) co_return events.error();
    const mono_time until = soon();
    const auto rule = co_await events->describe_rule(id.name, until);
    if (!rule) co_return judge(id, rule.error());
    const auto tags = co_await events->list_tags(rule->arn, until);
    if (!tags) co_return judge(id, tags.error());
    const auto targets = co_await events->list_targets(id.name, until);
    if (!targets) co_return judge(id, targets.error());
    observed_resource out;
    out.arn = rule->arn;
    out.attributes["pattern"] = rule->pattern;
    out.attributes["state"] = rule->enabled ? "ENABLED" : "DISABLED";
    for (const auto& t : *targets)
        out.attributes["target:" + t.id] = t.role_arn.empty() ? t.arn : t.arn + " as " + t.role_arn;
    put_tags(out, *tags);
    co_return std::optional{std::move(out)};
}

task<seen> observe_pipeline(clients& c, const resource_id& id) {
    auto pipelines = c.pipelines(id);
    auto sagemaker = c.sagemaker(id);
    if (!pipelines) co_return pipelines.error();
    if (!sagemaker) co_return sagemaker.error();
    const mono_time until = soon();
    auto pipeline = co_await pipelines->describe(id.name, until);
    if (!pipeline) co_return judge(id, pipeline.error());
    const auto tags = co_await sagemaker->list_tags(pipeline->arn, until);
    if (!tags) co_return judge(id, tags.error());
    observed_resource out;
    out.arn = pipeline->arn;
    out.attributes["definition"] = std::move(pipeline->definition);
    out.attributes["role"] = pipeline->role_arn;
    put_tags(out, *tags);
    co_return std::optional{std::move(out)};
}

}  // namespace

task<seen> observe(clients& c, resource_id id, std::string installation) {
    switch (id.kind) {
        case kind::queue: co_return co_await observe_queue(c, id);
        case kind::role: co_return co_await observe_role(c, id, installation);
        case kind::rule: co_return co_await observe_rule(c, id);
        case kind::pipeline: break;
    }
    co_return co_await observe_pipeline(c, id);
}

}  // namespace trainyard::provision
