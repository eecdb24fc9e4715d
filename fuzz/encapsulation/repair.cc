// SPDX-License-Identifier: Apache-2.0
// Makes a mutated frame one that FRM-6 lets pass and that is about a connection of the node: from
// the outside in, and the checksums last.
#include <algorithm>
#include <array>

#include "encapsulation/farm_node.hh"
#include "fuzz_target.hh"
#include "shared/block_repair.hh"
#include "shunt/wire/checksum.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/reject.hh"

namespace shunt::fuzz {
namespace {

using wire::EncapsulationType;

constexpr Ratio kMostly{7, 8};
constexpr Ratio kOften{1, 2};
constexpr std::size_t kHeader = wire::kEncapsulationHeaderSize;
constexpr std::size_t kTcpChecksum = 16;  // offset in the TCP header
constexpr std::array<EncapsulationType, 9> kTypes{
    EncapsulationType::Connection, EncapsulationType::Forwarded, EncapsulationType::Acknowledgement,
    EncapsulationType::Reject,     EncapsulationType::Release,   EncapsulationType::Data,
    EncapsulationType::Challenge,  EncapsulationType::Go,        EncapsulationType::Missing};

// One input in the room that it has.
class FrameRepair {
  public:
    FrameRepair(MutableBytes room, std::size_t size, Rng& rng)
        : room_(room), size_(size), rng_(rng), known_(pick_known()) {}

    std::size_t run() {
        if (room_.size() < kHeader) return size_;
        reach(kHeader);
        repair_header();
        if (rng_.chance(kMostly)) repair_payload();
        if (rng_.chance(kMostly)) repair_checksum();
        return size_;
    }

  private:
    const KnownConnection& pick_known() {
        // The same for every input and never changed: names to be drawn from.
        static const FarmNode farm(true);
        return farm.known(static_cast<MoveStage>(rng_.below(kMoveStages)));
    }

    // Makes the input at least so long, where the room is; the new bytes are zero.
    bool reach(std::size_t size) {
        if (room_.size() < size) return false;
        if (size_ < size) {
            const MutableBytes added = room_.first(size).subspan(size_);
            std::fill(added.begin(), added.end(), std::uint8_t{0});
            size_ = size;
        }
        return true;
    }

    EncapsulationType type() const { return static_cast<EncapsulationType>(room_[12]); }

    void repair_header() {
        const auto& tuple = known_.tuple;
        if (rng_.chance(kMostly) && std::find(kTypes.begin(), kTypes.end(), type()) == kTypes.end())
            room_[12] = static_cast<std::uint8_t>(kTypes[room_[12] % kTypes.size()]);
        if (rng_.chance(kMostly)) room_[13] = static_cast<std::uint8_t>(tuple.protocol);
        if (rng_.chance(kMostly)) {
            store_u32(room_, 6, FarmNode::header_about(tuple, type()).destination.value());
        }
        if (!rng_.chance({3, 4})) return;
        store_u32(room_, 0, tuple.client.value());
        store_u16(room_, 4, tuple.client_port);
        store_u16(room_, 10, tuple.service_port);
    }

    void repair_payload() {
        switch (type()) {
            case EncapsulationType::Connection:
                return repair_connection();
            case EncapsulationType::Forwarded:
                return repair_forwarded();
            case EncapsulationType::Acknowledgement:
            case EncapsulationType::Release:
            case EncapsulationType::Go:
                return repair_identified(wire::MigrationCopy::kSize);
            case EncapsulationType::Reject:
                return repair_identified(wire::RejectMessage::kSize);
            case EncapsulationType::Data:
                return repair_counted(std::max<std::size_t>(size_, kHeader + 22) - kHeader - 2);
            case EncapsulationType::Challenge:
                return repair_counted(17);
            case EncapsulationType::Missing:
                return repair_counted(14 + 9 * (1 + rng_.below(33)));
        }
    }

    void repair_counted(std::size_t count) {
        if (!reach(kHeader + 2 + count)) return;
        store_u16(room_, kHeader, static_cast<std::uint16_t>(count));
    }

    // ID, and copy or reason.
    void repair_identified(std::size_t size) {
        if (!reach(kHeader + size)) return;
        store_u16(room_, kHeader, static_cast<std::uint16_t>(size - 2));
        if (rng_.chance(kMostly)) known_.id.store(room_, kHeader + 2);
        if (type() == EncapsulationType::Reject) {
            store_u16(room_, kHeader + 16, static_cast<std::uint16_t>(1 + room_[kHeader + 17] % 7));
        } else if (rng_.chance(kMostly)) {
            store_u32(room_, kHeader + 16, known_.copy);
        }
    }

    void repair_connection() {
        if (!reach(kHeader + wire::ConnectionInformation::kTcpSize)) return;
        if (rng_.chance(kMostly)) store_u32(room_, kHeader, known_.tuple.service.value());
        if (rng_.chance(kMostly)) store_u16(room_, kHeader + 4, load_u16(room_, 10));
        wire::ControlBlock block = wire::ControlBlock::load(room_, kHeader + 6);
        repair_block(block, rng_);
        // Only what has nothing queued moves before an application is bound (EP-18).
        if (rng_.chance(kMostly)) {
            block.send_queue = block.receive_queue = 0;
            block.send_next = block.send_max = block.send_unacknowledged;
        }
        if (rng_.chance(kOften)) {
            block.initial_send_sequence = known_.id.initial_send_sequence;
            block.epoch = known_.id.epoch + static_cast<std::uint32_t>(rng_.below(3)) - 1;
        }
        block.store(room_, kHeader + 6);
    }

    void repair_forwarded() {
        constexpr std::size_t inner = kHeader;
        if (!reach(inner + 2 * wire::kIpv4HeaderSize)) return;
        room_[inner] = 0x45;
        store_u16(room_, inner + 2, static_cast<std::uint16_t>(size_ - inner));
        if (rng_.chance(kMostly)) store_u16(room_, inner + 6, 0x4000);  // no fragment
        if (rng_.chance(kMostly))
            room_[inner + 9] = static_cast<std::uint8_t>(wire::IpProtocol::Tcp);
        store_u32(room_, inner + 12, load_u32(room_, 0));
        if (rng_.chance(kMostly)) store_u32(room_, inner + 16, known_.tuple.service.value());
        if (room_[inner + 9] == static_cast<std::uint8_t>(wire::IpProtocol::Tcp)) {
            store_u16(room_, inner + 20, load_u16(room_, 4));
            store_u16(room_, inner + 22, load_u16(room_, 10));
            if (rng_.chance(kMostly)) repair_segment();
        }
        store_u16(room_, inner + 10, 0);
        store_u16(room_, inner + 10,
                  wire::internet_checksum(room_.subspan(inner, wire::kIpv4HeaderSize)));
    }

    // Numbers that the moved-in connections wait for, and the checksum.
    void repair_segment() {
        constexpr std::size_t inner = kHeader;
        const MutableBytes segment = room_.first(size_).subspan(inner + wire::kIpv4HeaderSize);
        const std::size_t words_max = std::min<std::size_t>(15, segment.size() / 4);
        const std::size_t words = std::clamp<std::size_t>(segment[12] / 16, 5, words_max);
        segment[12] = static_cast<std::uint8_t>(words * 16);
        if (rng_.chance(kOften)) store_u32(segment, 4, 0x11110001);
        if (rng_.chance(kOften)) store_u32(segment, 8, 0x22220001);
        store_u16(segment, kTcpChecksum, 0);
        auto sum = wire::pseudo_header_sum(wire::Ipv4Address(load_u32(room_, inner + 12)),
                                           wire::Ipv4Address(load_u32(room_, inner + 16)),
                                           wire::IpProtocol::Tcp, segment.size());
        sum.add(segment);
        store_u16(segment, kTcpChecksum, sum.checksum());
    }

    void repair_checksum() {
        const auto set = wire::ProtocolSet::Extended;
        store_u16(room_, 14, 0);
        // How much is covered (FRM-4) is tried: behind the longest payload nothing is.
        for (const std::size_t covered : covered_sizes()) {
            if (covered > size_) continue;
            store_u16(room_, 14, 0);
            store_u16(room_, 14, wire::internet_checksum(room_.first(covered)));
            if (wire::EncapsulationView::parse(room_.first(size_), set)) return;
        }
    }

    std::array<std::size_t, 4> covered_sizes() const {
        const std::size_t counted = size_ >= kHeader + 2 ? load_u16(room_, kHeader) + 2U : 0;
        return {kHeader, kHeader + counted, kHeader + wire::ConnectionInformation::kTcpSize,
                kHeader + wire::ConnectionInformation::kUdpSize};
    }

    MutableBytes room_;
    std::size_t size_;
    Rng& rng_;
    const KnownConnection& known_;
};

}  // namespace

std::size_t repair_input(MutableBytes room, std::size_t size, Rng& rng) {
    return FrameRepair(room, size, rng).run();
}

}  // namespace shunt::fuzz
