#include "aws/local/events/input_transformer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::events {
namespace {

constexpr std::size_t max_steps = 64;  // the depth of a JSON document
constexpr std::size_t max_paths = 100;

error bad(std::string message) {
    return {errc::invalid_argument, std::move(message)};
}

std::string quoted(std::string_view text) {
    json::writer out;
    out.string(text);
    return out.take();
}

bool is_name(std::string_view text) {
    if (text.empty()) return false;
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '_' && c != '.') return false;
    }
    return true;
}

// A JSON value as it stands in running text: strings without quotes.
std::string as_text(const std::string& json_text) {
    const auto parsed = json::document::parse(json_text);
    if (parsed)
        if (const auto text = parsed->root().string()) return std::string{*text};
    return json_text;
}

// The same inside a string of a JSON template.
std::string inside_quotes(const std::string& json_text) {
    const std::string whole = quoted(as_text(json_text));
    return whole.substr(1, whole.size() - 2);
}

}  // namespace

result<json_path> json_path::parse(std::string_view text) {
    json_path out;
    if (!text.starts_with('$')) return bad(fmt::format("{} does not begin with $", printable(text)));
    std::string_view rest = text.substr(1);
    while (!rest.empty()) {
        if (out.steps_.size() == max_steps) return bad("the path has too many steps");
        if (rest.starts_with('.')) {
            rest.remove_prefix(1);
            const auto end = std::min(rest.find_first_of(".["), rest.size());
            if (end == 0) return bad(fmt::format("{} has an empty name", printable(text)));
            out.steps_.emplace_back(std::string{rest.substr(0, end)});
            rest.remove_prefix(end);
            continue;
        }
        const auto close = rest.find(']');
        if (!rest.starts_with('[') || close == std::string_view::npos)
            return bad(fmt::format("{} is no path", printable(text)));
        const std::string_view inside = rest.substr(1, close - 1);
        rest.remove_prefix(close + 1);
        std::size_t index = 0;
        const auto [end, failed] = std::from_chars(inside.data(), inside.data() + inside.size(), index);
        if (inside == "*")
            out.steps_.emplace_back(every{});
        else if (inside.size() > 2 && (inside.front() == '\'' || inside.front() == '"') &&
                 inside.back() == inside.front())
            out.steps_.emplace_back(std::string{inside.substr(1, inside.size() - 2)});
        else if (!inside.empty() && failed == std::errc{} && end == inside.data() + inside.size())
            out.steps_.emplace_back(index);
        else
            return bad(fmt::format("[{}] is neither a name, an index nor *", printable(inside)));
    }
    return out;
}

std::string json_path::find(json::value in) const {
    std::vector<json::value> found{in};
    bool many = false;
    for (const step& s : steps_) {
        std::vector<json::value> next;
        for (const json::value v : found) {
            if (const auto* name = std::get_if<std::string>(&s)) {
                next.push_back(v.find(*name));
            } else if (const auto* index = std::get_if<std::size_t>(&s)) {
                next.push_back(v.at(*index));
            } else {
                many = true;
                for (const json::value each : v.elements()) next.push_back(each);
            }
        }
        std::erase_if(next, [](json::value v) { return !v.exists(); });
        found = std::move(next);
    }
    if (!many) return found.empty() ? std::string{} : json::to_text(found.front());
    json::writer out;
    out.begin_array();
    for (const json::value v : found) out.copy(v);
    out.end_array();
    return out.take();
}

result<input_transformer> input_transformer::parse(const std::map<std::string, std::string>& paths,
                                                   std::string_view text) {
    input_transformer out;
    if (paths.size() > max_paths) return bad("InputPathsMap has more than 100 entries");
    for (const auto& [name, path] : paths) {
        if (name.starts_with("AWS")) return bad(fmt::format("the name {} is reserved", name));
        auto read = json_path::parse(path);
        if (!read) return with_context(read.error(), name);
        out.paths_.emplace(name, std::move(*read));
    }
    out.template_ = text;
    return out;
}

std::string input_transformer::apply(json::value event, const template_context& context) const {
    const auto value_of = [&](std::string_view name) -> std::string {
        if (name == "aws.events.rule-arn") return quoted(context.rule_arn);
        if (name == "aws.events.rule-name") return quoted(context.rule_name);
        if (name == "aws.events.event.ingestion-time") return quoted(to_iso8601(context.ingested));
        if (name == "aws.events.event" || name == "aws.events.event.json")
            return std::string{context.event_text};
        const auto path = paths_.find(name);
        return path == paths_.end() ? std::string{} : path->second.find(event);
    };
    const auto start = template_.find_first_not_of(" \t\r\n");
    const bool structured =
        start != std::string::npos && (template_[start] == '{' || template_[start] == '[');
    const bool one_string = start != std::string::npos && template_[start] == '"';
    std::string out;
    bool in_string = false;
    for (std::size_t i = 0; i < template_.size(); ++i) {
        const char c = template_[i];
        const auto close = c == '<' ? template_.find('>', i) : std::string::npos;
        const std::string_view name = close == std::string::npos
                                          ? std::string_view{}
                                          : std::string_view{template_}.substr(i + 1, close - i - 1);
        if (is_name(name)) {
            const std::string value = value_of(name);
            if (in_string)
                out += value.empty() ? value : inside_quotes(value);
            else
                out += structured ? value : as_text(value);
            i = close;
            continue;
        }
        if (in_string && c == '\\' && i + 1 < template_.size()) {
            out.append(template_, i++, 2);
            continue;
        }
        if (c == '"' && (structured || one_string)) in_string = !in_string;
        out += c;
    }
    return out;
}

}  // namespace trainyard::aws::local::events
