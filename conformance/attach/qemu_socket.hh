// SPDX-License-Identifier: Apache-2.0
/// The place of a qemu: attachment: a Unix stream socket where one side listens and the other one
/// connects.
#pragma once

#include <chrono>
#include <string>

#include "attach/descriptor.hh"

namespace conform {

/// QEMU's `-netdev stream` is either side. The judge listens, so that a device can be started
/// afterwards (server=off, QEMU's default); where somebody listens already, it is the device
/// (server=on), and the judge connects.
class QemuSocket {
  public:
    /// Makes the socket, or finds a device that listens there. A socket that nobody listens on any
    /// more is replaced. Throws UsageError for a path where neither can be.
    explicit QemuSocket(std::string path);
    QemuSocket(const QemuSocket&) = delete;
    QemuSocket& operator=(const QemuSocket&) = delete;
    /// Removes the socket if it is ours.
    ~QemuSocket();

    /// The connection with the device: the last one that came, as a device before it may have left
    /// one behind. Throws AttachmentError if there is none within `patience`.
    Descriptor open(std::chrono::milliseconds patience);

  private:
    void listen();
    Descriptor accept_last(std::chrono::milliseconds patience);

    std::string path_;
    Descriptor listening_;
    Descriptor connected_;  ///< to a device that listened, until it is asked for
};

}  // namespace conform
