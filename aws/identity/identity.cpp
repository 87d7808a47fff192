#include "aws/identity/identity.hpp"

#include "aws/credentials/fetch.hpp"
#include "aws/credentials/files.hpp"
#include "aws/credentials/process.hpp"
#include "aws/credentials/refreshing.hpp"
#include "aws/sts/roles.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::aws {

namespace {

constexpr duration container_fetch_max = std::chrono::seconds{10};
constexpr duration instance_fetch_max = std::chrono::seconds{5};
constexpr duration sso_fetch_max = std::chrono::seconds{20};

task<result<sigv4::credentials>> fetch_from_environment(const environment& env) {
    auto keys = read_environment_keys(env);
    co_return keys;
}

// The last guess of the chain: as long as it never gave anything, its failure is told as "there are none".
struct guess {
    instance_source from;
    std::string none;  // that message
    bool confirmed = false;
};

task<result<sigv4::credentials>> fetch_guess(http::client& http, std::shared_ptr<guess> what,
                                             mono_time deadline) {
    auto keys = co_await fetch_from_instance(http, what->from, deadline);
    what->confirmed = what->confirmed || keys.has_value();
    if (what->confirmed || keys.error().code == errc::cancelled) co_return keys;
    co_return error{errc::permission, what->none + ": " + keys.error().message};
}

using opened = result<std::shared_ptr<credentials_provider>>;

}  // namespace

struct identity::impl {
    impl(boost::asio::io_context& context, http::client& client, transport& calls,
         const environment& variables, std::uint64_t s)
        : io(context),
          http(client),
          t(calls),
          env(variables),
          seed(s),
          fetches(context),
          roles(context, client, calls, fetches, s) {}

    std::shared_ptr<credentials_provider> refreshing(fetch_function fetch, const std::string& description,
                                                     duration fetch_max, bool use_expired = false) {
        refreshing_options options;
        options.fetch_max = fetch_max;
        options.refresh.use_expired = use_expired;
        return make_refreshing_provider(io, t.time(), fetches, std::move(fetch), description, seed, options);
    }

    opened open(const environment_source&, const decision& d);
    opened open(const static_source& s, const decision& d);
    opened open(const process_source& s, const decision& d);
    opened open(const sso_source& s, const decision& d);
    opened open(const web_identity_source& s, const decision& d);
    opened open(const container_source& s, const decision& d);
    opened open(const instance_source& s, const decision& d);
    result<endpoint> sts_endpoint(const std::string& region, const std::string& what);

    boost::asio::io_context& io;
    http::client& http;
    transport& t;
    const environment& env;
    std::uint64_t seed;
    io::task_group fetches;
    sts::roles roles;
};

opened identity::impl::open(const environment_source&, const decision& d) {
    auto keys = read_environment_keys(env);
    if (!keys) return keys.error();
    if (!keys->expires_at) return make_static_provider(std::move(*keys), d.plan->description);
    // Somebody may replace the variables of a running process only from inside; an expired set says so by its
    // error.
    return refreshing([this](mono_time) { return fetch_from_environment(env); }, d.plan->description,
                      instance_fetch_max);
}

opened identity::impl::open(const static_source& s, const decision& d) {
    return make_static_provider({s.access_key_id, s.secret_access_key, s.session_token, {}},
                                d.plan->description);
}

opened identity::impl::open(const process_source& s, const decision& d) {
    return refreshing([this, s](mono_time until) { return fetch_from_process(io, env, s, until); },
                      d.plan->description, process_time_max);
}

opened identity::impl::open(const sso_source& s, const decision& d) {
    return refreshing(
        [this, s](mono_time until) { return fetch_from_sso(http, env, s, t.time().wall(), until); },
        d.plan->description, sso_fetch_max);
}

opened identity::impl::open(const container_source& s, const decision& d) {
    return refreshing([this, s](mono_time until) { return fetch_from_container(http, env, s, until); },
                      d.plan->description, container_fetch_max);
}

opened identity::impl::open(const instance_source& s, const decision& d) {
    fetch_function fetch = [this, s](mono_time until) { return fetch_from_instance(http, s, until); };
    if (d.plan->roles.empty() && !s.configured) {
        const auto last = std::make_shared<guess>(guess{s, none_found(d).message});
        fetch = [this, last](mono_time until) { return fetch_guess(http, last, until); };
    }
    return refreshing(std::move(fetch), d.plan->description, instance_fetch_max, true);
}

result<endpoint> identity::impl::sts_endpoint(const std::string& region, const std::string& what) {
    if (region.empty())
        return error{errc::invalid_argument,
                     what + " needs a region to find STS; set AWS_REGION, or region in the profile"};
    auto where = resolve_endpoint("sts", region, env);
    if (!where) return with_context(where.error(), what);
    return where;
}

opened identity::impl::open(const web_identity_source& s, const decision& d) {
    auto where = sts_endpoint(d.region.value, d.plan->description);
    if (!where) return where.error();
    return roles.assume_with_web_identity(std::move(*where), {s.role_arn, s.session_name, s.token_file});
}

identity::identity(boost::asio::io_context& io, http::client& http, transport& t, const environment& env,
                   std::uint64_t seed)
    : impl_(std::make_unique<impl>(io, http, t, env, seed)) {}
identity::~identity() = default;

opened identity::open(std::string profile) {
    return open(decide(read_chain_input(impl_->env, std::move(profile))));
}

opened identity::open(const decision& d) {
    if (d.malformed) return *d.malformed;
    if (!d.plan) return none_found(d);
    auto who = std::visit([&](const auto& s) { return impl_->open(s, d); }, d.plan->base);
    for (const auto& step : d.plan->roles) {
        if (!who) return who;
        auto where = impl_->sts_endpoint(d.region.value, "role " + step.role_arn);
        if (!where) return where.error();
        sts::assume_role_request request{step.role_arn, step.session_name, step.external_id,
                                         step.duration_seconds};
        who = impl_->roles.assume(std::move(*where), *who, std::move(request));
    }
    return who;
}

std::shared_ptr<credentials_provider> identity::assume(endpoint sts,
                                                       std::shared_ptr<credentials_provider> base,
                                                       sts::assume_role_request request) {
    return impl_->roles.assume(std::move(sts), std::move(base), std::move(request));
}

void identity::cancel() {
    impl_->fetches.cancel();
}

task<void> identity::close() {
    cancel();
    co_await impl_->fetches.join();
}

}  // namespace trainyard::aws
