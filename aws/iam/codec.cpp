#include "aws/iam/codec.hpp"

#include <pugixml.hpp>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::iam {
namespace {

error corrupt(std::string what) {
    return {errc::corrupt, std::move(what)};
}

result<pugi::xml_node> find_result(pugi::xml_document& xml, std::string_view body, const char* name) {
    if (!xml.load_buffer(body.data(), body.size(), pugi::parse_default, pugi::encoding_utf8))
        return corrupt("not XML");
    const auto found = xml.document_element().child(name);
    if (!found) return corrupt(std::string{"no "} + name);
    return found;
}

result<std::string> document_of(const pugi::xml_node& n, const char* member) {
    auto text = percent_decode(n.child_value(member));
    if (!text || text->empty()) return corrupt(std::string{"no readable "} + member);
    return std::move(*text);
}

// `member`: of each entry; empty: the entry is the name itself.
result<name_page> decode_names(std::string_view body, const char* wrapper, const char* list,
                               const char* member) {
    pugi::xml_document xml;
    const auto found = find_result(xml, body, wrapper);
    if (!found) return found.error();
    name_page out;
    for (const auto& entry : found->child(list).children("member"))
        out.names.emplace_back(*member == '\0' ? entry.child_value() : entry.child_value(member));
    if (std::string_view{found->child_value("IsTruncated")} == "true") {
        out.marker = found->child_value("Marker");
        if (out.marker.empty()) return corrupt("a page that is not the last, without Marker");
    }
    return out;
}

}  // namespace

std::string encode(std::string_view operation,
                   const std::vector<std::pair<std::string, std::string>>& input) {
    std::string body = "Action=" + std::string{operation} + "&Version=2010-05-08";
    for (const auto& [key, value] : input) body += "&" + key + "=" + percent_encode(value);
    return body;
}

void add_tags(std::vector<std::pair<std::string, std::string>>& input, const tags& what) {
    std::size_t i = 0;
    for (const auto& [key, value] : what) {
        const std::string member = "Tags.member." + std::to_string(++i);
        input.emplace_back(member + ".Key", key);
        input.emplace_back(member + ".Value", value);
    }
}

result<role> decode_role(std::string_view body) {
    pugi::xml_document xml;
    const auto found = find_result(xml, body, "GetRoleResult");
    if (!found) return found.error();
    const auto r = found->child("Role");
    role out;
    out.name = r.child_value("RoleName");
    out.path = r.child_value("Path");
    out.arn = r.child_value("Arn");
    if (out.name.empty() || out.arn.empty()) return corrupt("no RoleName or Arn");
    auto trust = document_of(r, "AssumeRolePolicyDocument");
    if (!trust) return trust.error();
    out.trust = std::move(*trust);
    for (const auto& t : r.child("Tags").children("member"))
        out.tags[t.child_value("Key")] = t.child_value("Value");
    return out;
}

result<std::string> decode_policy(std::string_view body) {
    pugi::xml_document xml;
    const auto found = find_result(xml, body, "GetRolePolicyResult");
    if (!found) return found.error();
    return document_of(*found, "PolicyDocument");
}

result<name_page> decode_policy_names(std::string_view body) {
    return decode_names(body, "ListRolePoliciesResult", "PolicyNames", "");
}

result<name_page> decode_attached(std::string_view body) {
    return decode_names(body, "ListAttachedRolePoliciesResult", "AttachedPolicies", "PolicyArn");
}

}  // namespace trainyard::aws::iam
