// SPDX-License-Identifier: Apache-2.0
/// From `front = "unix:PATH"` and `back = ".."` to an attachment.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attach/attachment.hh"
#include "attach/qemu_socket.hh"
#include "attach/shared_port.hh"
#include "attach/tap_interface.hh"

namespace conform {

enum class TimeKind : std::uint8_t { Virtual, Wall };

enum class AttachmentKind : std::uint8_t { Unix, Packet, Tap, Qemu };

/// "unix:out/s1.sock": how, and where.
struct AttachmentAddress {
    AttachmentKind kind = AttachmentKind::Unix;
    std::string place;
    bool operator==(const AttachmentAddress&) const = default;
};

/// Absent for anything but unix:PATH, packet:INTERFACE, tap:NAME and qemu:PATH.
std::optional<AttachmentAddress> parse_attachment_address(std::string_view text);

/// The links of one device, opened again for every case (unix:) or once for a run (the others).
class AttachmentPoint {
  public:
    /// Makes taps and sockets where they are asked for; throws UsageError. Without `back` the
    /// device has one link. `control`: the device's control socket, of wall time; empty if it has
    /// none or is reached through the links' own. `link_of` tells the links of one interface apart;
    /// empty: nothing does.
    AttachmentPoint(AttachmentAddress front, std::optional<AttachmentAddress> back, TimeKind time,
                    std::string control = {}, LinkOf link_of = {});

    /// A unix: device in virtual time is a fresh one for whoever connects.
    bool is_fresh_each_time() const { return front_.kind == AttachmentKind::Unix; }

    /// Throws UsageError, AttachmentError, DeviceGone, DeviceHangs.
    /// In virtual time `conversations` at once may cost so many times what one may.
    std::unique_ptr<Attachment> open(std::uint64_t seed, std::size_t conversations = 1) const;

    /// The socket whose appearance says that the device serves; empty where there is none.
    std::string socket_path() const;

  private:
    bool is_one_place() const { return !back_ || *back_ == front_; }
    void prepare(const AttachmentAddress& address);
    std::unique_ptr<WallPort> open_port(const AttachmentAddress& address, Link link,
                                        std::uint64_t seed) const;
    std::vector<std::unique_ptr<WallPort>> open_ports(std::uint64_t seed) const;

    AttachmentAddress front_;
    std::optional<AttachmentAddress> back_;
    TimeKind time_;
    std::string control_;
    LinkOf link_of_;
    std::vector<std::unique_ptr<TapInterface>> taps_;
    std::map<std::string, std::unique_ptr<QemuSocket>> sockets_;  ///< by path
};

}  // namespace conform
