// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/http_response.hh"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "shunt/base/mutant.hh"
#include "shunt/base/siphash.hh"
#include "shunt/node/generated_content.hh"
#include "shunt/node/named_content.hh"

namespace shunt::node {
namespace {

/// Body bytes written in one step; a multiple of the generated block. Of generated content that is
/// longer nothing is copied.
constexpr std::size_t kPiece = 16 * 1024;
/// The same of an object that is followed, and the least for which a chunk is worth while.
constexpr std::size_t kFollowedPiece = 4 * 1024;
constexpr std::size_t kFollowedPieceMin = 256;
/// "1000", and two line ends.
constexpr std::size_t kChunkFraming = 8;
constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// Two servers have the same log if its last bytes are the same: its time and size differ at every
/// look.
constexpr std::size_t kFingerprintBytes = 256;
constexpr SipKey kFingerprintKey{0x7461'696c, 0x6669'6e67'6572'7072};

std::optional<std::uint64_t> fingerprint(Contents& contents, const std::string& path,
                                         std::uint64_t offset) {
    std::array<std::uint8_t, kFingerprintBytes> before;
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(offset, before.size()));
    const MutableBytes bytes = MutableBytes(before).first(count);
    if (count > 0 && contents.read(path, offset - count, bytes) != count) return std::nullopt;
    return siphash_2_4(kFingerprintKey, bytes);
}

ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::uint32_t read_stream(ContextReader& in) {
    const auto stream = static_cast<std::uint32_t>(in.number(4));
    return is_mutant(Mutant::ConfusesStreamsOfMoves) ? stream ^ 1U : stream;
}

constexpr std::uint8_t kIsChunked = 1;
constexpr std::uint8_t kIsOver = 2;

}  // namespace

void HttpResponse::follow(std::uint32_t quiet_looks, bool is_chunked) {
    source = Source::Tail;
    growth.quiet_looks = growth.looks_left = quiet_looks;
    growth.is_chunked = is_chunked;
}

HttpResponse::Progress HttpResponse::write(tcp::Connection& connection, Contents& contents,
                                           Instant now) {
    while (write_head(connection)) {
        if (is_growing()) look(contents, now);
        while (offset < size) {
            const auto written = write_piece(connection, contents);
            if (!written) return Progress::Broken;
            if (*written == 0 && offset < size) return Progress::Waiting;
            offset += *written;
        }
        if (is_growing() && !growth.is_over) return Progress::Waiting;
        if (!growth.is_chunked) return Progress::Done;
        growth.is_chunked = false;
        head = kLastChunk;
    }
    return Progress::Waiting;
}

std::optional<Instant> HttpResponse::wake_at() const {
    // What the connection does not take yet it asks for itself.
    const bool is_waiting = is_growing() && !growth.is_over && head.empty() && offset == size;
    return is_waiting ? std::optional(growth.next_look) : std::nullopt;
}

bool HttpResponse::write_head(tcp::Connection& connection) {
    const std::size_t sent = connection.send(as_bytes(head));
    head.erase(0, sent);
    return head.empty();
}

void HttpResponse::look(Contents& contents, Instant now) {
    if (growth.is_over || now < growth.next_look) return;
    growth.next_look = now + kLookPause;
    if (source == Source::GrowingGenerated) {
        size = std::min(growth.end, size + kGrowth);
        growth.is_over = size == growth.end;
        return;
    }
    const auto there = contents.size_of(path);
    if (!there || *there < size) {  // gone, cut, or begun anew: what follows is not this log's
        size = offset;
        growth.is_over = true;
    } else if (*there > size) {
        size = std::min(*there, kSizeMax);
        growth.looks_left = growth.quiet_looks;
    } else {
        growth.is_over = --growth.looks_left == 0;
    }
}

std::optional<std::size_t> HttpResponse::write_piece(tcp::Connection& connection,
                                                     Contents& contents) {
    if (source == Source::Tail) return write_followed(connection, contents);
    const std::uint64_t left = size - offset;
    const bool is_generated = source == Source::Generated || source == Source::Named;
    if (is_generated && size > kPiece) return connection.send({reference(), offset, left});
    const MutableBytes room =
        connection.send_room(static_cast<std::size_t>(std::min<std::uint64_t>(left, kPiece)));
    if (room.empty()) return std::size_t{0};
    const std::size_t got = fill(room, contents);
    connection.send_written(got);
    if (got > 0) return got;
    connection.abort();
    return std::nullopt;
}

/// A chunk goes whole or not at all, so that between two of them the connection can move.
std::size_t HttpResponse::write_followed(tcp::Connection& connection, Contents& contents) {
    const std::size_t framing = growth.is_chunked ? kChunkFraming : 0;
    const std::size_t capacity = connection.send_capacity();
    const std::uint64_t left = size - offset;
    if (capacity < framing + std::min<std::uint64_t>(left, kFollowedPieceMin)) return 0;
    std::array<std::uint8_t, kFollowedPiece> buffer;
    const std::size_t room = std::min(buffer.size(), capacity - framing);
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, room));
    const std::size_t got = contents.read(path, offset, MutableBytes(buffer).first(wanted));
    if (got == 0) {  // cut since it was looked at
        size = offset;
        growth.is_over = true;
        return 0;
    }
    if (growth.is_chunked) connection.send(as_bytes(fmt::format("{:x}\r\n", got)));
    connection.send(ByteView(buffer).first(got));
    if (growth.is_chunked) connection.send(as_bytes("\r\n"));
    return got;
}

const std::shared_ptr<const ByteSource>& HttpResponse::reference() {
    if (source == Source::Generated) return generated_source();
    if (!named_) named_ = named_source(stream);
    return named_;
}

bool HttpResponse::is_content(std::uint64_t at, ByteView bytes) const {
    if (source == Source::Named && (at > size || bytes.size() > size - at)) return false;
    std::array<std::uint8_t, kContentBlock * 16> expected;
    while (!bytes.empty()) {
        const std::size_t count = std::min(expected.size(), bytes.size());
        const MutableBytes piece = MutableBytes(expected).first(count);
        if (source == Source::Named) {
            generate_named(stream, at, piece);
        } else {
            generate(at, piece);
        }
        if (!std::ranges::equal(piece, bytes.first(count))) return false;
        bytes = bytes.subspan(count);
        at += count;
    }
    return true;
}

/// The next bytes of the body; fewer than asked if the object has no more.
std::size_t HttpResponse::fill(MutableBytes chunk, Contents& contents) {
    switch (source) {
        case Source::Text: {
            const auto from = static_cast<std::ptrdiff_t>(offset);
            std::copy_n(text.begin() + from, chunk.size(), chunk.begin());
            return chunk.size();
        }
        case Source::Generated:
        case Source::GrowingGenerated:
            generate(offset, chunk);
            return chunk.size();
        case Source::Named:
            generate_named(stream, offset, chunk);
            return chunk.size();
        case Source::Contents:
        case Source::Tail:
            return contents.read(path, offset, chunk);
    }
    return 0;
}

bool HttpResponse::append_to(ContextWriter& out, Contents& contents) const {
    if (path.size() > ContextWriter::kTextMax || text.size() > ContextWriter::kTextMax ||
        head.size() > ContextWriter::kTextMax) {
        return false;
    }
    const bool is_tail = source == Source::Tail;
    const auto known =
        is_tail ? fingerprint(contents, path, offset) : std::optional<std::uint64_t>(version);
    if (!known) return false;
    out.number(static_cast<std::uint8_t>(source), 1);
    out.number(offset, 8);
    // A copy of a log may be a little behind: it need have no more than was sent.
    out.number(is_tail ? offset : size, 8);
    out.number(*known, 8);
    out.text(head);
    out.text(path);
    out.text(text);
    if (source == Source::Named) out.number(stream, 4);
    if (!is_growing()) return true;
    // What is known here and was not sent stays behind: it takes one look more to know it again.
    const bool is_over = growth.is_over && offset == size;
    const std::uint32_t looks_min = is_tail && !is_over ? 1 : 0;
    out.number(growth.end, 8);
    out.number(growth.quiet_looks, 4);
    out.number(std::max(growth.looks_left, looks_min), 4);
    out.number((growth.is_chunked ? kIsChunked : 0U) | (is_over ? kIsOver : 0U), 1);
    return true;
}

std::optional<HttpResponse> HttpResponse::read_from(ContextReader& in) {
    HttpResponse response;
    const std::uint64_t source = in.number(1);
    if (source > static_cast<std::uint8_t>(Source::Named)) return std::nullopt;
    response.source = static_cast<Source>(source);
    response.offset = in.number(8);
    response.size = in.number(8);
    response.version = in.number(8);
    response.head = in.text();
    response.path = in.text();
    response.text = in.text();
    if (response.source == Source::Named) response.stream = read_stream(in);
    if (!response.is_growing()) return response;
    response.growth.end = in.number(8);
    response.growth.quiet_looks = static_cast<std::uint32_t>(in.number(4));
    response.growth.looks_left = static_cast<std::uint32_t>(in.number(4));
    const std::uint64_t flags = in.number(1);
    response.growth.is_chunked = (flags & kIsChunked) != 0;
    response.growth.is_over = (flags & kIsOver) != 0;
    return response;
}

bool HttpResponse::is_growth_consistent() const {
    const bool is_tail = source == Source::Tail;
    if (growth.is_chunked && !is_tail) return false;
    if (!is_tail) return size <= growth.end && growth.end <= kSizeMax;
    if (size != offset || growth.quiet_looks > kQuietLooksMax) return false;
    return growth.is_over || (growth.looks_left > 0 && growth.looks_left <= growth.quiet_looks);
}

bool HttpResponse::can_go_on(Contents& contents) const {
    if (offset > size || size > kSizeMax) return false;
    switch (source) {
        case Source::Text:
            return size <= text.size();
        case Source::Generated:
            return true;
        case Source::Contents:
            if (size == 0) return true;  // nothing of it is read (HEAD)
            return contents.size_of(path) == size && contents.version_of(path) == version;
        case Source::Tail:
            if (!is_growth_consistent()) return false;
            if (growth.is_over) return true;  // nothing more of it is read
            return contents.size_of(path) >= offset &&
                   fingerprint(contents, path, offset) == version;
        case Source::GrowingGenerated:
            return is_growth_consistent();
        case Source::Named:
            return stream <= kStreamMax && size <= kNamedSizeMax;
    }
    return false;
}

}  // namespace shunt::node
