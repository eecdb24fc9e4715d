// SPDX-License-Identifier: Apache-2.0
#include "shunt/sim/client/response_reader.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace shunt::sim {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
// Most heads end in the first one: the body behind it is not worth a copy.
constexpr std::size_t kHeadPiece = 128;

std::optional<std::uint64_t> content_length(std::string_view head) {
    constexpr std::string_view kField = "\r\nContent-Length: ";
    const std::size_t at = head.find(kField);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view value = head.substr(at + kField.size());
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (error != std::errc{} || end == value.data()) return std::nullopt;
    return length;
}

}  // namespace

std::optional<std::string> ResponseReader::read(ByteView bytes) {
    while (!bytes.empty()) {
        if (expected_.empty()) return fmt::format("{} bytes that nobody asked for", bytes.size());
        auto fault = body_ ? read_body(bytes) : read_head(bytes);
        if (fault) return fault;
    }
    return std::nullopt;
}

std::optional<std::string> ResponseReader::read_head(ByteView& bytes) {
    const std::size_t known = head_.size();
    const std::size_t taken = std::min({bytes.size(), kHeadMax - known, kHeadPiece});
    head_.append(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
    // Its first bytes may have come before.
    const std::size_t from = known - std::min(known, kHeadEnd.size() - 1);
    const std::size_t end = head_.find(kHeadEnd, from);
    if (end == std::string::npos) {
        bytes = bytes.subspan(taken);
        if (head_.size() == kHeadMax) return fmt::format("no head ends within {} bytes", kHeadMax);
        return std::nullopt;
    }
    head_.resize(end + kHeadEnd.size());
    bytes = bytes.subspan(head_.size() - known);
    return begin_body();
}

std::optional<std::string> ResponseReader::begin_body() {
    if (!head_.starts_with("HTTP/1.1 200 ")) {
        return fmt::format("the response begins with \"{}\"", head_.substr(0, head_.find('\r')));
    }
    const auto length = content_length(head_);
    if (length != expected_.front()) {
        return fmt::format("the response has a Content-Length of {} instead of {}",
                           length ? std::to_string(*length) : "nothing", expected_.front());
    }
    head_.clear();
    body_.emplace(*length);
    ByteView nothing;
    return read_body(nothing);
}

std::optional<std::string> ResponseReader::read_body(ByteView& bytes) {
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), body_->remaining()));
    if (auto fault = body_->check(bytes.first(count))) return fault;
    bytes = bytes.subspan(count);
    verified_ += count;
    if (body_->is_complete()) {
        body_.reset();
        expected_.pop_front();
        ++completed_;
    }
    return std::nullopt;
}

}  // namespace shunt::sim
