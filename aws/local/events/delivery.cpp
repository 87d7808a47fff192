#include "aws/local/events/delivery.hpp"

#include <algorithm>

namespace trainyard::aws::local::events {
namespace {

constexpr duration first_backoff = 1s, longest_backoff = 10min;
constexpr std::size_t targets_remembered = 4'096;

// Exponential with jitter, as AWS describes it without figures.
duration backoff(unsigned attempts, rng& random) {
    const unsigned doublings = std::min(attempts - 1, 10U);
    const duration most = std::min(first_backoff * (1U << doublings), longest_backoff);
    return duration{random.between(most.count() / 2, most.count())};
}

}  // namespace

delivery_machine::delivery_machine(const delivery_faults& faults)
    : kept_part("events.deliveries"), faults_(faults), random_(rng(faults.seed).split("events.delivery")) {}

void delivery_machine::set_faults(const delivery_faults& faults) {
    faults_ = faults;
    random_ = rng(faults.seed).split("events.delivery");
}

void delivery_machine::accept(delivery d, wall_time now) {
    ++counts_.matched;
    if (random_.chance(faults_.loss)) {
        ++counts_.lost;
        return;
    }
    if (random_.chance(faults_.duplicate)) {
        ++counts_.duplicated;
        schedule(d, now);
    }
    schedule(std::move(d), now);
}

void delivery_machine::schedule(delivery d, wall_time now) {
    if (pending_.size() >= max_pending_deliveries) {
        ++counts_.overflowed;
        return;
    }
    wall_time due = now + duration{random_.between(faults_.delay_low.count(), faults_.delay_high.count())};
    if (random_.chance(faults_.reorder)) {
        due += duration{random_.between(0, reorder_hold.count())};
    } else {
        if (latest_.size() > targets_remembered)
            std::erase_if(latest_, [now](const auto& known) { return known.second <= now; });
        wall_time& latest = latest_[d.target_arn];
        latest = due = std::max(due, latest);
    }
    const std::uint64_t number = ++last_;
    entry& e = pending_[number];
    e.what = std::move(d);
    e.born = now;
    wait(number, e, due);
}

void delivery_machine::wait(std::uint64_t number, entry& e, wall_time due) {
    e.due = due;
    touched(number);
    due_.insert({due, number});
}

std::vector<delivery_command> delivery_machine::take(wall_time now) {
    std::vector<delivery_command> out;
    while (!due_.empty() && due_.begin()->first <= now) {
        const std::uint64_t number = due_.begin()->second;
        due_.erase(due_.begin());
        entry& e = pending_.at(number);
        ++e.attempts;
        if (!e.dead_letter && e.attempts > 1) ++counts_.retries;
        if (!e.dead_letter && random_.chance(faults_.failure))
            fail(number, {delivery_outcome::kind::failed, "INTERNAL_ERROR", "The target failed."}, now);
        else
            out.push_back({number, e.dead_letter, e.what, e.attributes});
    }
    return out;
}

void delivery_machine::report(std::uint64_t number, const delivery_outcome& how, wall_time now) {
    const auto found = pending_.find(number);
    if (found == pending_.end()) return;
    if (how.what != delivery_outcome::kind::done) return fail(number, how, now);
    ++(found->second.dead_letter ? counts_.dead_lettered : counts_.delivered);
    touched(number);
    pending_.erase(found);
}

void delivery_machine::fail(std::uint64_t number, const delivery_outcome& how, wall_time now) {
    entry& e = pending_.at(number);
    if (e.dead_letter || how.what == delivery_outcome::kind::refused) return give_up(number, how, {}, now);
    if (e.attempts > e.what.retry.attempts) return give_up(number, how, "MaximumRetryAttempts", now);
    const wall_time again = now + backoff(e.attempts, random_);
    if (again - e.born > e.what.retry.age) return give_up(number, how, "MaximumEventAgeInSeconds", now);
    wait(number, e, again);
}

void delivery_machine::give_up(std::uint64_t number, const delivery_outcome& how, std::string_view exhausted,
                               wall_time now) {
    entry& e = pending_.at(number);
    if (e.dead_letter || e.what.dead_letter_arn.empty()) {
        ++counts_.dropped;
        touched(number);
        pending_.erase(number);
        return;
    }
    e.attributes = {{"RULE_ARN", e.what.rule_arn},
                    {"TARGET_ARN", e.what.target_arn},
                    {"ERROR_CODE", how.code},
                    {"ERROR_MESSAGE", how.message},
                    {"RETRY_ATTEMPTS", std::to_string(e.attempts - 1)}};
    if (!exhausted.empty()) e.attributes.emplace("EXHAUSTED_RETRY_CONDITION", exhausted);
    e.dead_letter = true;
    wait(number, e, now);
}

std::optional<wall_time> delivery_machine::next() const {
    if (due_.empty()) return std::nullopt;
    return due_.begin()->first;
}

}  // namespace trainyard::aws::local::events
