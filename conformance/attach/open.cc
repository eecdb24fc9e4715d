// SPDX-License-Identifier: Apache-2.0
#include "attach/open.hh"

#include "attach/packet_port.hh"
#include "attach/unix_port.hh"
#include "attach/unix_virtual.hh"

namespace conform {
namespace {

constexpr std::chrono::milliseconds kConnectPatience{5'000};
constexpr std::uint8_t kBothLinks = 2;
constexpr std::uint8_t kOneLink = 1;

std::unique_ptr<WallPort> open_port(const AttachmentAddress& address, Link link,
                                    std::uint64_t seed) {
    if (address.kind == AttachmentKind::Unix) {
        UnixSocket socket(address.place, kOneLink, seed, kConnectPatience);
        return std::make_unique<UnixPort>(std::move(socket), link);
    }
    return std::make_unique<PacketPort>(address.place, link);
}

}  // namespace

std::optional<AttachmentAddress> parse_attachment_address(std::string_view text) {
    constexpr std::pair<std::string_view, AttachmentKind> kKinds[] = {
        {"unix:", AttachmentKind::Unix},
        {"packet:", AttachmentKind::Packet},
        {"tap:", AttachmentKind::Tap},
    };
    for (const auto& [prefix, kind] : kKinds) {
        if (text.starts_with(prefix) && text.size() > prefix.size()) {
            return AttachmentAddress{kind, std::string(text.substr(prefix.size()))};
        }
    }
    return std::nullopt;
}

AttachmentPoint::AttachmentPoint(AttachmentAddress front, AttachmentAddress back, TimeKind time,
                                 std::string control)
    : front_(std::move(front)), back_(std::move(back)), time_(time), control_(std::move(control)) {
    if (time_ == TimeKind::Virtual && !control_.empty()) {
        throw UsageError("in virtual time the upper tester is \"attachment\", or none");
    }
    if (time_ == TimeKind::Virtual && (front_.kind != AttachmentKind::Unix || front_ != back_)) {
        throw UsageError(
            "virtual time needs front and back on one unix: socket; use --time wall with others");
    }
    for (const AttachmentAddress* address : {&front_, &back_}) {
        if (address->kind != AttachmentKind::Tap) continue;
        if (address == &back_ && back_ == front_) continue;
        taps_.push_back(std::make_unique<TapInterface>(address->place));
    }
}

std::unique_ptr<Attachment> AttachmentPoint::open(std::uint64_t seed) const {
    if (front_.kind == AttachmentKind::Unix && front_ == back_) {
        UnixSocket socket(front_.place, kBothLinks, seed, kConnectPatience);
        if (time_ == TimeKind::Virtual) return std::make_unique<UnixVirtual>(std::move(socket));
        std::vector<std::unique_ptr<WallPort>> ports;
        ports.push_back(std::make_unique<UnixPort>(std::move(socket), std::nullopt));
        return std::make_unique<WallAttachment>(std::move(ports), control_);
    }
    if (front_ == back_) {
        throw UsageError("front and back on one interface cannot be told apart yet: give two");
    }
    std::vector<std::unique_ptr<WallPort>> ports;
    ports.push_back(open_port(front_, Link::Front, seed));
    ports.push_back(open_port(back_, Link::Back, seed));
    return std::make_unique<WallAttachment>(std::move(ports), control_);
}

std::string AttachmentPoint::socket_path() const {
    return front_.kind == AttachmentKind::Unix ? front_.place : std::string();
}

}  // namespace conform
