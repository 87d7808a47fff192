// What a target gets instead of the whole event: InputPath and InputTransformer. Pure.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::events {

// The JSONPath that EventBridge knows: $, .name, ['name'], [0] and [*].
class json_path {
public:
    static result<json_path> parse(std::string_view text);
    // The value as JSON text; a list for [*]. Empty when there is none.
    std::string find(json::value in) const;

private:
    struct every {};
    using step = std::variant<std::string, std::size_t, every>;
    std::vector<step> steps_;
};

// Known to every template as <aws.events.rule-arn> and so on.
struct template_context {
    std::string_view rule_name, rule_arn, event_text;
    wall_time ingested{};
};

class input_transformer {
public:
    // At most 100 paths; names that begin with "AWS" are reserved.
    static result<input_transformer> parse(const std::map<std::string, std::string>& paths,
                                           std::string_view text);
    // A variable without a value leaves nothing behind. In a template that is a JSON object or array, a value
    // outside of quotes is written as JSON, inside as text; elsewhere texts are written without quotes.
    std::string apply(json::value event, const template_context& context) const;

private:
    std::map<std::string, json_path, std::less<>> paths_;
    std::string template_;
};

}  // namespace trainyard::aws::local::events
