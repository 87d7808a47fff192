// Operations on the targets of a rule.
#include <fmt/format.h>

#include <set>

#include "aws/local/events/events_input.hpp"
#include "aws/local/events/events_operations.hpp"

namespace trainyard::aws::local::events {
namespace {

constexpr std::size_t max_entries = 10;  // of one PutTargets or RemoveTargets, by AWS's documentation

// FailedEntryCount and FailedEntries of an answer of 200.
class failures {
public:
    failures() { list_.begin_array(); }
    void add(std::string_view id, std::string_view code, std::string_view message) {
        ++count_;
        list_.begin_object().member("TargetId", id).member("ErrorCode", code);
        list_.member("ErrorMessage", message).end_object();
    }
    std::string take() {
        list_.end_array();
        json::writer out;
        out.begin_object().member("FailedEntryCount", count_).key("FailedEntries").number_text(list_.take());
        out.end_object();
        return out.take();
    }

private:
    json::writer list_;
    std::size_t count_ = 0;
};

service_error too_many() {
    return validation_exception(
        fmt::format("The request has more than {} entries, the most that are allowed.", max_entries));
}

}  // namespace

service_reply events_operations::put_targets(const operation_call& call) {
    const auto found = addressed_rule(call, "Rule");
    if (!found) return found.error();
    rule& r = *found->what;
    const json::value entries = call.input.find("Targets");
    if (entries.size() > max_entries) return too_many();
    std::vector<target> read;
    std::set<std::string> ids;
    for (const json::value entry : entries.elements()) {
        auto one = read_target(entry);
        if (!one) return one.error();
        if (!ids.insert(one->id).second)
            return validation_exception(fmt::format("The target id {} occurs twice.", one->id));
        read.push_back(std::move(*one));
    }
    std::size_t more = 0;
    for (const target& t : read)
        if (kind_of_target(t.arn) && !r.targets.contains(t.id)) ++more;
    if (r.targets.size() + more > max_targets)
        return limit_exceeded("The requested resource exceeds the maximum number allowed.");
    buses_.touched(*found->on, r.name);
    failures failed;
    for (target& t : read) {
        if (kind_of_target(t.arn))
            r.targets.insert_or_assign(t.id, t);
        else
            failed.add(t.id, "ValidationException",
                       fmt::format("Here {} cannot be a target: queues and event buses can.", t.arn));
    }
    return failed.take();
}

service_reply events_operations::remove_targets(const operation_call& call) {
    const auto found = addressed_rule(call, "Rule");
    if (!found) return found.error();
    const json::value ids = call.input.find("Ids");
    if (ids.size() > max_entries) return too_many();
    buses_.touched(*found->on, found->what->name);
    failures failed;
    for (const json::value each : ids.elements()) {
        const std::string id{each.string().value_or("")};
        if (found->what->targets.erase(id) == 0)
            failed.add(id, "ResourceNotFoundException",
                       fmt::format("Rule {} does not have a target with the Id {}.", found->what->name, id));
    }
    return failed.take();
}

service_reply events_operations::list_targets_by_rule(const operation_call& call) {
    const auto found = addressed_rule(call, "Rule");
    if (!found) return found.error();
    return write_page(call.input, "Targets", found->what->targets,
                      [](json::writer& out, const target& t) { out.number_text(t.definition); });
}

}  // namespace trainyard::aws::local::events
