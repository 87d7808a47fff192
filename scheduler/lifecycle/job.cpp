#include "scheduler/lifecycle/job.hpp"

#include <array>
#include <limits>

#include "engine/base/encoding.hpp"

namespace trainyard::lifecycle {
namespace {

constexpr std::size_t digits = 13;  // 36^12 < 2^63 < 36^13
constexpr std::string_view alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
constexpr auto id_max = static_cast<job_id>(std::numeric_limits<std::int64_t>::max());

// In the order of the enumeration. The ledger stores these words, so none of them may ever change.
constexpr std::array<std::string_view, 11> state_names = {
    "pending",   "starting", "running",  "stopping",      "succeeded", "failed",
    "cancelled", "expired",  "vanished", "name_conflict", "rejected",
};
static_assert(state_names.size() == static_cast<std::size_t>(state::rejected) + 1);

}  // namespace

std::string to_text(job_id id) {
    std::string text(digits, '0');
    for (std::size_t i = digits; i-- > 0; id /= alphabet.size()) text[i] = alphabet[id % alphabet.size()];
    return text;
}

result<job_id> parse_job_id(std::string_view text) {
    const auto refuse = [&] {
        return error{errc::invalid_argument, "\"" + printable(text, 40) +
                                                 "\" is no job id: 13 digits of 0-9 and a-z, at most " +
                                                 to_text(id_max)};
    };
    if (text.size() != digits) return refuse();
    job_id id = 0;
    for (const char c : text) {
        const std::size_t digit = alphabet.find(c);
        if (digit == std::string_view::npos) return refuse();
        if (id > (id_max - digit) / alphabet.size()) return refuse();
        id = id * alphabet.size() + digit;
    }
    return id;
}

std::string_view to_string(state s) {
    const auto i = static_cast<std::size_t>(s);
    return i < state_names.size() ? state_names[i] : "unknown";
}

std::optional<state> parse_state(std::string_view text) {
    for (std::size_t i = 0; i < state_names.size(); ++i)
        if (state_names[i] == text) return static_cast<state>(i);
    return std::nullopt;
}

void apply(record step, job& j) {
    if (step.accepted) j.facts = std::move(*step.accepted);
    j.state = step.to;
    j.attempt = step.attempt;
    j.pool = std::move(step.pool);
    j.sagemaker_name = std::move(step.sagemaker_name);
    j.reason = std::move(step.reason);
    j.not_before = step.not_before;
    j.progress = std::move(step.progress);
    j.updated = step.when;
}

}  // namespace trainyard::lifecycle
