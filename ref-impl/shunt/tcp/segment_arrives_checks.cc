// SPDX-License-Identifier: Apache-2.0
// SEGMENT ARRIVES, the first, second and fourth step of RFC 9293 3.10.7.4: sequence number, RST,
// SYN; with PAWS (RFC 7323 5) in front and the answers of RFC 5961.
#include "shunt/base/mutant.hh"
#include "shunt/tcp/arriving_segment.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::tcp {
namespace {

// RFC 7323 5.5: a TS.Recent older than this says nothing.
constexpr Duration kRecentTimestampAgeMax = Duration::seconds(24 * 86'400);

/// A defect: what is left of it shows what other connections have been sent (CVE-2016-5696).
bool shared_limit_allows(Instant now) {
    static ChallengeLimit limit;
    static Instant latest;
    if (now < latest) limit = {};  // another device, whose clock begins anew
    latest = now;
    return limit.allows(now);
}

/// Defects: numbers are compared as what they are stored as, and do not wrap.
bool is_plainly_inside(SequenceNumber number, SequenceNumber next, SequenceNumber edge) {
    if (is_mutant(Mutant::ComparesUnsigned)) {
        return number.value() >= next.value() && number.value() < edge.value();
    }
    const auto plain = [](SequenceNumber each) { return static_cast<std::int32_t>(each.value()); };
    return plain(number) >= plain(next) && plain(number) < plain(edge);
}

}  // namespace

/// RFC 7323 5.3, R1; 3.2: a segment without the option is not of this connection. A SYN is not
/// either, with it or without: its sender has forgotten us, and is to hear that we have not
/// (RFC 5961 4.2), whatever it offers.
Outcome Connection::check_timestamp(const ArrivingSegment& segment, Instant now) {
    if (!negotiated_.has_timestamps() || segment.flags.reset) return Outcome::go_on();
    const auto& timestamps = segment.options.timestamps;
    if (!timestamps) {
        if (is_mutant(Mutant::EndsAtMissingTimestamps)) abort();
        return segment.flags.syn ? Outcome::go_on()
                                 : Outcome::drop(Counter::DropTcpTimestampMissing);
    }
    if (is_mutant(Mutant::TakesOldTimestamps)) return Outcome::go_on();
    const bool is_old = SequenceNumber(timestamps->value).before(SequenceNumber(recent_timestamp_));
    const bool is_remembered = now - recent_timestamp_at_ <= kRecentTimestampAgeMax ||
                               is_mutant(Mutant::RemembersTimestampsForEver);
    if (!is_old || !is_remembered) return Outcome::go_on();
    return answer_unacceptable(segment, Counter::DropTcpPaws, now);
}

/// RFC 7323 4.3, (2).
void Connection::update_recent_timestamp(const ArrivingSegment& segment, Instant now) {
    if (!negotiated_.has_timestamps() || !segment.options.timestamps) return;
    if (segment.sequence.after(receive_.last_acknowledged)) return;
    // Text that is held comes here again, or to another server: it must not be old by then.
    if (is_text_held_ && segment.length() > 0) return;
    const bool is_unpushed = !segment.text.empty() && !segment.flags.push;
    if (is_unpushed && is_mutant(Mutant::TextKeepsTimestamp)) return;
    recent_timestamp_ = segment.options.timestamps->value;
    recent_timestamp_at_ = now;
}

Outcome Connection::check_sequence(ArrivingSegment& segment, Instant now) {
    if (is_acceptable(segment)) return Outcome::go_on();
    if (segment.flags.reset) {
        if (is_mutant(Mutant::TakesFarResets)) return Outcome::go_on();
        return Outcome::drop(Counter::DropTcpReset);
    }
    if (state_ == State::SynReceived && segment.flags.syn && !segment.flags.acknowledgment &&
        segment.sequence == receive_.initial) {
        is_syn_due_ = !is_mutant(Mutant::IgnoresRepeatedSyn);  // our SYN/ACK was lost
        return Outcome::stop();
    }
    if (state_ == State::SynReceived && is_mutant(Mutant::EndsHandshakeAtSyn)) {
        if (segment.flags.syn) finish(Event::Reset);
        return Outcome::stop();
    }
    // Into a closed window comes a probe: its text waits outside, its acknowledgment counts.
    if (receive_.window() == 0 && segment.sequence == receive_.next && !segment.flags.syn) {
        segment.text = {};
        segment.flags.fin = false;
        is_acknowledgment_due_ = true;
        return Outcome::go_on();
    }
    if (state_ == State::TimeWait && is_mutant(Mutant::SilentInTimeWait)) {
        return Outcome::drop(Counter::DropTcpWindow);
    }
    if (state_ == State::TimeWait && segment.flags.fin) {
        // The peer has not seen our last ACK (3.10.7.4, fifth step).
        timers_.arm(Timer::Linger, now + config_->maximum_segment_lifetime * 2);
    }
    return answer_unacceptable(segment, Counter::DropTcpWindow, now);
}

/// The four cases of RFC 9293 3.4.
bool Connection::is_acceptable(const ArrivingSegment& segment) const {
    const auto is_inside = [this](SequenceNumber number) {
        if (is_mutant(Mutant::ComparesSigned) || is_mutant(Mutant::ComparesUnsigned)) {
            return is_plainly_inside(number, receive_.next, receive_.edge);
        }
        return number.at_or_after(receive_.next) && number.before(receive_.edge);
    };
    const bool is_next_or_inside = segment.sequence == receive_.next || is_inside(segment.sequence);
    // Text of a RST says why, and takes no room: a closed window, too, is open for it (MUST-66).
    if (segment.flags.reset) return is_next_or_inside;
    // A peer that has filled the window acknowledges from its edge, while we miss something.
    if (segment.length() == 0) return is_next_or_inside || segment.sequence == receive_.edge;
    if (receive_.window() == 0) return false;
    return is_inside(segment.sequence) || is_inside(segment.sequence + (segment.length() - 1));
}

/// RFC 5961 3.2: exactly the next number resets, another one in the window is asked back.
Outcome Connection::check_reset(const ArrivingSegment& segment, Instant now) {
    if (!segment.flags.reset) return Outcome::go_on();
    const bool is_exact = segment.sequence == receive_.next || is_mutant(Mutant::TakesAnyReset) ||
                          is_mutant(Mutant::TakesFarResets);
    if (!is_exact || is_mutant(Mutant::DropsExactResets))
        return challenge(Counter::DropTcpReset, now);
    finish(state_ == State::TimeWait ? Event::Closed : Event::Reset);
    return Outcome::stop();
}

/// RFC 5961 4.2. In SYN-RECEIVED too: a peer that has forgotten us answers with a RST.
Outcome Connection::check_syn(const ArrivingSegment& segment, Instant now) {
    if (!segment.flags.syn) return Outcome::go_on();
    if (is_mutant(Mutant::EndsAtSyn)) {
        finish(Event::Reset);
        return Outcome::stop();
    }
    return challenge(Counter::DropTcpSyn, now);
}

Outcome Connection::challenge(Counter counter, Instant now) {
    const bool is_allowed = is_mutant(Mutant::SharesChallengeLimit) ? shared_limit_allows(now)
                                                                    : challenges_.allows(now);
    if (is_allowed || is_mutant(Mutant::ChallengesWithoutLimit)) is_acknowledgment_due_ = true;
    return Outcome::drop(counter);
}

/// Text and FIN are answered each time, for their sender waits. The answers to a SYN (RFC 5961 4.2)
/// and to mere acknowledgments are limited, lest two ends with different memories answer each other
/// for ever.
Outcome Connection::answer_unacceptable(const ArrivingSegment& segment, Counter counter,
                                        Instant now) {
    if (is_mutant(Mutant::SilentBeyondWindow)) return Outcome::drop(counter);
    if (segment.length() == 0 || segment.flags.syn) return challenge(counter, now);
    if (segment.sequence.before(receive_.next) && is_mutant(Mutant::SilentAboutOldText)) {
        return Outcome::drop(counter);
    }
    note_old_text(segment);
    is_acknowledgment_due_ = true;
    return Outcome::drop(counter);
}

}  // namespace shunt::tcp
