#include "aws/local/sqs/queue_registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace trainyard::aws::local {

namespace {

constexpr std::string_view fifo_suffix = ".fifo";
constexpr std::size_t max_name = 80;  // with the suffix

bool is_plain_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    });
}

sqs_result<void> check_name(std::string_view name, bool fifo) {
    const bool ends = name.size() > fifo_suffix.size() && name.ends_with(fifo_suffix);
    if (fifo) {
        if (name.size() <= max_name && ends &&
            is_plain_name(name.substr(0, name.size() - fifo_suffix.size())))
            return {};
        return sqs_error::invalid_parameter(
            "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, "
            "must end with "
            ".fifo suffix and be 1 to 80 in length");
    }
    if (name.size() <= max_name && is_plain_name(name)) return {};
    return sqs_error::invalid_parameter(
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
}

// Beyond ASCII everything counts as a letter.
bool has_tag_characters(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        const bool space = c == ' ' || (c >= '\t' && c <= '\r');
        return plain || space || static_cast<unsigned char>(c) >= 0x80 ||
               std::string_view{"_.:/=+-@"}.find(c) != std::string_view::npos;
    });
}

sqs_result<void> check_tags(const string_map& tags) {
    constexpr std::size_t max_key = 128, max_value = 256;
    for (const auto& [key, value] : tags) {
        for (const std::string* text : {&key, &value})
            if (!has_tag_characters(*text))
                return sqs_error::invalid_parameter(fmt::format(
                    "The tag '{}' is invalid: it can only include letters, digits, white space and "
                    "_ . : / = + - @",
                    *text));
        if (key.empty() || key.size() > max_key || key.starts_with("aws:"))
            return sqs_error::invalid_parameter(fmt::format(
                "Tag key '{}' is invalid: it must have 1 to {} characters and not begin with aws:", key,
                max_key));
        if (value.size() > max_value)
            return sqs_error::invalid_parameter(
                fmt::format("The value of tag '{}' is longer than {} characters", key, max_value));
    }
    return {};
}

}  // namespace

std::string queue_key::arn() const {
    return fmt::format("arn:aws:sqs:{}:{}:{}", region.str(), account.str(), name);
}

std::optional<queue_key> parse_queue_arn(std::string_view arn) {
    constexpr std::string_view head = "arn:aws:sqs:";
    if (!arn.starts_with(head)) return std::nullopt;
    arn.remove_prefix(head.size());
    const auto first = arn.find(':');
    if (first == std::string_view::npos) return std::nullopt;
    const auto second = arn.find(':', first + 1);
    if (second == std::string_view::npos || second + 1 == arn.size()) return std::nullopt;
    return queue_key{account_id(arn.substr(first + 1, second - first - 1)), region_name(arn.substr(0, first)),
                     std::string(arn.substr(second + 1))};
}

sqs_result<std::shared_ptr<queue>> queue_registry::create(const queue_key& key, const string_map& attributes,
                                                          const string_map& tags, wall_time now) {
    const auto type = attributes.find("FifoQueue");
    const bool fifo = type != attributes.end() && type->second == "true";
    if (const auto named = check_name(key.name, fifo); !named) return named.error();
    if (type != attributes.end() && !fifo)
        return type->second == "false" ? sqs_error::unknown_attribute("FifoQueue")
                                       : sqs_error::invalid_attribute_value("FifoQueue");
    auto wanted = queue_attributes(fifo).with(attributes);
    if (!wanted) return wanted.error();
    if (const auto found = queues_.find(key); found != queues_.end()) {
        if (const auto other = found->second->attributes.first_difference(attributes)) {
            service_error e = sqs_error::plain(
                "QueueNameExists", 400,
                fmt::format(
                    "A queue already exists with the same name and a different value for attribute {}",
                    *other));
            e.query_code = "QueueAlreadyExists";
            return e;
        }
        return found->second;
    }
    if (const auto gone = deleted_.find(key); gone != deleted_.end()) {
        if (gone->second + queue_settle_time > now)
            return sqs_error::modelled(
                "QueueDeletedRecently",
                "You must wait 60 seconds after deleting a queue before you can create another "
                "with the same name.");
        deleted_.erase(gone);
        if (changes_) changes_->names.insert(key);
    }
    if (const auto redrive = check_redrive(key, *wanted); !redrive) return redrive.error();
    if (const auto tagged = check_tags(tags); !tagged) return tagged.error();
    if (tags.size() > max_queue_tags)
        return sqs_error::invalid_parameter(fmt::format("Too many tags added for queue {}.", key.name));
    const store_settings settings = wanted->store();
    auto made =
        std::make_shared<queue>(queue{key, ++last_id_, std::move(*wanted), tags, now, now, std::nullopt,
                                      false, queue_store(settings, random_.next_u64())});
    queues_.emplace(key, made);
    mark(key);
    if (changes_) keep_changes_of(*made);
    return made;
}

std::shared_ptr<queue> queue_registry::find(const queue_key& key) const {
    const auto found = queues_.find(key);
    return found == queues_.end() ? nullptr : found->second;
}

void queue_registry::remove(const queue_key& key, wall_time now) {
    const auto found = queues_.find(key);
    if (found == queues_.end()) return;
    mark(key);
    found->second->deleted = true;
    found->second->store.purge();
    if (changes_) {
        changes_->stores.erase(found->second->id);
        changes_->names.insert(key);
    }
    queues_.erase(found);
    deleted_.insert_or_assign(key, now);
}

sqs_result<void> queue_registry::set_attributes(queue& q, const string_map& attributes, wall_time now) {
    auto wanted = q.attributes.with(attributes);
    if (!wanted) return wanted.error();
    // A target that was deleted since it was set does not stop changes of other attributes.
    if (attributes.contains("RedrivePolicy"))
        if (const auto redrive = check_redrive(q.key, *wanted); !redrive) return redrive.error();
    q.attributes = std::move(*wanted);
    q.modified = now;
    mark(q.key);
    q.store.configure(q.attributes.store(), now);
    return {};
}

sqs_result<void> queue_registry::check_redrive(const queue_key& source,
                                               const queue_attributes& attributes) const {
    if (!attributes.redrive()) return {};
    const auto refuse = [&](std::string_view reason) {
        return sqs_error::invalid_value(attributes.values().find("RedrivePolicy")->second, "RedrivePolicy",
                                        reason);
    };
    const auto target_key = parse_queue_arn(attributes.redrive()->target_arn);
    if (!target_key) return refuse("Dead letter target is not a valid ARN.");
    if (target_key->account != source.account)
        return refuse("Dead letter target owner should be same as the source.");
    if (target_key->region != source.region)
        return refuse("Dead-letter target should be in the same region as the source.");
    const auto target = find(*target_key);
    if (!target) return refuse("Dead letter target does not exist.");
    if (target->attributes.fifo() != attributes.fifo())
        return refuse("Dead-letter queue must be same type of queue as the source.");
    const redrive_permission& p = target->attributes.permission();
    const bool listed = std::find(p.sources.begin(), p.sources.end(), source.arn()) != p.sources.end();
    if (p.who == redrive_permission::kind::deny_all ||
        (p.who == redrive_permission::kind::by_queue && !listed))
        return refuse(
            fmt::format("Queue {} does not permit this queue as a redrive source.", target_key->arn()));
    return {};
}

sqs_result<void> queue_registry::purge(queue& q, wall_time now) {
    if (q.purged && *q.purged + queue_settle_time > now) {
        service_error e = sqs_error::modelled(
            "PurgeQueueInProgress",
            fmt::format("Only one PurgeQueue operation on {} is allowed every 60 seconds.", q.key.name));
        e.status = 403;
        return e;
    }
    q.purged = now;
    mark(q.key);
    q.store.purge();
    return {};
}

sqs_result<void> queue_registry::tag(queue& q, const string_map& tags) {
    if (const auto good = check_tags(tags); !good) return good.error();
    string_map merged = q.tags;
    for (const auto& [key, value] : tags) merged.insert_or_assign(key, value);
    if (merged.size() > max_queue_tags)
        return sqs_error::invalid_parameter(fmt::format("Too many tags added for queue {}.", q.key.name));
    q.tags = std::move(merged);
    mark(q.key);
    return {};
}

void queue_registry::untag(queue& q, const std::vector<std::string>& keys) {
    for (const std::string& key : keys) q.tags.erase(key);
    mark(q.key);
}

queue_registry::page queue_registry::list(const account_id& account, const region_name& region,
                                          std::string_view prefix, std::string_view after,
                                          std::size_t max) const {
    page out;
    const std::string_view start = after > prefix ? after : prefix;
    for (auto at = queues_.lower_bound({account, region, std::string(start)}); at != queues_.end(); ++at) {
        const queue_key& k = at->first;
        if (k.account != account || k.region != region || !std::string_view(k.name).starts_with(prefix))
            break;
        if (k.name == after) continue;
        if (out.queues.size() == max) {
            out.more = true;
            break;
        }
        out.queues.push_back(at->second);
    }
    return out;
}

queue_registry::received queue_registry::receive(queue& q, receive_request request, wall_time now,
                                                 rng& random) {
    received out;
    if (const auto& policy = q.attributes.redrive()) {
        if (const auto key = parse_queue_arn(policy->target_arn)) out.dead_letter_queue = find(*key);
        request.max_receive_count = out.dead_letter_queue ? policy->max_receive_count : 0;
    }
    out.batch = q.store.receive(request, now, random);
    if (out.batch.dead_letters.empty()) out.dead_letter_queue.reset();
    const std::string source = q.key.arn();
    // A queue may be its own dead-letter queue; deliveries point into the store, which keeps them in place.
    for (queue_message& m : out.batch.dead_letters)
        out.dead_letter_queue->store.put_dead_letter(std::move(m), source, now);
    out.batch.dead_letters.clear();
    return out;
}

std::vector<std::shared_ptr<queue>> queue_registry::dead_letter_sources(const queue& q) const {
    std::vector<std::shared_ptr<queue>> out;
    const std::string arn = q.key.arn();
    for (const auto& [key, other] : queues_)
        if (other->attributes.redrive() && other->attributes.redrive()->target_arn == arn)
            out.push_back(other);
    return out;
}

std::size_t queue_registry::messages() const {
    std::size_t n = 0;
    for (const auto& [key, q] : queues_) n += q->store.size();
    return n;
}

queue_store::counts queue_registry::counts(wall_time now) const {
    queue_store::counts all;
    for (const auto& [key, q] : queues_) {
        const auto one = q->store.count(now);
        all.visible += one.visible;
        all.in_flight += one.in_flight;
        all.delayed += one.delayed;
    }
    return all;
}

void queue_registry::mark(const queue_key& key) {
    if (!changes_) return;
    const auto& q = queues_.find(key)->second;
    changes_->queues.insert_or_assign(q->id, q);
}

void queue_registry::keep_changes_of(queue& q) {
    q.store.keep_changes([this, &q] {
        if (!q.deleted) changes_->stores.emplace(q.id, &q);
    });
}

void queue_registry::keep_changes() {
    changes_ = std::make_unique<registry_changes>();
    for (const auto& [key, q] : queues_) keep_changes_of(*q);
}

bool queue_registry::changed() const {
    return changes_ && !(changes_->queues.empty() && changes_->stores.empty() && changes_->names.empty());
}

registry_changes queue_registry::take_changes() {
    return std::exchange(*changes_, {});
}

std::optional<wall_time> queue_registry::deleted_at(const queue_key& key) const {
    const auto found = deleted_.find(key);
    return found == deleted_.end() ? std::nullopt : std::optional{found->second};
}

void queue_registry::restore(std::shared_ptr<queue> q) {
    last_id_ = std::max(last_id_, q->id);
    const queue_key key = q->key;
    queues_.insert_or_assign(key, std::move(q));
}

}  // namespace trainyard::aws::local
