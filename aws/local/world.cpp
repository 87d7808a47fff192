#include "aws/local/world.hpp"

#include "aws/local/front.hpp"
#include "aws/local/identity/sts_service.hpp"
#include "aws/local/sagemaker/sagemaker_service.hpp"
#include "aws/local/sqs/sqs_service.hpp"
#include "engine/base/check.hpp"
#include "engine/http/server.hpp"

namespace trainyard::aws::local {
namespace {

task<http::response> answer(front& where, http::request request) {
    auto out = co_await where.handle(std::move(request));
    co_return out;
}

http::server_options limits() {
    http::server_options out;
    // A batch of 1 MiB as a form: each byte takes up to three (%XX), and base64 a third more.
    out.body_bytes_max = 4U << 20U;
    return out;
}

}  // namespace

struct world::impl {
    impl(boost::asio::io_context& io, const clock& clock_, world_options o, metrics::registry& registry)
        : time(clock_),
          options(std::move(o)),
          random(rng{options.seed}.split("front")),
          identities(options.secret_access_key),
          sqs(io, time, options.seed),
          sagemaker(instance_limits{options.instance_limit, options.instance_limits}, options.time_scale,
                    journal),
          sts(identities, random),
          entrance({time, random, identities, handlers(), registry}, options.verify_signatures),
          server(io, limits(), [this](http::request r) { return answer(entrance, std::move(r)); }) {
        TY_CHECK(options.time_scale > 0, "the time scale is above 0");
    }

    // A new service is one line here and its member below.
    service_handlers handlers() {
        service_handlers all;
        const auto of = [&all](service_name s) -> service_handler& {
            return all[static_cast<std::size_t>(s)];
        };
        of(service_name::sqs).awaited = [this](operation_call c) { return sqs.handle(std::move(c)); };
        of(service_name::sagemaker).at_once = [this](const auto& c) { return sagemaker.handle(c); };
        of(service_name::sts).at_once = [this](const auto& c) { return sts.handle(c); };
        return all;
    }

    const clock& time;
    world_options options;
    rng random;
    job_journal journal;
    identity_store identities;
    sqs_service sqs;
    sagemaker_service sagemaker;
    sts_service sts;
    front entrance;
    http::server server;
};

world::world(boost::asio::io_context& io, const clock& time, world_options options,
             metrics::registry& registry)
    : impl_(std::make_unique<impl>(io, time, std::move(options), registry)) {}

world::~world() = default;

result<std::uint16_t> world::listen(const std::string& address, std::uint16_t port) {
    if (!impl_->options.journal_file.empty())
        if (const auto opened = impl_->journal.open(impl_->options.journal_file); !opened)
            return opened.error();
    return impl_->server.listen(address, port);
}

task<void> world::shutdown(mono_time grace) {
    impl_->sqs.release_polls();
    co_await impl_->server.shutdown(grace);
}

world_stats world::stats() const {
    world_stats out;
    const auto& requests = impl_->entrance.counted();
    const auto& creates = impl_->sagemaker.creates_counted();
    out.requests = requests.requests;
    out.signatures_verified = requests.verified;
    out.signatures_refused = requests.refused;
    out.creates_accepted = creates.accepted;
    out.creates_duplicate = creates.duplicate;
    out.creates_over_limit = creates.over_limit;
    out.messages = impl_->sqs.messages();
    out.jobs_by_status = impl_->sagemaker.jobs_by_status(impl_->time.wall());
    return out;
}

const std::vector<accepted_create>& world::creates() const {
    return impl_->sagemaker.creates();
}

}  // namespace trainyard::aws::local
