// The services of a world, together because they know each other. A world that begins anew makes another set;
// requests that are still running hold the old one until they end.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "aws/local/event_delivery.hpp"
#include "aws/local/events/events_service.hpp"
#include "aws/local/front.hpp"
#include "aws/local/identity/access_guard.hpp"
#include "aws/local/identity/iam_authorizer.hpp"
#include "aws/local/identity/iam_service.hpp"
#include "aws/local/identity/identity_store.hpp"
#include "aws/local/identity/role_trust.hpp"
#include "aws/local/identity/sts_service.hpp"
#include "aws/local/quotas/quotas_service.hpp"
#include "aws/local/sagemaker/sagemaker_service.hpp"
#include "aws/local/sqs/sqs_service.hpp"
#include "aws/local/world.hpp"
#include "aws/local/world_quotas.hpp"
#include "aws/local/world_sagemaker.hpp"

namespace trainyard::aws::local {

class world_services final : public service_set {
public:
    // All of it outlives the set.
    world_services(boost::asio::io_context& io, const world_clock& time, const world_options& options,
                   std::uint64_t seed, rng& random, job_journal& journal,
                   const events::delivery_faults& delivery)
        : strictness(options.identity),
          iam_entities(rng{seed}.split("iam")),
          users(options.secret_access_key, iam_entities),
          checked(iam_entities, users, strictness),
          permissions(strictness.enforce ? static_cast<const authorizer&>(checked)
                                         : open_authorizer::instance()),
          trust(iam_entities, permissions, strictness),
          sqs(io, time, seed, permissions),
          sagemaker(sagemaker_options_of(options, trust, sqs), journal),
          sts({users, iam_entities, trust, strictness, random}),
          iam(iam_entities),
          events(
              io, time,
              {seed, delivery, [this](const auto& c) { return required_access("events", c, iam_entities); }},
              permissions,
              [this](const auto& command, wall_time now) { return deliver_event(sqs, command, now); }),
          limits(sagemaker.quotas()),
          quotas(seed, options.quota_approval, limits) {
        // A new service is a line here, its member below and its row in front_services.cpp.
        of(service_name::sqs).awaited = [this](operation_call c) { return sqs.handle(std::move(c)); };
        of(service_name::sagemaker).at_once = [this](const auto& c) {
            quotas.advance(c.now);
            auto reply = sagemaker.handle(c);
            events.look(c.now);
            return reply;
        };
        events.set_feed({[this] { return sagemaker.next_event_time(); },
                         [this](wall_time now) { return sagemaker.take_events(now); }});
        of(service_name::sts).at_once = [this](const auto& c) { return sts.handle(c); };
        of(service_name::iam).at_once = [this](const auto& c) { return iam.handle(c); };
        of(service_name::events).at_once = [this](const auto& c) { return events.handle(c); };
        of(service_name::quotas).at_once = [this](const auto& c) { return quotas.handle(c); };
    }

    const identity_store& identities() const override { return users; }
    std::optional<std::string> forbids(std::string_view service, const operation_call& call) const override {
        // EventBridge asks itself, for the policy of a bus has a say, too.
        if (!strictness.enforce || service == "events") return std::nullopt;
        return forbidden(permissions, service, call, iam_entities);
    }
    bool has_high_throughput(const operation_call& call, std::string_view queue) const override {
        return sqs.has_high_throughput({call.who.account, call.region, std::string{queue}});
    }

    const identity_options& strictness;
    iam_store iam_entities;
    identity_store users;
    iam_authorizer checked;
    const authorizer& permissions;  // what every service asks
    role_trust trust;
    sqs_service sqs;
    sagemaker_service sagemaker;
    sts_service sts;
    iam_service iam;
    events::events_service events;
    world_quotas limits;
    quotas::quotas_service quotas;

private:
    service_handler& of(service_name s) { return handlers[static_cast<std::size_t>(s)]; }
};

}  // namespace trainyard::aws::local
