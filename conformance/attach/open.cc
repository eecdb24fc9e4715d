// SPDX-License-Identifier: Apache-2.0
#include "attach/open.hh"

#include "attach/packet_port.hh"
#include "attach/qemu_port.hh"
#include "attach/unix_port.hh"
#include "attach/unix_virtual.hh"

namespace conform {
namespace {

constexpr std::chrono::milliseconds kConnectPatience{5'000};
constexpr std::uint8_t kBothLinks = 2;
constexpr std::uint8_t kOneLink = 1;

UnixVirtualLimits limits_of(std::size_t conversations) {
    UnixVirtualLimits limits;
    limits.advances *= conversations;
    limits.wall_time *= static_cast<std::int64_t>(conversations);
    return limits;
}

}  // namespace

std::optional<AttachmentAddress> parse_attachment_address(std::string_view text) {
    constexpr std::pair<std::string_view, AttachmentKind> kKinds[] = {
        {"unix:", AttachmentKind::Unix},
        {"packet:", AttachmentKind::Packet},
        {"tap:", AttachmentKind::Tap},
        {"qemu:", AttachmentKind::Qemu},
    };
    for (const auto& [prefix, kind] : kKinds) {
        if (text.starts_with(prefix) && text.size() > prefix.size()) {
            return AttachmentAddress{kind, std::string(text.substr(prefix.size()))};
        }
    }
    return std::nullopt;
}

AttachmentPoint::AttachmentPoint(AttachmentAddress front, std::optional<AttachmentAddress> back,
                                 TimeKind time, std::string control, LinkOf link_of)
    : front_(std::move(front)),
      back_(std::move(back)),
      time_(time),
      control_(std::move(control)),
      link_of_(std::move(link_of)) {
    if (time_ == TimeKind::Virtual && !control_.empty()) {
        throw UsageError("in virtual time the upper tester is \"attachment\", or none");
    }
    if (time_ == TimeKind::Virtual && (front_.kind != AttachmentKind::Unix || !is_one_place())) {
        throw UsageError(
            "virtual time needs front and back on one unix: socket; use --time wall with others");
    }
    const bool is_shared = back_ && *back_ == front_;
    if (is_shared && front_.kind != AttachmentKind::Unix && !link_of_) {
        throw UsageError(
            "front and back on one interface cannot be told apart: give two, or a device with a "
            "MAC address of its own for each");
    }
    prepare(front_);
    if (back_ && !is_shared) prepare(*back_);
}

void AttachmentPoint::prepare(const AttachmentAddress& address) {
    if (address.kind == AttachmentKind::Tap) {
        taps_.push_back(std::make_unique<TapInterface>(address.place));
    } else if (address.kind == AttachmentKind::Qemu) {
        sockets_[address.place] = std::make_unique<QemuSocket>(address.place);
    }
}

std::unique_ptr<WallPort> AttachmentPoint::open_port(const AttachmentAddress& address, Link link,
                                                     std::uint64_t seed) const {
    switch (address.kind) {
        case AttachmentKind::Unix:
            return std::make_unique<UnixPort>(
                UnixSocket(address.place, kOneLink, seed, kConnectPatience), link);
        case AttachmentKind::Qemu:
            return std::make_unique<QemuPort>(sockets_.at(address.place)->open(kConnectPatience),
                                              address.place, link);
        case AttachmentKind::Packet:
        case AttachmentKind::Tap:
            return std::make_unique<PacketPort>(address.place, link);
    }
    return nullptr;
}

std::vector<std::unique_ptr<WallPort>> AttachmentPoint::open_ports(std::uint64_t seed) const {
    std::vector<std::unique_ptr<WallPort>> ports;
    ports.reserve(2);
    ports.push_back(open_port(front_, Link::Front, seed));
    if (!back_) return ports;
    if (*back_ == front_) {
        ports.front() = std::make_unique<SharedPort>(std::move(ports.front()), link_of_);
    } else {
        ports.push_back(open_port(*back_, Link::Back, seed));
    }
    return ports;
}

std::unique_ptr<Attachment> AttachmentPoint::open(std::uint64_t seed,
                                                  std::size_t conversations) const {
    const bool is_one_socket = front_.kind == AttachmentKind::Unix && is_one_place();
    if (!is_one_socket) return std::make_unique<WallAttachment>(open_ports(seed), control_);
    UnixSocket socket(front_.place, back_ ? kBothLinks : kOneLink, seed, kConnectPatience);
    if (time_ == TimeKind::Virtual) {
        return std::make_unique<UnixVirtual>(std::move(socket), limits_of(conversations));
    }
    std::vector<std::unique_ptr<WallPort>> ports;
    ports.push_back(std::make_unique<UnixPort>(std::move(socket), std::nullopt));
    return std::make_unique<WallAttachment>(std::move(ports), control_);
}

std::string AttachmentPoint::socket_path() const {
    return front_.kind == AttachmentKind::Unix ? front_.place : std::string();
}

}  // namespace conform
