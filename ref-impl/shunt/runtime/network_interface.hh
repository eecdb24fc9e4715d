// SPDX-License-Identifier: Apache-2.0
// What the kernel knows of a network interface, and the few things we set on one we have created.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "shunt/base/result.hh"
#include "shunt/runtime/file_descriptor.hh"
#include "shunt/runtime/setup_error.hh"

namespace shunt::runtime {

class NetworkInterface {
  public:
    /// Nothing if this network namespace has no interface of that name.
    static std::optional<NetworkInterface> find(const std::string& name);

    int index() const { return index_; }
    /// The MTU in bytes; an error if a frame of that MTU would not fit into a Packet.
    Result<std::size_t, SetupError> usable_mtu() const;
    /// Needs CAP_NET_ADMIN. Empty text: done.
    std::string bring_up() const;
    /// Needs CAP_NET_ADMIN; a shorter queue than asked for is no error.
    void set_transmit_queue_length(int packets) const;

  private:
    NetworkInterface(std::string name, int index, FileDescriptor socket);

    std::string name_;
    int index_;
    FileDescriptor socket_;  // any socket: interface ioctls need one
};

}  // namespace shunt::runtime
