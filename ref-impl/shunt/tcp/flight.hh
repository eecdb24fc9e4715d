// SPDX-License-Identifier: Apache-2.0
// What a sender must know only while something is out. It is allocated with the first text and
// given back by release_memory(), so that idle connections do not carry it (TCP-16).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "shunt/base/sequence_number.hh"
#include "shunt/tcp/rack.hh"
#include "shunt/tcp/rate_reduction.hh"
#include "shunt/tcp/rtt.hh"
#include "shunt/tcp/sack_reader.hh"
#include "shunt/tcp/sent_segments.hh"
#include "shunt/tcp/undo.hh"

namespace shunt::tcp {

/// What one acknowledgment tells of the network, in octets.
struct Delivery {
    /// By how much SND.UNA moves.
    std::uint32_t acknowledged = 0;
    /// What is known for the first time to have left the network (DeliveredData of RFC 6937).
    std::uint32_t delivered = 0;
    /// What was taken to be in the network before.
    std::uint32_t in_network_before = 0;
    /// It has shown that more is lost.
    bool shows_loss = false;
    /// The first segment of `acknowledged` was sent more than once.
    bool is_front_repeated = false;
};

/// RFC 8985 7: a probe that is out.
struct TailLossProbe {
    /// TLP.end_seq: what acknowledges it, acknowledges the probe.
    SequenceNumber end;
    bool is_retransmission = false;
};

struct Flight {
    /// What an acknowledgment says, beside what a connection knows.
    struct Heard {
        SequenceNumber acknowledgment;
        std::span<const wire::SackBlock> blocks;
        SequenceNumber maximum;  // SND.MAX
        Evidence evidence;
        /// The retransmission timer has fired since SND.UNA moved.
        bool has_timed_out = false;
    };

    explicit Flight(SequenceNumber unacknowledged) : next_sample(unacknowledged) {}

    /// Octets that are taken to be in the network.
    std::uint32_t in_network() const { return sent.in_flight() - credit(); }
    /// Octets that have left the network although it is not known which.
    std::uint32_t credit() const { return std::min(duplicate_credit, sent.in_flight()); }
    /// Takes note of what is acknowledged, in order or (with SACK) out of it.
    Delivery deliver(const Heard& heard, bool uses_sack, RttEstimator& rtt);
    /// RFC 8985 7.4.2: is the probe answered? True if the answer shows that it repaired a loss,
    /// which congestion control must hear of.
    bool settle_probe(SequenceNumber acknowledgment, const Delivery& delivery, bool has_sack);
    /// Everything is to be sent anew.
    void forget();

    SentSegments sent;
    SackReader sack_reader;
    Rack rack;
    RateReduction reduction;
    std::optional<TailLossProbe> probe;
    /// Congestion control has heard of a loss.
    std::optional<Undo> undo;
    /// A D-SACK of the last acknowledgment.
    std::optional<wire::SackBlock> duplicate;
    /// Without SACK each duplicate acknowledgment tells of one segment (RFC 6937 3 counts alike).
    std::uint32_t duplicate_credit = 0;
    /// From here on a segment may measure a round trip.
    SequenceNumber next_sample;
    /// The first lost segment goes out whatever the window says (RFC 5681 3.2, step 3).
    bool is_retransmission_forced = false;
    bool is_probe_due = false;
    /// Records were made at an import: their edges are a guess, and probes do not put the
    /// retransmission timer off, which would be for ever where moves follow each other.
    bool is_restored = false;
    /// What Timer::Loss waits for: RFC 8985 6.2 step 5 if true, else a probe (7.2).
    bool awaits_reordering = false;

  private:
    /// What one acknowledgment says of the round trip.
    struct RoundTrip {
        void note(const SentSegment& segment, const Heard& heard, bool is_due, RttEstimator& rtt);
        std::optional<Duration> best() const;

        /// Of what went again, by the transmission that the peer's timestamp echoes.
        std::optional<Duration> again;
        /// Of a copy before the last one, which the echo names.
        std::optional<Duration> late;
        /// Of what was sent once: the segment that is echoed, else the first.
        std::optional<Duration> echoed;
        std::optional<Duration> once;
        bool is_behind_front = false;
        bool is_ambiguous = false;
    };

    void read_sack(const Heard& heard, Delivery& delivery, const RttEstimator& rtt);
};

}  // namespace shunt::tcp
