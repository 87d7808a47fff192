#include "scheduler/provision/show.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/json.hpp"
#include "scheduler/provision/canonical.hpp"

namespace trainyard::provision {
namespace {

constexpr std::size_t text_max = 120;  // of a value on one line

std::string shown(const change& c, const std::string& value) {
    return is_secret(c.attribute) ? "(secret)" : value;
}

// Policies are long and differ in one place: only what the other side does not have is shown, by element.
std::vector<std::string> pieces_of(const std::string& text) {
    const auto parsed = json::document::parse(canonical(text));
    if (!parsed || !parsed->root().is_object()) return {text};
    std::vector<std::string> out;
    const auto members = parsed->root().members();
    for (auto i = members.begin(); i != members.end(); ++i) {
        if ((*i).is_array())
            for (const json::value e : (*i).elements())
                out.push_back(std::string{i.key()} + " " + json::to_text(e));
        else
            out.push_back(std::string{i.key()} + " " + json::to_text(*i));
    }
    return out;
}

void show_change(std::string& out, const change& c) {
    const std::string before = c.before ? shown(c, *c.before) : "", after = c.after ? shown(c, *c.after) : "";
    if (before.size() + after.size() <= text_max) {
        if (c.before && c.after)
            out += fmt::format("    ~ {}: {} -> {}\n", c.attribute, before, after);
        else
            out += fmt::format("    {} {}: {}\n", c.after ? '+' : '-', c.attribute, c.after ? after : before);
        return;
    }
    out += fmt::format("    {} {}:\n", c.before && c.after ? '~' : c.after ? '+' : '-', c.attribute);
    const auto old = pieces_of(before), now = pieces_of(after);
    const auto has = [](const std::vector<std::string>& all, const std::string& one) {
        return std::find(all.begin(), all.end(), one) != all.end();
    };
    if (c.before)
        for (const std::string& piece : old)
            if (!has(now, piece)) out += fmt::format("        - {}\n", piece);
    if (c.after)
        for (const std::string& piece : now)
            if (!has(old, piece)) out += fmt::format("        + {}\n", piece);
}

std::string_view word(action a) {
    return a == action::create ? "create" : a == action::update ? "update" : "destroy";
}

void write_id(json::writer& w, const resource_id& id) {
    w.member("kind", to_string(id.kind)).member("account", id.account).member("region", id.region);
    w.member("name", id.name);
}

void write_side(json::writer& w, const char* key, const change& c, const std::optional<std::string>& value) {
    w.key(key);
    value ? w.string(shown(c, *value)) : w.null();
}

void write_plan(json::writer& w, const plan& p) {
    w.key("changes").begin_array();
    for (const step& s : p.steps) {
        w.begin_object().member("action", word(s.action));
        write_id(w, s.id);
        w.key("attributes").begin_array();
        for (const change& c : s.changes) {
            w.begin_object().member("name", c.attribute);
            write_side(w, "before", c, c.before);
            write_side(w, "after", c, c.after);
            w.end_object();
        }
        w.end_array().end_object();
    }
    w.end_array().key("refused").begin_array();
    for (const refusal& r : p.refusals) {
        w.begin_object();
        write_id(w, r.id);
        w.member("reason", r.reason).end_object();
    }
    w.end_array();
}

std::string path_of(const wanted_resource& r) {
    const auto found = r.attributes.find("path");
    return found == r.attributes.end() ? "/" : found->second;
}

// The one queue whose messages are jobs; empty when there are several.
std::string only_queue(const config::fleet& f) {
    if (f.queues.size() != 1) return {};
    const config::queue& q = f.queues.front();
    return q.url.empty() ? q.name : q.url.substr(q.url.rfind('/') + 1);
}

}  // namespace

std::string headline(const step& s) {
    const char sign = s.action == action::create ? '+' : s.action == action::update ? '~' : '-';
    return fmt::format("{} {}", sign, to_string(s.id));
}

std::string show_plan(const plan& p) {
    std::string out;
    std::array<std::size_t, 3> count{};
    for (const step& s : p.steps) {
        ++count.at(static_cast<std::size_t>(s.action));
        out += headline(s) + "\n";
        if (s.action == action::destroy) continue;
        for (const change& c : s.changes) show_change(out, c);
    }
    for (const refusal& r : p.refusals) out += fmt::format("! {}: {}\n", to_string(r.id), r.reason);
    if (p.steps.empty())
        out += "nothing to do";
    else
        out += fmt::format("{} to create, {} to change, {} to destroy", count[0], count[1], count[2]);
    if (!p.refusals.empty()) out += fmt::format(", {} not ours", p.refusals.size());
    return out + "\n";
}

std::string show_json(const view& v, const config::fleet& f, bool destroyed) {
    json::writer w;
    w.begin_object().member("installation", f.installation);
    write_plan(w, v.plan);
    w.key("notes").begin_array();
    for (const std::string& note : v.wanted.notes) w.string(note);
    w.end_array().key("queue_urls").begin_object();
    std::string only_url, only_arn;
    std::size_t pipelines = 0;
    for (const wanted_resource& r : v.wanted.resources) {
        const auto found = v.seen.find(r.id);
        if (destroyed || r.id.kind != kind::queue || found == v.seen.end()) continue;
        w.member(r.id.region + "/" + r.id.name, found->second.url);
        if (r.id.name == only_queue(f)) only_url = found->second.url;
    }
    w.end_object().key("role_arns").begin_object();
    for (const wanted_resource& r : v.wanted.resources)
        if (!destroyed && r.id.kind == kind::role)
            w.member(r.id.account + "/" + r.id.name, arn_of(v.wanted.partition, r.id, path_of(r)));
    w.end_object().key("pipeline_arns").begin_object();
    for (const wanted_resource& r : v.wanted.resources) {
        if (destroyed || r.id.kind != kind::pipeline) continue;
        ++pipelines;
        only_arn = arn_of(v.wanted.partition, r.id);
        w.member(r.id.account + "/" + r.id.region + "/" + r.id.name, only_arn);
    }
    w.end_object();
    if (!only_url.empty()) w.member("queue_url", only_url);
    if (pipelines == 1) w.member("pipeline_arn", only_arn);
    return w.end_object().take();
}

}  // namespace trainyard::provision
