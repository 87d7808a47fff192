#include "aws/sts/roles.hpp"

#include <algorithm>
#include <map>

#include "aws/credentials/files.hpp"
#include "aws/credentials/refreshing.hpp"
#include "aws/sts/codec.hpp"
#include "aws/sts/limiter.hpp"
#include "aws/transport/answer.hpp"
#include "engine/io/event.hpp"

namespace trainyard::aws::sts {

namespace {

// One attempt, and one fetch with its attempts. A fetch may stand in line for minutes when hundreds of roles
// begin together; those who need it wait as long as they like, and the others use the set they have.
constexpr duration call_max = std::chrono::seconds{10};
constexpr duration fetch_max = std::chrono::minutes{5};
constexpr int attempts_max = 3;
constexpr const char* web_identity_operation = "AssumeRoleWithWebIdentity";

using one_call = std::function<task<api_result<sigv4::credentials>>(mono_time deadline)>;

bool worth_repeating(const api_error& e) {
    switch (e.kind) {
        case failure::throttled:
        case failure::service_fault:
        case failure::unreachable:
        case failure::effect_unknown: return true;
        // The provider of the identity could not be asked, or its token was being replaced.
        default: return e.code == "IDPCommunicationError" || e.code == "InvalidIdentityToken";
    }
}

api_error no_answer(const error& e) {
    api_error out;
    out.service = "sts";
    out.operation = web_identity_operation;
    out.message = e.message;
    switch (e.code) {
        case errc::unreachable: out.kind = failure::unreachable; break;
        case errc::cancelled: out.kind = failure::cancelled; break;
        case errc::not_found:
        case errc::invalid_argument: out.kind = failure::invalid_request; break;
        default: out.kind = failure::effect_unknown;
    }
    return out;
}

// No token holds white space; editors and shells add it at the end.
result<secret> read_token(const std::string& file) {
    const auto text = read_secret_file(file, web_identity_token_bytes_max);
    if (!text) return with_context(text.error(), "web identity token");
    auto token = text->reveal();
    while (!token.empty() && (token.back() == '\n' || token.back() == '\r' || token.back() == ' '))
        token.remove_suffix(1);
    return secret{std::string{token}};
}

task<api_result<sigv4::credentials>> call_unsigned(http::client& http, endpoint where,
                                                   web_identity_request request, mono_time deadline) {
    const auto token = read_token(request.token_file);
    if (!token) co_return no_answer(token.error());
    auto body = encode_assume_role_with_web_identity(request, *token);
    if (!body) co_return no_answer(body.error());
    http::request what;
    what.target = where.path.empty() ? "/" : where.path;
    what.fields.set("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    what.fields.set("user-agent", "trainyard/" TRAINYARD_VERSION);
    what.body = std::move(*body);
    auto answer = co_await http.send(where.origin, std::move(what), http::lane::control, deadline);
    if (!answer) co_return no_answer(answer.error());
    if (answer->status != 200) co_return read_error("sts", web_identity_operation, *answer);
    auto keys = decode_assume_role_with_web_identity(answer->body);
    if (!keys) co_return malformed_answer("sts", web_identity_operation, *answer, keys.error().message);
    co_return std::move(*keys);
}

}  // namespace

struct roles::shared {
    boost::asio::io_context& io;
    http::client& http;
    transport& t;
    io::task_group& fetches;
    std::uint64_t seed;
    rng random{seed};
    std::map<std::string, call_limiter> limiters;  // by authority; as many as there are configured endpoints

    call_limiter& limiter(const std::string& authority) {
        return limiters.try_emplace(authority, sts_calls_per_second).first->second;
    }
    // Attempts of one fetch, each in its turn at the endpoint's limiter.
    static task<result<sigv4::credentials>> fetch(std::shared_ptr<shared> self, std::string authority,
                                                  one_call call, mono_time deadline);
    static std::shared_ptr<credentials_provider> provide(const std::shared_ptr<shared>& self,
                                                         const endpoint& where, one_call call,
                                                         std::string description);
};

task<result<sigv4::credentials>> roles::shared::fetch(std::shared_ptr<shared> self, std::string authority,
                                                      one_call call, mono_time deadline) {
    const error cancelled{errc::cancelled, "assuming the role was cancelled"};
    const clock& time = self->t.time();
    for (int attempt = 1;; ++attempt) {
        const mono_time turn = self->limiter(authority).reserve(time.mono());
        if (turn >= deadline) co_return error{errc::timeout, "too many roles stand in line before this one"};
        const bool slept = co_await io::sleep_until(turn);
        if (!slept) co_return cancelled;
        const mono_time until = std::min(deadline, time.mono() + call_max);
        auto got = co_await call(until);
        if (got) co_return std::move(*got);
        if (got.error().kind == failure::cancelled) co_return cancelled;
        if (attempt == attempts_max || !worth_repeating(got.error())) co_return to_error(got.error());
        const std::chrono::duration<double> pause{self->random.unit() * static_cast<double>(1 << attempt)};
        const mono_time next = time.mono() + std::chrono::duration_cast<duration>(pause);
        const bool paused = co_await io::sleep_until(next);
        if (!paused) co_return cancelled;
    }
}

std::shared_ptr<credentials_provider> roles::shared::provide(const std::shared_ptr<shared>& self,
                                                             const endpoint& where, one_call call,
                                                             std::string description) {
    const auto authority = where.origin.authority();
    auto fetch_one = [self, authority, call = std::move(call)](mono_time deadline) {
        return fetch(self, authority, call, deadline);
    };
    refreshing_options options;
    options.fetch_max = fetch_max;
    return make_refreshing_provider(self->io, self->t.time(), self->fetches, std::move(fetch_one),
                                    std::move(description), self->seed, options);
}

roles::roles(boost::asio::io_context& io, http::client& http, transport& t, io::task_group& fetches,
             std::uint64_t seed)
    : shared_(new shared{io, http, t, fetches, seed, rng{seed}, {}}) {}
roles::~roles() = default;

std::shared_ptr<credentials_provider> roles::assume(endpoint where,
                                                    std::shared_ptr<credentials_provider> base,
                                                    assume_role_request request) {
    const auto sts = std::make_shared<client>(shared_->t, where, std::move(base));
    const auto description = "role " + request.role_arn;
    auto turn = [self = shared_, authority = where.origin.authority()] {
        return self->limiter(authority).reserve(self->t.time().mono());
    };
    auto call = [sts, request = std::move(request), turn = std::move(turn)](mono_time until) {
        return sts->assume_role_once(request, until, turn);
    };
    return shared::provide(shared_, where, std::move(call), description);
}

std::shared_ptr<credentials_provider> roles::assume_with_web_identity(endpoint where,
                                                                      web_identity_request request) {
    const auto description = "web identity for " + request.role_arn;
    auto call = [http = &shared_->http, where, request = std::move(request)](mono_time until) {
        return call_unsigned(*http, where, request, until);
    };
    return shared::provide(shared_, where, std::move(call), description);
}

}  // namespace trainyard::aws::sts
