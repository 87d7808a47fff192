#include "aws/transport/channels.hpp"

#include <algorithm>

namespace trainyard::aws {

std::string_view channel_group(const call& what) {
    if (what.service == "sagemaker") return what.operation;
    return what.lane == http::lane::poll ? "poll" : "";
}

std::shared_ptr<channel> channels::find(const std::shared_ptr<credentials_provider>& who, const call& what,
                                        mono_time now) {
    const key_view at{who, what.endpoint.origin, channel_group(what)};
    auto found = all_.find(at);
    if (found == all_.end()) {
        if (all_.size() >= channels_max) make_room();
        key fresh{who, what.endpoint.origin, std::string{at.group}};
        found = all_.emplace(std::move(fresh), entry{std::make_shared<channel>(now), now}).first;
    }
    found->second.used = now;
    return found->second.state;
}

void channels::make_room() {
    const auto oldest = std::min_element(
        all_.begin(), all_.end(), [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    all_.erase(oldest);
}

}  // namespace trainyard::aws
