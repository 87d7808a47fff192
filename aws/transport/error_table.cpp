// The codes of every service that Trainyard calls, folded. tests/golden/aws_errors.tsv lists each code of
// their models with its outcome.
#include <algorithm>
#include <array>
#include <optional>

#include "aws/transport/error.hpp"

namespace trainyard::aws {

namespace {

// Codes stand here as `bare` leaves them: "Throttling" is also ThrottlingException, "BatchRequestTooLong"
// also AWS.SimpleQueueService.BatchRequestTooLong.
struct row {
    std::string_view code;
    failure kind;
};
struct service_row {
    std::string_view service, code;
    failure kind;
};

// Codes that one service uses in its own way; they go before the common ones.
constexpr std::array of_one_service{
    // Hard quotas, though the SDKs' list of throttling codes has the name.
    service_row{"events", "LimitExceeded", failure::quota_exceeded},
    service_row{"dynamodb", "LimitExceeded", failure::quota_exceeded},
    service_row{"iam", "LimitExceeded", failure::quota_exceeded},
    service_row{"dynamodb", "ResourceInUse", failure::already_exists},
};

constexpr std::array common{
    // Throttling: botocore's list, and what KMS says through SQS.
    row{"Throttling", failure::throttled}, row{"ThrottlingError", failure::throttled},
    row{"Throttled", failure::throttled}, row{"RequestThrottled", failure::throttled},
    row{"TooManyRequests", failure::throttled}, row{"ProvisionedThroughputExceeded", failure::throttled},
    row{"TransactionInProgress", failure::throttled}, row{"RequestLimitExceeded", failure::throttled},
    row{"BandwidthLimitExceeded", failure::throttled}, row{"LimitExceeded", failure::throttled},
    row{"SlowDown", failure::throttled}, row{"PriorRequestNotComplete", failure::throttled},
    row{"EC2Throttled", failure::throttled}, row{"KMS.Throttling", failure::throttled},
    row{"KmsThrottled", failure::throttled},

    row{"ResourceLimitExceeded", failure::quota_exceeded},
    // SQS: too many messages in flight. Waiting does not free them, deleting does, so it is a quota and not a
    // rate.
    row{"OverLimit", failure::quota_exceeded}, row{"QuotaExceeded", failure::quota_exceeded},
    row{"ItemCollectionSizeLimitExceeded", failure::quota_exceeded},
    row{"ReportGenerationLimitExceeded", failure::quota_exceeded},

    row{"ResourceInUse", failure::already_exists}, row{"ResourceAlreadyExists", failure::already_exists},
    row{"EntityAlreadyExists", failure::already_exists}, row{"QueueAlreadyExists", failure::already_exists},
    row{"QueueNameExists", failure::already_exists}, row{"TableAlreadyExists", failure::already_exists},
    row{"GlobalTableAlreadyExists", failure::already_exists},
    row{"ReplicaAlreadyExists", failure::already_exists}, row{"DuplicateItem", failure::already_exists},
    row{"DuplicateCertificate", failure::already_exists},
    row{"DuplicateSSHPublicKey", failure::already_exists},

    row{"ResourceNotFound", failure::not_found}, row{"QueueDoesNotExist", failure::not_found},
    row{"NonExistentQueue", failure::not_found}, row{"NoSuchEntity", failure::not_found},
    row{"NoSuchResource", failure::not_found}, row{"OrganizationNotFound", failure::not_found},
    row{"ReportNotPresent", failure::not_found}, row{"ReportExpired", failure::not_found},
    row{"NoSuchKey", failure::not_found}, row{"NoSuchBucket", failure::not_found},
    row{"TableNotFound", failure::not_found}, row{"GlobalTableNotFound", failure::not_found},
    row{"ReplicaNotFound", failure::not_found}, row{"IndexNotFound", failure::not_found},
    row{"BackupNotFound", failure::not_found}, row{"ExportNotFound", failure::not_found},
    row{"ImportNotFound", failure::not_found}, row{"PolicyNotFound", failure::not_found},

    row{"Conflict", failure::conflict}, row{"ConcurrentModification", failure::conflict},
    row{"ConditionalCheckFailed", failure::conflict}, row{"TransactionConflict", failure::conflict},
    row{"TransactionCanceled", failure::conflict},  // its reasons stand in the body
    row{"DeleteConflict", failure::conflict}, row{"EntityTemporarilyUnmodifiable", failure::conflict},
    row{"ReportInProgress", failure::conflict}, row{"PurgeQueueInProgress", failure::conflict},
    row{"QueueDeletedRecently", failure::conflict}, row{"IllegalStatus", failure::conflict},
    row{"InvalidState", failure::conflict}, row{"InvalidResourceState", failure::conflict},
    row{"TableInUse", failure::conflict}, row{"BackupInUse", failure::conflict},
    row{"ExportConflict", failure::conflict}, row{"ImportConflict", failure::conflict},
    row{"ContinuousBackupsUnavailable", failure::conflict},
    row{"PointInTimeRecoveryUnavailable", failure::conflict},

    row{"AccessDenied", failure::access_denied}, row{"UnauthorizedOperation", failure::access_denied},
    row{"NotAuthorized", failure::access_denied}, row{"DependencyAccessDenied", failure::access_denied},
    row{"InvalidSecurity", failure::access_denied}, row{"KMS.AccessDenied", failure::access_denied},
    row{"KmsAccessDenied", failure::access_denied}, row{"KMS.OptInRequired", failure::access_denied},
    row{"KmsOptInRequired", failure::access_denied}, row{"OptInRequired", failure::access_denied},
    row{"RegionDisabled", failure::access_denied}, row{"IDPRejectedClaim", failure::access_denied},
    row{"InvalidAuthenticationCode", failure::access_denied},
    row{"OutboundWebIdentityFederationDisabled", failure::access_denied},
    row{"SessionDurationEscalation", failure::access_denied},
    row{"AWSServiceAccessNotEnabled", failure::access_denied},
    row{"ServiceAccessNotEnabled", failure::access_denied},
    row{"AccountNotManagementOrDelegatedAdministrator", failure::access_denied},
    row{"CallerIsNotManagementAccount", failure::access_denied},

    row{"MissingAuthenticationToken", failure::bad_credentials},
    row{"UnrecognizedClient", failure::bad_credentials},
    row{"InvalidClientTokenId", failure::bad_credentials}, row{"InvalidSignature", failure::bad_credentials},
    row{"SignatureDoesNotMatch", failure::bad_credentials}, row{"ExpiredToken", failure::bad_credentials},
    row{"ExpiredTradeInToken", failure::bad_credentials},
    row{"InvalidIdentityToken", failure::bad_credentials},
    row{"IncompleteSignature", failure::bad_credentials}, row{"RequestExpired", failure::bad_credentials},
    row{"RequestTimeTooSkewed", failure::bad_credentials},
    row{"RequestInTheFuture", failure::bad_credentials}, row{"AuthFailure", failure::bad_credentials},

    row{"Internal", failure::service_fault}, row{"InternalFailure", failure::service_fault},
    row{"InternalError", failure::service_fault}, row{"InternalServer", failure::service_fault},
    row{"InternalServerError", failure::service_fault},
    row{"Service", failure::service_fault},  // ServiceException of Service Quotas
    row{"ServiceFailure", failure::service_fault}, row{"ServiceUnavailable", failure::service_fault},
    row{"PolicyEvaluation", failure::service_fault}, row{"RequestTimeout", failure::service_fault},
    row{"IDPCommunicationError", failure::service_fault},
    row{"OpenIdIdpCommunicationError", failure::service_fault},
    row{"ReplicatedWriteConflict", failure::service_fault},  // its model says: retry
};

// Codes with a status of their own class that are about the request all the same: a 403 that no policy
// caused, a 404 that is not about the thing asked for.
constexpr std::array<std::string_view, 6> about_the_request{
    "InvalidAddress", "ReceiptHandleIsInvalid", "FeatureDisabled",
    "FeatureEnabled", "NotSupportedService",    "UnknownOperation",
};

bool begins(std::string_view s, std::string_view with) {
    return s.substr(0, with.size()) == with;
}

// The code without what only some protocols write around it.
std::string_view bare(std::string_view code) {
    constexpr std::string_view queue = "AWS.SimpleQueueService.", suffix = "Exception";
    if (begins(code, queue)) code.remove_prefix(queue.size());
    if (code.size() > suffix.size() && code.substr(code.size() - suffix.size()) == suffix)
        code.remove_suffix(suffix.size());
    return code;
}

std::optional<failure> by_code(std::string_view service, std::string_view code) {
    for (const auto& r : of_one_service)
        if (r.service == service && r.code == code) return r.kind;
    const auto* found =
        std::find_if(common.begin(), common.end(), [code](const row& r) { return r.code == code; });
    if (found != common.end()) return found->kind;
    if (std::find(about_the_request.begin(), about_the_request.end(), code) != about_the_request.end())
        return failure::invalid_request;
    return {};
}

failure by_status(int status) {
    if (status >= 500) return failure::service_fault;
    switch (status) {
        case 401: return failure::bad_credentials;
        case 403: return failure::access_denied;
        // A proxy's 408 says nothing about what reached the service.
        case 408: return failure::effect_unknown;
        case 409: return failure::conflict;
        case 429: return failure::throttled;
        default: break;
    }
    // Also 404: without a code that the table knows it is a wrong address or a proxy's word, never the proof
    // that a job or queue is not there.
    return status >= 400 ? failure::invalid_request : failure::effect_unknown;
}

}  // namespace

failure classify(std::string_view service, int http_status, std::string_view code, std::string_view message) {
    // A server that failed may have acted, whatever its code says; only "too many" is known to come before.
    if (http_status >= 500)
        return by_code(service, bare(code)) == failure::throttled ? failure::throttled
                                                                  : by_status(http_status);
    if (code == "ValidationException" && service == "sagemaker") {
        if (begins(message, "Requested resource not found") || begins(message, "Could not find"))
            return failure::not_found;
        if (begins(message, "Cannot create already existing")) return failure::already_exists;
    }
    if (const auto kind = by_code(service, bare(code))) return *kind;
    // Throttling arrives without a code too, with this text or, from SageMaker, with none at all.
    if (http_status == 400 && code.empty() &&
        (begins(message, "Rate exceeded") || (service == "sagemaker" && message.empty())))
        return failure::throttled;
    return by_status(http_status);
}

}  // namespace trainyard::aws
