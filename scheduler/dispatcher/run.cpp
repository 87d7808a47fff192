#include "scheduler/dispatcher/run.hpp"

#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include <atomic>
#include <fstream>
#include <set>

#include "aws/identity/identity.hpp"
#include "aws/transport/http_options.hpp"
#include "aws/transport/transport.hpp"
#include "engine/http/client.hpp"
#include "engine/http/server.hpp"
#include "engine/io/real_clock.hpp"
#include "scheduler/dispatcher/admin.hpp"
#include "scheduler/dispatcher/sweep.hpp"

namespace trainyard::dispatcher {
namespace {

constexpr duration credentials_timeout = std::chrono::seconds{75};
constexpr duration connect_timeout = std::chrono::seconds{20};
constexpr duration admin_grace = std::chrono::seconds{2}, admin_grace_fast = std::chrono::milliseconds{100};
constexpr duration archive_every = std::chrono::hours{1};
constexpr duration progress_every = std::chrono::milliseconds{100};

run_outcome outcome_of(const error& e) {
    switch (e.code) {
        case errc::unreachable:
        case errc::timeout: return run_outcome::unreachable;
        case errc::io:
        case errc::corrupt:
        case errc::internal: return run_outcome::failed;
        default: return run_outcome::misconfigured;
    }
}

// What still lives in the ledger must have its place in the fleet file.
result<void> check_places(const std::vector<lifecycle::job>& jobs, const config::fleet& f) {
    std::set<std::string> pools, tenants;
    for (const auto& p : f.pools) pools.insert(p.name);
    for (const auto& t : f.tenants) tenants.insert(t.name);
    for (const lifecycle::job& j : jobs) {
        if (is_terminal(j.state)) continue;
        if (!tenants.contains(j.facts.tenant))
            return error{
                errc::invalid_argument,
                fmt::format(
                    "{}: job {} belongs to tenant {}, which the fleet file no longer has; put it back until "
                    "its jobs have ended",
                    f.ledger_file, lifecycle::to_text(j.facts.id), j.facts.tenant)};
        if (holds_quota(j.state) && !pools.contains(j.pool))
            return error{
                errc::invalid_argument,
                fmt::format(
                    "{}: job {} runs in pool {}, which the fleet file no longer has; put it back until its "
                    "jobs have ended",
                    f.ledger_file, lifecycle::to_text(j.facts.id), j.pool)};
    }
    return {};
}

// Every queue has a long poll open at all times, and none may keep others from theirs.
http::client_options http_options_of(const config::fleet& f, const aws::environment& env) {
    http::client_options out = aws::service_client_options(env);
    out.connections_per_origin_and_lane += f.queues.size();
    out.connections_per_host += f.queues.size();
    return out;
}

// Where `trainyard jobs` finds the running instance: a dispatcher holds its ledger open alone.
std::string address_file(const config::fleet& f) {
    return f.ledger_file + ".admin";
}

}  // namespace

struct run_instance::impl {
    impl(boost::asio::io_context& context, config::fleet f, run_options o, const aws::environment& e)
        : io(context),
          fleet(std::move(f)),
          options(std::move(o)),
          env(e),
          http(context, http_options_of(fleet, e)),
          transport(http, io::real_clock(), registry, options.seed, options.retries),
          who(context, http, transport, e, options.seed) {}

    boost::asio::io_context& io;
    config::fleet fleet;
    run_options options;
    const aws::environment& env;
    metrics::registry registry;
    http::client http;
    aws::transport transport;
    aws::identity who;
    even_clock time{io::real_clock()};       // of all decisions
    std::unique_ptr<ledger::ledger> opened;  // until begin_work()
    std::vector<lifecycle::job> loaded;
    std::map<std::string, int> crashes;  // of the program, by the message that it read
    std::optional<ledger::reading_slot> reading;
    lifecycle::pauses pauses;
    std::unique_ptr<ledger::ledger_thread> ledger;
    links aws_links;
    std::unique_ptr<core> decisions;
    std::unique_ptr<driver> work;
    std::unique_ptr<http::server> admin;
    bool stop_asked = false;
    std::atomic<std::size_t> accepted{0}, rejected{0}, pending{0}, active{0}, ended{0};

    result<void> open_ledger() {
        auto file = ledger::ledger::open(fleet.ledger_file, fleet.installation);
        if (!file) return file.error();
        auto jobs = (*file)->load();
        if (!jobs) return jobs.error();
        auto slot = ledger::reading_slot::open(fleet.ledger_file + ".reading");
        if (!slot) return slot.error();
        auto read = ledger::count_crash(**file, *slot);
        if (!read) return read.error();
        auto paused = (*file)->pauses();
        if (!paused) return paused.error();
        if (auto placed = check_places(*jobs, fleet); !placed) return placed;
        opened = std::move(*file);
        loaded = std::move(*jobs);
        crashes = std::move(*read);
        reading.emplace(std::move(*slot));
        pauses = std::move(*paused);
        return {};
    }

    // A ledger restored from a backup has forgotten starts. SageMaker knows them, so it is asked before
    // anything is started.
    task<result<void>> reconcile_if_restored() {
        const auto restored = opened->restored();
        if (!restored) co_return restored.error();
        if (!*restored) co_return result<void>{};
        std::map<lifecycle::job_id, const lifecycle::job*> by_id;
        for (const auto& j : loaded) by_id.emplace(j.facts.id, &j);
        const wants_tags wants = [&by_id](const lifecycle::found_job& f) {
            return lifecycle::may_be_forgotten(f, by_id);
        };
        auto found = co_await sweep(aws_links, io::real_clock(), wants);
        if (!found)
            co_return with_context(found.error(), "the restored ledger cannot be compared with SageMaker");
        const wall_time now = time.wall();
        const auto outcome = lifecycle::reconcile(fleet.installation, loaded, *found, now);
        std::vector<ledger::phantom> phantoms;
        for (const auto& p : outcome.phantoms)
            phantoms.push_back({p.what.pool, p.what.name, p.job, p.attempt, p.what.status, now});
        co_return opened->reconciled(outcome.records, phantoms);
    }

    void begin_work() {
        const instant at{time.wall(), time.mono()};
        decisions = std::make_unique<core>(fleet, options.timing, options.seed, at);
        decisions->restore(std::exchange(loaded, {}), std::exchange(crashes, {}), at);
        decisions->restore_pauses(std::exchange(pauses, {}));
        ledger = std::make_unique<ledger::ledger_thread>(std::move(opened));
    }

    result<std::string> open_admin() {
        if (!fleet.admin) return std::string{};
        http::server_options limits;
        limits.connections_max = 64;
        admin = std::make_unique<http::server>(
            io, limits,
            make_admin_handler({registry, *decisions, *work, time, *ledger, fleet.installation,
                                backup_file(fleet.ledger_file)}));
        auto port = admin->listen(fleet.admin_address, fleet.admin_port);
        if (!port)
            return error{
                errc::invalid_argument,
                fmt::format(
                    "{}; stop the other process or choose another address with admin: in the fleet file",
                    port.error().message)};
        const bool v6 = fleet.admin_address.find(':') != std::string::npos;
        std::string url =
            fmt::format("http://{}:{}", v6 ? "[" + fleet.admin_address + "]" : fleet.admin_address, *port);
        std::ofstream{address_file(fleet)} << url << "\n";
        return url;
    }

    void refresh_progress() {
        const auto& counts = decisions->machine().counts();
        const std::size_t live = decisions->machine().live();
        accepted = counts.accepted;
        rejected = counts.rejected;
        active = decisions->policy().reserved();
        pending = live - std::min(live, active.load());
        ended = decisions->machine().jobs().size() - live;
    }

    task<void> watch_progress() {
        for (;;) {
            refresh_progress();
            const mono_time until = io::real_clock().mono() + progress_every;
            if (!co_await io::sleep_until(until)) co_return;
        }
    }

    // Once an hour, what ended longer ago than the fleet file keeps it goes to the archive. An archive that
    // cannot be written is counted and tried again.
    task<void> keep_ledger_small() {
        const auto failures = registry.get_counter("ledger_archive_failures_total",
                                                   "Attempts to archive old jobs that could not be finished");
        for (;;) {
            const wall_time before = io::real_clock().wall() - fleet.retention;
            ledger->compact(before, [failures](const result<std::size_t>& done) {
                if (!done && done.error().code != errc::cancelled) failures.add();
            });
            const mono_time until = io::real_clock().mono() + archive_every;
            if (!co_await io::sleep_until(until)) co_return;
        }
    }

    task<result<void>> start() {
        if (auto found = open_ledger(); !found) co_return found.error();
        auto credentials = who.open();
        if (!credentials) co_return credentials.error();
        const auto base = *credentials;
        // First, and with patience: a credential_process may take its minute, and a queue's error would hide
        // the cause.
        const mono_time patience = io::real_clock().mono() + credentials_timeout;
        const auto keys = co_await base->get(patience);
        if (!keys) co_return with_context(keys.error(), base->describe());
        const mono_time until = io::real_clock().mono() + connect_timeout;
        auto connected = co_await connect(fleet, transport, env, who, base, until);
        if (!connected) co_return connected.error();
        aws_links = std::move(*connected);
        auto reconciled = co_await reconcile_if_restored();
        if (!reconciled) co_return reconciled.error();
        begin_work();
        work = std::make_unique<driver>(io, time, *decisions, *ledger, *reading, aws_links, fleet,
                                        options.driver, registry);
        register_gauges(registry, *decisions, *work, *ledger, time);
        auto url = open_admin();
        if (!url) co_return url.error();
        if (options.on_ready) options.on_ready(*url);
        co_return result<void>{};
    }

    task<void> put_away() {
        if (admin) {
            const mono_time grace =
                io::real_clock().mono() + (options.driver.fast ? admin_grace_fast : admin_grace);
            co_await admin->shutdown(grace);
            std::remove(address_file(fleet).c_str());
        }
        co_await who.close();
        co_await http.close();
        if (ledger) ledger->close();
    }

    run_report report(const result<void>& end) {
        run_report r;
        if (!end) {
            r.outcome = outcome_of(end.error());
            r.message = end.error().message;
        }
        if (decisions) {
            refresh_progress();
            r.counts = decisions->machine().counts();
            for (const auto& [id, j] : decisions->machine().jobs())
                ++r.jobs_by_state[std::string{to_string(j.state)}];
        }
        return r;
    }
};

run_instance::run_instance(boost::asio::io_context& io, config::fleet fleet, run_options options,
                           const aws::environment& env)
    : impl_(std::make_shared<impl>(io, std::move(fleet), std::move(options), env)) {}
run_instance::~run_instance() = default;

task<run_report> run_instance::run() {
    impl& me = *impl_;
    result<void> end = co_await me.start();
    if (end) {
        io::task_group watchers{me.io};
        watchers.spawn([&me] { return me.watch_progress(); });
        watchers.spawn([&me] { return me.keep_ledger_small(); });
        if (me.stop_asked) me.work->stop();
        end = co_await me.work->run();
        watchers.cancel();
        co_await watchers.join();
    }
    // Who stops a start gets what was asked for, not an error.
    if (!end && end.error().code == errc::cancelled && me.stop_asked) end = result<void>{};
    co_await me.put_away();
    co_return me.report(end);
}

void run_instance::stop() {
    boost::asio::post(impl_->io, [self = impl_] {
        self->stop_asked = true;
        if (self->work)
            self->work->stop();
        else
            self->who.cancel();  // a credential_process may be what the start waits for
    });
}

run_instance::progress run_instance::snapshot() const {
    return {impl_->accepted, impl_->rejected, impl_->pending, impl_->active, impl_->ended};
}

}  // namespace trainyard::dispatcher
