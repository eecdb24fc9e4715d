// SPDX-License-Identifier: Apache-2.0
// A frame as one line of text, for traces and failing tests. Any bytes are described: what is
// malformed is named by the counter that its drop would increment.
#pragma once

#include <cstdint>
#include <string>

#include "shunt/base/bytes.hh"
#include "shunt/wire/ethernet.hh"

namespace shunt::wire {

/// From the Ethernet header on; `encapsulation_type` is the farm's Type value (FRM-2). The
/// addresses of the Ethernet header are left out.
std::string describe_frame(ByteView frame,
                           std::uint16_t encapsulation_type = kEtherTypeEncapsulation);

/// "10.7.0.9:4711 > 10.7.1.1:80 tcp S seq 1 win 65535 len 0 <mss 1460>". In a UDP datagram to the
/// routed binding's port (FRM-3) the encapsulation is described too.
std::string describe_ipv4(ByteView packet);

/// "0x02 forwarded 10.7.0.9:4711 > 10.8.1.2:80 tcp | ..", behind the bar what it carries.
std::string describe_encapsulation(ByteView bytes);

}  // namespace shunt::wire
