#include "engine/http/tls_sessions.hpp"

#include <algorithm>

namespace trainyard::http {

void tls_session_cache::put(const origin& to, tls_session s, mono_time now) {
    if (SSL_SESSION_is_resumable(s.get()) != 1) return;
    auto it = entries_.find(to);
    if (it == entries_.end()) {
        if (entries_.size() == session_origins_max) forget(origin(uses_.front()));
        it = entries_.emplace(to, entry{{}, uses_.insert(uses_.end(), to)}).first;
    }
    entry& e = it->second;
    uses_.splice(uses_.end(), uses_, e.use);
    const duration lifetime = std::chrono::seconds{std::max(SSL_SESSION_get_timeout(s.get()), 0L)};
    e.sessions.push_back({std::move(s), now + std::min(lifetime, session_age_max)});
    if (e.sessions.size() > sessions_per_origin_max) e.sessions.pop_front();
}

tls_session tls_session_cache::take(const origin& to, mono_time now) {
    const auto it = entries_.find(to);
    if (it == entries_.end()) return nullptr;
    auto& sessions = it->second.sessions;
    uses_.splice(uses_.end(), uses_, it->second.use);
    std::erase_if(sessions, [now](const kept& k) { return k.until <= now; });
    if (sessions.empty()) {
        forget(origin(to));
        return nullptr;
    }
    SSL_SESSION* const newest = sessions.back().session.get();
    // A copy, for the connection that uses it spoils its own when it ends without close_notify.
    if (SSL_SESSION_get_protocol_version(newest) < TLS1_3_VERSION)
        return tls_session(SSL_SESSION_dup(newest));
    tls_session out = std::move(sessions.back().session);
    sessions.pop_back();
    return out;
}

void tls_session_cache::forget(const origin& to) {
    const auto it = entries_.find(to);
    if (it == entries_.end()) return;
    uses_.erase(it->second.use);
    entries_.erase(it);
}

}  // namespace trainyard::http
