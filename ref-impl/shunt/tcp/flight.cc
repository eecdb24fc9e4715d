// SPDX-License-Identifier: Apache-2.0
#include "shunt/tcp/flight.hh"

namespace shunt::tcp {

Delivery Flight::deliver(const Heard& heard, bool uses_sack, RttEstimator& rtt) {
    Delivery delivery;
    delivery.in_network_before = in_network();
    duplicate.reset();
    sent.acknowledge(heard.acknowledgment, [&](const SentSegment& segment) {
        delivery.delivered += segment.size();
        if (segment.is_retransmitted) {
            delivery.is_ambiguous = true;
        } else if (!delivery.round_trip && segment.begin.at_or_after(next_sample)) {
            delivery.round_trip = heard.evidence.now - segment.sent_at;
        } else {
            rtt.note_minimum(heard.evidence.now - segment.sent_at);
        }
        if (uses_sack) rack.on_delivered(segment, heard.evidence, rtt.minimum());
    });
    if (uses_sack && !heard.blocks.empty()) read_sack(heard, delivery, rtt);
    if (sent.empty()) is_restored = false;
    // What was sent once may have waited at the peer for what was sent twice.
    if (delivery.is_ambiguous) delivery.round_trip.reset();
    if (delivery.round_trip) {
        rtt.sample(*delivery.round_trip);
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
    duplicate_credit = 0;
    is_restored = is_probe_due = awaits_reordering = is_retransmission_forced = false;
}

}  // namespace shunt::tcp
