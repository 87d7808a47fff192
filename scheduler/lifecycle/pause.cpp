#include "scheduler/lifecycle/pause.hpp"

namespace trainyard::lifecycle {

std::string_view to_string(pause::of what) {
    switch (what) {
        case pause::of::fleet: return "fleet";
        case pause::of::tenant: return "tenant";
        case pause::of::pool: return "pool";
        case pause::of::queue: return "queue";
    }
    return "";
}

std::string to_text(const pause& p) {
    return std::string{to_string(p.what)} + ":" + p.name;
}

std::optional<pause> parse_pause(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    for (const auto what : {pause::of::fleet, pause::of::tenant, pause::of::pool, pause::of::queue}) {
        if (to_string(what) != text.substr(0, colon)) continue;
        pause p{what, std::string{text.substr(colon + 1)}};
        if (p.name.empty() != (what == pause::of::fleet)) return std::nullopt;
        return p;
    }
    return std::nullopt;
}

}  // namespace trainyard::lifecycle
