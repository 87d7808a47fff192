#include "aws/credentials/fetch.hpp"

#include <algorithm>

#include "aws/credentials/answers.hpp"
#include "aws/credentials/files.hpp"
#include "engine/base/encoding.hpp"
#include "engine/io/event.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::aws {

namespace {

constexpr duration container_attempt_max = std::chrono::seconds{2};
constexpr duration container_pause = std::chrono::seconds{1};
constexpr int container_attempts = 3;
constexpr duration instance_request_max = std::chrono::seconds{1};
constexpr std::size_t header_secret_bytes_max = 8U << 10U;
constexpr std::size_t role_name_bytes_max = 256;
constexpr const char* instance_path = "/latest/meta-data/iam/security-credentials/";

mono_time soon(duration d, mono_time deadline) {
    return std::min(deadline, io::real_clock().mono() + d);
}

http::request get(std::string target) {
    http::request out;
    out.method = "GET";
    out.target = std::move(target);
    out.fields.set("accept", "application/json");
    out.fields.set("user-agent", "trainyard/" TRAINYARD_VERSION);
    return out;
}

error answered(const std::string& place, int status) {
    return {errc::unreachable, place + " answered with status " + std::to_string(status)};
}

// Empty when neither variable is set.
result<secret> container_token(const environment& env) {
    const char* variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
    const auto file = env.get(variable);
    secret token;
    if (!file.empty()) {
        auto text = read_secret_file(file, header_secret_bytes_max);
        if (!text) return with_context(text.error(), variable);
        token = std::move(*text);
    } else {
        variable = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
        token = secret{env.get(variable)};
    }
    if (const auto fit = check_header_secret(token); !fit) return with_context(fit.error(), variable);
    return token;
}

task<result<sigv4::credentials>> ask_container(http::client& client, http::request what, http::origin to,
                                               mono_time deadline) {
    const std::string place = to.to_string();
    const mono_time until = soon(container_attempt_max, deadline);
    auto got = co_await client.send(std::move(to), std::move(what), http::lane::control, until);
    if (!got) co_return with_context(got.error(), place);
    if (got->status != 200) co_return answered(place, got->status);
    const secret body{std::move(got->body)};
    auto keys = read_container_answer(body.reveal());
    if (!keys) co_return with_context(keys.error(), "the answer of " + place);
    co_return keys;
}

// One request to instance metadata; the body of a 200.
task<result<secret>> ask_instance(http::client& client, http_place where, http::request what,
                                  mono_time deadline) {
    const std::string place = where.origin.to_string();
    what.target = where.target + what.target;
    const mono_time until = soon(instance_request_max, deadline);
    auto got = co_await client.send(where.origin, std::move(what), http::lane::control, until);
    if (!got) co_return with_context(got.error(), place);
    if (got->status == 404) co_return error{errc::not_found, place + " has no such data (status 404)"};
    if (got->status != 200) co_return answered(place, got->status);
    co_return secret{std::move(got->body)};
}

bool is_role_name(std::string_view s) {
    return !s.empty() && s.size() <= role_name_bytes_max && std::all_of(s.begin(), s.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"_+=,.@-"}.find(c) != std::string_view::npos;
    });
}

result<sso_token> cached_sso_token(const sso_source& from, const environment& env, wall_time now) {
    const std::string login = from.session.empty() ? "run `aws sso login`"
                                                   : "run `aws sso login --sso-session " + from.session + "`";
    const auto file = sso_cache_file(from, env);
    const auto text = read_secret_file(file, answer_bytes_max);
    if (!text && text.error().code == errc::not_found)
        return error{errc::permission, "no SSO token in " + file + "; " + login};
    if (!text) return text.error();
    auto token = read_sso_token(text->reveal());
    if (!token) return with_context(token.error(), file + " (" + login + ")");
    if (token->expires_at <= now)
        return error{errc::permission,
                     "the SSO token expired at " + to_iso8601(token->expires_at) + "; " + login};
    if (const auto fit = check_header_secret(token->access_token); !fit)
        return with_context(fit.error(), file);
    return token;
}

}  // namespace

task<result<sigv4::credentials>> fetch_from_container(http::client& client, const environment& env,
                                                      container_source from, mono_time deadline) {
    for (int attempt = 1;; ++attempt) {
        auto token = container_token(env);
        if (!token) co_return token.error();
        http::request what = get(from.where.target);
        if (!token->empty()) what.fields.set("authorization", std::string{token->reveal()});
        http::origin to = from.where.origin;
        auto keys = co_await ask_container(client, std::move(what), std::move(to), deadline);
        if (keys || keys.error().code == errc::cancelled || attempt == container_attempts) co_return keys;
        const mono_time next = io::real_clock().mono() + container_pause;
        if (next >= deadline) co_return keys;
        const bool slept = co_await io::sleep_until(next);
        if (!slept) co_return error{errc::cancelled, "cancelled between two attempts"};
    }
}

task<result<sigv4::credentials>> fetch_from_instance(http::client& client, instance_source from,
                                                     mono_time deadline) {
    http::request what = get("/latest/api/token");
    what.method = "PUT";
    what.fields.set("x-aws-ec2-metadata-token-ttl-seconds", "21600");
    const auto token = co_await ask_instance(client, from.where, std::move(what), deadline);
    if (!token) co_return with_context(token.error(), "no IMDSv2 token");
    if (token->empty() || !check_header_secret(*token))
        co_return error{errc::corrupt, "the IMDSv2 token is malformed"};
    const std::string hidden{token->reveal()};

    what = get(instance_path);
    what.fields.set("x-aws-ec2-metadata-token", hidden);
    const auto role = co_await ask_instance(client, from.where, std::move(what), deadline);
    if (!role) co_return with_context(role.error(), "the instance's role");
    std::string name{role->reveal()};
    name = name.substr(0, name.find_first_of("\r\n"));
    if (name.empty()) co_return error{errc::not_found, "no role is attached to this instance"};
    if (!is_role_name(name)) co_return error{errc::corrupt, "the name of the instance's role is malformed"};

    what = get(instance_path + name);
    what.fields.set("x-aws-ec2-metadata-token", hidden);
    const auto body = co_await ask_instance(client, from.where, std::move(what), deadline);
    if (!body) co_return with_context(body.error(), "keys of role " + name);
    auto keys = read_instance_answer(body->reveal());
    if (!keys) co_return with_context(keys.error(), "keys of role " + name);
    co_return keys;
}

task<result<sigv4::credentials>> fetch_from_sso(http::client& client, const environment& env, sso_source from,
                                                wall_time now, mono_time deadline) {
    const auto token = cached_sso_token(from, env, now);
    if (!token) co_return token.error();
    http::request what =
        get(from.portal.target + "/federation/credentials?role_name=" + percent_encode(from.role_name) +
            "&account_id=" + percent_encode(from.account_id));
    what.fields.set("x-amz-sso_bearer_token", std::string{token->access_token.reveal()});
    const std::string place = from.portal.origin.to_string();
    auto got = co_await client.send(from.portal.origin, std::move(what), http::lane::control, deadline);
    if (!got) co_return with_context(got.error(), place);
    if (got->status == 401 || got->status == 403)
        co_return error{errc::permission,
                        place + " refuses role " + from.role_name + " in account " + from.account_id +
                            " (status " + std::to_string(got->status) +
                            "); run `aws sso login`, and check that the role is assigned to you"};
    if (got->status != 200) co_return answered(place, got->status);
    const secret body{std::move(got->body)};
    auto keys = read_sso_answer(body.reveal());
    if (!keys) co_return with_context(keys.error(), "the answer of " + place);
    co_return keys;
}

}  // namespace trainyard::aws
