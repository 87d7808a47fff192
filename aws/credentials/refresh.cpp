#include "aws/credentials/refresh.hpp"

#include <algorithm>

namespace trainyard::aws {

bool refresh_machine::usable(wall_time wall) const {
    if (!current_) return false;
    return options_.use_expired || !current_->expires_at ||
           wall + options_.expiry_margin < *current_->expires_at;
}

refresh_machine::action refresh_machine::want(mono_time mono, wall_time wall) {
    const bool good = usable(wall);
    const bool due = !good || (current_->expires_at && wall >= refresh_at_);
    if (!due) return action::use;
    if (fetching_) return good ? action::use : action::wait;
    const auto pause = good ? options_.failure_pause : options_.failure_pause_empty;
    if (failed_at_ && mono - *failed_at_ < pause) return good ? action::use : action::fail;
    fetching_ = true;
    return good ? action::use_and_fetch : action::fetch;
}

void refresh_machine::fetched(result<credentials_snapshot> outcome, mono_time mono, wall_time wall) {
    fetching_ = false;
    const bool late = outcome && *outcome && (*outcome)->expires_at &&
                      *(*outcome)->expires_at <= wall + options_.expiry_margin;
    if (outcome && (!*outcome || late)) {
        const auto expired = *outcome;
        outcome = error{errc::permission,
                        "the fetched credentials have already expired; check this machine's clock"};
        if (late && options_.use_expired && !(current_ && current_->expires_at > expired->expires_at)) {
            current_ = expired;
            refresh_at_ = wall;
        }
    }
    if (!outcome) {
        failed_at_ = mono;
        last_error_ = outcome.error();
        return;
    }
    current_ = *outcome;
    failed_at_.reset();
    if (!current_->expires_at) return;
    const auto life = *current_->expires_at - wall;
    const auto share = [life](double part) {
        return std::chrono::duration_cast<duration>(
            std::chrono::duration<double, std::nano>(static_cast<double>(life.count()) * part));
    };
    // A set that lives for less than the early window would otherwise be fetched again on every call.
    const auto early = std::min(std::max(options_.early_min, share(options_.early_share)), share(0.5));
    refresh_at_ = *current_->expires_at - early - share(options_.jitter_share * random_.unit());
}

void refresh_machine::invalidate(const sigv4::credentials& stale) {
    if (!current_ || current_->access_key_id != stale.access_key_id ||
        !current_->session_token.equals(stale.session_token.reveal()))
        return;
    // A source that failed a moment ago is not asked at once: its set may be refused as often as it is used.
    current_.reset();
    last_error_ = {errc::permission, "the service refused the credentials as expired"};
}

}  // namespace trainyard::aws
