#include "scheduler/lifecycle/request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::lifecycle {
namespace {

constexpr std::size_t description_max = 3072;  // of a pipeline execution

const std::string* find_value(const pool_values& pool, std::string_view name) {
    if (name == "pool.name") return &pool.name;
    if (name == "pool.account") return &pool.account;
    if (name == "pool.region") return &pool.region;
    if (name == "pool.execution_role") return &pool.execution_role;
    if (name == "pool.bucket") return &pool.bucket;
    return nullptr;
}

// Copies a subtree with every string filled. Depth is bounded by the limit the document was read with.
result<void> copy_filled(json::value from, const pool_values& pool, json::writer& to) {
    if (from.is_array()) {
        to.begin_array();
        for (const json::value v : from.elements())
            if (auto r = copy_filled(v, pool, to); !r) return r;
        to.end_array();
    } else if (from.is_object()) {
        to.begin_object();
        for (auto i = from.members().begin(); i != from.members().end(); ++i) {
            to.key(i.key());
            if (auto r = copy_filled(*i, pool, to); !r) return r;
        }
        to.end_object();
    } else if (const auto text = from.string()) {
        auto filled = fill_placeholders(*text, pool);
        if (!filled) return filled.error();
        to.string(*filled);
    } else {
        to.copy(from);
    }
    return {};
}

result<void> write_tags(json::value own, const std::map<std::string, std::string>& ours,
                        const pool_values& pool, json::writer& to) {
    to.begin_array();
    for (const json::value v : own.elements())
        if (auto r = copy_filled(v, pool, to); !r) return r;
    for (const auto& [key, value] : ours)
        to.begin_object().member("Key", key).member("Value", value).end_object();
    to.end_array();
    return {};
}

}  // namespace

bool is_placeholder(std::string_view name) {
    return find_value(pool_values{}, name) != nullptr;
}

result<std::string> fill_placeholders(std::string_view text, const pool_values& pool) {
    std::string out;
    for (std::size_t at = 0;;) {
        const auto open = text.find("${", at);
        if (open == std::string_view::npos) return out.append(text.substr(at));
        const auto close = text.find('}', open);
        const auto name =
            close == std::string_view::npos ? std::string_view{} : text.substr(open + 2, close - open - 2);
        const std::string* value = find_value(pool, name);
        if (value == nullptr)
            return error{errc::invalid_argument,
                         fmt::format("'{}' holds a placeholder that does not exist", printable(text))};
        if (value->empty())
            return error{errc::invalid_argument,
                         fmt::format("the account of pool {} has no {}; add it to the fleet file", pool.name,
                                     name.substr(name.find('.') + 1))};
        out.append(text.substr(at, open - at)).append(*value);
        at = close + 1;
    }
}

std::string sagemaker_name(std::string_view name, job_id id, int attempt, kind k) {
    const std::string tail = fmt::format("-{}-{}", to_text(id), attempt);
    const std::size_t room = row_of(k).name_max - 3 - std::min(row_of(k).name_max - 3, tail.size());
    std::string head = "ty-" + std::string{name.substr(0, room)};
    while (head.back() == '-') head.pop_back();
    if (k == kind::endpoint)
        for (char& c : head)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return head + tail;
}

std::map<std::string, std::string> owner_tags(const std::string& installation, const job_facts& facts,
                                              int attempt) {
    return {{"trainyard:owner", installation},
            {"trainyard:job", to_text(facts.id)},
            {"trainyard:attempt", std::to_string(attempt)},
            {"trainyard:spec", facts.spec_hash},
            {"trainyard:tenant", facts.tenant}};
}

std::string owner_description(const std::map<std::string, std::string>& tags, std::string_view own) {
    json::writer w;
    w.begin_object();
    for (const auto& [key, value] : tags) w.member(key, std::string_view{value});
    std::string text = w.end_object().take();
    if (!own.empty()) text.append("\n").append(own);
    // A cut inside a character would be no UTF-8 any more.
    std::size_t end = std::min(text.size(), description_max);
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
    return text;
}

std::map<std::string, std::string> tags_of_description(std::string_view description) {
    std::map<std::string, std::string> tags;
    const auto parsed = json::document::parse(description.substr(0, description.find('\n')));
    if (!parsed) return tags;
    const json::value root = parsed->root();
    for (auto i = root.members().begin(); i != root.members().end(); ++i)
        if (const auto text = (*i).string()) tags.emplace(i.key(), *text);
    return tags;
}

result<std::string> build_request(std::string_view request, const job_facts& facts, int attempt,
                                  const std::string& installation, const pool_values& pool) {
    auto document = json::document::parse(request);
    if (!document) return with_context(document.error(), "the recorded request of job " + to_text(facts.id));
    const kind k = kind_of(facts);
    const kind_row& row = row_of(k);
    const std::string name = sagemaker_name(facts.name, facts.id, attempt, k);
    const auto tags = owner_tags(installation, facts, attempt);
    json::writer w;
    w.begin_object().member(row.name_member, std::string_view{name});
    const json::value root = document->root();
    for (auto i = root.members().begin(); i != root.members().end(); ++i) {
        const bool ours = i.key() == row.name_member || (row.tagged && i.key() == "Tags") ||
                          (facts.terms.own_config && i.key() == "EndpointConfig") ||
                          (k == kind::pipeline &&
                           (i.key() == "ClientRequestToken" || i.key() == "PipelineExecutionDescription"));
        if (ours) continue;
        w.key(i.key());
        if (auto r = copy_filled(*i, pool, w); !r) return r.error();
    }
    if (facts.terms.own_config) w.member("EndpointConfigName", std::string_view{name});
    if (row.tagged) {
        w.key("Tags");
        if (auto r = write_tags(root.find("Tags"), tags, pool, w); !r) return r.error();
    }
    if (k == kind::pipeline) {
        auto own = fill_placeholders(root.find("PipelineExecutionDescription").string().value_or(""), pool);
        if (!own) return own.error();
        w.member("PipelineExecutionDescription", std::string_view{owner_description(tags, *own)});
        // A function of installation, job and attempt: however often the start is sent, it is one start.
        w.member("ClientRequestToken", std::string_view{sha256_hex(installation + "\n" + name)});
    }
    w.end_object();
    return w.take();
}

result<std::string> build_endpoint_config(std::string_view request, const job_facts& facts, int attempt,
                                          const std::string& installation, const pool_values& pool) {
    auto document = json::document::parse(request);
    if (!document) return with_context(document.error(), "the recorded request of job " + to_text(facts.id));
    const json::value config = document->root().find("EndpointConfig");
    json::writer w;
    w.begin_object();
    w.member("EndpointConfigName",
             std::string_view{sagemaker_name(facts.name, facts.id, attempt, kind::endpoint)});
    for (auto i = config.members().begin(); i != config.members().end(); ++i) {
        w.key(i.key());
        if (auto r = copy_filled(*i, pool, w); !r) return r.error();
    }
    w.key("Tags");
    if (auto r = write_tags({}, owner_tags(installation, facts, attempt), pool, w); !r) return r.error();
    return w.end_object().take();
}

}  // namespace trainyard::lifecycle
