// Resources of one kind, account and region: found by name, listed in pages. Pure.
//
// A page token names the last resource of its page, so what is made or deleted between two pages moves
// nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/local/base/service.hpp"
#include "engine/base/json.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker {

inline constexpr std::size_t default_page = 10;  // MaxResults when absent

struct list_query {
    enum class sort : unsigned char { creation_time, name, status };
    std::optional<wall_time> created_after, created_before, modified_after, modified_before;  // exclusive
    std::string name_contains;
    std::optional<std::string> status_equals;
    // ListTrainingJobs applies StatusEquals to the page it has cut, so that pages come out short or empty
    // with a NextToken; the API reference says so of no other listing.
    bool status_after_cut = false;
    sort by = sort::creation_time;
    bool ascending = false;
    std::size_t max = default_page;
    std::string token;  // of the page before; empty: the first page
};

// The members that listings share: CreationTimeAfter, CreationTimeBefore, LastModifiedTimeAfter,
// LastModifiedTimeBefore, NameContains, StatusEquals, SortBy (any value that ends in Name, Status or
// CreationTime), SortOrder, MaxResults, NextToken. The input satisfies the model.
list_query read_list_query(json::value input);
service_error wrong_list_token();

// JSON numbers of seconds, and ISO 8601 texts, as the model's timestamps come.
std::optional<wall_time> read_time(json::value v);

// Opaque to callers.
std::string make_list_token(const list_query& q, std::string_view key);
// The key in the token; nothing for one of another order or sort.
std::optional<std::string> read_list_token(const list_query& q);

// When something was made and as the how manieth: its place in the order of creation. The texts sort as the
// places do.
using place = std::pair<wall_time, std::uint64_t>;
std::string write_place(const place& p);
place read_place(std::string_view text);  // of write_place(); of any other text some place

// T has `name`, `created`, `last_modified(now)` (a wall_time) and `status(now)` (a text).
template <class T>
class resource_index {
public:
    struct page {
        std::vector<const T*> items;
        std::string next_token;  // empty: the last page
    };

    // A resource is missing from find() and list() for so long after it was made, as in SageMaker at times.
    explicit resource_index(duration hidden_for = {}) : hidden_for_(hidden_for) {}

    // Nothing when the name is taken. Creation times never decrease, whatever the clock does, and are whole
    // milliseconds: `created` is set to that.
    T* add(T what, wall_time now) {
        now = wall_time{std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch())};
        if (!order_.empty()) now = std::max(now, order_.rbegin()->second->created);
        const auto [at, is_new] = by_name_.try_emplace(what.name);
        if (!is_new) return nullptr;
        what.created = now;
        at->second = std::make_unique<entry>(entry{next_, std::move(what)});
        order_.emplace(place{now, next_++}, &at->second->what);
        return &at->second->what;
    }
    // One that was added before a restart, at its place in the order of creation, which number_of() told.
    // Nothing when the name or the place is taken.
    T* restore(T what, std::uint64_t number) {
        const place at{what.created, number};
        if (number == 0 || order_.contains(at)) return nullptr;
        const auto [named, is_new] = by_name_.try_emplace(what.name);
        if (!is_new) return nullptr;
        named->second = std::make_unique<entry>(entry{number, std::move(what)});
        order_.emplace(at, &named->second->what);
        next_ = std::max(next_, number + 1);
        return &named->second->what;
    }
    std::uint64_t number_of(std::string_view name) const {  // 0: there is none
        const auto at = by_name_.find(name);
        return at == by_name_.end() ? 0 : at->second->number;
    }
    bool erase(std::string_view name) {
        const auto at = by_name_.find(name);
        if (at == by_name_.end()) return false;
        order_.erase(place{at->second->what.created, at->second->number});
        by_name_.erase(at);
        return true;
    }
    bool contains(std::string_view name) const { return by_name_.contains(name); }
    // Also what is hidden yet.
    T* find(std::string_view name) {
        const auto at = by_name_.find(name);
        return at == by_name_.end() ? nullptr : &at->second->what;
    }
    const T* find(std::string_view name) const {
        const auto at = by_name_.find(name);
        return at == by_name_.end() ? nullptr : &at->second->what;
    }
    // As a describe call sees it.
    T* find(std::string_view name, wall_time now) {
        T* const found = find(name);
        return found != nullptr && visible(*found, now) ? found : nullptr;
    }
    std::size_t size() const { return by_name_.size(); }

    // In order of creation.
    template <class Visit>
    void for_each(const Visit& visit) {
        for (auto& [at, what] : order_) visit(*what);
    }
    template <class Visit>
    void for_each(const Visit& visit) const {
        for (const auto& [at, what] : order_) visit(std::as_const(*what));
    }

    // Nothing when the token is not one of this listing. By creation time it looks at no more than lies
    // within the time window and before the page is full; by name no more than before the page is full; by
    // status at everything. `also`: a further condition.
    template <class Also>
    std::optional<page> list(const list_query& q, wall_time now, const Also& also) const {
        std::optional<std::string> after;
        if (!q.token.empty()) {
            after = read_list_token(q);
            if (!after) return std::nullopt;
        }
        cut out{q, {}, {}};
        const auto offer = [&](const T& what, std::string key) {
            if (!matches(what, q, now) || !also(what)) return true;
            return out.offer(&what, std::move(key));
        };
        switch (q.by) {
            case list_query::sort::creation_time: by_creation(q, after, offer); break;
            case list_query::sort::name: by_name(q, after, offer); break;
            case list_query::sort::status: by_status(q, after, now, offer); break;
        }
        if (q.status_equals && q.status_after_cut)
            std::erase_if(out.found.items, [&](const T* t) { return t->status(now) != *q.status_equals; });
        return std::move(out.found);
    }
    std::optional<page> list(const list_query& q, wall_time now) const {
        return list(q, now, [](const T&) { return true; });
    }

private:
    static constexpr std::uint64_t last_number = std::numeric_limits<std::uint64_t>::max();
    struct entry {
        std::uint64_t number;
        T what;
    };
    struct cut {
        const list_query& q;
        page found;
        std::string last;
        // False once the page is full and one more match proves that another page follows.
        bool offer(const T* what, std::string key) {
            if (found.items.size() == q.max) {
                found.next_token = make_list_token(q, last);
                return false;
            }
            found.items.push_back(what);
            last = std::move(key);
            return true;
        }
    };

    bool visible(const T& what, wall_time now) const {
        return hidden_for_ == duration{} || now >= what.created + hidden_for_;
    }
    bool matches(const T& what, const list_query& q, wall_time now) const {
        if (!visible(what, now)) return false;
        if (q.created_after && what.created <= *q.created_after) return false;
        if (q.created_before && what.created >= *q.created_before) return false;
        if (!q.name_contains.empty() && what.name.find(q.name_contains) == std::string::npos) return false;
        if (q.status_equals && !q.status_after_cut && what.status(now) != *q.status_equals) return false;
        if (!q.modified_after && !q.modified_before) return true;
        const wall_time modified = what.last_modified(now);
        return !(q.modified_after && modified <= *q.modified_after) &&
               !(q.modified_before && modified >= *q.modified_before);
    }

    template <class Offer>
    void by_creation(const list_query& q, const std::optional<std::string>& after, const Offer& offer) const {
        // Only what lies between the two is looked at.
        auto first = q.created_after ? order_.upper_bound({*q.created_after, last_number}) : order_.begin();
        auto last = q.created_before ? order_.lower_bound({*q.created_before, 0}) : order_.end();
        if (after) {
            const place from = read_place(*after);
            if (q.ascending && (first == order_.end() || first->first <= from))
                first = order_.upper_bound(from);
            if (!q.ascending && (last == order_.end() || last->first > from)) last = order_.lower_bound(from);
        }
        if (first == order_.end() || (last != order_.end() && last->first <= first->first)) return;
        if (q.ascending) {
            for (auto at = first; at != last; ++at)
                if (!offer(*at->second, write_place(at->first))) return;
        } else {
            for (auto at = last; at != first;) {
                --at;
                if (!offer(*at->second, write_place(at->first))) return;
            }
        }
    }
    template <class Offer>
    void by_name(const list_query& q, const std::optional<std::string>& after, const Offer& offer) const {
        if (q.ascending) {
            for (auto at = after ? by_name_.upper_bound(*after) : by_name_.begin(); at != by_name_.end();
                 ++at)
                if (!offer(at->second->what, at->first)) return;
        } else {
            for (auto at = after ? by_name_.lower_bound(*after) : by_name_.end(); at != by_name_.begin();) {
                --at;
                if (!offer(at->second->what, at->first)) return;
            }
        }
    }
    template <class Offer>
    void by_status(const list_query& q, const std::optional<std::string>& after, wall_time now,
                   const Offer& offer) const {
        std::map<std::string, const T*> sorted;
        for (const auto& [at, what] : order_)
            sorted.emplace(std::string{what->status(now)} + "/" + write_place(at), what);
        if (q.ascending) {
            for (auto at = after ? sorted.upper_bound(*after) : sorted.begin(); at != sorted.end(); ++at)
                if (!offer(*at->second, at->first)) return;
        } else {
            for (auto at = after ? sorted.lower_bound(*after) : sorted.end(); at != sorted.begin();) {
                --at;
                if (!offer(*at->second, at->first)) return;
            }
        }
    }

    duration hidden_for_;
    std::uint64_t next_ = 1;
    std::map<std::string, std::unique_ptr<entry>, std::less<>> by_name_;
    std::map<place, T*> order_;
};

}  // namespace trainyard::aws::local::sagemaker
