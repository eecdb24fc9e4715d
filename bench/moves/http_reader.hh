// SPDX-License-Identifier: Apache-2.0
// The answers of a node's HTTP application as a kernel's socket receives them: heads of status 200,
// bodies of generated content, compared byte by byte, and how long nothing came.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "bench/moves/content_check.hh"

namespace shunt::bench {

class HttpReader {
  public:
    using Clock = std::chrono::steady_clock;
    /// Silence that a person notices.
    static constexpr std::chrono::milliseconds kLongGap{100};

    explicit HttpReader(int socket) : socket_(socket), buffer_(kBuffer) {}

    /// Reads an answer. Throws where it is none of status 200, and where the connection is reset,
    /// ends, or says nothing for longer than the socket waits.
    void read_answer();
    /// The head alone; returns the size of the body, which read_body() takes.
    std::uint64_t read_head();
    void read_body(std::uint64_t size);

    std::uint64_t body_bytes() const { return body_bytes_; }
    /// Pieces of bodies that were not what they had to be.
    std::uint64_t wrong() const { return wrong_; }
    std::uint64_t long_gaps() const { return long_gaps_; }
    Clock::duration longest_gap() const { return longest_gap_; }
    /// The time until now is no gap: nothing was asked for.
    void forget_silence() { heard_ = Clock::now(); }

  private:
    static constexpr std::size_t kBuffer = 256 * 1024;

    void receive();
    std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }

    int socket_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t body_bytes_ = 0;
    std::uint64_t wrong_ = 0;
    std::uint64_t long_gaps_ = 0;
    Clock::duration longest_gap_{};
    Clock::time_point heard_ = Clock::now();
};

}  // namespace shunt::bench
