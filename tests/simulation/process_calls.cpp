// Calls on SageMaker. Each ends in exactly one handle_*() of the lifecycle.
#include "aws/sagemaker/codec.hpp"
#include "aws/transport/error.hpp"
#include "engine/base/json.hpp"
#include "scheduler/lifecycle/request.hpp"
#include "tests/simulation/process.hpp"

namespace trainyard::simulation {
namespace {

using dispatcher::pool_budgets;
using lifecycle::create_outcome;
using lifecycle::look_outcome;

aws::failure kind_of(const answer& a) {
    if (!a.sent) return aws::failure::unreachable;
    if (a.status == 0) return aws::failure::effect_unknown;
    return aws::classify("sagemaker", a.status, a.code, a.message);
}

create_outcome to_outcome(aws::failure kind) {
    switch (kind) {
        case aws::failure::throttled:
        case aws::failure::conflict:
        case aws::failure::unreachable: return create_outcome::refused_for_now;
        case aws::failure::quota_exceeded: return create_outcome::refused_by_quota;
        case aws::failure::already_exists: return create_outcome::name_taken;
        case aws::failure::access_denied:
        case aws::failure::bad_credentials: return create_outcome::refused_access;
        case aws::failure::not_found:
        case aws::failure::invalid_request: return create_outcome::refused_request;
        case aws::failure::service_fault:
        case aws::failure::effect_unknown:
        case aws::failure::cancelled: return create_outcome::unknown;
    }
    return create_outcome::unknown;
}

std::string name_in(std::string_view request) {
    const auto document = json::document::parse(request);
    return std::string{document->root().find("TrainingJobName").string().value_or("")};
}

constexpr duration overlap = std::chrono::minutes{2};
constexpr duration full_listing_every = std::chrono::minutes{5};

}  // namespace

std::size_t process::link_of(const std::string& pool) const {
    const auto& pools = around_.what.pools;
    const auto at =
        std::find_if(pools.begin(), pools.end(), [&](const pool_plan& p) { return p.name == pool; });
    return static_cast<std::size_t>(at - pools.begin());
}

void process::call(const std::string& pool, std::string operation, std::string input, told then) {
    const std::size_t link = link_of(pool);
    const bool creates = operation == "CreateTrainingJob";
    const std::string name = creates ? name_in(input) : std::string{};
    around_.network.call(
        {link, creates},
        [s = &around_, link, creates, name, operation,
         input = std::move(input)](const wire::answered& reply) {
            if (creates && s->dice.chance(s->stranger)) s->world.strange(link, name);
            reply(s->world.call(link, operation, input));
        },
        [this, alive = alive_, then = std::move(then)](const answer& a) {
            if (!*alive) return;
            mine([then, a] { then(a); })();
        });
}

// Once the budget allows one call.
void process::within(const std::string& pool, dispatcher::budget pool_budgets::* which,
                     std::string_view operation, action then) {
    dispatcher::budget& b = core_.budgets(pool).*which;
    const mono_time at = now().mono;
    if (!b.take(at))
        return later(b.next(at) - at, [this, pool, which, operation, then = std::move(then)]() mutable {
            within(pool, which, operation, std::move(then));
        });
    const double rate = operation == "describe" ? around_.what.describe_rate
                        : operation == "list"   ? around_.what.list_rate
                                                : around_.what.stop_rate;
    if (!rates_.count(pool, operation, rate, around_.time.now()))
        around_.judge.accuse(around_.time.now(), "S13", "{} in {} comes too early", operation, pool);
    then();
}

void process::create(const lifecycle::effect::create& what) {
    const duration at = around_.time.now();
    const lifecycle::job* durable = around_.ledger.find(what.job);
    if (durable == nullptr || durable->state != lifecycle::state::starting ||
        durable->attempt != what.attempt || durable->pool != what.pool ||
        durable->sagemaker_name != what.name)
        around_.judge.accuse(at, "S3", "Create of {} in {} without an intent on the disk", what.name,
                             what.pool);
    const pool_plan& pool = around_.what.pools[link_of(what.pool)];
    const lifecycle::pool_values values{pool.name, pool.account, pool.region,
                                        "arn:aws:iam::" + pool.account + ":role/exec",
                                        "s3://bucket-" + pool.account};
    const auto request = lifecycle::build_training_request(around_.ledger.body(what.job),
                                                           core_.machine().find(what.job)->facts,
                                                           what.attempt, around_.fleet.installation, values);
    TY_CHECK(request.has_value(), "an accepted request can be built");
    around_.told.add(at, "create {} in {}", what.name, what.pool);
    call(what.pool, "CreateTrainingJob", *request, [this, what](const answer& a) {
        const aws::failure kind = kind_of(a);
        const bool ok = a.status == 200;
        dispatcher::budget& b = core_.budgets(what.pool).create;
        if (ok) b.succeeded();
        if (!ok && kind == aws::failure::throttled) b.throttled(now().mono);
        const create_outcome outcome = ok ? create_outcome::accepted : to_outcome(kind);
        around_.told.add(around_.time.now(), "create {}: {} {}", what.name, static_cast<int>(outcome),
                         a.message);
        core_.machine().handle_create(what.job, what.attempt, outcome, a.message, now().wall);
        kick();
    });
}

void process::verify(const lifecycle::effect::verify& what) {
    within(what.pool, &pool_budgets::describe, "describe", [this, what] {
        call(what.pool, "DescribeTrainingJob", aws::sagemaker::encode_job_name(what.name),
             [this, what](const answer& a) {
                 const auto tell = [this, what](look_outcome outcome, const lifecycle::sighting& seen,
                                                const aws::sagemaker::tags& tags) {
                     around_.told.add(around_.time.now(), "verify {}: {} {}", what.name,
                                      static_cast<int>(outcome), seen.status);
                     core_.machine().handle_verify(what.job, what.attempt, outcome, seen, tags, now().wall);
                     kick();
                 };
                 if (a.status != 200) {
                     const bool missing = kind_of(a) == aws::failure::not_found;
                     return tell(missing ? look_outcome::not_found : look_outcome::failed, {}, {});
                 }
                 const auto job = aws::sagemaker::decode_describe(a.body);
                 TY_CHECK(job.has_value(), "the answer of DescribeTrainingJob is read");
                 const lifecycle::sighting seen{job->status, job->secondary_status, job->failure_reason};
                 call(what.pool, "ListTags", aws::sagemaker::encode_list_tags(job->arn, ""),
                      [tell, seen](const answer& listed) {
                          const auto tags = aws::sagemaker::decode_list_tags(listed.body);
                          if (listed.status != 200 || !tags) return tell(look_outcome::failed, {}, {});
                          tell(look_outcome::found, seen, tags->items);
                      });
             });
    });
}

void process::describe(const lifecycle::effect::describe& what) {
    within(what.pool, &pool_budgets::describe, "describe", [this, what] {
        call(what.pool, "DescribeTrainingJob", aws::sagemaker::encode_job_name(what.name),
             [this, what](const answer& a) {
                 look_outcome outcome = look_outcome::failed;
                 lifecycle::sighting seen;
                 if (a.status == 200) {
                     const auto job = aws::sagemaker::decode_describe(a.body);
                     TY_CHECK(job.has_value(), "the answer of DescribeTrainingJob is read");
                     seen = {job->status, job->secondary_status, job->failure_reason};
                     outcome = look_outcome::found;
                 } else if (kind_of(a) == aws::failure::not_found) {
                     outcome = look_outcome::not_found;
                 }
                 around_.told.add(around_.time.now(), "describe {}: {} {}", what.name,
                                  static_cast<int>(outcome), seen.status);
                 core_.machine().handle_describe(what.job, what.attempt, outcome, seen, now().wall);
                 kick();
             });
    });
}

void process::stop(const lifecycle::effect::stop& what) {
    within(what.pool, &pool_budgets::stop, "stop", [this, what] {
        call(what.pool, "StopTrainingJob", aws::sagemaker::encode_job_name(what.name),
             [this, what](const answer& a) {
                 const bool ok = a.status == 200 || aws::sagemaker::is_already_stopped(a.code, a.message);
                 core_.machine().handle_stop(what.job, what.attempt, ok, now().wall);
                 kick();
             });
    });
}

void process::track(const std::string& pool) {
    later(around_.fleet.reconcile, [this, pool] {
        if (core_.machine().live_in(pool) == 0) return track(pool);
        const tracking& t = tracking_.at(pool);
        const bool full = !t.last || now().mono >= t.full_due;
        std::optional<wall_time> after;
        if (!full) after = *t.last - overlap;
        list(pool, after, full, now().wall, "");
    });
}

void process::list(const std::string& pool, std::optional<wall_time> after, bool full, wall_time began,
                   std::string token) {
    within(pool, &pool_budgets::list, "list", [this, pool, after, full, began, token] {
        aws::sagemaker::list_filter filter;
        filter.last_modified_after = after;
        filter.name_contains = "ty-";
        filter.next_token = token;
        call(pool, "ListTrainingJobs", aws::sagemaker::encode_list(filter),
             [this, pool, after, full, began](const answer& a) {
                 if (a.status != 200) return track(pool);
                 const auto page = aws::sagemaker::decode_list(a.body);
                 TY_CHECK(page.has_value(), "the answer of ListTrainingJobs is read");
                 for (const auto& s : page->jobs)
                     core_.machine().handle_listed(pool, s.name, {s.status, s.secondary_status, ""},
                                                   now().wall);
                 kick();
                 if (!page->next_token.empty()) return list(pool, after, full, began, page->next_token);
                 tracking& t = tracking_.at(pool);
                 t.last = began;
                 if (full) {
                     core_.machine().handle_listing_complete(pool, began);
                     t.full_due = now().mono + full_listing_every;
                 }
                 track(pool);
             });
    });
}

}  // namespace trainyard::simulation
