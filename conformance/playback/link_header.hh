// SPDX-License-Identifier: Apache-2.0
/// What captures have in front of a packet and a live wire has not: one VLAN tag (IEEE 802.1Q).
#pragma once

#include "engine/bytes.hh"

namespace conform {

/// `frame` without its tag; as it is where it has none.
Bytes without_vlan_tag(ByteView frame);

/// It has one: of a frame whose tag has been taken off, one more.
bool has_vlan_tag(ByteView frame);

}  // namespace conform
