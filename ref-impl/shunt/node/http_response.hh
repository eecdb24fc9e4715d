// SPDX-License-Identifier: Apache-2.0
// The rest of an HTTP response: what is still to be written, and where that comes from. Two
// applications write it, the one that has read the request and one that only goes on with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "shunt/base/byte_source.hh"
#include "shunt/base/time.hh"
#include "shunt/node/contents.hh"
#include "shunt/node/context_bytes.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::node {

struct HttpResponse {
    /// The values stand in contexts.
    enum class Source : std::uint8_t {
        Text = 0,
        Generated = 1,         // generated_content.hh
        Contents = 2,          // an object, of one size and version
        Tail = 3,              // an object that is followed while it grows
        GrowingGenerated = 4,  // generated content that comes piece by piece
        Named = 5              // generated content that names its stream too: named_content.hh
    };
    enum class Progress : std::uint8_t {
        Waiting,  // the connection takes no more, or the object has no more yet
        Done,
        Broken  // the length that was announced cannot be kept: the connection is aborted
    };

    /// Between two looks at an object that grows.
    static constexpr Duration kLookPause = Duration::milliseconds(50);
    /// Generated content grows by so much from one look to the next, in bytes.
    static constexpr std::uint64_t kGrowth = 2'048;
    /// A tail ends behind so many looks without growth at most: an hour.
    static constexpr std::uint32_t kQuietLooksMax = 72'000;
    /// No object is longer, in bytes.
    static constexpr std::uint64_t kSizeMax = std::uint64_t{1} << 60U;

    /// Of the sources that grow.
    struct Growth {
        std::uint64_t end = 0;          // GrowingGenerated: what there will be in all
        std::uint32_t quiet_looks = 0;  // Tail: so many without growth end it
        std::uint32_t looks_left = 0;   // .. of which these are left
        bool is_chunked = false;        // .. and the last chunk is still to come (RFC 9112 7.1)
        bool is_over = false;           // behind `size` nothing will come
        Instant next_look;              // not part of a context
    };

    /// To be written as it is, before all else.
    std::string head;
    Source source = Source::Text;
    std::string path;
    std::string text;
    std::uint64_t offset = 0;
    /// Of the whole body; where that grows, of what is known of it.
    std::uint64_t size = 0;
    std::uint64_t version = 0;
    Growth growth;
    /// Of named content.
    std::uint32_t stream = 0;

    /// These bytes are those of the generated content from `at` on.
    bool is_content(std::uint64_t at, ByteView bytes) const;
    bool is_growing() const { return source == Source::Tail || source == Source::GrowingGenerated; }
    /// Begins to follow the object at `path`: it ends once it has not grown for that many looks.
    void follow(std::uint32_t quiet_looks, bool is_chunked);

    /// Writes what the connection takes.
    Progress write(tcp::Connection& connection, Contents& contents, Instant now);
    /// When write() is to be called though the connection has not changed.
    std::optional<Instant> wake_at() const;

    /// Its part of a context (docs/applications.md). False: it cannot go on elsewhere.
    bool append_to(ContextWriter& out, Contents& contents) const;
    /// What a context says; nothing if there is no such source.
    static std::optional<HttpResponse> read_from(ContextReader& in);
    /// It does not contradict itself, and its object is here too, the same byte for byte.
    bool can_go_on(Contents& contents) const;

  private:
    bool write_head(tcp::Connection& connection);
    void look(Contents& contents, Instant now);
    /// How many bytes of the body the connection took; nothing: the object has shrunk.
    std::optional<std::size_t> write_piece(tcp::Connection& connection, Contents& contents);
    std::size_t write_followed(tcp::Connection& connection, Contents& contents);
    std::size_t fill(MutableBytes chunk, Contents& contents);
    const std::shared_ptr<const ByteSource>& reference();
    bool is_growth_consistent() const;

    /// Of named content, once a piece of it was written.
    std::shared_ptr<const ByteSource> named_;
};

}  // namespace shunt::node
