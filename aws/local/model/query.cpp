#include "aws/local/model/query.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <map>

#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::model {
namespace {

constexpr int depth_max = 16;                // no Query operation of the models nests deeper than 6
constexpr std::size_t index_digits_max = 6;  // far above the fields a form can have

service_error malformed(std::string message) {
    return {400, "MalformedInput", "MalformedInput", std::move(message), true};
}

// "Tags.member.1.Key" as a tree: children by the part of the name up to the next dot.
struct field {
    const std::string* text = nullptr;
    std::map<std::string, field, std::less<>> children{};
};

class reader {
public:
    explicit reader(const service_model& service) : service_(service) {}

    // Writes the field as a value of the shape; false, with why_ set, when it is none.
    bool write(json::writer& out, std::uint16_t index, const field& f, const std::string& path) {
        const shape& s = service_.at(index);
        switch (s.kind) {
            case shape_kind::structure: return structure(out, s, f, path);
            case shape_kind::list: return list(out, s, f, path);
            case shape_kind::map: return map(out, s, f, path);
            default: return scalar(out, s, f, path);
        }
    }

    std::string why() const { return why_; }

private:
    bool refuse(const std::string& path, std::string_view want) {
        why_ = fmt::format("{} must be {}", printable(path, 128), want);
        return false;
    }

    bool structure(json::writer& out, const shape& s, const field& f, const std::string& path) {
        out.begin_object();
        for (const member& m : service_.members_of(s)) {
            const auto child = f.children.find(m.name);
            if (child == f.children.end()) continue;
            out.key(m.name);
            if (!write(out, m.shape, child->second,
                       path.empty() ? std::string{m.name} : fmt::format("{}.{}", path, m.name)))
                return false;
        }
        out.end_object();
        return true;
    }

    // The numbered children of a list or map in their order; gaps are closed.
    bool numbered(const shape& s, const field& f, const std::string& path, std::string_view wrapper,
                  std::map<int, const field*>& out) {
        const field* from = &f;
        if (!s.flattened) {
            const auto child = f.children.find(wrapper);
            if (child == f.children.end()) {
                // "Tags=" is an empty list.
                return f.children.empty() && (!f.text || f.text->empty()) ? true : refuse(path, "a list");
            }
            from = &child->second;
        }
        for (const auto& [name, child] : from->children) {
            int number = 0;
            const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), number);
            if (code != std::errc{} || end != name.data() + name.size() || number < 1 ||
                name.size() > index_digits_max)
                return refuse(path, "numbered from 1");
            out.emplace(number, &child);
        }
        return true;
    }

    bool list(json::writer& out, const shape& s, const field& f, const std::string& path) {
        std::map<int, const field*> items;
        const member& element = service_.members_of(s)[0];
        if (!numbered(s, f, path, element.name, items)) return false;
        out.begin_array();
        for (const auto& [number, item] : items)
            if (!write(out, element.shape, *item, fmt::format("{}.{}.{}", path, element.name, number)))
                return false;
        out.end_array();
        return true;
    }

    bool map(json::writer& out, const shape& s, const field& f, const std::string& path) {
        std::map<int, const field*> entries;
        if (!numbered(s, f, path, "entry", entries)) return false;
        std::map<std::string, const field*> values;
        for (const auto& [number, entry] : entries) {
            const auto key = entry->children.find("key");
            const auto value = entry->children.find("value");
            if (key == entry->children.end() || !key->second.text || value == entry->children.end())
                return refuse(path, "entries of key and value");
            if (!values.emplace(*key->second.text, &value->second).second)
                return refuse(path, "a map of unlike keys");
        }
        out.begin_object();
        for (const auto& [key, value] : values) {
            out.key(key);
            if (!write(out, service_.members_of(s)[1].shape, *value, fmt::format("{}.{}", path, key)))
                return false;
        }
        out.end_object();
        return true;
    }

    bool scalar(json::writer& out, const shape& s, const field& f, const std::string& path) {
        if (!f.text) return refuse(path, "a single value");
        const std::string& text = *f.text;
        const char* const end = text.data() + text.size();
        switch (s.kind) {
            case shape_kind::integer:
            case shape_kind::long_: {
                std::int64_t n = 0;
                const auto [at, code] = std::from_chars(text.data(), end, n);
                if (code != std::errc{} || at != end || text.empty()) return refuse(path, "an integer");
                out.integer(n);
                return true;
            }
            case shape_kind::floating: {
                double n = 0;
                const auto [at, code] = std::from_chars(text.data(), end, n);
                if (code != std::errc{} || at != end || text.empty() || !std::isfinite(n))
                    return refuse(path, "a number");
                out.number(n);
                return true;
            }
            case shape_kind::boolean:
                if (text != "true" && text != "false") return refuse(path, "true or false");
                out.boolean(text == "true");
                return true;
            default: out.string(text); return true;
        }
    }

    const service_model& service_;
    std::string why_;
};

void write_xml(const service_model& service, std::uint16_t index, json::value v, std::string& out);

void element(const service_model& service, std::string_view name, std::uint16_t index, json::value v,
             std::string& out) {
    out.append("<").append(name).append(">");
    write_xml(service, index, v, out);
    out.append("</").append(name).append(">");
}

void write_members(const service_model& service, const shape& s, json::value v, std::string& out) {
    for (const member& m : service.members_of(s))
        if (const json::value child = v.find(m.name); !child.is_null())
            element(service, m.name, m.shape, child, out);
}

void write_xml(const service_model& service, std::uint16_t index, json::value v, std::string& out) {
    const shape& s = service.at(index);
    const auto parts = service.members_of(s);
    switch (s.kind) {
        case shape_kind::structure: return write_members(service, s, v, out);
        case shape_kind::list:
            for (const json::value e : v.elements()) element(service, parts[0].name, parts[0].shape, e, out);
            return;
        case shape_kind::map: {
            const auto entries = v.members();
            for (auto at = entries.begin(); at != entries.end(); ++at) {
                out.append("<entry>").append(xml_element("key", at.key()));
                element(service, "value", parts[1].shape, *at, out);
                out.append("</entry>");
            }
            return;
        }
        case shape_kind::timestamp: {
            const auto seconds = v.number();
            TY_CHECK(seconds.has_value(), "an output's time is a number");
            out.append(to_iso8601(from_unix_millis(std::llround(*seconds * 1000))));
            return;
        }
        default: out.append(v.is_string() ? escape_xml(*v.string()) : json::to_text(v)); return;
    }
}

}  // namespace

boost::system::result<std::string, service_error> input_of_form(const service_model& service,
                                                                const operation& o,
                                                                const query_parameters& form) {
    field root;
    for (const auto& [name, text] : form) {
        field* at = &root;
        std::string_view rest = name;
        for (int depth = 0;; ++depth) {
            if (depth == depth_max) return malformed(printable(name, 128) + " nests too deep");
            const auto dot = rest.find('.');
            at = &at->children[std::string{rest.substr(0, dot)}];
            if (dot == std::string_view::npos) break;
            rest.remove_prefix(dot + 1);
        }
        at->text = &text;
    }
    json::writer out;
    if (o.input == no_shape) return std::string{"{}"};
    reader r{service};
    if (!r.write(out, o.input, root, "")) return malformed(r.why());
    return out.take();
}

std::string answer_of_output(const service_model& service, const operation& o, const std::string& output,
                             std::string_view request_id) {
    std::string result;
    if (o.output != no_shape && !output.empty()) {
        json::limits generous;
        generous.bytes = 8U << 20U;  // our own text: a page of a listing
        generous.members = 200'000;
        const auto read = json::document::parse(output, generous);
        TY_CHECK(read.has_value(), "a service answers well-formed JSON");
        write_xml(service, o.output, read->root(), result);
    }
    if (!o.result_wrapper.empty()) result = fmt::format("<{0}>{1}</{0}>", o.result_wrapper, result);
    return fmt::format("<{0}Response xmlns=\"{1}\">{2}<ResponseMetadata>{3}</ResponseMetadata></{0}Response>",
                       o.name, service.xml_namespace, result, xml_element("RequestId", request_id));
}

std::string error_answer(const service_model& service, const service_error& e, std::string_view request_id) {
    return fmt::format("<ErrorResponse xmlns=\"{}\"><Error>{}{}{}</Error>{}</ErrorResponse>",
                       service.xml_namespace, xml_element("Type", e.sender_fault ? "Sender" : "Receiver"),
                       xml_element("Code", e.type), xml_element("Message", e.message),
                       xml_element("RequestId", request_id));
}

}  // namespace trainyard::aws::local::model
