// What the calls of one identity to one endpoint share. Pure.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>

#include "aws/transport/breaker.hpp"
#include "aws/transport/call.hpp"
#include "aws/transport/rate_limiter.hpp"
#include "aws/transport/retry.hpp"

namespace trainyard::aws {

struct channel {
    explicit channel(mono_time now) : limiter(now) {}
    retry_quota quota;
    rate_limiter limiter;
    breaker circuit;
};

// Within an identity and an endpoint, which calls share a channel: SageMaker's rates are per operation, so a
// throttled Create must not slow a Describe; long polls must not keep acks from going out. "" for the rest.
std::string_view channel_group(const call& what);

// At most `channels_max` of them: the one that was used longest ago goes, and its calls start afresh. A
// channel in use stays alive with its calls.
class channels {
public:
    static constexpr std::size_t channels_max = 4096;  // 250 accounts with their 16 operations and regions

    std::shared_ptr<channel> find(const std::shared_ptr<credentials_provider>& who, const call& what,
                                  mono_time now);
    std::size_t size() const { return all_.size(); }

private:
    // By the provider's control block: it is not reused while this map knows it.
    struct key {
        std::weak_ptr<credentials_provider> who;
        http::origin origin;
        std::string group;
    };
    struct key_view {
        const std::shared_ptr<credentials_provider>& who;
        const http::origin& origin;
        std::string_view group;
    };
    struct before {
        using is_transparent = void;
        template <class A, class B>
        bool operator()(const A& a, const B& b) const {
            if (a.who.owner_before(b.who)) return true;
            if (b.who.owner_before(a.who)) return false;
            return std::tuple<const http::origin&, std::string_view>(a.origin, a.group) <
                   std::tuple<const http::origin&, std::string_view>(b.origin, b.group);
        }
    };
    struct entry {
        std::shared_ptr<channel> state;
        mono_time used;
    };

    void make_room();

    std::map<key, entry, before> all_;
};

}  // namespace trainyard::aws
