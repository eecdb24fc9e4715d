// SPDX-License-Identifier: Apache-2.0
/// The link of a frame that came over an interface which is both links of the device.
#pragma once

#include "engine/bytes.hh"
#include "iut/iut.hh"

namespace conform {

/// By the device's own MAC address, from which it sends. Of a frame from any other one, which is a
/// finding of its own, by whom it is for: a peer's MAC address on the back link.
Link link_of(const Iut& iut, ByteView frame);

}  // namespace conform
