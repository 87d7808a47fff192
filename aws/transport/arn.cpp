#include "aws/transport/arn.hpp"

#include <algorithm>

#include "engine/base/encoding.hpp"

namespace trainyard::aws {
namespace {

constexpr std::string_view plain_characters = "abcdefghijklmnopqrstuvwxyz0123456789-";
constexpr std::string_view digits = "0123456789";
constexpr std::size_t account_digits = 12;

bool is_plain(std::string_view text) {
    return text.find_first_not_of(plain_characters) == std::string_view::npos;
}

bool is_account_id(std::string_view text) {
    return text.size() == account_digits && text.find_first_not_of(digits) == std::string_view::npos;
}

bool is_visible(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

error bad_arn(std::string_view text, std::string_view why) {
    return {errc::invalid_argument, "ARN '" + printable(text, 100) + "': " + std::string{why}};
}

std::string_view take_part(std::string_view& rest) {
    const auto colon = std::min(rest.find(':'), rest.size());
    const auto part = rest.substr(0, colon);
    rest.remove_prefix(std::min(colon + 1, rest.size()));
    return part;
}

}  // namespace

std::string arn::to_string() const {
    return "arn:" + partition + ":" + service + ":" + region + ":" + account + ":" + resource;
}

result<arn> parse_arn(std::string_view text) {
    if (text.size() > arn_bytes_max) return bad_arn(text, "it is longer than 2048 bytes");
    std::string_view rest = text;
    if (take_part(rest) != "arn") return bad_arn(text, "it must begin with arn:");
    arn out;
    out.partition = take_part(rest);
    if (!out.partition.starts_with("aws") || !is_plain(out.partition))
        return bad_arn(text, "the partition must be aws or one like aws-cn");
    out.service = take_part(rest);
    if (out.service.empty() || !is_plain(out.service))
        return bad_arn(text, "the service is missing or malformed");
    out.region = take_part(rest);
    if (!is_plain(out.region)) return bad_arn(text, "the region is malformed");
    out.account = take_part(rest);
    if (!out.account.empty() && out.account != "aws" && !is_account_id(out.account))
        return bad_arn(text, "the account must be 12 digits");
    if (rest.empty() || !is_visible(rest)) return bad_arn(text, "the resource is missing or malformed");
    out.resource = rest;
    return out;
}

bool is_role(const arn& a) {
    constexpr std::string_view head = "role/";
    return a.service == "iam" && a.region.empty() && is_account_id(a.account) &&
           a.resource.starts_with(head) && a.resource.size() > head.size() && a.resource.back() != '/';
}

}  // namespace trainyard::aws
