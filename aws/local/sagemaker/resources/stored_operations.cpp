#include "aws/local/sagemaker/resources/stored_operations.hpp"

#include "aws/local/base/paging.hpp"
#include "aws/local/base/validation.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local::sagemaker::resources {

std::string text(json::value input, std::string_view member) {
    return std::string{input.find(member).string().value_or("")};
}

json::document parse_stored(const std::string& body) {
    json::limits generous;
    generous.bytes *= 2;  // the front accepted it under its own limits; writing it again may add bytes
    auto document = json::document::parse(body, generous);
    TY_CHECK(document.has_value(), "a stored request reads back");
    return *std::move(document);
}

service_error could_not_find(const resource_store& store, std::string_view arn_prefix,
                             std::string_view told_as, std::string_view name) {
    return validation_exception("Could not find " + std::string{told_as} + " \"" +
                                store.arn_of(arn_prefix, name) + "\".");
}

service_error already_exists(std::string_view told_as, const std::string& arn) {
    return validation_exception("Cannot create already existing " + std::string{told_as} + " \"" + arn +
                                "\".");
}

service_error too_many(std::string_view told_as) {
    return {400, "ResourceLimitExceeded", "",
            "An account has at most " + std::to_string(resources_of_a_kind_max) + " " + std::string{told_as} +
                "s.",
            true};
}

std::optional<service_error> refuse_new(const resource_store& store, const kind& k,
                                        const resource_store::table& in, const std::string& name) {
    if (in.contains(name)) return already_exists(k.told_as, store.arn_of(k.arn_prefix, name));
    if (in.size() >= resources_of_a_kind_max) return too_many(k.told_as);
    return std::nullopt;
}

const stored& add(resource_store& store, const kind& k, resource_store::table& in,
                  const operation_call& call) {
    const std::string name = text(call.input, k.member);
    const wall_time created{std::chrono::floor<std::chrono::milliseconds>(call.now.time_since_epoch())};
    stored s{name, store.arn_of(k.arn_prefix, name), json::to_text(call.input), created,
             read_tags(call.input)};
    return in.emplace(name, std::move(s)).first->second;
}

service_reply arn_answer(const kind& k, const stored& s) {
    json::writer out;
    out.begin_object().member(k.arn_member, s.arn).end_object();
    return out.take();
}

service_reply remove_stored(resource_store& store, const kind& k, resource_store::table& in,
                            const operation_call& call) {
    const auto found = in.find(text(call.input, k.member));
    if (found == in.end()) return could_not_find(store, k.arn_prefix, k.told_as, text(call.input, k.member));
    in.erase(found);
    return std::string{};
}

bool passes(json::value input, std::string_view name, wall_time created) {
    const auto contains = input.find("NameContains").string();
    if (contains && name.find(*contains) == std::string_view::npos) return false;
    const double seconds = to_unix_seconds(created);
    const auto after = input.find("CreationTimeAfter").number(),
               before = input.find("CreationTimeBefore").number();
    return (!after || seconds > *after) && (!before || seconds < *before);
}

service_reply list_stored(const resource_store& store, const kind& k, const resource_store::table& in,
                          const operation_call& call) {
    const bool by_name = call.input.find("SortBy").string() == "Name";
    std::vector<std::pair<std::string, const stored*>> all;
    for (const auto& [name, s] : in)
        if (store.is_visible(s.created, call.now) && passes(call.input, name, s.created))
            all.emplace_back(by_name ? name : time_key(s.created, name), &s);
    const bool ascending = call.input.find("SortOrder").string() == "Ascending";
    const auto page =
        cut_page(std::move(all), ascending, call.input, std::string{k.list_member} + (by_name ? "/n" : "/t"));
    if (!page) return wrong_token();
    json::writer out;
    out.begin_object().key(k.list_member).begin_array();
    for (const stored* s : page->items) {
        out.begin_object().member(k.member, s->name).member(k.arn_member, s->arn);
        out.member("CreationTime", to_unix_seconds(s->created)).end_object();
    }
    out.end_array();
    if (!page->next_token.empty()) out.member("NextToken", page->next_token);
    out.end_object();
    return out.take();
}

}  // namespace trainyard::aws::local::sagemaker::resources
