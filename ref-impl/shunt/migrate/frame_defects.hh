// SPDX-License-Identifier: Apache-2.0
// Defects of a reader of encapsulated frames: what breaks the format is bent until it fits. In the
// shipped node both functions do nothing.
#pragma once

#include "shunt/base/packet.hh"
#include "shunt/wire/encapsulation.hh"

namespace shunt::migrate {

/// Bends a frame, from its encapsulation header on, as the chosen mutant does.
void bend_frame(Packet& datagram, wire::ProtocolSet set);

/// A frame of nobody's is in memory when the next one is read.
void remember_dropped(ByteView datagram);

}  // namespace shunt::migrate
