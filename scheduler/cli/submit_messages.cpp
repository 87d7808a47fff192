#include "scheduler/cli/submit_messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"

namespace trainyard::cli {
namespace {

using values = std::map<std::string, std::string, std::less<>>;
constexpr std::string_view open = "${sweep.";
constexpr std::size_t name_max = 63;

error wrong(std::string what) {
    return {errc::invalid_argument, std::move(what)};
}

bool is_axis_name(std::string_view s) {
    return !s.empty() && s != "index" && std::all_of(s.begin(), s.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
}

result<std::string> fill(std::string_view text, const values& v) {
    std::string out;
    for (std::size_t at = 0;;) {
        const auto begin = text.find(open, at);
        if (begin == std::string_view::npos) return out.append(text.substr(at));
        const auto end = text.find('}', begin);
        const auto name = end == std::string_view::npos
                              ? std::string_view{}
                              : text.substr(begin + open.size(), end - begin - open.size());
        const auto found = v.find(name);
        if (found == v.end())
            return wrong(fmt::format("'{}' names a value that no --sweep gives", printable(text)));
        out.append(text.substr(at, begin - at)).append(found->second);
        at = end + 1;
    }
}

class filler {
public:
    filler(const values& v, json::writer& to) : values_(v), to_(to) {}

    // Depth is bounded by the limits that the document was read with.
    result<void> copy(json::value from) {
        if (const auto text = from.string()) return copy_text(*text);
        if (from.is_array()) {
            to_.begin_array();
            for (const json::value v : from.elements())
                if (auto r = copy(v); !r) return r;
            to_.end_array();
        } else if (from.is_object()) {
            to_.begin_object();
            for (auto i = from.members().begin(); i != from.members().end(); ++i) {
                to_.key(i.key());
                if (auto r = copy(*i); !r) return r;
            }
            to_.end_object();
        } else {
            to_.copy(from);
        }
        return {};
    }

private:
    result<void> copy_text(std::string_view text) {
        constexpr std::string_view raw = ":json}";
        if (text.starts_with(open) && text.ends_with(raw)) {
            const auto name = text.substr(open.size(), text.size() - open.size() - raw.size());
            if (const auto found = values_.find(name); found != values_.end()) {
                const auto parsed = json::document::parse(found->second);
                if (!parsed) return wrong(fmt::format("the value '{}' is not JSON", found->second));
                to_.copy(parsed->root());
                return {};
            }
        }
        auto filled = fill(text, values_);
        if (!filled) return filled.error();
        to_.string(*filled);
        return {};
    }

    const values& values_;
    json::writer& to_;
};

result<std::string> fill_message(const json::document& message, const values& v) {
    json::writer w;
    w.begin_object();
    const json::value root = message.root();
    for (auto i = root.members().begin(); i != root.members().end(); ++i) {
        w.key(i.key());
        const auto name = i.key() == "name" ? (*i).string() : std::nullopt;
        if (name && name->find(open) == std::string_view::npos) {
            const std::string tail = "-" + v.at("index");
            w.string(std::string{name->substr(0, name_max - tail.size())} + tail);
            continue;
        }
        if (auto r = filler{v, w}.copy(*i); !r) return r.error();
    }
    return w.end_object().take();
}

}  // namespace

result<std::vector<std::string>> split_messages(const std::string& text, const std::string& file) {
    if (json::document::parse(text)) return std::vector<std::string>{text};
    std::vector<std::string> out;
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        at = end + 1;
        ++number;
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        if (auto parsed = json::document::parse(line); !parsed)
            return with_context(parsed.error(), fmt::format("{}:{}", file, number));
        out.push_back(std::move(line));
    }
    if (out.empty()) return wrong(file + " holds no message");
    return out;
}

result<sweep_axis> parse_sweep(std::string_view text) {
    const auto equals = text.find('=');
    sweep_axis a;
    a.name = std::string{text.substr(0, equals)};
    if (equals == std::string_view::npos || equals + 1 == text.size() || !is_axis_name(a.name))
        return wrong(
            fmt::format("--sweep '{}': write NAME=VALUE,VALUE,...; a name has letters, digits and '_', and "
                        "is not 'index'",
                        printable(text)));
    for (std::size_t at = equals + 1;;) {
        const auto comma = std::min(text.find(',', at), text.size());
        a.values.emplace_back(text.substr(at, comma - at));
        if (comma == text.size()) return a;
        at = comma + 1;
    }
}

result<std::vector<std::string>> expand_sweep(const std::vector<std::string>& messages,
                                              const std::vector<sweep_axis>& axes) {
    std::size_t combinations = 1;
    for (const sweep_axis& a : axes) {
        if (combinations * messages.size() > sweep_messages_max / a.values.size())
            return wrong(fmt::format("the sweep gives more than {} messages", sweep_messages_max));
        combinations *= a.values.size();
    }
    std::vector<std::string> out;
    for (const std::string& text : messages) {
        const auto parsed = json::document::parse(text);
        if (!parsed) return parsed.error();
        if (!parsed->root().is_object()) return wrong("a template must be a JSON object");
        for (std::size_t n = 0; n < combinations; ++n) {
            values v;
            std::size_t rest = n;
            for (auto a = axes.rbegin(); a != axes.rend(); ++a) {
                v[a->name] = a->values[rest % a->values.size()];
                rest /= a->values.size();
            }
            v["index"] = std::to_string(out.size() + 1);
            auto filled = fill_message(*parsed, v);
            if (!filled) return filled.error();
            out.push_back(std::move(*filled));
        }
    }
    return out;
}

}  // namespace trainyard::cli
