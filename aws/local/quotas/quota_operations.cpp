// Operations that tell quotas and ask for more.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "aws/local/quotas/quotas_service.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::quotas {
namespace {

constexpr std::size_t max_page = 100;

std::string text_of(json::value in, std::string_view member) {
    return std::string{in.find(member).string().value_or("")};
}

struct place {
    std::size_t told = 0;  // elements on the pages before
};

// A NextToken is the number of elements told already.
quotas_result<place> start_of_page(json::value in) {
    const json::value token = in.find("NextToken");
    place out;
    if (token.is_null()) return out;
    const auto text = from_base64(token.string().value_or(""));
    const char* const end = text ? text->data() + text->size() : nullptr;
    if (!text || text->empty() || std::from_chars(text->data(), end, out.told).ptr != end)
        return service_error{400, "InvalidPaginationTokenException", "", "The NextToken is not valid.", true};
    return out;
}

template <class Element, class Write>
service_reply write_page(json::value in, std::string_view key, const std::vector<Element>& all, Write write) {
    const auto start = start_of_page(in);
    if (!start) return start.error();
    std::size_t at = std::min(start->told, all.size());
    const auto size = static_cast<std::size_t>(in.find("MaxResults").integer().value_or(max_page));
    const std::size_t end = std::min(all.size(), at + size);
    json::writer out;
    out.begin_object().key(key).begin_array();
    for (; at < end; ++at) write(out, all[at]);
    out.end_array();
    if (end < all.size()) out.member("NextToken", to_base64(std::to_string(end)));
    out.end_object();
    return out.take();
}

// As AWS writes a double: clients tell it from an integer by its point.
std::string decimal(double value) {
    std::string out = fmt::format("{}", value);
    if (out.find_first_of(".e") == std::string::npos) out += ".0";
    return out;
}

void write_quota(json::writer& out, const quota_key& key, double value) {
    out.begin_object().member("ServiceCode", key.service);
    out.member("ServiceName", quota_list().at(key.service).name).member("QuotaArn", key.arn());
    out.member("QuotaCode", key.what->code)
        .member("QuotaName", key.what->name)
        .key("Value")
        .number_text(decimal(value));
    out.member("Unit", key.what->unit).member("Adjustable", key.what->adjustable);
    out.member("GlobalQuota", key.what->global).member("QuotaAppliedAtLevel", "ACCOUNT").end_object();
}

void write_request(json::writer& out, const increase_request& r) {
    out.begin_object().member("Id", r.id).member("CaseId", r.case_id).member("ServiceCode", r.quota.service);
    out.member("ServiceName", quota_list().at(r.quota.service).name);
    out.member("QuotaCode", r.quota.what->code).member("QuotaName", r.quota.what->name);
    out.key("DesiredValue")
        .number_text(decimal(r.desired))
        .member("Status", r.approved ? "APPROVED" : "CASE_OPENED");
    out.member("Created", to_unix_seconds(r.created)).member("LastUpdated", to_unix_seconds(r.updated));
    out.member("Requester", r.requester).member("QuotaArn", r.quota.arn());
    out.member("GlobalQuota", r.quota.what->global).member("Unit", r.quota.what->unit);
    out.member("QuotaRequestedAtLevel", "ACCOUNT").end_object();
}

std::string requester_of(const principal& who) {
    json::writer out;
    out.begin_object().member("accountId", who.account.str()).member("callerArn", who.arn).end_object();
    return out.take();
}

// Quotas here are of accounts; none is of a single resource.
bool asks_for_resources(json::value in, std::string_view member) {
    return in.find(member).string() == "RESOURCE";
}

}  // namespace

service_reply quotas_service::list_services(const operation_call& call) {
    std::vector<const service_quotas*> all;
    for (const auto& [code, service] : quota_list()) all.push_back(&service);
    return write_page(call.input, "Services", all, [](json::writer& out, const service_quotas* s) {
        out.begin_object().member("ServiceCode", s->code).member("ServiceName", s->name).end_object();
    });
}

service_reply quotas_service::list_service_quotas(const operation_call& call) {
    const auto service = quota_list().find(text_of(call.input, "ServiceCode"));
    if (service == quota_list().end())
        return no_such_resource("The request failed because the service does not exist.");
    const std::string only = text_of(call.input, "QuotaCode");
    std::vector<std::pair<quota_key, double>> all;
    if (!asks_for_resources(call.input, "QuotaAppliedAtLevel"))
        for (const quota_definition& q : service->second.quotas) {
            if (!only.empty() && q.code != only) continue;
            const quota_key key{{call.who.account, call.region}, service->first, &q};
            if (const auto value = store_.applied(key)) all.emplace_back(key, *value);
        }
    return write_page(call.input, "Quotas", all,
                      [](json::writer& out, const auto& q) { write_quota(out, q.first, q.second); });
}

service_reply quotas_service::list_default_quotas(const operation_call& call) {
    const auto service = quota_list().find(text_of(call.input, "ServiceCode"));
    if (service == quota_list().end())
        return no_such_resource("The request failed because the service does not exist.");
    return write_page(call.input, "Quotas", service->second.quotas,
                      [&](json::writer& out, const quota_definition& q) {
                          write_quota(out, {{call.who.account, call.region}, service->first, &q}, q.value);
                      });
}

service_reply quotas_service::get_service_quota(const operation_call& call) {
    const auto key = addressed(call);
    if (!key) return key.error();
    const auto value = store_.applied(*key);
    if (!value)
        return no_such_resource(fmt::format(
            "The quota {} has no applied value; its default is told by GetAWSDefaultServiceQuota.",
            key->what->code));
    json::writer out;
    out.begin_object().key("Quota");
    write_quota(out, *key, *value);
    out.end_object();
    return out.take();
}

service_reply quotas_service::get_default_quota(const operation_call& call) {
    const auto key = addressed(call);
    if (!key) return key.error();
    json::writer out;
    out.begin_object().key("Quota");
    write_quota(out, *key, key->what->value);
    out.end_object();
    return out.take();
}

service_reply quotas_service::request_increase(const operation_call& call) {
    const auto key = addressed(call);
    if (!key) return key.error();
    const auto made =
        store_.request(*key, *call.input.find("DesiredValue").number(), requester_of(call.who), call.now);
    if (!made) return made.error();
    json::writer out;
    out.begin_object().key("RequestedQuota");
    write_request(out, **made);
    out.end_object();
    return out.take();
}

service_reply quotas_service::get_requested_change(const operation_call& call) {
    const std::string id = text_of(call.input, "RequestId");
    const increase_request* const found = store_.find_request({call.who.account, call.region}, id);
    if (found == nullptr) return no_such_resource(fmt::format("The request {} does not exist.", id));
    json::writer out;
    out.begin_object().key("RequestedQuota");
    write_request(out, *found);
    out.end_object();
    return out.take();
}

service_reply quotas_service::write_history(const operation_call& call, const quota_definition* only) const {
    const std::string service = text_of(call.input, "ServiceCode"), status = text_of(call.input, "Status");
    std::vector<const increase_request*> all;
    if (!asks_for_resources(call.input, "QuotaRequestedAtLevel"))
        for (const increase_request& r : store_.requests()) {
            const bool wanted = r.quota.where == quota_scope{call.who.account, call.region} &&
                                (service.empty() || r.quota.service == service) &&
                                (only == nullptr || r.quota.what == only) &&
                                (status.empty() || status == (r.approved ? "APPROVED" : "CASE_OPENED"));
            if (wanted) all.push_back(&r);
        }
    return write_page(call.input, "RequestedQuotas", all,
                      [](json::writer& out, const increase_request* r) { write_request(out, *r); });
}

service_reply quotas_service::list_history(const operation_call& call) {
    return write_history(call, nullptr);
}

service_reply quotas_service::list_history_by_quota(const operation_call& call) {
    const auto key = addressed(call);
    if (!key) return key.error();
    return write_history(call, key->what);
}

}  // namespace trainyard::aws::local::quotas
