// What one profile may hold beside roles: web identity, SSO, keys, a process.
#include "aws/credentials/chain_reader.hpp"
#include "aws/credentials/command_line.hpp"

namespace trainyard::aws {

namespace {

error wrong(const std::string& what, const std::string& why) {
    return {errc::invalid_argument, what + " " + why};
}

}  // namespace

chain_reader::answer chain_reader::web_identity(const std::string& name, bool use_environment) {
    const std::string place = "web identity";
    const auto& s = merged(name);
    const auto either = [&](const char* variable, const char* key) {
        auto value = use_environment ? in_.env->get(variable) : std::string{};
        return value.empty() ? std::string{setting(s, key)} : value;
    };
    const auto file = either("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    if (file.empty())
        return nothing(place, (use_environment ? "AWS_WEB_IDENTITY_TOKEN_FILE is not set and " : "") +
                                  label(name) + " has no web_identity_token_file");
    web_identity_source out{expand(file), either("AWS_ROLE_ARN", "role_arn"),
                            either("AWS_ROLE_SESSION_NAME", "role_session_name")};
    if (out.role_arn.empty())
        return wrong("web identity",
                     "has a token file but no role; set AWS_ROLE_ARN or role_arn in " + label(name));
    if (out.session_name.empty()) out.session_name = default_session_name;
    const auto text = "web identity for " + out.role_arn;
    return found(place, {"web-identity", text, std::move(out), {}});
}

chain_reader::answer chain_reader::sso(const std::string& name) {
    const std::string place = "SSO";
    const auto& s = merged(name);
    if (!has_setting(s, "sso_account_id") && !has_setting(s, "sso_role_name"))
        return nothing(place, label(name) + " has no sso_account_id");
    ini_section all = s;
    const std::string session{setting(s, "sso_session")};
    if (!session.empty()) {
        const auto shared = profiles_.sso_sessions.find(session);
        if (shared == profiles_.sso_sessions.end())
            return wrong(label(name),
                         "names sso_session " + session + ", which " + in_.config.path + " does not have");
        for (const auto& [key, value] : shared->second) {
            if (has_setting(s, key.c_str()) && setting(s, key.c_str()) != value)
                return wrong(label(name), "and its sso_session " + session + " disagree about " + key);
            all[key] = value;
        }
    }
    for (const char* key : {"sso_start_url", "sso_region", "sso_account_id", "sso_role_name"})
        if (setting(all, key).empty()) return wrong(label(name), std::string{"is for SSO but has no "} + key);
    sso_source out;
    out.start_url = setting(all, "sso_start_url");
    out.region = setting(all, "sso_region");
    out.account_id = setting(all, "sso_account_id");
    out.role_name = setting(all, "sso_role_name");
    out.session = session;
    auto portal = sso_portal(out.region, *in_.env);
    if (!portal) return with_context(portal.error(), label(name));
    out.portal = std::move(*portal);
    return found(place, {"sso", "SSO of " + label(name), std::move(out), {}});
}

chain_reader::answer chain_reader::static_keys(const std::string& name, bool credentials_file) {
    const auto& file = credentials_file ? in_.credentials : in_.config;
    const auto known = profiles_.profiles.find(name);
    const std::string what = label(name) + " in " + file.path;
    if (known == profiles_.profiles.end()) return nothing(file.path, "has no " + label(name));
    const auto& s = credentials_file ? known->second.in_credentials : known->second.in_config;
    if (!has_setting(s, "aws_access_key_id"))
        return nothing(file.path, label(name) + " has no aws_access_key_id");
    static_source out;
    out.access_key_id = setting(s, "aws_access_key_id");
    out.secret_access_key = secret{std::string{setting(s, "aws_secret_access_key")}};
    if (out.access_key_id.empty()) return wrong(what, "has an empty aws_access_key_id");
    if (out.secret_access_key.empty())
        return wrong(what, "has aws_access_key_id but no aws_secret_access_key");
    const char* token = has_setting(s, "aws_security_token") ? "aws_security_token" : "aws_session_token";
    out.session_token = secret{std::string{setting(s, token)}};
    return found(
        file.path,
        {credentials_file ? "shared-credentials-file" : "config-file", label(name), std::move(out), {}});
}

chain_reader::answer chain_reader::login(const std::string& name) {
    if (!has_setting(merged(name), "login_session"))
        return nothing("login session", label(name) + " has no login_session");
    return wrong(
        label(name),
        "uses a session of `aws login`, which Trainyard cannot read; give the profile a credential_process "
        "that runs `aws configure export-credentials`");
}

chain_reader::answer chain_reader::process(const std::string& name) {
    const std::string place = "credential_process";
    const auto& s = merged(name);
    if (!has_setting(s, "credential_process")) return nothing(place, label(name) + " has none");
    const bool from_credentials =
        has_setting(profiles_.profiles.at(name).in_credentials, "credential_process");
    const auto& file = from_credentials ? in_.credentials : in_.config;
    // Whoever can write the file could run a program as us.
    if (file.writable_by_others)
        return error{
            errc::permission,
            file.path + " holds a credential_process and others may write it; run chmod go-w " + file.path};
    auto arguments = split_command(setting(s, "credential_process"));
    if (!arguments) return with_context(arguments.error(), "credential_process of " + label(name));
    return found(
        place,
        {"process", "credential_process of " + label(name), process_source{std::move(*arguments)}, {}});
}

}  // namespace trainyard::aws
