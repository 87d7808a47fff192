// Operations on queues: sqs_operations without messages.
#include <fmt/format.h>

#include <algorithm>

#include "aws/local/model/shapes.hpp"
#include "aws/local/sqs/sqs_operations.hpp"
#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {

namespace {

// As GetQueueAttributes knows them beside the settable ones.
string_map all_attributes(queue& q, wall_time now) {
    string_map all = q.attributes.values();
    const auto seconds = [](wall_time t) { return std::to_string(to_unix_millis(t) / 1000); };
    const queue_store::counts n = q.store.count(now);
    all["QueueArn"] = q.key.arn();
    all["CreatedTimestamp"] = seconds(q.created);
    all["LastModifiedTimestamp"] = seconds(q.modified);
    all["ApproximateNumberOfMessages"] = std::to_string(n.visible);
    all["ApproximateNumberOfMessagesNotVisible"] = std::to_string(n.in_flight);
    all["ApproximateNumberOfMessagesDelayed"] = std::to_string(n.delayed);
    return all;
}

bool is_attribute_name(std::string_view name) {
    const model::service_model& known = model::sqs_model();
    static const model::shape* const names = [&known] {
        const auto found = std::find_if(known.shapes.begin(), known.shapes.end(),
                                        [](const model::shape& s) { return s.name == "QueueAttributeName"; });
        TY_CHECK(found != known.shapes.end(), "the model names the attributes of queues");
        return &*found;
    }();
    const auto all = known.values_of(*names);
    return std::find(all.begin(), all.end(), name) != all.end();
}

std::string map_reply(std::string_view name, const string_map& values) {
    json::writer out;
    out.begin_object();
    if (!values.empty()) {
        out.key(name).begin_object();
        for (const auto& [key, value] : values) out.member(key, value);
        out.end_object();
    }
    out.end_object();
    return out.take();
}

std::string url_reply(const operation_call& call, const queue_key& key) {
    json::writer out;
    out.begin_object().member("QueueUrl", make_queue_url(call, key)).end_object();
    return out.take();
}

struct page_request {
    std::size_t size = max_list_page;
    bool paged = false;  // only then does the answer carry a NextToken
    std::string after;
};

sqs_result<page_request> read_page(sqs_input& in) {
    page_request page;
    const auto size = in.integer("MaxResults");
    const auto token = in.text("NextToken");
    if (in.failed()) return in.error();
    if (size) {
        if (*size < 1 || *size > static_cast<std::int64_t>(max_list_page))
            return sqs_error::invalid_value(std::to_string(*size), "MaxResults",
                                            "MaxResults must be an integer between 1 and 1000.");
        page.size = static_cast<std::size_t>(*size);
        page.paged = true;
    }
    if (token) {
        auto after = from_base64(*token);
        if (!after) return sqs_error::invalid_parameter("Invalid or expired next token.");
        page.after = std::move(*after);
    }
    return page;
}

std::string page_reply(const operation_call& call, std::string_view list, const page_request& asked,
                       const queue_registry::page& page) {
    json::writer out;
    out.begin_object();
    if (!page.queues.empty()) {
        out.key(list).begin_array();
        for (const auto& q : page.queues) out.string(make_queue_url(call, q->key));
        out.end_array();
    }
    if (asked.paged && page.more) out.member("NextToken", to_base64(page.queues.back()->key.name));
    out.end_object();
    return out.take();
}

}  // namespace

std::optional<queue_key> parse_queue_url(std::string_view url, const account_id& caller,
                                         const region_name& region) {
    if (const auto scheme = url.find("://"); scheme != std::string_view::npos) {
        // The host is the client's business: every name and port that leads here is right.
        const auto path = url.find('/', scheme + 3);
        if (path == std::string_view::npos) return std::nullopt;
        url.remove_prefix(path);
    }
    if (url.starts_with('/')) url.remove_prefix(1);
    const auto slash = url.find('/');
    if (slash == std::string_view::npos) {
        if (url.empty()) return std::nullopt;
        return queue_key{caller, region, std::string(url)};
    }
    const std::string_view account = url.substr(0, slash), name = url.substr(slash + 1);
    const bool digits =
        account.size() == 12 && account.find_first_not_of("0123456789") == std::string_view::npos;
    if (!digits || name.empty() || name.find('/') != std::string_view::npos) return std::nullopt;
    return queue_key{account_id(account), region, std::string(name)};
}

std::string make_queue_url(const operation_call& call, const queue_key& key) {
    return fmt::format("{}/{}/{}", call.base_url, key.account.str(), key.name);
}

service_reply sqs_operations::create_queue(const operation_call& call) {
    sqs_input in(call.input);
    const queue_key key{call.who.account, call.region, std::string(in.required("QueueName"))};
    const string_map attributes = in.map("Attributes");
    const string_map tags = in.map("tags");
    if (in.failed()) return in.error();
    const auto made = registry_.create(key, attributes, tags, call.now);
    if (!made) return made.error();
    return url_reply(call, key);
}

service_reply sqs_operations::delete_queue(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    registry_.remove((*q)->key, call.now);
    moves_.forget(**q);
    changed_(**q);
    return std::string();
}

service_reply sqs_operations::get_queue_url(const operation_call& call) {
    sqs_input in(call.input);
    const std::string_view name = in.required("QueueName");
    const auto owner = in.text("QueueOwnerAWSAccountId");
    if (in.failed()) return in.error();
    const queue_key key{owner ? account_id(*owner) : call.who.account, call.region, std::string(name)};
    const auto q = registry_.find(key);
    if (!q) return sqs_error::queue_does_not_exist();
    if (const auto allowed = authorise(call, *q); !allowed) return allowed.error();
    return url_reply(call, key);
}

service_reply sqs_operations::list_queues(const operation_call& call) {
    sqs_input in(call.input);
    const std::string_view prefix = in.text("QueueNamePrefix").value_or("");
    const auto asked = read_page(in);
    if (!asked) return asked.error();
    return page_reply(call, "QueueUrls", *asked,
                      registry_.list(call.who.account, call.region, prefix, asked->after, asked->size));
}

service_reply sqs_operations::list_dead_letter_source_queues(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    sqs_input in(call.input);
    const auto asked = read_page(in);
    if (!asked) return asked.error();
    queue_registry::page page;
    for (auto& source : registry_.dead_letter_sources(**q)) {
        if (!asked->after.empty() && source->key.name <= asked->after) continue;
        page.more = page.queues.size() == asked->size;
        if (page.more) break;
        page.queues.push_back(std::move(source));
    }
    return page_reply(call, "queueUrls", *asked, page);
}

service_reply sqs_operations::get_queue_attributes(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    sqs_input in(call.input);
    const std::vector<std::string> names = in.texts("AttributeNames");
    if (in.failed()) return in.error();
    const string_map all = all_attributes(**q, call.now);
    string_map shown;
    for (const std::string& name : names) {
        if (!is_attribute_name(name)) return sqs_error::unknown_attribute(name);
        if (name == "All") shown = all;
        if (const auto found = all.find(name); found != all.end()) shown.insert(*found);
    }
    return map_reply("Attributes", shown);
}

service_reply sqs_operations::set_queue_attributes(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    sqs_input in(call.input);
    const string_map attributes = in.map("Attributes");
    if (in.failed()) return in.error();
    if (attributes.empty()) return sqs_error::missing_parameter("Attributes");
    const auto set = registry_.set_attributes(**q, attributes, call.now);
    if (!set) return set.error();
    changed_(**q);
    return std::string();
}

service_reply sqs_operations::purge_queue(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    const auto purged = registry_.purge(**q, call.now);
    if (!purged) return purged.error();
    return std::string();
}

service_reply sqs_operations::tag_queue(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    sqs_input in(call.input);
    const string_map tags = in.map("Tags");
    if (in.failed()) return in.error();
    if (tags.empty()) return sqs_error::missing_parameter("Tags");
    const auto tagged = registry_.tag(**q, tags);
    if (!tagged) return tagged.error();
    return std::string();
}

service_reply sqs_operations::untag_queue(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    sqs_input in(call.input);
    const std::vector<std::string> keys = in.texts("TagKeys");
    if (in.failed()) return in.error();
    if (keys.empty()) return sqs_error::missing_parameter("TagKeys");
    registry_.untag(**q, keys);
    return std::string();
}

service_reply sqs_operations::list_queue_tags(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    return map_reply("Tags", (*q)->tags);
}

}  // namespace trainyard::aws::local
