// SPDX-License-Identifier: Apache-2.0
// Explicit congestion notification (RFC 3168 6.1; TCP-14): a mark instead of a loss. It is agreed
// on in the SYNs, echoed until the sender says that it has heard, and answered once per round trip.
#include "shunt/base/mutant.hh"
#include "shunt/tcp/arriving_segment.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {

/// 6.1.1: a SYN asks with both flags, its answer agrees with one. One that repeats both is of a
/// host that sends back what it does not understand.
bool Connection::agrees_to_ecn(const wire::TcpFlags& flags) const {
    if (!flags.ecn_echo || is_mutant(Mutant::NeverAgreesToEcn)) return false;
    return flags.congestion_window_reduced != flags.acknowledgment;
}

/// 6.1.1.1: a SYN that is sent again does not ask once more: the way may drop those that do.
void Connection::ask_for_ecn(wire::TcpFlags& flags, bool is_first) {
    if (flags.acknowledgment) {
        flags.ecn_echo = negotiated_.has_ecn();
        return;
    }
    negotiated_.ecn_requested = negotiated_.ecn_requested && is_first;
    flags.ecn_echo = flags.congestion_window_reduced = negotiated_.ecn_requested;
}

/// 6.1.3: from a mark on every acknowledgment echoes, until the sender has reduced its window.
void Connection::note_marks(const ArrivingSegment& segment) {
    if (!negotiated_.has_ecn() || segment.text.empty() || is_text_held_) return;
    if (segment.flags.congestion_window_reduced) is_ecn_echo_due_ = false;
    if (is_mutant(Mutant::EchoesNoMark)) return;
    if (segment.is_congestion_experienced) is_ecn_echo_due_ = true;
}

/// 6.1.2: like a loss, but there is nothing to repair; once per window of data.
void Connection::hear_ecn_echo(const ArrivingSegment& segment) {
    if (negotiated_.has_ecn() && segment.flags.ecn_echo) reduce_window();
}

/// 6.1.4: text that goes out for the first time may be marked, and says that the window fell.
/// Retransmissions and probes may not (6.1.5, 6.1.6).
wire::EcnCodepoint Connection::mark_new_text(wire::TcpFlags& flags) {
    if (!negotiated_.has_ecn()) return wire::EcnCodepoint::NotCapable;
    flags.congestion_window_reduced = is_window_reduction_due_;
    is_window_reduction_due_ = false;
    return wire::EcnCodepoint::Capable0;
}

}  // namespace shunt::tcp
