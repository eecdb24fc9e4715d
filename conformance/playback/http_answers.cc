// SPDX-License-Identifier: Apache-2.0
#include "playback/http_answers.hh"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>

#include "pdu/http_message.hh"

namespace conform {
namespace {

constexpr std::string_view kVersion = "HTTP/1.";
constexpr std::string_view kLineEnd = "\r\n";
constexpr unsigned kSwitching = 101;
constexpr std::size_t kHeadMost = std::size_t{64} << 10;
/// Hexadecimal digits of a chunk's size, and what may stand behind them.
constexpr std::size_t kChunkLineMost = 1'024;
constexpr std::size_t kChunkSizeMost = std::size_t{1} << 32;

std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool has_body(unsigned status) {
    return status >= 200 && status != 204 && status != 304;
}

bool is_chunked(const HttpResponse& response) {
    const std::vector<std::string> values = response.values_of("Transfer-Encoding");
    if (values.empty()) return false;
    std::string last = values.back();
    std::transform(last.begin(), last.end(), last.begin(), [](char c) {
        return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    return last.ends_with("chunked");
}

}  // namespace

void HttpAnswers::read(ByteView text, bool is_over) {
    while (is_http_ && read_ < text.size()) {
        const bool is_between = answers_.empty() || answers_.back().is_whole;
        has_rest_ = is_between;
        if (is_between && !begin_answer(text)) break;
        if (interim_) continue;
        has_rest_ = false;
        read_body(text, is_over);
        if (!answers_.back().is_whole) break;
    }
    const bool is_open = is_over && !answers_.empty() && !answers_.back().is_whole;
    if (is_open && framing_ == Framing::UntilClose) answers_.back().is_whole = true;
}

bool HttpAnswers::begin_answer(ByteView text) {
    const ByteView rest = text.subspan(read_);
    const std::size_t known = std::min(rest.size(), kVersion.size());
    if (as_text(rest.first(known)) != kVersion.substr(0, known)) is_http_ = false;
    const auto head = parse_http_response(rest.first(std::min(rest.size(), kHeadMost)));
    if (!head && rest.size() >= kHeadMost) is_http_ = false;
    if (!is_http_ || !head) return false;
    const std::size_t begin = interim_.value_or(read_);
    // Not every server says one: it belongs to the head of the answer behind it.
    if (head->status >= 100 && head->status < 200 && head->status != kSwitching) {
        interim_ = begin;
        read_ += head->head_size;
        return true;
    }
    interim_.reset();
    const bool is_head = answered_ < methods_.size() && methods_[answered_] == "HEAD";
    ++answered_;
    part_ = ChunkPart::Size;
    length_ = head->content_length.value_or(0);
    framing_ = !has_body(head->status) || is_head ? Framing::None
               : is_chunked(*head)                ? Framing::Chunks
               : head->content_length             ? Framing::Length
                                                  : Framing::UntilClose;
    const std::size_t body = read_ + head->head_size;
    answers_.push_back({.begin = begin, .body = body, .end = body, .status = head->status});
    read_ = body;
    return true;
}

void HttpAnswers::read_body(ByteView text, bool is_over) {
    HttpAnswer& answer = answers_.back();
    switch (framing_) {
        case Framing::None:
            answer.is_whole = true;
            break;
        case Framing::Chunks:
            while (!answer.is_whole && read_chunked(text)) {
            }
            break;
        case Framing::Length:
        case Framing::UntilClose: {
            const bool is_length = framing_ == Framing::Length;
            const std::size_t there = text.size() - read_;
            const std::size_t left = length_ - (is_length ? answer.content.size() : 0);
            const std::size_t taken = is_length ? std::min(there, left) : there;
            append(answer.content, text.subspan(read_, taken));
            read_ += taken;
            answer.is_whole = is_length ? taken == left : is_over;
            break;
        }
    }
    answer.end = read_;
}

bool HttpAnswers::read_chunk_line(ByteView text) {
    const std::string_view rest = as_text(text.subspan(read_));
    const std::size_t line = rest.substr(0, kChunkLineMost).find(kLineEnd);
    if (line == std::string_view::npos) {
        is_http_ = rest.size() < kChunkLineMost;
        return false;
    }
    read_ += line + kLineEnd.size();
    if (part_ == ChunkPart::Trailer) {
        answers_.back().is_whole = line == 0;
        return true;
    }
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + line, chunk_left_, 16);
    is_http_ = error == std::errc{} && end != rest.data() && chunk_left_ <= kChunkSizeMost;
    part_ = chunk_left_ == 0 ? ChunkPart::Trailer : ChunkPart::Data;
    return is_http_;
}

bool HttpAnswers::read_chunk_data(ByteView text) {
    const std::size_t taken = std::min(text.size() - read_, chunk_left_);
    append(answers_.back().content, text.subspan(read_, taken));
    read_ += taken;
    chunk_left_ -= taken;
    if (chunk_left_ == 0) part_ = ChunkPart::LineEnd;
    return taken > 0;
}

bool HttpAnswers::read_line_end(ByteView text) {
    const std::string_view rest = as_text(text.subspan(read_));
    if (rest.size() < kLineEnd.size()) return false;
    is_http_ = rest.starts_with(kLineEnd);
    read_ += kLineEnd.size();
    part_ = ChunkPart::Size;
    return is_http_;
}

bool HttpAnswers::read_chunked(ByteView text) {
    switch (part_) {
        case ChunkPart::Size:
        case ChunkPart::Trailer:
            return read_chunk_line(text);
        case ChunkPart::Data:
            return read_chunk_data(text);
        case ChunkPart::LineEnd:
            return read_line_end(text);
    }
    return false;
}

}  // namespace conform
