#include "aws/local/events/bus_policy.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/json.hpp"

namespace trainyard::aws::local::events {

std::string bus_policy::text() const {
    if (statements_.empty()) return {};
    std::string out = R"({"Version":"2012-10-17","Statement":[)";
    for (const entry& e : statements_) out.append(&e == &statements_.front() ? "" : ",").append(e.text);
    return out + "]}";
}

result<bus_policy> bus_policy::of(std::vector<entry> statements) {
    bus_policy out;
    out.statements_ = std::move(statements);
    if (out.statements_.empty()) return out;
    const std::string text = out.text();
    if (text.size() > max_bus_policy_bytes)
        return error{errc::limit, fmt::format("The policy has {} bytes, maximum allowed is {}.", text.size(),
                                              max_bus_policy_bytes)};
    auto read = policy_document::parse(text, policy_kind::resource);
    if (!read) return read.error();
    out.document_ = std::move(*read);
    return out;
}

result<bus_policy> bus_policy::parse(std::string_view text) {
    if (text.size() > max_bus_policy_bytes)
        return error{errc::limit, fmt::format("The policy has {} bytes, maximum allowed is {}.", text.size(),
                                              max_bus_policy_bytes)};
    // Read as it stands first: what is wrong with it is told of the whole.
    if (const auto whole = policy_document::parse(text, policy_kind::resource); !whole) return whole.error();
    const auto document = json::document::parse(text);
    if (!document) return document.error();
    std::vector<entry> statements;
    const auto add = [&](json::value s) {
        statements.push_back({std::string{s.find("Sid").string().value_or("")}, json::to_text(s)});
    };
    const json::value list = document->root().find("Statement");
    if (list.is_object()) add(list);
    for (const json::value s : list.elements()) add(s);
    return of(std::move(statements));
}

result<bus_policy> bus_policy::with(std::string_view sid, std::string_view statement) const {
    std::vector<entry> all = statements_;
    std::erase_if(all, [&](const entry& e) { return e.sid == sid; });
    all.push_back({std::string{sid}, std::string{statement}});
    return of(std::move(all));
}

std::optional<bus_policy> bus_policy::without(std::string_view sid) const {
    std::vector<entry> rest = statements_;
    if (std::erase_if(rest, [&](const entry& e) { return e.sid == sid; }) == 0) return std::nullopt;
    auto out = of(std::move(rest));
    if (!out) return std::nullopt;  // a part of a policy that was read is one that can be read
    return std::move(*out);
}

}  // namespace trainyard::aws::local::events
