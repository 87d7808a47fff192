#include "aws/local/sagemaker/search/search.hpp"

#include <algorithm>
#include <compare>
#include <set>

#include "aws/local/base/validation.hpp"
#include "aws/local/sagemaker/search/search_expression.hpp"
#include "engine/base/check.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::sagemaker::search {
namespace {

constexpr resource resources[] = {
    {"TrainingJob", "TrainingJob", ""}, {"HyperParameterTuningJob", "HyperParameterTuningJob", ""},
    {"Pipeline", "Pipeline", ""},       {"PipelineExecution", "PipelineExecution", ""},
    {"Endpoint", "Endpoint", ""},       {"Model", "Model", "Model"},
};

json::document parse(const std::string& body) {
    json::limits generous;
    generous.bytes *= 2;  // the front accepted a request under its own limits; a record repeats and adds
    auto document = json::document::parse(body, generous);
    TY_CHECK(document.has_value(), "a record is JSON");
    return *std::move(document);
}

// The shape that holds the properties.
std::uint16_t properties_shape(const resource& of, const model::service_model& m) {
    const model::operation* search = m.find("Search");
    TY_CHECK(search, "the model has Search");
    std::uint16_t shape = m.find_member(m.at(search->output), "Results")->shape;
    shape = m.members_of(m.at(shape))[0].shape;
    for (const std::string_view member : {of.member, of.inside})
        if (!member.empty()) {
            const model::member* found = m.find_member(m.at(shape), member);
            TY_CHECK(found, "the model knows each resource");
            shape = found->shape;
        }
    return shape;
}

struct sort_key {
    bool there = false;
    double number = 0;
    std::string text;
    std::string id;
    friend std::partial_ordering operator<=>(const sort_key&, const sort_key&) = default;
};

sort_key key_of(json::value properties, const property_path& by, const std::string& id) {
    sort_key out;
    out.id = id;
    out.there = any_value(properties, by, [&](json::value v) {
        if (const auto n = v.number())
            out.number = *n;
        else if (const auto s = v.string())
            out.text = std::string{*s};
        else if (const auto b = v.boolean())
            out.number = *b ? 1 : 0;
        else
            return false;
        return true;
    });
    return out;
}

// What a token belongs to: the same question, or another page makes no sense.
std::string fingerprint(json::value input) {
    json::writer question;
    question.begin_object();
    for (const char* member : {"Resource", "SearchExpression", "SortBy", "SortOrder"})
        if (const json::value v = input.find(member); !v.is_null()) question.member(member, v);
    question.end_object();
    return sha256_hex(question.take()).substr(0, 16);
}

std::string make_token(const std::string& question, const sort_key& last) {
    json::writer out;
    out.begin_array()
        .string(question)
        .boolean(last.there)
        .number(last.number)
        .string(last.text)
        .string(last.id);
    out.end_array();
    return to_base64(out.take());
}

std::optional<sort_key> read_token(std::string_view token, const std::string& question) {
    const auto text = from_base64(token);
    const auto document = text ? json::document::parse(*text) : result<json::document>{error{}};
    if (!document || document->root().size() != 5) return std::nullopt;
    const json::value v = document->root();
    const auto there = v.at(1).boolean();
    const auto number = v.at(2).number();
    const auto key = v.at(3).string(), id = v.at(4).string();
    if (v.at(0).string() != question || !there || !number || !key || !id) return std::nullopt;
    return sort_key{*there, *number, std::string{*key}, std::string{*id}};
}

void write_record(const resource& of, json::value properties, const model::service_model& m,
                  std::uint16_t shape, json::writer& out) {
    out.begin_object().key(of.member).begin_object();
    if (!of.inside.empty()) out.key(of.inside).begin_object();
    const auto all = properties.members();
    for (auto at = all.begin(); at != all.end(); ++at)
        if (m.find_member(m.at(shape), at.key())) out.key(at.key()).copy(*at);
    if (!of.inside.empty()) out.end_object();
    out.end_object().end_object();
}

struct hit {
    sort_key key;
    json::document document;
};

}  // namespace

std::optional<resource> find_resource(std::string_view type) {
    const auto found = std::find_if(std::begin(resources), std::end(resources),
                                    [&](const resource& r) { return r.type == type; });
    if (found == std::end(resources)) return std::nullopt;
    return *found;
}

service_reply answer_search(json::value input, const resource& of, const std::vector<record>& records,
                            const model::service_model& m) {
    const std::uint16_t shape = properties_shape(of, m);
    const property_finder find = [&](std::string_view name) {
        // "Model.ModelName" is a model's name in full.
        if (!of.inside.empty() && name.starts_with(of.inside) &&
            name.substr(of.inside.size()).starts_with("."))
            name.remove_prefix(of.inside.size() + 1);
        return resolve(m, shape, name);
    };
    const auto wanted = read_expression(input.find("SearchExpression"), m, find);
    if (!wanted) return wanted.error();
    const json::value sort = input.find("SortBy");
    auto by = sort.is_null() ? find("LastModifiedTime") : find(*sort.string());
    if (!by && sort.is_null()) by = find("CreationTime");
    if (!by) return validation_exception("Unknown property name: " + std::string{*sort.string()});
    const bool ascending = input.find("SortOrder").string() == "Ascending";
    const auto page = static_cast<std::size_t>(
        input.find("MaxResults").integer().value_or(static_cast<std::int64_t>(default_page)));
    const std::string question = fingerprint(input);
    std::optional<sort_key> after;
    if (const auto token = input.find("NextToken").string(); token && !token->empty()) {
        after = read_token(*token, question);
        if (!after) return validation_exception("The NextToken is not one that this search gave.");
    }
    std::vector<hit> hits;
    for (const record& r : records) {
        json::document document = parse(r.body);
        if (matches(*wanted, document.root()))
            hits.push_back({key_of(document.root(), *by, r.id), std::move(document)});
    }
    std::sort(hits.begin(), hits.end(),
              [&](const hit& a, const hit& b) { return ascending ? a.key < b.key : b.key < a.key; });
    std::size_t first = 0;
    if (after)
        while (first < hits.size() && !(ascending ? *after < hits[first].key : hits[first].key < *after))
            ++first;
    const std::size_t last = std::min(hits.size(), first + page);
    json::writer out;
    out.begin_object().key("Results").begin_array();
    for (std::size_t i = first; i < last; ++i) write_record(of, hits[i].document.root(), m, shape, out);
    out.end_array();
    if (last < hits.size()) out.member("NextToken", make_token(question, hits[last - 1].key));
    out.key("TotalHits")
        .begin_object()
        .member("Value", hits.size())
        .member("Relation", "EqualTo")
        .end_object();
    out.end_object();
    return out.take();
}

service_reply answer_suggestions(json::value input, const resource& of, const std::vector<record>& records,
                                 const model::service_model& m) {
    const std::string hint{input.find("SuggestionQuery")
                               .find("PropertyNameQuery")
                               .find("PropertyNameHint")
                               .string()
                               .value_or("")};
    std::set<std::string> names;
    const auto add = [&](std::string name) {
        constexpr std::size_t name_max = 255;  // ResourcePropertyName
        if (name.starts_with(hint) && name.size() <= name_max) names.insert(std::move(name));
    };
    for (const model::member& known : m.members_of(m.at(properties_shape(of, m))))
        add(std::string{known.name});
    for (const record& r : records) {
        const json::document document = parse(r.body);
        const json::value parameters = document.root().find("HyperParameters");
        const auto all = parameters.members();
        for (auto at = all.begin(); at != all.end(); ++at) add("HyperParameters." + std::string{at.key()});
        for (const json::value tag : document.root().find("Tags").elements())
            add("Tags." + std::string{tag.find("Key").string().value_or("")});
        for (const json::value metric : document.root().find("FinalMetricDataList").elements())
            add("Metrics." + std::string{metric.find("MetricName").string().value_or("")});
    }
    json::writer out;
    out.begin_object().key("PropertyNameSuggestions").begin_array();
    std::size_t told = 0;
    for (const std::string& name : names) {
        if (told++ == suggestions_max) break;
        out.begin_object().member("PropertyName", name).end_object();
    }
    out.end_array().end_object();
    return out.take();
}

}  // namespace trainyard::aws::local::sagemaker::search
