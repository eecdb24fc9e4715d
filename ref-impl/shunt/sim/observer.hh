// SPDX-License-Identifier: Apache-2.0
// Who watches the links of a world without taking part: the checkers.
#pragma once

#include <string_view>

#include "shunt/base/bytes.hh"
#include "shunt/base/time.hh"
#include "shunt/sim/ids.hh"

namespace shunt::sim {

/// The names that a segment and its hosts were given, for texts.
struct PlaceNames {
    std::string_view segment;
    std::string_view from;
    std::string_view to;  ///< Empty where a frame is only sent.
};

/// A frame that leaves a host.
struct Transmission {
    Instant time;
    SegmentId segment{};
    HostId from{};
    ByteView frame;
    PlaceNames names;
};

/// A frame that reaches a host; a broadcast or repeated one does so more than once.
struct Arrival {
    Instant time;
    SegmentId segment{};
    HostId from{};
    HostId to{};
    ByteView frame;
    PlaceNames names;
};

/// A host that has done all that it does for now: what it had to send is sent.
struct Settling {
    Instant time;
    /// What the host takes for the time.
    Instant host_time;
    HostId host{};
};

class Observer {
  public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    virtual ~Observer() = default;

    /// Before any fault: what the host did, whatever the link makes of it.
    virtual void observe(const Transmission& transmission) = 0;
    /// Before the host sees the frame.
    virtual void observe(const Arrival& arrival) = 0;
    /// After every event of a host.
    virtual void observe(const Settling&) {}
};

}  // namespace shunt::sim
