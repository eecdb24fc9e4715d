// SPDX-License-Identifier: Apache-2.0
#include "shunt/wire/blob.hh"

#include <algorithm>

#include "shunt/base/crc32c.hh"
#include "shunt/base/mutant.hh"
#include "shunt/wire/sack_edges.hh"

namespace shunt::wire {
namespace {

constexpr std::size_t kSequenceSize = 4;

std::uint32_t bit_of(BlobSection kind) {
    return 1U << static_cast<std::uint32_t>(kind);
}

BlobMapping load_mapping(ByteView bytes) {
    return {.flow = FlowId(load_u32(bytes, 0)),
            .tuple = {.client = Ipv4Address(load_u32(bytes, 4)),
                      .client_port = load_u16(bytes, 8),
                      .service = Ipv4Address(load_u32(bytes, 10)),
                      .service_port = load_u16(bytes, 14),
                      .protocol = TransportProtocol::Tcp},
            .forwarder = Ipv4Address(load_u32(bytes, 16))};
}

void store_mapping(const BlobMapping& mapping, MutableBytes bytes) {
    store_u32(bytes, 0, mapping.flow.value());
    store_u32(bytes, 4, mapping.tuple.client.value());
    store_u16(bytes, 8, mapping.tuple.client_port);
    store_u32(bytes, 10, mapping.tuple.service.value());
    store_u16(bytes, 14, mapping.tuple.service_port);
    store_u32(bytes, 16, mapping.forwarder.value());
}

void copy(ByteView from, MutableBytes to) {
    std::copy(from.begin(), from.end(), to.begin());
}

}  // namespace

std::optional<BlobView::Section> BlobView::take_section(ByteView& rest) {
    if (rest.size() < kBlobSectionHeaderSize) return std::nullopt;
    const std::size_t length = load_u32(rest, 4);
    if (length > rest.size() - kBlobSectionHeaderSize) return std::nullopt;
    const Section section{static_cast<BlobSection>(load_u16(rest, 0)),
                          rest.subspan(kBlobSectionHeaderSize, length)};
    rest = rest.subspan(kBlobSectionHeaderSize + length);
    return section;
}

std::optional<BlobRange> BlobRanges::next() {
    while (const auto section = BlobView::take_section(rest_)) {
        if (section->kind != BlobSection::OutOfOrderData) continue;
        return BlobRange{SequenceNumber(load_u32(section->content, 0)),
                         section->content.subspan(kSequenceSize)};
    }
    return std::nullopt;
}

Result<BlobView, Counter> BlobView::parse(ByteView bytes) {
    if (bytes.size() < kBlobHeaderSize + kBlobTrailerSize) {
        return Failure{Counter::DropBlobFormat};
    }
    if (load_u32(bytes, 0) != kBlobMagic || load_u16(bytes, 4) != kBlobVersion) {
        return Failure{Counter::DropBlobFormat};
    }
    const ByteView covered = bytes.first(bytes.size() - kBlobTrailerSize);
    const bool is_sound = crc32c(covered) == load_u32(bytes, covered.size());
    if (!is_sound && !is_mutant(Mutant::ChecksNoBlob)) {
        return Failure{Counter::DropBlobChecksum};
    }
    BlobView view;
    if (!view.read_sections(covered.subspan(kBlobHeaderSize), load_u16(bytes, 6))) {
        return Failure{Counter::DropBlobSections};
    }
    if (!view.mapping_.flow.is_possible()) return Failure{Counter::DropBlobMapping};
    const auto announced = view.block_.validate();
    if (!announced) return Failure{Counter::DropBlobBlock};
    if (!view.are_queues_as_announced(*announced)) return Failure{Counter::DropBlobQueues};
    return view;
}

bool BlobView::read_sections(ByteView sections, std::size_t count) {
    constexpr std::size_t mandatory = 3;
    if (count < mandatory || !read_mandatory(sections)) return false;
    rest_ = sections;
    for (std::size_t i = mandatory; i < count; ++i) {
        const auto section = take_section(sections);
        if (!section || !read_other(*section)) return false;
    }
    return sections.empty() || is_mutant(Mutant::TakesBytesBehindSections);
}

bool BlobView::read_mandatory(ByteView& rest) {
    const auto take = [&rest](BlobSection kind, std::size_t size) -> std::optional<ByteView> {
        const auto section = take_section(rest);
        if (!section || section->kind != kind || section->content.size() != size) {
            return std::nullopt;
        }
        return section->content;
    };
    const auto mapping = take(BlobSection::Mapping, BlobMapping::kSize);
    if (!mapping) return false;
    const auto block = take(BlobSection::TcpState, ControlBlock::kSize);
    if (!block) return false;
    const auto ip = take(BlobSection::IpState, IpState::kSize);
    if (!ip) return false;
    mapping_ = load_mapping(*mapping);
    block_ = ControlBlock::load(*block, 0);
    ip_ = IpState::load(*ip);
    return true;
}

/// False if it may not stand here or has a length that its kind cannot have.
bool BlobView::read_other(const Section& section) {
    const auto kind = static_cast<std::uint16_t>(section.kind);
    if (kind == 0 || kind > static_cast<std::uint16_t>(BlobSection::Congestion)) {
        return !is_mutant(Mutant::RefusesUnknownSections);
    }
    const bool is_repeated = (seen_ & bit_of(section.kind)) != 0;
    const bool may_repeat = section.kind == BlobSection::OutOfOrderData;
    if (is_repeated && !may_repeat && !is_mutant(Mutant::TakesSectionTwice)) return false;
    seen_ |= bit_of(section.kind);
    switch (section.kind) {
        case BlobSection::Mapping:
        case BlobSection::TcpState:
        case BlobSection::IpState:
            return false;  // they have been at the front
        case BlobSection::ReceiveData:
            receive_ = section.content;
            return true;
        case BlobSection::SendData:
            send_ = section.content;
            return true;
        case BlobSection::OutOfOrderData:
            if (section.content.size() <= kSequenceSize) return false;
            ++out_of_order_ranges_;
            out_of_order_bytes_ += section.content.size() - kSequenceSize;
            return true;
        case BlobSection::Context:
            context_ = section.content;
            return true;
        case BlobSection::Scoreboard:
            scoreboard_ = section.content;
            return scoreboard_.size() % kSackEdgesSize == 0;
        case BlobSection::Congestion:
            congestion_ = CongestionState::parse(section.content);
            return congestion_.has_value();
    }
    return true;
}

bool BlobView::are_queues_as_announced(const ControlBlock& announced) const {
    return receive_.size() == announced.receive_queue && send_.size() == announced.send_queue &&
           out_of_order_ranges_ == announced.out_of_order_ranges &&
           out_of_order_bytes_ == announced.out_of_order_bytes &&
           scoreboard_count() == announced.sack_ranges &&
           (context_.has_value() == announced.has(BlockFlag::Context) ||
            (context_.has_value() && is_mutant(Mutant::TakesUnflaggedContext)));
}

SackBlock BlobView::scoreboard(std::size_t index) const {
    return load_sack_edges(scoreboard_, index * kSackEdgesSize);
}

/// The one place that knows which sections there are: visit(kind, length, write).
template <typename Visit>
void BlobBody::visit_sections(Visit visit) const {
    visit(BlobSection::Mapping, BlobMapping::kSize,
          [this](MutableBytes to) { store_mapping(mapping, to); });
    visit(BlobSection::TcpState, ControlBlock::kSize,
          [this](MutableBytes to) { block.store(to, 0); });
    visit(BlobSection::IpState, IpState::kSize, [this](MutableBytes to) { ip.store(to); });
    const auto visit_bytes = [&visit](BlobSection kind, ByteView bytes) {
        visit(kind, bytes.size(), [bytes](MutableBytes to) { copy(bytes, to); });
    };
    const bool has_empty = is_mutant(Mutant::WritesEmptySections);
    if (!receive.empty() || has_empty) visit_bytes(BlobSection::ReceiveData, receive);
    if (!send.empty()) visit_bytes(BlobSection::SendData, send);
    for (const BlobRange& range : out_of_order) {
        visit(BlobSection::OutOfOrderData, kSequenceSize + range.bytes.size(),
              [&range](MutableBytes to) {
                  store_u32(to, 0, range.sequence.value());
                  copy(range.bytes, to.subspan(kSequenceSize));
              });
    }
    if (context) visit_bytes(BlobSection::Context, *context);
    if (!scoreboard.empty()) {
        visit(BlobSection::Scoreboard, scoreboard.size() * kSackEdgesSize, [this](MutableBytes to) {
            for (std::size_t i = 0; i < scoreboard.size(); ++i)
                store_sack_edges(to, i * kSackEdgesSize, scoreboard[i]);
        });
    }
    if (congestion) {
        visit(BlobSection::Congestion, congestion->size(),
              [this](MutableBytes to) { congestion->store(to); });
    }
}

std::size_t BlobBody::size() const {
    std::size_t size = kBlobHeaderSize + kBlobTrailerSize;
    visit_sections([&size](BlobSection, std::size_t length, const auto&) {
        size += kBlobSectionHeaderSize + length;
    });
    return size;
}

void BlobBody::write_to(MutableBytes bytes) const {
    SHUNT_ASSERT(bytes.size() == size(), "the room is as long as the blob");
    std::size_t count = 0;
    MutableBytes rest = bytes.subspan(kBlobHeaderSize);
    visit_sections([&](BlobSection kind, std::size_t length, const auto& write) {
        store_u16(rest, 0, static_cast<std::uint16_t>(kind));
        store_u16(rest, 2, 0);
        store_u32(rest, 4, static_cast<std::uint32_t>(length));
        write(rest.subspan(kBlobSectionHeaderSize, length));
        rest = rest.subspan(kBlobSectionHeaderSize + length);
        ++count;
    });
    SHUNT_ASSERT(count <= 0xFFFF, "a connection keeps few ranges out of order");
    store_u32(bytes, 0, kBlobMagic);
    store_u16(bytes, 4, kBlobVersion);
    store_u16(bytes, 6, static_cast<std::uint16_t>(count));
    const std::size_t covered = bytes.size() - kBlobTrailerSize;
    const std::size_t sealed = covered - (is_mutant(Mutant::SealsBlobWithOtherCrc) ? 1 : 0);
    store_u32(bytes, covered, crc32c(bytes.first(sealed)));
}

}  // namespace shunt::wire
