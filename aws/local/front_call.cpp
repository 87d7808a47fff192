#include "aws/local/front_call.hpp"

#include "aws/local/model/query.hpp"
#include "aws/local/sqs/sqs_query.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

using input_result = boost::system::result<json::document, service_error>;

input_result parse(const route& where, std::string_view text, const json::limits& limits) {
    auto document = json::document::parse(text, limits);
    if (!document) return framework_error(where, "SerializationException", document.error().message);
    if (!document->root().is_object())
        return framework_error(where, "SerializationException", "The body must be a JSON object.");
    return *std::move(document);
}

input_result read_sqs(const route& where, const http::request& request) {
    if (!where.form) return malformed_query_string();
    const auto read = read_sqs_query(*where.form, request.path());
    if (!read) return read.error();
    return parse(where, read->input, query_input_limits());
}

input_result read_form(const route& where) {
    const service_row* const row = find_row(where.service);
    if (!where.form) return framework_error(where, "MalformedInput", "The body is not a well-formed form.");
    if (!row || !row->query) return unknown_operation(where);
    if (where.operation.empty())
        return framework_error(where, "MissingAction", "The request must contain the parameter Action");
    const auto& model = row->model();
    const auto version = where.form->find("Version");
    if (version != where.form->end() && version->second != model.version)
        return framework_error(where, "NoSuchVersion",
                               "The requested version (" + printable(version->second, 64) + ") of service " +
                                   std::string{row->full_name} + " does not exist");
    const auto* const operation = model.find(where.operation);
    if (!operation) return unknown_operation(where);
    const auto input = model::input_of_form(model, *operation, *where.form);
    if (!input) return input.error();
    return parse(where, *input, query_input_limits());
}

}  // namespace

input_result read_input(const route& where, const http::request& request) {
    if (where.protocol == protocol::json) {
        if (where.operation.empty()) return unknown_operation(where);
        // The server's own limit bounds a body: escapes make a message of 1 MiB three times as long, and one
        // that is too long gets SQS's own error.
        return parse(where, request.body, {.bytes = request.body.size(), .string = request.body.size()});
    }
    return where.service == service_name::sqs ? read_sqs(where, request) : read_form(where);
}

service_reply write_output(const route& where, service_reply reply, std::string_view request_id) {
    if (where.protocol == protocol::json) return reply;
    if (where.service == service_name::sqs) {
        if (!reply) return reply;
        return sqs_query_answer(where.operation, *reply, request_id);
    }
    if (!reply) {
        if (reply.error().type == "UnknownOperationException") return unknown_operation(where);
        return reply;
    }
    const auto& model = find_row(where.service)->model();
    return model::answer_of_output(model, *model.find(where.operation), *reply, request_id);
}

}  // namespace trainyard::aws::local
