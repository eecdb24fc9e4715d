// SPDX-License-Identifier: Apache-2.0
// The built-in HTTP/1.1 server: generated content of any size ("/bytes/N"), and the objects of a
// Contents. GET and HEAD, keep-alive and pipelining. The body of a POST or PUT is read and ignored;
// for "/bytes/N?verify" it has to be generated content too, else the answer is 422.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/farm/http_request.hh"
#include "shunt/node/contents.hh"
#include "shunt/node/sessions.hh"
#include "shunt/stack/conversation.hh"
#include "shunt/tcp/connection.hh"

namespace shunt::node {

class HttpConversation final : public stack::Conversation {
  public:
    /// `contents` and `server_name` outlive the conversation. The name goes out in each Server
    /// field, so that a person sees who answered. `sessions` too; null: clients get none.
    HttpConversation(Contents& contents, std::string_view server_name, Sessions* sessions = nullptr)
        : contents_(contents), sessions_(sessions), server_name_(server_name) {}

    /// One that goes on where another has stopped, with the same objects; null if it cannot.
    static std::unique_ptr<HttpConversation> resume(Contents& contents,
                                                    std::string_view server_name, ByteView context,
                                                    Sessions* sessions = nullptr);

    void advance(tcp::Connection& connection) override;
    std::optional<std::vector<std::uint8_t>> context() const override;

  private:
    enum class State : std::uint8_t { Head, RequestBody, Response, Closing };
    enum class Source : std::uint8_t { Text, Generated, Contents };

    /// An answer under way. Between two requests there is none: most connections wait, most of the
    /// time, and should cost little.
    struct Response {
        std::string head;  // what is not sent yet
        Source source = Source::Text;
        std::string path;
        std::string text;
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
        std::uint64_t version = 0;  // of the object at `path`
    };

    bool is_consistent() const;
    bool read_head(tcp::Connection& connection);
    bool read_body(tcp::Connection& connection);
    bool is_body_right(ByteView bytes) const;
    bool write_response(tcp::Connection& connection);
    bool write_head(tcp::Connection& connection);
    std::size_t write_piece(tcp::Connection& connection);
    void answer_first(const farm::RequestHead& head, const tcp::Connection& connection);
    void answer(std::string_view method, std::string_view target);
    void refuse_head(const farm::MalformedRequest& request);
    void refuse(std::string_view status, std::string_view text);
    void answer_text(std::string_view status, std::string_view text);
    Response& start(std::string_view status, std::string_view type, std::uint64_t size);
    std::size_t fill(MutableBytes chunk);
    void finish_exchange();

    Contents& contents_;
    Sessions* sessions_;
    std::string_view server_name_;
    std::unique_ptr<Response> response_;
    std::uint64_t request_body_left_ = 0;
    std::uint64_t request_body_read_ = 0;
    State state_ = State::Head;
    bool is_request_body_verified_ = false;
    bool keeps_alive_ = true;
    bool is_head_request_ = false;
    bool is_greeted_ = false;  // its first response has said what there is of its session (SES-1)
};

}  // namespace shunt::node
