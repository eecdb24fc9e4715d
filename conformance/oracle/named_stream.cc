// SPDX-License-Identifier: Apache-2.0
#include "oracle/named_stream.hh"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace conform {
namespace {

/// How far behind a fault the next block is looked for.
constexpr std::size_t kSearch = 4 * kNamedBlock;

bool starts_with(ByteView bytes, std::string_view text) {
    return bytes.size() >= text.size() &&
           std::equal(text.begin(), text.end(), bytes.begin(), [](char c, std::uint8_t byte) {
               return static_cast<std::uint8_t>(c) == byte;
           });
}

/// Follows the content from block to block.
class StreamReader {
  public:
    StreamReader(ByteView bytes, const StreamOwners& owners) : bytes_(bytes), owners_(owners) {}

    std::vector<StreamFault> read() {
        while (position_ < bytes_.size() && faults_.size() < kStreamFaultsMax) {
            if (!find_content()) break;
            follow();
        }
        if (faults_.size() > kStreamFaultsMax) faults_.resize(kStreamFaultsMax);
        return std::move(faults_);
    }

  private:
    struct Block {
        std::size_t position;
        BlockName name;
    };

    /// Two blocks in a row, or one with offset 0 behind an empty line, are no accident.
    bool find_content() {
        for (; position_ + kNamedBlock <= bytes_.size(); ++position_) {
            const auto first = read_block(bytes_.subspan(position_));
            if (!first) continue;
            const bool is_start = first->offset == 0 && position_ >= 4 &&
                                  starts_with(bytes_.subspan(position_ - 4), "\r\n\r\n");
            const bool has_second =
                read_block(bytes_.subspan(position_ + kNamedBlock)) == first->behind(kNamedBlock);
            if (!is_start && !has_second) continue;
            begin(*first);
            return true;
        }
        return false;
    }

    void begin(const BlockName& first) {
        if (first.offset == 0) gaps_.clear();
        place_ = first;
        if (left_ && left_->name.stream == first.stream) {
            note_return(first.offset);
            left_.reset();
        } else if (!left_ && is_stranger(first.stream)) {
            left_ = {position_, {*owners_.own.begin(), first.offset}};
            faults_.push_back({position_, spell(left_->name), describe_stranger(first)});
        }
    }

    /// Not a stream that the connection has asked for.
    bool is_stranger(StreamName stream) const {
        return stream && !owners_.own.empty() && !owners_.own.contains(*stream);
    }

    /// Until a fault, or the end of the body or of a chunk.
    void follow() {
        while (position_ < bytes_.size() && bytes_[position_] == named_byte(place_)) {
            ++position_;
            ++place_.offset;
        }
        if (position_ == bytes_.size()) return;
        if (is_end_of_body()) {
            left_.reset();
        } else if (left_) {
            skip(find_block());
        } else {
            note_fault();
        }
    }

    bool is_end_of_body() const {
        // A chunk's end, the next response, the client's next request.
        constexpr std::string_view kNext[] = {"\r\n",   "HTTP/1.", "GET /",
                                              "HEAD /", "POST /",  "PUT /"};
        const ByteView rest = bytes_.subspan(position_);
        return std::any_of(std::begin(kNext), std::end(kNext), [rest](std::string_view next) {
            return starts_with(rest, next.substr(0, std::min(next.size(), rest.size())));
        });
    }

    /// The next block around a fault. It may have begun before the first byte that differs, for
    /// names have digits in common.
    std::optional<Block> find_block() const {
        const std::size_t end = std::min(bytes_.size(), position_ + kSearch);
        for (std::size_t at = position_ - std::min(position_, kNamedBlock - 1); at < end; ++at) {
            const auto name = confirmed_name(at);
            if (!name) continue;
            const bool is_other =
                name->stream != place_.stream || name->offset + position_ != place_.offset + at;
            if (is_other || at >= position_) return Block{at, *name};
        }
        return std::nullopt;
    }

    /// What a block names, unless the block behind it says otherwise: a digit may be corrupted. A
    /// stream that nobody has asked for needs two that agree.
    std::optional<BlockName> confirmed_name(std::size_t position) const {
        const auto name = read_block(bytes_.subspan(position));
        if (!name) return name;
        const auto next =
            read_block(bytes_.subspan(std::min(bytes_.size(), position + kNamedBlock)));
        if (next == name->behind(kNamedBlock)) return name;
        if (next && next->stream == name->stream) return std::nullopt;
        const bool is_expected = name->stream == place_.stream ||
                                 (left_ && name->stream == left_->name.stream) ||
                                 (name->stream && owners_.all.contains(*name->stream));
        return is_expected ? name : std::nullopt;
    }

    /// The search for content takes up there.
    void skip(const std::optional<Block>& block) {
        position_ = block ? block->position : std::min(bytes_.size(), position_ + kSearch);
    }

    void note_fault() {
        const std::optional<Block> block = find_block();
        if (!block) {
            note("bytes that name no offset");
            return skip(block);
        }
        // Its first bytes may be the same as those that should have stood there.
        const std::size_t common = position_ - std::min(position_, block->position);
        position_ -= common;
        place_.offset -= common;
        if (block->name.stream != place_.stream) {
            note(describe_stranger(block->name));
            left_ = {position_, place_};
        } else {
            note_distance(*block);
        }
        skip(block);
    }

    void note(std::string actual) {
        faults_.push_back({position_, spell(place_), std::move(actual)});
    }

    /// What it means that the block names another offset than where it stands, or the same.
    void note_distance(const Block& block) {
        const std::uint64_t named = block.name.offset;
        // What stood where the block stands, had nothing happened.
        const std::uint64_t there = place_.offset + block.position - position_;
        if (named == there) {
            note(fmt::format("{} corrupted bytes", block.position - position_));
        } else if (named > there) {
            gaps_[there] = named;
            note(fmt::format("byte {}: {} bytes are lost", named, named - there));
        } else {
            note(describe_earlier(named));
        }
    }

    /// Behind bytes of another connection the own ones go on: where they were left, or where they
    /// were without them.
    void note_return(std::uint64_t named) {
        const std::uint64_t left = left_->name.offset;
        // The block around that byte, or the next one.
        const bool is_inserted = named + kNamedBlock > left && named < left + kNamedBlock;
        const bool is_replaced = named == left + position_ - left_->position;
        if (is_inserted) return;
        if (named > left) gaps_[left] = named;
        if (is_replaced) return;
        const std::string actual =
            named > left ? fmt::format("byte {}: {} bytes are lost", named, named - left)
                         : describe_earlier(named);
        faults_.push_back({position_, spell(left_->name), actual});
    }

    static std::string spell(const BlockName& place) {
        if (!place.stream) return fmt::format("the stream's byte {}", place.offset);
        return fmt::format("byte {} of stream {}", place.offset, spell_stream(*place.stream));
    }

    std::string describe_stranger(const BlockName& name) const {
        if (!name.stream) return fmt::format("byte {} of content without a stream", name.offset);
        const auto owner = owners_.all.find(*name.stream);
        const bool is_known = owner != owners_.all.end();
        return spell(name) + ", " +
               (is_known ? "which " + owner->second + " has asked for" : "another connection's");
    }

    /// Earlier bytes come again, or late, if they were missed.
    std::string describe_earlier(std::uint64_t named) const {
        const auto after = gaps_.upper_bound(named);
        const bool is_late = after != gaps_.begin() && std::prev(after)->second > named;
        return fmt::format("byte {}: {}", named, is_late ? "out of order" : "repeated");
    }

    ByteView bytes_;
    const StreamOwners& owners_;
    std::size_t position_ = 0;
    BlockName place_;  ///< of the byte at `position_`, had nothing happened
    /// Where other bytes than the connection's own began, and what should have stood there.
    std::optional<Block> left_;
    std::map<std::uint64_t, std::uint64_t> gaps_;
    std::vector<StreamFault> faults_;
};

}  // namespace

std::vector<StreamFault> find_stream_faults(ByteView bytes, const StreamOwners& owners) {
    return StreamReader(bytes, owners).read();
}

}  // namespace conform
