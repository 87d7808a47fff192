#include "bench/queue_target.hpp"

#include "aws/transport/http_options.hpp"

namespace trainyard::bench {
namespace {

constexpr const char* own_region = "us-east-1";

http::client_options http_options(std::size_t connections) {
    auto out = aws::service_client_options(aws::process_environment());
    // Each call in flight has a connection; the lanes must never be what is measured.
    out.connections_per_origin_and_lane = connections;
    out.connections_per_host = 3 * connections + 3;
    out.connections_reserved_per_lane = 1;
    return out;
}

}  // namespace

result<queue_target> open_target(const queue_plan& p) {
    const auto& env = aws::process_environment();
    queue_target out;
    out.profile = p.profile;
    if (p.endpoint.empty()) {
        auto server = local_server::start(p.program);
        if (!server) return server.error();
        out.own.emplace(std::move(*server));
        out.where.origin = {false, out.own->at().address, out.own->at().port};
        out.where.signing_region = p.region.empty() ? own_region : p.region;
        out.where.custom = true;
        return out;
    }
    const std::string region = p.region.empty() ? aws::default_region(env) : p.region;
    if (region.empty()) return error{errc::invalid_argument, "no region: --region or AWS_REGION says which"};
    aws::endpoint_settings settings;
    settings.custom_url = p.endpoint;
    settings.source = "--endpoint";
    auto where = p.endpoint == "aws" ? aws::resolve_endpoint("sqs", region, env)
                                     : aws::resolve_endpoint("sqs", region, settings);
    if (!where) return where.error();
    out.where = std::move(*where);
    return out;
}

client_stack::client_stack(boost::asio::io_context& io, std::size_t connections, std::uint64_t seed)
    : http_(io, http_options(connections)),
      transport_(http_, io::real_clock(), registry_, seed),
      identity_(io, http_, transport_, aws::process_environment(), seed) {}

task<result<std::unique_ptr<client_stack>>> client_stack::open(boost::asio::io_context& io,
                                                               const queue_target& at,
                                                               std::size_t connections, std::uint64_t seed) {
    std::unique_ptr<client_stack> out(new client_stack(io, connections, seed));
    auto who = at.own ? result<std::shared_ptr<aws::credentials_provider>>{aws::make_static_provider(
                            {"test", secret{"test"}, {}, {}}, "the local server's")}
                      : out->identity_.open(at.profile);
    if (!who) {
        co_await out->close();
        co_return who.error();
    }
    out->where_ = at.where;
    out->who_ = std::move(*who);
    out->sqs_.emplace(out->transport_, out->where_, out->who_);
    co_return out;
}

task<void> client_stack::close() {
    co_await identity_.close();
    co_await http_.close();
}

}  // namespace trainyard::bench
