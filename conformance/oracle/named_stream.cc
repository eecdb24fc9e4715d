// SPDX-License-Identifier: Apache-2.0
#include "oracle/named_stream.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace conform {
namespace {

constexpr std::size_t kDigits = kNamedBlock - 1;
/// How far behind a fault the next block is looked for.
constexpr std::size_t kSearch = 4 * kNamedBlock;

bool is_digit(std::uint8_t byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

bool starts_with(ByteView bytes, std::string_view text) {
    return bytes.size() >= text.size() &&
           std::equal(text.begin(), text.end(), bytes.begin(), [](char c, std::uint8_t byte) {
               return static_cast<std::uint8_t>(c) == byte;
           });
}

/// Follows the content from block to block.
class StreamReader {
  public:
    explicit StreamReader(ByteView bytes) : bytes_(bytes) {}

    std::vector<StreamFault> read() {
        while (position_ < bytes_.size() && faults_.size() < kStreamFaultsMax) {
            if (!find_content()) break;
            follow();
        }
        return std::move(faults_);
    }

  private:
    /// Two blocks in a row, or one with offset 0 behind an empty line, are no accident.
    bool find_content() {
        for (; position_ + kNamedBlock <= bytes_.size(); ++position_) {
            const auto first = named_offset(bytes_.subspan(position_));
            if (!first) continue;
            const bool is_start = *first == 0 && position_ >= 4 &&
                                  starts_with(bytes_.subspan(position_ - 4), "\r\n\r\n");
            const bool has_second =
                named_offset(bytes_.subspan(position_ + kNamedBlock)) == *first + kNamedBlock;
            if (!is_start && !has_second) continue;
            begin_body(*first);
            return true;
        }
        return false;
    }

    void begin_body(std::uint64_t offset) {
        if (offset == 0) gaps_.clear();
        offset_ = offset;
    }

    /// Until a fault, or the end of the body or of a chunk.
    void follow() {
        while (position_ < bytes_.size() && bytes_[position_] == named_byte(offset_)) {
            ++position_;
            ++offset_;
        }
        if (position_ == bytes_.size() || is_end_of_body()) return;
        note_fault();
    }

    bool is_end_of_body() const {
        const ByteView rest = bytes_.subspan(position_);
        constexpr std::string_view kHead = "HTTP/1.";
        const bool is_cut =
            rest.size() < kHead.size() && starts_with(rest, kHead.substr(0, rest.size()));
        return is_cut || starts_with(rest, kHead) || starts_with(rest, "\r\n");
    }

    struct Block {
        std::size_t position;
        std::uint64_t offset;
    };

    /// The next block around a fault. It may have begun before the first byte that differs, for
    /// offsets have digits in common.
    std::optional<Block> find_block(std::uint64_t expected, std::size_t end) const {
        for (std::size_t at = position_ - std::min(position_, kDigits); at < end; ++at) {
            const auto named = confirmed_offset(at);
            if (!named) continue;
            const bool is_other = *named + position_ != expected + at;
            if (is_other || at >= position_) return Block{at, *named};
        }
        return std::nullopt;
    }

    void note_fault() {
        const std::uint64_t expected = offset_;
        const std::size_t begin = position_;
        const std::string wanted = fmt::format("the stream's byte {}", expected);
        const std::size_t end = std::min(bytes_.size(), begin + kSearch);
        const std::optional<Block> block = find_block(expected, end);
        if (!block) {
            faults_.push_back({begin, wanted, "bytes that name no offset"});
            position_ = end;
            return;
        }
        const std::uint64_t named = block->offset;
        const std::size_t next = block->position;
        // What stood where the block stands, had nothing happened.
        const std::uint64_t there = expected + next - begin;
        if (named == there) {
            faults_.push_back({begin, wanted, fmt::format("{} corrupted bytes", next - begin)});
        } else if (named > there) {
            gaps_[there] = named;
            faults_.push_back(
                {begin, wanted, fmt::format("byte {}: {} bytes are lost", named, named - there)});
        } else {
            faults_.push_back({begin, wanted, describe_earlier(named)});
        }
        position_ = next;
        offset_ = named;
    }

    /// A block's offset, unless the block behind it says otherwise: a digit may be corrupted.
    std::optional<std::uint64_t> confirmed_offset(std::size_t position) const {
        const auto named = named_offset(bytes_.subspan(position));
        if (!named || position + 2 * kNamedBlock > bytes_.size()) return named;
        const auto following = named_offset(bytes_.subspan(position + kNamedBlock));
        if (following && *following != *named + kNamedBlock) return std::nullopt;
        return named;
    }

    /// Earlier bytes come again, or late, if they were missed.
    std::string describe_earlier(std::uint64_t named) const {
        const auto after = gaps_.upper_bound(named);
        const bool is_late = after != gaps_.begin() && std::prev(after)->second > named;
        return fmt::format("byte {}: {}", named, is_late ? "out of order" : "repeated");
    }

    ByteView bytes_;
    std::size_t position_ = 0;
    std::uint64_t offset_ = 0;
    std::map<std::uint64_t, std::uint64_t> gaps_;
    std::vector<StreamFault> faults_;
};

}  // namespace

std::uint8_t named_byte(std::uint64_t offset) {
    const std::size_t place = offset % kNamedBlock;
    if (place == kDigits) return '\n';
    const std::uint64_t block = offset - place;
    // The first of the 15 digits weighs 16^14.
    const std::uint64_t digit = block >> (4 * (kDigits - 1 - place)) & 0xF;
    return static_cast<std::uint8_t>("0123456789abcdef"[digit]);
}

std::optional<std::uint64_t> named_offset(ByteView bytes) {
    if (bytes.size() < kNamedBlock || bytes[kDigits] != '\n') return std::nullopt;
    std::uint64_t offset = 0;
    for (const std::uint8_t byte : bytes.first(kDigits)) {
        if (!is_digit(byte)) return std::nullopt;
        const int digit = byte <= '9' ? byte - '0' : byte - 'a' + 10;
        offset = offset << 4U | static_cast<std::uint64_t>(digit);
    }
    if (offset % kNamedBlock != 0) return std::nullopt;
    return offset;
}

std::vector<StreamFault> find_stream_faults(ByteView bytes) {
    return StreamReader(bytes).read();
}

}  // namespace conform
