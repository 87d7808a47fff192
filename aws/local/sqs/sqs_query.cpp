#include "aws/local/sqs/sqs_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "aws/local/sqs/sqs_query_table.hpp"
#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::string_view xml_namespace = "http://queue.amazonaws.com/doc/2012-11-05/";
constexpr std::string_view no_action = "UnknownOperationException";
constexpr std::size_t index_digits_max = 6;  // far above the fields a form can have

service_error query_failure(int status, std::string_view code, std::string message) {
    return {status, std::string{code}, std::string{code}, std::move(message), true};
}

const std::string* find(const query_parameters& form, const std::string& name) {
    const auto found = form.find(name);
    return found == form.end() ? nullptr : &found->second;
}

std::optional<unsigned> read_index(std::string_view digits) {
    unsigned n = 0;
    if (digits.empty() || digits.size() > index_digits_max || digits.front() == '0') return std::nullopt;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), n);
    if (code != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return n;
}

// Writes the members of one structure. The first wrong field is the error; what is written then is not used.
class reader {
public:
    explicit reader(const query_parameters& form) : form_(form) {}

    // `prefix` is empty or ends with '.'.
    void members(json::writer& out, std::span<const query_member> all, const std::string& prefix) {
        for (const query_member& m : all) member(out, m, prefix + std::string{m.wire});
    }
    void structure(json::writer& out, std::span<const query_member> all, const std::string& prefix) {
        out.begin_object();
        members(out, all, prefix);
        out.end_object();
    }
    const std::optional<service_error>& error() const { return error_; }

private:
    void refuse(service_error e) {
        if (!error_) error_ = std::move(e);
    }

    void member(json::writer& out, const query_member& m, const std::string& name) {
        switch (m.kind) {
            case query_kind::text:
                if (const std::string* value = find(form_, name)) out.member(m.json, *value);
                return;
            case query_kind::blob:
                if (const std::string* value = find(form_, name)) out.member(m.json, *value);
                check_base64(name);
                return;
            case query_kind::integer: return integer(out, m, name);
            case query_kind::list: return list(out, m, name);
            case query_kind::map: return map(out, m, name);
            case query_kind::boolean: break;
        }
        TY_CHECK(false, "no input of SQS has a boolean");
    }

    void check_base64(const std::string& name) {
        const std::string* value = find(form_, name);
        if (value && !from_base64(*value))
            refuse(sqs_error::invalid_value(printable(*value, 64), name, "Must be base64."));
    }

    void integer(json::writer& out, const query_member& m, const std::string& name) {
        const std::string* text = find(form_, name);
        if (!text) return;
        std::int32_t n = 0;  // as the model has it
        const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), n);
        if (code != std::errc{} || end != text->data() + text->size())
            return refuse(sqs_error::invalid_value(printable(*text, 64), name, "Must be an integer."));
        out.member(m.json, n);
    }

    // The indexes N of name.N and name.N.rest, ascending. Gaps are allowed.
    std::set<unsigned> indexes(const std::string& name) {
        const std::string prefix = name + ".";
        std::set<unsigned> out;
        for (auto at = form_.lower_bound(prefix); at != form_.end() && at->first.starts_with(prefix); ++at) {
            const std::string_view rest = std::string_view{at->first}.substr(prefix.size());
            const std::string_view digits = rest.substr(0, rest.find('.'));
            const auto n = read_index(digits);
            if (!n) {
                refuse(sqs_error::invalid_value(printable(digits, 64), name,
                                                "The index must be an integer between 1 and 999999."));
                return {};
            }
            out.insert(*n);
        }
        return out;
    }

    void list(json::writer& out, const query_member& m, const std::string& name) {
        const auto all = indexes(name);
        // An empty batch is another error than one without entries.
        if (all.empty() && m.of.empty()) return;
        out.key(m.json).begin_array();
        for (const unsigned n : all) {
            const std::string element = fmt::format("{}.{}", name, n);
            if (m.of.empty())
                out.string(required(element));
            else
                structure(out, m.of, element + ".");
        }
        out.end_array();
    }

    void map(json::writer& out, const query_member& m, const std::string& name) {
        const auto all = indexes(name);
        if (all.empty()) return;
        out.key(m.json).begin_object();
        std::set<std::string_view> keys;
        for (const unsigned n : all) {
            const std::string element = fmt::format("{}.{}.", name, n);
            const std::string key_field = element + std::string{m.key_name};
            const std::string value_field = element + std::string{m.value_name};
            const std::string& key = required(key_field);
            if (!keys.insert(key).second)
                refuse(sqs_error::invalid_value(printable(key, 300), key_field, "It is repeated."));
            out.key(key);
            if (m.of.empty())
                out.string(required(value_field));
            else
                structure(out, m.of, value_field + ".");
        }
        out.end_object();
    }

    const std::string& required(const std::string& name) {
        static const std::string none;
        if (const std::string* value = find(form_, name)) return *value;
        refuse(sqs_error::missing_parameter(name));
        return none;
    }

    const query_parameters& form_;
    std::optional<service_error> error_;
};

void put_members(std::string& out, json::value from, std::span<const query_member> all);

void put_value(std::string& out, std::string_view name, json::value v, const query_member& m) {
    if (m.of.empty()) {
        out += xml_element(name, v.string().value_or(""));
        return;
    }
    out += fmt::format("<{}>", name);
    put_members(out, v, m.of);
    out += fmt::format("</{}>", name);
}

void put_member(std::string& out, json::value v, const query_member& m) {
    switch (m.kind) {
        case query_kind::text:
        case query_kind::blob: out += xml_element(m.wire, v.string().value_or("")); return;
        case query_kind::integer: out += xml_element(m.wire, v.number_text()); return;
        case query_kind::boolean: out += xml_element(m.wire, v.boolean() == true ? "true" : "false"); return;
        case query_kind::list:
            for (const json::value element : v.elements()) put_value(out, m.wire, element, m);
            return;
        case query_kind::map: break;
    }
    const auto all = v.members();
    for (auto at = all.begin(); at != all.end(); ++at) {
        out += fmt::format("<{}>", m.wire) + xml_element(m.key_name, at.key());
        put_value(out, m.value_name, *at, m);
        out += fmt::format("</{}>", m.wire);
    }
}

void put_members(std::string& out, json::value from, std::span<const query_member> all) {
    for (const query_member& m : all)
        if (const json::value v = from.find(m.json); !v.is_null()) put_member(out, v, m);
}

}  // namespace

bool is_queue_path(std::string_view path) {
    constexpr std::size_t account_digits = 12;
    if (!path.starts_with('/')) return false;
    const std::string_view account = path.substr(1, account_digits);
    const std::string_view rest = path.substr(std::min(path.size(), account_digits + 1));
    return account.size() == account_digits &&
           account.find_first_not_of("0123456789") == std::string_view::npos && rest.size() > 1 &&
           rest.front() == '/' && rest.find('/', 1) == std::string_view::npos &&
           std::all_of(rest.begin(), rest.end(), [](char c) { return c > ' ' && c <= '~'; });
}

sqs_result<query_call> read_sqs_query(const query_parameters& given, std::string_view path) {
    const std::string* action = find(given, "Action");
    if (!action || action->empty())
        return query_failure(400, "MissingAction", "The request must contain the parameter Action.");
    const std::string* version = find(given, "Version");
    if (version && *version != sqs_query_version)
        return query_failure(400, "NoSuchVersion",
                             fmt::format("The requested version ({}) of service AmazonSQS does not exist",
                                         printable(*version, 64)));
    const query_operation* operation = find_query_operation(*action);
    const bool at_queue = is_queue_path(path);
    if (!operation || (operation->only_at_root && at_queue))
        return sqs_error::unknown_operation(printable(*action, 128));
    if (!at_queue && path != "/" && !find(given, "QueueUrl"))
        return sqs_error::plain(
            "InvalidAddress", 404,
            fmt::format("The address {} is not valid for this endpoint.", printable(path)));
    query_parameters form = given;
    if (at_queue) form.emplace("QueueUrl", path);
    reader read(form);
    json::writer input;
    read.structure(input, operation->input, "");
    if (read.error()) return *read.error();
    return query_call{*action, input.take()};
}

json::limits query_input_limits() {
    // The body of a request bounds them all: 4 MiB of form become less than four times as much JSON.
    return {.bytes = 16U << 20U, .string = 4U << 20U};
}

std::string sqs_query_answer(std::string_view operation, std::string_view output,
                             std::string_view request_id) {
    const query_operation* o = find_query_operation(operation);
    TY_CHECK(o, "only what read_sqs_query gave is answered");
    std::string out =
        fmt::format("<?xml version=\"1.0\"?><{}Response xmlns=\"{}\">", operation, xml_namespace);
    if (o->has_result) {
        const auto document =
            json::document::parse(output, {.bytes = 64U << 20U, .members = 1'000'000, .string = 4U << 20U});
        TY_CHECK(document, "operations with a result write JSON");
        std::string result;
        put_members(result, document->root(), o->output);
        out += result.empty() ? fmt::format("<{}Result/>", operation)
                              : fmt::format("<{0}Result>{1}</{0}Result>", operation, result);
    }
    out += "<ResponseMetadata>" + xml_element("RequestId", request_id) + "</ResponseMetadata>";
    return out + fmt::format("</{}Response>", operation);
}

service_error malformed_query_string() {
    return query_failure(404, "MalformedQueryString", "The query string contains a syntax error.");
}

service_error no_query_action() {
    return query_failure(404, no_action, "");
}

std::string sqs_query_error(const service_error& e, std::string_view request_id) {
    if (e.type == no_action) return "<UnknownOperationException/>\n";
    std::string_view code = e.query_code.empty() ? e.type : e.query_code;
    std::string_view text = e.message;
    // The JSON protocol's own words: a value of the wrong form, and a text that is another here.
    if (code == "SerializationException") code = "InvalidParameterValue";
    if (code == "AWS.SimpleQueueService.NonExistentQueue")
        text = "The specified queue does not exist for this wsdl version.";
    return fmt::format("<?xml version=\"1.0\"?><ErrorResponse xmlns=\"{}\"><Error>", xml_namespace) +
           xml_element("Type", e.sender_fault ? "Sender" : "Receiver") + xml_element("Code", code) +
           xml_element("Message", text) + "<Detail/></Error>" + xml_element("RequestId", request_id) +
           "</ErrorResponse>";
}

}  // namespace trainyard::aws::local
