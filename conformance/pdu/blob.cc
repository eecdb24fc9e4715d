// SPDX-License-Identifier: Apache-2.0
#include "pdu/blob.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "pdu/encapsulation.hh"

namespace conform {
namespace {

constexpr std::size_t kHeaderSize = 8;  // magic, version, number of sections
constexpr std::size_t kSectionHeaderSize = 8;
constexpr std::size_t kCrcSize = 4;
constexpr std::size_t kServiceSize = 6;
constexpr std::size_t kRangeHeaderSize = 4;  // of section 6
constexpr std::size_t kEdgesSize = 8;        // of section 8
constexpr std::size_t kCongestionSizeMin = 2;
constexpr std::uint16_t kContextFlag = 0x4000;

/// RFC 3720 B.4, bits reversed.
constexpr std::uint32_t kPolynomial = 0x82F63B78;

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
        std::uint32_t remainder = byte;
        for (int bit = 0; bit < 8; ++bit)
            remainder = (remainder >> 1U) ^ ((remainder & 1U) != 0 ? kPolynomial : 0);
        table[byte] = remainder;
    }
    return table;
}

constexpr std::array<std::uint32_t, 256> kCrcTable = make_table();

const char* name_of(std::uint16_t kind) {
    constexpr const char* kNames[] = {"mapping",      "TCP state",       "IP state",
                                      "receive data", "send data",       "out-of-order data",
                                      "context",      "SACK scoreboard", "congestion state"};
    return kind >= 1 && kind <= std::size(kNames) ? kNames[kind - 1] : "unknown section";
}

bool is_size_right(const BlobSection& section) {
    const std::size_t size = section.bytes.size();
    if (section.kind == blob_section::kMapping) return size == BlobMapping::kSize;
    if (section.kind == blob_section::kTcpState) return size == kControlBlockSize;
    if (section.kind == blob_section::kIpState) return size == BlobIpState::kSize;
    if (section.kind == blob_section::kOutOfOrderData) return size > kRangeHeaderSize;
    if (section.kind == blob_section::kScoreboard) return size > 0 && size % kEdgesSize == 0;
    if (section.kind == blob_section::kCongestion) return size >= kCongestionSizeMin;
    return section.kind == blob_section::kContext || size > 0;
}

/// Sections against the numbers that the block has of them.
std::string find_contradiction(const Blob& blob, const ControlBlock& block) {
    std::size_t ranges = 0;
    std::size_t range_bytes = 0;
    for (const BlobSection& section : blob.sections) {
        if (section.kind != blob_section::kOutOfOrderData) continue;
        ++ranges;
        range_bytes += section.bytes.size() - kRangeHeaderSize;
    }
    const std::size_t pairs = blob.bytes_of(blob_section::kScoreboard).size() / kEdgesSize;
    const struct {
        const char* name;
        std::size_t said;
        std::size_t there;
    } numbers[] = {{"rcv_queue", block.rcv_queue, blob.bytes_of(blob_section::kReceiveData).size()},
                   {"snd_queue", block.snd_queue, blob.bytes_of(blob_section::kSendData).size()},
                   {"ooo_ranges", block.ooo_ranges, ranges},
                   {"ooo_bytes", block.ooo_bytes, range_bytes},
                   {"sack_ranges", block.sack_ranges, pairs}};
    for (const auto& each : numbers) {
        if (each.said == each.there) continue;
        return fmt::format("{} {} and {} in the section", each.name, each.said, each.there);
    }
    const bool has_flag = (block.t_flags & kContextFlag) != 0;
    if (has_flag == (blob.find(blob_section::kContext) != nullptr)) return {};
    return has_flag ? "CONTEXT set and no section 7" : "a section 7 and CONTEXT not set";
}

}  // namespace

std::uint32_t crc32c(ByteView bytes) {
    std::uint32_t crc = ~0U;
    for (const std::uint8_t byte : bytes)
        crc = (crc >> 8U) ^ kCrcTable[(crc ^ byte) & 0xFFU];
    return ~crc;
}

const BlobSection* Blob::find(std::uint16_t kind) const {
    const auto found = std::find_if(sections.begin(), sections.end(),
                                    [kind](const auto& each) { return each.kind == kind; });
    return found == sections.end() ? nullptr : &*found;
}

BlobSection* Blob::find(std::uint16_t kind) {
    const auto found = std::find_if(sections.begin(), sections.end(),
                                    [kind](const auto& each) { return each.kind == kind; });
    return found == sections.end() ? nullptr : &*found;
}

Bytes Blob::bytes_of(std::uint16_t kind) const {
    const BlobSection* section = find(kind);
    return section == nullptr ? Bytes{} : section->bytes;
}

std::optional<BlobMapping> Blob::mapping() const {
    const Bytes bytes = bytes_of(blob_section::kMapping);
    if (bytes.size() != BlobMapping::kSize) return std::nullopt;
    return BlobMapping{load_u32(bytes, 0),
                       {{load_u32(bytes, 4)}, load_u16(bytes, 8)},
                       {{load_u32(bytes, 10)}, load_u16(bytes, 14)},
                       {load_u32(bytes, 16)}};
}

std::optional<ControlBlock> Blob::block() const {
    const Bytes bytes = bytes_of(blob_section::kTcpState);
    if (bytes.size() != kControlBlockSize) return std::nullopt;
    // As it stands behind the service address of an 0x01.
    Bytes payload(kServiceSize, 0);
    append(payload, bytes);
    const auto information = parse_connection_information(payload);
    return information ? std::optional<ControlBlock>(information->block) : std::nullopt;
}

std::optional<BlobIpState> Blob::ip_state() const {
    const Bytes bytes = bytes_of(blob_section::kIpState);
    if (bytes.size() != BlobIpState::kSize) return std::nullopt;
    return BlobIpState{bytes[0], bytes[1], load_u16(bytes, 2), load_u16(bytes, 4)};
}

Blob make_blob(const BlobMapping& mapping, const ControlBlock& block, const BlobIpState& ip) {
    return {{{blob_section::kMapping, encode(mapping)},
             {blob_section::kTcpState, encode_block(block)},
             {blob_section::kIpState, encode(ip)}}};
}

Bytes encode(const BlobMapping& mapping) {
    Bytes bytes;
    append_u32(bytes, mapping.flow);
    append_u32(bytes, mapping.client.address.value);
    append_u16(bytes, mapping.client.port);
    append_u32(bytes, mapping.service.address.value);
    append_u16(bytes, mapping.service.port);
    append_u32(bytes, mapping.forward_ip.value);
    return bytes;
}

Bytes encode(const BlobIpState& state) {
    Bytes bytes{state.time_to_live, state.type_of_service};
    append_u16(bytes, state.path_mtu);
    append_u16(bytes, state.next_identification);
    return bytes;
}

Bytes encode_block(const ControlBlock& block) {
    const Bytes payload = encode(ConnectionInformation{{}, block});
    return {payload.begin() + kServiceSize, payload.end()};
}

Bytes encode(const Blob& blob) {
    Bytes body;
    append_u32(body, kBlobMagic);
    append_u16(body, kBlobVersion);
    append_u16(body, static_cast<std::uint16_t>(blob.sections.size()));
    for (const BlobSection& section : blob.sections) {
        append_u16(body, section.kind);
        append_u16(body, section.flags);
        append_u32(body, static_cast<std::uint32_t>(section.bytes.size()));
        append(body, section.bytes);
    }
    append_u32(body, crc32c(body));
    return body;
}

void repair_blob(Bytes& body) {
    if (body.size() < kCrcSize) return;
    const std::size_t end = body.size() - kCrcSize;
    store_u32(body, end, crc32c(ByteView(body).first(end)));
}

std::optional<Blob> parse_blob(ByteView body, std::string* fault) {
    const auto none = [fault](std::string text) {
        if (fault != nullptr) *fault = std::move(text);
        return std::nullopt;
    };
    if (body.size() < kHeaderSize + kCrcSize) return none(fmt::format("{} bytes", body.size()));
    if (load_u32(body, 0) != kBlobMagic || load_u16(body, 4) != kBlobVersion)
        return none("magic and version " + to_hex(body.first(6)));
    const std::size_t end = body.size() - kCrcSize;
    if (const std::uint32_t sum = crc32c(body.first(end)); sum != load_u32(body, end))
        return none(fmt::format("CRC 0x{:08x} of bytes with 0x{:08x}", load_u32(body, end), sum));
    Blob blob;
    std::size_t at = kHeaderSize;
    for (std::size_t left = load_u16(body, 6); left > 0; --left) {
        const bool has_header = end - at >= kSectionHeaderSize;
        const std::size_t length = has_header ? load_u32(body, at + 4) : 0;
        if (!has_header || length > end - at - kSectionHeaderSize)
            return none(fmt::format("section {} cut", blob.sections.size() + 1));
        const ByteView bytes = body.subspan(at + kSectionHeaderSize, length);
        blob.sections.push_back(
            {load_u16(body, at), {bytes.begin(), bytes.end()}, load_u16(body, at + 2)});
        at += kSectionHeaderSize + length;
    }
    if (at != end) return none(fmt::format("{} bytes behind the sections", end - at));
    return blob;
}

std::string find_blob_fault(const Blob& blob) {
    std::set<std::uint16_t> seen;
    for (std::size_t i = 0; i < blob.sections.size(); ++i) {
        const BlobSection& section = blob.sections[i];
        if (i < 3 && section.kind != i + 1)
            return fmt::format("section kind {} in place {}", section.kind, i + 1);
        if (section.flags != 0) return fmt::format("flags {} of a section", section.flags);
        const bool may_repeat = section.kind == blob_section::kOutOfOrderData;
        if (!seen.insert(section.kind).second && !may_repeat)
            return fmt::format("{} twice", name_of(section.kind));
        if (section.kind == 0 || section.kind > blob_section::kCongestion)
            return fmt::format("a section of kind {}", section.kind);
        if (!is_size_right(section))
            return fmt::format("{} of {} bytes", name_of(section.kind), section.bytes.size());
    }
    if (blob.sections.size() < 3) return fmt::format("{} sections", blob.sections.size());
    return find_contradiction(blob, *blob.block());
}

std::string describe_flow(std::uint32_t flow) {
    return fmt::format("flow 0x{:08x}", flow);
}

std::string describe(const Blob& blob) {
    std::string text;
    if (const auto mapping = blob.mapping()) text = describe_flow(mapping->flow);
    if (const auto block = blob.block()) text += fmt::format(", epoch {}", block->epoch);
    for (const BlobSection& section : blob.sections)
        text += fmt::format(", {} {}", name_of(section.kind), section.bytes.size());
    return text;
}

}  // namespace conform
