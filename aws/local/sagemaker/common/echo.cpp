#include "aws/local/sagemaker/common/echo.hpp"

#include "aws/local/model/shapes.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local::sagemaker {

void echo(json::writer& out, std::string_view operation, json::value request) {
    const model::service_model& known = model::sagemaker_model();
    const model::operation* o = known.find(operation);
    TY_CHECK(o != nullptr && o->output != model::no_shape, "the operation tells something");
    const model::shape& answer = known.at(o->output);
    const auto members = request.members();
    for (auto at = members.begin(); at != members.end(); ++at)
        if (!(*at).is_null() && known.find_member(answer, at.key()) != nullptr) out.member(at.key(), *at);
}

std::string with_tags(const std::string& answer, const std::map<std::string, std::string>& tags) {
    const json::document told = read_kept(answer);
    json::writer out;
    out.begin_object();
    const auto members = told.root().members();
    for (auto at = members.begin(); at != members.end(); ++at) out.member(at.key(), *at);
    out.key("Tags").begin_array();
    for (const auto& [key, value] : tags)
        out.begin_object().member("Key", key).member("Value", value).end_object();
    out.end_array().end_object();
    return out.take();
}

json::document read_kept(const std::string& text) {
    json::limits generous;
    generous.bytes =
        2 * generous.bytes;  // it was accepted under the front's own limits; writing may add bytes
    auto read = json::document::parse(text, generous);
    TY_CHECK(read.has_value(), "a kept request reads back");
    return std::move(*read);
}

}  // namespace trainyard::aws::local::sagemaker
