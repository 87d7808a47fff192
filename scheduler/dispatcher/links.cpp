#include "scheduler/dispatcher/links.hpp"

#include <fmt/format.h>

#include <set>

#include "aws/transport/queue_url.hpp"
#include "engine/base/digest.hpp"

namespace trainyard::dispatcher {
namespace {

// The error of one call on a queue, with what the operator can do about it.
error explain_queue(const config::queue& q, const aws::api_error& e) {
    const std::string what = fmt::format("queue {} in {}", q.url.empty() ? q.name : q.url, q.region);
    switch (e.kind) {
        case aws::failure::not_found:
            return {errc::not_found,
                    what + " does not exist: create it, or correct its name or url in the fleet file"};
        case aws::failure::access_denied:
        case aws::failure::bad_credentials:
            return {errc::permission,
                    fmt::format("{}: {}; check the credentials and their policy", what, e.to_string())};
        case aws::failure::unreachable:
        case aws::failure::effect_unknown:
            return {errc::unreachable, fmt::format("{}: {}", what, e.to_string())};
        default: return with_context(aws::to_error(e), what);
    }
}

task<result<std::string>> find_url(aws::sqs::client& client, const config::queue& q, const std::string& name,
                                   mono_time deadline) {
    const std::string owner;
    auto url = co_await client.get_queue_url(name, owner, deadline);
    if (!url) co_return explain_queue(q, url.error());
    co_return std::move(*url);
}

// The URL of a queue that is named beside `q`: in its region, by name or by URL.
task<result<std::string>> find_other(aws::sqs::client& client, const config::queue& q,
                                     const std::string& named, const aws::endpoint& at, mono_time deadline) {
    if (named.find("://") != std::string::npos) {
        const auto checked = aws::check_queue_url(named, at, "");
        if (!checked) co_return with_context(checked.error(), named + ", beside queue " + q.name);
    }
    const std::string name = named.substr(named.rfind('/') + 1);
    config::queue shown = q;
    shown.url = named;
    co_return co_await find_url(client, shown, name, deadline);
}

task<result<event_link>> connect_events(const config::event_queue& e, aws::transport& t,
                                        const aws::environment& env,
                                        std::shared_ptr<aws::credentials_provider> who, mono_time deadline) {
    auto at = aws::resolve_endpoint("sqs", e.region, env);
    if (!at) co_return with_context(at.error(), "queue of events " + e.name);
    event_link link{e, e.url, aws::sqs::client{t, *at, who}};
    config::queue shown;
    shown.name = e.name;
    shown.url = e.url;
    shown.region = e.region;
    if (!e.url.empty()) {
        const auto checked = aws::check_queue_url(e.url, *at, "");
        if (!checked) co_return with_context(checked.error(), "queue of events " + e.name);
    }
    const std::string name = e.name;
    auto url = co_await find_url(link.client, shown, name, deadline);
    if (!url) co_return url.error();
    if (link.url.empty()) link.url = *url;
    co_return link;
}

task<result<queue_link>> connect_queue(const config::queue& q, aws::transport& t, const aws::environment& env,
                                       std::shared_ptr<aws::credentials_provider> who, mono_time deadline) {
    auto at = aws::resolve_endpoint("sqs", q.region, env);
    if (!at) co_return with_context(at.error(), "queue " + q.name);
    queue_link link{q, "", "", "", aws::sqs::client{t, *at, who}, *at, who, std::nullopt};
    if (!q.payload_buckets.empty()) {
        auto s3 = aws::resolve_endpoint("s3", q.region, env);
        if (!s3) co_return with_context(s3.error(), "queue " + q.name);
        link.payloads.emplace(t, *s3, who);
    }
    if (q.url.empty()) {
        auto url = co_await find_url(link.client, q, q.name, deadline);
        if (!url) co_return url.error();
        link.url = *url;
    } else {
        const auto checked = aws::check_queue_url(q.url, *at, "");
        if (!checked) co_return with_context(checked.error(), "queue " + q.name);
        link.url = q.url;
    }
    const std::vector<std::string> names{"QueueArn"};
    auto attributes = co_await link.client.get_queue_attributes(link.url, names, deadline);
    if (!attributes) co_return explain_queue(q, attributes.error());
    const std::pair<const std::string*, std::string*> others[] = {{&q.reject_queue, &link.reject_url},
                                                                  {&q.results_queue, &link.results_url}};
    for (const auto& other : others) {
        if (other.first->empty()) continue;
        auto url = co_await find_other(link.client, q, *other.first, *at, deadline);
        if (!url) co_return url.error();
        *other.second = *url;
    }
    co_return link;
}

result<pool_link> connect_pool(const config::fleet& f, const config::pool& p, bool discovers,
                               aws::transport& t, const aws::environment& env, aws::identity& identity,
                               std::shared_ptr<aws::credentials_provider> base,
                               std::map<std::string, std::shared_ptr<aws::credentials_provider>>& roles) {
    auto at = aws::resolve_endpoint("sagemaker", p.region, env);
    if (!at) return with_context(at.error(), "pool " + p.name);
    auto who = base;
    if (!p.role.empty()) {
        // One session serves every region of the account.
        auto& shared = roles[p.role + "\n" + sha256_hex(p.external_id.reveal())];
        if (!shared) {
            auto sts = aws::resolve_endpoint("sts", p.region, env);
            if (!sts) return with_context(sts.error(), "pool " + p.name);
            aws::sts::assume_role_request request;
            request.role_arn = p.role;
            request.session_name = "trainyard-" + sha256_hex(f.installation).substr(0, 12);
            request.external_id = p.external_id;
            shared = identity.assume(*sts, base, std::move(request));
        }
        who = shared;
    }
    // Each call is paid for from its operation's budget, so a repetition is the dispatcher's to decide.
    pool_link link{p, aws::sagemaker::client{t, *at, who, 1}, who};
    if (discovers) {
        auto quotas = aws::resolve_endpoint("servicequotas", p.region, env);
        if (!quotas) return with_context(quotas.error(), "pool " + p.name);
        link.quotas.emplace(t, *quotas, who);
    }
    return link;
}

}  // namespace

result<std::map<std::string, pool_link>> connect_pools(const config::fleet& f, aws::transport& t,
                                                       const aws::environment& env, aws::identity& who,
                                                       std::shared_ptr<aws::credentials_provider> base) {
    std::map<std::string, pool_link> all;
    std::map<std::string, std::shared_ptr<aws::credentials_provider>> roles;
    std::set<std::string> discovering;
    for (const policy::pool_config& p : f.policy.pools)
        if (p.discovers) discovering.insert(p.name);
    for (const config::pool& p : f.pools) {
        const bool discovers = discovering.contains(p.name);
        auto link = connect_pool(f, p, discovers, t, env, who, base, roles);
        if (!link) return link.error();
        all.emplace(p.name, std::move(*link));
    }
    return all;
}

task<result<links>> connect(const config::fleet& f, aws::transport& t, const aws::environment& env,
                            aws::identity& who, std::shared_ptr<aws::credentials_provider> base,
                            mono_time deadline) {
    links all;
    all.transport = &t;
    auto pools = connect_pools(f, t, env, who, base);
    if (!pools) co_return pools.error();
    all.pools = std::move(*pools);
    for (const config::queue& q : f.queues) {
        auto link = co_await connect_queue(q, t, env, base, deadline);
        if (!link) co_return link.error();
        all.queues.emplace(q.name, std::move(*link));
    }
    for (const config::event_queue& e : f.events) {
        auto link = co_await connect_events(e, t, env, base, deadline);
        if (!link) co_return link.error();
        all.events.push_back(std::move(*link));
    }
    co_return all;
}

}  // namespace trainyard::dispatcher
