// SPDX-License-Identifier: Apache-2.0
// The built-in HTTP/1.1 server: generated content of any size ("/bytes/N"), and the objects of a
// Contents. GET and HEAD, keep-alive and pipelining. The body of a POST or PUT is read and ignored;
// for "/bytes/N?verify" it has to be generated content too, else the answer is 422.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shunt/node/contents.hh"
#include "shunt/stack/conversation.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::node {

class HttpConversation final : public stack::Conversation {
  public:
    /// `contents` outlives the conversation. `server_name` goes out in each Server field, so that
    /// a person sees who answered.
    HttpConversation(Contents& contents, std::string_view server_name)
        : contents_(contents), server_name_(server_name) {}

    void advance(tcp::Connection& connection) override;

  private:
    enum class State : std::uint8_t { Head, RequestBody, Response, Closing };
    enum class Source : std::uint8_t { None, Text, Generated, Contents };

    bool read_head(tcp::Connection& connection);
    bool read_body(tcp::Connection& connection);
    bool is_body_right(ByteView bytes) const;
    bool write_response(tcp::Connection& connection);
    bool write_head(tcp::Connection& connection);
    void answer(std::string_view method, std::string_view target);
    void refuse(std::string_view status, std::string_view text);
    void answer_text(std::string_view status, std::string_view text);
    void start(std::string_view status, std::string_view type, std::uint64_t size);
    void finish_exchange();

    Contents& contents_;
    std::string server_name_;
    State state_ = State::Head;
    std::uint64_t request_body_left_ = 0;
    std::uint64_t request_body_read_ = 0;
    bool is_request_body_verified_ = false;
    bool keeps_alive_ = true;
    bool is_head_request_ = false;

    std::string head_;  // of the response; what is not sent yet
    Source source_ = Source::None;
    std::string path_;
    std::string text_;
    std::uint64_t offset_ = 0;
    std::uint64_t size_ = 0;
};

}  // namespace shunt::node
