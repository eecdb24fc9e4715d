// SPDX-License-Identifier: Apache-2.0
/// Where the responses in a server's text begin and end (RFC 9112 6), read as the text grows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/bytes.hh"

namespace conform {

struct HttpAnswer {
    std::size_t begin = 0;  ///< in the text
    std::size_t body = 0;
    std::size_t end = 0;  ///< behind its last byte, as far as it has come
    unsigned status = 0;
    bool is_whole = false;
    Bytes content{};  ///< the body without the framing of chunks
};

class HttpAnswers {
  public:
    /// `methods`: of the requests, in their order: a HEAD has no body in its answer.
    explicit HttpAnswers(std::vector<std::string> methods) : methods_(std::move(methods)) {}

    /// Reads what is new in `text`, which begins with all that it had before. `is_over`: nothing
    /// comes behind it.
    void read(ByteView text, bool is_over);

    const std::vector<HttpAnswer>& all() const { return answers_; }
    /// Text behind the last response: a head that is not whole.
    bool has_rest() const { return has_rest_; }
    /// False if there is text that is no response.
    bool is_http() const { return is_http_; }

  private:
    enum class Framing : unsigned char { None, Length, Chunks, UntilClose };
    /// What of a chunked body comes next (RFC 9112 7.1).
    enum class ChunkPart : unsigned char { Size, Data, LineEnd, Trailer };

    bool begin_answer(ByteView text);
    void read_body(ByteView text, bool is_over);
    /// Each false where there is nothing left to read.
    bool read_chunked(ByteView text);
    bool read_chunk_line(ByteView text);
    bool read_chunk_data(ByteView text);
    bool read_line_end(ByteView text);

    std::vector<std::string> methods_;
    std::vector<HttpAnswer> answers_;
    std::size_t answered_ = 0;  ///< requests
    Framing framing_ = Framing::None;
    std::size_t length_ = 0;
    ChunkPart part_ = ChunkPart::Size;
    std::size_t chunk_left_ = 0;
    std::optional<std::size_t> interim_{};  ///< where answers 1xx before the next one begin
    bool has_rest_ = false;
    std::size_t read_ = 0;  ///< how far the text is understood
    bool is_http_ = true;
};

}  // namespace conform
