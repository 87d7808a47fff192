// The documents of delivery.hpp: what waits, by number.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "aws/local/events/delivery.hpp"

namespace trainyard::aws::local::events {

template <class Fields>
void fields(Fields& f, event& e) {
    f("id", e.id), f("detail_type", e.detail_type), f("source", e.source), f("account", e.account);
    f("time", e.time), f("region", e.region), f("resources", e.resources), f("detail", e.detail);
}

template <class Fields>
void fields(Fields& f, retry_policy& r) {
    f("attempts", r.attempts), f("age", r.age);
}

template <class Fields>
void fields(Fields& f, delivery& d) {
    event what = d.what ? *d.what : event{};
    f("rule_arn", d.rule_arn), f("target_arn", d.target_arn), f("rule_account", d.rule_account);
    f("kind", d.kind), f("what", what), f("body", d.body), f("group_id", d.group_id);
    f("dead_letter_arn", d.dead_letter_arn), f("retry", d.retry), f("forwarded", d.forwarded);
    if (!d.what) d.what = std::make_shared<const event>(std::move(what));
}

template <class Fields>
void fields(Fields& f, delivery_machine::entry& e) {
    f("what", e.what), f("born", e.born), f("due", e.due), f("attempts", e.attempts);
    f("dead_letter", e.dead_letter), f("attributes", e.attributes);
}

void delivery_machine::touched(std::uint64_t number) {
    touch_by([number] { return fmt::format("{:020}", number); });
}

std::optional<std::string> delivery_machine::document(std::string_view key) {
    std::uint64_t number = 0;
    std::from_chars(key.data(), key.data() + key.size(), number);
    const auto found = pending_.find(number);
    return found == pending_.end() ? std::nullopt : std::optional{kept::text_of(found->second)};
}

bool delivery_machine::take_back(std::string_view key, json::value v) {
    std::uint64_t number = 0;
    std::from_chars(key.data(), key.data() + key.size(), number);
    entry read;
    if (number == 0 || !kept::read(v, read)) return false;
    last_ = std::max(last_, number);
    ++counts_.matched;
    due_.insert({read.due, number});
    return pending_.emplace(number, std::move(read)).second;
}

}  // namespace trainyard::aws::local::events
