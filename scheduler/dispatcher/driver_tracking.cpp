// How the end of a job is found: paged ListTrainingJobs, one page for up to a hundred jobs, never a poll per
// job.
#include "scheduler/dispatcher/driver.hpp"

namespace trainyard::dispatcher {
namespace {

// The window of a listing reaches back so far beyond the last one: SageMaker's clock is not ours, and a new
// state may appear in the list some seconds late.
constexpr duration overlap = std::chrono::minutes{2};

}  // namespace

task<void> driver::track(std::string pool) {
    std::optional<wall_time> last;      // when the last complete listing began
    mono_time full_due = time_.mono();  // the first listing is of everything
    while (!state_.stopping) {
        const mono_time until = time_.mono() + fleet_.reconcile;
        if (!co_await io::sleep_until(until)) co_return;
        if (core_.machine().live_in(pool) == 0) continue;
        const bool full = !last || time_.mono() >= full_due;
        const wall_time began = time_.wall();
        std::optional<wall_time> after;
        if (!full) after = *last - overlap;
        if (!co_await list_all(pool, after)) continue;
        last = began;
        if (full) {
            core_.machine().handle_listing_complete(pool, began);
            full_due = time_.mono() + options_.full_listing_every;
            work_.set();
        }
    }
}

// False when it did not get through; the next interval tries again. An empty page is not the end, a missing
// token is.
task<bool> driver::list_all(std::string pool, std::optional<wall_time> modified_after) {
    pool_link& link = aws_.pools.at(pool);
    aws::sagemaker::list_filter filter;
    filter.last_modified_after = modified_after;
    filter.name_contains = "ty-";
    do {
        if (!co_await wait_for(pool, &pool_budgets::list)) co_return false;
        const mono_time until = deadline();
        const aws::sagemaker::list_filter asked = filter;
        const auto page = co_await link.client.list_training_jobs(asked, until);
        count(pool, &pool_budgets::list, page);
        if (!page) co_return false;
        for (const aws::sagemaker::training_job_summary& s : page->jobs) {
            const lifecycle::sighting seen{s.status, s.secondary_status, ""};
            core_.machine().handle_listed(pool, s.name, seen, time_.wall());
        }
        work_.set();
        filter.next_token = page->next_token;
    } while (!filter.next_token.empty());
    co_return true;
}

}  // namespace trainyard::dispatcher
