// Written by generate.py from AWS's published service model; not edited by hand.
// clang-format off
#include "aws/local/model/shapes.hpp"

namespace trainyard::aws::local::model {
namespace {

using k = shape_kind;

constexpr std::string_view values[] = {
{},
};

constexpr member members[] = {
{"RoleArn", 1, true},
{"RoleSessionName", 2, true},
{"PolicyArns", 3, false},
{"Policy", 5, false},
{"DurationSeconds", 6, false},
{"Tags", 7, false},
{"TransitiveTagKeys", 11, false},
{"ExternalId", 12, false},
{"SerialNumber", 13, false},
{"TokenCode", 14, false},
{"SourceIdentity", 15, false},
{"ProvidedContexts", 16, false},
{"member", 4, false},
{"arn", 1, false},
{"member", 8, false},
{"Key", 9, true},
{"Value", 10, true},
{"member", 9, false},
{"member", 17, false},
{"ProviderArn", 1, false},
{"ContextAssertion", 18, false},
{"Credentials", 20, false},
{"AssumedRoleUser", 25, false},
{"PackedPolicySize", 27, false},
{"SourceIdentity", 15, false},
{"AccessKeyId", 21, true},
{"SecretAccessKey", 22, true},
{"SessionToken", 23, true},
{"Expiration", 24, true},
{"AssumedRoleId", 26, true},
{"Arn", 1, true},
{"RoleArn", 1, true},
{"RoleSessionName", 2, true},
{"WebIdentityToken", 29, true},
{"ProviderId", 30, false},
{"PolicyArns", 3, false},
{"Policy", 31, false},
{"DurationSeconds", 6, false},
{"Credentials", 20, false},
{"SubjectFromWebIdentityToken", 33, false},
{"AssumedRoleUser", 25, false},
{"PackedPolicySize", 27, false},
{"Provider", 34, false},
{"Audience", 35, false},
{"SourceIdentity", 15, false},
{"AccessKeyId", 21, true},
{"Account", 38, false},
{"UserId", 41, false},
{"Account", 38, false},
{"Arn", 1, false},
{"Name", 43, true},
{"Policy", 31, false},
{"PolicyArns", 3, false},
{"DurationSeconds", 44, false},
{"Tags", 7, false},
{"Credentials", 20, false},
{"FederatedUser", 46, false},
{"PackedPolicySize", 27, false},
{"FederatedUserId", 47, true},
{"Arn", 1, true},
{"DurationSeconds", 44, false},
{"SerialNumber", 13, false},
{"TokenCode", 14, false},
{"Credentials", 20, false},
};

constexpr shape shapes[] = {
{"AssumeRoleRequest", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 0, 12},
{"arnType", k::string, false, false, false, 20, 2048, R"_([\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+)_", 0, 0, 12, 0},
{"roleSessionNameType", k::string, false, false, false, 2, 64, R"_([\w+=,.@-]*)_", 0, 0, 12, 0},
{"policyDescriptorListType", k::list, false, false, false, no_minimum, no_maximum, {}, 0, 0, 12, 1},
{"PolicyDescriptorType", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 13, 1},
{"unrestrictedSessionPolicyDocumentType", k::string, false, false, false, 1, no_maximum, R"_([\u0009\u000A\u000D\u0020-\u00FF]+)_", 0, 0, 14, 0},
{"roleDurationSecondsType", k::integer, false, false, false, 900, 43200, {}, 0, 0, 14, 0},
{"tagListType", k::list, false, false, false, no_minimum, 50, {}, 0, 0, 14, 1},
{"Tag", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 15, 2},
{"tagKeyType", k::string, false, false, false, 1, 128, R"_([\p{L}\p{Z}\p{N}_.:/=+\-@]+)_", 0, 0, 17, 0},
{"tagValueType", k::string, false, false, false, 0, 256, R"_([\p{L}\p{Z}\p{N}_.:/=+\-@]*)_", 0, 0, 17, 0},
{"tagKeyListType", k::list, false, false, false, no_minimum, 50, {}, 0, 0, 17, 1},
{"externalIdType", k::string, false, false, false, 2, 1224, R"_([\w+=,.@:\/-]*)_", 0, 0, 18, 0},
{"serialNumberType", k::string, false, false, false, 9, 256, R"_([\w+=/:,.@-]*)_", 0, 0, 18, 0},
{"tokenCodeType", k::string, false, false, false, 6, 6, R"_([\d]*)_", 0, 0, 18, 0},
{"sourceIdentityType", k::string, false, false, false, 2, 64, R"_([\w+=,.@-]*)_", 0, 0, 18, 0},
{"ProvidedContextsListType", k::list, false, false, false, 1, 5, {}, 0, 0, 18, 1},
{"ProvidedContext", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 19, 2},
{"contextAssertionType", k::string, false, false, false, 4, 2048, {}, 0, 0, 21, 0},
{"AssumeRoleResponse", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 21, 4},
{"Credentials", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 25, 4},
{"accessKeyIdType", k::string, false, false, false, 16, 128, R"_([\w]*)_", 0, 0, 29, 0},
{"accessKeySecretType", k::string, false, true, false, no_minimum, no_maximum, {}, 0, 0, 29, 0},
{"tokenType", k::string, false, false, false, no_minimum, no_maximum, {}, 0, 0, 29, 0},
{"dateType", k::timestamp, false, false, false, no_minimum, no_maximum, {}, 0, 0, 29, 0},
{"AssumedRoleUser", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 29, 2},
{"assumedRoleIdType", k::string, false, false, false, 2, 193, R"_([\w+=,.@:-]*)_", 0, 0, 31, 0},
{"nonNegativeIntegerType", k::integer, false, false, false, 0, no_maximum, {}, 0, 0, 31, 0},
{"AssumeRoleWithWebIdentityRequest", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 31, 7},
{"clientTokenType", k::string, false, true, false, 4, 20000, {}, 0, 0, 38, 0},
{"urlType", k::string, false, false, false, 4, 2048, {}, 0, 0, 38, 0},
{"sessionPolicyDocumentType", k::string, false, false, false, 1, 2048, R"_([\u0009\u000A\u000D\u0020-\u00FF]+)_", 0, 0, 38, 0},
{"AssumeRoleWithWebIdentityResponse", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 38, 7},
{"webIdentitySubjectType", k::string, false, false, false, 6, 255, {}, 0, 0, 45, 0},
{"Issuer", k::string, false, false, false, no_minimum, no_maximum, {}, 0, 0, 45, 0},
{"Audience", k::string, false, false, false, no_minimum, no_maximum, {}, 0, 0, 45, 0},
{"GetAccessKeyInfoRequest", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 45, 1},
{"GetAccessKeyInfoResponse", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 46, 1},
{"accountType", k::string, false, false, false, no_minimum, no_maximum, {}, 0, 0, 47, 0},
{"GetCallerIdentityRequest", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 47, 0},
{"GetCallerIdentityResponse", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 47, 3},
{"userIdType", k::string, false, false, false, no_minimum, no_maximum, {}, 0, 0, 50, 0},
{"GetFederationTokenRequest", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 50, 5},
{"userNameType", k::string, false, false, false, 2, 32, R"_([\w+=,.@-]*)_", 0, 0, 55, 0},
{"durationSecondsType", k::integer, false, false, false, 900, 129600, {}, 0, 0, 55, 0},
{"GetFederationTokenResponse", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 55, 3},
{"FederatedUser", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 58, 2},
{"federatedIdType", k::string, false, false, false, 2, 193, R"_([\w+=,.@\:-]*)_", 0, 0, 60, 0},
{"GetSessionTokenRequest", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 60, 3},
{"GetSessionTokenResponse", k::structure, false, false, false, no_minimum, no_maximum, {}, 0, 0, 63, 1},
};

constexpr operation operations[] = {
{"AssumeRole", 0, 19, "AssumeRoleResult"},
{"AssumeRoleWithWebIdentity", 28, 32, "AssumeRoleWithWebIdentityResult"},
{"GetAccessKeyInfo", 36, 37, "GetAccessKeyInfoResult"},
{"GetCallerIdentity", 39, 40, "GetCallerIdentityResult"},
{"GetFederationToken", 42, 45, "GetFederationTokenResult"},
{"GetSessionToken", 48, 49, "GetSessionTokenResult"},
};

constexpr service_model all{"sts", {}, "2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/", shapes, members, values, operations};

}  // namespace

const service_model& sts_model() {
    return all;
}

}  // namespace trainyard::aws::local::model
