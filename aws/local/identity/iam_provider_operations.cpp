// OpenID Connect providers: who else may vouch for identities.
#include <fmt/format.h>

#include <algorithm>

#include "aws/local/identity/iam_service.hpp"

namespace trainyard::aws::local {
namespace {

void write_texts(json::writer& out, std::string_view member, const std::vector<std::string>& texts) {
    out.key(member).begin_array();
    for (const std::string& t : texts) out.string(t);
    out.end_array();
}

std::optional<service_error> too_many_thumbprints(const std::vector<std::string>& list) {
    if (list.size() <= iam_thumbprints_max) return std::nullopt;
    return iam_error::invalid_input(
        fmt::format("Thumbprint list must contain fewer than {} entries.", iam_thumbprints_max));
}

}  // namespace

iam_service::found<iam_provider> iam_service::provider_of(const operation_call& call) {
    const std::string arn = text_of(call.input, "OpenIDConnectProviderArn");
    const iam_provider* p = store_.find_provider(arn);
    const auto parts = parse_iam_arn(arn);
    if (p == nullptr || parts->account != call.who.account)
        return iam_error::no_such_entity(fmt::format("OpenIDConnect Provider not found for arn {}", arn));
    touched(call, iam_store::entity::provider, p->url);
    return &store_.account(call.who.account).providers.find(p->url)->second;
}

service_reply iam_service::create_provider(const operation_call& call) {
    constexpr std::string_view scheme = "https://";
    iam_account& account = store_.account(call.who.account);
    const std::string url = text_of(call.input, "Url");
    if (!url.starts_with(scheme) || url.size() == scheme.size() ||
        url.find_first_of("?# ") != std::string::npos)
        return iam_error::validation("Invalid Open ID Connect Provider URL");
    iam_provider p;
    p.url = url.substr(scheme.size());
    while (p.url.ends_with('/')) p.url.pop_back();
    if (account.providers.contains(p.url))
        return iam_error::already_exists(fmt::format("Provider with url {} already exists.", url));
    p.client_ids = texts_of(call.input, "ClientIDList");
    p.thumbprints = texts_of(call.input, "ThumbprintList");
    if (p.client_ids.size() > iam_client_ids_max)
        return iam_error::over_quota("ClientIdsPerOpenIdConnectProvider", iam_client_ids_max);
    if (auto wrong = too_many_thumbprints(p.thumbprints)) return *std::move(wrong);
    if (account.providers.size() >= iam_providers_max)
        return iam_error::over_quota("OpenIdConnectProvidersPerAccount", iam_providers_max);
    auto tags = read_tags(call.input);
    if (!tags) return tags.error();
    p.tags = std::move(*tags);
    p.arn = fmt::format("arn:aws:iam::{}:oidc-provider/{}", account.id.str(), p.url);
    p.created = call.now;
    json::writer out;
    out.begin_object().member("OpenIDConnectProviderArn", p.arn);
    if (!p.tags.empty()) write_tags(out, p.tags);
    out.end_object();
    touched(call, iam_store::entity::provider, p.url);
    account.providers.emplace(p.url, std::move(p));
    return out.take();
}

service_reply iam_service::get_provider(const operation_call& call) {
    const auto p = provider_of(call);
    if (!p) return p.error();
    json::writer out;
    out.begin_object().member("Url", (*p)->url);
    write_texts(out, "ClientIDList", (*p)->client_ids);
    write_texts(out, "ThumbprintList", (*p)->thumbprints);
    out.member("CreateDate", to_unix_seconds((*p)->created));
    if (!(*p)->tags.empty()) write_tags(out, (*p)->tags);
    out.end_object();
    return out.take();
}

service_reply iam_service::delete_provider(const operation_call& call) {
    // Idempotent: one that is not there is no error.
    if (const auto p = provider_of(call)) {
        const std::string url = (*p)->url;
        store_.account(call.who.account).providers.erase(url);
    }
    return std::string{};
}

service_reply iam_service::list_providers(const operation_call& call) {
    json::writer out;
    out.begin_object().key("OpenIDConnectProviderList").begin_array();
    for (const auto& [url, p] : store_.account(call.who.account).providers)
        out.begin_object().member("Arn", p.arn).end_object();
    out.end_array().end_object();
    return out.take();
}

service_reply iam_service::add_client_id(const operation_call& call) {
    const auto p = provider_of(call);
    if (!p) return p.error();
    auto& ids = (*p)->client_ids;
    const std::string id = text_of(call.input, "ClientID");
    if (std::find(ids.begin(), ids.end(), id) != ids.end()) return std::string{};
    if (ids.size() >= iam_client_ids_max)
        return iam_error::over_quota("ClientIdsPerOpenIdConnectProvider", iam_client_ids_max);
    ids.push_back(id);
    return std::string{};
}

service_reply iam_service::remove_client_id(const operation_call& call) {
    const auto p = provider_of(call);
    if (!p) return p.error();
    std::erase((*p)->client_ids, text_of(call.input, "ClientID"));
    return std::string{};
}

service_reply iam_service::update_thumbprints(const operation_call& call) {
    const auto p = provider_of(call);
    if (!p) return p.error();
    auto list = texts_of(call.input, "ThumbprintList");
    if (auto wrong = too_many_thumbprints(list)) return *std::move(wrong);
    (*p)->thumbprints = std::move(list);
    return std::string{};
}

}  // namespace trainyard::aws::local
