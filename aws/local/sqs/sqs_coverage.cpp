#include "aws/local/sqs/sqs_coverage.hpp"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <vector>

#include "aws/local/model/shapes.hpp"
#include "aws/local/sqs/sqs_operations.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::string_view account = "111122223333";
constexpr std::string_view queue_arn = "arn:aws:sqs:us-east-1:111122223333:q";

using inputs = std::map<std::string, std::string>;  // members and their JSON

std::string to_json(const inputs& members) {
    std::string out = "{";
    for (const auto& [name, value] : members)
        out.append(out.size() == 1 ? "" : ",").append(fmt::format("\"{}\":{}", name, value));
    return out + "}";
}

// A value that no member of that kind may have.
std::string_view wrong(model::shape_kind kind) {
    const bool of_many = kind == model::shape_kind::list || kind == model::shape_kind::map ||
                         kind == model::shape_kind::structure;
    return of_many ? "7" : R"([{"a":1}])";
}

std::string told(const service_error& e) {
    return e.type + " " + e.message;
}

std::string call(sqs_operations& sqs, const std::string& operation, const inputs& members) {
    const auto input = json::document::parse(to_json(members));
    if (!input) return input.error().message;
    operation_call c;
    c.operation = operation;
    c.input = input->root();
    c.who.account = account_id{account};
    c.who.arn = fmt::format("arn:aws:iam::{}:user/local", account);
    c.region = region_name{"us-east-1"};
    c.base_url = "http://localhost";
    if (operation == "ReceiveMessage") {
        const auto begun = sqs.begin_receive(c);
        return begun ? std::string{} : told(begun.error());
    }
    const service_reply reply = sqs.perform(c);
    return reply ? *reply : told(reply.error());
}

// The answer of the operation to the input, on queues of its own: "q", and one whose dead letters it takes.
std::string ask(const std::string& operation, const inputs& members) {
    sqs_operations sqs{1, [](const queue&) {}};
    call(sqs, "CreateQueue", {{"QueueName", "\"q\""}});
    const std::string redrive = fmt::format(
        R"({{"RedrivePolicy":"{{\"deadLetterTargetArn\":\"{}\",\"maxReceiveCount\":1}}"}})", queue_arn);
    call(sqs, "CreateQueue", {{"QueueName", "\"source\""}, {"Attributes", redrive}});
    return call(sqs, operation, members);
}

// What each operation needs to be asked of anything else.
inputs required(std::string_view operation) {
    inputs out;
    const auto also = [&](const char* name, std::string value) { out.emplace(name, std::move(value)); };
    for (const model::member& m :
         model::sqs_model().members_of(model::sqs_model().at(model::sqs_model().find(operation)->input)))
        if (m.name == "QueueUrl") also("QueueUrl", "\"q\"");
    if (operation == "CreateQueue" || operation == "GetQueueUrl") also("QueueName", "\"q\"");
    if (operation == "SendMessage") also("MessageBody", "\"x\"");
    if (operation == "DeleteMessage" || operation == "ChangeMessageVisibility")
        also("ReceiptHandle", "\"x\"");
    if (operation == "ChangeMessageVisibility") also("VisibilityTimeout", "1");
    if (operation == "SetQueueAttributes") also("Attributes", R"({"DelaySeconds":"0"})");
    if (operation == "TagQueue") also("Tags", R"({"k":"v"})");
    if (operation == "UntagQueue") also("TagKeys", R"(["k"])");
    if (operation == "AddPermission" || operation == "RemovePermission") also("Label", "\"l\"");
    if (operation == "AddPermission") {
        also("AWSAccountIds", fmt::format("[\"{}\"]", account));
        also("Actions", R"(["SendMessage"])");
    }
    if (operation == "StartMessageMoveTask" || operation == "ListMessageMoveTasks")
        also("SourceArn", fmt::format("\"{}\"", queue_arn));
    if (operation == "CancelMessageMoveTask") also("TaskHandle", "\"x\"");
    return out;
}

inputs required_of_entry(std::string_view operation) {
    inputs out{{"Id", "\"a\""}};
    if (operation == "SendMessageBatch")
        out.emplace("MessageBody", "\"x\"");
    else
        out.emplace("ReceiptHandle", "\"x\"");
    if (operation == "ChangeMessageVisibilityBatch") out.emplace("VisibilityTimeout", "1");
    return out;
}

void say(std::string& list, std::string_view name) {
    list.append(list.empty() ? "" : ", ").append(name);
}

}  // namespace

std::string sqs_coverage() {
    const model::service_model& known = model::sqs_model();
    std::string out = "| Operation | Read | Ignored |\n|---|---|---|\n";
    for (const model::operation& o : known.operations) {
        const std::string operation{o.name};
        std::string read, ignored;
        const inputs right = required(o.name);
        for (const model::member& m : known.members_of(known.at(o.input))) {
            const model::shape& shape = known.at(m.shape);
            const std::string name{m.name};
            if (name != "Entries") {
                inputs other = right;
                other.insert_or_assign(name, std::string{wrong(shape.kind)});
                const bool told = ask(operation, other) != ask(operation, right);
                say(told ? read : ignored, name);
                continue;
            }
            const inputs entry = required_of_entry(o.name);
            const auto with = [&](const inputs& e) {
                inputs all = right;
                all.emplace(name, "[" + to_json(e) + "]");
                return ask(operation, all);
            };
            for (const model::member& inner :
                 known.members_of(known.at(known.members_of(shape).front().shape))) {
                inputs other = entry;
                other.insert_or_assign(std::string{inner.name},
                                       std::string{wrong(known.at(inner.shape).kind)});
                say(with(other) != with(entry) ? read : ignored, fmt::format("Entries.{}", inner.name));
            }
        }
        out.append(fmt::format("| {} | {} | {} |\n", o.name, read.empty() ? "-" : read,
                               ignored.empty() ? "-" : ignored));
    }
    return out;
}

}  // namespace trainyard::aws::local
