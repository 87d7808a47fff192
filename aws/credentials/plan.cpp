#include "aws/credentials/plan.hpp"

#include "aws/credentials/chain_reader.hpp"

namespace trainyard::aws {

namespace {

constexpr const char* applies = "applies";

}  // namespace

chain_reader::answer chain_reader::nothing(std::string place, std::string why) {
    out_.looked.push_back({std::move(place), std::move(why)});
    return std::optional<chain_plan>{};
}

chain_reader::answer chain_reader::found(std::string place, chain_plan plan) {
    out_.looked.push_back({std::move(place), applies});
    return std::optional<chain_plan>{std::move(plan)};
}

const ini_section& chain_reader::merged(const std::string& name) const {
    static const ini_section empty;
    const auto found_profile = profiles_.profiles.find(name);
    return found_profile == profiles_.profiles.end() ? empty : found_profile->second.merged;
}

std::string chain_reader::expand(std::string path) const {
    return path.rfind("~/", 0) == 0 ? in_.env->get("HOME") + path.substr(1) : path;
}

chain_reader::answer chain_reader::environment_keys() {
    const std::string place = "environment";
    if (!in_.profile.empty()) return nothing(place, "not looked at: a profile was asked for");
    if (in_.env->get("AWS_ACCESS_KEY_ID").empty()) return nothing(place, "AWS_ACCESS_KEY_ID is not set");
    if (in_.env->get("AWS_SECRET_ACCESS_KEY").empty())
        return error{errc::invalid_argument,
                     "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not; set both or neither"};
    return found(place, {"environment", "environment", environment_source{}, {}});
}

result<void> chain_reader::load_profiles() {
    for (const auto* file : {&in_.credentials, &in_.config})
        if (!file->content) return with_context(file->content.error(), file->path);
    profiles_ = collect_profiles(*in_.credentials.content, *in_.config.content);
    // The default profile may be missing as long as nobody asks for it.
    if (out_.profile.origin != "default" && profiles_.profiles.count(out_.profile.value) == 0)
        return error{errc::invalid_argument, label(out_.profile.value) + " (" + out_.profile.origin +
                                                 ") is neither in " + in_.credentials.path + " nor in " +
                                                 in_.config.path};
    return {};
}

chain_reader::answer chain_reader::profile_chain(const std::string& name, bool use_environment) {
    auto got = web_identity(name, use_environment);
    if (got && !*got) got = sso(name);
    if (got && !*got) got = static_keys(name, true);
    if (got && !*got) got = login(name);
    if (got && !*got) got = process(name);
    if (got && !*got) got = static_keys(name, false);
    return got;
}

chain_reader::answer chain_reader::container() {
    const std::string place = "container";
    const auto relative = in_.env->get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const auto full = in_.env->get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (relative.empty() && full.empty())
        return nothing(place, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI are not set");
    auto where = relative.empty() ? container_full(full) : container_relative(relative);
    if (!where)
        return with_context(where.error(), relative.empty() ? "AWS_CONTAINER_CREDENTIALS_FULL_URI"
                                                            : "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const auto text = "container endpoint " + where->origin.to_string();
    return found(place, {"container", text, container_source{std::move(*where)}, {}});
}

chain_reader::answer chain_reader::instance() {
    const std::string place = "instance metadata";
    auto disabled = in_.env->get("AWS_EC2_METADATA_DISABLED");
    for (char& c : disabled)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (disabled == "true") return nothing(place, "AWS_EC2_METADATA_DISABLED is true");
    const auto& s = merged(out_.profile.value);
    const auto either = [&](const char* variable, const char* key) {
        auto value = in_.env->get(variable);
        return value.empty() ? std::string{setting(s, key)} : value;
    };
    const auto endpoint = either("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    auto where = instance_metadata(
        endpoint, either("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode"));
    if (!where) return with_context(where.error(), place);
    const auto text = "instance metadata at " + where->origin.to_string();
    return found(place,
                 {"instance-metadata", text, instance_source{std::move(*where), !endpoint.empty()}, {}});
}

chain_reader::answer chain_reader::read() {
    auto got = environment_keys();
    if (!got || *got) return got;
    if (auto loaded = load_profiles(); !loaded) return loaded.error();
    const auto& name = out_.profile.value;
    got = assume_role(name);
    if (got && !*got) got = profile_chain(name, in_.profile.empty());
    if (got && !*got) got = container();
    if (got && !*got) got = instance();
    return got;
}

void chain_reader::read_region() {
    for (const char* variable : {"AWS_REGION", "AWS_DEFAULT_REGION"})
        if (auto set = in_.env->get(variable); !set.empty()) {
            out_.region = {std::move(set), variable};
            return;
        }
    if (!in_.credentials.content || !in_.config.content) return;
    const auto all = collect_profiles(*in_.credentials.content, *in_.config.content);
    const auto found_profile = all.profiles.find(out_.profile.value);
    if (found_profile == all.profiles.end()) return;
    const auto value = setting(found_profile->second.merged, "region");
    if (!value.empty()) out_.region = {std::string{value}, label(out_.profile.value)};
}

decision decide(const chain_input& in) {
    decision out;
    out.profile = {in.profile, "--profile"};
    // AWS_DEFAULT_PROFILE first: botocore's order, and so that of the AWS CLI.
    for (const char* variable : {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"})
        if (out.profile.value.empty()) out.profile = {in.env->get(variable), variable};
    if (out.profile.value.empty()) out.profile = {"default", "default"};
    chain_reader reader{in, out};
    reader.read_region();
    auto got = reader.read();
    if (!got)
        out.malformed = got.error();
    else
        out.plan = std::move(*got);
    return out;
}

error none_found(const decision& d) {
    std::string text;
    for (const auto& p : d.looked)
        if (p.verdict != applies) text += (text.empty() ? "" : "; ") + p.name + ": " + p.verdict;
    return {errc::permission, "no AWS credentials (" + text + ")"};
}

}  // namespace trainyard::aws
