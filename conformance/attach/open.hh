// SPDX-License-Identifier: Apache-2.0
/// From `front = "unix:PATH"` and `back = ".."` to an attachment.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "attach/attachment.hh"
#include "attach/tap_interface.hh"

namespace conform {

enum class TimeKind : std::uint8_t { Virtual, Wall };

enum class AttachmentKind : std::uint8_t { Unix, Packet, Tap };

/// "unix:out/s1.sock": how, and where.
struct AttachmentAddress {
    AttachmentKind kind = AttachmentKind::Unix;
    std::string place;
    bool operator==(const AttachmentAddress&) const = default;
};

/// Absent for anything but unix:PATH, packet:INTERFACE and tap:NAME.
std::optional<AttachmentAddress> parse_attachment_address(std::string_view text);

/// Both links of one device, opened again for every case (unix:) or once for a run (the others).
class AttachmentPoint {
  public:
    /// Makes taps where they are asked for; throws UsageError. `control`: the device's control
    /// socket, of wall time; empty if it has none or is reached through the links' own.
    AttachmentPoint(AttachmentAddress front, AttachmentAddress back, TimeKind time,
                    std::string control = {});

    /// A unix: device in virtual time is a fresh one for whoever connects.
    bool is_fresh_each_time() const { return front_.kind == AttachmentKind::Unix; }

    /// Throws UsageError, AttachmentError, DeviceGone, DeviceHangs.
    std::unique_ptr<Attachment> open(std::uint64_t seed) const;

    /// The socket whose appearance says that the device serves; empty where there is none.
    std::string socket_path() const;

  private:
    AttachmentAddress front_;
    AttachmentAddress back_;
    TimeKind time_;
    std::string control_;
    std::vector<std::unique_ptr<TapInterface>> taps_;
};

}  // namespace conform
