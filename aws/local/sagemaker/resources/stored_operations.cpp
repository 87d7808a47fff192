#include "aws/local/sagemaker/resources/stored_operations.hpp"

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

std::optional<service_error> refuse_new(const resource_store& store, const kind& k, resource_store::table& in,
                                        const std::string& name) {
    if (in.contains(name)) return already_exists(k.told_as, store.arn_of(k.arn_prefix, name));
    if (in.size() >= resources_of_a_kind_max) return too_many(k.told_as);
    return std::nullopt;
}

const stored& add(resource_store& store, const kind& k, resource_store::table& in,
                  const operation_call& call) {
    const std::string name = text(call.input, k.member);
    stored s{name, store.arn_of(k.arn_prefix, name), json::to_text(call.input), {}, read_tags(call.input)};
    const stored* const made = in.add(std::move(s), call.now);
    TY_CHECK(made != nullptr, "refuse_new() has looked at the name");
    store.touched(made->arn);
    return *made;
}

service_reply arn_answer(const kind& k, const stored& s) {
    json::writer out;
    out.begin_object().member(k.arn_member, s.arn).end_object();
    return out.take();
}

service_reply remove_stored(resource_store& store, const kind& k, resource_store::table& in,
                            const operation_call& call) {
    const std::string name = text(call.input, k.member);
    if (!in.erase(name)) return could_not_find(store, k.arn_prefix, k.told_as, name);
    store.touched(store.arn_of(k.arn_prefix, name));
    return std::string{};
}

service_reply list_stored(const kind& k, const resource_store::table& in, const operation_call& call) {
    const auto page = in.list(read_list_query(call.input), call.now);
    if (!page) return wrong_list_token();
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
