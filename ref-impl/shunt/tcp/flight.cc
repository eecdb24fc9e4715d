// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/flight.hh"

namespace shunt::tcp {

namespace {

// MSL of RFC 9293 3.4.1: what is older says nothing.
constexpr std::uint32_t kEchoAgeMaxMs = 120'000;

}  // namespace

/// RFC 6298 3, RFC 7323 4.1. Where an acknowledgment was lost, the segment goes again although it
/// was there, and the answer echoes the first copy, for repetitions do not move TS.Recent (RFC 7323
/// 5.3, R2, R3): the time since then is no round trip but a timeout. So what went again because of
/// one measures a round trip only if the echo is that of its last transmission. A probe or a fast
/// retransmission is different: it follows soon, and where round trips have become longer it
/// precedes every answer, so that the first copy is all that there is to measure by.
void Flight::RoundTrip::note(const SentSegment& segment, const Heard& heard, bool is_due,
                             RttEstimator& rtt) {
    const Evidence& evidence = heard.evidence;
    const Duration age = evidence.now - segment.sent_at;
    const bool is_echoed = evidence.is_of(segment.sent_at);
    if (!segment.is_retransmitted) {
        is_behind_front = true;
        if (is_due && is_echoed && !echoed) echoed = age;
        if (is_due && !once) {
            once = age;
        } else {
            rtt.note_minimum(age);
        }
        return;
    }
    // After a timeout it is the front that has made the peer answer.
    const bool is_answered = !heard.has_timed_out || !is_behind_front;
    is_ambiguous = true;
    is_behind_front = true;
    if (is_echoed && is_answered && !again) again = age;
    if (late || heard.has_timed_out || !evidence.is_older_than(segment.sent_at)) return;
    const std::uint32_t echo_age_ms = evidence.clock.value(evidence.now) - *evidence.echo;
    if (echo_age_ms <= kEchoAgeMaxMs) late = Duration::milliseconds(echo_age_ms);
}

std::optional<Duration> Flight::RoundTrip::best() const {
    if (again) return again;
    if (late) return late;
    // What was sent once may have waited at the peer for what was sent twice.
    if (is_ambiguous) return std::nullopt;
    return echoed ? echoed : once;
}

Delivery Flight::deliver(const Heard& heard, bool uses_sack, RttEstimator& rtt) {
    Delivery delivery;
    RoundTrip round_trip;
    delivery.in_network_before = in_network();
    duplicate.reset();
    sent.acknowledge(heard.acknowledgment, [&](const SentSegment& segment) {
        if (delivery.delivered == 0) delivery.is_front_repeated = segment.is_retransmitted;
        delivery.delivered += segment.size();
        // At most one sample per flight (RFC 6298 3).
        round_trip.note(segment, heard, segment.begin.at_or_after(next_sample), rtt);
        if (uses_sack) rack.on_delivered(segment, heard.evidence, rtt.minimum());
    });
    if (uses_sack && !heard.blocks.empty()) read_sack(heard, delivery, rtt);
    // A D-SACK: it was a repetition that made the peer answer.
    if (duplicate) round_trip.late.reset();
    if (sent.empty()) is_restored = false;
    if (const auto measured = round_trip.best()) {
        rtt.sample(*measured);
        next_sample = heard.maximum;
    }
    return delivery;
}

void Flight::read_sack(const Heard& heard, Delivery& delivery, const RttEstimator& rtt) {
    const SackReader::Report report =
        sack_reader.read(heard.blocks, heard.acknowledgment, heard.maximum);
    // TSecr is of the last segment in order (RFC 7323 4.3): of these it says nothing.
    Evidence evidence = heard.evidence;
    evidence.echo.reset();
    for (const SackReader::News& news : report.all()) {
        if (is_restored) {
            sent.cut(news.block.left);
            sent.cut(news.block.right);
        }
        sent.mark_sacked(news.block, news.from, news.to, [&](const SentSegment& segment) {
            delivery.delivered += segment.size();
            rack.on_delivered(segment, evidence, rtt.minimum());
        });
    }
    if (!report.has_duplicate) return;
    duplicate = report.duplicate;
    rack.on_duplicate_report(heard.acknowledgment, heard.maximum);
}

bool Flight::settle_probe(SequenceNumber acknowledgment, const Delivery& delivery, bool has_sack) {
    if (!probe || acknowledgment.before(probe->end)) return false;
    const bool is_both_delivered =
        (duplicate && duplicate->right == probe->end) ||
        (acknowledgment == probe->end && delivery.acknowledged == 0 && !has_sack);
    const bool is_repaired = probe->is_retransmission && !is_both_delivered;
    if (is_repaired && acknowledgment == probe->end) return false;  // a D-SACK may still come
    probe.reset();
    return is_repaired;
}

void Flight::forget() {
    sent.clear();
    sack_reader.forget();
    probe.reset();
    undo.reset();
    duplicate_credit = 0;
    is_restored = is_probe_due = awaits_reordering = is_retransmission_forced = false;
}

}  // namespace shunt::tcp
