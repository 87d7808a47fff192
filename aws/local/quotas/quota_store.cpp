#include "aws/local/quotas/quota_store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace trainyard::aws::local::quotas {

std::string quota_key::arn() const {
    return fmt::format("arn:aws:servicequotas:{}:{}:{}/{}", where.region.str(), where.account.str(), service,
                       what->code);
}

quota_store::quota_store(std::uint64_t seed, duration approval, quota_values& enforced)
    : kept_part("quotas"),
      random_(rng(seed).split("quotas.requests")),
      approval_(approval),
      enforced_(enforced) {}

void quota_store::approve(increase_request& r, wall_time when) {
    r.approved = true;
    r.updated = when;
    const quota_scope& where = r.quota.where;
    const std::string& name = r.quota.what->name;
    if (enforced_.find(where.account, where.region, name))
        enforced_.set(where.account, where.region, name, r.desired);
    else
        approved_[r.quota.arn()] = r.desired;
    touched(r);
}

void quota_store::advance(wall_time now) {
    for (increase_request& r : requests_)
        if (!r.approved && r.created + approval_ <= now) approve(r, r.created + approval_);
}

std::optional<double> quota_store::applied(const quota_key& key) const {
    const auto enforced = enforced_.find(key.where.account, key.where.region, key.what->name);
    if (enforced) return enforced;
    const auto found = approved_.find(key.arn());
    if (found != approved_.end()) return found->second;
    if (quota_list().at(key.service).always_applied) return key.what->value;
    return std::nullopt;
}

quotas_result<quota_key> quota_store::find(const quota_scope& where, std::string_view service,
                                           std::string_view code) const {
    const auto listed = quota_list().find(service);
    const quota_definition* const what = listed == quota_list().end() ? nullptr : listed->second.find(code);
    if (what == nullptr)
        return no_such_resource(
            fmt::format("The request failed because the specified service or quota does not exist: {} {}.",
                        service, code));
    return quota_key{where, listed->first, what};
}

std::optional<quota_key> quota_store::find_arn(const quota_scope& where, std::string_view arn) const {
    const std::string head =
        fmt::format("arn:aws:servicequotas:{}:{}:", where.region.str(), where.account.str());
    if (!arn.starts_with(head)) return std::nullopt;
    arn.remove_prefix(head.size());
    const auto slash = arn.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto found = find(where, arn.substr(0, slash), arn.substr(slash + 1));
    if (!found) return std::nullopt;
    return *found;
}

quotas_result<const increase_request*> quota_store::request(const quota_key& key, double desired,
                                                            std::string requester, wall_time now) {
    if (!key.what->adjustable)
        return illegal_argument(fmt::format("The quota {} is not adjustable.", key.what->code));
    if (desired <= applied(key).value_or(key.what->value))
        return illegal_argument("You must provide a quota value greater than the current quota value.");
    std::size_t open = 0;
    for (const increase_request& r : requests_) {
        if (r.approved || r.quota.where != key.where) continue;
        ++open;
        if (r.quota.what == key.what)
            return service_error{400, "ResourceAlreadyExistsException", "",
                                 "Only one open service quota increase request is allowed per quota.", true};
    }
    if (open >= max_open_requests)
        return service_error{409, "QuotaExceededException", "",
                             fmt::format("There are {} open requests, the most that are allowed.", open),
                             true};
    if (requests_.size() >= max_requests) {
        const auto closed = std::find_if(requests_.begin(), requests_.end(),
                                         [](const increase_request& r) { return r.approved; });
        if (closed == requests_.end())
            return service_error{409, "QuotaExceededException", "", "Too many requests are open.", true};
        touched(*closed);
        requests_.erase(closed);
    }
    increase_request r;
    r.id = fmt::format("{:016x}{:016x}", random_.next_u64(), random_.next_u64());
    r.case_id = std::to_string(random_.between(100'000'000'000, 999'999'999'999));
    r.requester = std::move(requester);
    r.quota = key;
    r.desired = desired;
    r.created = r.updated = now;
    r.number = ++last_;
    touched(r);
    requests_.push_back(std::move(r));
    if (approval_ <= duration{0}) approve(requests_.back(), now);
    return &requests_.back();
}

const increase_request* quota_store::find_request(const quota_scope& where, std::string_view id) const {
    const auto found = std::find_if(requests_.begin(), requests_.end(), [&](const increase_request& r) {
        return r.id == id && r.quota.where == where;
    });
    return found == requests_.end() ? nullptr : &*found;
}

}  // namespace trainyard::aws::local::quotas
