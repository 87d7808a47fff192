#include "scheduler/provision/provisioner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "aws/transport/http_options.hpp"
#include "aws/transport/partition.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/json.hpp"
#include "engine/io/event.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"
#include "scheduler/provision/external_ids.hpp"
#include "scheduler/provision/observe.hpp"
#include "scheduler/provision/perform.hpp"

namespace trainyard::provision {
namespace {

// A credential_process may take its minute.
constexpr duration credentials_patience = std::chrono::seconds{90};
constexpr std::size_t observers = 16;              // resources that are asked for at once
constexpr std::size_t definition_max = 1U << 20U;  // SageMaker's
constexpr int rounds_max = 3;                      // of looking again after a name was taken meanwhile

result<std::string> read_definition(const std::string& file) {
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return error{errc::invalid_argument, "cannot read the definition of a pipeline, " + file};
    if (text.str().size() > definition_max)
        return error{errc::limit, fmt::format("{} is larger than {} bytes", file, definition_max)};
    const auto parsed = json::document::parse(text.str());
    if (!parsed) return with_context(parsed.error(), file);
    if (!parsed->root().is_object()) return error{errc::invalid_argument, file + " is no JSON object"};
    return text.str();
}

// What passes by itself within a minute or so.
bool settles(const aws::api_error& e) {
    if (e.kind == aws::failure::conflict || e.kind == aws::failure::throttled) return true;
    if (e.code.find("QueueDeletedRecently") != std::string::npos) return true;
    // A principal or a role that IAM has not told everybody about yet.
    if (e.code == "MalformedPolicyDocument") return e.message.find("principal") != std::string::npos;
    return e.code == "ValidationException" && e.message.find("role") != std::string::npos;
}

}  // namespace

struct provisioner::impl {
    impl(boost::asio::io_context& context, config::fleet f, const aws::environment& variables,
         provisioner_options o)
        : io(context),
          fleet(std::move(f)),
          env(variables),
          options(o),
          http(context, aws::service_client_options(variables)),
          transport(http, io::real_clock(), registry, o.seed, o.retries),
          who(context, http, transport, variables, o.seed) {}

    boost::asio::io_context& io;
    config::fleet fleet;
    const aws::environment& env;
    provisioner_options options;
    http::client http;
    metrics::registry registry;
    aws::transport transport;
    aws::identity who;
    std::unique_ptr<clients> all;
    surroundings here;

    task<result<void>> open();
    task<void> observe_some(const std::vector<wanted_resource>& wanted, std::size_t& next, observation& seen,
                            std::optional<error>& problem);
    task<result<observation>> observe_all(const std::vector<wanted_resource>& wanted);
    result<void> choose_external_ids(view& v);
    result<void> keep_external_ids(const view& v) const;
    task<aws::api_result<void>> perform_settled(const step& s, const attributes& wanted,
                                                const observed_resource& seen);
};

task<result<void>> provisioner::impl::open() {
    if (all) co_return result<void>{};
    for (const config::pipeline& p : fleet.provision.pipelines) {
        auto text = read_definition(p.definition_file);
        if (!text) co_return text.error();
        here.definitions[p.definition_file] = std::move(*text);
    }
    const auto base = who.open();
    if (!base) co_return base.error();
    const mono_time patience = io::real_clock().mono() + credentials_patience;
    const auto keys = co_await (*base)->get(patience);
    if (!keys) co_return with_context(keys.error(), (*base)->describe());
    const std::string region = fleet.queues.front().region;
    const auto sts = aws::resolve_endpoint("sts", region, env);
    if (!sts) co_return sts.error();
    aws::sts::client caller{transport, *sts, *base};
    const auto identity = co_await caller.get_caller_identity(patience);
    if (!identity) co_return aws::to_error(identity.error());
    here.hub_account = identity->account;
    const std::string partition{aws::partition_of(region).id};
    all = std::make_unique<clients>(
        transport, env, who, *base,
        clients::home{identity->account, region, partition, fleet.provision.admin_role,
                      "trainyard-provision-" + sha256_hex(fleet.installation).substr(0, 12)});
    co_return result<void>{};
}

task<void> provisioner::impl::observe_some(const std::vector<wanted_resource>& wanted, std::size_t& next,
                                           observation& seen, std::optional<error>& problem) {
    while (next < wanted.size() && !problem) {
        const resource_id id = wanted[next++].id;
        auto found = co_await observe(*all, id, fleet.installation);
        if (!found)
            problem = found.error();
        else if (*found)
            seen.emplace(id, std::move(**found));
    }
}

task<result<observation>> provisioner::impl::observe_all(const std::vector<wanted_resource>& wanted) {
    observation seen;
    std::optional<error> problem;
    std::size_t next = 0;
    io::task_group group{io};
    for (std::size_t i = 0; i < std::min(observers, wanted.size()); ++i)
        group.spawn([&] { return observe_some(wanted, next, seen, problem); });
    co_await group.join();
    if (problem) co_return *problem;
    co_return seen;
}

// The fleet file's, else the file's beside the ledger, else what our role asks for already, else a new one.
result<void> provisioner::impl::choose_external_ids(view& v) {
    const auto kept = read_external_ids(external_ids_file(fleet));
    if (!kept) return kept.error();
    for (guarded_role& g : v.wanted.guarded) {
        if (!g.external_id.empty()) continue;
        const auto found = kept->find(g.arn);
        const auto seen = v.seen.find(g.id);
        const bool ours = seen != v.seen.end() && seen->second.owner == fleet.installation;
        if (found != kept->end())
            g.external_id = found->second;
        else if (ours && seen->second.attributes.contains("external_id"))
            g.external_id = secret{seen->second.attributes.at("external_id")};
        else
            g.external_id = generate_external_id();
    }
    put_external_ids(v.wanted);
    return {};
}

// Before a role asks for one: an id that nobody knows would lock the dispatcher out.
result<void> provisioner::impl::keep_external_ids(const view& v) const {
    const std::string file = external_ids_file(fleet);
    auto ids = read_external_ids(file);
    if (!ids) return ids.error();
    bool changed = false;
    for (const guarded_role& g : v.wanted.guarded) {
        const bool in_fleet = std::any_of(fleet.pools.begin(), fleet.pools.end(), [&](const config::pool& p) {
            return p.role == g.arn && !p.external_id.empty();
        });
        if (!in_fleet) changed = ids->emplace(g.arn, g.external_id).second || changed;
    }
    return changed ? write_external_ids(file, *ids) : result<void>{};
}

task<aws::api_result<void>> provisioner::impl::perform_settled(const step& s, const attributes& wanted,
                                                               const observed_resource& seen) {
    const mono_time give_up = io::real_clock().mono() + options.settle_max;
    for (;;) {
        auto done = co_await perform(*all, s, wanted, seen, fleet.installation);
        if (done || !settles(done.error())) co_return done;
        const mono_time again = io::real_clock().mono() + options.settle_pause;
        if (again > give_up) co_return done;
        if (!co_await io::sleep_until(again)) co_return done;
    }
}

provisioner::provisioner(boost::asio::io_context& io, config::fleet fleet, const aws::environment& env,
                         provisioner_options options)
    : impl_(std::make_unique<impl>(io, std::move(fleet), env, options)) {}
provisioner::~provisioner() = default;

task<result<view>> provisioner::look(provision::purpose what_for) {
    impl& me = *impl_;
    auto opened = co_await me.open();
    if (!opened) co_return opened.error();
    view v;
    auto wanted = want(me.fleet, me.here);
    if (!wanted) co_return wanted.error();
    v.wanted = std::move(*wanted);
    auto seen = co_await me.observe_all(v.wanted.resources);
    if (!seen) co_return seen.error();
    v.seen = std::move(*seen);
    if (what_for == purpose::destroy) {
        v.plan = make_destruction(v.wanted.resources, v.seen, me.fleet.installation);
        co_return v;
    }
    auto chosen = me.choose_external_ids(v);
    if (!chosen) co_return chosen.error();
    v.plan = make_plan(v.wanted.resources, v.seen, me.fleet.installation);
    co_return v;
}

task<result<void>> provisioner::carry_out(provision::purpose what_for, view v,
                                          std::function<void(const step&)> on_step) {
    impl& me = *impl_;
    for (int round = 1;; ++round) {
        if (what_for == purpose::apply) {
            if (!v.plan.refusals.empty())
                co_return error{errc::already_exists, to_string(v.plan.refusals.front().id) + ": " +
                                                          v.plan.refusals.front().reason};
            auto kept = me.keep_external_ids(v);
            if (!kept) co_return kept.error();
        }
        bool look_again = false;
        for (const step& s : v.plan.steps) {
            on_step(s);
            const auto wanted = std::find_if(v.wanted.resources.begin(), v.wanted.resources.end(),
                                             [&s](const wanted_resource& w) { return w.id == s.id; });
            const auto found = v.seen.find(s.id);
            const observed_resource seen = found == v.seen.end() ? observed_resource{} : found->second;
            const auto done = co_await me.perform_settled(s, wanted->attributes, seen);
            if (done) continue;
            const bool gone = s.action == action::destroy && done.error().kind == aws::failure::not_found;
            if (gone) continue;
            // A lost answer of a create, or another's create in between: whose it is decides.
            look_again = s.action == action::create && done.error().kind == aws::failure::already_exists;
            if (!look_again || round == rounds_max)
                co_return with_context(aws::to_error(done.error()), to_string(s.id));
            break;
        }
        if (!look_again) co_return result<void>{};
        auto again = co_await look(what_for);
        if (!again) co_return again.error();
        v = std::move(*again);
    }
}

task<void> provisioner::close() {
    co_await impl_->who.close();
    co_await impl_->http.close();
}

}  // namespace trainyard::provision
