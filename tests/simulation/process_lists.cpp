// Pages of lists, as the tracker asks for them.
#include <algorithm>

#include "aws/sagemaker/codec.hpp"
#include "scheduler/dispatcher/answers.hpp"
#include "scheduler/lifecycle/request.hpp"
#include "tests/simulation/process.hpp"
#include "tests/simulation/process_words.hpp"

namespace trainyard::simulation {

using dispatcher::pool_budgets;
using dispatcher::to_aws;
using lifecycle::look_outcome;

void process::track() {
    for (const lifecycle::page_request& p : core_.pages_due(now())) list(p);
    const mono_time tick = now().mono + around_.fleet.reconcile / 2;
    const mono_time next = std::min(tick, core_.next_page().value_or(tick));
    const duration when = std::max(next - mono_time{}, around_.time.now() + std::chrono::milliseconds{1});
    if (page_wake_ && *page_wake_ <= when && *page_wake_ > around_.time.now()) return;
    page_wake_ = when;
    around_.time.at(when, mine([this, when] {
                        if (page_wake_ == when) track();
                    }));
}

void process::list(const lifecycle::page_request& what) {
    ref where;
    where.pool = what.where.pool;
    where.kind = what.where.kind;
    within(where, &pool_budgets::list, [this, what, where] {
        aws::sagemaker::list_filter filter;
        filter.kind = to_aws(what.where.kind);
        filter.pipeline = what.where.target;
        filter.last_modified_after = what.changed_after;
        filter.created_after = what.created_after;
        filter.name_contains = "ty-";
        filter.next_token = what.next_token;
        call(where, words(where.kind).list, aws::sagemaker::encode_list(filter),
             [this, what, where](const answer& a) {
                 learn(where, &pool_budgets::list, a);
                 lifecycle::page_answer answered;
                 if (a.status == 200) {
                     const auto page = aws::sagemaker::decode_list(a.body, to_aws(where.kind));
                     TY_CHECK(page.has_value(), "the page is read");
                     answered.ok = true;
                     answered.next_token = page->next_token;
                     for (const aws::sagemaker::job_summary& s : page->jobs) {
                         answered.newest =
                             std::max(answered.newest.value_or(s.last_modified), s.last_modified);
                         core_.machine().handle_listed(
                             what.where, s.name, {s.status, s.secondary_status, s.failure_reason, s.arn},
                             now().wall);
                     }
                 }
                 core_.handle_page(what, answered, now());
                 kick();
                 track();
             });
    });
}

// An execution of unknown fate: its proof stands in its description.
void process::find_execution(const ref& what, wall_time after, std::string token) {
    within(what, &pool_budgets::list, [this, what, after, token] {
        aws::sagemaker::list_filter filter;
        filter.kind = aws::sagemaker::job_kind::pipeline;
        filter.pipeline = what.target;
        filter.ascending = false;
        filter.created_after = after;
        filter.next_token = token;
        call(what, words(what.kind).list, aws::sagemaker::encode_list(filter),
             [this, what, after](const answer& a) {
                 learn(what, &pool_budgets::list, a);
                 if (a.status != 200) return verified(what, look_outcome::failed, {}, {});
                 const auto page = aws::sagemaker::decode_list(a.body, aws::sagemaker::job_kind::pipeline);
                 TY_CHECK(page.has_value(), "the page is read");
                 for (const aws::sagemaker::job_summary& s : page->jobs) {
                     const auto tags = lifecycle::tags_of_description(s.description);
                     if (s.name != what.name || tags.empty()) continue;
                     return verified(what, look_outcome::found, {s.status, "", s.failure_reason, s.arn},
                                     tags);
                 }
                 if (page->next_token.empty()) return verified(what, look_outcome::not_found, {}, {});
                 find_execution(what, after, page->next_token);
             });
    });
}

}  // namespace trainyard::simulation
