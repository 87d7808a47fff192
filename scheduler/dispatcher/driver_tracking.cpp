// Obeys the tracker: pages of lists, one for up to a hundred jobs, and events that say where to look.
#include "scheduler/dispatcher/driver.hpp"

#include "scheduler/dispatcher/answers.hpp"

namespace trainyard::dispatcher {
namespace {

constexpr duration poll_error_pause = std::chrono::seconds{5};
constexpr int events_wait_seconds = 20;
constexpr std::size_t events_max = 10;  // that SQS gives at once
// Receives of one queue of events beside the steady one, while they come back full. One alone brings as many
// events as it makes round trips, and a thousand accounts have more.
constexpr std::size_t event_helpers_max = 16;
constexpr std::string_view our_names = "ty-";

}  // namespace

task<void> driver::track() {
    while (!state_.stopping) {
        for (lifecycle::page_request& p : core_.pages_due(now()))
            trackers_.spawn([this, w = std::move(p)] { return list_page(w); });
        // New streams appear with starts; each is listed one interval after it was first seen.
        const mono_time tick = time_.mono() + fleet_.reconcile / 2;
        const mono_time until = std::min(tick, core_.next_page().value_or(tick));
        co_await pages_.wait_until(until);
    }
}

task<void> driver::list_page(lifecycle::page_request what) {
    pool_link& link = aws_.pools.at(what.where.pool);
    lifecycle::page_answer answer;
    if (co_await wait_for(what.where.pool, what.where.kind, &pool_budgets::list)) {
        aws::sagemaker::list_filter filter;
        filter.kind = to_aws(what.where.kind);
        filter.pipeline = what.where.target;
        filter.last_modified_after = what.changed_after;
        filter.created_after = what.created_after;
        filter.name_contains = our_names;
        filter.next_token = what.next_token;
        const mono_time until = deadline();
        const auto page = co_await link.client.list(filter, until);
        count(what.where.pool, what.where.kind, &pool_budgets::list, page);
        if (page) {
            answer.ok = true;
            answer.next_token = page->next_token;
            for (const aws::sagemaker::job_summary& s : page->jobs) {
                answer.newest = std::max(answer.newest.value_or(s.last_modified), s.last_modified);
                const lifecycle::sighting seen{s.status, s.secondary_status, s.failure_reason, s.arn};
                core_.machine().handle_listed(what.where, s.name, seen, time_.wall());
            }
        }
    }
    core_.handle_page(what, answer, now());
    work_.set();
    pages_.set();
}

task<void> driver::receive_events(event_link& from) {
    const int wait = std::min(options_.poll_wait_seconds, events_wait_seconds);
    while (!state_.stopping) {
        const auto received = co_await receive_some_events(from, wait);
        if (state_.stopping) co_return;
        if (!received) {
            const mono_time until = time_.mono() + poll_error_pause;
            co_await stopped_.wait_until(until);
        } else if (*received == events_max && from.helpers < event_helpers_max) {
            ++from.helpers;
            event_link* const link = &from;
            trackers_.spawn([this, link] { return help_with_events(*link); });
        }
    }
}

task<void> driver::help_with_events(event_link& from) {
    const int no_wait = 0;
    bool more = true;
    while (more && !state_.stopping) {
        const auto received = co_await receive_some_events(from, no_wait);
        more = received && *received == events_max;
    }
    --from.helpers;
}

// How many; nothing after an error. Events are deleted unread or read alike: a lost one only costs time.
task<std::optional<std::size_t>> driver::receive_some_events(event_link& from, int wait_seconds) {
    aws::sqs::receive_options options;
    options.wait_seconds = wait_seconds;
    const std::string url = from.url;
    const mono_time until = time_.mono() + std::chrono::seconds{options.wait_seconds + 10};
    const auto messages = co_await from.client.receive(url, options, until);
    if (!messages) co_return std::nullopt;
    if (messages->empty()) co_return std::size_t{0};
    std::vector<aws::sqs::delete_entry> entries;
    for (const aws::sqs::message& m : *messages) {
        if (const auto event = lifecycle::read_event(m.body)) core_.handle_event(*event, now());
        entries.push_back({std::to_string(entries.size()), m.receipt_handle});
    }
    work_.set();
    pages_.set();
    const mono_time deleted_by = deadline();
    const std::size_t count = entries.size();
    co_await from.client.delete_batch(url, std::move(entries), deleted_by);
    co_return count;
}

}  // namespace trainyard::dispatcher
