// The documents of quota_store.hpp: requests in their order, values that were approved, and tags. What is
// enforced elsewhere is kept there.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "aws/local/quotas/quota_store.hpp"

namespace trainyard::aws::local::quotas {
namespace {

constexpr std::string_view kept_approved = "approved/", kept_request = "request/", kept_tags = "tags/";

std::string request_key(std::uint64_t number) {
    return fmt::format("{}{:020}", kept_request, number);
}

struct kept_increase {
    increase_request request;
    std::string arn;  // of its quota
};

template <class Fields>
void fields(Fields& f, kept_increase& k) {
    increase_request& r = k.request;
    f("id", r.id), f("case_id", r.case_id), f("requester", r.requester), f("arn", k.arn);
    f("account", r.quota.where.account), f("region", r.quota.where.region), f("desired", r.desired);
    f("approved", r.approved), f("created", r.created), f("updated", r.updated), f("number", r.number);
}

}  // namespace

void quota_store::touched(const increase_request& r) {
    touch_by([&] { return request_key(r.number); });
    touch_by([&] { return std::string{kept_approved} + r.quota.arn(); });
}

quota_store::tag_map& quota_store::change_tags(const quota_key& key) {
    touch_by([&] { return std::string{kept_tags} + key.arn(); });
    return tags_[key.arn()];
}

std::optional<std::string> quota_store::document(std::string_view key) {
    if (key.starts_with(kept_approved)) {
        const auto found = approved_.find(std::string{key.substr(kept_approved.size())});
        return found == approved_.end() ? std::nullopt : std::optional{kept::text_of(found->second)};
    }
    if (key.starts_with(kept_tags)) return kept::text_of(tags_[std::string{key.substr(kept_tags.size())}]);
    const auto found = std::find_if(requests_.begin(), requests_.end(),
                                    [&](const increase_request& r) { return request_key(r.number) == key; });
    if (found == requests_.end()) return std::nullopt;
    return kept::text_of(kept_increase{*found, found->quota.arn()});
}

bool quota_store::take_back(std::string_view key, json::value v) {
    if (key.starts_with(kept_approved))
        return kept::read(v, approved_[std::string{key.substr(kept_approved.size())}]);
    if (key.starts_with(kept_tags)) return kept::read(v, tags_[std::string{key.substr(kept_tags.size())}]);
    kept_increase read;
    if (!key.starts_with(kept_request) || !kept::read(v, read)) return false;
    const auto quota = find_arn(read.request.quota.where, read.arn);
    if (!quota || read.request.number <= last_) return false;
    read.request.quota = *quota;
    last_ = read.request.number;
    requests_.push_back(std::move(read.request));
    return true;
}

}  // namespace trainyard::aws::local::quotas
