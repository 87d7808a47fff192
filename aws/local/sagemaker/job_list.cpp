// ListTrainingJobs over the store. A page token names the last job of the page, so jobs created or finished
// between two pages move nothing.
#include <algorithm>
#include <charconv>

#include "aws/local/sagemaker/job_store.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::size_t token_bytes_max = 8192;  // NextToken of the SageMaker model

std::string_view prefix(const list_request& r) {
    switch (r.by) {
        case list_request::sort::creation_time: return r.ascending ? "c+" : "c-";
        case list_request::sort::name: return r.ascending ? "n+" : "n-";
        case list_request::sort::status: return r.ascending ? "s+" : "s-";
    }
    return {};
}

std::string make_token(const list_request& r, const std::string& key) {
    return to_base64(std::string{prefix(r)} + key);
}

// What follows the prefix; nothing for a token of another sort or order.
std::optional<std::string> read_token(const list_request& r) {
    if (r.token.size() > token_bytes_max) return std::nullopt;
    auto text = from_base64(r.token);
    if (!text || !text->starts_with(prefix(r))) return std::nullopt;
    return text->substr(2);
}

std::optional<std::size_t> read_index(std::string_view text, std::size_t size) {
    std::size_t index = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (code != std::errc{} || end != text.data() + text.size() || index >= size) return std::nullopt;
    return index;
}

}  // namespace

bool job_store::matches(const training_job& job, const list_request& r, wall_time now) const {
    if (r.created_after && job.created <= *r.created_after) return false;
    if (r.created_before && job.created >= *r.created_before) return false;
    if (!r.name_contains.empty() && job.request.name.find(r.name_contains) == std::string::npos) return false;
    if (r.modified_after || r.modified_before) {
        const wall_time modified = job.last_modified(now);
        if (r.modified_after && modified <= *r.modified_after) return false;
        if (r.modified_before && modified >= *r.modified_before) return false;
    }
    return true;
}

std::optional<list_page> job_store::list(const list_request& r, wall_time now) const {
    std::optional<std::string> after;
    if (!r.token.empty()) {
        after = read_token(r);
        if (!after) return std::nullopt;
    }
    list_page page;
    std::string last_key;
    // False once the page is full and one more match proves that another page follows.
    const auto take = [&](const training_job& job, auto&& key) {
        if (!matches(job, r, now)) return true;
        if (page.jobs.size() == r.max) {
            page.next_token = make_token(r, last_key);
            return false;
        }
        page.jobs.push_back(&job);
        if (page.jobs.size() == r.max) last_key = key();
        return true;
    };

    if (r.by == list_request::sort::creation_time) {
        // Creation times bound the walk, so a narrow window of many jobs is cheap.
        const auto by_time = [](const training_job& j, wall_time t) { return j.created < t; };
        const auto by_time_upper = [](wall_time t, const training_job& j) { return t < j.created; };
        auto first = r.created_after
                         ? std::upper_bound(jobs_.begin(), jobs_.end(), *r.created_after, by_time_upper)
                         : jobs_.begin();
        auto last =
            r.created_before ? std::lower_bound(first, jobs_.end(), *r.created_before, by_time) : jobs_.end();
        if (after) {
            const auto index = read_index(*after, jobs_.size());
            if (!index) return std::nullopt;
            const auto at = jobs_.begin() + static_cast<std::ptrdiff_t>(*index);
            if (r.ascending)
                first = std::max(first, at + 1);
            else
                last = std::min(last, at);
        }
        const auto key = [&](auto at) { return std::to_string(at - jobs_.begin()); };
        if (r.ascending) {
            for (auto at = first; at < last; ++at)
                if (!take(*at, [&] { return key(at); })) break;
        } else {
            while (last > first) {
                --last;
                if (!take(*last, [&] { return key(last); })) break;
            }
        }
    } else if (r.by == list_request::sort::name) {
        if (r.ascending) {
            for (auto at = after ? by_name_.upper_bound(*after) : by_name_.begin(); at != by_name_.end();
                 ++at)
                if (!take(jobs_[at->second], [&] { return at->first; })) break;
        } else {
            for (auto at = after ? by_name_.lower_bound(*after) : by_name_.end(); at != by_name_.begin();) {
                --at;
                if (!take(jobs_[at->second], [&] { return at->first; })) break;
            }
        }
    } else {
        std::vector<std::pair<std::string_view, std::size_t>> order;  // status, index
        for (std::size_t i = 0; i < jobs_.size(); ++i) order.emplace_back(to_string(jobs_[i].status(now)), i);
        std::sort(order.begin(), order.end());
        if (!r.ascending) std::reverse(order.begin(), order.end());
        std::optional<std::pair<std::string_view, std::size_t>> from;
        if (after) {
            const auto slash = after->find('/');
            if (slash == std::string::npos) return std::nullopt;
            const auto index = read_index(std::string_view{*after}.substr(slash + 1), jobs_.size());
            if (!index) return std::nullopt;
            from.emplace(std::string_view{*after}.substr(0, slash), *index);
        }
        for (const auto& entry : order) {
            if (from && (r.ascending ? entry <= *from : entry >= *from)) continue;
            if (!take(jobs_[entry.second],
                      [&] { return std::string{entry.first} + "/" + std::to_string(entry.second); }))
                break;
        }
    }
    if (r.status_equals)
        std::erase_if(page.jobs,
                      [&](const training_job* j) { return to_string(j->status(now)) != *r.status_equals; });
    return page;
}

}  // namespace trainyard::aws::local
