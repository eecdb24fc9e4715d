// SPDX-License-Identifier: Apache-2.0
/// A device on one link with sockets that can be asked for: what a segment script is played to.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "attach/open.hh"
#include "attach/unix_socket.hh"

namespace conform {

/// A frame of the device, and when it came.
struct HeardFrame {
    Time at{};
    Bytes bytes;
};

class ScriptDevice {
  public:
    /// `socket` carries one link, hello exchanged.
    explicit ScriptDevice(UnixSocket socket) : socket_(std::move(socket)) {}
    ScriptDevice(const ScriptDevice&) = delete;
    ScriptDevice& operator=(const ScriptDevice&) = delete;
    virtual ~ScriptDevice() = default;

    virtual Time now() const = 0;
    /// Gives the frame to the device, which has done all that it does at once when this returns.
    virtual void send(ByteView frame) = 0;
    /// The answer to a JSON request, and the device as after send().
    virtual std::string call(const std::string& line) = 0;
    /// Lets time go on to `until`.
    virtual void pass(Time until) = 0;

    /// What the device has sent since this was last asked, in order.
    std::vector<HeardFrame> take_heard() { return std::exchange(heard_, {}); }

  protected:
    /// The next message of the device. Throws DeviceHangs where there is none in time.
    UnixMessage next_message();
    void note(Time at, Bytes frame) { heard_.push_back({at, std::move(frame)}); }

    UnixSocket socket_;

  private:
    std::vector<HeardFrame> heard_;
};

/// Connects to the device that listens on a unix: path. Throws what UnixSocket throws.
std::unique_ptr<ScriptDevice> connect_script_device(const std::string& path, TimeKind time,
                                                    std::uint64_t seed);

}  // namespace conform
