#include "aws/local/events/event.hpp"

#include "engine/base/json.hpp"

namespace trainyard::aws::local::events {

std::string to_json(const event& e) {
    json::writer out;
    out.begin_object().member("version", "0").member("id", e.id).member("detail-type", e.detail_type);
    out.member("source", e.source).member("account", e.account.str()).member("time", to_iso8601(e.time));
    out.member("region", e.region.str()).key("resources").begin_array();
    for (const std::string& arn : e.resources) out.string(arn);
    // As it stood, so that numbers keep their form.
    out.end_array().key("detail").number_text(e.detail).end_object();
    return out.take();
}

}  // namespace trainyard::aws::local::events
