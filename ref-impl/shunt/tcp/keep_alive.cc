// SPDX-License-Identifier: Apache-2.0
// Is the peer of an idle connection still there? (RFC 9293 3.8.4; TCP-12)
#include "shunt/base/mutant.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {
namespace {

/// In the other states a timer of their own ends what is idle.
bool is_probed(State state) {
    return state == State::Established || state == State::CloseWait;
}

Duration patience(Duration configured) {
    if (is_mutant(Mutant::AsksIdlePeers)) return {};
    return is_mutant(Mutant::AsksMovedPeers) ? Duration::milliseconds(1'500) : configured;
}

}  // namespace

void Connection::set_keep_alive(bool wanted, Instant now) {
    is_kept_alive_ = wanted;
    timers_.disarm(Timer::KeepAlive);
    if (wanted && is_synchronized(state_)) start_keep_alive(now);
}

void Connection::start_keep_alive(Instant now) {
    if (is_mutant(Mutant::AsksIdlePeers)) {
        timers_.arm(Timer::KeepAlive, now + Duration::milliseconds(500));
    }
    if (is_kept_alive_) timers_.arm(Timer::KeepAlive, now + config_->keep_alive_idle);
}

/// Segments do not touch the timer: when it expires, it is seen when the last one came.
void Connection::handle_keep_alive_timeout(Instant now) {
    if (!is_probed(state_)) return;
    const Instant idle_until = last_received_at_ + patience(config_->keep_alive_idle);
    // What is outstanding or waits for the window is sent again anyway, until that is given up.
    if (send_buffer_.octets() > 0) {
        start_keep_alive(now);
    } else if (now < idle_until) {
        timers_.arm(Timer::KeepAlive, idle_until);
    } else if (keep_alive_probes_ >= config_->keep_alive_probes_max) {
        finish(Event::TimedOut);
    } else {
        ++keep_alive_probes_;
        is_keep_alive_due_ = true;
        timers_.arm(Timer::KeepAlive, now + config_->keep_alive_interval);
    }
}

/// An octet that the peer has acknowledged long ago, or rather its number: it has to answer.
bool Connection::transmit_keep_alive(Instant now, Packet& out) {
    if (!is_keep_alive_due_) return false;
    is_keep_alive_due_ = false;
    write(acknowledging_header(send_.maximum - 1, current_options(now)), out);
    return true;
}

}  // namespace shunt::tcp
