// JSON reader and writer (engine/base/json.hpp).
#include "engine/base/json.hpp"

#include <algorithm>
#include <deque>

#include "engine/base/encoding.hpp"
#include "engine/base/json_tape.hpp"
#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

struct extent {
    std::size_t depth = 0, members = 0, string = 0;
};

void see_string(std::string_view s, extent& out) {
    require(is_utf8(s), "a string that was accepted is UTF-8");
    out.string = std::max(out.string, s.size());
}

// Breadth first: a walk that recursed would be a finding of its own.
extent measure(json::value root) {
    extent out;
    std::deque<std::pair<json::value, std::size_t>> todo{{root, 0}};
    while (!todo.empty()) {
        const auto [v, above] = todo.front();
        todo.pop_front();
        if (const auto s = v.string()) see_string(*s, out);
        if (!v.is_array() && !v.is_object()) continue;
        out.depth = std::max(out.depth, above + 1);
        for (const json::value e : v.elements()) todo.emplace_back(e, above + 1);
        for (auto i = v.members().begin(); i != v.members().end(); ++i) {
            see_string(i.key(), out);
            require(v.find(i.key()) == *i, "a member is found by its key");
            ++out.members;
            todo.emplace_back(*i, above + 1);
        }
    }
    return out;
}

// What the scanner takes, RapidJSON reads the same.
void hold_against_rapidjson(std::string_view text, const json::limits& limits) {
    json::value::tape tape;
    if (!json::scan(text, limits, tape)) return;
    const auto careful = json::value::tape::read_with_care(text, limits);
    require(careful.has_value(), "what the scanner takes is JSON within the limits");
    const auto scanned = json::document::parse(text, limits);
    require(scanned.has_value() && json::to_text(scanned->root()) == json::to_text(careful->root()),
            "the scanner reads what RapidJSON reads");
}

void read_with(std::string_view text, const json::limits& limits) {
    hold_against_rapidjson(text, limits);
    const auto first = json::document::parse(text, limits);
    if (!first) {
        require(first.error().code == errc::invalid_argument || first.error().code == errc::limit,
                "a refusal is of the text or of a limit");
        require(is_one_line(first.error().message), "a message is one line");
        return;
    }
    require(text.size() <= limits.bytes, "the text is within its limit");
    // find() in an object of n members is linear: measured where that is cheap.
    if (text.size() <= 8192) {
        const extent seen = measure(first->root());
        require(seen.depth <= limits.depth && seen.members <= limits.members && seen.string <= limits.string,
                "depth, members and strings are within their limits");
    }
    const std::string written = json::to_text(first->root());
    json::limits wide = limits;
    wide.bytes = 16U << 20U;  // escapes may be longer than what they stand for
    const auto second = json::document::parse(written, wide);
    require(second.has_value(), "what was written is accepted");
    require(json::same_content(first->root(), second->root()), "what was written is the same content");
    require(json::to_text(second->root()) == written, "writing it again gives the same text");
}

}  // namespace

void run_json(std::string_view input) {
    read_with(input, {});
    read_with(input, {512, 4, 8, 16});
    json::writer w;
    w.string(input);
    const auto back = json::document::parse(w.text());
    require(back.has_value() && back->root().is_string(), "any bytes can be written as a string");
    if (is_utf8(input)) require(*back->root().string() == input, "UTF-8 comes back as it was");
}

}  // namespace trainyard::fuzz
