#include "aws/local/sagemaker/resources/tag_operations.hpp"

#include "aws/local/base/paging.hpp"
#include "aws/local/base/validation.hpp"
#include "aws/local/sagemaker/resources/stored_operations.hpp"

namespace trainyard::aws::local::sagemaker::resources {
namespace {

service_error not_found() {
    return validation_exception("Requested resource not found.");
}

std::string tags_answer(const tag_map& tags) {
    json::writer out;
    out.begin_object().key("Tags");
    write_tags(tags, out);
    out.end_object();
    return out.take();
}

}  // namespace

service_reply add_tags(const tag_finder& find, json::value input) {
    tag_map* tags = find(text(input, "ResourceArn"));
    if (!tags) return not_found();
    const tag_map added = read_tags(input);
    if (added.size() != input.find("Tags").size())
        return validation_exception("A tag key stands in the request twice.");
    for (const auto& [key, value] : added)
        if (key.starts_with("aws:"))
            return validation_exception("aws: prefixed tag key names are not allowed for external use.");
    tag_map all = added;
    all.insert(tags->begin(), tags->end());
    if (all.size() > tags_max)
        return service_error{400, "ResourceLimitExceeded", "",
                             "A resource can have at most " + std::to_string(tags_max) + " tags.", true};
    *tags = std::move(all);
    return tags_answer(*tags);
}

service_reply list_tags(const tag_finder& find, json::value input) {
    const tag_map* tags = find(text(input, "ResourceArn"));
    if (!tags) return not_found();
    // No resource has more tags than the smallest page, so there is never a second one.
    if (!text(input, "NextToken").empty()) return wrong_token();
    return tags_answer(*tags);
}

service_reply delete_tags(const tag_finder& find, json::value input) {
    tag_map* tags = find(text(input, "ResourceArn"));
    if (!tags) return not_found();
    for (const json::value key : input.find("TagKeys").elements())
        tags->erase(std::string{key.string().value_or("")});
    return std::string{"{}"};
}

}  // namespace trainyard::aws::local::sagemaker::resources
