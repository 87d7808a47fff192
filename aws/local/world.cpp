#include "aws/local/world.hpp"

#include <algorithm>

#include "aws/local/control/gate_control.hpp"
#include "aws/local/durable/keeper.hpp"
#include "aws/local/front.hpp"
#include "aws/local/sagemaker_control.hpp"
#include "aws/local/world_control.hpp"
#include "aws/local/world_files.hpp"
#include "aws/local/world_services.hpp"
#include "engine/base/check.hpp"
#include "engine/http/server.hpp"

namespace trainyard::aws::local {
namespace {

task<http::response> answer(front& where, http::request request) {
    auto out = co_await where.handle(std::move(request));
    co_return out;
}

http::server_options limits() {
    http::server_options out;
    // A batch of 1 MiB as a form: each byte takes up to three (%XX), and base64 a third more.
    out.body_bytes_max = 4U << 20U;
    return out;
}

}  // namespace

struct world::impl {
    impl(boost::asio::io_context& context, const clock& clock_, world_options o, metrics::registry& registry)
        : io(context),
          time(clock_),
          options(std::move(o)),
          random(rng{options.seed}.split("front")),
          keep(context, [this](const error& e) { lost(e); }),
          entrance(
              {time, random, registry, barrier, keeping(), [this](const auto& r) { return controlled(r); }},
              options.verify_signatures),
          server(io, limits(), [this](http::request r) { return answer(entrance, std::move(r)); }) {
        TY_CHECK(options.time_scale > 0, "the time scale is above 0");
        begin_anew();
        time.on_skip([this](duration d) {
            services->sqs.skipped(d);
            services->events.look(time.wall());
        });
        add_gate_control(router, barrier, initial_rates);
        add_sagemaker_control(
            router, [this]() -> sagemaker_service& { return services->sagemaker; }, initial_job_rules);
        add_delivery_control(router, {[this]() -> auto& { return services->events.deliveries(); }});
        add_world_control(router, {time, [this] { return stats(); }, [this] { reset(); }});
        measure(registry);
    }

    // Empty services; those of before end with their last request.
    void begin_anew() {
        if (services) end_services();
        services = std::make_shared<world_services>(io, time, options, options.seed + begun++, random,
                                                    journal, initial_delivery);
        services->sagemaker.set_rules(initial_job_rules);
        services->sqs.on_timer([this] { keep.look(); });
        services->events.on_timer([this] { keep.look(); });
        entrance.serve(services);
        keep.serve(durables());
    }

    // The parts of the world that are kept. A new one is a line here.
    std::vector<durable*> durables() {
        std::vector<durable*> out{&time, &services->sqs.kept(), &services->limits};
        for (durable* part : services->sagemaker.kept()) out.push_back(part);
        for (durable* part : services->events.kept()) out.push_back(part);
        out.insert(out.end(), {&services->quotas.kept(), &services->iam_entities, &services->users});
        return out;
    }

    std::function<task<bool>()> keeping() {
        if (options.data_file.empty()) return {};
        return [this] { return keep.kept(); };
    }

    void lost(const error& e) const {
        if (options.data_failed) options.data_failed(e);
    }

    void end_services() {
        services->sqs.release_polls();
        services->events.stop();
    }

    void reset() {
        begin_anew();
        time.unskip();
        close_gate();
    }

    // Rates and fault rules as the options have them, nothing counted yet.
    void close_gate() {
        barrier.rates = initial_rates;
        barrier.buckets.forget_all();
        barrier.faults = initial_faults;
    }

    http::response controlled(const http::request& r) const {
        return options.control ? router.handle(r) : no_control();
    }

    world_stats stats() const;
    void measure(metrics::registry& registry);

    boost::asio::io_context& io;
    world_clock time;
    world_options options;
    rng random;
    job_journal journal;
    gate barrier;
    rate_table initial_rates;
    fault_store initial_faults;
    std::vector<sagemaker::job_rule> initial_job_rules;
    events::delivery_faults initial_delivery;
    control_router router;
    std::shared_ptr<world_services> services;
    std::uint64_t begun = 0;
    keeper keep;
    front entrance;
    http::server server;
    // What the registry's refreshing looks at before it looks here: the registry lives longer.
    std::shared_ptr<const char> lifetime = std::make_shared<const char>();
};

world_stats world::impl::stats() const {
    world_stats out;
    const auto& requests = entrance.counted();
    const auto& creates = services->sagemaker.creates_counted();
    const auto messages = services->sqs.counts(time.wall());
    out.requests = requests.requests;
    out.signatures_verified = requests.verified;
    out.signatures_refused = requests.refused;
    out.creates_accepted = creates.accepted;
    out.creates_duplicate = creates.duplicate;
    out.creates_over_limit = creates.over_limit;
    out.messages = messages.visible + messages.in_flight + messages.delayed;
    out.messages_by_state = {
        {"visible", messages.visible}, {"in_flight", messages.in_flight}, {"delayed", messages.delayed}};
    out.polls = services->sqs.polls();
    out.jobs_by_status = services->sagemaker.jobs_by_status(time.wall());
    return out;
}

void world::impl::measure(metrics::registry& registry) {
    const auto polls =
        registry.get_gauge("local_sqs_polls", "Long polls of the local SQS that wait for a message.");
    std::map<std::string, metrics::gauge> messages;
    for (const char* state : {"visible", "in_flight", "delayed"})
        messages[state] = registry.get_gauge("local_sqs_messages", "Messages in all queues of the local SQS.",
                                             {{"state", state}});
    registry.on_render([this, polls, messages, alive = std::weak_ptr<const char>(lifetime)] {
        if (alive.expired()) return;
        polls.set(static_cast<double>(services->sqs.polls()));
        for (const auto& [state, n] : stats().messages_by_state)
            messages.at(state).set(static_cast<double>(n));
    });
}

namespace {

// A use that does not exist would be a limit without effect.
result<void> check_limits(const std::map<std::string, std::int64_t>& limits) {
    for (const auto& [key, limit] : limits) {
        if (std::count(key.begin(), key.end(), '/') != 3) continue;
        if (sagemaker::read_instance_use(std::string_view{key}.substr(key.rfind('/') + 1))) continue;
        std::string known;
        for (const sagemaker::instance_use u : sagemaker::instance_uses)
            known.append(known.empty() ? "" : ", ").append(sagemaker::to_string(u));
        return error{errc::invalid_argument, "limit " + key + ": the use is none of " + known};
    }
    return {};
}

}  // namespace

world::world(boost::asio::io_context& io, const clock& time, world_options options,
             metrics::registry& registry)
    : impl_(std::make_unique<impl>(io, time, std::move(options), registry)) {}

world::~world() = default;

result<std::uint16_t> world::listen(const std::string& address, std::uint16_t port) {
    impl& self = *impl_;
    if (const auto right = check_limits(self.options.instance_limits); !right) return right.error();
    if (!self.options.journal_file.empty())
        if (const auto opened = self.journal.open(self.options.journal_file); !opened) return opened.error();
    self.initial_rates.use_defaults(self.options.throttle);
    for (const std::string& text : self.options.rates) {
        const auto setting = parse_rate_setting(text);
        if (!setting) return setting.error();
        if (const auto set = self.initial_rates.set(*setting); !set) return set.error();
    }
    if (!self.options.faults_file.empty()) {
        auto rules = read_faults_file(self.options.faults_file);
        if (!rules) return rules.error();
        for (fault_rule& rule : *rules)
            if (const auto put = self.initial_faults.put(std::move(rule)); !put) return put.error();
    }
    if (!self.options.rules_file.empty()) {
        auto rules = read_rules_file(self.options.rules_file);
        if (!rules) return rules.error();
        self.initial_job_rules = *std::move(rules);
        self.services->sagemaker.set_rules(self.initial_job_rules);
    }
    auto delivery = events::parse_delivery_faults(self.options.event_delivery);
    if (!delivery) return delivery.error();
    self.initial_delivery = *delivery;
    self.services->events.deliveries().set_faults(*delivery);
    self.close_gate();
    if (!self.options.data_file.empty())
        if (const auto opened = self.keep.open(self.options.data_file, self.durables()); !opened)
            return opened.error();
    self.services->sqs.began();
    self.services->events.look(self.time.wall());
    self.keep.look();
    return self.server.listen(address, port);
}

task<void> world::shutdown(mono_time grace) {
    impl_->end_services();
    co_await impl_->server.shutdown(grace);
    impl_->keep.keep_now();
}

world_stats world::stats() const {
    return impl_->stats();
}

const std::vector<accepted_create>& world::creates() const {
    return impl_->services->sagemaker.creates();
}

}  // namespace trainyard::aws::local
