// SPDX-License-Identifier: Apache-2.0
#include "shunt/farm/http_request.hh"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "shunt/base/mutant.hh"

namespace shunt::farm {

namespace {

namespace http = boost::beast::http;
using Parser = http::request_parser<http::empty_body>;
using ParserError = boost::beast::error_code;

constexpr std::array<std::uint8_t, 2> kLineEnd{'\r', '\n'};

bool begins_with_line_end(ByteView bytes) {
    return bytes.size() >= kLineEnd.size() &&
           std::equal(kLineEnd.begin(), kLineEnd.end(), bytes.begin());
}

std::string to_string(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

/// Feeds a fresh parser; it stops behind the head. Says how many bytes the head has.
std::size_t feed(Parser& parser, ByteView bytes, ParserError& error) {
    parser.header_limit(static_cast<std::uint32_t>(kRequestHeadBytesMax));
    // Nobody keeps the body, so its length is nothing to refuse a request for: Beast's limit is 1
    // MB.
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    parser.eager(false);
    return parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
}

/// With an empty line right behind it the request line is a whole head to the parser: so it is
/// judged before the rest is here.
ParsedRequest judge_request_line(ByteView bytes) {
    const auto line_end = std::search(bytes.begin(), bytes.end(), kLineEnd.begin(), kLineEnd.end());
    if (line_end == bytes.end()) return IncompleteRequest{};
    std::vector<std::uint8_t> head(bytes.begin(), line_end);
    head.insert(head.end(), kLineEnd.begin(), kLineEnd.end());
    head.insert(head.end(), kLineEnd.begin(), kLineEnd.end());
    Parser parser;
    ParserError error;
    feed(parser, head, error);
    if (error) return MalformedRequest{error.message()};
    return IncompleteRequest{};
}

std::string joined_cookies(const Parser::value_type& message) {
    std::string joined;
    const auto [first, last] = message.equal_range(http::field::cookie);
    for (auto field = first; field != last; ++field) {
        if (!joined.empty()) joined += "; ";
        joined += to_string(field->value());
    }
    return joined;
}

ParsedRequest complete_head(const Parser& parser, std::size_t header_bytes) {
    const Parser::value_type& message = parser.get();
    const std::size_t hosts = message.count(http::field::host);
    if (hosts > 1 || (hosts == 0 && message.version() >= 11)) {
        return MalformedRequest{"not exactly one Host field (RFC 9112 3.2)"};
    }
    if (message.count(http::field::transfer_encoding) != 0 && !parser.chunked()) {
        return MalformedRequest{"a Transfer-Encoding that does not end in chunked (RFC 9112 6.3)"};
    }
    RequestHead head;
    head.method = to_string(message.method_string());
    head.target = to_string(message.target());
    head.host = to_string(message[http::field::host]);
    head.cookies = joined_cookies(message);
    if (const auto length = parser.content_length()) head.content_length = *length;
    head.is_chunked = parser.chunked();
    head.is_kept_alive = parser.keep_alive();
    head.takes_chunks = message.version() >= 11;
    head.header_bytes = header_bytes;
    return head;
}

/// A defect: what the parser has read of a head that goes on.
RequestHead cut_head(const Parser& parser, std::size_t bytes) {
    RequestHead head;
    head.method = "GET";
    head.target = to_string(parser.get().target());
    head.header_bytes = bytes;
    return head;
}

}  // namespace

ParsedRequest parse_request_head(ByteView bytes) {
    // One empty line before the request line is ignored (RFC 9112 2.2).
    const std::size_t skipped = begins_with_line_end(bytes) ? kLineEnd.size() : 0;
    const std::size_t end = std::min(bytes.size(), kRequestHeadBytesMax);
    const ByteView text = bytes.subspan(skipped, end - skipped);
    Parser parser;
    ParserError error;
    const std::size_t consumed = feed(parser, text, error);
    const bool is_cut = error == http::error::need_more || error == http::error::header_limit;
    if (error && !is_cut) return MalformedRequest{error.message()};
    if (parser.is_header_done()) return complete_head(parser, skipped + consumed);
    if (bytes.size() >= kRequestHeadBytesMax) {
        if (is_mutant(Mutant::AnswersCutHeads)) return cut_head(parser, bytes.size());
        return MalformedRequest{"the head is too long", true};
    }
    return judge_request_line(text);
}

}  // namespace shunt::farm
