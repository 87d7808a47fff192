// The two text forms of AWS's Query protocol, for SQS and STS alike: form fields in, XML out. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace trainyard::aws::local {

using query_parameters = std::map<std::string, std::string>;

// The fields of an application/x-www-form-urlencoded body or of a query string; nothing for broken escapes,
// doubled names, invalid UTF-8 or more than 1,000 fields.
std::optional<query_parameters> parse_form(std::string_view body);

std::string escape_xml(std::string_view text);  // characters that XML 1.0 cannot hold become '?'
std::string xml_element(std::string_view name, std::string_view text);

}  // namespace trainyard::aws::local
