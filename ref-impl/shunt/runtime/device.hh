// SPDX-License-Identifier: Apache-2.0
// A frame port of this machine: it can be waited for, and it can say what is wrong with it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "shunt/base/counters.hh"
#include "shunt/base/packet.hh"
#include "shunt/base/result.hh"
#include "shunt/link/frame_port.hh"
#include "shunt/runtime/device_address.hh"
#include "shunt/runtime/setup_error.hh"

namespace shunt::runtime {

class Device : public link::FramePort {
  public:
    /// Readable when a frame waits. Stays the device's.
    virtual int descriptor() const = 0;
    /// Once: a trouble of the link that the user should hear of, with the command that helps.
    virtual std::optional<std::string> take_complaint() { return std::nullopt; }
    /// The interface was deleted, or the other end of the wire has left: nothing comes or goes here
    /// any more.
    virtual bool is_gone() const = 0;
};

/// Opens a tap, packet or qemu device (unix: is no port, see UnixAttachment). Frames come from
/// `pool`, drops are counted in `counters`; both outlive the device.
Result<std::unique_ptr<Device>, SetupError> open_device(const DeviceAddress& address,
                                                        PacketPool& pool, Counters& counters);

}  // namespace shunt::runtime
