// SPDX-License-Identifier: Apache-2.0
#include "report/marked_bytes.hh"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace conform {
namespace {

constexpr std::size_t kRow = 16;
constexpr std::size_t kRowsAtStart = 16;
constexpr std::size_t kIpv4 = kEthernetHeaderSize;
constexpr std::size_t kUdpHeader = 8;

/// A name that findings use, and where its field is from the start of a header.
struct Field {
    std::string_view word;
    std::size_t begin;
    std::size_t size;
};

constexpr Field kTcpFields[] = {{"TCP checksum", 16, 2}, {"sequence", 4, 4},  {"acknowledg", 8, 4},
                                {"flags", 13, 1},        {"SYN", 13, 1},      {"RST", 13, 1},
                                {"reset", 13, 1},        {"FIN", 13, 1},      {"URG", 13, 1},
                                {"ECN", 13, 1},          {"reserved", 12, 1}, {"window", 14, 2},
                                {"urgent", 18, 2},       {"port", 0, 4}};
constexpr Field kIpFields[] = {{"header checksum", 10, 2}, {"TTL", 8, 1},
                               {"time to live", 8, 1},     {"total length", 2, 2},
                               {"identification", 4, 2},   {"source address", 12, 4},
                               {"destination", 16, 4},     {"address", 12, 8}};
constexpr Field kUdpFields[] = {{"UDP checksum", 6, 2}, {"length", 4, 2}, {"port", 0, 4}};
constexpr Field kEncapsulationFields[] = {{"checksum", 14, 2}, {"Protocol", 13, 1},
                                          {"Source", 0, 6},    {"Dest.", 6, 6},
                                          {"Type", 12, 1},     {"0x", 12, 1}};
constexpr Field kEthernetFields[] = {{"MAC", 0, 12}, {"station", 0, 12}, {"Ethernet", 0, 14}};

template <std::size_t N>
std::optional<ByteRange> find_field(const Field (&fields)[N], const std::string& words,
                                    std::size_t header, std::size_t size) {
    for (const Field& field : fields) {
        const std::size_t end = header + field.begin + field.size;
        if (words.find(field.word) == std::string::npos || end > size) continue;
        return ByteRange{header + field.begin, end};
    }
    return std::nullopt;
}

/// Options of a TCP header by kind.
std::optional<ByteRange> find_option(ByteView bytes, std::size_t header, std::uint8_t kind) {
    const std::size_t end = std::min(bytes.size(), header + (bytes[header + 12] >> 4U) * 4U);
    for (std::size_t at = header + 20; at + 1 < end;) {
        const std::uint8_t each = bytes[at];
        if (each == 0) return std::nullopt;
        const std::size_t length = each == 1 ? 1 : bytes[at + 1];
        if (length == 0 || at + length > end) return std::nullopt;
        if (each == kind) return ByteRange{at, at + length};
        at += length;
    }
    return std::nullopt;
}

std::optional<ByteRange> find_in_tcp(const std::string& words, ByteView bytes, std::size_t header) {
    if (header + 20 > bytes.size()) return std::nullopt;
    constexpr std::pair<std::string_view, std::uint8_t> kOptions[] = {
        {"TSval", 8}, {"TSecr", 8}, {"timestamp", 8}, {"MSS", 2}, {"window scale", 3}, {"SACK", 5}};
    for (const auto& [word, kind] : kOptions) {
        if (words.find(word) == std::string::npos) continue;
        if (const auto found = find_option(bytes, header, kind)) return found;
    }
    if (words.find("payload") != std::string::npos || words.find("bytes") != std::string::npos) {
        const std::size_t begin = header + (bytes[header + 12] >> 4U) * 4U;
        if (begin < bytes.size()) return ByteRange{begin, bytes.size()};
    }
    return find_field(kTcpFields, words, header, bytes.size());
}

std::optional<ByteRange> find_in_ipv4(const std::string& words, ByteView bytes,
                                      std::size_t header) {
    constexpr std::uint8_t kTcp = 6;
    if (header + 20 > bytes.size()) return std::nullopt;
    const std::size_t transport = header + (bytes[header] & 0x0FU) * 4U;
    if (bytes[header + 9] == kTcp) {
        if (const auto found = find_in_tcp(words, bytes, transport)) return found;
    } else if (const auto found = find_field(kUdpFields, words, transport, bytes.size())) {
        return found;
    }
    return find_field(kIpFields, words, header, bytes.size());
}

/// Where the encapsulation header begins; in the routed binding behind IPv4 and UDP.
std::optional<std::size_t> encapsulation_offset(const CapturedFrame& captured) {
    if (!captured.frame.encapsulation) return std::nullopt;
    if (!captured.frame.ipv4) return kEthernetHeaderSize;
    if (captured.bytes.size() <= kIpv4) return std::nullopt;
    return kIpv4 + (captured.bytes[kIpv4] & 0x0FU) * 4U + kUdpHeader;
}

bool is_marked(std::size_t position, const std::vector<ByteRange>& marked) {
    return std::any_of(marked.begin(), marked.end(), [position](const ByteRange& range) {
        return position >= range.begin && position < range.end;
    });
}

HexRow make_row(ByteView bytes, std::size_t begin, const std::vector<ByteRange>& marked) {
    HexRow row{fmt::format("{:04x}", begin), {}, {}};
    const std::size_t end = std::min(begin + kRow, bytes.size());
    for (std::size_t position = begin; position < end; ++position) {
        const bool is_one = is_marked(position, marked);
        if (row.hex.empty() || row.hex.back().is_marked != is_one) row.hex.push_back({"", is_one});
        std::string& text = row.hex.back().text;
        text += fmt::format("{}{:02x}", text.empty() ? "" : " ", bytes[position]);
        const char c = static_cast<char>(bytes[position]);
        row.ascii += c >= ' ' && c <= '~' ? c : '.';
    }
    return row;
}

}  // namespace

std::optional<ByteRange> offending_bytes(const Finding& finding, const CapturedFrame& captured) {
    if (finding.bytes) return finding.bytes;
    const ByteView bytes(captured.bytes);
    const std::string& words = finding.expected;
    // Of what ought not to be there at all, no field is less wrong than the others.
    if (words.starts_with("nothing")) return ByteRange{0, bytes.size()};
    if (const auto header = encapsulation_offset(captured)) {
        constexpr std::size_t kHeader = 16;
        if (captured.frame.inner) {
            if (const auto found = find_in_ipv4(words, bytes, *header + kHeader)) return found;
        }
        return find_field(kEncapsulationFields, words, *header, bytes.size());
    }
    if (captured.frame.ipv4) {
        if (const auto found = find_in_ipv4(words, bytes, kIpv4)) return found;
    }
    return find_field(kEthernetFields, words, 0, bytes.size());
}

std::vector<HexRow> hex_rows(ByteView bytes, const std::vector<ByteRange>& marked) {
    std::vector<HexRow> rows;
    std::size_t left_out = 0;
    const auto close_gap = [&] {
        if (left_out > 0)
            rows.push_back({"", {{fmt::format(".. {} bytes left out ..", left_out), false}}, ""});
        left_out = 0;
    };
    // A marked range may be the whole of a long payload.
    std::size_t marked_rows = kRowsAtStart;
    for (std::size_t begin = 0; begin < bytes.size(); begin += kRow) {
        bool is_shown = begin < kRowsAtStart * kRow;
        for (std::size_t i = begin; !is_shown && marked_rows > 0 && i < begin + kRow; ++i)
            is_shown = is_marked(i, marked);
        if (!is_shown) {
            left_out += std::min(kRow, bytes.size() - begin);
            continue;
        }
        close_gap();
        if (begin >= kRowsAtStart * kRow) --marked_rows;
        rows.push_back(make_row(bytes, begin, marked));
    }
    close_gap();
    return rows;
}

std::string hex_text(const std::vector<HexRow>& rows) {
    std::string text;
    for (const HexRow& row : rows) {
        std::string hex;
        for (const HexRun& run : row.hex)
            hex += run.is_marked ? "[" + run.text + "]" : (hex.empty() ? "" : " ") + run.text + " ";
        text += fmt::format("  {:<4}  {:<52} {}\n", row.offset, hex, row.ascii);
    }
    return text;
}

}  // namespace conform
