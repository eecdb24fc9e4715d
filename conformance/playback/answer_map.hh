// SPDX-License-Identifier: Apache-2.0
/// Which place of a live server's text is that of a place in the captured one's: heads of HTTP have
/// other lengths, and bodies may have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "playback/http_answers.hh"
#include "playback/server_side.hh"

namespace conform {

/// What of the server's text must be as it was.
enum class PayloadMatch : std::uint8_t {
    Auto,    ///< Http where the captured text is HTTP/1, else Exact
    Exact,   ///< every byte
    Http,    ///< status codes and bodies
    Status,  ///< status codes
};

/// "auto", "bytes", "http", "status"; absent: none of them.
std::optional<PayloadMatch> parse_payload_match(std::string_view text);

class AnswerMap {
  public:
    /// `recorded` is the whole of what the captured server has said.
    AnswerMap(PayloadMatch match, const ServerSide& recorded, std::vector<std::string> methods);

    PayloadMatch match() const { return match_; }
    /// Reads what is new of the live server.
    void update(const ServerSide& live);

    /// Where the live text has what the captured one has before `offset`; absent: not yet.
    std::optional<std::size_t> place_of(std::size_t offset) const;

    const HttpAnswers& recorded() const { return recorded_; }
    const HttpAnswers& live() const { return live_; }

  private:
    PayloadMatch match_;
    HttpAnswers recorded_;
    HttpAnswers live_;
    std::size_t live_size_ = 0;
};

}  // namespace conform
