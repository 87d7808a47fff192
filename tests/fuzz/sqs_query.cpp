// Forms of SQS's Query protocol and the XML they are answered with (aws/local/sqs/sqs_query.hpp). Input:
// path, NUL, form.
#include <pugixml.hpp>

#include <algorithm>

#include "aws/local/sqs/sqs_query.hpp"
#include "aws/local/sqs/sqs_query_table.hpp"
#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

using namespace aws::local;

bool is_xml_text(std::string_view text) {
    return escape_xml(text).find('?') == std::string::npos;
}

void check_refusal(const service_error& e) {
    require(e.status == 400 || e.status == 404, "a refusal of a form has a status of AWS");
    pugi::xml_document xml;
    require(static_cast<bool>(xml.load_string(sqs_query_error(e, "r").c_str())),
            "an error is well-formed XML");
    const auto error = xml.child("ErrorResponse").child("Error");
    require(*error.child("Code").text().get() != '\0', "an error has a code");
    require(*error.child("Message").text().get() != '\0', "and a message");
}

void check_members(json::value v, std::span<const query_member> all) {
    const auto members = v.members();
    for (auto at = members.begin(); at != members.end(); ++at)
        require(std::ranges::find(all, at.key(), &query_member::json) != all.end(),
                "the input has members of its operation alone");
}

// What a form brought in comes out of the XML as it was.
void check_answer(std::string_view body) {
    json::writer output;
    output.begin_object().key("Messages").begin_array().begin_object().member("Body", body);
    output.end_object().end_array().end_object();
    const std::string text = sqs_query_answer("ReceiveMessage", output.text(), "r");
    pugi::xml_document xml;
    require(static_cast<bool>(xml.load_string(text.c_str(), pugi::parse_default | pugi::parse_ws_pcdata)),
            "an answer is well-formed XML");
    const auto message = xml.child("ReceiveMessageResponse").child("ReceiveMessageResult").child("Message");
    if (is_xml_text(body)) require(message.child("Body").text().get() == body, "a body comes back");
}

}  // namespace

void run_sqs_query(std::string_view input) {
    const std::string_view path = take_part(input);
    const auto form = parse_form(input);
    if (!form) return;
    const auto call = read_sqs_query(*form, path);
    if (!call) return check_refusal(call.error());
    const query_operation* operation = find_query_operation(call->operation);
    require(operation && form->at("Action") == call->operation, "the operation is the action");
    const auto document = json::document::parse(call->input, query_input_limits());
    require(document && document->root().is_object(), "the input is a JSON object");
    check_members(document->root(), operation->input);
    if (const auto body = form->find("MessageBody"); body != form->end()) check_answer(body->second);
    if (is_queue_path(path) && !form->contains("QueueUrl") && operation->input.front().json == "QueueUrl")
        require(document->root().find("QueueUrl").string() == path, "the path is the queue");
}

}  // namespace trainyard::fuzz
