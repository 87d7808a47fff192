// TLS sessions to resume, by origin. A cache belongs to one trust store: a session says "this peer was
// verified", and that holds only for the store and the host name it was verified with.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <deque>
#include <list>
#include <map>
#include <memory>

#include "engine/base/time.hpp"
#include "engine/http/message.hpp"

namespace trainyard::http {

struct tls_session_free {
    void operator()(SSL_SESSION* s) const { SSL_SESSION_free(s); }
};
using tls_session = std::unique_ptr<SSL_SESSION, tls_session_free>;

constexpr std::size_t session_origins_max = 256;    // origins remembered; the one used longest ago goes
constexpr std::size_t sessions_per_origin_max = 8;  // a server hands out two a connection; the oldest goes
// A ticket may be offered for seven days (RFC 8446 4.6.1); a chain is looked at again after this at the
// latest.
constexpr duration session_age_max = std::chrono::hours{1};

class tls_session_cache {
public:
    void put(const origin& to, tls_session s, mono_time now);
    // The newest one, or null. A TLS 1.3 ticket is given once: a second use would let an observer link the
    // two connections (RFC 8446 C.4), and servers may refuse it.
    tls_session take(const origin& to, mono_time now);
    void forget(const origin& to);
    std::size_t origins() const { return entries_.size(); }

private:
    struct kept {
        tls_session session;
        mono_time until;
    };
    struct entry {
        std::deque<kept> sessions;
        std::list<origin>::iterator use;
    };
    std::map<origin, entry> entries_;
    std::list<origin> uses_;  // the last is the most recently used
};

}  // namespace trainyard::http
