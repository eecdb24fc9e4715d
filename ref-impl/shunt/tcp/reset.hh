// SPDX-License-Identifier: Apache-2.0
// The RST that answers a segment without a connection (RFC 9293 3.10.7.1).
#pragma once

#include <optional>

#include "shunt/base/packet.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/tcp/identity.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::tcp {

struct Reset {
    SequenceNumber sequence;
    /// Set: the ACK bit too.
    std::optional<SequenceNumber> acknowledgment;

    /// Nothing for a segment that is a RST itself.
    static std::optional<Reset> answer_to(const wire::TcpView& segment);

    /// Makes an IPv4 packet, from the identity's local end to its remote one, in the empty `out`.
    void write(const Identity& identity, Packet& out) const;

    bool operator==(const Reset&) const = default;
};

}  // namespace shunt::tcp
