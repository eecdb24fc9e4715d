// SPDX-License-Identifier: Apache-2.0
// Initial sequence numbers and timestamp offsets that an outsider cannot guess and a reused tuple
// does not repeat (RFC 6528 3, RFC 7323 7.1; TCP-6).
#pragma once

#include "shunt/base/sequence_number.hh"
#include "shunt/base/siphash.hh"
#include "shunt/base/time.hh"
#include "shunt/tcp/identity.hh"

namespace shunt::tcp {

/// ISN = M + F(tuple, key): M is a clock of 4 us ticks, F SipHash-2-4. The key is drawn once per
/// boot.
SequenceNumber initial_sequence(SipKey key, const Identity& identity, Instant now);

/// Constant for a tuple, so that TSval never goes back when the tuple is used again.
std::uint32_t timestamp_offset(SipKey key, const Identity& identity);

/// Both.
Chance draw_chance(SipKey key, const Identity& identity, Instant now);

}  // namespace shunt::tcp
