#include "scheduler/lifecycle/request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/encoding.hpp"

namespace trainyard::lifecycle {
namespace {

constexpr std::size_t sagemaker_name_max = 63;

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

std::string sagemaker_name(std::string_view name, job_id id, int attempt) {
    const std::string tail = fmt::format("-{}-{}", to_text(id), attempt);
    std::string head = "ty-" + std::string{name.substr(0, sagemaker_name_max - 3 - tail.size())};
    while (head.back() == '-') head.pop_back();
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

result<std::string> build_training_request(std::string_view request, const job_facts& facts, int attempt,
                                           const std::string& installation, const pool_values& pool) {
    auto document = json::document::parse(request);
    if (!document) return with_context(document.error(), "the recorded request of job " + to_text(facts.id));
    json::writer w;
    w.begin_object().member("TrainingJobName", sagemaker_name(facts.name, facts.id, attempt));
    json::value tags;
    const json::value root = document->root();
    for (auto i = root.members().begin(); i != root.members().end(); ++i) {
        if (i.key() == "Tags") {
            tags = *i;
            continue;
        }
        w.key(i.key());
        if (auto r = copy_filled(*i, pool, w); !r) return r.error();
    }
    w.key("Tags");
    if (auto r = write_tags(tags, owner_tags(installation, facts, attempt), pool, w); !r) return r.error();
    w.end_object();
    return w.take();
}

}  // namespace trainyard::lifecycle
