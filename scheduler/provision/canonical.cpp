#include "scheduler/provision/canonical.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "engine/base/json.hpp"
#include "scheduler/provision/resource.hpp"

namespace trainyard::provision {
namespace {

constexpr std::string_view external_id_key = "sts:ExternalId";

// Depth is bounded by the parser's limit.
void write(json::writer& w, json::value v, std::string* external_id, std::string_view key) {
    if (v.is_object()) {
        std::map<std::string, json::value, std::less<>> sorted;
        const auto members = v.members();
        for (auto i = members.begin(); i != members.end(); ++i) sorted.emplace(i.key(), *i);
        w.begin_object();
        for (const auto& [name, value] : sorted) {
            w.key(name);
            write(w, value, external_id, name);
        }
        w.end_object();
    } else if (v.is_array()) {
        if (v.size() == 1) return write(w, v.at(0), external_id, key);
        std::vector<std::string> texts;
        bool all = true;
        for (const json::value e : v.elements()) {
            all = all && e.is_string();
            if (all) texts.emplace_back(*e.string());
        }
        w.begin_array();
        if (all) {
            std::sort(texts.begin(), texts.end());
            for (const std::string& t : texts) w.string(t);
        } else {
            for (const json::value e : v.elements()) write(w, e, external_id, "");
        }
        w.end_array();
    } else if (const auto s = v.string()) {
        if (external_id != nullptr && key == external_id_key) {
            *external_id = *s;
            w.string(external_id_place);
        } else {
            w.string(*s);
        }
    } else if (v.is_null()) {
        w.null();
    } else {
        w.string(json::to_text(v));
    }
}

std::string rewrite(std::string_view text, std::string* external_id) {
    const auto parsed = json::document::parse(text);
    if (!parsed || !parsed->root().is_object()) return std::string{text};
    json::writer w;
    write(w, parsed->root(), external_id, "");
    return w.take();
}

}  // namespace

std::string canonical(std::string_view text) {
    return rewrite(text, nullptr);
}

bool same_text(std::string_view a, std::string_view b) {
    return a == b || canonical(a) == canonical(b);
}

split_trust split_external_id(std::string_view trust) {
    split_trust out;
    out.document = rewrite(trust, &out.external_id);
    return out;
}

}  // namespace trainyard::provision
