// SPDX-License-Identifier: Apache-2.0
// A connection as one run of bytes, compiled from the highest level down (docs/protocol/blob.md,
// "Blob", BL-5): sections behind a header, a CRC-32C behind them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/result.hh"
#include "shunt/wire/congestion_state.hh"
#include "shunt/wire/control_block.hh"
#include "shunt/wire/flow_id.hh"
#include "shunt/wire/ip_state.hh"
#include "shunt/wire/ipv4_address.hh"
#include "shunt/wire/tcp_options.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::wire {

/// The first three are in every blob, in this order and before the others.
enum class BlobSection : std::uint16_t {
    Mapping = 1,
    TcpState = 2,
    IpState = 3,
    ReceiveData = 4,
    SendData = 5,
    OutOfOrderData = 6,
    Context = 7,
    Scoreboard = 8,
    Congestion = 9,
};

inline constexpr std::uint32_t kBlobMagic = 0x5348'424C;
inline constexpr std::uint16_t kBlobVersion = 1;
/// Magic, version, number of sections.
inline constexpr std::size_t kBlobHeaderSize = 8;
/// Kind, flags, length.
inline constexpr std::size_t kBlobSectionHeaderSize = 8;
/// The CRC-32C.
inline constexpr std::size_t kBlobTrailerSize = 4;

/// Whose connection it is, and what names it on the back link (c7, c9).
struct BlobMapping {
    static constexpr std::size_t kSize = 20;

    FlowId flow{};
    /// Of TCP.
    ConnectionTuple tuple{};
    /// The forwarder's forward IP: the source of the packets to come.
    Ipv4Address forwarder{};

    bool operator==(const BlobMapping&) const = default;
};

/// Received bytes behind a gap.
struct BlobRange {
    SequenceNumber sequence{};
    ByteView bytes{};
};

/// The out-of-order sections of a blob, one after the other as they stand in it.
class BlobRanges {
  public:
    /// Nothing behind the last one.
    std::optional<BlobRange> next();

  private:
    friend class BlobView;
    explicit BlobRanges(ByteView sections) : rest_(sections) {}
    ByteView rest_;
};

/// Reads a blob where it lies.
class BlobView {
  public:
    /// All of BL-5: magic, version, CRC; the sections' number, order, repetition and lengths, and
    /// that nothing follows them; the flow identifier; the block by TCB-1; and that sections 4 to 8
    /// are just what the block counts: a context is there if the block's flag says so. Kinds that
    /// are not known are skipped, flags ignored. Order and place of ranges (6, 8) are for
    /// tcp::Snapshot::fault().
    static Result<BlobView, Counter> parse(ByteView bytes);

    const BlobMapping& mapping() const { return mapping_; }
    /// As it came: importers validate() it again.
    const ControlBlock& block() const { return block_; }
    const IpState& ip() const { return ip_; }
    /// Section 4: in order, not read yet.
    ByteView receive() const { return receive_; }
    /// Section 5: from SND.UNA on.
    ByteView send() const { return send_; }
    /// Sections 6, as many as the block says.
    std::size_t out_of_order_count() const { return out_of_order_ranges_; }
    BlobRanges out_of_order() const { return BlobRanges(rest_); }
    /// Section 7: the application's.
    std::optional<ByteView> context() const { return context_; }
    /// Section 8, as many as the block says.
    std::size_t scoreboard_count() const { return scoreboard_.size() / 8; }
    SackBlock scoreboard(std::size_t index) const;
    /// Section 9.
    const std::optional<CongestionState>& congestion() const { return congestion_; }

  private:
    struct Section {
        BlobSection kind{};
        ByteView content;
    };
    friend class BlobRanges;
    BlobView() = default;

    /// The section at the front of `rest`, which is then behind it; nothing if it does not fit.
    static std::optional<Section> take_section(ByteView& rest);
    bool read_sections(ByteView sections, std::size_t count);
    bool read_mandatory(ByteView& rest);
    bool read_other(const Section& section);
    bool are_queues_as_announced(const ControlBlock& announced) const;

    BlobMapping mapping_;
    ControlBlock block_;
    IpState ip_;
    ByteView rest_;  // sections behind the mandatory ones
    ByteView receive_;
    ByteView send_;
    ByteView scoreboard_;
    std::optional<ByteView> context_;
    std::optional<CongestionState> congestion_;
    std::uint64_t out_of_order_bytes_ = 0;
    std::uint32_t out_of_order_ranges_ = 0;
    std::uint32_t seen_ = 0;  // bit n: a section of kind n has been read
};

/// Writes a blob. What it is written from outlives it.
struct BlobBody {
    BlobMapping mapping{};
    ControlBlock block{};
    IpState ip{};
    ByteView receive{};
    ByteView send{};
    std::span<const BlobRange> out_of_order{};
    /// There, be it empty, if the block's flag says so.
    std::optional<ByteView> context{};
    std::span<const SackBlock> scoreboard{};
    std::optional<CongestionState> congestion{};

    std::size_t size() const;
    /// `bytes` has size() bytes. Sections are in the order of their kinds; of 4, 5 and 8 those that
    /// would be empty are left out.
    void write_to(MutableBytes bytes) const;

  private:
    template <typename Visit>
    void visit_sections(Visit visit) const;
};

}  // namespace shunt::wire
