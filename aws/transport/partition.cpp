#include "aws/transport/partition.hpp"

#include <algorithm>
#include <array>

namespace trainyard::aws {

namespace {

constexpr std::array partitions{
    partition{"aws", "us|eu|ap|sa|ca|me|af|il|mx", "aws-global", "amazonaws.com", "api.aws", "us-east-1",
              true, true},
    partition{"aws-cn", "cn", "aws-cn-global", "amazonaws.com.cn", "api.amazonwebservices.com.cn",
              "cn-northwest-1", true, true},
    partition{"aws-eusc", "eusc-de", "", "amazonaws.eu", "api.amazonwebservices.eu", "eusc-de-east-1", true,
              true},
    partition{"aws-iso", "us-iso", "aws-iso-global", "c2s.ic.gov", "api.aws.ic.gov", "us-iso-east-1", true,
              true},
    partition{"aws-iso-b", "us-isob", "aws-iso-b-global", "sc2s.sgov.gov", "api.aws.scloud", "us-isob-east-1",
              true, true},
    partition{"aws-iso-e", "eu-isoe", "aws-iso-e-global", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk",
              "eu-isoe-west-1", true, true},
    partition{"aws-iso-f", "us-isof", "aws-iso-f-global", "csp.hci.ic.gov", "api.aws.hci.ic.gov",
              "us-isof-south-1", true, true},
    partition{"aws-us-gov", "us-gov", "aws-us-gov-global", "amazonaws.com", "api.aws", "us-gov-west-1", true,
              true},
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_word(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// <prefix>-<word>-<digits>
bool has_form(std::string_view region, std::string_view prefix) {
    if (region.substr(0, prefix.size()) != prefix) return false;
    region.remove_prefix(prefix.size());
    if (region.empty() || region.front() != '-') return false;
    region.remove_prefix(1);
    const auto hyphen = region.find('-');
    if (hyphen == std::string_view::npos || hyphen == 0 || hyphen + 1 == region.size()) return false;
    const auto word = region.substr(0, hyphen), number = region.substr(hyphen + 1);
    return std::all_of(word.begin(), word.end(), is_word) &&
           std::all_of(number.begin(), number.end(), is_digit);
}

bool claims(const partition& p, std::string_view region) {
    if (!p.global_region.empty() && region == p.global_region) return true;
    auto rest = p.prefixes;
    while (!rest.empty()) {
        const auto end = rest.find('|');
        if (has_form(region, rest.substr(0, end))) return true;
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return false;
}

}  // namespace

std::span<const partition> all_partitions() {
    return partitions;
}

const partition& partition_of(std::string_view region) {
    const auto found = std::find_if(partitions.begin(), partitions.end(),
                                    [region](const partition& p) { return claims(p, region); });
    return found == partitions.end() ? partitions.front() : *found;
}

bool is_region(std::string_view region) {
    return !region.empty() && region.size() <= 32 && region.front() != '-' && region.back() != '-' &&
           std::all_of(region.begin(), region.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; });
}

}  // namespace trainyard::aws
