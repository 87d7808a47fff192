// Calls on SageMaker. Each ends in exactly one handle_*() of the lifecycle.
#include <algorithm>

#include "aws/sagemaker/codec.hpp"
#include "aws/transport/error.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/json.hpp"
#include "scheduler/dispatcher/answers.hpp"
#include "scheduler/lifecycle/request.hpp"
#include "tests/simulation/process.hpp"
#include "tests/simulation/process_words.hpp"

namespace trainyard::simulation {

using dispatcher::pool_budgets;
using dispatcher::to_aws;
using lifecycle::create_outcome;
using lifecycle::kind;
using lifecycle::look_outcome;

aws::api_error error_of(const answer& a) {
    aws::api_error e;
    e.http_status = a.status;
    e.code = a.code;
    e.message = a.message;
    e.kind = !a.sent         ? aws::failure::unreachable
             : a.status == 0 ? aws::failure::effect_unknown
                             : aws::classify("sagemaker", a.status, a.code, a.message);
    return e;
}

aws::failure kind_of(const answer& a) {
    return error_of(a).kind;
}

const aws::sagemaker::job_words& words(kind k) {
    return aws::sagemaker::words_of(to_aws(k));
}

std::size_t process::link_of(const std::string& pool) const {
    const auto& pools = around_.what.pools;
    const auto at =
        std::find_if(pools.begin(), pools.end(), [&](const pool_plan& p) { return p.name == pool; });
    return static_cast<std::size_t>(at - pools.begin());
}

void process::call(const ref& what, std::string_view operation, std::string input, told then) {
    const std::size_t link = link_of(what.pool);
    const bool creates = operation == words(what.kind).create;
    around_.network.call(
        {link, creates},
        [s = &around_, link, creates, operation, what,
         input = std::move(input)](const wire::answered& reply) {
            if (creates && s->dice.chance(s->stranger)) s->world.strange(link, what.kind, what.name);
            reply(s->world.call(link, operation, input));
        },
        [this, alive = alive_, then = std::move(then)](const answer& a) {
            if (!*alive) return;
            mine([then, a] { then(a); })();
        });
}

// Once the budget allows one call.
void process::within(const ref& what, budget_of which, action then) {
    if (!core_.pay(what.pool, what.kind, which, now())) {
        const duration wait = (core_.budgets(what.pool, what.kind).*which).next(now().mono) - now().mono;
        return later(wait, [this, what, which, then = std::move(then)]() mutable {
            within(what, which, std::move(then));
        });
    }
    if (which == &pool_budgets::create) kick();  // what was owed is paid: more may start
    const auto [name, rate] = which == &pool_budgets::create ? std::pair{"create", around_.what.create_rate}
                              : which == &pool_budgets::describe
                                  ? std::pair{"describe", around_.what.describe_rate}
                              : which == &pool_budgets::list ? std::pair{"list", around_.what.list_rate}
                                                             : std::pair{"stop", around_.what.stop_rate};
    const std::string bucket = what.pool + " " + std::string{lifecycle::to_string(what.kind)};
    if (!rates_.count(bucket, name, rate, around_.time.now()))
        around_.judge.accuse(around_.time.now(), "S13", "{} in {} comes too early", name, bucket);
    then();
}

// Lets the budget learn from an answer.
void process::learn(const ref& what, budget_of which, const answer& a) {
    dispatcher::budget& b = core_.budgets(what.pool, what.kind).*which;
    if (a.status == 200) return b.succeeded();
    if (kind_of(a) == aws::failure::throttled) b.throttled(now().mono);
}

void process::create(const ref& what) {
    const pool_plan& pool = around_.what.pools[link_of(what.pool)];
    const lifecycle::pool_values values{pool.name, pool.account, pool.region,
                                        "arn:aws:iam::" + pool.account + ":role/exec",
                                        "s3://bucket-" + pool.account};
    const auto request =
        lifecycle::build_request(around_.ledger.body(what.job), core_.machine().find(what.job)->facts,
                                 what.attempt, around_.fleet.installation, values);
    TY_CHECK(request.has_value(), "an accepted request can be built");
    within(what, &pool_budgets::create, [this, what, text = *request] {
        const duration at = around_.time.now();
        if (!core_.machine().still_starts(what.job, what.attempt)) {
            core_.machine().handle_create(what.job, what.attempt, create_outcome::refused_for_now, "not sent",
                                          now().wall);
            return kick();
        }
        const lifecycle::job* durable = around_.ledger.find(what.job);
        // It may be known to run by now: a Create that waited for its budget is then refused by its name.
        if (durable == nullptr || durable->attempt != what.attempt || durable->pool != what.pool ||
            durable->sagemaker_name != what.name)
            around_.judge.accuse(at, "S3", "Create of {} in {} without an intent on the disk", what.name,
                                 what.pool);
        around_.told.add(at, "create {} in {}", what.name, what.pool);
        call(what, words(what.kind).create, text, [this, what](const answer& a) {
            learn(what, &pool_budgets::create, a);
            create_outcome outcome = dispatcher::to_outcome(error_of(a));
            std::string detail = a.message;
            if (a.status == 200) {
                outcome = create_outcome::accepted;
                detail = aws::sagemaker::decode_create(a.body, to_aws(what.kind)).value();
            }
            around_.told.add(around_.time.now(), "create {}: {} {}", what.name, static_cast<int>(outcome),
                             a.message);
            core_.machine().handle_create(what.job, what.attempt, outcome, detail, now().wall);
            kick();
        });
    });
}

void process::verified(const ref& what, look_outcome outcome, const lifecycle::sighting& seen,
                       const std::map<std::string, std::string>& tags) {
    around_.told.add(around_.time.now(), "verify {}: {} {}", what.name, static_cast<int>(outcome),
                     seen.status);
    core_.machine().handle_verify(what.job, what.attempt, outcome, seen, tags, now().wall);
    kick();
}

void process::verify(const ref& what) {
    within(what, &pool_budgets::describe, [this, what] {
        if (what.kind == kind::pipeline) {
            const lifecycle::job* job = core_.machine().find(what.job);
            return find_execution(what, job->facts.accepted - std::chrono::minutes{15}, "");
        }
        call(what, words(what.kind).describe, aws::sagemaker::encode_key(to_aws(what.kind), what.name),
             [this, what](const answer& a) {
                 learn(what, &pool_budgets::describe, a);
                 if (a.status != 200) {
                     const bool missing = kind_of(a) == aws::failure::not_found;
                     return verified(what, missing ? look_outcome::not_found : look_outcome::failed, {}, {});
                 }
                 const auto job = aws::sagemaker::decode_describe(a.body, to_aws(what.kind));
                 TY_CHECK(job.has_value(), "the description is read");
                 call(what, "ListTags", aws::sagemaker::encode_list_tags(job->arn, ""),
                      [this, what, seen = dispatcher::to_sighting(*job)](const answer& listed) {
                          const auto tags = aws::sagemaker::decode_list_tags(listed.body);
                          if (listed.status != 200 || !tags)
                              return verified(what, look_outcome::failed, {}, {});
                          verified(what, look_outcome::found, seen, tags->items);
                      });
             });
    });
}

void process::describe(const ref& what) {
    within(what, &pool_budgets::describe, [this, what] {
        const std::string key = what.kind == kind::pipeline ? what.arn : what.name;
        call(what, words(what.kind).describe, aws::sagemaker::encode_key(to_aws(what.kind), key),
             [this, what](const answer& a) {
                 learn(what, &pool_budgets::describe, a);
                 look_outcome outcome = look_outcome::failed;
                 lifecycle::sighting seen;
                 if (a.status == 200) {
                     const auto job = aws::sagemaker::decode_describe(a.body, to_aws(what.kind));
                     TY_CHECK(job.has_value(), "the description is read");
                     seen = dispatcher::to_sighting(*job);
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

void process::stop(const ref& what) {
    within(what, &pool_budgets::stop, [this, what] {
        const std::string key = what.kind == kind::pipeline ? what.arn : what.name;
        std::string input = what.kind == kind::pipeline
                                ? aws::sagemaker::encode_stop_execution(key, sha256_hex(key))
                                : aws::sagemaker::encode_key(to_aws(what.kind), key);
        around_.told.add(around_.time.now(), "stop {}", what.name);
        call(what, words(what.kind).stop, std::move(input), [this, what](const answer& a) {
            learn(what, &pool_budgets::stop, a);
            const bool ok = a.status == 200 || aws::sagemaker::is_already_stopped(a.code, a.message) ||
                            kind_of(a) == aws::failure::not_found;
            core_.machine().handle_stop(what.job, what.attempt, ok, now().wall);
            kick();
        });
    });
}

}  // namespace trainyard::simulation
