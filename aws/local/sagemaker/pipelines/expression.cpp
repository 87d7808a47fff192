#include "aws/local/sagemaker/pipelines/expression.hpp"

#include <optional>

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

error wrong(std::string message) {
    return {errc::invalid_argument, std::move(message)};
}

struct expression {
    std::string_view function;  // "Get", "Std:Join", "Std:JsonGet"
    json::value argument;
};

// An object of one member whose name is a function's. Job requests have no such members.
std::optional<expression> as_expression(json::value v) {
    if (!v.is_object() || v.size() != 1) return std::nullopt;
    const auto only = v.members().begin();
    if (only.key() != "Get" && !only.key().starts_with("Std:")) return std::nullopt;
    return expression{only.key(), *only};
}

result<reference> read_get(json::value argument) {
    const auto text = argument.string();
    if (!text) return wrong("Get takes the name of a variable");
    auto r = parse_reference(*text);
    if (!r) return wrong("'" + std::string{*text} + "' is no pipeline variable");
    return *std::move(r);
}

struct join {
    std::string_view on;
    json::value values;
};

result<join> read_join(json::value argument) {
    join out{"", argument.find("Values")};
    if (!out.values.is_array()) return wrong("Std:Join takes On and a list of Values");
    if (const json::value on = argument.find("On"); !on.is_null()) {
        if (!on.is_string()) return wrong("On of Std:Join is no string");
        out.on = *on.string();
    }
    return out;
}

struct json_get {
    reference file;  // Steps.STEP.PropertyFiles.FILE
    std::vector<path_part> path;
};

result<json_get> read_json_get(json::value argument) {
    const auto source = as_expression(argument.find("PropertyFile"));
    if (!source || source->function != "Get")
        return wrong(
            "Std:JsonGet takes a PropertyFile of the form {\"Get\": \"Steps.NAME.PropertyFiles.FILE\"}");
    auto file = read_get(source->argument);
    if (!file) return file.error();
    const auto part = [&](std::size_t i) {
        const auto* name = i < file->path.size() ? std::get_if<std::string>(&file->path[i]) : nullptr;
        return name ? *name : std::string{};
    };
    if (file->what != reference::kind::step || file->path.size() != 2 || part(0) != "PropertyFiles" ||
        part(1).empty())
        return wrong("PropertyFile of Std:JsonGet names no property file of a step");
    const auto text = argument.find("Path").string();
    auto path = text ? parse_path(*text) : std::nullopt;
    if (!path) return wrong("Path of Std:JsonGet is no path");
    return json_get{*std::move(file), *std::move(path)};
}

class resolver {
public:
    explicit resolver(const scope& in) : in_(in) {}

    result<void> write(json::value v, json::writer& out) const {
        if (const auto e = as_expression(v)) return write(*e, out);
        if (v.is_object()) {
            out.begin_object();
            const auto all = v.members();
            for (auto at = all.begin(); at != all.end(); ++at) {
                out.key(at.key());
                if (auto done = write(*at, out); !done) return done;
            }
            out.end_object();
        } else if (v.is_array()) {
            out.begin_array();
            for (const json::value e : v.elements())
                if (auto done = write(e, out); !done) return done;
            out.end_array();
        } else {
            out.copy(v);
        }
        return {};
    }

private:
    result<void> write(const expression& e, json::writer& out) const {
        if (e.function == "Get") {
            const auto r = read_get(e.argument);
            return r ? in_.write(*r, out) : result<void>{r.error()};
        }
        if (e.function == "Std:Join") return write_join(e.argument, out);
        if (e.function == "Std:JsonGet") return write_json_get(e.argument, out);
        return wrong("'" + std::string{e.function} + "' is no function of pipelines");
    }

    result<void> write_join(json::value argument, json::writer& out) const {
        const auto j = read_join(argument);
        if (!j) return j.error();
        std::string text;
        bool first = true;
        for (const json::value v : j->values.elements()) {
            const auto scalar = resolve_scalar(v, in_);
            if (!scalar) return scalar.error();
            if (!first) text += j->on;
            first = false;
            const json::value root = scalar->root();
            text += root.is_string() ? std::string{*root.string()} : json::to_text(root);
            if (text.size() > resolved_bytes_max) return error{errc::limit, "Std:Join makes too long a text"};
        }
        out.string(text);
        return {};
    }

    result<void> write_json_get(json::value argument, json::writer& out) const {
        const auto get = read_json_get(argument);
        if (!get) return get.error();
        const std::string& name = std::get<std::string>(get->file.path[1]);
        const auto text = in_.file(get->file.name, name);
        if (!text) return text.error();
        const auto content = json::document::parse(*text);
        if (!content) return with_context(content.error(), "property file '" + name + "'");
        const json::value found = walk(content->root(), get->path);
        if (!found.exists())
            return error{errc::not_found,
                         "property file '" + name + "' has nothing at the Path of Std:JsonGet"};
        out.copy(found);
        return {};
    }

    const scope& in_;
};

}  // namespace

result<void> visit_references(json::value tree, const std::function<result<void>(const reference&)>& found) {
    const auto e = as_expression(tree);
    if (!e) {
        const auto all = tree.members();
        for (auto at = all.begin(); at != all.end(); ++at)
            if (auto done = visit_references(*at, found); !done) return done;
        for (const json::value v : tree.elements())
            if (auto done = visit_references(v, found); !done) return done;
        return {};
    }
    if (e->function == "Get") {
        const auto r = read_get(e->argument);
        return r ? found(*r) : result<void>{r.error()};
    }
    if (e->function == "Std:Join") {
        const auto j = read_join(e->argument);
        return j ? visit_references(j->values, found) : result<void>{j.error()};
    }
    if (e->function == "Std:JsonGet") {
        const auto get = read_json_get(e->argument);
        return get ? found(get->file) : result<void>{get.error()};
    }
    return wrong("'" + std::string{e->function} + "' is no function of pipelines");
}

result<json::document> resolve(json::value tree, const scope& in) {
    json::writer out;
    if (auto done = resolver{in}.write(tree, out); !done) return done.error();
    json::limits limits;
    limits.bytes = resolved_bytes_max;
    limits.members = resolved_members_max;
    limits.depth = resolved_depth_max;
    return json::document::parse(out.take(), limits);
}

result<json::document> resolve_scalar(json::value tree, const scope& in) {
    auto document = resolve(tree, in);
    if (!document) return document;
    const json::kind kind = document->root().kind();
    if (kind == json::kind::object || kind == json::kind::array || kind == json::kind::null)
        return wrong("a string, a number or a truth value is needed, not " + std::string{to_string(kind)});
    return document;
}

}  // namespace trainyard::aws::local::sagemaker::pipelines
