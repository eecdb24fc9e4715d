// SPDX-License-Identifier: Apache-2.0
#include "bench/moves/http_reader.hh"

#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>

#include "bench/moves/descriptor.hh"

namespace shunt::bench {
namespace {

constexpr std::string_view kEndOfHead = "\r\n\r\n";
constexpr std::string_view kLengthField = "Content-Length: ";

}  // namespace

void HttpReader::receive() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    const ssize_t got = recv(socket_, buffer_.data() + end_, buffer_.size() - end_, 0);
    if (got < 0) fail("receive");
    if (got == 0) throw std::runtime_error("receive: the connection ended");
    end_ += static_cast<std::size_t>(got);
    const auto now = Clock::now();
    longest_gap_ = std::max(longest_gap_, now - heard_);
    if (now - heard_ > kLongGap) ++long_gaps_;
    heard_ = now;
}

std::uint64_t HttpReader::read_head() {
    std::size_t end = unread().find(kEndOfHead);
    for (; end == std::string_view::npos; end = unread().find(kEndOfHead))
        receive();
    const std::string_view head = unread().substr(0, end);
    if (!head.starts_with("HTTP/1.1 200")) throw std::runtime_error(std::string(head));
    const std::size_t field = head.find(kLengthField);
    if (field == std::string_view::npos) throw std::runtime_error("an answer without a length");
    std::uint64_t size = 0;
    std::from_chars(head.data() + field + kLengthField.size(), head.data() + end, size);
    begin_ += end + kEndOfHead.size();
    return size;
}

void HttpReader::read_body(std::uint64_t size) {
    ContentCheck check;
    while (check.offset() < size) {
        if (unread().empty()) receive();
        const auto most = std::min<std::uint64_t>(unread().size(), size - check.offset());
        check.take(std::span(unread()).first(static_cast<std::size_t>(most)));
        begin_ += static_cast<std::size_t>(most);
    }
    body_bytes_ += size;
    wrong_ += check.wrong();
}

void HttpReader::read_answer() {
    read_body(read_head());
}

}  // namespace shunt::bench
