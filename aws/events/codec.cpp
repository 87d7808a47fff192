#include "aws/events/codec.hpp"

#include "engine/base/json.hpp"

namespace trainyard::aws::events {
namespace {

std::string text(json::value v, std::string_view key) {
    return std::string{v.find(key).string().value_or("")};
}

result<json::document> parse_object(std::string_view body) {
    auto parsed = json::document::parse(body.empty() ? std::string_view{"{}"} : body);
    if (!parsed) return error{errc::corrupt, parsed.error().message};
    if (!parsed->root().is_object()) return error{errc::corrupt, "not a JSON object"};
    return parsed;
}

void write_tags(json::writer& w, const tags& what) {
    w.key("Tags").begin_array();
    for (const auto& [key, value] : what)
        w.begin_object().member("Key", key).member("Value", value).end_object();
    w.end_array();
}

}  // namespace

std::string encode_name(std::string_view member, std::string_view name) {
    json::writer w;
    return w.begin_object().member(member, name).end_object().take();
}

std::string encode_put_rule(const rule& what, const tags& of_new) {
    json::writer w;
    w.begin_object().member("Name", what.name).member("EventPattern", what.pattern);
    w.member("State", what.enabled ? "ENABLED" : "DISABLED");
    if (!of_new.empty()) write_tags(w, of_new);
    return w.end_object().take();
}

std::string encode_list_targets(std::string_view rule, std::string_view next_token) {
    json::writer w;
    w.begin_object().member("Rule", rule);
    if (!next_token.empty()) w.member("NextToken", next_token);
    return w.end_object().take();
}

std::string encode_put_targets(std::string_view rule, const std::vector<target>& targets) {
    json::writer w;
    w.begin_object().member("Rule", rule).key("Targets").begin_array();
    for (const target& t : targets) {
        w.begin_object().member("Id", t.id).member("Arn", t.arn);
        if (!t.role_arn.empty()) w.member("RoleArn", t.role_arn);
        w.end_object();
    }
    return w.end_array().end_object().take();
}

std::string encode_remove_targets(std::string_view rule, const std::vector<std::string>& ids) {
    json::writer w;
    w.begin_object().member("Rule", rule).key("Ids").begin_array();
    for (const std::string& id : ids) w.string(id);
    return w.end_array().end_object().take();
}

std::string encode_tag(std::string_view arn, const tags& what) {
    json::writer w;
    w.begin_object().member("ResourceARN", arn);
    write_tags(w, what);
    return w.end_object().take();
}

result<rule> decode_rule(std::string_view body) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    const json::value v = parsed->root();
    rule out{text(v, "Name"), text(v, "Arn"), text(v, "EventPattern"), text(v, "State") != "DISABLED"};
    if (out.name.empty() || out.arn.empty()) return error{errc::corrupt, "no Name or Arn"};
    return out;
}

result<target_page> decode_targets(std::string_view body) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    target_page out;
    for (const json::value v : parsed->root().find("Targets").elements()) {
        target t{text(v, "Id"), text(v, "Arn"), text(v, "RoleArn")};
        if (t.id.empty()) return error{errc::corrupt, "a target without Id"};
        out.targets.push_back(std::move(t));
    }
    out.next_token = text(parsed->root(), "NextToken");
    return out;
}

result<tags> decode_tags(std::string_view body) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    tags out;
    for (const json::value v : parsed->root().find("Tags").elements()) out[text(v, "Key")] = text(v, "Value");
    return out;
}

result<std::string> decode_failed_entry(std::string_view body) {
    const auto parsed = parse_object(body);
    if (!parsed) return parsed.error();
    const json::value first = parsed->root().find("FailedEntries").at(0);
    if (!first.exists()) return std::string{};
    return text(first, "TargetId") + ": " + text(first, "ErrorCode") + ": " + text(first, "ErrorMessage");
}

}  // namespace trainyard::aws::events
