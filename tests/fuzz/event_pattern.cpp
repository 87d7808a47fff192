// Event patterns (aws/local/events): a pattern, NUL, and the event that it is asked about.
#include "aws/local/events/event_pattern.hpp"

#include "targets.hpp"

namespace trainyard::fuzz {

void run_event_pattern(std::string_view input) {
    const std::string_view text = take_part(input);
    const auto pattern = aws::local::events::event_pattern::parse(text);
    const auto parsed = json::document::parse(text);
    if (!pattern) {
        require(is_one_line(pattern.error().message), "a refusal is one line");
        return;
    }
    require(parsed && parsed->root().is_object(), "a pattern is a JSON object");
    const auto event = json::document::parse(input);
    if (!event) return;
    const bool wanted = pattern->matches(event->root());
    require(pattern->matches(event->root()) == wanted, "asking changes nothing");
    const auto again = aws::local::events::event_pattern::parse(json::to_text(parsed->root()));
    require(again && again->matches(event->root()) == wanted,
            "a pattern means what it says, however it is spaced");
    // One more alternative that is always true: what was wanted still is, and so is all else.
    const std::string either = R"({"$or":[)" + std::string{text} + R"(,{"zz":[{"exists":false}]}]})";
    const auto wider = aws::local::events::event_pattern::parse(either);
    if (wider && event->root().is_object() && !event->root().find("zz").exists())
        require(wider->matches(event->root()), "an alternative that holds is enough");
}

}  // namespace trainyard::fuzz
